"""Known answers to `tensores/standardize`."""

import torch

from torchaula.course.answers import right, wrong


@right("formula-and-where")
def standardize(x):
    centred = x - x.mean(dim=0, keepdim=True)
    std = (centred**2).mean(dim=0, keepdim=True).sqrt()
    return torch.where(std > 0, centred / std, 0)


@right("no-keepdim-aligned-by-the-right")
def standardize(x):
    std = x.std(0, unbiased=False)
    std[std == 0] = 1
    return (x - x.mean(0)) / std


@right("adds-the-comparison")
def standardize(x):
    std, mean = torch.std_mean(x, dim=0, correction=0, keepdim=True)
    return (x - mean) / (std + (std == 0))


@right("nan-to-num")
def standardize(x):
    return ((x - x.mean(0)) / x.var(0, correction=0).sqrt()).nan_to_num(0)


@right("clamp-with-tiny")
def standardize(x):
    std = x.std(dim=0, correction=0, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
    return (x - x.mean(dim=0, keepdim=True)) / std


@right("assigns-nan-on-own-result")
def standardize(x):
    z = x.clone()
    z -= z.mean(0)
    z /= z.square().mean(0).sqrt()
    z[z.isnan()] = 0
    return z


@right("sums-and-counts")
def standardize(x):
    n = x.shape[0]
    mean = x.sum(0, keepdim=True) / n
    std = ((x - mean).pow(2).sum(0, keepdim=True) / n) ** 0.5
    return (x - mean) / std.masked_fill(std == 0, 1)


@right("rows-of-the-transpose")
def standardize(x):
    rows = x.T
    centred = rows - rows.mean(1, keepdim=True)
    std = rows.std(1, correction=0, keepdim=True)
    return (centred / torch.where(std == 0, torch.ones_like(std), std)).T


@right("unit-length-times-root-of-n")
def standardize(x):
    return torch.nn.functional.normalize(x - x.mean(0), dim=0) * math.sqrt(len(x))


@right("mean-of-squares-less-square-of-mean")
def standardize(x):
    mean = x.mean(0)
    std = ((x * x).mean(0) - mean * mean).clamp(min=0).sqrt()
    return (x - mean) / torch.where(std == 0, 1, std)


@right("corrects-the-unbiased")
def standardize(x):
    n = len(x)
    if n == 1:
        return torch.zeros_like(x)
    std = x.std(0) * ((n - 1) / n) ** 0.5
    return torch.where(std == 0, 0, (x - x.mean(0)) / std)


@right("mends-constant-columns-only-if-there-are-any")
def standardize(x):
    centred = x - x.mean(dim=0)
    deviation = centred.square().mean(dim=0).sqrt()
    constant = (x == x[:1]).all(dim=0)
    if constant.any():
        deviation[constant] = 1
        centred[:, constant] = 0
    return centred / deviation


@wrong("numpy", "pasas a NumPy: se pide hacerlo con operaciones de PyTorch", "publico valores bordes")
def standardize(x):
    a = x.numpy()
    std = a.std(axis=0)
    std[std == 0] = 1
    return torch.from_numpy((a - a.mean(axis=0)) / std)


@right("double-inside")
def standardize(x):
    z = x.double()
    std, mean = torch.std_mean(z, 0, correction=0)
    return ((z - mean) / torch.where(std < 1e-9, 1, std)).to(x.dtype)


@right("einsum")
def standardize(x):
    mean = torch.einsum("nd->d", x) / len(x)
    c = x - mean
    std = (torch.einsum("nd,nd->d", c, c) / len(x)).sqrt()
    return torch.einsum("nd,d->nd", c, 1 / torch.where(std == 0, 1, std))


@wrong(
    "rows", "estandarizas cada fila: con `dim=1` desaparece el eje de las columnas", "publico valores bordes"
)
def standardize(x):
    std = x.std(dim=1, correction=0, keepdim=True)
    return (x - x.mean(dim=1, keepdim=True)) / torch.where(std == 0, 1, std)


@wrong(
    "rows-without-keepdim",
    "calculas la media de cada fila, [n], y sin `keepdim` la restas a las columnas: solo hay n = d por casualidad",
    "publico valores bordes",
)
def standardize(x):
    std = x.std(dim=1, correction=0)
    return (x - x.mean(dim=1)) / torch.where(std == 0, 1, std)


@wrong("global", "usas una sola media y una sola desviación para toda la tabla", "publico valores bordes")
def standardize(x):
    std = x.std(correction=0)
    return (x - x.mean()) / torch.where(std == 0, 1, std)


@wrong(
    "global-deviation",
    "divides todas las columnas entre la desviación de toda la tabla",
    "publico valores bordes",
)
def standardize(x):
    std = x.std(correction=0)
    return (x - x.mean(0)) / torch.where(std == 0, 1, std)


@wrong("global-mean", "restas a todas las columnas la media de toda la tabla", "publico valores bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return torch.where(std == 0, 0, (x - x.mean()) / std)


@wrong(
    "unbiased",
    "tu desviación divide entre n − 1: falta `correction=0`",
    "publico valores bordes",
)
def standardize(x):
    std = x.std(dim=0, keepdim=True)
    return ((x - x.mean(dim=0, keepdim=True)) / std).nan_to_num(0)


@wrong(
    "epsilon",
    "sumas un épsilon a la desviación: si es pequeña, el resultado cambia",
    "publico valores bordes",
)
def standardize(x):
    return (x - x.mean(0)) / (x.std(0, correction=0) + 1e-8)


@wrong(
    "epsilon-inside-root",
    "sumas un épsilon a la varianza: si es pequeña, el resultado cambia",
    "publico valores bordes",
)
def standardize(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()


@wrong(
    "smallest-epsilon",
    "sumas a la desviación el épsilon del `dtype`: si es pequeña, el resultado cambia",
    "publico bordes",
)
def standardize(x):
    return (x - x.mean(0)) / (x.std(0, correction=0) + torch.finfo(x.dtype).eps)


@wrong("small-taken-as-zero", "tomas por 0 desviaciones que son pequeñas, pero no 0", "publico bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return (x - x.mean(0)) / torch.where(std < 1e-5, 1, std)


@wrong("large-clamp", "con `clamp` cambias desviaciones que son pequeñas, pero no 0", "publico bordes")
def standardize(x):
    return (x - x.mean(0)) / x.std(0, correction=0).clamp(min=1e-5)


@wrong("variance", "divides entre la varianza: falta la raíz", "publico valores bordes")
def standardize(x):
    variance = x.var(0, correction=0)
    return (x - x.mean(0)) / torch.where(variance == 0, 1, variance)


@wrong(
    "root-of-sum",
    "divides entre la raíz de la suma de los cuadrados: falta la media",
    "publico valores bordes",
)
def standardize(x):
    c = x - x.mean(0)
    return (c / c.square().sum(0).sqrt()).nan_to_num(0)


@wrong("uncentred-deviation", "calculas la desviación sin restar antes la media", "publico valores bordes")
def standardize(x):
    size = (x**2).mean(0).sqrt()
    return (x - x.mean(0)) / torch.where(size == 0, 1, size)


@wrong(
    "mean-distance",
    "divides entre la distancia media a la media, no entre la desviación típica",
    "publico valores bordes",
)
def standardize(x):
    c = x - x.mean(0)
    return (c / c.abs().mean(0)).nan_to_num(0)


@wrong("only-centred", "restas la media, pero no divides entre la desviación", "publico valores bordes")
def standardize(x):
    return x - x.mean(0, keepdim=True)


@wrong("not-centred", "divides entre la desviación sin restar la media", "publico valores bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return x / torch.where(std == 0, 1, std)


@wrong(
    "parentheses",
    "divides solo la media entre la desviación: faltan unos paréntesis",
    "publico valores bordes",
)
def standardize(x):
    std = x.std(0, correction=0)
    return x - x.mean(0) / torch.where(std == 0, 1, std)


@wrong(
    "between-zero-and-one", "llevas cada columna de 0 a 1 con su mínimo y su máximo", "publico valores bordes"
)
def standardize(x):
    low, high = x.amin(0), x.amax(0)
    return ((x - low) / (high - low)).nan_to_num(0)


@wrong("median", "restas la mediana, no la media", "publico valores bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return torch.where(std == 0, 0, (x - x.median(0).values) / std)


@wrong("opposite-sign", "restas `x` de la media, al revés", "publico valores bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return (x.mean(0) - x) / torch.where(std == 0, 1, std)


@wrong("nan-where-constant", "las columnas constantes te dan NaN: es 0 entre 0", "publico bordes")
def standardize(x):
    return (x - x.mean(0)) / x.std(0, correction=0)


@wrong("constant-left-alone", "dejas las columnas constantes como estaban: deben dar ceros", "publico bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return torch.where(std == 0, x, (x - x.mean(0)) / std)


@wrong("constant-to-ones", "las columnas constantes te dan unos: deben dar ceros", "publico bordes")
def standardize(x):
    return ((x - x.mean(0)) / x.std(0, correction=0)).nan_to_num(1)


@wrong("constant-dropped", "quitas las columnas constantes: deben seguir, con ceros", "publico bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return ((x - x.mean(0)) / std)[:, std > 0]


@wrong("all-or-nothing", "si una columna es constante, pones a cero toda la tabla", "publico bordes")
def standardize(x):
    std = x.std(0, correction=0)
    if (std == 0).any():
        return torch.zeros_like(x)
    return (x - x.mean(0)) / std


@wrong(
    "nan-with-one-row", "con una sola fila te sale NaN: `std` divide entre n − 1, que es 0", "publico bordes"
)
def standardize(x):
    n = len(x)
    std = x.std(0) * math.sqrt((n - 1) / n)
    return (x - x.mean(0)) / torch.where(std == 0, 1, std)


@wrong(
    "one-row-left-alone", "con una sola fila la devuelves tal como llega: deben salir ceros", "publico bordes"
)
def standardize(x):
    if len(x) == 1:
        return x.clone()
    std = x.std(0, correction=0)
    return (x - x.mean(0)) / torch.where(std == 0, 1, std)


@wrong("squeezed", "con `squeeze` desaparecen los ejes de tamaño 1", "publico bordes")
def standardize(x):
    std = x.std(0, correction=0)
    return ((x - x.mean(0)) / torch.where(std == 0, 1, std)).squeeze()


@wrong(
    "in-place", "modificas `x` en su sitio: quien te la dio la encuentra cambiada", "publico valores bordes"
)
def standardize(x):
    x -= x.mean(0)
    std = x.std(0, correction=0)
    return x / torch.where(std == 0, 1, std)


@wrong("in-place-result", "guardas el resultado en la propia `x`", "publico valores bordes")
def standardize(x):
    std, mean = torch.std_mean(x, 0, correction=0)
    x[:] = torch.where(std == 0, 0, (x - mean) / std)
    return x


@wrong(
    "float32-only",
    "lo conviertes todo a float32: con datos float64 cambias su tipo",
    "publico valores bordes",
)
def standardize(x):
    x = x.float()
    std = x.std(0, correction=0)
    return (x - x.mean(0)) / torch.where(std == 0, 1, std)


@wrong("float32-inside", "calculas en float32: con datos float64 pierdes precisión", "publico valores bordes")
def standardize(x):
    z = x.float()
    std = z.std(0, correction=0)
    return ((z - z.mean(0)) / torch.where(std == 0, 1, std)).to(x.dtype)


@wrong("double", "lo conviertes todo a float64: con datos float32 cambias su tipo", "publico valores bordes")
def standardize(x):
    x = x.double()
    std = x.std(0, correction=0)
    return (x - x.mean(0)) / torch.where(std == 0, 1, std)


@wrong("contiguous-only", "usas `view`: falla con datos no contiguos", "publico bordes")
def standardize(x):
    n, d = x.shape
    columns = x.view(n * d).reshape(n, d)
    std = columns.std(0, correction=0)
    return (columns - columns.mean(0)) / torch.where(std == 0, 1, std)


@wrong("five-rows", "das por hecho que hay 5 filas, como en el ejemplo", "publico valores bordes")
def standardize(x):
    c = x - x.sum(0) / 5
    return (c / (c.square().sum(0) / 5).sqrt()).nan_to_num(0)


@wrong("loop-over-columns", "recorres las columnas con un bucle de Python", "publico bordes")
def standardize(x):
    result = torch.zeros_like(x)
    for j in range(x.shape[1]):
        column = x[:, j]
        std = column.std(correction=0)
        if std > 0:
            result[:, j] = (column - column.mean()) / std
    return result


@wrong("loop-over-rows", "recorres las filas con un bucle de Python", "publico bordes")
def standardize(x):
    mean, std = x.mean(0), x.std(0, correction=0)
    std = torch.where(std == 0, 1, std)
    return torch.stack([(row - mean) / std for row in x])


@wrong(
    "python-lists",
    "pasas por listas de Python y recorres los números uno a uno",
    "publico valores bordes",
)
def standardize(x):
    n, columns = len(x), []
    for column in x.T.tolist():
        mean = sum(column) / n
        std = math.sqrt(sum((value - mean) ** 2 for value in column) / n) or 1
        columns.append([(value - mean) / std for value in column])
    return torch.tensor(columns, dtype=x.dtype).T


@wrong("batch-norm", "llamas a `batch_norm`", "publico valores bordes")
def standardize(x):
    return torch.nn.functional.batch_norm(x, None, None, training=True, eps=1e-30)


@wrong("batch-norm-layer", "usas la capa `nn.BatchNorm1d`", "publico valores bordes")
def standardize(x):
    return torch.nn.BatchNorm1d(x.shape[1], eps=1e-30, affine=False, dtype=x.dtype)(x)


@wrong("native-batch-norm", "llamas a `native_batch_norm`", "publico valores bordes")
def standardize(x):
    return torch.native_batch_norm(x, None, None, None, None, True, 0.0, 1e-30)[0]


@wrong("layer-norm", "llamas a `layer_norm` con la tabla traspuesta", "publico valores bordes")
def standardize(x):
    return torch.nn.functional.layer_norm(x.T, (len(x),), eps=1e-30).T


@wrong("native-layer-norm", "llamas a `native_layer_norm` con la tabla traspuesta", "publico valores bordes")
def standardize(x):
    return torch.native_layer_norm(x.T.contiguous(), (len(x),), None, None, 1e-30)[0].T


@wrong("instance-norm", "llamas a `instance_norm` con la tabla traspuesta", "publico valores bordes")
def standardize(x):
    return torch.nn.functional.instance_norm(x.T[None], eps=1e-30)[0].T


@wrong("group-norm", "llamas a `group_norm` con la tabla traspuesta", "publico valores bordes")
def standardize(x):
    return torch.nn.functional.group_norm(x.T[None], x.shape[1], eps=1e-30)[0].T


@wrong("native-group-norm", "llamas a `native_group_norm` con la tabla traspuesta", "publico valores bordes")
def standardize(x):
    n, d = x.shape
    return torch.native_group_norm(x.T.contiguous()[None], None, None, 1, d, n, d, 1e-30)[0][0].T
