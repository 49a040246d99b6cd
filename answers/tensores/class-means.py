"""Known answers to `tensores/class-means`."""

import torch

from torchaula.course.answers import right, wrong


@right("one-hot-product")
def class_means(x, labels, num_classes):
    mine = (torch.arange(num_classes)[:, None] == labels[None, :]).to(x.dtype)
    return mine @ x / mine.sum(dim=1, keepdim=True).clamp(min=1)


@right("mask-over-three-axes")
def class_means(x, labels, num_classes):
    mine = labels == torch.arange(num_classes)[:, None]
    sums = torch.where(mine[:, :, None], x[None], 0).sum(1)
    counts = mine.sum(1, keepdim=True)
    return torch.where(counts > 0, sums / counts, 0)


@right("index-put-and-ones")
def class_means(x, labels, num_classes):
    sums = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    counts = torch.zeros(num_classes, 1, dtype=x.dtype)
    sums.index_put_((labels,), x, accumulate=True)
    counts.index_put_((labels,), torch.ones(len(x), 1, dtype=x.dtype), accumulate=True)
    counts[counts == 0] = 1
    return sums / counts


@right("scatter-add-on-columns-and-rows")
def class_means(x, labels, num_classes):
    n, d = x.shape
    rows = labels.unsqueeze(1).repeat(1, d)
    sums = torch.zeros((num_classes, d), dtype=x.dtype).scatter_add(0, rows, x)
    counts = torch.zeros((num_classes, d), dtype=x.dtype).scatter_add(0, rows, torch.ones_like(x))
    return (sums / counts).nan_to_num(0.0)


@right("column-of-ones")
def class_means(x, labels, num_classes):
    wide = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    sums = torch.zeros(num_classes, wide.shape[1], dtype=x.dtype).index_add(0, labels, wide)
    return sums[:, :-1] / sums[:, -1:].clamp(min=0.5)


@right("divides-before-adding")
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    means = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    means.index_add_(0, labels, x / counts[labels].unsqueeze(1))
    return means


@right("built-in-one-hot-and-einsum")
def class_means(x, labels, num_classes):
    mine = torch.nn.functional.one_hot(labels, num_classes).type_as(x)
    counts = mine.sum(0)
    counts = counts + (counts == 0)
    return torch.einsum("nk,nd->kd", mine, x) / counts[:, None]


@right("weights-that-add-up-to-one")
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes).reshape(-1, 1)).to(x.dtype)
    return (mine / mine.sum(1, keepdim=True).clamp(min=1e-9)) @ x


@right("sorted-and-accumulated")
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    total = torch.cat([x.new_zeros(1, x.shape[1]), x[labels.argsort()].double().cumsum(0)])
    ends = counts.cumsum(0)
    return ((total[ends] - total[ends - counts]) / counts.clamp(min=1)[:, None]).to(x.dtype)


@right("flat-bins-with-weights")
def class_means(x, labels, num_classes):
    n, d = x.shape
    bins = (labels[:, None] * d + torch.arange(d)).flatten()
    sums = torch.bincount(bins, weights=x.double().flatten(), minlength=num_classes * d)
    counts = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    return (sums.reshape(num_classes, d) / counts[:, None]).to(x.dtype)


@right("mean-that-skips-nan")
def class_means(x, labels, num_classes):
    mine = labels == torch.arange(num_classes)[:, None]
    return torch.where(mine[:, :, None], x, math.nan).nanmean(1).nan_to_num()


@right("float32-counts")
def class_means(x, labels, num_classes):
    sums = torch.zeros(num_classes, x.shape[1]).to(x.dtype).index_add(0, labels, x)
    counts = torch.zeros(num_classes).index_add(0, labels, torch.ones(len(x)))
    counts = torch.maximum(counts, torch.tensor(1.0))
    return (sums.T / counts).T


@right("in-place-on-its-own-copy")
def class_means(x, labels, num_classes):
    x, means = x.clone(), torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    x /= torch.bincount(labels)[labels][:, None]
    return means.index_put((labels,), x, accumulate=True)


@right("sparse-one-hot")
def class_means(x, labels, num_classes):
    places = torch.stack([labels, torch.arange(len(x))])
    mine = torch.sparse_coo_tensor(places, x.new_ones(len(x)), (num_classes, len(x)))
    return mine @ x / (mine @ x.new_ones(len(x), 1)).clamp(min=1)


@right("mends-empty-classes-only-if-there-are-any")
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).to(x.dtype)
    sums = torch.zeros(num_classes, x.shape[1], dtype=x.dtype).index_add(0, labels, x)
    if (counts == 0).any():
        counts[counts == 0] = 1
    return sums / counts[:, None]


@right("classes-that-occur-alone")
def class_means(x, labels, num_classes):
    out = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    present, where, counts = labels.unique(return_inverse=True, return_counts=True)
    if not len(present):
        return out
    sums = torch.zeros(len(present), x.shape[1], dtype=x.dtype).index_add(0, where, x)
    out[present] = sums / counts[:, None].to(x.dtype)
    return out


@right("returns-at-once-if-every-class-occurs")
def class_means(x, labels, num_classes):
    mine = (torch.arange(num_classes)[:, None] == labels).to(x.dtype)
    counts = mine.sum(dim=1, keepdim=True)
    if counts.all():
        return mine @ x / counts
    means = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    there = counts.squeeze(1) > 0
    means[there] = (mine @ x)[there] / counts[there]
    return means


@wrong(
    "repeated-indices",
    "`sums[labels] += x` se queda con una sola de las filas de cada clase: con índices repetidos no acumula",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    sums[labels] += x
    counts = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    return sums / counts[:, None]


@wrong(
    "repeated-indices-in-counts",
    "`counts[labels] += 1` cuenta como mucho una fila por clase: con índices repetidos no acumula",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    counts = x.new_zeros(num_classes, 1)
    counts[labels] += 1
    return sums / counts.clamp(min=1)


@wrong(
    "one-row-a-class",
    "cada clase se queda con una de sus filas: no sumas ni divides",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    means = torch.zeros(num_classes, x.shape[1], dtype=x.dtype)
    means[labels] = x
    return means


@wrong(
    "sum-not-mean",
    "tu resultado es la suma de cada clase: falta dividir entre cuántas filas tiene",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    return x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)


@wrong(
    "divides-by-all-rows",
    "divides entre n, todas las filas; cada clase se divide entre las suyas",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / max(len(x), 1)


@wrong(
    "mean-over-all-rows",
    "haces `mean` de todas las filas con las de otras clases a cero: divides entre n y no entre las de la clase",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = labels == torch.arange(num_classes)[:, None]
    return torch.where(mine[:, :, None], x, 0).mean(1).nan_to_num()


@wrong(
    "divides-by-classes",
    "divides entre el número de clases; cada clase se divide entre cuántas filas tiene",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    return x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x) / num_classes


@wrong(
    "divides-by-average-count",
    "divides todas las clases entre el mismo número, n / `num_classes`: cada una tiene su recuento",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / max(len(x) / num_classes, 1)


@wrong(
    "global-mean",
    "repites en cada clase la media de todas las filas: no usas `labels`",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    return x.mean(0, keepdim=True).nan_to_num().repeat(num_classes, 1)


@wrong(
    "classes-from-labels",
    "cuentas las clases mirando `labels.max()`: si la última no aparece, falta su fila; hay `num_classes`",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    k = int(labels.max()) + 1
    counts = torch.bincount(labels).clamp(min=1)
    return x.new_zeros(k, x.shape[1]).index_add_(0, labels, x) / counts[:, None]


@wrong(
    "counts-without-minlength",
    "a `torch.bincount` le falta `minlength`: si la última clase no aparece, da menos recuentos que clases",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / torch.bincount(labels).clamp(min=1)[:, None]


@wrong(
    "only-present-classes",
    "solo devuelves las clases que aparecen en `labels`; las que faltan son filas de ceros",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    present, places, counts = labels.unique(return_inverse=True, return_counts=True)
    return x.new_zeros(len(present), x.shape[1]).index_add_(0, places, x) / counts[:, None]


@wrong(
    "nan-for-empty-class",
    "una clase sin ejemplos te da 0 entre 0, que es `NaN`; debe ser una fila de ceros",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / torch.bincount(labels, minlength=num_classes)[:, None]


@wrong(
    "empty-input-as-it-is",
    "con n = 0 devuelves `x` vacío; deben ser `num_classes` filas de ceros",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    if len(x) == 0:
        return x.clone()
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / torch.bincount(labels, minlength=num_classes).clamp(min=1)[:, None]


@wrong(
    "one-more-in-each-count",
    "sumas 1 a todos los recuentos para no dividir entre 0; así las demás medias salen pequeñas",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / (torch.bincount(labels, minlength=num_classes) + 1)[:, None]


@wrong(
    "epsilon-in-counts",
    "sumas una constante pequeña a los recuentos: las medias dejan de ser exactas",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / (mine.sum(1, keepdim=True) + 1e-8)


@wrong(
    "clamp-the-wrong-way",
    "`clamp(max=1)` deja los recuentos en 1 como mucho: hace falta que sean 1 como poco (`min`)",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / mine.sum(1, keepdim=True).clamp(max=1)


@wrong(
    "clamp-at-two",
    "`clamp(min=2)` divide entre 2 también las clases que tienen una sola fila",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / mine.sum(1, keepdim=True).clamp(min=2)


@wrong(
    "count-not-a-column",
    "divides entre un recuento `[num_classes]`, que se alinea con las columnas: hazlo columna con `keepdim`",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / mine.sum(1).clamp(min=1)


@wrong(
    "counts-rows-not-classes",
    "sumas la tabla *one-hot* sobre el eje equivocado: cuentas clases por fila y no filas por clase",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / mine.sum(0, keepdim=True).clamp(min=1).T


@wrong(
    "counts-values-that-are-not-zero",
    "cuentas los valores distintos de 0; un dato que vale 0 también cuenta",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return mine @ x / (mine @ (x != 0).to(x.dtype)).clamp(min=1)


@wrong(
    "labels-from-one",
    "tratas las etiquetas como si empezaran en 1; empiezan en 0",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(1, num_classes + 1)[:, None]).to(x.dtype)
    return mine @ x / mine.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "sorted-labels",
    "das por hecho que las filas vienen ordenadas por clase",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    total = torch.cat([x.new_zeros(1, x.shape[1]), x.cumsum(0)])
    ends = counts.cumsum(0)
    return (total[ends] - total[ends - counts]) / counts.clamp(min=1)[:, None]


@wrong("transposed", "tu resultado está traspuesto: una fila por columna de `x`", "publico valores bordes")
def class_means(x, labels, num_classes):
    mine = (labels[:, None] == torch.arange(num_classes)).to(x.dtype)
    return x.T @ mine / mine.sum(0).clamp(min=1)


@wrong(
    "scatter-add-first-column-only",
    "en `scatter_add_` el índice debe tener la forma de `x`: con `[n, 1]` solo suma la primera columna",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = torch.zeros(num_classes, x.shape[1], dtype=x.dtype).scatter_add_(0, labels[:, None], x)
    return sums / torch.bincount(labels, minlength=num_classes).clamp(min=1)[:, None]


@wrong("median", "tu resultado es la mediana de cada clase, no la media", "publico valores bordes")
def class_means(x, labels, num_classes):
    mine = labels == torch.arange(num_classes)[:, None]
    if len(x) == 0:
        return x.new_zeros(num_classes, x.shape[1])
    return torch.where(mine[:, :, None], x, math.nan).nanmedian(1).values.nan_to_num()


@wrong(
    "integer-division",
    "usas `//`, que pierde los decimales: la media se calcula con `/`",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums // torch.bincount(labels, minlength=num_classes).clamp(min=1)[:, None]


@wrong(
    "integer-one-hot",
    "tu tabla *one-hot* es de enteros y `@` pide el mismo `dtype` a los dos lados: conviértela al de `x`",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).long()
    return mine @ x / mine.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "float32-one-hot",
    "tu tabla *one-hot* es siempre float32: con datos float64 el producto da error",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).float()
    return mine @ x / mine.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "float32-zeros",
    "empiezas con ceros float32 (`torch.zeros` sin `dtype`): con datos float64 acumular da error",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    sums = torch.zeros(num_classes, x.shape[1]).index_add_(0, labels, x)
    return sums / torch.bincount(labels, minlength=num_classes).clamp(min=1)[:, None]


@wrong(
    "float32-inside",
    "pasas por float32 y pierdes precisión con datos float64",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).float()
    return (mine @ x.float() / mine.sum(1, keepdim=True).clamp(min=1)).to(x.dtype)


@wrong(
    "float64-result",
    "tu resultado es siempre float64, sea cual sea el `dtype` de `x`",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).double()
    return mine @ x.double() / mine.sum(1, keepdim=True).clamp(min=1)


@wrong("in-place", "`x /= …` modifica el tensor que recibes", "publico valores bordes")
def class_means(x, labels, num_classes):
    x /= torch.bincount(labels)[labels][:, None]
    return x.new_zeros(num_classes, x.shape[1]).index_add_(0, labels, x)


@wrong(
    "reshapes-the-labels",
    "`labels.unsqueeze_(1)` cambia en su sitio las etiquetas que recibes; sin `_` da un tensor nuevo",
    "publico valores bordes",
)
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    rows = labels.unsqueeze_(1).expand_as(x)
    return torch.zeros(num_classes, x.shape[1], dtype=x.dtype).scatter_add_(0, rows, x) / counts[:, None]


@wrong("loop-over-rows", "recorres las filas con un bucle de Python", "publico bordes")
def class_means(x, labels, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1])
    counts = x.new_zeros(num_classes, 1)
    for row, label in zip(x, labels, strict=True):
        sums[label] += row
        counts[label] += 1
    return sums / counts.clamp(min=1)


@wrong("loop-over-classes", "recorres las clases con un bucle de Python", "publico bordes")
def class_means(x, labels, num_classes):
    means = x.new_zeros(num_classes, x.shape[1])
    for c in range(num_classes):
        mine = x[labels == c]
        if len(mine):
            means[c] = mine.mean(0)
    return means


@wrong("loop-over-columns", "recorres las columnas con un bucle de Python", "publico bordes")
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes).clamp(min=1)
    columns = [torch.bincount(labels, weights=c, minlength=num_classes) / counts for c in x.T]
    return torch.stack(columns, 1).to(x.dtype)


@wrong("loop-over-lists", "pasas los datos a listas de Python y las recorres", "publico valores bordes")
def class_means(x, labels, num_classes):
    sums = [[0.0] * x.shape[1] for _ in range(num_classes)]
    counts = [0] * num_classes
    for row in range(len(x)):
        label = labels[row].item()
        counts[label] += 1
        sums[label] = [s + v for s, v in zip(sums[label], x[row].tolist(), strict=True)]
    means = [[s / max(count, 1) for s in row] for row, count in zip(sums, counts, strict=True)]
    return torch.tensor(means, dtype=x.dtype)


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    n, d = x.shape
    places = (labels[:, None] * d + torch.arange(d)).view(-1)
    sums = x.new_zeros(num_classes * d).index_add_(0, places, x.view(-1)).view(num_classes, d)
    return sums / torch.bincount(labels, minlength=num_classes).clamp(min=1)[:, None]


@wrong(
    "squeezed",
    "usas `squeeze()`: con una sola clase o una sola columna quita un eje que debe quedarse",
    "publico bordes",
)
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return (mine @ x / mine.sum(1, keepdim=True).clamp(min=1)).squeeze()


@wrong("list", "devuelves una lista de Python y no un tensor", "publico valores bordes")
def class_means(x, labels, num_classes):
    mine = (labels == torch.arange(num_classes)[:, None]).to(x.dtype)
    return (mine @ x / mine.sum(1, keepdim=True).clamp(min=1)).tolist()


@wrong("built-in-scatter", "llamas a `scatter_reduce`, que hace la media entera", "publico valores bordes")
def class_means(x, labels, num_classes):
    rows = labels[:, None].expand_as(x)
    means = x.new_zeros(num_classes, x.shape[1])
    return means.scatter_reduce_(0, rows, x, "mean", include_self=False)


@wrong("built-in-index", "llamas a `index_reduce`, que hace la media entera", "publico valores bordes")
def class_means(x, labels, num_classes):
    means = x.new_zeros(num_classes, x.shape[1])
    return means.index_reduce(0, labels, x, "mean", include_self=False)


@wrong("built-in-segment", "llamas a `segment_reduce`, que hace la media entera", "publico valores bordes")
def class_means(x, labels, num_classes):
    counts = torch.bincount(labels, minlength=num_classes)
    return torch.segment_reduce(x[labels.argsort()], "mean", lengths=counts, initial=0)
