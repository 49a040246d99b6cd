"""Collect submissions from the exchange one by one, so that one bad folder doesn't stop the others.

On a shared disk, learners own their folders there. nbgrader would follow a link in one of them with the
instructor's rights: to the model solution, for instance, which would be collected as that learner's answer.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from torchaula.i18n import _
from torchaula.printing import printable


class Collect(ExchangeCollect):  # type: ignore[misc]
    """Names the students whose folder can't be collected, and collects all others.

    What was collected of them before stays. Then the command ends as failed.
    """

    src_records: list[dict[str, Any]]

    def copy_files(self) -> None:
        """Copy each student's newest folder from the exchange."""
        records, failed = self.src_records, 0
        if not records:
            super().copy_files()  # which says so
        for record in records:
            self.src_records = [record]
            problem = _problem(Path(self.inbound_path, record["filename"]))
            try:
                if not problem:
                    super().copy_files()
            except (OSError, RuntimeError) as error:  # RuntimeError: too large
                problem = printable(str(error))
            if problem:
                failed += 1
                told = _("{student}: not collected: {problem}; ask them to submit again")
                self.log.error("%s", told.format(student=printable(record["username"]), problem=problem))
        if failed:
            self.fail(_("some could not be collected"))

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a folder as nbgrader does, but links as links: one may have come since we looked."""
        here = self.coursedir
        if self.get_size(src) > 1000 * here.max_dir_size:
            raise RuntimeError(_("larger than {size} MB").format(size=here.max_dir_size // 1000))
        leave_out = ignore_patterns(here.ignore, here.include, here.max_file_size, self.log)
        shutil.copytree(src, dest, symlinks=True, ignore=leave_out)
        if here.groupshared:
            for folder, _folders, files in os.walk(dest):
                Path(folder).chmod(Path(folder).stat().st_mode & 0o2777 | 0o2770)
                for path in (Path(folder, name) for name in files):
                    if not path.is_symlink():
                        path.chmod(path.stat().st_mode & 0o777 | 0o660)


def _problem(folder: Path) -> str:
    """Why a folder in the exchange can't be collected; empty if it can."""
    try:
        for path in (folder, *folder.rglob("*")):
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                return _("{name} is a link, or no file").format(name=printable(path.name))
            if not os.access(path, os.R_OK):
                return _("{name} can't be read").format(name=printable(path.name))
    except OSError as error:
        return printable(error.strerror or str(error))
    return ""
