"""Hold all Spanish texts of the feedback page in one place."""

from __future__ import annotations

from collections.abc import Sequence

from torchaula.findings import Certainty, Label, Outcome
from torchaula.grading.trusted.verdict import Lost
from torchaula.report.by_person import State

SKIP = "Ir al contenido"
TITLE = "Corrección"
OF_STUDENT = "Entrega de"
SUMMARY = "Resumen"
POINTS, RESULT, EXERCISE_AND_ASPECT = "Puntos", "Resultado", "Ejercicio y prueba"
OF = "de"
OF_POINTS = "puntos"
TABLE_CAPTION = "Puntos y resultado de cada ejercicio y de cada prueba que no se ha superado"
LEGEND = (
    "«Valores», «bordes» y «gradiente» son las pruebas ocultas. Comprueban lo mismo que anuncia el "
    "enunciado, con otros datos."
)
BACK = "Volver al resumen"
ALL_PASSED = "¡Enhorabuena! Tu código supera todas las pruebas."
WHERE_TO_LOOK = (
    "De cada prueba que falta tienes más abajo qué se llamó, qué se obtuvo y qué se esperaba. "
    "Ve de una en una: arreglar la primera a menudo arregla otras."
)
DIAGNOSES = {
    Certainty.SURE: "Un error conocido",
    Certainty.POSSIBLE: "Puede que sea este error conocido",
}
HINTS = "Vuelve a las pistas del enunciado"
HINTS_HOW = "De menos a más: abre la primera, inténtalo y sigue solo si te hace falta."
CALLS = "Qué se llamó en cada una"
YOUR_CODE = "Tu código"
YOUR_CELL = "Tu celda"
MESSAGE = "Mensaje de la prueba"
SOLUTION = "Ver una solución del curso"
SOLUTION_HOW = "Es una manera de resolverlo: la tuya puede ser otra, e igual de buena."
SOLUTION_CODE = "Una solución del curso"
NO_CODE = "Esta celda está vacía."
NAMED_LINE = "la línea que nombra la prueba"
OUTPUT = "Lo que muestra al ejecutarse"
COMMENT = "Comentario de quien corrige"
PASSED_EXERCISES = "Ejercicios superados"
PASSED_HOW = "Aquí no falta nada. Ábrelos si quieres repasar tu código."
OTHER_CELLS = "Tus otras celdas"
OTHER_HOW = "Las celdas que has añadido no dan ni quitan puntos; se muestran como las entregaste."
FOOTER = "Los puntos son los del registro de calificaciones en el momento de crear esta página."

ASPECTS = {
    "publico": "comprobación pública",
    "valores": "valores",
    "bordes": "bordes",
    "gradiente": "gradiente",
}
LABELS = {  # the same as in a check's message in a notebook
    Label.TEST: "Prueba",
    Label.CASE: "Caso",
    Label.CALL: "Llamada",
    Label.SKETCH: "Llamada",
    Label.BY_TEST: "Llamada",
    Label.ABOUT: "Se mira",
    Label.OBTAINED: "Obtenido",
    Label.EXPECTED: "Esperado",
    Label.DIFFERENCE: "Diferencia",
    Label.ALIKE: "Coinciden",
    Label.LINE: "Tu línea",
    Label.BEFORE: "Antes",
    Label.CAUSE: "Causa",
    Label.REMEDY: "Remedio",
    Label.PLAIN: "",
}
OUTCOMES = {
    Outcome.PASSED: "Superada",
    Outcome.FAILED: "No superada",
    Outcome.RAISED: "Error al ejecutar",
    Outcome.TIMED_OUT: "Sin tiempo",
    Outcome.OUT_OF_MEMORY: "Sin memoria",
    Outcome.PROCESS_DIED: "Proceso terminado",
    Outcome.NOT_REACHED: "Sin comprobar",
    Outcome.INFRASTRUCTURE: "Fallo de la corrección",
}
UNWRITTEN = "Por escribir"
EXPLAINED = {
    Outcome.RAISED: (
        "Tu código se paró con una excepción (*exception*) donde se esperaba un resultado. Lee su nombre y "
        "su mensaje."
    ),
    Outcome.TIMED_OUT: (
        "Tu código no había terminado cuando se acabó el tiempo de esta prueba, y se paró. Lee abajo si "
        "seguía trabajando o si esperaba a algo, y qué puedes mirar."
    ),
    Outcome.OUT_OF_MEMORY: (
        "Tu código pidió más memoria de la que hay para una entrega. Busca un tensor mucho mayor que los "
        "datos o una lista que crece sin parar."
    ),
    Outcome.PROCESS_DIED: (
        "El proceso en el que corría tu código terminó de golpe, así que no hay resultado que mirar. Busca "
        "`exit`, `quit` u `os._exit`, una recursión sin final o un índice que se sale de la memoria."
    ),
    Outcome.NOT_REACHED: (
        "Esta prueba no se llegó a hacer: antes, tu código paró el proceso o gastó el tiempo que hay para "
        "toda la entrega. Arregla primero eso."
    ),
    Outcome.INFRASTRUCTURE: (
        "Ha fallado la corrección, no tu código. No tienes que cambiar nada: avisa a quien corrige para que "
        "la repita."
    ),
}
# How to make an exception happen again; a call of a test's own function can't be repeated.
REPEAT = {
    Label.CALL: "Para verla otra vez, repite la llamada en una celda tuya.",
    Label.SKETCH: (
        "Para verla otra vez, repite la llamada en una celda tuya; donde solo se ven la forma y el tipo de "
        "un tensor, crea uno igual, por ejemplo con `torch.randn(forma, dtype=…)`."
    ),
}
WAITS = "Pendiente: lo corrige una persona"
NO_ANSWER = "Sin respuesta"
BY_HAND = "Corregido por una persona"
BY_PERSON = {State.WAITS: WAITS, State.UNANSWERED: NO_ANSWER, State.GIVEN: BY_HAND}
YOUR_ANSWER = "Tu respuesta"
NOTHING_BELOW = "No has añadido ninguna celda debajo del enunciado."
LOST = {
    Lost.DIED: (
        "El proceso terminó de golpe mientras se ejecutaba esta celda: lo que define no existe después."
    ),
    Lost.NOT_RUN: (
        "Esta celda no se llegó a ejecutar: las anteriores gastaron todo el tiempo que hay para tus celdas. "
        "Lo que define no existe después."
    ),
    Lost.TIMED_OUT: "Esta celda no terminó a tiempo y se paró: lo que define después no existe.",
    Lost.OUT_OF_MEMORY: (
        "Esta celda pidió más memoria de la que hay para una entrega y se paró: lo que define no existe "
        "después."
    ),
}
NO_DETAIL = "De esta prueba no se guardó más detalle. Repite la comprobación pública en tu cuaderno."


def aspects(names: Sequence[str]) -> str:
    """The names of some graded cells, for a heading."""
    words = [ASPECTS.get(name, name) for name in names]
    listed = " y ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    return listed[:1].upper() + listed[1:]


def passed(count: int, total: int) -> str:
    """Says how many exercises are done."""
    if not total:
        return ""
    if not count:
        return "Todavía no has superado ningún ejercicio por completo."
    noun = "ejercicio" if total == 1 else "ejercicios"
    return f"Has superado por completo {count} de {total} {noun}."


def tests_passed(count: int, total: int) -> str:
    """Says how an exercise ended, in its row of the summary."""
    if count == total:
        return "Superado"
    noun = "prueba" if total == 1 else "pruebas"
    return f"{count} de {total} {noun}"


def late(before: str, penalty: str) -> str:
    """Says how a late submission changes the total."""
    return f"La entrega vale {before} puntos; por entregar con retraso se restan {penalty}."


def waiting(points: str) -> str:
    """Says what the total doesn't count yet."""
    return f"Hay respuestas que corrige una persona, por {points} puntos: el total no las cuenta todavía."


def by_hand(automatic: str) -> str:
    """Says that a person set these points."""
    return f"Puntos puestos por quien corrige; la corrección automática da {automatic}."


def explained_in(names: Sequence[str]) -> str:
    """Says which graded cells a diagnosis is about."""
    return f"En: {aspects(names).lower()}."


def figure(number: int, exercise: str) -> str:
    """The alternative text of a picture."""
    where = f"tu código de {exercise}" if exercise else "una de tus celdas"
    return f"Figura {number} que dibuja {where}"


def left_out(lines: int) -> str:
    """Says that a long text was cut."""
    return f"… (y {lines} líneas más)" if lines > 1 else "… (y más)"


def other_cells(count: int) -> str:
    """The label that opens the learner's own cells."""
    return "Ver tu celda" if count == 1 else f"Ver tus {count} celdas"


def number(value: float) -> str:
    """Points in Spanish notation: `3`, `2,5`."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",").replace("-", "−")
