"""torchaula: "Fundamentos de PyTorch", an autograded exercise course."""

__version__ = "0.1.0"

from torchaula import moved as _moved

_moved.install()
