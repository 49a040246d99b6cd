"""The trusted side: it sees tests, expected values and the secret, and never runs student code."""
