"""What a student process and the nursery may say, and what becomes of a submission before and after."""

from __future__ import annotations

import socket
import struct
import time
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rebuilding import rebuild
from tests.workshop import Book, instructor
from torchaula.course import notebook
from torchaula.course.rebuilding.rebuild import OWN, grade_id, is_solution
from torchaula.course.rebuilding.submitted import SubmittedCell, read
from torchaula.grading.trusted import outputs
from torchaula.grading.trusted.budget import Budget
from torchaula.grading.trusted.judged import Judged
from torchaula.grading.trusted.lives import Lives
from torchaula.grading.trusted.sandbox import SandboxDied, StudentProcess
from torchaula.grading.trusted.verdict import Lost
from torchaula.grading.wire import frames, orders
from torchaula.grading.wire.limits import Limits
from torchaula.grading.wire.orders import Began, Leave, Lived, Raised, Ran, RunCell, Shown, Text

# Frames


def frame(header: bytes, body: bytes = b"") -> bytes:
    """A well-framed message with any content."""
    return frames.LENGTHS.pack(len(header) + len(body), len(header)) + header + body


def receive(content: bytes, messages: Any) -> Any:
    """The message in these bytes, sent by a peer that then hangs up."""
    near, far = socket.socketpair()
    with near, far:
        near.sendall(content)
        near.shutdown(socket.SHUT_WR)
        return frames.Channel(far, messages).receive(5.0)[0]


KINDS = pytest.mark.parametrize("messages", [orders.FromStudent, orders.FromNursery], ids=["life", "nursery"])
# What msgpack can hold, in the shape of messages as often as not.
PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.binary()
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ("cell", "outputs", "timed_out", "not_run", "cpu_seconds", "killed_for", "name", "text", "png")
SHAPED = st.builds(
    lambda tag, fields: {"type": tag} | fields,
    st.sampled_from(["began", "ran", "lived", "ready", "text", "shown", "raised"]) | st.text(max_size=5),
    st.dictionaries(st.sampled_from(FIELDS), PLAIN, max_size=4),
)


@KINDS
@settings(deadline=None, max_examples=150)
@given(content=st.binary(max_size=200), framed=st.booleans())
@example(content=b"\xdd\xff\xff\xff\xff", framed=True)  # arrays, maps, texts of four thousand million items
@example(content=b"\xdf\xff\xff\xff\xff", framed=True)
@example(content=b"\xdb\xff\xff\xff\xff", framed=True)
@example(content=b"\x91" * 100_000, framed=True)  # nested
@example(content=b"\x81\xa4type\xa5began", framed=True)
@example(content=b"\x00" * 12, framed=False)
def test_garbage_from_inside_is_refused_by_name(messages: Any, content: bytes, framed: bool) -> None:
    """Random bytes end in `WireError`, never in another exception or a hang."""
    with pytest.raises(frames.WireError):
        receive(frame(content) if framed else content, messages)


@KINDS
@settings(deadline=None, max_examples=150)
@given(message=SHAPED | PLAIN, body=st.binary(max_size=20))
def test_messages_are_of_a_declared_type_or_refused(messages: Any, message: Any, body: bytes) -> None:
    """Whatever msgpack can say is a message of the protocol, or `WireError`."""
    try:
        told = receive(frame(msgspec.msgpack.encode(message), body), messages)
    except frames.WireError:
        return

    assert isinstance(told, messages)


@settings(deadline=None, max_examples=150)
@given(choice=st.data())
def test_damaged_messages_are_refused_or_messages(choice: st.DataObject) -> None:
    """A flipped byte or a cut in a student's frame gives a message or `WireError`, nothing else."""
    told = Ran("own-0", [Text("stdout", "ñ"), Shown("x", outputs.PNG), Raised("E", "m", "t")], True)
    content = bytearray(frame(msgspec.msgpack.encode(told)))
    content[choice.draw(st.integers(12, len(content) - 1))] = choice.draw(st.integers(0, 255))
    end = choice.draw(st.integers(0, len(content)) | st.just(len(content)))

    try:
        receive(bytes(content[:end]), orders.FromStudent)
    except frames.WireError:
        return

    assert end == len(content)


# A student process that says anything

STEPS = [RunCell("preparacion", "", True), RunCell("own-0", ""), Leave("double"), RunCell("double", "")]
NAMES = st.sampled_from(["preparacion", "own-0", "double", "add-one", "", "double-valores"])
OUTPUTS = st.lists(
    st.one_of(
        st.builds(Text, st.sampled_from(["stdout", "stderr", "x"]), st.text()),
        st.builds(Shown, st.text(), st.binary() | st.binary().map(lambda tail: outputs.PNG + tail)),
        st.builds(Raised, st.text(), st.text(), st.text()),
    ),
    max_size=4,
)
SAID = st.one_of(
    st.builds(Began, NAMES),
    st.builds(Ran, NAMES, OUTPUTS, st.booleans()),
    st.builds(Lived),
    st.binary(max_size=30),
)


@settings(deadline=None, max_examples=150)
@given(said=st.lists(SAID, max_size=12), hangs_up=st.booleans(), is_first=st.booleans())
@example(said=[Ran("", [], True)], hangs_up=True, is_first=True)
@example(said=[Ran("own-0", [Text("stdout", "x")])], hangs_up=True, is_first=True)
@example(said=[Began("own-0"), Ran("double", [Text("stdout", "x")], True)], hangs_up=True, is_first=True)
@example(said=[Began("double")] * 12, hangs_up=False, is_first=True)
def test_student_process_tells_of_its_own_cells_only(said: list[Any], hangs_up: bool, is_first: bool) -> None:
    """Whatever it says, in whatever order, listening ends in time and concerns its own cells."""
    is_waited_for = (
        not hangs_up and Lived() not in said
    )  # then time ends it, and else never, however slow we are
    seconds = 0.004 if is_waited_for else 4.0
    confinement = SimpleNamespace(limits=Limits(cell_seconds=seconds, cells_seconds=5 * seconds))
    sandbox: Any = SimpleNamespace(confinement=confinement, killed_for=lambda: orders.KilledFor.NOTHING)
    judged = Judged()
    near, far = socket.socketpair()
    cells = {step.id for step in STEPS if isinstance(step, RunCell)}
    begun = time.monotonic()
    with near, far:
        for each in said:
            near.sendall(each if isinstance(each, bytes) else frame(msgspec.msgpack.encode(each)))
        if hangs_up:
            near.shutdown(socket.SHUT_WR)
        lives = Lives(sandbox, STEPS, 1, judged, Budget.unlimited())
        student = StudentProcess(frames.Channel(far, orders.FromStudent), {})
        try:
            cell, how = lives._follow(student, is_first)
        except SandboxDied:
            cell, how = "", Lost.DIED
        else:
            assert (cell, how) == ("", None) or (cell in cells and how in (Lost.DIED, Lost.TIMED_OUT))

    assert time.monotonic() - begun < 5.0
    assert judged.outputs.keys() | judged.lost.keys() <= cells
    assert is_first or not judged.outputs
    assert how is None or not said or said[0] != Lived()


# What cells gave out


def kept_of(given_out: dict[str, list[orders.Output]], limits: Limits) -> dict[str, list[orders.Output]]:
    """What is kept of these outputs, which come one cell after the other."""
    cells: dict[str, list[orders.Output]] = {}
    keeper = outputs.Kept(cells, limits)
    for cell, items in given_out.items():
        keeper.keep(cell, items)
    return cells


def png(width: int, height: int, extra: bytes = b"", length: int = 0) -> bytes:
    """A file that says that it is a picture of this size."""
    chunks = [(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", bytes(length))]
    made = b"".join(struct.pack("!I", len(data)) + name + data + bytes(4) for name, data in chunks)
    return outputs.PNG + made + extra + struct.pack("!I", 0) + b"IEND" + bytes(4)


LIMITS = Limits(text=40, image=30)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.text(max_size=5), OUTPUTS, max_size=4))
@example({"own-0": [Text("stdout", "\x1b[31mrojo\x1b[0m\r\n\x08\u202eoculto\x9b2J")]})
@example({"own-0": [Shown("x" * 99, b"<svg onload=alert(1)>")] * 300})
def test_outputs_are_within_limits_and_plain(given_out: dict[str, list[orders.Output]]) -> None:
    """Of each output so many characters stay, none that controls a screen, and images that are PNG."""
    kept = kept_of(given_out, LIMITS)

    assert kept.keys() == given_out.keys()
    for cell, items in kept.items():
        assert [type(item) for item in items] == [type(item) for item in given_out[cell][: outputs.PLACES]]
        for item in items:
            texts = [item.kind, item.message, item.traceback] if isinstance(item, Raised) else [item.text]
            assert not any(map(outputs.CONTROL.search, texts))
            most = (200, LIMITS.text, LIMITS.text) if isinstance(item, Raised) else (2 * LIMITS.text,)
            assert all(len(text) <= length for text, length in zip(texts, most, strict=True))
            if isinstance(item, Shown):
                assert item.png == b"" or (item.png.startswith(outputs.PNG) and len(item.png) <= LIMITS.image)
            if isinstance(item, Text):
                assert item.name in ("stdout", "stderr")
        assert len(outputs.to_nbformat(items)) == len(items)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 400), st.integers(1, 60_000))
def test_outputs_of_a_whole_submission_are_bounded(cells: int, length: int) -> None:
    """However many cells speak, what is kept of them all fits in a frame."""
    items: list[orders.Output] = [Text("stdout", "x" * length), Shown("", png(9, 9, length=length))]

    kept = kept_of({f"own-{n}": items for n in range(cells)}, Limits())

    every = [item for each in kept.values() for item in each]
    assert sum(len(item.text) for item in every if not isinstance(item, Raised)) <= outputs.ALL_TEXT
    assert sum(len(item.png) for item in every if isinstance(item, Shown)) <= outputs.ALL_IMAGES
    assert len(msgspec.msgpack.encode(kept)) < frames.MAX_HEADER


def test_outputs_of_a_thousand_cells_are_counted_all_together() -> None:
    """Empty ones take their place too: a frame to the caller holds so many values."""
    items: list[orders.Output] = [Text("stdout", ""), Raised("E", "", "")] * (outputs.PLACES // 2)
    kept = kept_of({f"own-{n}": items for n in range(1000)}, Limits())

    assert sum(map(len, kept.values())) == outputs.ALL_PLACES
    assert frames.holds_at_most(msgspec.msgpack.encode(kept), frames.MAX_VALUES)


def test_cell_that_runs_again_is_counted_once() -> None:
    """A process that dies is replaced by another, whose cells give out the same once more."""
    cells: dict[str, list[orders.Output]] = {}
    keeper = outputs.Kept(cells, Limits())
    for _ in range(100):
        keeper.keep("own-0", [Text("stdout", "x" * 20_000), Shown("", png(2000, 2000, length=10**6))])

    keeper.keep("own-1", [Text("stdout", "x" * 20_000), Shown("", png(2000, 2000, length=10**6))])

    assert [len(cells["own-1"][0].text), bool(cells["own-1"][1].png)] == [20_000, True]


@pytest.mark.parametrize(
    ("content", "is_kept"),
    [
        (png(3600, 2700), True),
        (png(60_000, 60_000), False),
        (png(2**32 - 1, 2**32 - 1), False),
        (png(0, 100), False),
        (png(10_000_001, 1), False),
        (outputs.PNG + b"0" * 1000, False),
        (png(9, 9)[:40], False),
        (png(9, 9).replace(b"IDAT", b"xDAT"), False),
        (png(9, 9)[:33] + png(60_000, 60_000)[8:], False),
        (b"\xff\xd8\xff" + bytes(100), False),
        (outputs.PNG + struct.pack("!I", 2**32 - 1) + b"IHDR", False),
    ],
)
def test_picture_is_bounded_in_pixels(content: bytes, is_kept: bool) -> None:
    """A few bytes can claim to be a picture that no browser can hold; it is left out, and that is said."""
    [shown] = kept_of({"a": [Shown("x", content)]}, Limits())["a"]

    assert isinstance(shown, Shown) and bool(shown.png) == is_kept
    assert ("imagen" in shown.text) == (not is_kept)


def test_pictures_are_bounded_in_pixels_all_together() -> None:
    """However little each takes in a file, a page holds so many pixels."""
    given_out = {f"own-{n}": [Shown("", png(2000, 2000))] * 3 for n in range(10)}
    every = [item for items in kept_of(given_out, Limits()).values() for item in items]

    assert sum(bool(item.png) for item in every if isinstance(item, Shown)) == 15


def test_picture_is_kept_without_what_else_its_file_holds() -> None:
    """Chunks that unpack to anything, or move, and what stands after its end, are no picture."""
    hidden = struct.pack("!I", 4) + b"zTXt" + b"evil" + bytes(4)
    assert outputs.picture(png(9, 9, hidden) + b"after") == png(9, 9)


# What is rebuilt of a submission

SOURCE = instructor()
KNOWN = [grade_id(cell) for cell in SOURCE.cells]
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="`\n text#=\r\x0b\u2028", max_size=30),
    st.sampled_from(
        ["", "  \n", "```text\n```", "````text\n```\n````", *(c.source for c in Book().node.cells)]
    ),
)
SUBMITTED = st.lists(
    st.builds(
        SubmittedCell,
        st.sampled_from(["code", "markdown", "raw"]),
        TEXTS.map(lambda text: text.encode("utf-8", "replace").decode()),
        st.sampled_from([*KNOWN, "", "own-0", "own-3", "elsewhere"]) | st.text(max_size=3),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=150)
@given(SUBMITTED)
def test_what_was_rebuilt_is_rebuilt_the_same(cells: list[SubmittedCell]) -> None:
    """A rebuilt notebook, written to a file and read again, is rebuilt as it is."""
    rebuilt = rebuild(SOURCE, cells)

    again = rebuild(SOURCE, read(notebook.text(rebuilt).encode()))

    assert notebook.text(again) == notebook.text(rebuilt)
    assert again == rebuilt


@settings(deadline=None, max_examples=150)
@given(SUBMITTED)
def test_cells_of_the_instructor_are_as_they_were(cells: list[SubmittedCell]) -> None:
    """Whatever was handed in, set-up, tests and demos are the instructor's, in order."""
    rebuilt = rebuild(SOURCE, cells)

    theirs = [cell for cell in rebuilt.cells if not cell.id.startswith(OWN)]
    assert [grade_id(cell) for cell in theirs] == KNOWN
    for cell, ours in zip(theirs, SOURCE.cells, strict=True):
        same = {**ours, "source": cell.source} if is_solution(ours) else dict(ours)
        assert dict(cell) == same
    own = [cell for cell in rebuilt.cells if cell.id.startswith(OWN)]
    assert all(not cell.metadata for cell in own)
    assert {cell.kind for cell in notebook.parse(rebuilt, "x").cells if cell.id.startswith(OWN)} <= {
        "free",
        "markdown",
    }
    assert rebuilt.metadata == SOURCE.metadata


@settings(deadline=None, max_examples=150)
@given(SUBMITTED)
def test_no_text_of_a_learner_is_lost(cells: list[SubmittedCell]) -> None:
    """Every text of a cell that isn't one of the instructor's locked ones is in what is graded."""
    locked = {grade_id(cell) for cell in SOURCE.cells if not is_solution(cell)}

    rebuilt = "\n".join(cell.source for cell in rebuild(SOURCE, cells).cells)

    for cell in cells:
        assert cell.name in locked or cell.source.strip() in rebuilt
