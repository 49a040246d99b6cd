"""What a graded course says, copied to a folder as text, and how two such dumps differ."""

from __future__ import annotations

import difflib
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import takewhile, zip_longest
from pathlib import Path

KEY = re.compile(r'<meta name="torchaula-key" content="[0-9a-f]+">')  # the package's digest is in it
MOST_LINES, WIDTH = 12, 160  # of what is listed of a file


def dump(course: Path, place: Path) -> None:
    """Copy what a graded course says to `place`, whole or not at all."""
    beside = place.with_name(f"{place.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    for part in ("feedback", "autograded", "grades"):
        shutil.copytree(course / part, beside / part)
    (beside / "output.txt").write_text((course / "output.txt").read_text().replace(str(course), "COURSE"))
    (beside / "gradebook.txt").write_text("\n".join(rows(course / "gradebook.db")))
    beside.rename(place)


def rows(database: Path) -> list[str]:
    """Every row of a gradebook as a line; instead of random ids it says what they stand for."""
    with closing(sqlite3.connect(database)) as book:
        book.row_factory = sqlite3.Row
        tables = [name for (name,) in book.execute("select name from sqlite_master where type = 'table'")]
        found = [(name, dict(row)) for name in tables for row in book.execute(f'select * from "{name}"')]
    meanings: dict[str, dict[str, str]] = {}  # of a random id: names, and ids of what it belongs to
    for _table, row in found:
        if re.fullmatch("[0-9a-f]{32}", str(row.get("id"))):
            told = {key: value for key, value in row.items() if key == "name" or key.endswith("_id")}
            meanings.setdefault(row["id"], {}).update(told)

    def meant(value: object) -> object:
        if value not in meanings:
            return value
        return " ".join(dict.fromkeys(str(meant(part)) for part in meanings[str(value)].values()))

    return sorted(
        f"{table}: " + ", ".join(f"{key}={meant(value)!r}" for key, value in sorted(row.items()))
        for table, row in found
    )


def differences(base: Path, new: Path, known: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """What two dumps say otherwise: a paragraph for each file. `known` are patterns for the text of
    BASE, each with what stands there now."""
    files = {
        path.relative_to(folder) for folder in (base, new) for path in folder.rglob("*") if path.is_file()
    }
    for name in sorted(files):
        if not (base / name).is_file() or not (new / name).is_file():
            yield f"{name}: only {'this version' if (new / name).is_file() else 'BASE'} has it"
            continue
        before, after = (base / name).read_bytes(), (new / name).read_bytes()
        if before == after:
            continue
        texts = [KEY.sub("", content.decode(errors="replace")) for content in (before, after)]
        for pattern, replacement in known:
            texts[0] = re.sub(pattern, replacement, texts[0])
        if texts[0] != texts[1]:
            yield f"{name}:\n" + "\n".join(_shown(*texts))


def _shown(before: str, after: str) -> Iterator[str]:
    """The first lines that differ, each from a little before the place where it does."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    gone, come = [[line[1:] for line in lines if line[0] == sign] for sign in "-+"]
    for number, (old, new) in enumerate(zip_longest(gone, come)):
        if number == MOST_LINES:
            yield f"  and more: {len(gone)} lines of BASE, {len(come)} of this version"
            return
        same = takewhile(lambda pair: pair[0] == pair[1], zip(old or "", new or "", strict=False))
        start = max(0, len(list(same)) - WIDTH // 2)
        yield from (f"  {sign} {text[start:][:WIDTH]}" for sign, text in (("-", old), ("+", new)) if text)
