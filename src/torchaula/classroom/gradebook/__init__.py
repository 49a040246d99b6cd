"""nbgrader's gradebook, and what stands in it: points, deadlines, penalties, seeds."""
