"""Known answers to `tensores/one-hot`."""

import torch

from torchaula.course.answers import right, wrong


@right("compare-row-with-column")
def one_hot(labels, num_classes):
    return torch.arange(num_classes).eq(labels.unsqueeze(-1)).float()


@right("index-pairs")
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    out[torch.arange(len(labels)), labels] = 1
    return out


@right("range-as-index")
def one_hot(labels, num_classes):
    out = torch.zeros((labels.shape[0], num_classes))
    out[range(labels.shape[0]), labels] = 1.0
    return out


@right("rows-of-the-identity")
def one_hot(labels, num_classes):
    return torch.eye(num_classes)[labels]


@right("index-select-on-the-identity")
def one_hot(labels, num_classes):
    return torch.eye(num_classes, dtype=torch.float32).index_select(0, labels)


@right("scatter")
def one_hot(labels, num_classes):
    return torch.zeros(labels.numel(), num_classes).scatter_(1, labels.reshape(-1, 1), 1.0)


@right("where")
def one_hot(labels, num_classes):
    same = torch.arange(num_classes)[None] == labels[:, None]
    return torch.where(same, torch.ones(()), torch.zeros(()))


@right("fill-by-mask")
def one_hot(labels, num_classes):
    columns = torch.arange(num_classes).expand(len(labels), -1)
    out = torch.zeros(columns.shape)
    out[columns == labels.view(-1, 1)] = 1
    return out


@right("flat-index")
def one_hot(labels, num_classes):
    flat = torch.zeros(len(labels) * num_classes)
    flat[torch.arange(len(labels)) * num_classes + labels] = 1
    return flat.view(len(labels), num_classes)


@right("distance-to-each-class")
def one_hot(labels, num_classes):
    distance = (labels.reshape(-1, 1) - torch.arange(num_classes)).abs()
    return (1 - distance).clamp(min=0).to(torch.float32)


@right("sparse")
def one_hot(labels, num_classes):
    n = len(labels)
    places = torch.stack([torch.arange(n), labels])
    return torch.sparse_coo_tensor(places, torch.ones(n), (n, num_classes)).to_dense()


@right("transpose-at-the-end")
def one_hot(labels, num_classes):
    return (torch.arange(num_classes).reshape(num_classes, 1) == labels).float().T


@right("embedding-table")
def one_hot(labels, num_classes):
    return torch.nn.functional.embedding(labels, torch.eye(num_classes))


@right("repeated-grids")
def one_hot(labels, num_classes):
    rows = labels.repeat(num_classes, 1).T
    columns = torch.arange(num_classes).repeat(len(labels), 1)
    return torch.ones(len(labels), num_classes) * (rows == columns)


@right("identity-of-the-largest-label-then-more-columns")
def one_hot(labels, num_classes):
    if not len(labels):
        return torch.zeros(0, num_classes)
    rows = torch.eye(int(labels.max()) + 1)[labels]
    missing = num_classes - rows.shape[1]
    if missing:
        rows = torch.cat([rows, torch.zeros(len(labels), missing)], dim=1)
    return rows


@wrong(
    "classes-from-the-data",
    "sacas el número de columnas de `labels.max() + 1`: lo dice `num_classes`, aunque una clase no aparezca",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(labels.max() + 1)).float()


@wrong(
    "columns-of-distinct-labels",
    "pones una columna por etiqueta distinta que aparece, no por clase",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == labels.unique()).float()


@wrong("integer-result", "tu resultado es `int64` y debe ser `float32`", "publico valores bordes")
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).long()


@wrong(
    "boolean-result", "devuelves `True` y `False`: falta convertirlos en números", "publico valores bordes"
)
def one_hot(labels, num_classes):
    return labels[:, None] == torch.arange(num_classes)


@wrong("double-result", "tu resultado es `float64` y debe ser `float32`", "publico valores bordes")
def one_hot(labels, num_classes):
    return torch.eye(num_classes, dtype=torch.float64)[labels]


@wrong("dtype-of-labels", "creas los ceros con el tipo de `labels`, que es `int64`", "publico valores bordes")
def one_hot(labels, num_classes):
    return labels.new_zeros(len(labels), num_classes).scatter_(1, labels[:, None], 1)


@wrong(
    "transposed",
    "tu tabla está traspuesta: una fila por clase y una columna por etiqueta",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (torch.arange(num_classes)[:, None] == labels).float()


@wrong(
    "reshaped-not-transposed",
    "haces la tabla traspuesta y le das la vuelta con `reshape`: la forma es buena, pero los unos se descolocan",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    table = (torch.arange(num_classes)[:, None] == labels).float()
    return table.reshape(len(labels), num_classes)


@wrong(
    "counts-from-one", "cuentas las clases desde 1: la clase 0 se queda sin columna", "publico valores bordes"
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(1, num_classes + 1)).float()


@wrong(
    "one-column-less",
    "quitas la columna de la primera clase: también la necesita",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(1, num_classes)).float()


@wrong(
    "one-column-more",
    "tu tabla tiene una columna de más: las clases van de 0 a `num_classes` - 1",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes + 1)).float()


@wrong(
    "all-rows-marked",
    "`out[:, labels] = 1` marca esas columnas en todas las filas: hay que emparejar cada fila con su etiqueta",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    out[:, labels] = 1
    return out


@wrong(
    "labels-index-rows",
    "`out[labels] = 1` usa las etiquetas como filas; son columnas",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    out[labels] = 1
    return out


@wrong(
    "scatter-on-the-wrong-axis",
    "escribes los unos a lo largo del eje 0, el de las etiquetas, y no del de las clases",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return torch.zeros(len(labels), num_classes).scatter_(0, labels[None, :], 1.0)


@wrong(
    "one-row-for-all",
    "juntas todas las etiquetas en una sola fila",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).any(0).float()


@wrong(
    "counts-per-class",
    "cuentas cuántas veces sale cada clase, en lugar de dar una fila a cada etiqueta",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return labels.bincount(minlength=num_classes).float()


@wrong(
    "both-in-a-row",
    "comparas dos filas, `[n]` y `[k]`: se emparejan entre sí; pon `labels` como columna",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels == torch.arange(num_classes)).float()


@wrong(
    "identity-of-labels",
    "tu identidad tiene tantas filas y columnas como etiquetas; hacen falta tantas como clases",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return torch.eye(len(labels), num_classes)


@wrong(
    "writes-the-label",
    "escribes la etiqueta en su columna, y no un 1: la clase 0 se queda sin marca",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    out[torch.arange(len(labels)), labels] = labels.float()
    return out


@wrong("thermometer", "pones unos hasta la columna de la etiqueta, no solo en ella", "publico valores bordes")
def one_hot(labels, num_classes):
    return (labels[:, None] >= torch.arange(num_classes)).float()


@wrong("inverted", "pones los unos y los ceros al revés", "publico valores bordes")
def one_hot(labels, num_classes):
    return (labels[:, None] != torch.arange(num_classes)).float()


@wrong("minus-one", "pones -1 donde va un 0", "publico valores bordes")
def one_hot(labels, num_classes):
    return 2 * (labels[:, None] == torch.arange(num_classes)).float() - 1


@wrong("columns-backwards", "tus columnas van de la última clase a la primera", "publico valores bordes")
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes).flip(0)).float()


@wrong("ten-classes", "supones que siempre hay 10 clases", "publico valores bordes")
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(10)).float()


@wrong(
    "a-quantity",
    "repites la etiqueta, un número, en todas las columnas: eso sigue siendo una cantidad",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return labels[:, None].float().expand(-1, num_classes).clone()


@wrong(
    "squeezed",
    "quitas los ejes de tamaño 1 con `squeeze`: con una sola etiqueta o una sola clase pierdes un eje",
    "publico bordes",
)
def one_hot(labels, num_classes):
    return (labels[:, None] == torch.arange(num_classes)).float().squeeze()


@wrong(
    "squeezed-labels",
    "quitas el eje de `labels` con `squeeze`: con una sola etiqueta te quedas sin filas",
    "publico bordes",
)
def one_hot(labels, num_classes):
    return torch.eye(num_classes)[labels.squeeze()]


@wrong("fails-without-labels", "con n = 0 tu función falla: no hay nada que juntar", "publico bordes")
def one_hot(labels, num_classes):
    return torch.stack(list(torch.eye(num_classes)[labels]))


@wrong(
    "no-columns-without-labels",
    "con n = 0 devuelves un tensor sin columnas; la forma sigue siendo [0, `num_classes`]",
    "publico bordes",
)
def one_hot(labels, num_classes):
    if len(labels) == 0:
        return torch.zeros(0)
    return torch.eye(num_classes)[labels]


@wrong(
    "reshapes-the-labels",
    "cambias `labels` en su sitio con `unsqueeze_`: quien te lo dio lo encuentra con otra forma",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    return (labels.unsqueeze_(1) == torch.arange(num_classes)).float()


@wrong(
    "changes-the-labels",
    "modificas `labels` con `+=` para calcular las posiciones: súmalo en un tensor nuevo",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    flat = torch.zeros(len(labels) * num_classes)
    labels += num_classes * torch.arange(len(labels))
    flat[labels] = 1
    return flat.reshape(-1, num_classes)


@wrong("loop-over-labels", "recorres las etiquetas con un bucle de Python", "publico bordes")
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    for row, label in enumerate(labels):
        out[row, label] = 1
    return out


@wrong("loop-over-row-numbers", "recorres las filas con un bucle de Python", "publico bordes")
def one_hot(labels, num_classes):
    out = torch.zeros(len(labels), num_classes)
    for row in range(len(labels)):
        out[row][labels[row].item()] = 1
    return out


@wrong("loop-over-classes", "recorres las clases con un bucle de Python", "publico bordes")
def one_hot(labels, num_classes):
    return torch.stack([labels == c for c in range(num_classes)], dim=1).float()


@wrong(
    "list-comprehension",
    "conviertes el tensor en una lista con `tolist` y la recorres con bucles de Python",
    "publico valores bordes",
)
def one_hot(labels, num_classes):
    rows = [[1.0 if c == label else 0.0 for c in range(num_classes)] for label in labels.tolist()]
    return torch.tensor(rows).reshape(len(labels), num_classes)


@wrong("numpy", "sales de PyTorch con `numpy`", "publico valores bordes")
def one_hot(labels, num_classes):
    out = labels.numpy()[:, None] == torch.arange(num_classes).numpy()
    return torch.from_numpy(out.astype("float32"))


@wrong("numpy-array", "sales de PyTorch con `np.array`", "publico valores bordes")
def one_hot(labels, num_classes):
    import numpy as np

    return torch.from_numpy(np.eye(num_classes, dtype=np.float32)[np.array(labels)])


@wrong("built-in", "llamas a la `one_hot` de PyTorch, que es lo que construyes", "publico valores bordes")
def one_hot(labels, num_classes):
    return torch.nn.functional.one_hot(labels, num_classes).float()
