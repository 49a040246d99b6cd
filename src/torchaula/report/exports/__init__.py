"""Write what goes back to a learning platform: one module a platform, and `exported` for what they share."""
