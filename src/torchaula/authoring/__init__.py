"""What an author of the course uses: new exercises, their rules, releases, and trials of known answers."""
