"""Show notebooks in the formgrader without the network, and pictures without nbgrader's red frames.

The formgrader's exporter is nbconvert's own, and its class can't be configured: so a filter replaces how it
renders Markdown, and a preprocessor puts our templates before its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from torchaula.report.formulas import mathml

TEMPLATES = Path(__file__).parent / "templates"


class Renderer(IPythonRenderer):
    """Renders Markdown as nbconvert does, but formulas as MathML."""

    def inline_math(self, body: str) -> str:
        return str(mathml(body))

    def block_math(self, body: str) -> str:
        return str(mathml(body, is_block=True))

    def latex_environment(self, name: str, body: str) -> str:
        return str(mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", is_block=True))


@pass_context
def markdown(context: Context, source: str) -> str:
    """Render the Markdown of a cell; in place of nbconvert's filter `markdown2html`."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = Renderer(escape=False, attachments=attachments)
    return str(MarkdownWithMath(renderer=renderer).render(source))


class OwnTemplates(Preprocessor):
    """Lets the exporter that it belongs to look for templates in our folder first."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            self.parent.template_paths = [str(TEMPLATES), *self.parent.template_paths]

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Leave the notebook as it is."""
        return nb, resources
