"""Known answers to `tensores/pairwise-distances`."""

import math

import torch

from torchaula.course.answers import right, wrong


@right("norm-of-the-difference")
def pairwise_distances(a, b):
    return (a.unsqueeze(1) - b.unsqueeze(0)).norm(dim=-1)


@right("vector-norm-without-the-first-axis")
def pairwise_distances(a, b):
    return torch.linalg.vector_norm(a[:, None] - b, dim=2)


@right("b-minus-a-transposed")
def pairwise_distances(a, b):
    return torch.linalg.norm(b[:, None, :] - a[None, :, :], dim=2).T


@right("columns-first")
def pairwise_distances(a, b):
    difference = a.T[:, :, None] - b.T[:, None, :]
    return torch.sqrt(torch.sum(difference * difference, dim=0))


@right("einsum-and-power")
def pairwise_distances(a, b):
    difference = a.reshape(len(a), 1, a.shape[1]) - b.reshape(1, len(b), b.shape[1])
    return torch.einsum("nmd,nmd->nm", difference, difference) ** 0.5


@right("expanded-by-hand")
def pairwise_distances(a, b):
    n, m, d = len(a), len(b), a.shape[1]
    left = a[:, None, :].expand(n, m, d)
    right = b[None, :, :].expand(n, m, d)
    return ((left - right) ** 2).sum(2).sqrt()


@right("every-pair-in-a-long-list")
def pairwise_distances(a, b):
    n, m = len(a), len(b)
    pairs = a.repeat_interleave(m, dim=0) - b.repeat(n, 1)
    return pairs.pow(2).sum(1).sqrt().reshape(n, m)


@right("pairs-by-index")
def pairwise_distances(a, b):
    i, j = torch.meshgrid(torch.arange(len(a)), torch.arange(len(b)), indexing="ij")
    return torch.sqrt(((a[i] - b[j]) ** 2).sum(-1))


@right("in-place-on-its-own-result")
def pairwise_distances(a, b):
    difference = a[:, None] - b[None]
    difference *= difference
    total = difference.sum(-1)
    total.sqrt_()
    return total


@right("double-inside")
def pairwise_distances(a, b):
    difference = a.double()[:, None] - b.double()
    return difference.square().sum(-1).sqrt().to(a.dtype)


@right("row-times-column")
def pairwise_distances(a, b):
    difference = (a[:, None] - b)[:, :, None, :]
    return (difference @ difference.mT)[:, :, 0, 0].sqrt()


@right("moved-near-the-origin-first")
def pairwise_distances(a, b):
    middle = torch.cat([a, b]).mean(0)
    return ((a - middle)[:, None] - (b - middle)).norm(dim=2)


@right("vmap")
def pairwise_distances(a, b):
    return torch.vmap(lambda row: (row - b).square().sum(1).sqrt())(a)


@right("the-longer-one-first")
def pairwise_distances(a, b):
    if len(a) < len(b):
        return pairwise_distances(b, a).T.contiguous()
    return (a[:, None] - b[None]).square().sum(dim=2).sqrt()


@wrong(
    "row-by-row",
    "`a - b` empareja cada fila de `a` solo con la misma fila de `b`; hacen falta todas las parejas",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a - b).square().sum(-1).sqrt()


@wrong("no-square-root", "tu resultado es la distancia al cuadrado: falta la raíz", "publico valores bordes")
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sum(2)


@wrong(
    "sum-of-absolute-values",
    "sumas valores absolutos (distancia de Manhattan): la euclídea suma cuadrados y saca la raíz",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).abs().sum(2)


@wrong(
    "largest-component",
    "tomas la mayor de las diferencias; la distancia euclídea suma los cuadrados de todas",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).abs().amax(2)


@wrong(
    "squares-after-the-sum",
    "sumas antes de elevar al cuadrado: las diferencias de signo contrario se anulan",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).sum(2).square().sqrt()


@wrong(
    "root-before-the-sum",
    "sacas la raíz de cada cuadrado antes de sumar: eso es sumar valores absolutos",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sqrt().sum(2)


@wrong(
    "mean-not-sum",
    "haces la media de los cuadrados en lugar de su suma",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().mean(2).sqrt()


@wrong(
    "axes-swapped",
    "tu tabla está traspuesta: es `[m, n]`, de `b` a `a`, y debe ser `[n, m]`",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[None, :, :] - b[:, None, :]).square().sum(2).sqrt()


@wrong(
    "sum-over-the-rows-of-b",
    "sumas sobre el eje 1, el de las filas de `b`; hay que sumar sobre el último, el de las componentes",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sum(1).sqrt()


@wrong(
    "sum-over-the-rows-of-a",
    "sumas sobre el eje 0, el de las filas de `a`; hay que sumar sobre el último, el de las componentes",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sum(0).sqrt()


@wrong(
    "norm-of-everything",
    "a `norm` le falta `dim`: te da un solo número para toda la tabla",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).norm()


@wrong(
    "difference-of-norms",
    "restas las longitudes de los vectores; hay que medir la longitud de la resta",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a.norm(dim=1)[:, None] - b.norm(dim=1)).abs()


@wrong("distance-to-the-sum", "sumas `a` y `b` en lugar de restarlos", "publico valores bordes")
def pairwise_distances(a, b):
    return (a[:, None] + b).norm(dim=2)


@wrong(
    "keepdim-left-over",
    "dejas el eje de tamaño 1 (`keepdim=True`): la forma es `[n, m, 1]`",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sum(2, keepdim=True).sqrt()


@wrong(
    "squeezed",
    "usas `squeeze()` sin decir el eje: con una sola fila quita un eje que debe quedarse",
    "publico bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b).square().sum(2, keepdim=True).sqrt().squeeze()


@wrong(
    "pairs-out-of-step",
    "repites `a` y `b` del mismo modo: así avanzan a la vez y no se forman todas las parejas",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    n, m = len(a), len(b)
    return (a.repeat(m, 1) - b.repeat(n, 1)).norm(dim=1).reshape(n, m)


@wrong(
    "reshaped-not-transposed",
    "formas las parejas en el orden `[m, n]` y las pasas a `[n, m]` con `reshape`, que no traspone",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    n, m = len(a), len(b)
    return (a.repeat(m, 1) - b.repeat_interleave(n, 0)).norm(dim=1).reshape(n, m)


@wrong(
    "expanded-square",
    "usas |a|² − 2ab + |b|²: lejos del origen pierde las cifras, y la raíz de un negativo es `NaN`",
    "publico bordes",
)
def pairwise_distances(a, b):
    return ((a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)).sqrt()


@wrong(
    "expanded-square-and-clamp",
    "usas |a|² − 2ab + |b|² y quitas los negativos: ya no hay `NaN`, pero lejos del origen no es exacta",
    "publico bordes",
)
def pairwise_distances(a, b):
    squares = (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)
    return squares.clamp(min=0).sqrt()


@wrong(
    "expanded-square-in-float64",
    "usas |a|² − 2ab + |b|² en float64: los datos float64 pierden cifras igual que los float32",
    "publico bordes",
)
def pairwise_distances(a, b):
    x, y = a.double(), b.double()
    squares = (x * x).sum(1)[:, None] - 2 * x @ y.T + (y * y).sum(1)
    return squares.clamp(min=0).sqrt().to(a.dtype)


@wrong(
    "expanded-square-and-absolute-value",
    "usas |a|² − 2ab + |b|² y quitas el signo a los negativos: no hay `NaN`, pero las distancias no son exactas",
    "publico bordes",
)
def pairwise_distances(a, b):
    squares = (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)
    return squares.abs().sqrt()


@wrong(
    "centred-expanded-square",
    "centras los puntos y usas |a|² − 2ab + |b|²: con unos cerca y otros lejos sigue perdiendo cifras",
    "publico bordes",
)
def pairwise_distances(a, b):
    if len(a) * len(b) == 0:
        return a.new_zeros(len(a), len(b))
    middle = torch.cat([a, b]).mean(0)
    x, y = a - middle, b - middle
    squares = (x * x).sum(1)[:, None] - 2 * x @ y.T + (y * y).sum(1)
    return squares.clamp(min=0).sqrt()


@wrong(
    "epsilon-in-the-root",
    "sumas una constante pequeña dentro de la raíz: de un punto a sí mismo ya no hay 0",
    "publico bordes",
)
def pairwise_distances(a, b):
    return ((a[:, None] - b).square().sum(2) + 1e-12).sqrt()


@wrong(
    "epsilon-in-the-difference",
    "sumas una constante pequeña a cada resta, como `pairwise_distance`: las distancias dejan de ser exactas",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a[:, None] - b + 1e-6).norm(dim=2)


@wrong(
    "cosine",
    "mides el ángulo entre vectores (distancia del coseno), no la distancia entre puntos",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return 1 - (a @ b.T) / (a.norm(dim=1)[:, None] * b.norm(dim=1)).clamp(min=1e-9)


@wrong("float32-inside", "pasas por float32 y pierdes precisión con datos float64", "publico valores bordes")
def pairwise_distances(a, b):
    return (a.float()[:, None] - b.float()).norm(dim=2).to(a.dtype)


@wrong(
    "float64-result",
    "tu resultado es siempre float64, sea cual sea el `dtype` de los datos",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a.double()[:, None] - b.double()).norm(dim=2)


@wrong("float32-result", "tu resultado es siempre float32", "publico valores bordes")
def pairwise_distances(a, b):
    table = torch.zeros(len(a), len(b))
    table[:] = (a[:, None] - b).norm(dim=2)
    return table


@wrong(
    "reshapes-the-argument",
    "`unsqueeze_` cambia en su sitio el tensor que recibes; sin `_` da uno nuevo",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return (a.unsqueeze_(1) - b).norm(dim=2)


@wrong(
    "moves-the-arguments",
    "`a -= …` y `b -= …` modifican los tensores que recibes",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    middle = a.mean(0)
    a -= middle
    b -= middle
    return (a[:, None] - b).norm(dim=2)


@wrong("loop-over-rows-of-a", "recorres las filas de `a` con un bucle de Python", "publico bordes")
def pairwise_distances(a, b):
    table = a.new_zeros(len(a), len(b))
    for i, row in enumerate(a):
        table[i] = (row - b).norm(dim=1)
    return table


@wrong("loop-over-rows-of-b", "recorres las filas de `b` con un bucle de Python", "publico bordes")
def pairwise_distances(a, b):
    table = a.new_zeros(len(a), len(b))
    for j in range(len(b)):
        table[:, j] = (a - b[j]).norm(dim=1)
    return table


@wrong("loop-over-pairs", "recorres las parejas con dos bucles de Python", "publico bordes")
def pairwise_distances(a, b):
    table = a.new_zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            table[i, j] = (a[i] - b[j]).norm()
    return table


@wrong("loop-over-columns", "recorres las columnas con un bucle de Python", "publico bordes")
def pairwise_distances(a, b):
    total = a.new_zeros(len(a), len(b))
    for c in range(a.shape[1]):
        total += (a[:, c, None] - b[:, c]) ** 2
    return total.sqrt()


@wrong("loop-over-lists", "pasas los datos a listas de Python y las recorres", "publico valores bordes")
def pairwise_distances(a, b):
    rows = [[math.dist(p.tolist(), q.tolist()) for q in b] for p in a]
    return torch.tensor(rows, dtype=a.dtype).reshape(len(a), len(b))


@wrong(
    "contiguous-only",
    "usas `view` para aplanar: falla cuando los datos no son contiguos en memoria",
    "publico bordes",
)
def pairwise_distances(a, b):
    (n, d), m = a.shape, len(b)
    left, right = a.view(n * d).reshape(n, 1, d), b.view(m * d).reshape(1, m, d)
    return (left - right).norm(dim=2)


@wrong(
    "fails-without-rows",
    "con n = 0 o m = 0 devuelves un tensor de otra forma; debe ser `[n, m]`, aunque esté vacío",
    "publico bordes",
)
def pairwise_distances(a, b):
    if len(a) == 0 or len(b) == 0:
        return torch.empty(0, dtype=a.dtype)
    return (a[:, None] - b).norm(dim=2)


@wrong("list", "devuelves una lista de Python y no un tensor", "publico valores bordes")
def pairwise_distances(a, b):
    return (a[:, None] - b).norm(dim=2).tolist()


@wrong("built-in-cdist", "llamas a `torch.cdist`", "publico valores bordes")
def pairwise_distances(a, b):
    return torch.cdist(a, b)


@wrong(
    "built-in-pairwise-distance",
    "llamas a `pairwise_distance`",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return torch.nn.functional.pairwise_distance(a[:, None], b[None], eps=0)


@wrong(
    "built-in-class",
    "usas la clase `PairwiseDistance`, que llama a `pairwise_distance`",
    "publico valores bordes",
)
def pairwise_distances(a, b):
    return torch.nn.PairwiseDistance(eps=0)(a[:, None], b[None])


@wrong("built-in-pdist", "llamas a `pdist`", "publico valores bordes")
def pairwise_distances(a, b):
    n, total = len(a), len(a) + len(b)
    upper = torch.triu_indices(total, total, 1)
    table = a.new_zeros(total, total)
    table[upper[0], upper[1]] = torch.nn.functional.pdist(torch.cat([a, b]))
    return table[:n, n:].clone()
