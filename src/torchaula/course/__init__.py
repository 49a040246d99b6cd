"""Read a course on disk: its notebooks, exercises and answers."""

import sys

# nbformat uses jsonschema, which builds a grammar of web addresses on import. This takes 0.8 s in every
# command and worker, for a format that no notebook's schema uses. So that import is made to fail.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
