"""Take in a class's submissions, grade them and record them. This is the only part that writes grades."""
