"""`forget` leaves nothing of a student in the gradebook and its backups, in a file or on a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mini, pupils, week
from tests.test_privacy import kept, naming
from torchaula.authoring.release import release
from torchaula.classroom.gradebook import backups
from torchaula.classroom.privacy import books as stored


@pytest.mark.both_databases
def test_rows_and_copies_go_from_either_database(books: None, tmp_path: Path) -> None:
    """No row, page of the database or backup keeps a name; what `pg_dump` wrote of the student goes.

    A backup of before they came stays, and the preview says what goes as a whole.
    """
    made = mini.write(tmp_path / "course")
    release(made, "mini")
    students = made.root / "students.csv"
    students.write_text("id,first_name,last_name\nbea,B,Núñez\n", encoding="utf-8")
    week.hand_in(made, "bea")
    mini.grade(made)
    early = backups.backup(made)
    with students.open("a", encoding="utf-8") as file:
        file.write("zquetzal,Zoë,Íñiguez\n")
    pupils.write(made, "zquetzal", week.text(made, "2 * x", None))
    mini.grade(made)
    late, others = backups.backup(made), kept(made, "zquetzal")
    assert early and late and "nothing is older" in pupils.command(made, "purge", "--before", "2000-01-01")

    shown = pupils.command(made, "forget", "zquetzal", "--yes")

    assert naming(made, ("zquetzal", "Íñiguez")) == []
    assert kept(made, "zquetzal") == others
    copies = [path for path in backups.folder(made).iterdir() if path.suffix != ".secret"]
    assert {each.id for copy in copies for each in stored.readable_students(copy) or ()} == {"bea"}
    assert early in copies and early.with_suffix(".secret").exists()
    assert late.exists() == late.with_suffix(".secret").exists() == (late.suffix == ".db")
    assert ("PostgreSQL" in shown) == (late.suffix == ".dump")
    if mini.server:
        mini.server.ask("checkpoint")
        pages = [path for path in (mini.server.folder / "data" / "base").rglob("*") if path.is_file()]
        assert not any(b"zquetzal" in path.read_bytes() for path in pages)
