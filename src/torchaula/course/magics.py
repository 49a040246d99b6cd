"""Turn a cell's text into Python, as IPython does with its magics."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=1024)
def as_python(source: str) -> str:
    """The text with its magics as calls of `get_ipython()`, line by line; plain Python is left unchanged.

    The result may still be invalid Python. IPython's own transformer can tell a magic from a line inside an
    expression that begins with `%`.
    """
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError):
        from IPython.core.inputtransformer2 import TransformerManager  # slow, and seldom needed

        above = source[: len(source) - len(source.lstrip())].count("\n")  # blank lines, which it would remove
        transformer = TransformerManager()  # type: ignore[no-untyped-call]
        return "\n" * above + str(transformer.transform_cell(source))
