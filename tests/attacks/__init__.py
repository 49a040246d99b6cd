"""Hostile submissions, run against the real engine in the real sandbox: none may gain, leak or touch."""
