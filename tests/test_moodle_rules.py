"""Moodle's rules for what comes back, and a worksheet of which nothing changes but grades."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.moodles import WHEN, Assignment, Participant
from torchaula.classroom.intake import cells
from torchaula.classroom.intake.moodle import entries, gradesheet, rules
from torchaula.classroom.intake.moodle.language import ENGLISH, LANGUAGES, SPANISH, Language
from torchaula.classroom.intake.moodle.rules import Reading, Record
from torchaula.errors import Refusal
from torchaula.report.exports.delivery import scaled

ANA = Participant(101, "Ana García López", "ana@uni.es")
BEA = Participant(102, "Bea Núñez", "bea@uni.es", comment="Bien")
PEOPLE = ANA, BEA
# No mark that stands only at the beginning of a file.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=12)
# Python's csv doesn't quote a lone "\r" before 3.13, and then nobody can read it back.
WRITTEN_TEXT = ANY_TEXT.filter(lambda text: "\r" not in text)
NUMBERS = st.decimals(0, 1000, places=5)


def loaded(tmp_path: Path, content: bytes) -> gradesheet.GradeSheet:
    """The worksheet with this content."""
    path = tmp_path / "Grades-Torch-Mini-55.csv"
    path.write_bytes(content)
    return gradesheet.load(path)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """A table as some program has written it, and its values."""
    width = draw(st.integers(2, 5))
    odd = ['a "b"', "x,y", "=1+1", "one\ntwo", "one\r\ntwo", "\u200fx", ""]
    texts = st.one_of(WRITTEN_TEXT, st.sampled_from(odd))
    values = draw(st.lists(st.lists(texts, min_size=width, max_size=width), min_size=1, max_size=5))
    out = io.StringIO()
    out.write(draw(st.sampled_from(["", "\ufeff"])))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    csv.writer(out, quoting=quoting, lineterminator=end).writerows(values)
    text = out.getvalue()
    return text if draw(st.booleans()) else text.removesuffix(end), values


@given(tables(), st.data())
def test_nothing_but_the_chosen_cells_changes(
    table: tuple[str, list[list[str]]], data: st.DataObject
) -> None:
    """Read back, the table is the same but for these cells; all bytes outside of them are equal."""
    text, values = table
    rows = cells.rows(text)
    kept = list(values)
    assert [row.values for row in rows] == kept
    places = [(at, column) for at, row in enumerate(kept) for column in range(len(row))]
    chosen = data.draw(st.dictionaries(st.sampled_from(places), ANY_TEXT))
    new = cells.replaced(text, {rows[at].cells[column]: value for (at, column), value in chosen.items()})

    for (at, column), value in chosen.items():
        kept[at][column] = value
    assert [row.values for row in cells.rows(new)] == kept
    assert [*csv.reader(io.StringIO(new.removeprefix("\ufeff"), newline=""))] == kept
    assert outside(text, chosen.keys()) == outside(new, chosen.keys())


def outside(text: str, chosen) -> list[str]:
    """What stands between the chosen cells."""
    rows, parts, at = cells.rows(text), [], 0
    for row, column in sorted(chosen):
        cell = rows[row].cells[column]
        parts.append(text[at : cell.start])
        at = cell.end
    return [*parts, text[at:]]


@given(st.floats(0, 200), st.floats(0.5, 200), st.decimals("0.01", "1000", places=2))
def test_grade_is_scaled_and_read_alike_in_every_language(points: float, worth: float, most: Decimal) -> None:
    """Two to five decimals, read by Moodle as what was meant; above the maximum only for extra credit."""
    grade = scaled(points, worth, most)
    text = gradesheet.written(grade)

    assert re.fullmatch(r"\d+\.\d{2,5}", text)
    for spoken in LANGUAGES:
        assert rules._unformatted(text, spoken) == grade
    assert (grade > most) <= (points > worth)
    assert abs(grade - Decimal(points) * most / Decimal(worth)) < Decimal("0.0001")


@pytest.mark.parametrize("spoken", LANGUAGES)
@given(grades=st.dictionaries(st.sampled_from(["101", "102"]), NUMBERS))
def test_worksheet_keeps_every_other_byte(
    tmp_path_factory: pytest.TempPathFactory, spoken: Language, grades: dict[str, Decimal]
) -> None:
    """Filled in, only the grade cells differ from what was downloaded; without grades, nothing does."""
    before = Assignment(PEOPLE, language=spoken).worksheet()
    sheet = loaded(tmp_path_factory.mktemp("sheet"), before)

    after = sheet.filled(grades)

    chosen = [(1 if number == "101" else 2, 5) for number in grades]
    assert outside(before.decode(), chosen) == outside(after.decode(), chosen)
    assert sheet.filled({}) == before


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize(
    ("grade", "changed", "expected"),
    [
        ("8.50", {}, Reading.ACCEPTED),
        ("", {}, Reading.NO_VALUE),
        ("-1.00", {}, Reading.NEGATIVE),
        ("100.01", {}, Reading.ABOVE_MAXIMUM),
        ("100.00", {}, Reading.ACCEPTED),
        ("8.50", {"locked": frozenset({101})}, Reading.LOCKED),
        ("8.50", {"records": {101: Record(Decimal("8.5"), WHEN)}}, Reading.UNCHANGED),
        ("9.00", {"records": {101: Record(Decimal("8.5"), WHEN)}}, Reading.NEWER_GRADE),
        ("9.00", {"records": {101: Record(None, WHEN)}}, Reading.NEWER_GRADE),
        ("9.00", {"records": {101: Record(None, WHEN)}, "is_ticked": True}, Reading.ACCEPTED),
    ],
)
def test_each_row_is_read_as_moodle_reads_it(
    spoken: Language, grade: str, changed: dict[str, object], expected: Reading
) -> None:
    """Each of Moodle's silent skips, by its rule."""
    assignment = Assignment((ANA,), language=spoken)
    table = assignment.worksheet().decode()
    rows = cells.rows(table)
    data = cells.replaced(table, {rows[1].cells[5]: grade}).encode()

    state = replace(assignment.state(), **changed)  # type: ignore[arg-type]

    assert rules.worksheet(data, state) == {101: expected}


def test_english_date_is_believed_and_a_spanish_one_is_not() -> None:
    """`strtotime` reads English alone, and a record may be newer by the seconds that a worksheet lacks."""
    assert rules.strtotime("Friday, 9 October 2026, 6:30 PM") == datetime(2026, 10, 9, 18, 30, tzinfo=UTC)
    for text in ("viernes, 9 de octubre de 2026, 18:30", "-", "", "Friday, 9 October 2026, 6:30\u202fPM"):
        assert rules.strtotime(text) == rules.EPOCH
    for spoken, expected in ((ENGLISH, Reading.ACCEPTED), (SPANISH, Reading.NEWER_GRADE)):
        assignment = Assignment((ANA,), language=spoken, records={101: Record(Decimal(8), WHEN)})
        table = assignment.worksheet().replace(b"8.00", b"9.00").replace(b'"8,00"', b"9.00")
        assert rules.worksheet(table, assignment.state()) == {101: expected}


def test_worksheet_of_another_language_is_refused_whole() -> None:
    """Headers are compared in the language of who uploads."""
    assignment = Assignment(PEOPLE, language=SPANISH)
    with pytest.raises(Refusal):
        rules.worksheet(assignment.worksheet(), replace(assignment.state(), language=ENGLISH))


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("Ana García_101_assignsubmission_file/mini.html", (101, "/mini.html")),
        ("Ana García_101_assignsubmission_file_/mini.html", (101, "/mini.html")),
        ("Ana García_101_assignsubmission_file_mini.html", (101, "mini.html")),
        ("below/Ana García_101_assignsubmission_file/mini.html", (101, "/mini.html")),
        ("Ana_María_101_assignsubmission_file/mini.html", None),
        ("Ana García_999_assignsubmission_file/mini.html", None),
        ("Ana García_101_assignsubmission_magic/mini.html", None),
        ("Ana García_101/mini.html", None),
        ("Ana García_101_assignsubmission_file/.mini.html", None),
        ("Ana García_101_assignsubmission_file/~mini.html", None),
        ("Ana García_101_assignsubmission_file/", None),
    ],
)
def test_feedback_belongs_to_whom_moodle_says(path: str, whose: tuple[int, str] | None) -> None:
    """Folders of new and old Moodles and files without folders are understood, all else is ignored."""
    found = rules.feedback([path], Assignment(PEOPLE).state())
    assert found.get(path) == whose


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("Ana García_101_assignsubmission_file/a.ipynb", "Ana García_101_assignsubmission_file/"),
        ("Ana García_101_assignsubmission_file_/a_b.ipynb", "Ana García_101_assignsubmission_file_/"),
        ("Ana García_101_assignsubmission_file_a_b.ipynb", "Ana García_101_assignsubmission_file_"),
        ("Ana García_101_assignsubmission_onlinetext/onlinetext.html", None),
        ("Grupo por defecto_assignsubmission_file/a.ipynb", None),
    ],
)
def test_folder_of_the_download_is_taken_as_it_is(path: str, folder: str | None) -> None:
    """A page put there is its participant's, whatever the style of the download."""
    found = entries.folder(Path(path))
    assert (found and found[1] + found[2]) == folder
    if folder:
        assert rules.feedback([f"{folder}mini.html"], Assignment(PEOPLE).state())


GOOD = Assignment(PEOPLE, language=SPANISH).worksheet().decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace(",", ";").encode(), "semicolons"),
        (GOOD.encode("cp1252", errors="replace"), "UTF-8"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (GOOD.replace('"100,00"', "100,00").encode(), "columns"),
        (GOOD.replace(",Bien", "").encode(), "columns"),
        (GOOD.replace("Calificación,", "Nota,", 1).encode(), "Calificación"),
        (GOOD.replace("Última modificación (calificación)", "Fecha").encode(), "Última modificación"),
        (GOOD.replace("Identificador", "Id").encode(), "Identificador"),
        (GOOD.replace('"Calificación máxima"', "Escala").encode(), "scale"),
        (GOOD.replace("Participante102", "Participante101").encode(), "two rows"),
        (GOOD.replace("Participante102", "Total").encode(), "no participant"),
        (GOOD.replace('"Ana García López"', '"Ana" García').encode(), "CSV"),
        (GOOD.replace("Bien", '"Bien').encode(), "CSV"),
        (b"", "Identificador"),
    ],
)
def test_worksheet_that_a_spreadsheet_has_spoilt_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    """One line says what is wrong, and to download it again."""
    with pytest.raises(Refusal, match=re.escape(said)):
        loaded(tmp_path, content)


def test_line_of_a_bad_row_is_named_below_texts_of_several_lines(tmp_path: Path) -> None:
    """A comment over several lines moves the lines below it."""
    many = replace(ANA, comment="one\ntwo\nthree")
    content = Assignment((many, BEA)).worksheet().replace(b",Bien", b"")
    with pytest.raises(Refusal, match="line 5"):
        loaded(tmp_path, content)


def test_lost_bom_changes_nothing(tmp_path: Path) -> None:
    """Moodle reads a worksheet without its BOM too, and it stays without."""
    content = GOOD.removeprefix("\ufeff").encode()
    after = loaded(tmp_path, content).filled({"101": Decimal("8.5")})
    assert not after.startswith(b"\xef\xbb\xbf")
    assert rules.worksheet(after, Assignment(PEOPLE).state())[101] is Reading.ACCEPTED
