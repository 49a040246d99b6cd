"""Known answers to `tensores/decode`."""

import torch

from torchaula.course.answers import right, wrong


@right("torch-softmax-and-loop")
def decode(logits, names, threshold):
    p = torch.softmax(logits, dim=1)
    sentences = []
    for row in p:
        best = row.argmax().item()
        if row[best] >= threshold:
            sentences.append("es un " + names[best])
        else:
            sentences.append("no sé")
    return sentences


@right("own-softmax-by-keyword")
def decode(logits, names, threshold):
    p = softmax(x=logits, dim=-1)
    largest, where = p.amax(-1), p.argmax(-1)
    known = largest >= threshold
    return [f"es un {names[c]}" if ok else "no sé" for ok, c in zip(known, where, strict=True)]


@right("topk")
def decode(logits, names, threshold):
    best = logits.softmax(1).topk(1, dim=1)
    return [
        "es un " + names[int(c)] if float(p) >= threshold else "no sé"
        for p, c in zip(best.values[:, 0], best.indices[:, 0], strict=True)
    ]


@right("sorted")
def decode(logits, names, threshold):
    p, order = torch.sort(softmax(logits, 1), dim=1, descending=True)
    return ["no sé" if p[i, 0] < threshold else f"es un {names[order[i, 0]]}" for i in range(logits.shape[0])]


@right("lists-only")
def decode(logits, names, threshold):
    answers = []
    for row in logits.tolist():
        powers = [math.exp(value - max(row)) for value in row]
        p = [power / sum(powers) for power in powers]
        known = max(p) >= threshold
        answers.append("es un " + names[p.index(max(p))] if known else "no sé")
    return answers


@right("by-hand-in-tensors")
def decode(logits, names, threshold):
    e = (logits - logits.amax(1, keepdim=True)).exp()
    best = e.amax(1) / e.sum(1)
    choice = torch.where(best >= threshold, logits.argmax(1), len(names))
    sentences = [f"es un {name}" for name in names] + ["no sé"]
    return [sentences[c] for c in choice.tolist()]


@right("one-row-after-another")
def decode(logits, names, threshold):
    def say(row):
        p, c = softmax(row, 0).max(0)
        return f"es un {names[c]}" if p >= threshold else "no sé"

    return list(map(say, logits))


@right("python-max-with-a-key")
def decode(logits, names, threshold):
    answers = []
    for p in softmax(logits, 1).tolist():
        likely, name = max(zip(p, names, strict=True), key=lambda pair: pair[0])
        answers.append("es un " + name if likely >= threshold else "no sé")
    return answers


@right("float32-to-decide")
def decode(logits, names, threshold):
    p, c = torch.softmax(logits.float(), 1).max(1)
    answers = ["no sé"] * len(logits)
    for i in (p >= threshold).nonzero().flatten().tolist():
        answers[i] = "es un " + names[c[i]]
    return answers


@right("numpy")
def decode(logits, names, threshold):
    p = softmax(logits, 1).numpy()
    return [f"es un {names[row.argmax()]}" if row.max() >= threshold else "no sé" for row in p]


@wrong(
    "classes-over-the-batch",
    "buscas la mayor de cada columna (eje 0) y no la de cada fila",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(0)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "softmax-over-the-batch",
    "aplicas softmax sobre el eje 0: repartes la probabilidad entre los ejemplos y no entre las clases",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 0).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "softmax-over-everything",
    "haces un solo softmax con todos los logits de todas las filas",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits.reshape(-1), 0).reshape(logits.shape).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "logits-against-threshold",
    "comparas con el umbral los logits: antes hay que convertirlos en probabilidades",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    z, c = logits.max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(z, c, strict=True)]


@wrong(
    "sigmoid",
    "aplicas la sigmoide a cada logit por separado; softmax compara los de una fila entre sí",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = torch.sigmoid(logits).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "softmax-twice",
    "aplicas softmax dos veces: las probabilidades salen casi iguales y casi nunca llegan al umbral",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(softmax(logits, 1), 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "log-probabilities",
    "comparas con el umbral los logaritmos de las probabilidades",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = torch.log_softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "share-of-the-logits",
    "divides los logits entre su suma: falta la exponencial",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = (logits / logits.sum(1, keepdim=True)).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "overflow",
    "calculas `exp` de los logits tal como llegan: con 1000 da infinito y la fila acaba en `nan`",
    "publico bordes",
)
def decode(logits, names, threshold):
    e = logits.exp()
    p, c = (e / e.sum(1, keepdim=True)).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "strictly-greater",
    "usas `>`: una probabilidad igual al umbral también llega (`>=`)",
    "publico bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q > threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "comparison-inverted",
    "contestas cuando la probabilidad no llega al umbral, y callas cuando llega",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q < threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "never-silent",
    "contestas siempre: no usas el umbral",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    return [f"es un {names[i]}" for i in softmax(logits, 1).argmax(1)]


@wrong(
    "fixed-threshold",
    "usas siempre el mismo umbral y no el que recibes",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= 0.6 else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "first-row-decides",
    "miras el umbral solo en la primera fila y lo aplicas a todas",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    if not len(logits):
        return []
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if p[0] >= threshold else "no sé" for i in c]


@wrong(
    "all-or-none",
    "callas en todas las filas si una sola no llega al umbral",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if (p >= threshold).all() else "no sé" for i in c]


@wrong(
    "silent-rows-left-out",
    "te saltas las filas que no llegan al umbral: hace falta una frase por fila",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" for q, i in zip(p, c, strict=True) if q >= threshold]


@wrong(
    "one-answer-for-all",
    "das la misma respuesta a todas las filas: buscas la mayor de todo el lote",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    if not len(logits):
        return []
    p = softmax(logits, 1)
    best = p.argmax().item()
    sentence = f"es un {names[best % p.shape[1]]}" if p.max() >= threshold else "no sé"
    return [sentence] * len(logits)


@wrong(
    "sum-of-probabilities",
    "comparas con el umbral la suma de las probabilidades, que siempre es 1",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p = softmax(logits, 1)
    return [
        f"es un {names[i]}" if q >= threshold - 1e-5 else "no sé"
        for q, i in zip(p.sum(1), p.argmax(1), strict=True)
    ]


@wrong(
    "mean-of-probabilities",
    "comparas con el umbral la media de las probabilidades, que siempre es 1/k",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p = softmax(logits, 1)
    return [
        f"es un {names[i]}" if q >= threshold else "no sé"
        for q, i in zip(p.mean(1), p.argmax(1), strict=True)
    ]


@wrong(
    "lead-over-the-second",
    "comparas con el umbral la ventaja sobre la segunda clase y no la probabilidad",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p = softmax(logits, 1)
    best = torch.cat([p, p * 0], 1).topk(2, dim=1)
    lead = best.values[:, 0] - best.values[:, 1]
    return [
        f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(lead, p.argmax(1), strict=True)
    ]


@wrong(
    "least-likely",
    "eliges la clase menos probable",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p = softmax(logits, 1)
    return [
        f"es un {names[i]}" if q >= threshold else "no sé"
        for q, i in zip(p.amax(1), p.argmin(1), strict=True)
    ]


@wrong(
    "any-above-threshold",
    "eliges la primera clase que llega al umbral, aunque otra sea más probable",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    answers = []
    for row in softmax(logits, 1).tolist():
        above = [name for p, name in zip(row, names, strict=True) if p >= threshold]
        answers.append(f"es un {above[0]}" if above else "no sé")
    return answers


@wrong(
    "off-by-one",
    "cuentas las clases desde 1; las columnas empiezan en 0",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i - 1]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "name-of-the-row",
    "usas como nombre el de la posición de la fila y no el de la clase que gana",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p = softmax(logits, 1).amax(1)
    return [f"es un {names[i % len(names)]}" if q >= threshold else "no sé" for i, q in enumerate(p)]


@wrong(
    "one-answer-a-class",
    "recorres los nombres en lugar de las filas: salen k frases y no n",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[c[i]]}" if p[i] >= threshold else "no sé" for i in range(min(len(names), len(p)))]


@wrong("ten-classes", "das por hecho que hay 10 clases", "publico valores bordes")
def decode(logits, names, threshold):
    answers = []
    for p in softmax(logits, 1).tolist():
        best = 0
        for c in range(10):
            if p[c] > p[best]:
                best = c
        answers.append(f"es un {names[best]}" if p[best] >= threshold else "no sé")
    return answers


@wrong("three-rows", "das por hecho que hay siempre las mismas filas", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[c[i]]}" if p[i] >= threshold else "no sé" for i in range(3)]


@wrong("no-empty-batch", "fallas cuando no hay ninguna fila", "publico bordes")
def decode(logits, names, threshold):
    p = torch.stack([row for row in softmax(logits, 1)])
    best, c = p.max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(best, c, strict=True)]


@wrong(
    "silent-when-empty",
    "contestas algo cuando no hay ninguna fila: la lista debe salir vacía",
    "publico bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)] or [
        "no sé"
    ]


@wrong(
    "squeezed",
    "`squeeze()` sin decir el eje quita también las filas cuando solo hay una",
    "publico bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1, keepdim=True)
    p, c = p.squeeze(), c.squeeze()
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "one-class-short",
    "con una sola clase no hay segunda que mirar, y fallas",
    "publico bordes",
)
def decode(logits, names, threshold):
    best = softmax(logits, 1).topk(2, dim=1)
    return [
        f"es un {names[i]}" if q >= threshold else "no sé"
        for q, i in zip(best.values[:, 0], best.indices[:, 0], strict=True)
    ]


@wrong(
    "contiguous-only",
    "usas `view`, que falla cuando los datos de `logits` no son contiguos en memoria",
    "publico bordes",
)
def decode(logits, names, threshold):
    n, k = logits.shape
    p = softmax(logits.view(n * k).view(n, k), 1)
    return [f"es un {names[int(row.argmax())]}" if row.max() >= threshold else "no sé" for row in p]


@wrong(
    "numbers-of-classes",
    "devuelves el número de la clase y no una frase con su nombre",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [int(i) if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "a-tensor",
    "devuelves el tensor de las clases y no una lista de frases",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return torch.where(p >= threshold, c, -1)


@wrong(
    "number-in-the-sentence",
    "la frase lleva el número de la clase y no su nombre",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {i}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong("bare-names", "falta `es un ` delante del nombre", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [names[i] if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong("no-blank", "falta el espacio entre `es un` y el nombre", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return ["es un" + names[i] if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong("capitals", "empiezas las frases con mayúscula", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"Es un {names[i]}" if q >= threshold else "No sé" for q, i in zip(p, c, strict=True)]


@wrong("capital-when-silent", "escribes «No sé» y debe ser «no sé», en minúsculas", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "No sé" for q, i in zip(p, c, strict=True)]


@wrong("no-accent", "escribes «no se» sin tilde", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no se" for q, i in zip(p, c, strict=True)]


@wrong("full-stop", "acabas las frases con un punto", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}." if q >= threshold else "no sé." for q, i in zip(p, c, strict=True)]


@wrong("none-when-silent", "devuelves None y no «no sé» donde falta seguridad", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else None for q, i in zip(p, c, strict=True)]


@wrong("tuple", "devuelves una tupla y no una lista", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return tuple(f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True))


@wrong("generator", "usas `yield` o paréntesis: sale un generador y no una lista", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return (f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True))


@wrong("one-text", "juntas todas las frases en un solo texto", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return ", ".join(f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True))


@wrong("printed", "escribes las frases con `print` y no las devuelves", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    for q, i in zip(p, c, strict=True):
        print(f"es un {names[i]}" if q >= threshold else "no sé")


@wrong(
    "return-inside-the-loop",
    "el `return` está dentro del bucle: solo sale la primera fila",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    sentences = []
    p, c = softmax(logits, 1).max(1)
    for q, i in zip(p, c, strict=True):
        sentences.append(f"es un {names[i]}" if q >= threshold else "no sé")
        return sentences
    return sentences


@wrong(
    "rounded-to-hundredths",
    "redondeas la probabilidad antes de compararla: 0.698 pasa a ser 0.7",
    "publico valores",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [
        f"es un {names[i]}" if round(q, 2) >= threshold else "no sé"
        for q, i in zip(p.tolist(), c, strict=True)
    ]


@wrong(
    "percentages",
    "conviertes la probabilidad en un tanto por ciento entero: 0.698 y 0.702 dejan de ser distintas",
    "publico valores",
)
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    return [
        f"es un {names[i]}" if round(100 * q) >= round(100 * threshold) else "no sé"
        for q, i in zip(p.tolist(), c, strict=True)
    ]


@wrong(
    "names-sorted",
    "ordenas `names`: cambias la lista que recibes y el orden de las clases",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    names.sort(reverse=True)
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong("names-extended", "añades «no sé» a `names`: cambias la lista que recibes", "publico valores bordes")
def decode(logits, names, threshold):
    p, c = softmax(logits, 1).max(1)
    names.append("no sé")
    return [f"es un {names[i]}" if q >= threshold else names[-1] for q, i in zip(p, c, strict=True)]


@wrong(
    "names-rewritten",
    "escribes las frases en `names`: cambias la lista que recibes",
    "publico valores bordes",
)
def decode(logits, names, threshold):
    for i, name in enumerate(names):
        names[i] = "es un " + name
    p, c = softmax(logits, 1).max(1)
    return [names[i] if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong("logits-changed", "`logits -= …` modifica el tensor que recibes", "publico valores bordes")
def decode(logits, names, threshold):
    logits -= logits.amax(1, keepdim=True)
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "remembers-earlier-calls",
    "guardas las frases en una lista por defecto, que sobrevive a la llamada: se acumulan",
    "publico valores bordes",
)
def decode(logits, names, threshold, sentences=[]):
    p, c = softmax(logits, 1).max(1)
    sentences += [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]
    return sentences


@wrong("integer-logits", "pasas los logits a enteros y pierdes los decimales", "publico valores")
def decode(logits, names, threshold):
    p, c = softmax(logits.int().float(), 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]


@wrong(
    "float32-only", "mezclas `logits` con un tensor float32: con float64 da error", "publico valores bordes"
)
def decode(logits, names, threshold):
    p = softmax(logits, 1)
    likely = (p @ torch.eye(p.shape[1])).amax(1)
    return [
        f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(likely, p.argmax(1), strict=True)
    ]


@wrong(
    "zero-threshold-replaced",
    "con `threshold or 0.5` un umbral de 0 se convierte en 0.5",
    "publico bordes",
)
def decode(logits, names, threshold):
    threshold = threshold or 0.5
    p, c = softmax(logits, 1).max(1)
    return [f"es un {names[i]}" if q >= threshold else "no sé" for q, i in zip(p, c, strict=True)]
