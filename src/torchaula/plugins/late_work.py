"""What late work costs, for nbgrader: the course's own rule."""

from torchaula.classroom.gradebook.lateness import LateWork as LateWork
