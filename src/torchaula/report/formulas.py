"""Convert formulas to MathML, which browsers show without a script and without the network."""

from __future__ import annotations

from markupsafe import Markup
from math_core import LatexError, LatexToMathML

LONGEST = 2000  # characters; a longer formula is shown as it is written
_CONVERTER = LatexToMathML()


def mathml(tex: str, is_block: bool = False) -> Markup:
    """Render a formula of TeX. One that can't be converted is shown as it is written."""
    if len(tex) <= LONGEST:
        try:
            return Markup(_CONVERTER.convert_with_local_state(tex.strip(), displaystyle=is_block))
        except LatexError:
            pass
    return Markup("<code>{}</code>").format(tex)
