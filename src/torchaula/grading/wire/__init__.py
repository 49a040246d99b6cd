"""Code that the trusted and the sandboxed side share: frames, values, orders, limits and forks."""
