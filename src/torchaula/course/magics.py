"""A cell's text as Python: what IPython makes of it."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=1024)
def as_python(source: str) -> str:
    """The text with its magics as calls of `get_ipython()`, line by line; Python alone is left as it is.

    What is no Python even so stays what it was. IPython's own transformer knows a magic from a line that
    begins with `%` inside an expression.
    """
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError):
        from IPython.core.inputtransformer2 import TransformerManager  # a test seldom needs it

        above = source[: len(source) - len(source.lstrip())].count("\n")  # lines that it would leave out
        transformer = TransformerManager()  # type: ignore[no-untyped-call]
        return "\n" * above + str(transformer.transform_cell(source))
