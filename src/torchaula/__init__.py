"""torchaula: "Fundamentos de PyTorch", an autograded exercise course."""

__version__ = "0.2.0.dev0"  # that of pyproject.toml; a test compares them

from torchaula import moved as _moved

_moved.install()
