"""The course on disk: notebooks, exercises, answers, and what is derived from them."""

import sys

# nbformat reads schemas with jsonschema, which builds a grammar of web addresses when it is imported: 0.8 s
# of every command and every worker, for a format that no notebook's schema has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
