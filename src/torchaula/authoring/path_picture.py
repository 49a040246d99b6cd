"""Draw the path of the course: its assignments in a learner's order, and those that may be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, GAP = 114, 72, 20  # pixels: of a box, and between boxes
MARGIN, DROP = 12, 104  # pixels: around the picture, and from one row to the other
DASHES = ' stroke-dasharray="5 4"'  # of a side branch
START = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
     role="img" font-family="sans-serif" text-anchor="middle">
<title>{told}</title>
<rect width="100%" height="100%" fill="white"/>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#333"/></marker></defs>
"""


@dataclass(frozen=True)
class Stop:
    """An assignment on the path."""

    name: str
    exercises: int
    minutes: int


@dataclass(frozen=True)
class Box:
    """Where a stop stands: its left upper corner."""

    stop: Stop
    x: int
    y: int


def told(stops: Sequence[Stop], sides: Set[str]) -> str:
    """What the picture shows, in a sentence."""
    path = " → ".join(each.name for each in stops if each.name not in sides)
    branches = [
        f"{each.name} after {stops[place - 1].name}" for place, each in enumerate(stops) if each.name in sides
    ]
    aside = f"; side branches, which no other needs: {', '.join(branches)}" if branches else ""
    return f"The path: {path}{aside}."


def drawn(stops: Sequence[Stop], sides: Set[str]) -> str:
    """The picture as SVG: the path from left to right, side branches below the place where they leave it."""
    boxes = list(_placed(stops, sides))
    width = max(box.x for box in boxes) + WIDTH + MARGIN
    height = max(box.y for box in boxes) + HEIGHT + MARGIN
    parts = [*_arrows(boxes), *(_box(box, box.stop.name in sides) for box in boxes)]
    return START.format(width=width, height=height, told=escape(told(stops, sides))) + "\n".join(
        [*parts, "</svg>", ""]
    )


def _placed(stops: Sequence[Stop], sides: Set[str]) -> Iterator[Box]:
    column = 0
    for stop in stops:
        is_side = stop.name in sides
        shift = -(WIDTH + GAP) // 2 if is_side else 0
        yield Box(stop, MARGIN + column * (WIDTH + GAP) + shift, MARGIN + DROP * is_side)
        column += not is_side


def _arrows(boxes: Sequence[Box]) -> Iterator[str]:
    """From each box of the path to the next one, and to the side branches between the two."""
    start = boxes[0]
    for box in boxes[1:]:
        if box.y > start.y:
            yield _arrow(start.x + WIDTH // 2, start.y + HEIGHT, box.x + 16, box.y, DASHES)
        else:
            yield _arrow(start.x + WIDTH, start.y + HEIGHT // 2, box.x, box.y + HEIGHT // 2)
            start = box


def _arrow(from_x: int, from_y: int, to_x: int, to_y: int, style: str = "") -> str:
    line = f"M{from_x} {from_y}L{to_x} {to_y}"
    return f'<path d="{line}" stroke="#333" stroke-width="1.5"{style} marker-end="url(#tip)"/>'


def _box(box: Box, is_side: bool) -> str:
    dashes = DASHES if is_side else ""
    middle, name = box.x + WIDTH // 2, escape(box.stop.name)
    lines = [f"{box.stop.exercises} exercises", f"{box.stop.minutes} min"]
    return "\n".join(
        [
            f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#eef3fb" '
            f'stroke="#2b5797" stroke-width="1.5"{dashes}/>',
            f'<text x="{middle}" y="{box.y + 24}" font-size="15" font-weight="bold">{name}</text>',
            *(
                f'<text x="{middle}" y="{box.y + y}" font-size="12" fill="#333">{line}</text>'
                for y, line in zip((43, 60), lines, strict=True)
            ),
        ]
    )
