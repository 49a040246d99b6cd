"""What statements and docstrings of the course say, in its language, of what may be asked of an answer."""

from __future__ import annotations

import re

# The list of what is checked, without the hints below it: what costs points stands there.
CHECKED = re.compile(r"Se comprueba.*?(?=<details>|\Z)", re.S)
GRAPH = re.compile(r"el gradiente llegue|unido al grafo")
EMPTY = re.compile(r"= ?\$?0\b|\b0 secuencias|vací|ningun")
# Of a tensor's sizes, in a docstring.
NEVER_EMPTY = re.compile("al menos 1")
NEVER_ONE = re.compile("de [2-9] o más")
RESULT = re.compile(r"(→|Devuelve[^\[\n]*) ?\[(?P<sizes>[^\]]*)\]")
