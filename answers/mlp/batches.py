"""Known answers to `mlp/batches`."""

import torch

from torchaula.course.answers import right, wrong


@right("list-of-pairs")
def batches(X, y, batch_size, generator):
    n = X.shape[0]
    order = torch.randperm(n, generator=generator)
    X, y = X[order], y[order]
    return [(X[i : i + batch_size], y[i : i + batch_size]) for i in range(0, n, batch_size)]


@right("split-the-permutation")
def batches(X, y, batch_size, generator):
    if len(y) == 0:
        return
    for rows in torch.randperm(len(y), generator=generator).split(batch_size):
        yield X.index_select(0, rows), y.index_select(0, rows)


@right("sorted-random-keys")
def batches(X, y, batch_size, generator):
    order = torch.rand(len(X), generator=generator, dtype=torch.float64).argsort()
    shuffled = zip(X[order].split(batch_size), y[order].split(batch_size), strict=True)
    return filter(lambda pair: len(pair[1]) > 0, shuffled)


@right("drawn-without-replacement")
def batches(X, y, batch_size, generator):
    left = torch.ones(len(X))
    if len(X):
        left = torch.multinomial(left, len(X), replacement=False, generator=generator)
    while len(left):
        rows, left = left[:batch_size], left[batch_size:]
        yield [X[rows], y[rows]]


@right("seed-for-python")
def batches(X, y, batch_size, generator):
    import random

    seed = torch.randint(2**62, (), generator=generator).item()
    order = random.Random(seed).sample(range(len(X)), len(X))
    for i in range(0, len(order), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@right("two-copies-of-the-generator")
def batches(X, y, batch_size, generator):
    twin = torch.Generator()
    twin.set_state(generator.get_state())
    xs = X[torch.randperm(len(X), generator=generator)]
    ys = y[torch.randperm(len(y), generator=twin)]
    start = 0
    while start < len(xs):
        yield xs[start : start + batch_size], ys[start : start + batch_size]
        start += batch_size


@wrong(
    "last-dropped",
    "pierdes las filas del último lote cuando no llega a `batch_size`",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(len(X) // batch_size):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield X[rows], y[rows]


@wrong(
    "shuffled-apart",
    "barajas `X` e `y` por separado: cada fila acaba con la etiqueta de otra",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    X = X[torch.randperm(len(X), generator=generator)]
    y = y[torch.randperm(len(y), generator=generator)]
    for i in range(0, len(X), batch_size):
        yield X[i : i + batch_size], y[i : i + batch_size]


@wrong(
    "labels-not-shuffled",
    "barajas `X` pero no `y`: cada fila acaba con la etiqueta de otra",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[i : i + batch_size]


@wrong(
    "global-generator", "barajas con el generador global y no con el que recibes", "publico valores bordes"
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X))
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong("python-random", "barajas con el azar de Python y no con el generador que recibes", "publico valores")
def batches(X, y, batch_size, generator):
    import random

    order = random.sample(range(len(X)), len(X))
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    "global-reseeded", "cambias la semilla del generador global de PyTorch, que es de todos", "publico bordes"
)
def batches(X, y, batch_size, generator):
    torch.manual_seed(torch.randint(2**62, (), generator=generator).item())
    order = torch.randperm(len(X))
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong("not-shuffled", "tus lotes salen en el orden original: falta barajar", "publico valores")
def batches(X, y, batch_size, generator):
    for i in range(0, len(X), batch_size):
        yield X[i : i + batch_size], y[i : i + batch_size]


@wrong("reversed", "das la vuelta a las filas: eso no es barajar, sale siempre igual", "publico valores")
def batches(X, y, batch_size, generator):
    X, y = X.flip(0), y.flip(0)
    for i in range(0, len(X), batch_size):
        yield X[i : i + batch_size], y[i : i + batch_size]


@wrong("rolled", "giras las filas una cantidad al azar: las vecinas siguen juntas", "publico valores")
def batches(X, y, batch_size, generator):
    if len(X) == 0:
        return
    shift = torch.randint(2**40, (), generator=generator).item()
    order = torch.arange(len(X)).roll(shift % len(X))
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    "drawn-with-replacement",
    "eliges filas al azar con repetición: unas salen dos veces y otras ninguna",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    for i in range(0, len(X), batch_size):
        rows = torch.randint(len(X), (min(batch_size, len(X) - i),), generator=generator)
        yield X[rows], y[rows]


@wrong(
    "new-shuffle-each-batch",
    "barajas de nuevo en cada lote: unas filas salen dos veces y otras ninguna",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    for i in range(0, len(X), batch_size):
        rows = torch.randperm(len(X), generator=generator)[i : i + batch_size]
        yield X[rows], y[rows]


@wrong(
    "reseeded",
    "pones la semilla dentro de la función: todas las épocas salen en el mismo orden",
    "publico valores",
)
def batches(X, y, batch_size, generator):
    generator.manual_seed(0)
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    "back-to-first-seed",
    "vuelves a la semilla inicial en cada época: salen todas en el mismo orden",
    "publico valores",
)
def batches(X, y, batch_size, generator):
    fresh = torch.Generator().manual_seed(generator.initial_seed())
    order = torch.randperm(len(X), generator=fresh)
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    "only-batches-shuffled",
    "cambias el orden de los lotes, pero dentro llevan siempre las mismas filas",
    "publico valores",
)
def batches(X, y, batch_size, generator):
    starts = list(range(0, len(X), batch_size))
    last = starts[-1:] if len(X) % batch_size else []
    full = starts[: len(starts) - len(last)]
    order = [full[i] for i in torch.randperm(len(full), generator=generator)] + last
    for i in order:
        yield X[i : i + batch_size], y[i : i + batch_size]


@wrong(
    "shuffled-inside-batches",
    "barajas dentro de cada lote, pero cada lote lleva siempre las mismas filas",
    "publico valores",
)
def batches(X, y, batch_size, generator):
    for i in range(0, len(X), batch_size):
        xb, yb = X[i : i + batch_size], y[i : i + batch_size]
        order = torch.randperm(len(xb), generator=generator)
        yield xb[order], yb[order]


@wrong(
    "last-row-lost",
    "`range(0, n - 1, …)` pierde la última fila cuando se queda sola en un lote",
    "publico bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X) - 1, batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    "row-lost-in-each-batch",
    "el corte acaba una fila antes de lo debido: pierdes una fila por lote",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        yield X[order[i : i + batch_size - 1]], y[order[i : i + batch_size - 1]]


@wrong("one-row-skipped", "`randperm(n - 1)` deja fuera la última fila de `X`", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(max(len(X) - 1, 0), generator=generator)
    for i in range(0, len(order), batch_size):
        yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong("empty-last", "cuando `n` es múltiplo de `batch_size` das al final un lote vacío", "publico bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(len(X) // batch_size + 1):
        rows = order[i * batch_size : (i + 1) * batch_size]
        yield X[rows], y[rows]


@wrong("empty-batch-without-rows", "sin filas das un lote vacío, cuya media es NaN", "publico bordes")
def batches(X, y, batch_size, generator):
    for rows in torch.randperm(len(X), generator=generator).split(batch_size):
        yield X[rows], y[rows]


@wrong("size-as-count", "tomas `batch_size` por el número de lotes", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for rows in order.chunk(batch_size):
        yield X[rows], y[rows]


@wrong(
    "even-sizes", "repartes las filas en lotes parejos en lugar de llenar cada uno", "publico valores bordes"
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    if len(X):
        for rows in order.tensor_split(-(-len(X) // batch_size)):
            yield X[rows], y[rows]


@wrong("last-filled-up", "completas el último lote con filas repetidas", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[(torch.arange(batch_size) + i) % len(X)]
        yield X[rows], y[rows]


@wrong("labels-in-a-column", "cambias la forma de `y`: de [m] a [m, 1]", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield X[rows], y[rows].reshape(-1, 1)


@wrong(
    "squeezed",
    "`squeeze` quita ejes cuando un lote tiene una sola fila o `X` una sola columna",
    "publico bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield X[rows].squeeze(), y[rows].squeeze()


@wrong(
    "type-changed",
    "cambias el tipo de los datos (`dtype`): deben salir como llegan",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield X[rows].float(), y[rows].float()


@wrong("lists-of-rows", "das listas de filas en lugar de tensores", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator).tolist()
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield [X[r] for r in rows], [y[r] for r in rows]


@wrong(
    "loop-over-rows",
    "coges las filas una a una: un tensor de índices las coge todas a la vez",
    "publico bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator).tolist()
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield torch.stack([X[r] for r in rows]), torch.stack([y[r] for r in rows])


@wrong(
    "shuffled-in-place",
    "barajas dentro de los tensores que recibes: cambias los datos de quien te llama",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    X[:], y[:] = X[order], y[order]
    for i in range(0, len(X), batch_size):
        yield X[i : i + batch_size].clone(), y[i : i + batch_size].clone()


@wrong("whole-epoch", "das la época entera, barajada pero sin repartir en lotes", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    return [(X[order], y[order])] if len(X) else []


@wrong("first-batch-only", "un `return` dentro del bucle: solo das el primer lote", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        return [(X[rows], y[rows])]
    return []


@wrong("row-numbers", "das los números de fila en lugar de las filas de `X`", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        yield order[i : i + batch_size], y[order[i : i + batch_size]]


@wrong("fixed-width", "supones un número fijo de columnas", "publico valores bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield X[rows].reshape(-1, 2), y[rows]


@wrong("contiguity-assumed", "usas `view`, que falla con datos no contiguos", "publico bordes")
def batches(X, y, batch_size, generator):
    order = torch.randperm(len(X), generator=generator)
    flat, d = X.view(-1), X.shape[1]
    for i in range(0, len(X), batch_size):
        rows = order[i : i + batch_size]
        yield flat[rows[:, None] * d + torch.arange(d)], y[rows]


@wrong("never-ends", "tu función no acaba nunca: al terminar la época empieza otra", "publico valores bordes")
def batches(X, y, batch_size, generator):
    while True:
        order = torch.randperm(len(X), generator=generator)
        for i in range(0, max(len(X), 1), batch_size):
            yield X[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong("built-in", "llamas al `DataLoader` de PyTorch", "publico valores bordes")
def batches(X, y, batch_size, generator):
    if len(X) == 0:
        return []
    data = torch.utils.data.TensorDataset(X, y)
    return torch.utils.data.DataLoader(data, batch_size, shuffle=True, generator=generator)


@wrong(
    "built-in-sampler",
    "llamas a `RandomSampler` y `BatchSampler`, de `torch.utils.data`",
    "publico valores bordes",
)
def batches(X, y, batch_size, generator):
    if len(X) == 0:
        return
    sampler = torch.utils.data.RandomSampler(range(len(X)), generator=generator)
    for rows in torch.utils.data.BatchSampler(sampler, batch_size, drop_last=False):
        yield X[rows], y[rows]


@wrong(
    "labels-through-floats", "pasas las etiquetas por float32, y las grandes se redondean", "publico bordes"
)
def batches(X, y, batch_size, generator):
    table = torch.cat([X, y[:, None].to(X.dtype)], dim=1)[torch.randperm(len(X), generator=generator)]
    for start in range(0, len(X), batch_size):
        part = table[start : start + batch_size]
        yield part[:, :-1], part[:, -1].to(y.dtype)
