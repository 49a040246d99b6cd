"""What may see tests, expected values and the secret: student code never runs in these processes."""
