"""Read what comes in: archives, downloads of platforms, students, and the file to grade."""
