"""What comes out of judging one submission."""

from __future__ import annotations

import msgspec

from torchaula.grading.trusted.budget import Spent
from torchaula.grading.trusted.diagnosis import Evidence
from torchaula.grading.trusted.verdict import Lost, Verdict
from torchaula.grading.wire.orders import Output


class Judged(msgspec.Struct):
    """The result for a submission: `verdicts` by graded cell, and `outputs` by cell of the learner's.

    `lost` tells how cells of the learner's ended that crashed, timed out or were not run. `fatal` is the cell
    or exercise that crashed the whole sandbox (empty if unknown): then the verdicts are not complete.
    `is_unsure`: a retry, alone on the machine, might end otherwise. `spent` is the time that was used.
    `is_out_of_time`: it did not suffice. `is_starved`: it would have sufficed if the machine had not been
    busy.
    """

    verdicts: dict[str, Verdict] = {}
    outputs: dict[str, list[Output]] = {}
    lost: dict[str, Lost] = {}
    fatal: str | None = None
    is_unsure: bool = False
    evidence: dict[str, Evidence] = {}  # of failed cells, for `diagnosis`
    errors: dict[str, str] = {}  # the exceptions of failed cells, for their author; no learner reads them
    is_judge_lost: bool = False  # the judge's own process ended, by a test or by the system
    endless: list[str] = []  # graded cells that time out however idle the machine is
    spent: Spent = Spent()
    is_out_of_time: bool = False
    is_starved: bool = False
