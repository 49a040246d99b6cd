"""Running answers against tests. The only part that runs code which is not to be trusted."""
