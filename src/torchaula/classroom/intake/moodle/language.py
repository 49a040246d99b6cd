"""The words of Moodle's grading worksheet that count for its importer, in each language that we read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Headers exactly as Moodle compares them, other words in the form that `roster.key` returns.

    `participant` is what Moodle writes before a participant's number, and cuts by its length.
    """

    name: str
    participant: str
    identifier: str
    grade: str
    graded_at: str
    decimal: str
    person: str
    maximum: tuple[str, ...]
    scale: tuple[str, ...]
    can_change: tuple[str, ...]
    no: str
    group: tuple[str, ...]
    nobody: str  # the name under blind marking
    upload: str  # where the worksheet is uploaded
    tick: str  # the box that lets newer records be updated
    zip: str  # where the feedback zip is uploaded

    @property
    def needed(self) -> tuple[str, str, str]:
        """The headers without which Moodle refuses the whole file."""
        return self.identifier, self.grade, self.graded_at


ENGLISH = Language(
    name="English",
    participant="Participant ",
    identifier="Identifier",
    grade="Grade",
    graded_at="Last modified (grade)",
    decimal=".",
    person="full name",
    maximum=("maximum grade",),
    scale=("scale",),
    can_change=("grade can be changed",),
    no="no",
    group=("group",),
    nobody="Participant",
    upload="Upload grading worksheet",
    tick="Allow updating records that have been modified more recently in Moodle than in the spreadsheet",
    zip="Upload multiple feedback files in a zip",
)
SPANISH = Language(
    name="español",
    participant="Participante",
    identifier="Identificador",
    grade="Calificación",
    graded_at="Última modificación (calificación)",
    decimal=",",
    person="nombre completo",
    maximum=("calificacion maxima",),
    scale=("escala",),
    can_change=("la calificacion puede ser cambiada", "la calificacion se puede cambiar"),
    no="no",
    group=("grupo",),
    nobody="Participante",
    upload="Subir la hoja de calificaciones",
    tick="Permitir la actualización de los registros que se han modificado más recientemente en Moodle",
    zip="Subir múltiples archivos de retroalimentación en un zip",
)
LANGUAGES = ENGLISH, SPANISH


def of(headers: Sequence[str]) -> Language | None:
    """The language whose identifier is among the headers."""
    return next((each for each in LANGUAGES if each.identifier in headers), None)
