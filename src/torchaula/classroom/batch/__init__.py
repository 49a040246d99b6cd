"""A batch: what is graded, with what, and what is written of it."""
