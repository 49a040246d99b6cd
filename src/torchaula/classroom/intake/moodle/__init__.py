"""Know Moodle: what its downloads and its grading worksheet look like, and what it accepts back."""
