"""A small course to attack: one exercise answered wrongly, one rightly, one by a forbidden call.

Secrets are planted in its hidden tests, in its model solutions and in another student's notebook.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.mini import COURSES
from torchaula.authoring.release import release
from torchaula.course.layout import Course, find

NAME = "assault"
TEST_SECRET = "QX7TEST-5b1d0c9ae2f47386"
MODEL_SECRET = "QX7MODEL-c06f2e81a95d7b34"
PEER_SECRET = "QX7PEER-9e47b3a1f0d265c8"
COURSE_SECRET = b"QX7COURSE-5d90e17ab2c84f63e9d1a0".hex()  # from which hidden cells take their inputs
# What attacks look for. They know how secrets begin, not how they end, so their own text is no find.
SECRET = re.compile(
    r"QX7(?:TEST|MODEL|PEER)-[0-9a-f]{16}|QX7COURSE-[0-9a-f]{22}|515837434f555253452d[0-9a-f]{44}"
)
# What the attacker hands in beside the attack.
ANSWERS = {
    "double": "def double(x):\n    return x + 0.5",
    "add-one": "def add_one(x):\n    return 1 + x",
    "halve": "def halve(x):\n    return torch.div(x, 2)",
}
RIGHT = {
    "double": f"def double(x):\n    return x + x  # {PEER_SECRET}",
    "add-one": "def add_one(x):\n    return 1 + x",
    "halve": "def halve(x):\n    return x * 0.5",
}
POINTS = {"publico": 1, "valores": 4, "bordes": 3}


def write(root: Path) -> Course:
    """Write the course, its release and what a course keeps of other students to the folder `root`."""
    shutil.copytree(COURSES / "source" / NAME, root / "source" / NAME)
    (root / "nbgrader_config.py").write_text((Path(__file__).parents[2] / "nbgrader_config.py").read_text())
    course = find(root)
    release(course, NAME)
    for path, text in (
        (root / "gradebook.db", f"scores {PEER_SECRET}"),
        (root / "gradebook.secret", f"what inputs are made of {PEER_SECRET}"),
        (root / "submitted" / "peer" / NAME / f"{NAME}.ipynb", f"an answer {PEER_SECRET}"),
        (root / "autograded" / "peer" / NAME / f"{NAME}.ipynb", f"tests {TEST_SECRET}"),
        (root / "answers" / NAME / "double.md", f"answers {MODEL_SECRET}"),
        (root / "home" / ".bashrc", "alias grade=ours\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return course
