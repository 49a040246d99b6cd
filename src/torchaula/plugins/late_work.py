"""Export the course's late rule under the name that `nbgrader_config.py` uses."""

from torchaula.classroom.gradebook.lateness import LateWork as LateWork
