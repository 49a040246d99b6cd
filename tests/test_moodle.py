"""What Moodle's downloads hold: each notebook as its student's, with its time, or named with a reason."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from nbgrader.apps.zipcollectapp import ZipCollectApp

from tests import mini, programs
from torchaula.classroom.intake import received, roster
from torchaula.classroom.intake.collector import MoodleCollector
from torchaula.classroom.intake.moodle import worksheet
from torchaula.course.layout import Course
from torchaula.course.rebuilding.submitted import digest_of
from torchaula.errors import Refusal

FOLDER = "{}_assignsubmission_file/{}"
OLD_FOLDER = "{}_assignsubmission_file_/{}"
FLAT = "{}_assignsubmission_file_{}"
STYLES = {"folders": FOLDER, "old folders": OLD_FOLDER, "flat": FLAT}
ANA, BEA = "Ana García López_101", "Bea Núñez_102"
STUDENTS = """id,first_name,last_name,email,lms_user_id
ana,Ana,García López,ana@uni.es,7001
bea,Bea,Núñez,bea@uni.es,
"""
ENGLISH = (
    "\ufeffIdentifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
SPANISH = (
    'Identificador,"Nombre completo","Número de ID","Dirección de correo",Estado,Calificación,'
    '"Calificación máxima","La calificación puede ser cambiada","Última modificación (entrega)",'
    '"Última modificación (calificación)","Comentarios de retroalimentación"'
)


def notebook(mark: str) -> bytes:
    """A notebook that can be told from others."""
    return b'{"cells": [], "metadata": {"mark": "%s"}}' % mark.encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files, all of the hour of the download."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return content.getvalue()


def english(*rows: tuple[str, ...]) -> bytes:
    """A grading worksheet; rows are number, name, ID number, e-mail and date."""
    lines = [
        f'"Participant {number}","{name}",{identifier},{email},"Submitted",,100.00,Yes,"{date}",-,'
        for number, name, identifier, email, date in rows
    ]
    return "\n".join([ENGLISH, *lines]).encode()


def spanish(*rows: tuple[str, ...]) -> bytes:
    """The same as Moodle writes it in Spanish."""
    lines = [
        f'Participante{number},"{name}",{identifier},{email},"Enviado",,"100,00",Sí,"{date}",-,'
        for number, name, identifier, email, date in rows
    ]
    return "\n".join([SPANISH, *lines]).encode()


@dataclass
class Downloads:
    """A course, and what its teacher downloaded of one assignment."""

    course: Course

    @classmethod
    def none(cls, folder: Path, monkeypatch: pytest.MonkeyPatch, students: str) -> Downloads:
        """Those of a new course with these students, which becomes the working folder."""
        made = cls(mini.write(folder / "course"))
        monkeypatch.chdir(made.course.root)
        made.students(students)
        return made

    @property
    def archive(self) -> Path:
        return self.course.root / "downloaded" / "mini" / "archive"

    def put(self, name: str, content: bytes | Mapping[str, bytes]) -> None:
        """Put a file, or a zip archive of files, where zip_collect looks for it."""
        path = self.archive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else zipped(content))

    def students(self, text: str) -> None:
        """Write the course's `students.csv`."""
        (self.course.root / "students.csv").write_text(text, encoding="utf-8")

    def collect(self, assignment: str = "mini") -> dict[str, bytes]:
        """Run zip_collect, in this process; the notebooks handed in so far, by student."""
        app = ZipCollectApp()
        app.initialize([assignment, "--force"])
        app.start()
        return self.handed_in

    @property
    def handed_in(self) -> dict[str, bytes]:
        """What stands in `submitted/`, by student."""
        found = list(self.course.submitted.rglob("*.ipynb"))
        assert all(path.name == f"{path.parent.name}.ipynb" for path in found)
        return {path.parts[-3]: path.read_bytes() for path in found}

    def timestamp(self, student: str) -> str | None:
        """What zip_collect wrote as the time of a submission."""
        path = self.course.submitted / student / "mini" / "timestamp.txt"
        return path.read_text() if path.exists() else None

    @property
    def log(self) -> str:
        """What zip_collect wrote to its log."""
        return (self.course.state / "logs" / "zip_collect-mini.log").read_text(encoding="utf-8")

    @property
    def register(self) -> received.Register:
        return received.load(self.course, "mini")


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Downloads:
    """A course with students, and nothing downloaded."""
    return Downloads.none(tmp_path, monkeypatch, STUDENTS)


def refusal(capfd: pytest.CaptureFixture[str], downloads: Downloads) -> str:
    """What zip_collect says when it ends without collecting anything."""
    with pytest.raises(SystemExit) as end:
        downloads.collect()
    assert end.value.code == 1
    assert not downloads.handed_in
    told = capfd.readouterr().err
    assert "Traceback" not in told
    return told


def test_command_collects_a_class_with_the_times_of_the_worksheet(downloads: Downloads) -> None:
    """The real command, as a teacher runs it: each notebook under its student, at the time Moodle noted."""
    downloads.put(
        "Torch-Mini-55.zip",
        {FOLDER.format(ANA, "mlp (1).ipynb"): b"ana", FOLDER.format(BEA, "mini.ipynb"): b"bea"},
    )
    downloads.put(
        "Grades-Torch-Mini-55.csv",
        spanish(
            ("101", "Ana García López", "", "ana@uni.es", "lunes, 5 de octubre de 2026, 10:00"),
            ("102", "Bea Núñez", "", "bea@uni.es", "-"),
        ),
    )

    done = programs.run("nbgrader", "zip_collect", "mini", "--force", cwd=downloads.course.root)

    assert done.returncode == 0, done.stderr
    assert downloads.handed_in == {"ana": b"ana", "bea": b"bea"}
    assert downloads.timestamp("ana") == "2026-10-05 08:00:00"
    assert downloads.timestamp("bea") is None


@pytest.mark.parametrize("style", STYLES)
def test_each_style_of_download_is_understood(downloads: Downloads, style: str) -> None:
    """Folders of new and old Moodles, and files without folders, say the same."""
    name = STYLES[style].format
    downloads.put(
        "x.zip",
        {
            name(ANA, "mlp-Copy1.ipynb"): notebook("ana"),
            name(BEA, "mini.ipynb"): notebook("bea"),
            name(BEA, "another_one.ipynb"): notebook("another"),
        },
    )

    assert downloads.collect() == {"ana": notebook("ana"), "bea": notebook("bea")}
    assert downloads.register.remarks == {"bea": ["also handed in: another_one.ipynb"]}
    assert not downloads.register.unmatched


@pytest.mark.parametrize("language", [english, spanish])
def test_times_are_the_worksheets_and_not_the_archives(downloads: Downloads, language) -> None:
    """A date of either language becomes UTC; the register believes it for that student and content only."""
    date = {english: "Wednesday, 10 June 2026, 2:14 PM", spanish: "miércoles, 10 de junio de 2026, 14:14"}
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana", FOLDER.format(BEA, "b.ipynb"): b"bea"})
    downloads.put("y.csv", language(("101", "Ana García López", "", "", date[language])))

    downloads.collect()

    assert downloads.timestamp("ana") == "2026-06-10 12:14:00"
    assert downloads.timestamp("bea") is None
    register, when = downloads.register, datetime(2026, 6, 10, 12, 14, tzinfo=UTC)
    assert {each.time for each in register.arrivals} == {"2026-06-10T12:14:00+00:00", None}
    assert received.times(register).get(("ana", digest_of(b"ana"))) == when
    assert received.times(register).get(("ana", digest_of(b"changed since"))) is None
    assert received.times(register).get(("bea", digest_of(b"ana"))) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Wednesday, 10 June 2026, 2:14 PM", "2026-06-10T12:14"),
        ("Wednesday, 10 June 2026, 2:14\u202fPM", "2026-06-10T12:14"),
        ("Wednesday, September 23, 2020, 9:00 PM", "2020-09-23T19:00"),
        ("Friday, 1 January 2027, 12:05 AM", "2026-12-31T23:05"),
        ("lunes, 5 de octubre de 2026, 10:00", "2026-10-05T08:00"),
        ("Sábado, 2 de Mayo de 2026, 09:07", "2026-05-02T07:07"),
        ("domingo, 6 de septiembre de 2026, 11:59 p. m.", "2026-09-06T21:59"),
    ],
)
def test_moodles_dates_are_read(text: str, utc: str) -> None:
    """Each form in which Moodle writes a date, summer and winter."""
    time = worksheet.moment(text, ZoneInfo("Europe/Madrid"))

    assert time and time.isoformat(timespec="minutes") == f"{utc}+00:00"


@pytest.mark.parametrize(
    "text",
    [
        *("mañana", "12", "10/06/2026 10:00", "10 June, 10:00", "10 June 2026", "June 2026, 10:00"),
        *(
            "31 June 2026, 10:00",
            "lundi 5 octobre 2026, 10:00",
            "Lundi, 5 May 2026, 10:00",
            "10 June 26, 10:00",
            "10 May June 2026, 10:00",
        ),
        *("10 June 2026, 25:00", "10 June 2026, 10:00 +0900", "31 December 9999, 23:59", "####"),
    ],
)
def test_doubtful_dates_are_not_guessed(text: str) -> None:
    """A date that lacks a part, doesn't exist or could be another is no date."""
    with pytest.raises(ValueError):
        worksheet.moment(text, ZoneInfo("America/Lima"))


def test_unreadable_date_is_named_and_taken_as_unknown(
    downloads: Downloads, capfd: pytest.CaptureFixture[str]
) -> None:
    """A spoilt date costs nobody the notebook, and the teacher reads whose it is."""
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})
    downloads.put("y.csv", english(("101", "Ana García López", "", "", "some day")))

    assert downloads.collect() == {"ana": b"ana"}
    assert downloads.timestamp("ana") is None
    told = capfd.readouterr().err
    assert "y.csv, line 2: the date 'some day' of Ana García López can't be read" in told


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ana García López",
            "ANA GARCIA LOPEZ",
            "García López Ana",
            "García López, Ana",
            "Ana García-López",
        ),
        *("Ana  Garci\u0301a Lo\u0301pez", " Ana García López"),
    ],
)
def test_name_is_recognised_however_it_is_written(downloads: Downloads, name: str) -> None:
    """Accents, case, Unicode form, hyphens and the order of first and last name tell nobody apart."""
    downloads.put("x.zip", {FOLDER.format(f"{name}_9", "mini.ipynb"): b"ana"})

    assert downloads.collect() == {"ana": b"ana"}


def test_name_without_what_moodle_leaves_out_is_recognised(downloads: Downloads) -> None:
    """Moodle writes no apostrophe in a file's name."""
    downloads.students("id;first_name;last_name\nconan;Conan;O'Brien\n")
    downloads.put("x.zip", {FOLDER.format("Conan OBrien_9", "mini.ipynb"): b"conan"})

    assert downloads.collect() == {"conan": b"conan"}


@pytest.mark.parametrize("column", ["ID number", "lms_user_id", "e-mail"])
def test_worksheet_tells_two_students_of_one_name_apart(downloads: Downloads, column: str) -> None:
    """Where names are the same, ID number or e-mail say who is who."""
    downloads.students(
        "id,first_name,last_name,email,lms_user_id\nana1,Ana,García,A1@uni.es,71\nana2,Ana,García,a2@uni.es,72\n"
    )
    rows = {
        "ID number": (("1", "ana2", ""), ("2", "ana1", "")),
        "lms_user_id": (("1", "72", ""), ("2", "71", "")),
        "e-mail": (("1", "", "A2@uni.es"), ("2", "", "a1@uni.es")),
    }[column]
    downloads.put("y.csv", english(*((n, "Ana García", i, mail, "-") for n, i, mail in rows)))
    downloads.put("x.zip", {FLAT.format(f"Ana García_{n}", "mini.ipynb"): n.encode() for n in "12"})

    assert downloads.collect() == {"ana2": b"1", "ana1": b"2"}


def test_two_students_of_one_name_are_not_guessed(
    downloads: Downloads, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a worksheet neither is collected, and both are named."""
    downloads.students("id,first_name,last_name\nana1,Ana,García\nana2,García,Ana\n")
    downloads.put("x.zip", {FOLDER.format(f"Ana García_{n}", "mini.ipynb"): b"" for n in "12"})

    assert downloads.collect() == {}
    assert not downloads.register.unmatched
    reason = "several students have this name (ana1, ana2): put Moodle's grading worksheet beside the zip"
    for student in ("ana1", "ana2"):  # whichever of them it is reads of it
        (told,) = downloads.register.problems[student]
        assert told.startswith(f"Ana García_1, Ana García_2: {reason}")
    assert "Ana García_1, Ana García_2: " in capfd.readouterr().out
    assert reason in downloads.log


def test_log_goes_on_when_an_earlier_application_is_closed(
    downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application of this process that is garbage-collected meanwhile takes nothing from the log."""
    downloads.put("x.zip", {FOLDER.format("Nadie_1", "mini.ipynb"): b""})
    earlier = ZipCollectApp()
    earlier.initialize(["mini", "--force"])
    look = MoodleCollector._look
    monkeypatch.setattr(MoodleCollector, "_look", lambda self: (earlier.close_handlers(), look(self))[1])

    downloads.collect()

    assert "Nadie_1: nobody in students.csv" in downloads.log


def test_namesake_who_is_known_leaves_the_other_one(downloads: Downloads) -> None:
    """Where the worksheet tells one of two of one name, what can't be told is the other's affair only."""
    downloads.students(
        "id,first_name,last_name,email\nana1,Ana,García,a1@uni.es\nana2,García,Ana,a2@uni.es\n"
    )
    downloads.put("x.zip", {FOLDER.format(f"Ana García_{n}", "mini.ipynb"): b"" for n in "12"})
    downloads.put("y.csv", english(("1", "Ana García", "", "a1@uni.es", "-")))

    assert downloads.collect() == {"ana1": b""}
    assert list(downloads.register.problems) == ["ana2"]


def test_two_participants_are_never_one_student(downloads: Downloads) -> None:
    """Where the roster lacks a namesake, only who is known by more than the name is collected."""
    downloads.put("x.zip", {FOLDER.format(f"Ana García López_{n}", "mini.ipynb"): n.encode() for n in "12"})

    assert downloads.collect() == {}
    (told,) = downloads.register.problems["ana"]
    assert told.startswith("Ana García López_1, Ana García López_2: ")

    downloads.put("y.csv", english(("2", "Ana García López", "", "ana@uni.es", "-")))

    assert downloads.collect() == {"ana": b"2"}
    assert list(downloads.register.unmatched) == ["Ana García López_1"]


def test_id_number_and_email_of_two_students_are_refused(downloads: Downloads) -> None:
    """A worksheet's row that fits two students is nobody's."""
    downloads.put("x.zip", {FOLDER.format("Ana García López_1", "mini.ipynb"): b""})
    downloads.put("y.csv", english(("1", "Ana García López", "ana", "bea@uni.es", "-")))

    assert downloads.collect() == {}
    for student in ("ana", "bea"):
        assert "of several students (ana, bea)" in downloads.register.problems[student][0]


@pytest.mark.parametrize("name", ["Eva Desconocida_104", "Grupo 3_12", "Default group"])
def test_unknown_name_is_not_collected_but_named(downloads: Downloads, name: str) -> None:
    """Nobody of the roster, a group, the group of those without one: a reason, and the others go on."""
    downloads.put("x.zip", {FOLDER.format(name, "mini.ipynb"): b"", FOLDER.format(ANA, "a.ipynb"): b"ana"})

    assert downloads.collect() == {"ana": b"ana"}
    assert list(downloads.register.unmatched) == [name]
    assert "nobody in students.csv has this name: add the student" in downloads.register.unmatched[name]


@pytest.mark.parametrize("names", [("x.zip", "x (1).zip"), ("x 9.zip", "x 10.zip"), ("a/z.zip", "b/a.zip")])
def test_without_times_the_last_archive_wins(downloads: Downloads, names: tuple[str, str]) -> None:
    """A browser's second download is the newer one, and the teacher reads that nothing else says so."""
    for name, mark in zip(names, ("old", "new"), strict=True):
        downloads.put(name, {FOLDER.format(ANA, "mini.ipynb"): mark.encode()})

    assert downloads.collect() == {"ana": b"new"}
    assert downloads.register.remarks["ana"][0].startswith(
        f"collected from {names[1].removesuffix('.zip')}, not from {names[0].removesuffix('.zip')}"
    )


def test_newest_of_two_downloads_wins_by_time(downloads: Downloads) -> None:
    """Each archive's own worksheet tells its times, whatever the names' order."""
    for day, mark in (("viernes", "9 October"), ("lunes", "5 October")):
        downloads.put(f"{day}.zip", {FOLDER.format(ANA, "mini.ipynb"): mark.encode()})
        downloads.put(
            f"Grades-{day}.csv", english(("101", "Ana García López", "", "", f"{mark} 2026, 10:00 AM"))
        )
    downloads.put("Abril.zip", {FOLDER.format(ANA, "mini.ipynb"): b"9 October"})

    assert downloads.collect() == {"ana": b"9 October"}
    assert downloads.timestamp("ana") == "2026-10-09 08:00:00"

    (downloads.archive / "viernes.zip").rename(downloads.archive / "antes.zip")
    (downloads.archive / "Grades-viernes.csv").rename(downloads.archive / "Grades-antes.csv")
    (downloads.archive / "Abril.zip").unlink()

    assert downloads.collect() == {"ana": b"9 October"}
    assert not downloads.register.remarks


def test_one_worksheet_tells_the_times_of_all_downloads(downloads: Downloads) -> None:
    """The latest worksheet alone is enough."""
    downloads.put("x.zip", {FOLDER.format(ANA, "mini.ipynb"): b"old"})
    downloads.put("x (1).zip", {FOLDER.format(ANA, "mini.ipynb"): b"new"})
    downloads.put("Grades-x.csv", english(("101", "Ana", "", "", "9 October 2026, 10:00 AM")))

    assert downloads.collect() == {"ana": b"new"}
    assert downloads.timestamp("ana") == "2026-10-09 08:00:00"


@pytest.mark.parametrize("days", ["5 9", "9 5"])
def test_latest_of_several_worksheets_tells(downloads: Downloads, days: str) -> None:
    """A student who handed in again did so at the later time, in whatever order the worksheets stand."""
    downloads.put("x.zip", {FOLDER.format(ANA, "mini.ipynb"): b"ana"})
    for name, day in zip(("a.csv", "b.csv"), days.split(), strict=True):
        downloads.put(name, english(("101", "Ana", "", "", f"{day} October 2026, 10:00 AM")))

    downloads.collect()

    assert downloads.timestamp("ana") == "2026-10-09 08:00:00"


def test_worksheet_beside_its_archive_in_a_folder_tells_of_it(downloads: Downloads) -> None:
    """Downloads of one name, each with its worksheet in a folder of their own."""
    for folder, day in (("late", "5"), ("early", "9")):
        downloads.put(f"{folder}/x.zip", {FOLDER.format(ANA, "mini.ipynb"): day.encode()})
        downloads.put(
            f"{folder}/Grades-x.csv", english(("101", "Ana", "", "", f"{day} October 2026, 10:00 AM"))
        )

    assert downloads.collect() == {"ana": b"9"}
    assert downloads.timestamp("ana") == "2026-10-09 08:00:00"


def test_second_run_begins_afresh_and_keeps_what_arrived(downloads: Downloads) -> None:
    """Reasons are of the last run; a time that was known stays known."""
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana", FOLDER.format("Eva_9", "a.ipynb"): b""})
    downloads.put("x.csv", english(("101", "Ana García López", "", "", "9 October 2026, 10:00 AM")))
    downloads.collect()
    assert downloads.register.unmatched
    (downloads.archive / "x.csv").unlink()
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana", FOLDER.format(BEA, "a.ipynb"): b"bea"})

    assert downloads.collect() == {"ana": b"ana", "bea": b"bea"}
    assert not downloads.register.unmatched
    assert {each.student: each.time for each in downloads.register.arrivals} == {
        "ana": "2026-10-09T08:00:00+00:00",
        "bea": None,
    }


def test_archive_of_a_learner_is_looked_into(downloads: Downloads) -> None:
    """A zip in the zip is the learner's, whatever names it holds: it can't pass for another's upload."""
    inner = zipped(
        {
            f"{BEA}_assignsubmission_file/mlp.ipynb": b"ana",
            "entrega/.ipynb_checkpoints/mlp-checkpoint.ipynb": b"older",
            "__MACOSX/._mlp.ipynb": b"",
            "datos.txt": b"",
        }
    )
    downloads.put("x.zip", {FOLDER.format(ANA, "entrega.zip"): inner})

    assert downloads.collect() == {"ana": b"ana"}


def test_flat_download_with_an_archive_of_a_learner(downloads: Downloads) -> None:
    """The same where Moodle makes no folders, and where a file is called like another's upload."""
    other = FLAT.format(BEA, "mini.ipynb")
    downloads.put("x.zip", {FLAT.format(ANA, "entrega.zip"): zipped({"mini.ipynb": b"ana", other: b"x"})})
    downloads.put("y.zip", {FLAT.format("Eva_1", other): b"eva"})

    assert downloads.collect() == {"ana": b"ana"}
    assert list(downloads.register.unmatched) == ["Eva_1"]


def sparse(path: Path, size: int) -> None:
    """A file that says to be large, and takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


@pytest.fixture
def _small_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file be read whole that is too large to be a notebook."""
    read = Path.read_bytes

    def read_small(path: Path) -> bytes:
        assert path.stat().st_size <= 20 * 2**20
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_small)


@pytest.mark.usefixtures("_small_only")
@pytest.mark.parametrize("size", [60 * 2**30, 21 * 2**20])
@pytest.mark.parametrize("names", [["mini.ipynb"], ["a.ipynb", "b.ipynb"], ["mini.ipynb", "sub/mini.ipynb"]])
def test_sizes_are_looked_at_before_files_are_read(downloads: Downloads, size: int, names: list[str]) -> None:
    """A file too large to be a notebook is its learner's affair, and nobody reads it whole."""
    for name in names:
        sparse(downloads.archive / "unpacked" / FOLDER.format(ANA, name), size)
    downloads.put("unpacked/" + FOLDER.format(BEA, "mini.ipynb"), b"bea")

    assert downloads.collect() == {"bea": b"bea"}
    (problem,) = downloads.register.problems["ana"]
    assert (" MB" in problem or "several notebooks" in problem) and "\n" not in problem


@pytest.mark.usefixtures("_small_only")
def test_large_files_that_a_pattern_finds_are_compared_by_size(downloads: Downloads) -> None:
    """Of two of one student, neither is read whole."""
    for number in range(2):
        sparse(downloads.archive / f"ana_{number}_11_mini.ipynb", 21 * 2**20 + number)
    with downloads.course.config.open("a", encoding="utf-8") as config:
        config.write(f"\nc.FileNameCollectorPlugin.named_regexp = {PATTERN!r}\n")
    app = ZipCollectApp()
    app.initialize(["mini", "--force"])
    app.start()

    assert downloads.register.remarks["ana"][0].startswith("collected from ana_1_11_mini.ipynb, the newest")


def test_several_notebooks_without_the_right_one_are_not_guessed(downloads: Downloads) -> None:
    """None of several is taken where none has the name; the same one twice is one."""
    files = {"a.ipynb": b"1", "b.ipynb": b"2"}
    downloads.put(
        "x.zip",
        {FOLDER.format(ANA, name): data for name, data in files.items()}
        | {FOLDER.format(BEA, name): b"same" for name in files},
    )

    assert downloads.collect() == {"bea": b"same"}
    reason = "several notebooks (a.ipynb, b.ipynb): ask for one, called mini.ipynb"
    assert downloads.register.problems == {"ana": [reason]}


def test_upload_without_a_notebook_is_named(downloads: Downloads) -> None:
    """A pdf is no submission; where an older notebook was collected, the teacher reads of the pdf too."""
    downloads.put("x.zip", {FOLDER.format(ANA, "mini.ipynb"): b"ana"})
    downloads.put("y.zip", {FOLDER.format(each, "mini.pdf"): b"" for each in (ANA, BEA)})

    assert downloads.collect() == {"ana": b"ana"}
    reason = "no notebook, but mini.pdf: ask for mini.ipynb"
    assert downloads.register.problems == {"bea": [reason]}
    assert downloads.register.remarks == {"ana": [f"y: {reason}"]}


def test_what_a_learner_says_of_time_and_people_never_counts(downloads: Downloads) -> None:
    """A timestamp.txt and a worksheet among a learner's files tell nothing, in whatever style they come."""
    mine = {
        "timestamp.txt": b"2020-01-01 00:00:00",
        "hojas.csv": english(("101", "Bea Núñez", "bea", "", "1 January 2020, 10:00 AM")),
    }
    for style in (FOLDER, FLAT):
        name = style.format
        downloads.put("x.zip", {name(ANA, "mini.ipynb"): b"ana"} | {name(ANA, k): v for k, v in mine.items()})
        downloads.put("loose.zip", mine)
        for key, value in mine.items():  # a teacher who unpacked it
            downloads.put(f"unpacked/{name(ANA, key)}", value)

        assert downloads.collect() == {"ana": b"ana"}
        assert [path.name for path in (downloads.course.submitted / "ana" / "mini").iterdir()] == [
            "mini.ipynb"
        ]
        assert [each.time for each in downloads.register.arrivals] == [None]


@pytest.mark.parametrize("entry", ["onlinetext/onlinetext.html", "onlinetext_onlinetext.html", "pdf/x.ipynb"])
def test_other_kinds_of_submission_are_passed_over(downloads: Downloads, entry: str) -> None:
    """What a learner wrote on Moodle's page is no file, and nobody's fault."""
    downloads.put("x.zip", {f"{ANA}_assignsubmission_{entry}": b"", FOLDER.format(BEA, "b.ipynb"): b"bea"})

    assert downloads.collect() == {"bea": b"bea"}
    assert not downloads.register.unmatched


@pytest.mark.parametrize("word", ["Participant", "Participante"])
def test_blind_marking(downloads: Downloads, word: str) -> None:
    """Nobody is told from a number; a worksheet with identities tells, and without a roster it is an id."""
    downloads.put("x.zip", {FOLDER.format(f"{word}_{n}", "mini.ipynb"): b"%d" % n for n in (101, 102)})

    assert downloads.collect() == {}
    assert downloads.register.unmatched[f"{word}_101"].startswith("blind marking hides who it is")

    downloads.put("y.csv", english(("101", "Ana García López", "", "", "-")))
    assert downloads.collect() == {"ana": b"101"}

    (downloads.course.root / "students.csv").unlink()
    assert {"participante-101", "participante-102"} < set(downloads.collect())


def test_without_a_roster_ids_are_made_from_names(downloads: Downloads) -> None:
    """An id is the name in small letters, with Moodle's number where two people share it."""
    (downloads.course.root / "students.csv").unlink()
    names = [ANA, "Íñigo Ñu-Peña_5", "Eva Gil_6", "eva  gil_7", "李_8", "Default group"]
    downloads.put("x.zip", {FOLDER.format(name, "mini.ipynb"): b"" for name in names})

    assert set(downloads.collect()) == {
        *("ana-garcia-lopez", "inigo-nu-pena", "eva-gil-6", "eva-gil-7", "participante-8", "default-group")
    }
    assert not downloads.register.unmatched


def test_notebook_that_moodle_did_not_name_is_reported(downloads: Downloads) -> None:
    """A loose file in the archive folder is nobody's, and doesn't disappear."""
    downloads.put("ana.ipynb", b"")

    assert downloads.collect() == {}
    assert downloads.register.unmatched["ana.ipynb"].startswith("not named as Moodle does")


def test_files_with_names_of_any_bytes_are_named(downloads: Downloads) -> None:
    """What an old program unpacked, in whatever encoding, ends nothing."""
    for name in ("Eva Mu\udcf1oz_3_assignsubmission_file/x\udcf1\n.pdf", "\udcf1.ipynb"):
        downloads.put(f"unpacked/{name}", b"")
    downloads.put("unpacked/" + FOLDER.format(ANA, "\udcf1.ipynb"), b"ana")

    assert downloads.collect() == {"ana": b"ana"}
    assert list(downloads.register.unmatched) == ["Eva Mu?oz_3", "unpacked/?.ipynb"]


def test_assignment_with_a_dot_keeps_its_name(downloads: Downloads) -> None:
    """zip_collect takes what follows a dot for an extension."""
    downloads.put("../../mini.2/archive/x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})

    assert downloads.collect("mini.2") == {"ana": b"ana"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name,email\nAna,a@b\n", "line 1: there is no column 'id'"),
        ("", "line 1: there is no column 'id'"),
        ("id,email\nana,a@b\n,b@b\n", "line 3: the id is empty"),
        ("id\nana\n\nANA\n", "line 4: the same id as in line 2"),
        ("id\npe\u00f1a\npen\u0303a\n", "line 3: the same id as in line 2"),
        *(
            (f'id\n"{bad}"\n', "can't name a folder")
            for bad in (
                ".ana",
                "a/b",
                "a\\b",
                "a*",
                "a[b]",
                "ana ",
                " ana",
                "a..b",
                "x" * 256,
                "a\tb",
                "a\nb",
            )
        ),
        ('id\n"ana\n', "not a readable csv"),
        ("id,email\nana,García,a@b\n", "line 2: not a readable csv (more values than columns)"),
    ],
)
def test_bad_roster_ends_the_command_with_file_and_line(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    """A mistake in students.csv is named where it stands, before anything is handed in."""
    downloads.students(text)
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})

    told = refusal(capfd, downloads)

    assert problem in told
    assert f"{downloads.course.root / 'students.csv'}, line " in told


@pytest.mark.parametrize("content", [b"\x81\x8d", None])
def test_unreadable_roster_is_refused(downloads: Downloads, content: bytes | None) -> None:
    """A file of no known encoding, or a folder in its place."""
    path = downloads.course.root / "students.csv"
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(Refusal, match=r"students.csv, line 1: can't be read .*; save it again as CSV"):
        roster.load(downloads.course)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_roster_is_read_as_spreadsheets_write_it(downloads: Downloads, encoding: str, delimiter: str) -> None:
    """Encoding, separator, order, case and number of columns are the spreadsheet's business."""
    text = "\r\nEmail,Group,Last_Name,ID,First_Name\r\n a@b.es ,1,Núñez, bea,Bea\r\n,,,,\r\n".replace(
        " bea", "bea"
    )
    path = downloads.course.root / "students.csv"
    path.write_bytes(text.replace(",", delimiter).encode(encoding))

    (student,) = roster.load(downloads.course)

    assert student == roster.Student("bea", "Bea", "Núñez", "a@b.es", "")
    assert student.full_name == "Bea Núñez"


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../x", "Europe", ""])
def test_unknown_time_zone_is_refused(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], zone: str
) -> None:
    """A misspelt zone would shift every deadline."""
    with downloads.course.config.open("a") as config:
        config.write(f"\nc.MoodleCollector.timezone = {zone!r}\n")
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})

    assert f"there is no time zone {zone!r}; set c.MoodleCollector.timezone" in refusal(capfd, downloads)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b'Identifier\n"', b"\x81", b""])
def test_table_that_is_no_worksheet_is_named_and_left(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    """Another csv beside the zip tells nothing and stops nothing."""
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})
    downloads.put("notes.csv", content)

    assert downloads.collect() == {"ana": b"ana"}
    told = capfd.readouterr().err
    assert "not read as Moodle's grading worksheet" in told and "notes.csv, line " in told


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"arrivals": 1}', b"[]"])
def test_broken_register_is_as_none(downloads: Downloads, content: bytes) -> None:
    """A register that can't be read tells nothing, and the next run writes it anew."""
    path = received.path(downloads.course, "mini")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert downloads.register == received.Register()
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})

    downloads.collect()

    assert [each.student for each in downloads.register.arrivals] == ["ana"]
    assert [each.name for each in path.parent.iterdir()] == ["mini.json"]


@pytest.mark.parametrize("time", ["yesterday", "2026-10-05T08:00:00", None])
def test_time_that_is_none_is_not_believed(time: str | None) -> None:
    """A time without zone, or no time at all, is unknown."""
    register = received.Register([received.Receipt("ana", "d", time)])

    assert received.times(register).get(("ana", "d")) is None


def test_register_that_can_not_be_written_is_refused(
    downloads: Downloads, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file where the register's folder must be ends the command with one line."""
    downloads.put("x.zip", {FOLDER.format(ANA, "a.ipynb"): b"ana"})
    downloads.course.state.mkdir()
    (downloads.course.state / "received").write_text("")

    assert "a file stands where a folder must be" in refusal(capfd, downloads)


def made(day: int, files: Mapping[str, bytes]) -> bytes:
    """A zip archive that was downloaded on this day of October 2026."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        for name, data in files.items():
            pack.writestr(zipfile.ZipInfo(name, (2026, 10, day, 10, 0, 0)), data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("own", "other", "sheet"),
    [
        ("a", "z", "Grades-a.csv"),
        ("Torch-Mini-55", "ZZZ", "Calificaciones-Torch-Mini-55.csv"),
        ("Mini-5", "z5", "Grades-Mini-5.csv"),
        ("Mini-55", "5", "Grades-Mini-55.csv"),  # which ends with the other's name
        ("x", "x copia", "grades_x.csv"),
        ("a", "z", "a.csv"),
        ("folder/a", "folder/z", "folder/Grades-a.csv"),
        ("Ma\u0301laga", "z", "Grades-M\u00e1laga.csv"),
    ],
)
def test_download_with_its_own_worksheet_wins(downloads: Downloads, own: str, other: str, sheet: str) -> None:
    """Of two downloads that no time tells apart, the worksheet's own one counts, whatever sorts last."""
    for name, mark in ((own, b"own"), (other, b"other")):
        downloads.put(f"{name}.zip", made(5, {FOLDER.format(ANA, "mini.ipynb"): mark}))
    downloads.put(sheet, english(("101", "Ana", "", "", "4 October 2026, 10:00 AM")))

    assert downloads.collect() == {"ana": b"own"}
    assert downloads.timestamp("ana") == "2026-10-04 08:00:00"
    (remark,) = downloads.register.remarks["ana"]
    assert remark == f"collected from {own}, whose worksheet is there, not from {other}"


def test_later_of_two_downloads_wins_where_no_worksheet_tells(downloads: Downloads) -> None:
    """A download's entries tell when it was made, whatever the names' order."""
    for name, day in (("mini-marzo", 5), ("mini-abril", 9)):
        downloads.put(f"{name}.zip", made(day, {FOLDER.format(ANA, "mini.ipynb"): b"%d" % day}))

    assert downloads.collect() == {"ana": b"9"}


def test_what_can_not_be_unpacked_is_its_students(downloads: Downloads) -> None:
    """A broken archive in Moodle's zip is named with its reason, as the student's of the roster."""
    broken = zipped({"mini.ipynb": b"x" * 5000})[:300]
    evil = zipped({"../../mini.ipynb": b""})
    downloads.put("x.zip", {FOLDER.format(ANA, "a.zip"): broken, FLAT.format(BEA, "b.zip"): evil})
    downloads.put(
        "y.zip", {FOLDER.format("Eva_9", "unpacked.failed"): b"lies", FOLDER.format("Leo_8", "l.zip"): evil}
    )

    assert downloads.collect() == {}
    problems, unmatched = downloads.register.problems, downloads.register.unmatched
    assert list(problems) == ["ana", "bea"]
    assert "can't be unpacked" in problems["ana"][0]
    assert "would be written elsewhere" in problems["bea"][0]
    assert list(unmatched) == ["Eva_9", "Leo_8"]


def test_broken_download_does_not_disappear(downloads: Downloads) -> None:
    """Half a download names itself, though no file came out of the folder."""
    downloads.put("x.zip", zipped({FOLDER.format(ANA, "mini.ipynb"): b"x" * 5000})[:300])

    assert downloads.collect() == {}
    assert "can't be unpacked" in downloads.register.unmatched["x.zip"]


def test_earlier_hand_in_of_a_run_before_stays_beside_a_broken_one(downloads: Downloads) -> None:
    """What was collected stands, and what came later is named as the student's."""
    downloads.put("x.zip", {FOLDER.format(ANA, "mini.ipynb"): b"ana"})
    downloads.collect()
    (downloads.archive / "x.zip").unlink()
    downloads.put("y.zip", {FOLDER.format(ANA, "mini.pdf"): b""})

    assert downloads.collect() == {"ana": b"ana"}
    assert downloads.register.problems == {"ana": ["no notebook, but mini.pdf: ask for mini.ipynb"]}


PATTERN = r".*/(?P<student_id>[a-zñ]+)_(?:LATE_)?\d+_\d+_(?P<file_id>[\w.-]+)\.[a-z]+"
BARE = r".*/(?P<student_id>[a-z]+)_\d+_\d+_(?P<file_id>mini)"
TIMED = r".*/(?P<student_id>[a-z]+)_(?P<timestamp>[^_]+)_(?P<file_id>\w+)"


def by_pattern(downloads: Downloads, pattern: str, *names: str) -> dict[str, bytes]:
    """Collect files of these names, each of which holds its name, by a `named_regexp`."""
    with downloads.course.config.open("a", encoding="utf-8") as config:
        config.write(f"\nc.FileNameCollectorPlugin.named_regexp = {pattern!r}\n")
    for name in names:
        downloads.put(name, name.encode())
    return downloads.collect()


@pytest.mark.parametrize("pattern", [PATTERN, BARE])
def test_newest_of_what_canvas_numbers_counts(downloads: Downloads, pattern: str) -> None:
    """`-1`, `-2` and `-10` are the same notebook handed in again; nobody else waits for it."""
    names = ["ana_1_11_mini.ipynb", "ana_1_12_mini-2.ipynb", "ana_1_9_mini-10.ipynb", "bea_2_13_mini.ipynb"]

    assert by_pattern(downloads, pattern, *names) == {
        "ana": b"ana_1_9_mini-10.ipynb",
        "bea": b"bea_2_13_mini.ipynb",
    }
    (remark,) = downloads.register.remarks["ana"]
    assert remark.startswith("collected from ana_1_9_mini-10.ipynb, the newest, not from ")


def test_notebook_beside_moodles_own_costs_nobody_else(downloads: Downloads) -> None:
    """Who is in Moodle's zip, and has a file beside it that the pattern knows, is collected once."""
    downloads.put("clase.zip", {FOLDER.format(ANA, "mini.ipynb"): b"moodle"})

    assert by_pattern(downloads, PATTERN, "ana_1_11_mini.ipynb", "bea_2_12_mini.ipynb") == {
        "ana": b"moodle",
        "bea": b"bea_2_12_mini.ipynb",
    }
    assert downloads.register.remarks["ana"] == ["also handed in: ana_1_11_mini.ipynb"]


def test_newest_by_the_time_of_a_pattern_counts(downloads: Downloads) -> None:
    """A time in the name wins over everything; one that is none costs nobody else anything."""
    names = ["ana_20261005T100000_mini.ipynb", "ana_20261004T100000_mini.ipynb", "bea_yesterday_mini.ipynb"]

    assert by_pattern(downloads, TIMED, *names) == {"ana": names[0].encode(), "bea": names[2].encode()}
    assert downloads.timestamp("ana") == "2026-10-05 10:00:00"
    assert downloads.timestamp("bea") is None


def test_odd_file_by_pattern_stops_nobody(downloads: Downloads) -> None:
    """What the pattern doesn't know, broken archives and other files are named; the others are collected."""
    names = ["ana_1_11_mini.ipynb", "???.ipynb", "bea_2_12_mini.pdf", "eva_3_13_mini.zip", "notes.txt"]
    downloads.put("leo_4_14_mini.zip", {"leo_4_14_mini.ipynb": b"leo"})

    assert by_pattern(downloads, PATTERN, *names) == {"ana": names[0].encode(), "leo": b"leo"}
    assert downloads.register.problems.keys() == {"bea", "eva"}
    assert "no notebook, but bea_2_12_mini.pdf" in downloads.register.problems["bea"][0]
    assert "neither zip, tar nor tar.gz" in downloads.register.problems["eva"][0]
    assert list(downloads.register.unmatched) == ["???.ipynb"]


@pytest.mark.parametrize(
    "pattern", [r".*/(?P<student_id>.*)_(?P<file_id>mini)", r"(?P<student_id>.*)(?P<file_id>)"]
)
def test_pattern_that_finds_no_usable_id_writes_nowhere_else(downloads: Downloads, pattern: str) -> None:
    """An id with a path in it, or none, is named."""
    assert by_pattern(downloads, pattern, "a/..b_mini.ipynb", " _mini.ipynb") == {}
    assert downloads.register.unmatched


@pytest.mark.parametrize(
    ("pattern", "told"), [("(?P<student_id>", "can't be used"), ("(.*)_mini", "student_id")]
)
def test_pattern_that_tells_nobody_is_refused(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], pattern: str, told: str
) -> None:
    """A pattern that is none, or finds no student, ends the command with one line."""
    with downloads.course.config.open("a", encoding="utf-8") as config:
        config.write(f"\nc.FileNameCollectorPlugin.named_regexp = {pattern!r}\n")
    downloads.put("ana_mini.ipynb", b"")

    assert told in refusal(capfd, downloads)
