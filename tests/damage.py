"""Damaged notebooks, made by a seeded fuzzer: what editors, transfers and curious hands do to a file.

Each kind of damage works on one of three layers: the bytes of the file, its cells, its metadata.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.workshop import Book

Bytes = Callable[[bytes, random.Random], bytes]
Json = Callable[[Any, random.Random], object]
KINDS: dict[str, Bytes] = {}
NUMBER = 300
SIMPLE = 60  # the first ones: of a notebook that has nothing else
# Kinds that leave a file which any other kind can damage further.
HARMLESS = (
    "cells-shuffle",
    "cells-outputs",
    "metadata-odd_tags",
    "metadata-odd_points",
    "metadata-odd_roles",
)
# What stands where something else should.
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "\0",
    "\ud800",
    "99",
    [],
    [None, 1, "x", ["y"], {}],
    {},
    {"": None},
    [[[[]]]],
)


def odd(chance: random.Random, *others: Any) -> Any:
    """Something odd, or one of `others`."""
    return deepcopy(chance.choice([*others, *ODD]))


def file(number: int) -> tuple[str, bytes]:
    """The kind of damage number `number`, and the damaged file.

    From `SIMPLE` on, something else is damaged already.
    """
    kind = list(KINDS)[number % len(KINDS)]
    chance = random.Random(f"damage/{number}")
    content = answered().file
    if number >= SIMPLE:
        content = KINDS[chance.choice(HARMLESS)](content, chance)
    return kind, KINDS[kind](content, chance)


def answered() -> Book:
    """The notebook before it is damaged: two exercises answered, one wrong, one untouched."""
    book = Book()
    book.add("print('mis pruebas')", "softmax")
    book.add("Mis apuntes: $x^2$", "softmax-valores", markdown=True)
    book.cell("line").source = "class Line(nn.Linear):\n    pass"
    book.empty("total")
    return book


def of_bytes(kind: Bytes) -> Bytes:
    """Register damage to the bytes of a file."""
    KINDS[f"bytes-{kind.__name__[1:]}"] = kind
    return kind


def of_json(layer: str) -> Callable[[Json], Json]:
    """Register damage to what the file's JSON holds."""

    def register(kind: Json) -> Json:
        def damage(content: bytes, chance: random.Random) -> bytes:
            raw = json.loads(content)
            kind(raw, chance)
            return json.dumps(raw).encode()

        KINDS[f"{layer}-{kind.__name__[1:]}"] = damage
        return kind

    return register


cells, metadata = of_json("cells"), of_json("metadata")

# Bytes


@of_bytes
def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


@of_bytes
def _beheaded(content: bytes, chance: random.Random) -> bytes:
    return content[chance.randrange(1, len(content)) :]


@of_bytes
def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 3, 30])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@of_bytes
def _insert(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + chance.randbytes(chance.choice([1, 10, 1000])) + content[place:]


@of_bytes
def _remove(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + content[place + chance.choice([1, 10, 1000]) :]


@of_bytes
def _swap_parts(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[place:] + content[:place]


@of_bytes
def _twice(content: bytes, chance: random.Random) -> bytes:
    return content + chance.choice([b"", b"\n", b","]) + content


@of_bytes
def _conflict(content: bytes, chance: random.Random) -> bytes:
    lines = json.dumps(json.loads(content), indent=1).encode().splitlines(keepends=True)
    place = chance.randrange(len(lines))
    mark = b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> origin/main\n"
    here = lines[place]
    return b"".join([*lines[:place], mark[0], here, mark[1], here, mark[2], *lines[place + 1 :]])


@of_bytes
def _quotes(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b'"', chance.choice([b"'", "“".encode(), b'\\"']), chance.choice([1, 99, -1]))


@of_bytes
def _commas(content: bytes, chance: random.Random) -> bytes:
    return content.replace(*chance.choice([(b"}", b",}"), (b",", b""), (b"]", b",]")]))


@of_bytes
def _byte_order_mark(content: bytes, chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" * chance.choice([1, 2]) + content


@of_bytes
def _utf_16(content: bytes, chance: random.Random) -> bytes:
    return content.decode().encode(chance.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))


@of_bytes
def _latin_1(content: bytes, chance: random.Random) -> bytes:
    text = content.decode().replace("prueb", chance.choice(["¡pruéb", "prúeb"]))
    return json.dumps(json.loads(text), ensure_ascii=False).encode("latin-1", "replace")


@of_bytes
def _nul(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return chance.choice([content + b"\0" * 99, content[:place] + b"\0" + content[place:], b"\0" * 4096])


@of_bytes
def _surrogates(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b"mis pruebas", chance.choice([rb"\ud800", rb"\udc00\ud800", b"\xed\xa0\x80"]))


@of_bytes
def _repeated_keys(content: bytes, chance: random.Random) -> bytes:
    key = chance.choice([b'"cells":', b'"metadata":', b'"source":', b'"nbformat":'])
    return content.replace(key, key + chance.choice([b"[], ", b"{}, ", b'"", ']) + key)


@of_bytes
def _deep(content: bytes, chance: random.Random) -> bytes:
    depth = chance.choice([50, 1000, 100_000])
    opened, closed = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    nested = opened * depth + b"1" + closed * depth
    return content.replace(b'"mis pruebas"', nested).replace(b'"outputs": []', b'"outputs": ' + nested, 1)


@of_bytes
def _huge_numbers(content: bytes, chance: random.Random) -> bytes:
    number = chance.choice([b"9" * 100_000, b"-1e999", b"1" + b"0" * 400, b"NaN", b"-Infinity"])
    return content.replace(b'"execution_count": null', b'"execution_count": ' + number)


@of_bytes
def _something_else(content: bytes, chance: random.Random) -> bytes:
    page, stub = b"<!DOCTYPE html><html>", b"version https://git-lfs.github.com/spec/v1\n"
    empty = b"", b" ", b"null", b"[]", b"{}", b'"cells"', b"42"
    return chance.choice([*empty, b"PK\x03\x04" + chance.randbytes(99), page, b"%PDF-1.7\n", stub])


# Cells


def some(raw: Any, chance: random.Random) -> Any:
    """A cell, as likely as not one that counts."""
    cells = [cell for cell in raw["cells"] if isinstance(cell, dict)]
    named = [cell for cell in cells if cell.get("id") in ("softmax", "decay", "line", "total")]
    return chance.choice(named if named and chance.random() < 0.5 else cells)


@cells
def _delete(raw: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 3, 16])):
        raw["cells"].remove(chance.choice(raw["cells"]))


@cells
def _duplicate(raw: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 3, 16])):
        raw["cells"].insert(chance.randrange(len(raw["cells"])), deepcopy(some(raw, chance)))


@cells
def _duplicate_changed(raw: Any, chance: random.Random) -> None:
    twin = deepcopy(some(raw, chance))
    twin["source"] = chance.choice(["", "pass", "raise SystemExit", twin["source"][::-1]])
    raw["cells"].insert(chance.randrange(len(raw["cells"])), twin)


@cells
def _shuffle(raw: Any, chance: random.Random) -> None:
    chance.shuffle(raw["cells"])


@cells
def _swap_names(raw: Any, chance: random.Random) -> None:
    first, second = some(raw, chance), some(raw, chance)
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]


@cells
def _swap_sources(raw: Any, chance: random.Random) -> None:
    first, second = some(raw, chance), some(raw, chance)
    first["source"], second["source"] = second["source"], first["source"]


@cells
def _retype(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if chance.random() < 0.5:
            cell["cell_type"] = odd(chance, "code", "markdown", "raw", "heading", "Code")


@cells
def _odd_field(raw: Any, chance: random.Random) -> None:
    fields = ["source", "metadata", "outputs", "cell_type", "id", "execution_count"]
    for _ in range(chance.choice([1, 5, 50])):
        some(raw, chance)[chance.choice(fields)] = odd(chance)


@cells
def _odd_cells(raw: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 5])):
        raw["cells"].insert(chance.randrange(len(raw["cells"])), odd(chance))


@cells
def _missing_fields(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if chance.random() < 0.5:
            del cell[chance.choice(list(cell))]


@cells
def _sources_as_lists(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        if chance.random() < 0.3:
            cell["source"].insert(chance.randrange(1 + len(cell["source"])), odd(chance))


@cells
def _broken_sources(raw: Any, chance: random.Random) -> None:
    cell = some(raw, chance)
    place = chance.randrange(1 + len(cell["source"]))
    junk = chance.choice(["\0", "\x1b[2J", "\u202e", "\ufeff", "\ud83d", "«", "((((", "'''", "\r", "\x0c"])
    cell["source"] = cell["source"][:place] + junk + cell["source"][place:]


@cells
def _long_sources(raw: Any, chance: random.Random) -> None:
    some(raw, chance)["source"] += chance.choice(["\n", "#", "(", "x = 1\n", "-"]) * chance.choice(
        [10**4, 10**6]
    )


@cells
def _many(raw: Any, chance: random.Random) -> None:
    blank = {"cell_type": "code", "source": "", "metadata": {}, "outputs": []}
    raw["cells"] += [blank] * chance.choice([200, 2000])


@cells
def _gone(raw: Any, chance: random.Random) -> None:
    if chance.random() < 0.5:
        del raw["cells"]
    else:
        raw["cells"] = odd(chance)


@cells
def _worksheets(raw: Any, chance: random.Random) -> None:
    parts = raw.pop("cells")
    for cell in parts:
        if chance.random() < 0.5:
            cell["input"] = cell.pop("source")
    sheet = chance.choice([{"cells": parts}, {"cells": [*ODD, *parts]}, {"worksheets": [{"cells": parts}]}])
    raw["worksheets"] = [sheet, *chance.choice([(), ODD])]
    raw["nbformat"] = chance.choice([2, 3, 4])


@cells
def _outputs(raw: Any, chance: random.Random) -> None:
    strange = {"output_type": chance.choice(["stream", "error", "pyout", "x"]), "data": odd(chance)}
    strange |= {"text": odd(chance), "metadata": odd(chance)}
    for cell in raw["cells"]:
        cell["outputs"] = [strange, odd(chance)]


# Metadata


@metadata
def _odd_grade_id(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if "nbgrader" in cell["metadata"] and chance.random() < 0.5:
            cell["metadata"]["nbgrader"]["grade_id"] = chance.choice([*ODD, "own-0", "softmax "])


@metadata
def _other_grade_id(raw: Any, chance: random.Random) -> None:
    names = [cell["id"] for cell in raw["cells"]]
    for _ in range(chance.choice([1, 4])):
        cell = some(raw, chance)
        cell["metadata"].setdefault("nbgrader", {})["grade_id"] = chance.choice(names)


@metadata
def _odd_points(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = odd(chance, -5, 1e9, "100")


@metadata
def _odd_schema(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = odd(chance, 1, 2, 99, "3")


@metadata
def _odd_roles(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if "nbgrader" in cell["metadata"]:
            for role in ("grade", "solution", "locked", "task"):
                cell["metadata"]["nbgrader"][role] = odd(chance, True, False)


@metadata
def _odd_nbgrader(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        if chance.random() < 0.5:
            cell["metadata"]["nbgrader"] = odd(chance)


@metadata
def _odd_tags(raw: Any, chance: random.Random) -> None:
    for cell in raw["cells"]:
        cell["metadata"]["tags"] = chance.choice([["setup"], ["demo"], "setup", *ODD])


@metadata
def _odd_kernel(raw: Any, chance: random.Random) -> None:
    raw["metadata"]["kernelspec"] = odd(chance, {"name": "../../x"}, {"name": 7})
    raw["metadata"]["language_info"] = odd(chance, {"name": "julia"})


@metadata
def _odd_notebook(raw: Any, chance: random.Random) -> None:
    raw["metadata"] = odd(chance)


@metadata
def _odd_format(raw: Any, chance: random.Random) -> None:
    raw["nbformat"] = odd(chance, 99, "4", 1, 2, 3, 5, -4, 4.5)
    raw["nbformat_minor"] = odd(chance, 99, "5")


@metadata
def _no_format(raw: Any, chance: random.Random) -> None:
    del raw["nbformat"]
    if chance.random() < 0.5:
        del raw["nbformat_minor"]


@metadata
def _foreign(raw: Any, chance: random.Random) -> None:
    nbgrader = {"grade_id": "elsewhere", "grade": True, "points": 50, "solution": True, "schema_version": 3}
    for _ in range(chance.choice([1, 5])):
        raw["cells"].insert(
            chance.randrange(len(raw["cells"])),
            {"cell_type": "code", "source": "100", "metadata": {"nbgrader": nbgrader}, "outputs": []},
        )


@metadata
def _extra_fields(raw: Any, chance: random.Random) -> None:
    for part in (raw, raw["metadata"], *raw["cells"]):
        part[chance.choice(["signature", "attachments", "worksheets", "__class__"])] = odd(chance)


# Several at once


@metadata
def _everything(raw: Any, chance: random.Random) -> None:
    for kind in (
        _odd_tags,
        _odd_points,
        _odd_schema,
        _odd_kernel,
        _odd_format,
        _shuffle,
        _outputs,
        _odd_cells,
    ):
        kind(raw, chance)
