"""Put a released notebook's pictures inside it, for learners to take home.

Drawings become PNG. An SVG in a data URI is shown by JupyterLab, but VS Code leaves it as text, since its
Markdown allows other formats only, and Colab has shown none.
"""

from __future__ import annotations

import base64
import io
import mimetypes
from pathlib import Path

from nbformat import NotebookNode

from torchaula.course import notebook, text_files
from torchaula.course.pictures import INSIDE, moved
from torchaula.errors import Refusal
from torchaula.i18n import _

ZOOM = 1.25  # pixels for one of the drawing's own: sharper on a fine screen, and little larger than drawn
COLOURS = 64  # enough for line drawings; three quarters of the bytes go
DRAWING = ".svg"


def put_inside(path: Path) -> None:
    """Put the pictures of a notebook's Markdown cells into it, and remove the files that it shows no more."""
    node, shown = notebook.read(path), set[Path]()

    def inside(_told: str, place: str) -> str:
        picture = path.parent / place
        if not picture.is_file():
            return place
        shown.add(picture)
        return data_uri(picture)

    for cell in node.cells:
        if cell.cell_type == "markdown":
            cell.source = moved(cell.source, inside)
    notebook.write(node, path)
    for picture in shown:
        _remove(picture, node)


def _remove(picture: Path, node: NotebookNode) -> None:
    """Remove a file that no cell names, and its folder if it was the last one there."""
    if not any(picture.name in cell.source for cell in node.cells):
        picture.unlink()
        if not any(picture.parent.iterdir()):
            picture.parent.rmdir()


def data_uri(picture: Path) -> str:
    """A picture as an address that contains it."""
    if picture.suffix == DRAWING:
        kind, content = "png", drawn(picture)
    else:
        kind, content = _kind(picture), picture.read_bytes()
    return f"{INSIDE}{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _kind(picture: Path) -> str:
    kind, _encoding = mimetypes.guess_type(picture.name)
    if kind is None or not kind.startswith("image/"):
        raise Refusal(_("{path}: not a picture by its name; rename it").format(path=picture))
    return kind.removeprefix("image/")


def drawn(drawing: Path) -> bytes:
    """An SVG as PNG, with the fonts that matplotlib brings: on every machine the same.

    Raises `Refusal` where it can't be drawn, or nothing here draws.
    """
    try:
        import matplotlib
        import resvg_py
        from PIL import Image
    except ImportError:
        raise Refusal(_("drawings need resvg-py: pip install 'torchaula[dev]'")) from None
    try:
        content = resvg_py.svg_to_bytes(
            svg_string=text_files.read(drawing),
            zoom=ZOOM,
            background="white",
            skip_system_fonts=True,
            font_dirs=[str(Path(matplotlib.get_data_path(), "fonts", "ttf"))],
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            monospace_family="DejaVu Sans Mono",
        )
    except ValueError as error:
        raise Refusal(_("{path}: can't be drawn ({reason})").format(path=drawing, reason=error)) from None
    small = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()
