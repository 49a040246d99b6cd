"""Define every class that `nbgrader_config.py` names: how nbgrader's own commands work on this course."""
