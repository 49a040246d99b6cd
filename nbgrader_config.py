"""How nbgrader's own commands and the formgrader work on this course; `torchaula` reads it too."""

from pathlib import Path

c = get_config()  # noqa: F821  (traitlets defines it)

OURS = "torchaula.plugins.autograde"
GUARD = "torchaula.plugins.guard"
NBGRADER = "nbgrader.preprocessors"
COURSE = Path(__file__).resolve().parent

# This course and no other, whatever a configuration in your home folder says.
c.CourseDirectory.course_id = "torchaula"
c.CourseDirectory.root = str(COURSE)
c.CourseDirectory.db_url = f"sqlite:///{COURSE / 'gradebook.db'}"
for step in ("source", "release", "submitted", "autograded", "feedback"):
    c.CourseDirectory[f"{step}_directory"] = step
c.NbGrader.logfile = ""

# The exchange belongs to JupyterHub; without a folder of our own the formgrader complains at every page.
c.Exchange.root = str(COURSE / ".torchaula" / "exchange")
c.Exchange.cache = str(COURSE / ".torchaula" / "cache")
# A folder there that can't be collected, or holds links, is named and skipped.
c.ExchangeFactory.collect = "torchaula.plugins.collect_exchange.Collect"
# Who handed in without it, or with another one's secret, is named and skipped.
c.ExchangeFactory.release_feedback = "torchaula.plugins.release_feedback.ReleaseFeedback"

# What learners receive; made of other cells than grades belong to, it is refused before the old one goes.
c.GenerateAssignment.exporter_class = f"{GUARD}.SourceExporter"
c.ClearSolutions.code_stub = {"python": "# ESCRIBE AQUÍ TU CÓDIGO"}
c.ClearSolutions.text_stub = "*Escribe aquí tu respuesta.*"

# What learners packed is unpacked with care.
c.ZipCollectApp.extractor_plugin = "torchaula.plugins.extract.Extractor"
# Whose a notebook is in a platform's download, and when it was handed in; the zone is your Moodle profile's.
c.ZipCollectApp.collector_plugin = "torchaula.plugins.collect.ClassCollector"
c.MoodleCollector.timezone = "Europe/Madrid"

# What is read of a submission, however damaged.
c.Autograde.exporter_class = f"{OURS}.SubmissionExporter"

# What is graded: the instructor's cells and files, whatever was handed in beside the solutions.
c.Autograde.sanitize_preprocessors = [
    f"{OURS}.LeaveOutForeignFiles",
    f"{NBGRADER}.OverwriteKernelspec",
    f"{NBGRADER}.OverwriteCells",
    f"{NBGRADER}.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    f"{OURS}.Grade",  # in a sandbox, in place of nbgrader's Execute
    f"{NBGRADER}.SaveAutoGrades",
    f"{OURS}.NoteArrival",  # when a submission arrived, as far as that can be believed
    f"{NBGRADER}.AssignLatePenalties",
    f"{OURS}.NotePenalty",  # what lateness cost, so that a changed rule is noticed
    f"{NBGRADER}.CheckCellMetadata",
]
c.Grade.cell_seconds = 60.0  # of CPU, for one of a learner's own cells; a graded cell says its own limit
c.Grade.cells_seconds = 90.0  # for all of them together, and never more than 3/4 of the next
c.Grade.cpu_seconds = 120.0  # for a whole submission, second tries included; what is left then is not reached
c.Grade.wall_seconds = 300.0  # the same on the clock

# `nbgrader validate` would run learners' code unconfined: on a course it runs nothing.
c.Execute.kernel_manager_class = f"{GUARD}.CourseKernelManager"

# What late work costs: a share of the points for each day begun after deadline and grace.
c.AssignLatePenalties.plugin_class = "torchaula.plugins.late_work.LateWork"
c.LateWork.deadlines = {}  # of each assignment, as in {"mlp": "2026-12-01 23:59 Europe/Madrid"}
c.LateWork.grace_minutes = 10.0  # after the deadline that cost nothing
c.LateWork.percent_a_day = 10.0  # of the points earned
c.LateWork.cap_percent = 50.0  # the most that lateness costs, of the points earned
c.LateWork.believe_timestamp_files = False  # True where nobody but your exchange writes timestamp.txt
c.LateWork.returned = "before"  # points for a platform, which can deduct too; or "after" the penalty

# The grades as a table, with what became of each submission.
c.ExportApp.plugin_class = "torchaula.plugins.export.CsvExport"

# What learners get back: our own page, in Spanish, without the text of any test.
c.GenerateFeedback.exporter_class = "torchaula.plugins.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["torchaula.plugins.feedback.GetGrades"]

# What the formgrader shows: code coloured as on the feedback page, since Pygments takes minutes for some of a
# learner's texts; formulas as MathML, so that they need no network.
c.HTMLExporter.filters = {
    "highlight_code": "torchaula.plugins.highlight.filtered",
    "markdown2html": "torchaula.plugins.formgrader.markdown",
}
c.HTMLExporter.preprocessors = ["torchaula.plugins.formgrader.OwnTemplates"]
