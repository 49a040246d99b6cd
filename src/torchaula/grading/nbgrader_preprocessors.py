"""What nbgrader's converters do differently on this course; `nbgrader_config.py` names these classes.

A submission is trusted with its solutions only: no other cell, file or metadata of it counts.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Bool, Integer

from torchaula.course import notebook
from torchaula.course.notebook import DEMO_TAG, HIDDEN_REGION, SETUP_TAG
from torchaula.grading.rebuild import rebuild

Resources = dict[str, Any]
TIMED_OUT = ("CellTimeoutError", "KeyboardInterrupt")
HIDDEN_NOTICE = "# (Las pruebas ocultas no se muestran.)\n"
CHECK_TIMED_OUT = re.compile(r"no terminó en [\d.,]+ segundos")  # as torchaula.checks says it
TIMED_OUT_NOTICE = "No terminó a tiempo: ¿hay un bucle que no acaba?"


def converter_of(preprocessor: Preprocessor) -> Any:
    """The converter that runs a preprocessor: the parent of the exporter that is its parent."""
    exporter = preprocessor.parent
    return exporter.parent if exporter else None


def instructor_notebook(preprocessor: Preprocessor, resources: Resources) -> Path:
    """The notebook in `source/` that a submitted one answers."""
    here, name = converter_of(preprocessor).coursedir, resources["nbgrader"]
    folder = here.format_path(here.source_directory, ".", name["assignment"])
    return Path(folder) / f"{name['notebook']}.ipynb"


class LeaveOutForeignFiles(NbGraderPreprocessor):  # type: ignore[misc]
    """Grade beside the instructor's files only.

    nbgrader copies whatever was handed in to where the kernel starts: a `torch.py` or `torchaula/`
    there would be imported instead of ours. The submitted folder keeps everything.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        source = instructor_notebook(self, resources).parent
        here, name = converter_of(self).coursedir, resources["nbgrader"]
        graded = Path(here.format_path(here.autograded_directory, name["student"], name["assignment"]))
        for path in foreign_files(graded, source):
            self.log.warning("Left out of what is graded: %s", path.name)
            path.unlink()
        return nb, resources


def foreign_files(folder: Path, source: Path) -> list[Path]:
    """The files and links in a folder of a student's that the instructor's folder doesn't have.

    Notebooks aside, and what nbgrader itself writes beside a submission.
    """
    expected = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    expected |= {Path("timestamp.txt"), Path("submission_secret.txt")}
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return [path for path in found if path.relative_to(folder) not in expected and path.suffix != ".ipynb"]


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Grade the instructor's notebook with the learner's solutions in it: see `rebuild`."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        return rebuild(notebook.read(instructor_notebook(self, resources)), nb), resources


class ExecuteWithinLimits(Execute):  # type: ignore[misc]
    """nbgrader's `Execute` without the demos, and with an end: loops must not cost the class an hour."""

    notebook_timeout = Integer(300, help="Seconds that all cells of a notebook may take together").tag(
        config=True
    )

    def preprocess(
        self, nb: NotebookNode, resources: Resources | None = None, km: Any = None
    ) -> tuple[NotebookNode, Resources]:
        end = time.monotonic() + self.notebook_timeout
        self.skip_cells_with_tag = DEMO_TAG  # the instructor's tags: the notebook was rebuilt

        def seconds(cell: NotebookNode) -> int:
            left = int(end - time.monotonic())
            return max(1, left if is_setup(cell) else min(left, self.timeout))

        self.timeout_func = seconds
        executed: tuple[NotebookNode, Resources] = super().preprocess(nb, resources, km)
        if any(is_setup(cell) and timed_out(cell) for cell in nb.cells):
            # Or every test would fail, and a busy machine would look like a learner who can't.
            raise SetUpTimeoutError("the set-up cell did not end in time")
        return executed


class SetUpTimeoutError(Exception):
    """The instructor's own first cell took too long: no verdict on the submission."""


def is_setup(cell: NotebookNode) -> bool:
    """Whether a cell of a rebuilt notebook is the instructor's set-up."""
    return SETUP_TAG in cell.metadata.get("tags", [])


class OnlyErrorsCost(NbGraderPreprocessor):  # type: ignore[misc]
    """Let a graded cell lose its points by an exception only.

    nbgrader gives zero for any text on stderr, a warning included, and takes the cell's value for
    points. Both stay visible; neither counts.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        if is_grade(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.name = "stdout"
                elif output.output_type == "execute_result":
                    output.output_type = "display_data"
                    output.pop("execution_count", None)
        return cell, resources


class HideTests(Preprocessor):
    """Take hidden tests out of feedback, and tracebacks through any test.

    What a hidden cell printed goes too: a learner's function may print the data that it is tested with.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, index: int
    ) -> tuple[NotebookNode, Resources]:
        if not is_grade(cell) or cell.cell_type != "code":
            return cell, resources
        hidden = HIDDEN_REGION.search(cell.source) is not None
        cell.source = HIDDEN_REGION.sub(HIDDEN_NOTICE, cell.source)
        if hidden:
            cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
        for output in cell.outputs:
            if output.output_type == "error":
                output.traceback = message(output).splitlines()
        return cell, resources


def timed_out(cell: NotebookNode) -> bool:
    """Whether a cell of a graded notebook was ended, by nbclient or by the check that it runs."""
    return any(
        output.output_type == "error" and (output.ename in TIMED_OUT or CHECK_TIMED_OUT.search(output.evalue))
        for output in cell.get("outputs", [])
    )


def message(error: NotebookNode) -> str:
    """What a learner may read of an error in a graded cell."""
    if error.ename in TIMED_OUT:
        return TIMED_OUT_NOTICE
    if error.ename == "CheckFailed":
        return str(error.evalue)
    return f"{error.ename}: {error.evalue}"
