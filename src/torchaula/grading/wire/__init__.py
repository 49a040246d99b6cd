"""What both sides of the wall share: frames, values, orders, limits and forks."""
