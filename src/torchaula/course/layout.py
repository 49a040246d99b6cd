"""Define the paths in a course's folder, which has nbgrader's layout."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from torchaula.course import outline
from torchaula.errors import Refusal
from torchaula.files import private
from torchaula.i18n import _

GLOB_CHARACTERS = frozenset("*?[]")  # nbgrader looks folders up by glob and never escapes them


@dataclass(frozen=True)
class Course:
    """A course on disk. `root` is absolute."""

    root: Path

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def dist(self) -> Path:
        """The folder with the zip files for learners."""
        return self.root / "dist"

    @property
    def answers(self) -> Path:
        return self.root / "answers"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def downloaded(self) -> Path:
        """The folder with what came from learning platforms, one subfolder for each assignment."""
        return self.root / "downloaded"

    def archive(self, assignment: str) -> Path:
        """The folder where the instructor puts what was downloaded; `nbgrader zip_collect` reads it."""
        return self.downloaded / assignment / "archive"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def grades(self) -> Path:
        """The folder with the class's points, one table for each assignment."""
        return self.root / "grades"

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def secret(self) -> Path:
        """The file with the course's secret, from which hidden cells derive their inputs."""
        return self.root / "gradebook.secret"

    @property
    def state(self) -> Path:
        """The folder with what the tools store between runs."""
        return self.root / ".torchaula"

    @property
    def evidence(self) -> Path:
        """The folder that caches the evidence of known answers, one subfolder for each assignment."""
        return self.state / "diagnosis"

    @property
    def config(self) -> Path:
        return self.root / "nbgrader_config.py"

    @property
    def assignments(self) -> list[str]:
        """The folders of `source/` with a notebook of their name, in the order of `course.toml`."""
        found = (path.stem for path in self.source.glob("*/*.ipynb") if path.stem == path.parent.name)
        return outline.in_order(self.root, found)

    def require_assignments(self) -> list[str]:
        """The assignments. Raises `Refusal` where there are none."""
        if not self.assignments:
            raise Refusal(
                _(
                    "{folder}: no assignment, which is a folder with a notebook of the same name; add one"
                ).format(folder=self.source)
            )
        return self.assignments

    def notebook(self, assignment: str) -> Path:
        """The instructor notebook of `assignment`. Raises `Refusal` where there is no such assignment."""
        known = self.assignments
        if assignment not in known:
            self._require_its_name(assignment)
            near = get_close_matches(assignment, known, 1)
            hint = _("did you mean {name!r}?").format(name=near[0]) if near else ""
            there_are = _("there are: {names}").format(names=", ".join(known))
            raise Refusal(
                _("{folder}: there is no assignment {name!r}; {hint}").format(
                    folder=self.source, name=assignment, hint=hint or there_are
                )
            )
        return self.source / assignment / f"{assignment}.ipynb"

    def _require_its_name(self, assignment: str) -> None:
        """Raise `Refusal` where the folder exists but its notebooks have other names."""
        found = sorted(path.name for path in (self.source / assignment).glob("*.ipynb"))
        if found:
            raise Refusal(
                _("{folder}: an assignment is one notebook, {name}, and here are {found}; rename it").format(
                    folder=self.source / assignment, name=f"{assignment}.ipynb", found=", ".join(found)
                )
            )

    def released(self, assignment: str) -> Path:
        """The notebook that learners receive. Raises `Refusal` where it was not released."""
        path = self.release / assignment / f"{assignment}.ipynb"
        if not path.is_file():
            raise Refusal(
                _("{path}: not there; run `torchaula release {assignment}` first").format(
                    path=path, assignment=assignment
                )
            )
        return path


def find(root: Path) -> Course:
    """The course in the folder `root`. Raises `Refusal` where there is none."""
    root = root.resolve()
    course = Course(root)
    if not course.config.is_file() or not course.source.is_dir():
        raise Refusal(
            _(
                "{folder}: not a course (nbgrader_config.py or source/ is missing); "
                "go to one, or give --course"
            ).format(folder=root)
        )
    if GLOB_CHARACTERS & set(str(root)):
        raise Refusal(
            _("{folder}: nbgrader can't work in a folder with any of * ? [ ] in its path; rename it").format(
                folder=root
            )
        )
    return course


def require_writable(folder: Path, is_private: bool = False) -> None:
    """Make `folder` if needed and check that it is writable. Raises `Refusal` where it isn't.

    With `is_private`, a new folder is for its owner alone.
    """
    try:
        if is_private:
            private(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"?")
    except FileExistsError:
        raise Refusal(
            _("{path}: a file stands where a folder must be; move it away").format(path=folder)
        ) from None
    except OSError as error:
        raise Refusal(
            _("{path}: can't be written to ({reason}); check its permissions and the disk").format(
                path=folder, reason=error.strerror or error
            )
        ) from None
