"""How the suite runs: which sample of it, in which processes, and what is told in the end."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import xdist
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import sample

# The same examples in every run, so that CI fails for what a change did and for nothing else; now and then
# look further with `pytest --hypothesis-profile=explore`.
settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")

OF_COURSE = "tests/test_course.py"
# These files look at one class, which takes long to grade: one worker runs them.
ONE_CLASS = ("tests/test_pipeline.py", "tests/test_feedback.py", "tests/test_formgrader.py")


# What tests note of what they tried (in `user_properties`, which reach the process that reports).
# A fault is noted with nothing: it is survived if its test passes.
ACCIDENT, DAMAGED, FAULT = "accident", "damaged notebook", "fault"
TRIED, BROKEN, HIDDEN = "attack tried", "attack broke", "attack hid a call"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all`: everything that otherwise a sample stands for."""
    parser.addoption("--all", action="store_true", help="try everything that takes long, not a sample of it")
    parser.addoption("--sample", metavar="SEED", help="draw the sample that a run named by this")


def pytest_configure(config: pytest.Config) -> None:
    """Draw the sample once, for all processes: xdist hands the option on."""
    config.option.sample = config.option.sample or sample.of_commit()
    config.option.loadscopereorder = False  # xdist hands out the tests in our order
    for mark in (*sample.MARKS, BOTH):
        config.addinivalue_line("markers", mark)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import what tests share; not in the process that hands tests out, for which the others wait."""
    if not xdist.is_xdist_controller(session):
        session.config.pluginmanager.import_plugin("tests.fixtures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the sample does without, where tests have the mark `sampled`.

    The course's own tests come last: they are handed out in small pieces, so that all workers end together.
    """
    out = sample.left_out(config, items)
    config.hook.pytest_deselected(items=[each for each in items if each in out])
    items[:] = [each for each in items if each not in out]
    items.sort(key=lambda each: each.nodeid.startswith(OF_COURSE))


def pytest_report_header(config: pytest.Config) -> str:
    """Say which sample is tried."""
    return "everything is tried" if config.getoption("all") else f"sample: {config.getoption('sample')}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure at once: a run that is cut off never comes to its summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\nFAILED {report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}", flush=True)


class Scheduling(LoadScopeScheduling):
    """Any file to any worker: its tests share what takes long to make, such as a graded class.

    Of the course's own tests it is those of an exercise. (xdist's own marks need older pytests.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        if file in ONE_CLASS:
            return "one class"
        _name, _bracket, case = test.partition("[")
        return (case or nodeid) if file == OF_COURSE else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Let xdist use our scheduling."""
    return Scheduling(config, log)


BOTH = "both_databases: tried with a gradebook in a SQLite file, and with one on a PostgreSQL server"
ON_SERVER = 3  # of these are tried on a server without `--all`


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try a test with the mark `both_databases` twice."""
    if metafunc.definition.get_closest_marker("both_databases"):
        metafunc.fixturenames.append("books")
        server = pytest.param("postgresql", marks=pytest.mark.sampled(ON_SERVER, "postgresql"))
        metafunc.parametrize("books", [None, server], indirect=True, ids=["sqlite", "postgresql"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which sample was tried: how many attacks, accidents, damaged notebooks and faults, and their ends.

    Here, for the process that reports reads no conftest of a folder below where xdist does the work.
    """
    if not config.getoption("all"):
        terminalreporter.write_line(f"sample: the same again with --sample {config.getoption('sample')}")
    reports = [each for group in terminalreporter.stats.values() for each in group]
    called = [each for each in reports if getattr(each, "when", "") == "call"]
    count = Counter(
        (name, str(value or each.outcome)) for each in called for name, value in each.user_properties
    )
    if tried := sum(times for (name, _), times in count.items() if name == TRIED):
        kinds = ("gained", "leaked", "touched", "held", "hurt")
        gained, leaked, touched, held, hurt = (count[BROKEN, what] for what in kinds)
        hid = sum(times for (name, _), times in count.items() if name == HIDDEN)
        terminalreporter.write_line(
            f"attacks: {tried} tried, {count[TRIED, 'held']} held: {gained} gained, {leaked} leaked, "
            f"{touched} touched, {held} held beyond budget, {hurt} honest hurt "
            f"({hid} hid a forbidden call: listed for review)"
        )
    for kind, text, ends in (
        (ACCIDENT, "accidents: {} tried, {} cost a point", ("cost a point",)),
        (DAMAGED, "damaged notebooks: {} tried, {} graded, {} named", ("graded", "named")),
        (FAULT, "faults: {} tried, {} survived", ("passed",)),
    ):
        tried = sum(times for (name, _), times in count.items() if name == kind)
        if tried:
            terminalreporter.write_line(text.format(tried, *(count[kind, end] for end in ends)))
