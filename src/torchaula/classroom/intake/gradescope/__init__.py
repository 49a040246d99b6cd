"""Know Gradescope: whose each folder of its export is."""
