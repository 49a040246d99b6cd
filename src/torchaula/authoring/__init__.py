"""Help an author of the course: new exercises, their rules, releases, and trials of known answers."""
