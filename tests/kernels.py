"""A learner's real Jupyter kernel, which runs cells one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from torchaula.course.layout import Course

RUN = 600  # seconds at most, on a busy machine


def grade_id(cell: nbformat.NotebookNode) -> str:
    """The id of a released cell."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", "") or cell.id)


def looked_up(cell: dict[str, Any]) -> str:
    """The same of a cell as it stands in a file."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", "") or cell["id"])


def run_all(path: Path, answers: dict[str, str]) -> dict[str, nbformat.NotebookNode]:
    """*Run all* on a notebook's file, with these texts in cells: the cells by id, as they end.

    Raises `nbclient.exceptions.CellExecutionError` where the kernel replies that a cell failed.
    """
    node = nbformat.read(path, 4)
    for cell in node.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(node, timeout=RUN, kernel_name="python3", resources=where).execute()
    return {grade_id(cell): cell for cell in node.cells}


def text(outputs: list[Any]) -> str:
    """What outputs show, as text."""
    return "".join("\n".join(each.get("traceback", [])) + each.get("text", "") for each in outputs).strip()


class Kernel:
    """A kernel in which cells of a released notebook, and others, are run."""

    def __init__(self, manager: KernelManager, course: Course, assignment: str) -> None:
        self._client = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=RUN)
        node = nbformat.read(course.released(assignment), 4)
        self._cells = {grade_id(cell): cell.source for cell in node.cells}

    def close(self) -> None:
        """Close the channels; the kernel's manager ends the kernel."""
        self._client.stop_channels()

    def cell(self, name: str) -> tuple[str, str]:
        """Run a cell of the notebook."""
        return self.run(self._cells[name])

    def run(self, source: str) -> tuple[str, str]:
        """Run a text: the status that the kernel replies, and what is shown."""
        outputs: list[dict[str, Any]] = []
        reply = self._client.execute_interactive(
            source, timeout=RUN, output_hook=lambda message: outputs.append(message["content"])
        )
        return reply["content"]["status"], text(outputs)


@contextmanager
def started(course: Course, assignment: str, folder: Path) -> Iterator[Kernel]:
    """A kernel that stands in `folder`, as Jupyter starts it."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder))
    kernel = Kernel(manager, course, assignment)
    try:
        yield kernel
    finally:
        kernel.close()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()
