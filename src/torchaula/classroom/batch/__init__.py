"""Grade an assignment's submissions as one batch, and write the results."""
