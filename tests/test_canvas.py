"""What Canvas' submissions zip holds: each notebook as its student's, or named, and never another's."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests import canvases, programs
from tests.canvases import Course, Submission, User, entry, packed
from tests.test_moodle import FOLDER, Downloads, notebook, zipped
from torchaula.classroom.intake.canvas.entries import readings

ANA = User(7001, "García López, Ana", "ana", "A-1")
BEA = User(7002, "Núñez, Bea", "bea@uni.es", "B-2")
LEO = User(7003, "Ñu-Peña, Íñigo", "leo")
STUDENTS = """id,first_name,last_name,email,lms_user_id
ana,Ana,García López,ana@uni.es,7001
bea,Bea,Núñez,bea@uni.es,
leo,Íñigo,Ñu-Peña,,
"""


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Downloads:
    """A course with students, and nothing downloaded."""
    return Downloads.none(tmp_path, monkeypatch, STUDENTS)


def handed_in(
    user: User, attachment: int, content: bytes, file: str = "mini.ipynb", **more: object
) -> Submission:
    """What a user handed in: one file."""
    return Submission(user, {attachment: (file, content)}, **more)  # type: ignore[arg-type]


def told(downloads: Downloads) -> str:
    """All that the last run says of somebody."""
    register = downloads.register
    some = [*register.problems.items(), *register.remarks.items()]
    return "\n".join(
        f"{who}: {'; '.join(what)}"
        for who, what in [*some, *((k, [v]) for k, v in register.unmatched.items())]
    )


def test_command_collects_a_class_from_canvas(downloads: Downloads) -> None:
    """The real command on zip and gradebook: by id, login and name; Canvas' LATE is told, not guessed."""
    downloads.put(
        "submissions.zip",
        packed(
            handed_in(ANA, 901, b"ana", "mlp (1).ipynb", is_late=True),
            handed_in(BEA, 902, b"bea"),
            handed_in(LEO, 903, b"leo"),
        ),
    )
    downloads.put("2026-11-29T1012_Grades-TORCH_101.csv", Course([ANA, BEA, LEO]).gradebook())

    done = programs.run("nbgrader", "zip_collect", "mini", "--force", cwd=downloads.course.root)

    assert done.returncode == 0, done.stderr
    assert downloads.handed_in == {"ana": b"ana", "bea": b"bea", "leo": b"leo"}
    assert all(downloads.timestamp(student) is None for student in ("ana", "bea", "leo"))
    assert list(downloads.register.remarks) == ["ana"]
    assert "late, says Canvas" in done.stdout
    assert "ERROR" not in done.stderr


@pytest.mark.parametrize(
    ("user", "students"),
    [
        (ANA, "id,first_name,lms_user_id\nana,Otro Nombre,7001\n"),
        (ANA, "id,first_name\nana,Otro Nombre\n"),
        (BEA, "id,first_name,email\nana,Otro Nombre,BEA@uni.es\n"),
        (User(7001, "X, Y", "", "ana"), "id,first_name\nana,Otro Nombre\n"),
        (ANA, "id,first_name,last_name\nana,Ana,Garcia Lopez\n"),
        (LEO, "id,first_name,last_name\nana,Inigo,Nu Pena\n"),
    ],
)
def test_student_is_found(downloads: Downloads, user: User, students: str) -> None:
    """By Canvas' id as lms_user_id, by SIS id or login as id or e-mail address, else by name."""
    downloads.students(students)
    downloads.put("submissions.zip", packed(handed_in(user, 901, b"x")))
    downloads.put("g.csv", Course([user]).gradebook())

    assert downloads.collect() == {"ana": b"x"}


def test_names_are_enough_without_the_gradebook(downloads: Downloads) -> None:
    """Canvas writes names without blanks and commas: who is called so is found, accents or not."""
    downloads.put("submissions.zip", packed(handed_in(ANA, 901, b"ana"), handed_in(LEO, 903, b"leo")))

    assert downloads.collect() == {"ana": b"ana", "leo": b"leo"}


def test_name_of_a_student_with_another_id_is_nobody(downloads: Downloads) -> None:
    """Who took Ana's name for a day is not Ana, whose id the roster has."""
    downloads.put("submissions.zip", packed(handed_in(User(66, "García López, Ana"), 901, b"x")))

    assert downloads.collect() == {}
    assert "this id as lms_user_id" in told(downloads)


def test_id_and_login_of_two_students_are_refused(downloads: Downloads) -> None:
    """Where the roster contradicts itself, nobody is guessed."""
    downloads.put("submissions.zip", packed(handed_in(User(7001, "García López, Ana", "bea"), 901, b"x")))
    downloads.put("g.csv", Course([User(7001, "García López, Ana", "bea")]).gradebook())

    assert downloads.collect() == {}
    assert {"ana", "bea"} == downloads.register.problems.keys()


def test_newest_attachment_wins(downloads: Downloads) -> None:
    """Several files of one, a resubmission that Canvas numbers, another day's download, in any order."""
    files = {905: ("mini-1.ipynb", b"second"), 901: ("mini.ipynb", b"first"), 906: ("notas.ipynb", b"other")}
    downloads.put("a.zip", packed(Submission(ANA, files), handed_in(BEA, 920, b"new", "mini-2.ipynb")))
    downloads.put("z.zip", packed(handed_in(BEA, 910, b"old")))

    assert downloads.collect() == {"ana": b"second", "bea": b"new"}
    assert downloads.register.remarks == {"ana": ["also handed in: mini.ipynb, notas.ipynb"]}


def test_group_is_its_representative_s(downloads: Downloads) -> None:
    """The name is the group's, the id a member's: that one is collected, and the group is told."""
    downloads.put("submissions.zip", packed(handed_in(ANA, 901, b"x", group="Grupo 3")))
    downloads.put("g.csv", Course([ANA, BEA]).gradebook())

    assert downloads.collect() == {"ana": b"x"}
    assert "grupo3: a group" in told(downloads)


def test_texts_and_addresses_are_passed_over(downloads: Downloads) -> None:
    """What was written on the page has no attachment, and is nobody's fault."""
    files = {
        canvases.sanitized(ANA.name, 7001) + "_text.html": b"",
        canvases.sanitized(BEA.name, 7002) + "_link.html": b"",
    }
    downloads.put("submissions.zip", files | canvases.download(handed_in(LEO, 903, b"leo")))

    assert downloads.collect() == {"leo": b"leo"}
    assert not told(downloads)


@pytest.mark.parametrize("late", ["", "LATE_"])
def test_anonymous_grading_hides_who_it_is(downloads: Downloads, late: str) -> None:
    """Nobody is told from a random id, whatever the file is called."""
    downloads.put(
        "submissions.zip",
        {f"{late}anon_aB3dE_901_mini.ipynb": b"", f"{late}anon_xy99z_902_garcialopezana.ipynb": b""},
    )

    assert downloads.collect() == {}
    assert len(downloads.register.unmatched) == 2
    assert set(downloads.register.unmatched.values()) == {downloads.register.unmatched["anon_aB3dE"]}
    assert "anonymous grading" in told(downloads)


def test_learner_s_zip_is_looked_into(downloads: Downloads) -> None:
    """What it holds is its learner's, whatever its names; one that can't be unpacked costs nobody else."""
    inner = zipped({"mini.ipynb": b"ana", "sub/" + entry(BEA.name, 7002, 999, "x.txt"): b"imitation"})
    other = zipped({entry(ANA.name, 7001, 999, "mini.ipynb"): b"imitation"})
    evil = zipped({"../../mini.ipynb": b""})
    downloads.put(
        "submissions.zip",
        packed(
            handed_in(ANA, 901, inner, "entrega.zip"),
            handed_in(LEO, 902, other, "entrega.zip"),
            handed_in(BEA, 903, evil, "evil.zip"),
        ),
    )

    assert downloads.collect() == {"ana": b"ana", "leo": b"imitation"}
    assert list(downloads.register.problems) == ["bea"]
    assert "would be written elsewhere" in told(downloads)


def test_unpacked_zip_of_a_learner_is_the_learner_s(downloads: Downloads) -> None:
    """The same where a teacher unpacked Canvas' zip: the learner's archive is no download."""
    downloads.put(
        entry(LEO.name, 7003, 902, "x.zip"), zipped({entry(ANA.name, 7001, 999, "mini.ipynb"): b"leo's"})
    )
    downloads.put(entry(BEA.name, 7002, 903, "mini.ipynb"), b"bea")

    assert downloads.collect() == {"bea": b"bea", "leo": b"leo's"}


# How somebody with the id 66 may take the place of Ana (7001), by display name and by the file's name.
IMITATIONS = {
    "the name ends with another's id": ("García López, Ana_7001 _5", "mini.ipynb"),
    "a whole entry as the name": ("García López, Ana_7001 _990 _x", "mini.ipynb"),
    "the id alone": ("x_7001 _5", "mini.ipynb"),
    "late in it": ("García López, Ana_LATE_7001 _990", "mini.ipynb"),
    "letters that Python doesn't know": ("García López, Ana_7001 _990 _\U00010d50", "mini.ipynb"),
    "the file's name too": ("García López, Ana_7001 _990", "7001_991_mini.ipynb"),
}


@pytest.mark.parametrize("with_table", [True, False], ids=["with the gradebook", "without"])
@pytest.mark.parametrize("kind", IMITATIONS)
def test_nobody_can_hand_in_as_another(downloads: Downloads, kind: str, with_table: bool) -> None:
    """What can be read in two ways is nobody's, and named; the other's own file is collected."""
    name, file = IMITATIONS[kind]
    attacker = User(66, name, "mal")
    downloads.students(STUDENTS + "mal,Mal,O,,66\n")
    downloads.put(
        "submissions.zip", packed(handed_in(attacker, 99_999, b"evil", file), handed_in(ANA, 901, b"ana"))
    )
    if with_table:
        downloads.put("g.csv", Course([ANA, BEA, attacker]).gradebook())

    assert downloads.collect() == {"ana": b"ana"}
    assert "numbers between underscores" in told(downloads)


@pytest.mark.parametrize("kind", IMITATIONS)
def test_nobody_can_imitate_with_a_name_that_was_changed_back(downloads: Downloads, kind: str) -> None:
    """The zip has the name of that hour, the gradebook the ordinary one."""
    name, file = IMITATIONS[kind]
    downloads.students(STUDENTS + "mal,Mal,O,,66\n")
    downloads.put("submissions.zip", packed(handed_in(User(66, name), 99_999, b"evil", file)))
    downloads.put("g.csv", Course([ANA, BEA, User(66, "O, Mal")]).gradebook())

    assert "evil" not in map(bytes.decode, downloads.collect().values())
    assert "numbers between underscores" in told(downloads)


def test_numbers_in_an_honest_file_s_name_cost_nothing(downloads: Downloads) -> None:
    """With the gradebook, which has no such users; without it the teacher reads to put it there."""
    downloads.put("submissions.zip", packed(handed_in(ANA, 901, b"ana", "2026_11_29_mini.ipynb")))

    assert downloads.collect() == {}
    assert "put Canvas' gradebook CSV beside the zip" in told(downloads)

    downloads.put("g.csv", Course([ANA, BEA]).gradebook())
    assert downloads.collect() == {"ana": b"ana"}


@pytest.mark.parametrize(
    "entry",
    [
        "ana_7001_901_mini.ipynb",
        "ana_LATE_7001_901_mini.ipynb",
        "anon_ab1cd_901_mini.ipynb",
        "ana_7001_text.html",
    ],
)
def test_ordinary_name_is_read_in_one_way(entry: str) -> None:
    """Only numbers in names make them doubtful."""
    assert len(list(readings(entry))) == 1


@pytest.mark.parametrize(
    "entry",
    [
        "7001_901_mini.ipynb",
        "ana_7001_mini.ipynb",
        "ana_७००१_९०१_mini.ipynb",
        "Ana_7001_901_x",
        "a b_7001_901_x",
        "ana_7001_901_",
    ],
)
def test_what_canvas_never_writes_is_none_of_it(entry: str) -> None:
    """No name, no attachment, other digits, capitals, blanks, no file."""
    assert not list(readings(entry))


def test_name_that_looks_like_moodle_s_is_canvas_s(downloads: Downloads) -> None:
    """A download is one platform's: one entry can't pass for another's."""
    attacker = User(66, "bea_102_assignsubmission_file", "mal")
    downloads.put("submissions.zip", packed(handed_in(attacker, 99_999, b"evil")))
    assert downloads.collect() == {}

    downloads.put(
        "submissions.zip", packed(handed_in(attacker, 99_999, b"evil"), handed_in(ANA, 901, b"ana"))
    )
    assert downloads.collect() == {"ana": b"ana"}


def test_file_that_looks_like_canvas_s_is_moodle_s(downloads: Downloads) -> None:
    """The same the other way round."""
    downloads.put("x.zip", {FOLDER.format("Bea Núñez_102", entry(ANA.name, 7001, 1, "mini.ipynb")): b"bea"})

    assert downloads.collect() == {"bea": b"bea"}


def test_two_users_of_one_name_are_not_guessed(downloads: Downloads) -> None:
    """Without the gradebook neither is Leo; with it the login tells."""
    namesake = User(88, LEO.name, "leo2")
    downloads.put("submissions.zip", packed(handed_in(LEO, 901, b"leo"), handed_in(namesake, 902, b"other")))

    assert downloads.collect() == {}
    assert "all look like the student leo: put Canvas' gradebook CSV" in told(downloads)

    downloads.put("g.csv", Course([LEO, namesake]).gradebook())
    assert downloads.collect() == {"leo": b"leo"}


def test_without_a_roster_ids_are_made_from_the_gradebook_s_names(downloads: Downloads) -> None:
    """The names in the zip have no blanks."""
    (downloads.course.root / "students.csv").unlink()
    downloads.put("submissions.zip", packed(handed_in(ANA, 901, b""), handed_in(LEO, 902, b"")))
    downloads.put("g.csv", Course([ANA, LEO]).gradebook())

    assert set(downloads.collect()) == {"garcia-lopez-ana", "nu-pena-inigo"}


def test_what_a_learner_says_of_people_never_counts(downloads: Downloads) -> None:
    """A gradebook among a learner's files tells nothing."""
    lies = Course([User(7002, "García López, Ana", "ana")]).gradebook()
    downloads.put(
        "submissions.zip", packed(Submission(BEA, {901: ("mini.ipynb", b"bea"), 902: ("g.csv", lies)}))
    )
    downloads.put(entry(BEA.name, 7002, 903, "g.csv"), lies)

    assert downloads.collect() == {"bea": b"bea"}


METADATA = """submission_11:
  :submitters:
  - :name: Ana García López
    :sid: A-1
    :email: ana@uni.es
  :created_at: 2026-10-05 10:00:00.123456000 +02:00
  :score: !ruby/object:BigDecimal 27:0.1e1
submission_12:
  :submitters:
  - :name: Bea Núñez
  - :name: Otra
submission_13:
  :submitters:
  - :name: Bea Núñez
    :email: bea@uni.es
"""


def test_gradescope_s_export_is_read(downloads: Downloads) -> None:
    """Its list says whose each folder is and when it came; a group is named."""
    root = "assignment_5_export"
    files = {f"{root}/submission_{n}/mini.ipynb": b"%d" % n for n in (11, 12, 13, 14)}
    files[f"{root}/submission_13/submission_metadata.yml"] = METADATA.replace("13", "11").encode()
    downloads.put("x.zip", files | {f"{root}/submission_metadata.yml": METADATA.encode()})

    assert downloads.collect() == {"ana": b"11", "bea": b"13"}
    assert downloads.timestamp("ana") == "2026-10-05 08:00:00"
    assert list(downloads.register.unmatched) == ["submission_12", "submission_14"]
    assert "a group" in told(downloads)


@pytest.mark.parametrize(
    "text",
    ["[", "- 1", "submission_11: 5", "submission_11: {':submitters': 5}", "&a [*a]", "\0", "a: " * 999],
)
def test_broken_list_of_gradescope_is_named(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    """Nobody is collected, and the file is named."""
    downloads.put("x.zip", {"e/submission_11/mini.ipynb": b"", "e/submission_metadata.yml": text.encode()})

    assert downloads.collect() == {}
    assert "submission_metadata.yml" in capfd.readouterr().err


@pytest.mark.parametrize("word", ["attempt", "intento", "Versuch"])
def test_blackboard_s_download_is_read(downloads: Downloads, word: str) -> None:
    """The newest attempt of each counts, whatever a file is called after it."""
    downloads.put(
        "gradebook_TORCH_mini_2026-10-06-09-00-00.zip",
        {
            f"Mi mini_1_ana_{word}_2026-10-05-10-00-00_mini.ipynb": b"old",
            f"Mi mini_1_ana_{word}_2026-10-05-11-00-00_mlp.ipynb": b"new",
            f"Mi mini_1_ana_{word}_2026-10-05-11-00-00.txt": b"Name: Bea (bea)",
            f"Mi mini_1_leo_{word}_2026-10-05-10-00-00_bea_{word}_2026-11-05-10-00-00_mini.ipynb": b"leo",
            f"Mi mini_1_nadie_{word}_2026-10-05-10-00-00_mini.ipynb": b"",
        },
    )

    assert downloads.collect() == {"ana": b"new", "leo": b"leo"}
    assert downloads.timestamp("ana") == "2026-10-05 09:00:00"
    assert list(downloads.register.unmatched) == ["Mi mini_1_nadie"]
    assert "user name" in told(downloads)


def test_zip_of_nobody_s_is_named(downloads: Downloads) -> None:
    """A zip of no known platform does not disappear."""
    downloads.put("x.zip", {"entregas/ana.ipynb": notebook("ana")})

    assert downloads.collect() == {}
    assert "Canvas, Gradescope or Blackboard" in told(downloads)


@pytest.mark.parametrize(
    "damage",
    [b"Student,ID\n", b'Student,ID,Section,"x\n', "Student,ID,SIS Login ID,Section\nñ".encode("cp1252")],
)
def test_broken_gradebook_is_named_and_left(
    downloads: Downloads, capfd: pytest.CaptureFixture[str], damage: bytes
) -> None:
    """It tells nothing, and stops nothing."""
    downloads.put("submissions.zip", packed(handed_in(ANA, 901, b"ana")))
    downloads.put("g.csv", damage)

    assert downloads.collect() == {"ana": b"ana"}
    assert "g.csv" in capfd.readouterr().err


def test_hostile_entries_cost_their_learner_only(downloads: Downloads) -> None:
    """Links, paths that lead away, and a bomb beside an ordinary file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(entry(ANA.name, 7001, 901, "mini.ipynb"), b"ana")
        link = zipfile.ZipInfo(entry(BEA.name, 7002, 902, "mini.ipynb"))
        link.external_attr = 0o120777 << 16
        pack.writestr(link, "/etc/passwd")
        pack.writestr("../" + entry(LEO.name, 7003, 903, "mini.ipynb"), b"leo")
        pack.writestr("../../evil.ipynb", b"")
    downloads.put("submissions.zip", made.getvalue())

    assert downloads.collect() == {"ana": b"ana"}
    assert {"bea", "leo"} == downloads.register.problems.keys()
    assert not list(downloads.course.root.rglob("evil.ipynb"))
