"""The sentences about how far a learner is."""

from __future__ import annotations

from collections.abc import Sequence

from torchaula.checks.progress import Progress, State

FEW = 3  # exercises that a line still names

STATES = {
    State.PASSED: "✔ pasa",
    State.CHANGED: "↻ pasó, y has cambiado la respuesta: compruébala otra vez",
    State.FAILED: "✘ todavía no pasa",
    State.UNTRIED: "· sin comprobar",
}


def so_far(progress: Progress) -> str:
    """One line after each check: exercises and public points so far, and the last few that remain."""
    left = [exercise for exercise in progress.points if progress.state(exercise) is not State.PASSED]
    if not left:
        return f"✔ Pasan todas las comprobaciones: {_points(progress)}."
    passed, every = len(progress.points) - len(left), len(progress.points)
    named = f" Por pasar: {', '.join(left)}." if len(left) <= FEW else ""
    return f"Llevas {passed} de {every} ejercicios y {_points(progress)}.{named}"


def _points(progress: Progress) -> str:
    got = sum(n for name, n in progress.points.items() if progress.state(name) is State.PASSED)
    return f"{got:g} de {sum(progress.points.values()):g} puntos públicos"


def table(progress: Progress) -> str:
    """A line an exercise: its points, its name, and what became of its check; then the sum."""
    width = max(map(len, progress.points), default=0)
    lines = [f"{'ejercicio':<{width}}  puntos  comprobación pública"]
    for exercise, points in progress.points.items():
        state = progress.state(exercise)
        got = points if state is State.PASSED else 0
        lines.append(f"{exercise:<{width}}  {f'{got:g} de {points:g}':<6}  {STATES[state]}")
    return "\n".join([*lines, "", f"En total: {_points(progress)}.", HIDDEN_REMAIN])


HIDDEN_REMAIN = "Los demás puntos los dan las pruebas ocultas, con otros datos, cuando se corrige la entrega."


def missing(names: Sequence[str]) -> str:
    """A demo needs pieces that are not there."""
    if len(names) == 1:
        return f"Esta celda usa tu {_listed(names)}: pasa antes su comprobación y vuelve a ejecutarla."
    return f"Esta celda usa tus {_listed(names)}: pasa antes sus comprobaciones y vuelve a ejecutarla."


def whose(own: Sequence[str], lent: Sequence[str], absent: Sequence[str]) -> str:
    """Which pieces are the learner's, which torch's, and which results were computed beforehand."""
    lines = [
        f"Con lo que has escrito tú: {_listed(own)}." if own else "",
        f"Con lo de PyTorch, mientras no pase tu comprobación: {_listed(lent)}." if lent else "",
        f"Ya calculado, mientras no pase tu comprobación: lo que sale de {_listed(absent)}."
        if absent
        else "",
    ]
    return "\n".join(line for line in lines if line)


def _listed(names: Sequence[str]) -> str:
    first, last = [f"`{name}`" for name in names[:-1]], f"`{names[-1]}`"
    return f"{', '.join(first)} y {last}" if first else last
