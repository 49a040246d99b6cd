"""Write the dates that `secuencias` and `paradigmas` ship: as people write them, and in ISO 8601.

    python data/dates.py            writes them
    python data/dates.py --check    tells which files are not what it writes, and ends with 1 if any is

Babel's «long» format knows how a language writes a date. `secuencias` has pairs, in Spanish; `paradigmas`, a
table with a column a language. Its days are none of `secuencias`, from which its transformer has learnt.
"""

from __future__ import annotations

import argparse
import random
import sys
from datetime import date, timedelta
from pathlib import Path

from babel.dates import format_date

SOURCE = Path(__file__).parents[1] / "source"
FIRST, AFTER = date(1900, 1, 1), date(2100, 1, 1)  # a span in which each of the four digits changes
SEED = 20240503
LANGUAGES = ("es", "pt", "it", "en")
LEARNED = 4500  # days of `secuencias`, in Spanish: 4,000 to learn from and 500 to try
TRIED = 600  # days of `paradigmas`: 100 to learn from and 500 to try


def days() -> list[date]:
    """All days of the span, shuffled: the same each time."""
    shuffled = [FIRST + timedelta(number) for number in range((AFTER - FIRST).days)]
    random.Random(SEED).shuffle(shuffled)
    return shuffled


def line(day: date, languages: tuple[str, ...]) -> str:
    """A day as each of these languages writes it, and as ISO 8601 does, with tabs between."""
    return "\t".join([*(format_date(day, "long", locale=each) for each in languages), day.isoformat()])


def files() -> dict[Path, str]:
    """The text of each file."""
    shuffled = days()
    learned, tried = shuffled[:LEARNED], shuffled[LEARNED : LEARNED + TRIED]
    pairs = [line(day, ("es",)) for day in learned]
    table = ["\t".join([*LANGUAGES, "iso"]), *(line(day, LANGUAGES) for day in tried)]
    return {
        SOURCE / "secuencias" / "fechas-es.txt": "\n".join(pairs) + "\n",
        SOURCE / "paradigmas" / "fechas.txt": "\n".join(table) + "\n",
    }


def main() -> int:
    """Write the files, or compare them; returns 1 if one differs."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--check", action="store_true", help="write nothing: tell which files differ")
    is_check = asked.parse_args().check
    differing = [path for path, text in files().items() if not is_same(path, text)]
    for path in differing:
        if not is_check:
            path.write_bytes(files()[path].encode())
        print(f"{path.relative_to(SOURCE.parent)}: {'differs: run data/dates.py' if is_check else 'written'}")
    return int(is_check and bool(differing))


def is_same(path: Path, text: str) -> bool:
    """Whether the file has this text, byte for byte."""
    return path.is_file() and path.read_bytes() == text.encode()


if __name__ == "__main__":
    sys.exit(main())
