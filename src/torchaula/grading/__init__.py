"""Run answers against tests. Only this part runs code that is not to be trusted."""
