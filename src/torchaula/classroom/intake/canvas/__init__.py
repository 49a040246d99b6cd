"""Know Canvas: what its submissions zip and its gradebook CSV look like, and what it accepts back."""
