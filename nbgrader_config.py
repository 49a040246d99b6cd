"""How nbgrader's own commands and the formgrader work on this course; `torchaula` reads it too."""

from pathlib import Path

c = get_config()  # noqa: F821  (traitlets defines it)

OURS = "torchaula.grading.nbgrader_preprocessors"
NBGRADER = "nbgrader.preprocessors"
COURSE = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "torchaula"
c.NbGrader.logfile = ""

# The exchange belongs to JupyterHub; without a folder of our own the formgrader complains at every page.
c.Exchange.root = str(COURSE / ".torchaula" / "exchange")
c.Exchange.cache = str(COURSE / ".torchaula" / "cache")

# What learners receive.
c.ClearSolutions.code_stub = {"python": "# ESCRIBE AQUÍ TU CÓDIGO"}
c.ClearSolutions.text_stub = "*Escribe aquí tu respuesta.*"

# What is graded: the instructor's cells and files, whatever was handed in beside the solutions.
c.Autograde.sanitize_preprocessors = [
    f"{OURS}.LeaveOutForeignFiles",
    f"{OURS}.Rebuild",
    f"{NBGRADER}.OverwriteKernelspec",
    f"{NBGRADER}.OverwriteCells",
    f"{NBGRADER}.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    f"{OURS}.ExecuteWithinLimits",
    f"{OURS}.OnlyErrorsCost",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    f"{NBGRADER}.LimitOutput",
    f"{NBGRADER}.SaveAutoGrades",
    f"{NBGRADER}.AssignLatePenalties",
    f"{NBGRADER}.CheckCellMetadata",
]
c.Execute.timeout = 60  # seconds a cell
c.Execute.iopub_timeout = 30  # the default of 4 fails honest submissions on a busy machine
c.Execute.startup_timeout = 300
c.ExecuteWithinLimits.notebook_timeout = 300  # seconds a notebook, after which its cells get one each
c.Execute.extra_arguments = ["--log-level=ERROR"]  # no remarks of a kernel's start on the terminal

# What learners get back: no hidden test, no traceback through one; in Spanish.
c.GenerateFeedback.exporter_class = "torchaula.report.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = [
    f"{OURS}.HideTests",
    f"{NBGRADER}.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
