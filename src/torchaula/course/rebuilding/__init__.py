"""Rebuild the notebook to grade from a submitted file."""
