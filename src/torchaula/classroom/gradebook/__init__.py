"""Keep nbgrader's gradebook and what it holds: points, deadlines, penalties and seeds."""
