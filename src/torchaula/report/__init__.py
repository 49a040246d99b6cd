"""Show results to people: tables and feedback pages. No other part formats results."""
