"""How the formgrader colours code: as the feedback page does, in time that grows with its length alone."""

from __future__ import annotations

from markupsafe import Markup

from torchaula.report.highlighting import lines


def filtered(source: str, language: str | None = None, metadata: object = None) -> Markup:
    """A cell's text in the formgrader: a filter of nbconvert's, which gives a language and the metadata."""
    return Markup('<div class="highlight"><pre>{}\n</pre></div>').format(Markup("\n").join(lines(source)))
