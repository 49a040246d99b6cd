"""What comes back from a student process is counted before it is allocated, in every field."""

from __future__ import annotations

import socket
import struct
import threading
import tracemalloc
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import torch

from tests.tiny import OPEN, RIGHT, grade, notebook
from torchaula.authoring import judging
from torchaula.checks import data
from torchaula.checks.observation import Failure, Observation
from torchaula.grading.sandboxed.shell import Outputs
from torchaula.grading.trusted import worker
from torchaula.grading.trusted.jobs import Result
from torchaula.grading.trusted.outputs import PLACES
from torchaula.grading.trusted.verdict import Outcome, Verdict
from torchaula.grading.wire import calls, frames, values
from torchaula.grading.wire.forks import ForkFailed, in_fork
from torchaula.grading.wire.limits import MIB, Limits
from torchaula.grading.wire.orders import FromStudent, Raised, Ran, Shown, Text

EMPTY = calls.Seen(None, None, None, [], [], [], {})


def seen(**fields: Any) -> calls.Seen:
    """An observation's frame with these fields, and nothing else in it."""
    return msgspec.structs.replace(EMPTY, **fields)


def received(
    header: bytes, body: bytes = b"", messages: Any = calls.Seen, bounds: frames.Bounds = frames.BOUNDS
) -> Any:
    """What a channel makes of a frame of any size that a peer sends."""
    near, far = socket.socketpair()
    content = frames.LENGTHS.pack(len(header) + len(body), len(header)) + header + body
    with near, far:
        thread = threading.Thread(target=_send, args=(near, content))
        thread.start()
        try:
            message, buffers = frames.Channel(far, messages, bounds).receive(20.0)
            return calls.to_observation(message, buffers) if isinstance(message, calls.Seen) else message
        finally:
            far.close()
            thread.join()


def _send(end: socket.socket, content: bytes) -> None:
    with suppress(OSError):  # the other side has read enough
        end.sendall(content)


def encoded(message: Any) -> bytes:
    """A message as a header."""
    return msgspec.msgpack.encode(message)


DEEP = ("x",) * (data.MAX_DEPTH + 3)
LONG = "x" * 20_000
TOO_MUCH = {
    "attached": {"attached": [()] * (data.MAX_NODES + 1)},
    "shared": {"shared": [(0,)] * (data.MAX_NODES + 1)},
    "gradients": {"gradients": [((0, n), None) for n in range(data.MAX_NODES + 1)]},
    "trace": {"trace": {str(n): 1 for n in range(20_000)}},
    "a path's length": {"attached": [DEEP]},
    "a gradient's path": {"gradients": [(DEEP, None)]},
    "a path's text": {"shared": [(LONG,)]},
    "a key's text": {"result": values.DictNode([(LONG, 1)])},
    "a name in the trace": {"trace": {LONG: 1}},
    "a count in the trace": {"trace": {"x": 2**64 - 1}},
    "a negative count": {"trace": {"x": -1}},
    "a whole number": {"result": 2**64 - 1},
    "a whole number as a key": {"result": values.DictNode([(2**64 - 1, 1)])},
    "a size": {"result": values.SequenceNode("size", [2**64 - 1])},
    "sizes of nothing": {"result": values.TensorNode("float32", [2**64 - 1, 0], [1, 1], 0, False, True)},
    "many lists": {"result": values.SequenceNode("list", [values.SequenceNode("list", [])] * 10**5)},
    "values in two fields": {
        "result": values.SequenceNode("list", [0] * (data.MAX_NODES - 1)),
        "attached": [(0,)] * data.MAX_NODES,
        "shared": [(0,)] * data.MAX_NODES,
        "arguments": values.SequenceNode("list", [0] * (data.MAX_NODES + 1)),
    },
    "offsets": {
        "result": values.SequenceNode(
            "list", [values.TensorNode("float32", [0], [1], 15 * 2**20, False, False)] * 20
        )
    },
    "offsets of gradients": {
        "gradients": [
            ((n,), values.TensorNode("float32", [0], [1], 15 * 2**20, False, False)) for n in range(20)
        ]
    },
    "repeated values": {
        "result": values.SequenceNode(
            "list", [values.TensorNode("uint8", [2**26], [0], 0, False, False)] * 20
        )
    },
}


@pytest.mark.parametrize("fields", TOO_MUCH.values(), ids=TOO_MUCH)
def test_field_that_holds_too_much_is_refused(fields: dict[str, Any]) -> None:
    """Paths, keys, names, counts, numbers and what stands before a tensor's data: each has its limit."""
    assert received(encoded(EMPTY)) == Observation(arguments=None)

    with pytest.raises(frames.WireError):
        received(encoded(seen(**fields)), bytes(100))


HOARDS = {
    "paths of one": encoded(seen(attached=[(None,)] * (4 * 10**6 - 10))),
    "pairs": encoded(seen(result=values.DictNode([(None, None)] * (26 * 10**5)))),
    "numbers": encoded(seen(result=values.SequenceNode("list", [1000] * (26 * 10**5)))),
    "nothing": encoded(seen(result=values.SequenceNode("list", [None] * (8 * 10**6)))),
    "a claim": b"\xdd\x7f\xff\xff\xff",
    "claims in claims": b"\xdd\x00\x0f\xff\xff" * 900,
}


@pytest.mark.parametrize("header", HOARDS.values(), ids=HOARDS)
def test_header_is_counted_before_it_becomes_objects(header: bytes) -> None:
    """Millions of values in one frame take no more memory than the frame itself."""
    tracemalloc.start()
    try:
        with pytest.raises(frames.WireError):
            received(header, messages=calls.Seen)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 * len(header) + 2 * MIB  # the frame as sent, as read, and once more as it grows


ALLOWED = {
    "numbers": [1.5] * (data.MAX_NODES - 1),
    "lists": [[]] * (data.MAX_NODES - 1),
    "tensors": [torch.tensor(1.0)] * 20_000,
    "shapes": [torch.Size([2, 3, 5, 7])] * 30_000,
    "a long text": "ñ" * 10**6,
    "rows of one tensor": list(torch.arange(300.0 * 64).reshape(300, 64)),
    "a large tensor": torch.zeros(2**24),
    "depth": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],
}


@pytest.mark.parametrize("value", ALLOWED.values(), ids=ALLOWED)
def test_what_may_cross_crosses(value: Any) -> None:
    """64 MB, depth 16 and 100,000 values cross as ever, with the paths of all that hangs on a graph."""
    copied = data.copy(value)
    paths = tuple(path for path, _ in data.tensors(copied))
    message, buffers = calls.from_observation(Observation(copied, None, ((), {}), paths, paths))

    arrived = received(encoded(message), b"".join(buffers))

    assert arrived.attached == arrived.shared == paths
    if isinstance(value, torch.Tensor):
        assert torch.equal(arrived.result, value)
    elif not paths:
        assert arrived.result == value


def test_result_and_arguments_may_both_be_large() -> None:
    """What an argument holds is not counted against the result: neither is too large by itself."""
    many = [0] * (data.MAX_NODES - 10)
    message, buffers = calls.from_observation(Observation(many, None, ((many,), {})))

    assert received(encoded(message), b"".join(buffers)).result == many


def test_views_far_into_a_large_tensor_are_refused_where_they_are_sent() -> None:
    """Each takes what stands before it along: an answer that returns thousands of them is told so."""
    rows = list(torch.zeros(2**12, 2**12).unbind())
    with pytest.raises(frames.TooLarge):
        calls.from_observation(Observation(rows, None, ((), {})))


def test_life_of_a_student_process_is_bounded_in_each_message() -> None:
    """A cell's outputs: so many, and so long, as one cell may give out."""
    bounds = frames.life(Limits())
    honest = Ran("a", [Text("stdout", "ñ" * 20_000), Shown("x", bytes(2 * MIB)), Raised("E", "m", "t")])
    assert received(encoded(honest), b"", FromStudent, bounds) == honest

    for forged in (
        Ran("a", [Text("stdout", "")] * (PLACES + 1)),
        Ran("a", [Text("stdout", "x" * 6 * MIB)]),
        Ran("a", [Shown("x", bytes(6 * MIB))]),
    ):
        with pytest.raises(frames.WireError):
            received(encoded(forged), b"", FromStudent, bounds)
    with pytest.raises(frames.WireError):
        received(encoded(honest), b"x", FromStudent, bounds)


def test_cell_that_displays_without_end_sends_what_may_be_sent() -> None:
    """What a cell gives out beyond that is left out by its own process, and it says so."""
    outputs = Outputs(Limits())
    for number in range(3000):
        outputs.show(f"{number}")
        outputs.fail("E", "x" * 10_000, "y" * 10_000)

    assert len(outputs.items) <= PLACES
    assert any("no se guarda" in str(item) for item in outputs.items)
    received(encoded(Ran("a", outputs.items)), b"", FromStudent, frames.life(Limits()))


SURROGATES = {
    "a text": "\ud800",
    "a key": {"\ud800": 1, "x": 2},
    "in a list": [("a\udc00b",)],
}


@pytest.mark.parametrize("value", SURROGATES.values(), ids=SURROGATES)
def test_half_a_character_crosses_as_another_one(value: Any) -> None:
    """What no encoding can say is replaced before it is sent; nothing dies of it."""
    near, far = socket.socketpair()
    failure = Failure("E\ud800", "\ud800" * 500, "\ud800", 1)
    with near, far:
        message, buffers = calls.from_observation(Observation(value, failure, ((value,), {}), (("\ud800",),)))
        frames.Channel(near, calls.Seen).send(message, buffers)
        arrived = calls.to_observation(*frames.Channel(far, calls.Seen).receive(5.0))

    assert arrived.failure is not None and arrived.failure.message == "?" * 500
    assert "\ud800" not in str(arrived)


@pytest.mark.parametrize(
    "answer",
    [
        "def double(x):\n    return '\\ud800'",
        "def double(x):\n    return {'\\ud800': x, '\\ud801': x}",
        "def double(x):\n    raise ValueError('\\ud800')",
        "class \U0001d53b(Exception): pass\n\ndef double(x):\n    raise type('\\ud800', (Exception,), {})()",
        "def double(x):\n    raise NameError('x', name='\\ud800')",
    ],
)
def test_half_a_character_of_an_answer_is_that_answer_s_fault_alone(answer: str) -> None:
    """It fails or raises like any other wrong answer: its process goes on."""
    cell = OPEN + "student.double(torch.ones(2)).equals(torch.ones(2))\n"
    [verdict] = grade(answer, cell, backend="remote")

    assert verdict.outcome in (Outcome.FAILED, Outcome.RAISED)


def test_work_in_a_fork_may_take_only_so_much_memory() -> None:
    """A fork that asks for more is told that there is none, and ends by itself."""
    assert in_fork(lambda: len(bytes(2**20)), int, 20.0, memory=2**28) == 2**20
    with pytest.raises(ForkFailed, match="MemoryError"):
        in_fork(lambda: len(bytes(2**30)), int, 20.0, memory=2**28)


def test_result_of_a_fork_is_bounded() -> None:
    """A fork that says too much has said nothing."""
    with pytest.raises(ForkFailed, match="too much"):
        in_fork(lambda: bytes(2**20), bytes, 20.0, most=2**19)


def test_reply_for_which_there_is_no_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one that can't be read, as if it were too large."""

    def no_memory(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    message, buffers = calls.from_observation(Observation(torch.ones(3), None, ((), {})))
    monkeypatch.setattr(torch, "frombuffer", no_memory)
    with pytest.raises(frames.WireError):
        calls.to_observation(message, memoryview(b"".join(buffers)))


def test_cell_with_too_many_replies_has_no_diagnosis() -> None:
    """Evidence is kept of what may be compared: few and small replies, of all cells together."""
    many = OPEN + "for _ in range(700):\n    student.double(torch.ones(2))\n"
    large = OPEN + "for _ in range(9):\n    student.double(torch.ones(2**17))\n"
    few = OPEN + "student.double(torch.ones(2)).equals(torch.ones(2))\n"
    fails = "student.double(torch.ones(2)).equals(torch.ones(2))\n"
    for cell, has_evidence in ((few, True), (many + fails, False), (large + fails, False)):
        judged = judging.judged(notebook(cell), {"double": RIGHT.replace("2 * x", "x + x")}, ["double"])
        assert not judged.verdicts["double-publico"].passed
        assert bool(judged.evidence) == has_evidence


def test_result_fits_in_a_frame_whatever_it_says() -> None:
    """What cells gave out goes first, then what is said of graded cells; never a verdict."""
    verdicts = {f"c-{n}": Verdict(Outcome.FAILED, "\U0001f600" * 8000) for n in range(40)}
    many = {f"c-{n}": Verdict(Outcome.FAILED, "\U0001f600" * 8000) for n in range(400)}
    outputs = {"own-0": [Shown("x", bytes(2 * MIB))] * 4}

    for given, has_outputs, has_texts in (({}, False, True), (verdicts, False, True), (many, False, False)):
        made = worker.fitting(Result(given, outputs))
        assert (bool(made.outputs), made.verdicts == given) == (has_outputs, has_texts)
        assert {c: v.outcome for c, v in made.verdicts.items()} == dict.fromkeys(given, Outcome.FAILED)
        assert len(encoded(made)) <= frames.MAX_HEADER
    assert worker.fitting(Result(verdicts)) == Result(verdicts)


def test_body_without_a_tensor_is_not_read_twice() -> None:
    """Two floats for a tensor of two; what nobody claims is not used."""
    node = values.TensorNode("float32", [2], [1], 0, False, False)
    arrived = received(encoded(seen(result=node)), struct.pack("2f", 1.0, 2.0))
    assert arrived.result.tolist() == [1.0, 2.0]
