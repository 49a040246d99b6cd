"""Find and remove everything that a course keeps of a student."""
