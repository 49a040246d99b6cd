"""The course on disk: notebooks, exercises, answers, and what is derived from them."""
