"""A class's submissions: taken in, graded, recorded in the gradebook. The only part that writes grades."""
