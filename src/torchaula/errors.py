"""Define refusals: errors for the user that end a command with one clear line."""

from __future__ import annotations


class Refusal(Exception):
    """Says what is wrong, where, and what to do about it; shown without a traceback."""
