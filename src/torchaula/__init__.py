"""torchaula: "Fundamentos de PyTorch", an autograded exercise course."""

__version__ = "0.1.0"
