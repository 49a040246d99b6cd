"""From a file that was handed in to the notebook that is graded."""
