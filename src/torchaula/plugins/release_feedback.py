"""Release feedback student by student, so that one bad submission doesn't stop the others.

The exchange gives a page to whoever has the secret that was handed in with the notebook. Learners can write
that file, so two may hand in the same secret, and each would get the other's page.
"""

from __future__ import annotations

import glob
from collections import defaultdict
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from torchaula.classroom.intake import exchange_files
from torchaula.i18n import _

READABLE = 0o644  # nbgrader keeps the page's own mode, and a strict umask shuts learners out
SHORTEST = 32  # characters of a secret that can't be guessed; nbgrader's own has 128


class ReleaseFeedback(ExchangeReleaseFeedback):  # type: ignore[misc]
    """Releases each student's feedback separately, and names the students whose feedback can't be released.

    Ends the command with an error if nothing could be released.
    """

    src_path: str  # a glob pattern of the requested folders

    def copy_files(self) -> None:
        """Copy the pages of all requested students to the exchange."""
        excluded = self.coursedir.student_id_exclude.split(",")
        found = map(Path, sorted(glob.glob(self.src_path)))  # noqa: PTH207
        wanted = [folder for folder in found if folder.parent.name not in excluded]
        others, done = self._others(), 0
        for folder in wanted:
            student = folder.parent.name
            if problem := self._problem(folder, others):
                self.log.error("%s: %s", student, problem)
                continue
            self.src_path = glob.escape(str(folder))
            super().copy_files()
            self._page(_secret(folder)).chmod(READABLE)
            done += 1
        if wanted and not done:
            self.fail(_("no feedback was released"))

    def _others(self) -> dict[str, set[str]]:
        """The students whose pages would get each name in the exchange, whoever is requested."""
        here, found = self.coursedir, defaultdict(set)
        everybody = here.format_path(here.feedback_directory, "*", here.assignment_id)
        for folder in map(Path, glob.glob(everybody)):  # noqa: PTH207
            if secret := _secret(folder):
                found[self._name(secret)].add(folder.parent.name)
        return found

    def _problem(self, folder: Path, others: dict[str, set[str]]) -> str:
        """Why the feedback in `folder` can't be released; empty if it can."""
        secret = _secret(folder)
        if not secret:
            return _(
                "not released: it was handed in without the exchange, or its {files} can't be used; "
                "give this student {folder} another way"
            ).format(files=" / ".join(exchange_files.NAMES), folder=folder)
        twins = others[self._name(secret)] - {folder.parent.name}
        if not twins:
            return ""
        self._page(secret).unlink(missing_ok=True)  # it may have been released before the other came
        return _(
            "not released: {file} is the same as that of {students}, who would read this page too; "
            "give each of them their page another way"
        ).format(file=exchange_files.SECRET, students=", ".join(sorted(twins)))

    def _name(self, secret: str) -> str:
        """The exchange's name for the page of a submission with this secret."""
        return str(notebook_hash(secret=secret, notebook_id=self.coursedir.assignment_id))

    def _page(self, secret: str) -> Path:
        return Path(self.dest_path, f"{self._name(secret)}.html")


def _secret(folder: Path) -> str:
    """The secret of a submission, as nbgrader reads it; empty if the exchange can't use it."""
    files = exchange_files.kept(folder)
    try:
        texts = {
            name: content.decode().replace("\r\n", "\n").replace("\r", "\n")
            for name, content in files.items()
        }
    except UnicodeDecodeError:
        return ""
    is_whole = set(texts) == set(exchange_files.NAMES) and all(
        t.strip().isprintable() for t in texts.values()
    )
    secret = texts.get(exchange_files.SECRET, "")
    return secret if is_whole and len(secret) >= SHORTEST else ""
