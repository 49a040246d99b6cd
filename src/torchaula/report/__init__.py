"""Results for people: tables and feedback. The only part that formats for them."""
