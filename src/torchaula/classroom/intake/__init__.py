"""What comes in: archives, platforms' downloads, people, and the file to grade."""
