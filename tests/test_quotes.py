"""What a hidden test shows of a learner's making is short, whatever way it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from torchaula.authoring import judging
from torchaula.checks import messages, quotes
from torchaula.checks.compare import difference
from torchaula.course.notebook import Cell, Notebook
from torchaula.findings import Label
from torchaula.grading.trusted.verdict import Verdict
from torchaula.grading.wire.forks import warm_up

SETUP = "import torch\nfrom torchaula.checks import begin, graded, probe\nbegin('tiny')\n"
MARK = "Ω"  # of which a hostile answer makes whatever it tells
NAME = "w" * 180  # of an operation: letters of ASCII alone
TEXT = re.compile(rf"[\w ]*{MARK}+")
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
ASKS = "student.double(torch.ones(2)).equals(torch.zeros(2))"
LONG = f"{MARK!r} * 5000"


def verdicts(answer: str, ask: str = ASKS, own: str = "") -> tuple[Verdict, Verdict]:
    """What a public and a hidden cell that ask the same say of an answer."""
    cells = (
        Cell("preparacion", "setup", SETUP),
        Cell("double-enunciado", "markdown", "## double"),
        Cell("own", "free", own),
        Cell("double", "solution", answer, is_solution=True),
        Cell("double-publico", "graded", f"student = graded('double-publico', names='double')\n{ask}", 1),
        Cell("double-valores", "graded", HIDDEN.format(f"student = graded('double-valores')\n{ask}"), 1),
    )
    source = Notebook("tiny", cells)
    public, hidden = judging.judged(source, {"double": answer}, ["double"]).verdicts.values()
    return public, hidden


def told(verdict: Verdict) -> int:
    """How much of what a hostile answer made stands in a message."""
    return max(verdict.message.count(MARK), sum(row.shown.count(MARK) for row in verdict.rows))


WAYS = {
    "an exception's message": f"def double(x):\n    raise ValueError({LONG})",
    "an exception's class": f"def double(x):\n    raise type({LONG}, (Exception,), {{}})",
    "both": f"def double(x):\n    raise type({MARK!r} * 90, (Exception,), {{}})({LONG})",
    "the module that is missing": f"def double(x):\n    raise ModuleNotFoundError({LONG}, name={LONG})",
    "the name that is missing": f"def double(x):\n    raise NameError('who?', name={LONG})",
    "a syntax error": f"def double(x):\n    raise SyntaxError('a', ('b', 77, 1, {LONG}))",
    "a made-up line": f"""import linecache
code = compile('\\n' * 9 + 'def double(x): raise ValueError', 'forged', 'exec')
exec(code)
plain = double
def double(x):
    linecache.cache['forged'] = (1, None, ['\\n'] * 9 + [{LONG}], 'forged')
    return plain(x)
""",
    "a text": f"def double(x):\n    return {LONG}",
    "many texts": f"def double(x):\n    return [{MARK!r} * 40 + str(i) for i in range(100)]",
    "texts in texts": f"def double(x):\n    return [[{MARK!r} * 40 + str(i)] * 8 for i in range(8)]",
    "the keys of a dict": f"def double(x):\n    return {{{MARK!r} * 40 + str(i): i for i in range(9)}}",
    "the type of what is no data": f"def double(x):\n    return type({LONG}, (), {{}})()",
    "a key that is no data": f"def double(x):\n    return {{type({LONG}, (), {{}})(): 1}}",
}
CALLED_WITH = {
    "an argument that is filled": (
        f"def double(x):\n    x[:] = [{MARK!r} * 50 + str(i) for i in range(9)]\n    return 1",
        "student.double([1.0, 2.0]).equals(1)",
    ),
    "what the next call is given": (
        f"def double(x):\n    return [{MARK!r} * 40 + str(i) for i in range(9)]",
        "student.double(student.double(1).result).equals(2)",
    ),
    "a key that the next call is given": (
        f"def double(x):\n    return {{{MARK!r} * 40 + str(i): i for i in range(9)}}",
        "student.double(student.double(1).result).equals(2)",
    ),
    "a property that does not hold": (
        f"def double(x):\n    return [{MARK!r} * 50 + str(i) for i in range(9)]",
        "student.double(1).holds('que no', False)",
    ),
    "an exception that is not the one": (
        f"def double(x):\n    raise TypeError({LONG})",
        "student.double(1).raises(ValueError)",
    ),
    "a result in place of an exception": (
        f"def double(x):\n    return [{MARK!r} * 50 + str(i) for i in range(9)]",
        "student.double(1).raises(ValueError)",
    ),
    "what a dict holds beside": (
        f"def double(x):\n    return {{'a': 1, {LONG}: 2, 'b' + {LONG}: 3}}",
        "student.double(1).equals({'a': 1, 'b': 2})",
    ),
    "one text of several": (
        f"def double(x):\n    return ['a', {LONG}]",
        "student.double(1).equals(['a', 'b'])",
    ),
}
# Here an earlier result is what the test expects or passes on, and the same text may stand in several rows.
ANOTHER_EACH_TIME = "    double.calls = getattr(double, 'calls', 0) + 1\n"
AGAIN = "student.double(1).equals(student.double(1).result)"
HANDED_BACK = {
    "an expected text": (
        f"def double(x):\n{ANOTHER_EACH_TIME}    return str(double.calls) + {LONG}",
        AGAIN,
    ),
    "expected texts": (
        f"def double(x):\n{ANOTHER_EACH_TIME}"
        f"    return [f'{{double.calls}} {{i}}' + {MARK!r} * 50 for i in range(9)]",
        AGAIN,
    ),
    "expected keys": (
        f"def double(x):\n{ANOTHER_EACH_TIME}"
        f"    return {{f'{{double.calls}} {{i}}' + {MARK!r} * 50: i for i in range(9)}}",
        AGAIN,
    ),
    "a place inside": (
        f"def double(x):\n{ANOTHER_EACH_TIME}    return {{'a' + {LONG}: {{'b' + {LONG}: double.calls}}}}",
        AGAIN,
    ),
    "an argument that is changed": (
        f"def double(x):\n    if isinstance(x, list):\n        x[0] = 'another'\n"
        f"    return [str(i) + {MARK!r} * 50 for i in range(9)]",
        "student.double(student.double(1).result).equals(2)",
    ),
}
ALL = {name: (answer, ASKS) for name, answer in WAYS.items()} | CALLED_WITH


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Import what torch imports lazily once, before the first fork."""
    warm_up()


@pytest.mark.parametrize("way", ALL)
def test_hidden_cell_shows_little_of_what_a_learner_s_code_made(way: str) -> None:
    """At most 120 characters in all of a message; in a public cell the same way shows something too."""
    public, hidden = verdicts(*ALL[way])

    assert not public.passed and not hidden.passed
    assert hidden.outcome is public.outcome
    assert told(hidden) <= quotes.QUOTED_CHARACTERS < 121
    assert told(public) >= min(told(hidden), 1)


@pytest.mark.parametrize("way", HANDED_BACK)
def test_text_that_a_test_hands_back_is_learner_made_too(way: str) -> None:
    """It counts where it is expected or passed on as where it was obtained, each text once."""
    public, hidden = verdicts(*HANDED_BACK[way])

    assert not public.passed and not hidden.passed
    assert 0 < different(hidden) <= quotes.QUOTED_CHARACTERS
    assert different(public) > different(hidden)


def different(verdict: Verdict) -> int:
    """How much of what a hostile answer made stands in a message; of texts that begin alike the longest."""
    shown = sorted({each.strip() for row in verdict.rows for each in TEXT.findall(row.shown)})
    longest = [one for one, after in zip(shown, [*shown[1:], ""], strict=True) if not after.startswith(one)]
    return sum(each.count(MARK) for each in longest)


def test_operation_of_a_learner_s_own_has_a_short_name() -> None:
    """Names in a trace come from the learner's process, and an operation may have any name."""
    answer = f"""library = torch.library.Library('own', 'DEF')
library.define({NAME!r} + '(Tensor x) -> Tensor')
library.impl({NAME!r}, lambda x: x.clone(), 'CompositeExplicitAutograd')
def double(x):
    return getattr(torch.ops.own, {NAME!r})(x)
"""
    public, hidden = verdicts(answer)

    assert NAME in public.message and NAME not in hidden.message
    assert hidden.message.count(NAME[0]) - hidden.message.replace(NAME[0] * 9, "").count(NAME[0]) > 60
    assert all(row.shown.count(NAME[0]) <= quotes.QUOTED_CHARACTERS for row in hidden.rows)


def test_public_cell_shows_more_than_a_hidden_one() -> None:
    """What a learner has at home may be shown at length."""
    public, hidden = verdicts(WAYS["an exception's message"])

    assert told(public) > 300
    assert 60 < told(hidden) <= quotes.QUOTED_CHARACTERS


def test_thread_names_and_the_cell_that_stopped_count_too() -> None:
    """What was made before the tests ran stands in the same process as the answer."""
    own = f"double_is_gone = 1\nraise ValueError({LONG})\ndef helper(x): return x"
    _public, hidden = verdicts("def double(x):\n    return helper(x)", own=own)

    assert 0 < told(hidden) <= quotes.QUOTED_CHARACTERS


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            "def double(x):\n    return x + torch.ones(3)",
            (
                "RuntimeError: The size of tensor a (2) must match the size of tensor b (3) "
                "at non-singleton dimension 0",
                "2: return x + torch.ones(3)",
            ),
        ),
        (
            "def double(x):\n"
            "    result = x.undefined_method_of_a_tensor(dim=0, keepdim=True) + 2 * x  # a long line",
            (
                "AttributeError: 'Tensor' object has no attribute 'undefined_method_of_a_tensor'",
                "2: result = x.undefined_method_of_a_tensor(dim=0, keepdim=True) + 2 * x  # a long line",
            ),
        ),
        ("def double(x):\n    return helper(x)", ("NameError: name 'helper' is not defined",)),
        ("import seaborn_of_mine\ndef double(x):\n    return x", ("seaborn_of_mine",)),
        ("def double(x)\n    return x", ("SyntaxError: expected ':'", "1: def double(x)")),
        ("def double(x):\n    return 'no es un tensor'", ("'no es un tensor'",)),
        ("def double(x):\n    return x + 1", ("tensor [2] float32 = [2, 2]", "2 en lugar de 0")),
    ],
)
def test_honest_messages_are_whole_and_the_same_in_both(answer: str, words: tuple[str, ...]) -> None:
    """Exceptions of torch and Python, a line of the learner's own and small results fit."""
    public, hidden = verdicts(answer)

    assert hidden.rows == public.rows
    assert all(any(each in row.shown for row in hidden.rows) for each in words), hidden.rows


def test_large_result_is_shown_by_its_range_where_its_numbers_do_not_fit() -> None:
    """A summary says more than numbers that are cut off in the middle."""
    answer = "def double(x):\n    return -torch.arange(12).reshape(3, 4) / 7e9"
    public, hidden = verdicts(answer)

    [whole] = (row.text for row in public.rows if row.label is Label.OBTAINED)
    [summary] = (row.text for row in hidden.rows if row.label is Label.OBTAINED)
    assert len(whole) > quotes.QUOTED_CHARACTERS
    assert summary.startswith("tensor [3, 4] float32 (de -")


@pytest.fixture
def limited() -> Iterator[None]:
    """A hidden cell that has begun."""
    quotes.begin(quotes.QUOTED_CHARACTERS)
    yield
    quotes.begin(None)


@pytest.mark.usefixtures("limited")
def test_same_text_told_twice_counts_once() -> None:
    """A message may name the same thing in two rows."""
    text = MARK * 100

    assert quotes.take(text) == text == quotes.take(text)
    assert quotes.take(MARK * 99) == MARK * 99
    assert len(quotes.take("x" * 50)) == 20
    assert quotes.take("y" * 50) == "…"


@pytest.mark.usefixtures("limited")
def test_two_rows_of_the_same_result_agree() -> None:
    """A difference that says no more than the result does is left out, and quotes it the same."""
    found = difference(MARK * 300, "b")
    assert found is not None
    phrase, rows = messages.difference(found), messages.unexpected(MARK * 300, "b", found)

    assert [row.label for row in rows] == [Label.OBTAINED, Label.EXPECTED]
    assert rows[0].text in phrase
