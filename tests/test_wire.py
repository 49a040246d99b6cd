"""The wire between judge and student process: faithful for data, deaf to everything else."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tiny import OPEN, grade
from torchaula.checks import data
from torchaula.checks.compare import difference
from torchaula.checks.observation import Failure, Observation, Request, Stop
from torchaula.findings import Reason
from torchaula.grading.trusted.verdict import Outcome
from torchaula.grading.wire import frames, values

DTYPES = st.sampled_from(data.DTYPES)


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """Dense tensors of every dtype: contiguous, transposed, strided, offset, expanded, empty."""
    size = draw(st.lists(st.integers(0, 4), max_size=3))
    dtype = draw(DTYPES)
    tensor = torch.arange(5 * 64).to(dtype)[: torch.Size(size).numel() * 2].reshape(*size, 2)
    form = draw(st.sampled_from(["dense", "strided", "offset", "transposed", "expanded"]))
    tensor = {
        "dense": tensor.contiguous(),
        "strided": tensor[..., 0],
        "offset": tensor[..., 1:],
        "transposed": tensor.mT if tensor.ndim > 1 else tensor,
        "expanded": tensor[..., :1].expand(*tensor.shape[:-1], 3),
    }[form]
    floating = tensor.is_floating_point()
    return tensor.requires_grad_() if floating and draw(st.booleans()) else tensor


ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    DTYPES,
    st.just(torch.Size([2, 3])),
    st.just(torch.device("cpu")),
    tensors(),
)
DATA = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers(-9, 9), st.booleans()), inner, max_size=3),
    ),
    max_leaves=8,
)


def through_the_wire(value: Any) -> Any:
    """`value` as the argument of a request that went through a real socket."""
    near, far = socket.socketpair()
    sender, receiver = frames.Channel(near, values.Call), frames.Channel(far, values.Call)
    message, buffers = values.from_request(Request("f", (value,)))
    thread = threading.Thread(target=sender.send, args=(message, buffers))
    thread.start()
    request = values.to_request(*receiver.receive(10.0))
    thread.join()
    sender.close(), receiver.close()
    return request.args[0]


def described(tensor: torch.Tensor) -> tuple[object, ...]:
    """All that must survive of a tensor besides its values."""
    return tensor.dtype, tensor.shape, tensor.stride(), tensor.storage_offset(), tensor.requires_grad


@settings(deadline=None, max_examples=150)
@given(DATA)
def test_data_arrive_as_they_were_sent(value: Any) -> None:
    """Values, types, strides, offsets and gradients flags are the same on the other side."""
    arrived = through_the_wire(value)

    assert difference(arrived, value, rtol=0.0) is None
    assert [described(t) for _, t in data.tensors(arrived)] == [described(t) for _, t in data.tensors(value)]


@settings(deadline=None, max_examples=100)
@given(DATA)
@example(-(2**63))
def test_copy_is_equal_and_shares_nothing(value: Any) -> None:
    """`data.copy`, the local back end's wire, gives the same data with storage of their own."""
    copied = data.copy(value)

    assert difference(copied, value, rtol=0.0) is None
    for (_, ours), (_, theirs) in zip(data.tensors(copied), data.tensors(value), strict=True):
        assert described(ours) == described(theirs)
        assert not ours.numel() or ours.untyped_storage().data_ptr() != theirs.untyped_storage().data_ptr()


def receive(content: bytes) -> Any:
    """What a channel makes of these bytes, sent by a peer that then hangs up."""
    near, far = socket.socketpair()
    with near, far:
        # Less than a socket's buffer: nobody needs to read while it is sent.
        near.sendall(content)
        near.shutdown(socket.SHUT_WR)
        message, buffers = frames.Channel(far, values.ToStudent | values.Seen).receive(5.0)
        if isinstance(message, values.Seen):
            return values.to_observation(message, buffers)
        return values.to_request(message, buffers) if isinstance(message, values.Call) else message


def frame(header: bytes, body: bytes = b"") -> bytes:
    """A well-framed message with any content."""
    return frames.LENGTHS.pack(len(header) + len(body), len(header)) + header + body


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_refused_by_name(content: bytes, framed: bool) -> None:
    """Random bytes end in `WireError`, never in another exception or a hang."""
    with pytest.raises(frames.WireError):
        receive(frame(content) if framed else content)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_frames_are_refused_or_data(choice: st.DataObject) -> None:
    """A flipped byte in an observation's frame gives an observation or `WireError`, nothing else."""
    seen = Observation({"a": [torch.ones(2, 3).T, (1, 2.5, "x", b"y")]}, Failure("E", "m"), ((), {}))
    message, buffers = values.from_observation(seen)
    header = bytearray(msgspec.msgpack.encode(message))
    header[choice.draw(st.integers(0, len(header) - 1))] = choice.draw(st.integers(0, 255))

    try:
        receive(frame(bytes(header), b"".join(buffers)))
    except frames.WireError:
        return


TENSOR = {"type": "tensor", "dtype": "float32", "size": [2], "stride": [1], "offset": 0}
TENSOR |= {"requires_grad": False, "meta": False}


@pytest.mark.parametrize(
    "lie",
    [
        {"size": [2**40]},
        {"size": [2**40], "stride": [0]},
        {"size": [-1]},
        {"size": [2, 2]},
        {"offset": 2**50},
        {"offset": -4},
        {"dtype": "object"},
        {"dtype": "int64", "requires_grad": True},
        {"size": [3]},
        {"size": [1] * 40, "stride": [1] * 40},
    ],
)
def test_tensor_that_lies_about_itself_is_refused(lie: dict[str, object]) -> None:
    """Sizes are checked against limits and against the bytes that came before anything is allocated."""
    seen = {"type": "seen", "result": TENSOR | lie, "failure": None, "arguments": None, "trace": {}}
    seen |= {"attached": [], "shared": [], "gradients": []}

    with pytest.raises(frames.WireError):
        receive(frame(msgspec.msgpack.encode(seen), struct.pack("2f", 1.0, 2.0)))


@pytest.mark.parametrize(
    "field",
    [
        {"kind": "x" * 501},
        {"line": "x" * 10_000},
        {"version": "x" * 501},
        {"kinds": ("ValueError",) * 17},
        {"threads": ("x",) * 5},
        {"threads": ("x" * 501,)},
        {"cause": values.StopNode("x" * 501, "", "", 1, (), "", "")},
        {"reason": "torchaula:undefined"},
        {"reason": ""},
    ],
)
def test_reason_that_says_too_much_is_refused(field: dict[str, Any]) -> None:
    """What a student process says of a failure is bounded in each field, and its reason one of ours."""
    said = {"kind": "E", "message": "", "line": "", "number": 1, "kinds": (), "missing": "", "version": ""}
    failed = values.Failed(**said | {"cause": None, "threads": ()} | field)
    fine = values.Failed(**said | {"cause": None, "threads": ()})

    receive(frame(msgspec.msgpack.encode(values.Seen(None, fine, None, [], [], [], {}))))
    with pytest.raises(frames.WireError):
        receive(frame(msgspec.msgpack.encode(values.Seen(None, failed, None, [], [], [], {}))))


def test_argument_s_type_that_says_too_much_is_refused() -> None:
    """So is what an argument was filled with."""
    for filled, is_fine in (("numpy.ndarray", True), (None, True), ("x" * 501, False), (1, False)):
        message = msgspec.msgpack.encode(values.Seen(None, None, None, [], [], [], {}, filled))
        if is_fine:
            assert receive(frame(message)).filled == filled
        else:
            with pytest.raises(frames.WireError):
                receive(frame(message))


def test_reason_arrives_as_it_was_sent() -> None:
    """Kind, line, base classes, cause and threads of a failure, cut where they are too long."""
    cause = Stop("ModuleNotFoundError", "No module", "import x", 1, ("ImportError",), "x", "2.13")
    failure = Failure(
        *("NameError", "y" * 600, "f(x)", 2, ("NameError", "Exception"), "f", "", cause, ("a", "b")),
        reason=Reason.NOT_CALLABLE,
    )
    message, buffers = values.from_observation(Observation(failure=failure, arguments=((), {})))

    arrived = values.to_observation(message, memoryview(b"".join(buffers))).failure

    assert arrived == replace(failure, message="y" * 500)


def test_frame_that_announces_too_much_is_refused_unread() -> None:
    """A length beyond the limit is refused before a byte of the frame is read."""
    with pytest.raises(frames.WireError, match="too large"):
        receive(frames.LENGTHS.pack(2**60, 10))


def test_deep_or_numerous_values_are_refused() -> None:
    """Depth and number of values are limited alike on the wire and in the local copy."""
    deep: Any = None
    for _ in range(data.MAX_DEPTH + 2):
        deep = [deep]
    for value in (deep, [0] * (data.MAX_NODES + 1)):
        with pytest.raises(data.NotData):
            data.copy(value)
        message, buffers = values.from_request(Request("f", (value,)))
        with pytest.raises(frames.WireError):
            values.to_request(message, memoryview(b"".join(buffers)))


def test_process_that_dies_costs_its_exercise_only() -> None:
    """A call that ends the student process is named, once more in a fresh one; the rest is not reached."""
    cells = [OPEN + "student.double(torch.ones(2)).sound()\n"]
    for aspect in ("valores", "bordes"):
        cells += [f'student = graded("double-{aspect}")\nstudent.double(torch.ones(2)).sound()\n']

    verdicts = grade("import os\ndef double(x):\n    os._exit(0)\n", *cells, backend="remote")

    ends = [verdict.outcome for verdict in verdicts]
    assert ends == [Outcome.PROCESS_DIED, Outcome.PROCESS_DIED, Outcome.NOT_REACHED]


def test_result_too_large_for_the_wire_is_the_answer_s_fault() -> None:
    """An enormous result fails its check like any value that may not cross."""
    cell = OPEN + "student.double(torch.ones(2)).sound()\n"
    for backend in ("local", "remote"):
        [verdict] = grade("def double(x):\n    return torch.ones(2**25)\n", cell, backend=backend)
        assert "MB" in verdict.message
