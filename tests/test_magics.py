"""Test cells mean what IPython makes of them, where there is no IPython too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny
from torchaula.grading.trusted.cells import execute, new_namespace
from torchaula.grading.trusted.verdict import Outcome

CHECK = "student.double(torch.tensor([1.0, 2.0])).equals(torch.tensor([2.0, 4.0]))"
FORMATTED = """
rest = (
    torch.tensor([7.0, 8.0])
    % 5
)
text = '''
%matplotlib inline
!ls
'''
assert text.split() == ["%matplotlib", "inline", "!ls"]
student.double(rest).equals(torch.tensor([4.0, 6.0]))
"""
MAGICS = {
    "line": "%matplotlib inline",
    "indented": "if True:\n    %matplotlib inline",
    "shell": "!touch {place}",
    "assigned": "found = !touch {place}\nassert list(found) == []",
    "system": "%sx touch {place}",
    "help": "torch.add?",
    "time": "%time doubled = 2 * 3\nassert doubled == 6",
    "continued": "%config InlineBackend \\\n  .figure_format",
}


@pytest.mark.parametrize("backend", tiny.BACKENDS)
def test_expression_over_lines_is_not_taken_for_a_magic(backend: str) -> None:
    """A line that begins with `%` inside an expression or a string stays, in both back ends."""
    verdicts = tiny.grade(tiny.PLUS, tiny.OPEN + FORMATTED, backend=backend)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED], verdicts


@pytest.mark.parametrize("magic", MAGICS)
def test_magics_do_nothing(magic: str, tmp_path: Path) -> None:
    """What only IPython can do is left out, no command is run, and the rest of the cell runs."""
    place, namespace = tmp_path / "touched", new_namespace()

    execute(MAGICS[magic].format(place=place) + "\nafter = 1", "x", namespace)

    assert namespace["after"] == 1
    assert not place.exists()


@pytest.mark.parametrize("cell", ["time", "capture found", "timeit -n1 -r1"])
def test_body_of_a_cell_magic_runs(cell: str) -> None:
    """A test under `%%time` is a test."""
    namespace = new_namespace()

    execute(f"%%{cell}\nafter = 1", "x", namespace)

    assert namespace["after"] == 1


@pytest.mark.parametrize("cell", ["bash", "writefile {place}", "html", "script touch {place}"])
def test_body_of_other_cell_magics_does_not_run(cell: str, tmp_path: Path) -> None:
    """What is no Python is left out."""
    place = tmp_path / "touched"

    execute(f"%%{cell.format(place=place)}\ntouch {place}", "x", new_namespace())

    assert not place.exists()


def test_error_names_the_authors_line() -> None:
    """Magics move no line of the cell."""
    with pytest.raises(ZeroDivisionError) as caught:
        execute("%matplotlib inline\n\nx = 1\n1 / 0", "x", new_namespace())

    assert caught.traceback[-1].lineno == 3
    assert str(caught.traceback[-1].statement) == "1 / 0"


@pytest.mark.parametrize("backend", tiny.BACKENDS)
def test_test_under_a_magic_judges(backend: str) -> None:
    """A test that begins with `%%time` fails what is wrong."""
    [verdict] = tiny.grade("def double(x):\n    return x", f"%%time\n{tiny.OPEN}{CHECK}", backend=backend)

    assert verdict.outcome is Outcome.FAILED
