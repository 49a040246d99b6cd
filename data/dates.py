"""Write the dates that `secuencias` and `paradigmas` ship: as people write them, and in ISO 8601.

    python data/dates.py            writes them
    python data/dates.py --check    tells which files are not what it writes, and ends with 1 if any is

Babel's «long» format knows how a language writes a date. The days of `paradigmas`, the same in each language,
are none of `secuencias`, from which its transformer has learnt.
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
TRIED = 600  # days of `paradigmas`, the same in each language: 100 to learn from and 500 to try


def days() -> list[date]:
    """All days of the span, shuffled: the same each time."""
    shuffled = [FIRST + timedelta(number) for number in range((AFTER - FIRST).days)]
    random.Random(SEED).shuffle(shuffled)
    return shuffled


def table(chosen: list[date], language: str) -> str:
    """A line a day: as this language writes it, a tab, and as ISO 8601 does."""
    return "".join(f"{format_date(day, 'long', locale=language)}\t{day.isoformat()}\n" for day in chosen)


def files() -> dict[Path, str]:
    """The text of each file."""
    shuffled = days()
    made = {SOURCE / "secuencias" / "fechas-es.txt": table(shuffled[:LEARNED], "es")}
    for language in LANGUAGES:
        tried = shuffled[LEARNED : LEARNED + TRIED]
        made[SOURCE / "paradigmas" / f"fechas-{language}.txt"] = table(tried, language)
    return made


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
