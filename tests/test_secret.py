"""The secret of a course decides the inputs of hidden cells, and never enters a sandbox."""

from __future__ import annotations

import base64
import hashlib
import pickle
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import mini, shipped
from tests.attacks.arena import descendants
from tests.rebuilding import JobMaker
from torchaula.authoring import judging, sample_class
from torchaula.checks.seeds import derive
from torchaula.checks.session import COURSE_SEED
from torchaula.course import notebook as notebooks
from torchaula.course.layout import Course
from torchaula.course.markers import USUAL, Markers
from torchaula.course.notebook import Cell, Notebook
from torchaula.grading.trusted import confinement, engine, sandbox
from torchaula.grading.trusted.client import Client
from torchaula.grading.trusted.engine import Engine
from torchaula.grading.trusted.jobs import Mistake
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.sandbox import Sandbox
from torchaula.grading.trusted.seeds import Seeds
from torchaula.grading.wire.orders import RunCell as Step

A, B = "5a" * 31 + "01", "5a" * 31 + "02"
SETUP = """import torch
from torchaula.checks import begin, graded
begin("tiny")
shift = torch.rand(2)
"""
PUBLIC = """student = graded("double-publico", names="double")
student.double(shift, torch.rand(2)).equals(0)
"""
HIDDEN = """# Pruebas ocultas
### {}
student = graded("double-valores")
student.double(shift, torch.rand(2)).equals(0)
### {}
"""
OWN = "print(torch.rand(2), shift)"
DRAWS = "def double(x, y):\n    return torch.rand(2)\n"


def tiny(markers: Markers = USUAL) -> Notebook:
    """A notebook whose tests draw what they ask, and always fail, so that evidence stays of them."""
    hidden = HIDDEN.format(*markers.hidden)
    return Notebook(
        "tiny",
        (
            Cell("preparacion", "setup", SETUP),
            Cell("double-enunciado", "markdown", "## double"),
            Cell("own", "free", OWN),
            Cell("double", "solution", DRAWS, is_solution=True),
            Cell("double-publico", "graded", PUBLIC, 1, markers=markers),
            Cell("double-valores", "graded", hidden, 1, markers=markers),
        ),
    )


def judged(source: Notebook, secret: str) -> Judged:
    """What becomes of an answer that draws what it returns."""
    seeds = Seeds(COURSE_SEED, secret)
    return Engine(source, judging.own_sandbox(), seeds).grade(source.answered({"double": DRAWS}))


def asked(found: Judged, cell: str) -> list[tuple[bytes, bytes]]:
    """What a cell asked, as a digest, and what the answer drew."""
    return [(reply.request, reply.data) for reply in found.evidence[cell].replies]


@pytest.mark.parametrize("markers", [USUAL, Markers(hidden=("EMPIEZA OCULTO", "TERMINA OCULTO"))])
def test_secret_decides_both_streams_of_hidden_cells_and_nothing_else(markers: Markers) -> None:
    """Public tests, the set-up and learners' own cells meet the same in the judge as at home."""
    source = tiny(markers)
    plain, first, second, again = (judged(source, secret) for secret in ("", A, B, A))

    hidden = [asked(each, "double-valores")[0] for each in (plain, first, second)]
    assert len({request for request, _ in hidden}) == 3
    assert len({drawn for _, drawn in hidden}) == 3
    assert asked(first, "double-valores") == asked(again, "double-valores")
    assert asked(plain, "double-publico") == asked(first, "double-publico") == asked(second, "double-publico")
    assert plain.outputs["own"] and plain.outputs == first.outputs == second.outputs


def test_answers_that_share_a_process_meet_the_same_hidden_inputs_as_each_alone() -> None:
    """What known answers do is found out with the inputs that learners' answers met."""
    source = tiny()
    [together] = Engine(source, judging.own_sandbox(), Seeds(COURSE_SEED, A)).grade_each("double", [DRAWS])

    assert together.evidence == judged(source, A).evidence


def test_seeds_show_and_send_no_secret() -> None:
    """A slip that would print the secret, or put it into a message, does not work."""
    seeds = Seeds(COURSE_SEED, A)

    assert A not in repr(seeds) and A not in str(vars(type(seeds)))
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(seeds)
    with pytest.raises(TypeError):
        pickle.dumps(seeds)


class Recorded(socket.socket):
    """A socket that writes down what is sent, also in forks of this process."""

    log: Path

    def _note(self, content: bytes) -> None:
        with self.log.open("ab", buffering=0) as file:
            file.write(content)

    def sendall(self, content: Any, *flags: int) -> None:
        self._note(bytes(content))
        super().sendall(content, *flags)

    def send(self, content: Any, *flags: int) -> int:
        self._note(bytes(content))
        return super().send(content, *flags)

    def sendmsg(self, buffers: Any, *rest: Any) -> int:
        self._note(b"".join(map(bytes, buffers)))
        return super().sendmsg(buffers, *rest)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """Everything that trusted processes have sent into sandboxes since the test began."""
    Recorded.log = tmp_path / "sent"

    def pair() -> tuple[socket.socket, socket.socket]:
        near, far = socket.socketpair()
        return Recorded(fileno=near.detach()), far

    monkeypatch.setattr(sandbox, "socketpair", pair)
    return lambda: Recorded.log.read_bytes()


@pytest.fixture
def confined() -> confinement.Confinement:
    """The real sandbox; none where a machine has none."""
    return confinement.Confinement("") if mini.without_sandbox() else confinement.find()


def seed_texts(seed: int) -> Iterator[bytes]:
    """A seed as a message of ours would hold it, or a text."""
    yield msgspec.msgpack.encode(seed)
    yield str(seed).encode()
    yield f"{seed:08x}".encode()


def secret_texts(secret: str) -> Iterator[bytes]:
    """The secret as a message or a text might hold it, or half of it."""
    raw = bytes.fromhex(secret)
    for part in (raw[:16], raw[16:]):
        yield from (part, part.hex().encode(), part.hex().upper().encode())
    yield base64.b64encode(raw)[:20]
    yield base64.b64encode(raw)[-20:]


SECRET = hashlib.sha256(b"a course's own").hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("assignment", Course(shipped.ROOT).assignments)
def test_no_byte_sent_into_the_sandbox_tells_the_secret(
    assignment: str, confined: confinement.Confinement, recorded: Callable[[], bytes]
) -> None:
    """While a whole assignment is graded only the answers' own seeds of hidden cells go in."""
    course = Course(shipped.ROOT)
    source = notebooks.load(course.notebook(assignment))
    model = {name: exercise.solution.answer for name, exercise in source.exercises.items()}
    engine.prepare(source)
    setup = [Step(cell.id, cell.source, is_setup=True) for cell in source.setup]
    with closing(Sandbox(confined, setup)) as held:
        found = Engine(source, held, Seeds(COURSE_SEED, SECRET)).grade(source.answered(model))
        sent = recorded()

    assert all(verdict.passed for verdict in found.verdicts.values()), found.verdicts
    hidden = [cell.id for cell in source.cells if cell.kind == "graded" and cell.is_hidden]
    public = [cell.id for cell in source.cells if cell.kind == "graded" and not cell.is_hidden]
    assert len(hidden) >= 8 and len(public) == len(source.exercises)
    for cell in hidden:  # so the recording holds what is sent
        assert msgspec.msgpack.encode(derive(SECRET, cell, "answer")) in sent
        assert msgspec.msgpack.encode(derive(COURSE_SEED, cell, "answer")) not in sent
        assert not any(text in sent for text in seed_texts(derive(SECRET, cell, "test"))), cell
    for cell in public:
        assert msgspec.msgpack.encode(derive(COURSE_SEED, cell, "answer")) in sent
    assert not any(text in sent for text in secret_texts(SECRET))


def draws(course: Course) -> str:
    """The mini course, with hidden tests that draw what they ask."""
    text = course.notebook("mini").read_text(encoding="utf-8")
    drawn = text.replace("torch.tensor([3.0, 5.0, 7.0])", "torch.rand(2)")
    assert text != drawn
    return drawn


@pytest.mark.slow
def test_worker_takes_the_secret_of_each_job_and_shows_it_nowhere(course: Course, tmp_path: Path) -> None:
    """A course's secret is not used for the next one, and stands in no environment and no arguments."""
    text, client = draws(course), Client(kept=tmp_path / "kept")
    material = sample_class.material(course, "mini")
    wrong = dict.fromkeys(material.exercises, "def double(x):\n    return 0 * x\n\nadd_one = double\n")
    submitted = sample_class.handed_in(material, wrong).encode()
    square = "def double(x):\n    return x**2 + 7\n"
    known = {"double": [Mistake("es el cuadrado", square, ("publico", "valores"))]}
    is_confined = not mini.without_sandbox()
    try:
        told = [
            client.grade(
                JobMaker("mini", text, mistakes=known, is_confined=is_confined, secret=secret).job(submitted)
            ).verdicts
            for secret in ("", A, B, A)
        ]
        assert client._process is not None
        seen = [
            Path(f"/proc/{process}/{name}").read_bytes()
            for process in (client._process.pid, *descendants(client._process.pid))
            for name in ("cmdline", "environ")
        ]
    finally:
        client.close()

    messages = [verdicts["double-valores"].message for verdicts in told]
    assert len(set(messages)) == 3 and messages[1] == messages[3]
    assert len({verdicts["double-publico"].message for verdicts in told}) == 1
    kept = [path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert len(kept) >= 2
    for content in (*seen, *kept):
        assert not any(text in content for secret in (A, B) for text in secret_texts(secret))


def test_cell_without_hidden_tests_has_no_secret_inputs() -> None:
    """It is the marker that tells, not the name of a cell: learners have all of such a cell at home."""
    source = tiny()
    cells = tuple(
        replace(c, source=c.source.replace("###", "#=").replace("HIDDEN", "")) for c in source.cells
    )
    open_ = replace(source, cells=cells)

    assert asked(judged(open_, A), "double-valores") == asked(judged(open_, ""), "double-valores")
