"""Known answers to `tensores/masked-mean`."""

import torch

from torchaula.course.answers import right, wrong


@right("masked-fill")
def masked_mean(x, mask):
    clean = x.masked_fill(~mask.unsqueeze(-1), 0.0)
    return torch.sum(clean, 1) / torch.clamp(torch.sum(mask, 1), min=1).unsqueeze(-1)


@right("assigns-on-a-copy")
def masked_mean(x, mask):
    clean = x.clone()
    clean[~mask] = 0
    count = mask.sum(1)
    count[count == 0] = 1
    return clean.sum(1) / count[:, None]


@right("divides-then-mends")
def masked_mean(x, mask):
    m = mask.reshape(*mask.shape, 1)
    mean = torch.where(m, x, torch.zeros_like(x)).sum(1) / m.sum(1)
    mean[~mask.any(1)] = 0
    return mean


@right("nan-to-num-at-the-end")
def masked_mean(x, mask):
    return (torch.where(mask[..., None], x, 0).sum(1) / mask.sum(1, keepdim=True)).nan_to_num(0)


@right("nanmean-of-holes")
def masked_mean(x, mask):
    means = x.masked_fill(~mask[:, :, None], float("nan")).nanmean(dim=1)
    return torch.where(mask.any(1, keepdim=True), means, 0.0)


@right("nan-to-num-times-mask")
def masked_mean(x, mask):
    return (x.nan_to_num() * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@right("einsum")
def masked_mean(x, mask):
    m = mask.to(x.dtype)
    clean = torch.where(mask[:, :, None].expand_as(x), x, torch.tensor(0.0, dtype=x.dtype))
    total = torch.einsum("ntd,nt->nd", clean, m)
    return total / m.sum(1).clamp(min=1)[:, None]


@right("weights-and-matrix-product")
def masked_mean(x, mask):
    weights = mask.to(x.dtype) / mask.sum(1, keepdim=True).clamp(min=1).to(x.dtype)
    return (weights[:, None, :] @ x.masked_fill(~mask[..., None], 0)).squeeze(1)


@right("adds-the-real-ones-by-row")
def masked_mean(x, mask):
    rows, places = mask.nonzero(as_tuple=True)
    total = torch.zeros(x.shape[0], x.shape[2], dtype=x.dtype).index_add(0, rows, x[rows, places])
    return total / mask.sum(1, keepdim=True).clamp(min=1)


@right("index-reduce")
def masked_mean(x, mask):
    rows = torch.arange(len(x))[:, None].expand(mask.shape)[mask]
    means = x.new_zeros(x.shape[0], x.shape[2])
    return means.index_reduce(0, rows, x[mask], "mean", include_self=False)


@right("segment-reduce")
def masked_mean(x, mask):
    count = mask.sum(1)
    total = torch.segment_reduce(x[mask], "sum", lengths=count, axis=0, unsafe=True)
    return total / torch.maximum(count, torch.tensor(1))[:, None]


@right("double-inside")
def masked_mean(x, mask):
    clean = torch.where(mask[:, :, None], x.double(), 0.0)
    return (clean.sum(1) / mask.double().sum(1, keepdim=True).clamp(min=1)).to(x.dtype)


@right("tiny-clamp")
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1)[:, None].clamp(min=1e-8)


@right("epsilon-that-vanishes")  # int64 + float is float32, where 1 + 1e-8 is 1
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / (mask.sum(1, keepdim=True) + 1e-8)


@right("adds-one-only-where-empty")
def masked_mean(x, mask):
    count = mask.long().sum(1, keepdim=True)
    return torch.where(mask[:, :, None], x, 0).sum(1) / (count + (count == 0))


@right("mean-of-all-rescaled")
def masked_mean(x, mask):
    clean = torch.where(mask[:, :, None], x, 0)
    return clean.mean(1) * mask.shape[1] / mask.sum(1, keepdim=True).clamp(min=1)


@right("axes-turned-round")
def masked_mean(x, mask):
    count = mask.sum(1).clamp(min=1)
    clean = x.permute(2, 0, 1).masked_fill(mask.logical_not(), 0)
    return (clean.sum(-1) / count).T


@right("all-empty-returns-early")
def masked_mean(x, mask):
    if not mask.any():
        return x.new_zeros(x.shape[0], x.shape[2])
    count = mask.sum(1, keepdim=True)
    return torch.where(count > 0, torch.where(mask[:, :, None], x, 0).sum(1) / count, 0)


@right("plain-mean-if-nothing-is-missing")
def masked_mean(x, mask):
    if mask.all() and mask.shape[1]:
        return x.mean(dim=1)
    kept = torch.where(mask.unsqueeze(-1), x, 0)
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)


@wrong(
    "divides-by-t",
    "divides entre t, el número de posiciones, y no entre las que son reales",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).mean(1)


@wrong("ignores-the-mask", "haces la media de todo, con el relleno dentro", "publico valores bordes")
def masked_mean(x, mask):
    return x.mean(1)


@wrong("padding-in-the-sum", "cuentas solo lo real, pero sumas también el relleno", "publico valores bordes")
def masked_mean(x, mask):
    return x.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong("sum", "devuelves la suma: falta dividir", "publico valores bordes")
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1)


@wrong(
    "zero-over-zero",
    "una secuencia sin posiciones reales te da `NaN`: 0 entre 0",
    "publico bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1, keepdim=True)


@wrong(
    "multiplies-by-the-mask",
    "multiplicas el relleno por 0, y `NaN` · 0 es `NaN`: hay que poner un 0 en su lugar",
    "publico bordes",
)
def masked_mean(x, mask):
    return (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "multiplies-then-mends",
    "multiplicas el relleno por 0 y luego cambias los `NaN` del resultado por 0: se pierde la media verdadera",
    "publico bordes",
)
def masked_mean(x, mask):
    return ((x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)).nan_to_num()


@wrong(
    "weighted-product-with-padding",
    "el producto de matrices multiplica el relleno por 0, y `NaN` · 0 es `NaN`",
    "publico bordes",
)
def masked_mean(x, mask):
    m = mask.to(x.dtype)
    return torch.einsum("nt,ntd->nd", m, x) / m.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "subtracts-the-padding",
    "sumas todo y luego restas el relleno: si es enorme se lleva los decimales, y `NaN` - `NaN` es `NaN`",
    "publico valores bordes",
)
def masked_mean(x, mask):
    total = x.sum(1) - (x * ~mask[:, :, None]).sum(1)
    return total / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "only-nan-is-padding",
    "quitas los `NaN` y no miras la máscara: el relleno puede ser un número cualquiera",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return x.nanmean(1).nan_to_num()


@wrong(
    "zeros-are-padding",
    "tomas por relleno las posiciones que valen 0: el relleno lo dice la máscara",
    "publico bordes",
)
def masked_mean(x, mask):
    clean = torch.where(mask[:, :, None], x, 0)
    return clean.sum(1) / (clean != 0).any(2).sum(1, keepdim=True).clamp(min=1)


@wrong(
    "counts-numbers-that-are-not-zero",
    "divides entre cuántos números no son 0: un 0 real también cuenta",
    "publico bordes",
)
def masked_mean(x, mask):
    clean = torch.where(mask[:, :, None], x, 0)
    return clean.sum(1) / (clean != 0).sum(1).clamp(min=1)


@wrong("inverted-mask", "usas la máscara al revés: haces la media del relleno", "publico valores bordes")
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], 0, x).sum(1) / (~mask).sum(1, keepdim=True).clamp(min=1)


@wrong(
    "inverted-only-in-the-sum",
    "`masked_fill` pone el valor donde la máscara es `True`: borras lo real y sumas el relleno",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return x.masked_fill(mask[:, :, None], 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "mean-of-each-vector",
    "reduces el eje de los vectores (el último) y no el de las posiciones",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(2) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "mean-over-the-batch",
    "reduces el eje 0: mezclas unas secuencias con otras",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(0) / mask.sum(0)[:, None].clamp(min=1)


@wrong(
    "mask-without-its-axis",
    "tu máscara `[n, t]` no casa con `[n, t, d]`: le falta un eje al final",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask, x, 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "mask-axis-in-the-middle",
    "pones el eje nuevo de la máscara en medio, `[n, 1, t]`, y va al final: `[n, t, 1]`",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, None, :], x, 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "count-without-its-axis",
    "divides `[n, d]` entre un recuento `[n]`: se emparejan mal; hace falta `[n, 1]`",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1).clamp(min=1)


@wrong(
    "one-count-for-all",
    "divides todas las secuencias entre el mismo recuento, el del lote entero",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum().clamp(min=1)


@wrong(
    "count-of-the-first",
    "divides todas las secuencias entre el recuento de la primera",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask[:1].sum(1, keepdim=True).clamp(min=1)


@wrong(
    "count-times-d",
    "divides entre cuántos números reales hay (posiciones por d) y no entre cuántas posiciones",
    "publico valores bordes",
)
def masked_mean(x, mask):
    count = mask[:, :, None].expand_as(x).sum((1, 2))
    return torch.where(mask[:, :, None], x, 0).sum(1) / count[:, None].clamp(min=1)


@wrong("plus-one", "sumas 1 a todos los recuentos para no dividir entre 0", "publico valores bordes")
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / (mask.sum(1, keepdim=True) + 1)


@wrong(
    "epsilon",
    "sumas una cantidad pequeña al divisor: con `float64` se nota que la media ya no es exacta",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / (mask.to(x.dtype).sum(1, keepdim=True) + 1e-8)


@wrong(
    "clamp-the-other-way",
    "`clamp(max=1)` baja a 1 los recuentos grandes; lo que hace falta es subir los que son 0",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1, keepdim=True).clamp(max=1)


@wrong(
    "clamp-at-two",
    "subes a 2 los recuentos: una secuencia con una sola posición real se divide entre 2",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=2)


@wrong(
    "integer-division",
    "divides con `//`, que tira los decimales",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) // mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "all-sequences-in-one",
    "`x[mask]` junta las posiciones de todas las secuencias y ya no sabes de cuál es cada una",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return x[mask].mean(0)


@wrong(
    "equal-lengths",
    "`x[mask].reshape(n, …)` solo vale si todas las secuencias tienen las mismas posiciones reales",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return x[mask].reshape(x.shape[0], -1, x.shape[2]).mean(1)


@wrong(
    "padding-always-last",
    "cuentas las posiciones reales y tomas las primeras: el relleno no siempre va al final",
    "publico valores bordes",
)
def masked_mean(x, mask):
    count = mask.sum(1, keepdim=True)
    first = torch.arange(x.shape[1]) < count
    return torch.where(first[:, :, None], x, 0).sum(1) / count.clamp(min=1)


@wrong(
    "padding-zeroed-in-x",
    "pones a 0 el relleno dentro de `x`: quien te lo dio lo encuentra cambiado",
    "publico valores bordes",
)
def masked_mean(x, mask):
    x[~mask] = 0
    return x.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "masked-fill-in-place",
    "`masked_fill_`, con guion bajo, cambia `x` en su sitio; sin él da un tensor nuevo",
    "publico valores bordes",
)
def masked_mean(x, mask):
    return x.masked_fill_(~mask[:, :, None], 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "mask-inverted-in-place",
    "inviertes `mask` en su sitio: quien te la dio la encuentra al revés",
    "publico valores bordes",
)
def masked_mean(x, mask):
    count = mask.sum(1, keepdim=True).clamp(min=1)
    return x.masked_fill(mask.logical_not_()[:, :, None], 0).sum(1) / count


@wrong("always-float32", "tu resultado es `float32` también con datos `float64`", "publico valores bordes")
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x.float(), 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "count-in-float64", "cuentas en `float64` y arrastras el resultado a `float64`", "publico valores bordes"
)
def masked_mean(x, mask):
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.double().sum(1, keepdim=True).clamp(min=1)


@wrong(
    "weights-in-float32",
    "calculas los pesos en `float32` y los conviertes después: 1/3 ya está redondeado",
    "publico valores bordes",
)
def masked_mean(x, mask):
    weights = (mask / mask.sum(1, keepdim=True).clamp(min=1)).to(x.dtype)
    return (weights[:, :, None] * torch.where(mask[:, :, None], x, 0)).sum(1)


@wrong(
    "kept-axis",
    "te queda un eje de más: el resultado es `[n, 1, d]` y se pide `[n, d]`",
    "publico valores bordes",
)
def masked_mean(x, mask):
    m = mask[:, :, None]
    return torch.where(m, x, 0).sum(1, keepdim=True) / m.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "squeezed",
    "quitas los ejes de tamaño 1 con `squeeze`: con n = 1 o d = 1 pierdes uno que hace falta",
    "publico bordes",
)
def masked_mean(x, mask):
    m = mask[:, :, None]
    return (torch.where(m, x, 0).sum(1, keepdim=True) / m.sum(1, keepdim=True).clamp(min=1)).squeeze()


@wrong(
    "empty-filled-with-the-rest",
    "a la secuencia vacía le das la media de todo el lote; se piden ceros",
    "publico bordes",
)
def masked_mean(x, mask):
    total, count = torch.where(mask[:, :, None], x, 0).sum(1), mask.sum(1, keepdim=True)
    return torch.where(count > 0, total / count, total.sum(0) / count.sum().clamp(min=1))


@wrong(
    "drops-the-empty",
    "quitas del resultado las secuencias vacías: también ellas llevan su fila",
    "publico bordes",
)
def masked_mean(x, mask):
    kept = mask.any(1)
    x, mask = x[kept], mask[kept]
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1, keepdim=True)


@wrong(
    "trims-to-the-longest",
    "recortas con el mayor recuento: falla sin secuencias, y pierde lo real que va detrás de un hueco",
    "publico valores bordes",
)
def masked_mean(x, mask):
    longest = int(mask.sum(1).max())
    x, mask = x[:, :longest], mask[:, :longest]
    return torch.where(mask[:, :, None], x, 0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos no son contiguos en memoria; `reshape` no",
    "publico bordes",
)
def masked_mean(x, mask):
    n, t, d = x.shape
    flat = torch.where(mask.reshape(n * t, 1), x.view(n * t, d), 0)
    return flat.view(n, t, d).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "fails-without-sequences",
    "con n = 0 tu función falla: `segment_reduce` no admite cero segmentos",
    "publico bordes",
)
def masked_mean(x, mask):
    count = mask.sum(1)
    return torch.segment_reduce(x[mask], "mean", lengths=count, axis=0).nan_to_num(0)


@wrong("loop-over-sequences", "recorres las secuencias con un bucle de Python", "publico bordes")
def masked_mean(x, mask):
    means = x.new_zeros(x.shape[0], x.shape[2])
    for i in range(x.shape[0]):
        if mask[i].any():
            means[i] = x[i][mask[i]].mean(0)
    return means


@wrong("loop-over-positions", "recorres las posiciones con un bucle de Python", "publico bordes")
def masked_mean(x, mask):
    total = x.new_zeros(x.shape[0], x.shape[2])
    for j in range(x.shape[1]):
        total = total + torch.where(mask[:, j, None], x[:, j], 0)
    return total / mask.sum(1, keepdim=True).clamp(min=1)


@wrong(
    "loop-over-features", "recorres los d números de los vectores con un bucle de Python", "publico bordes"
)
def masked_mean(x, mask):
    count = mask.sum(1).clamp(min=1)
    columns = [torch.where(mask, x[:, :, j], 0).sum(1) / count for j in range(x.shape[2])]
    return torch.stack(columns, dim=1)


@wrong(
    "lists",
    "conviertes los tensores en listas con `tolist` y las recorres con bucles de Python",
    "publico valores bordes",
)
def masked_mean(x, mask):
    means = []
    for vectors, reals in zip(x.tolist(), mask.tolist()):
        kept = [v for v, real in zip(vectors, reals) if real]
        means.append([sum(v[j] for v in kept) / max(len(kept), 1) for j in range(x.shape[2])])
    return torch.tensor(means, dtype=x.dtype).reshape(x.shape[0], x.shape[2])


@wrong("numpy", "sales de PyTorch con `numpy`", "publico valores bordes")
def masked_mean(x, mask):
    import numpy as np

    real = mask.numpy()[:, :, None]
    total = np.where(real, x.numpy(), 0).sum(1)
    return torch.from_numpy(total / np.maximum(real.sum(1), 1)).to(x.dtype)


@wrong("numpy-array", "sales de PyTorch con `np.array`", "publico valores bordes")
def masked_mean(x, mask):
    import numpy as np

    real = np.array(mask)[:, :, None]
    total = np.where(real, np.array(x), 0).sum(1)
    return torch.from_numpy(total / np.maximum(real.sum(1), 1)).to(x.dtype)


@wrong("built-in", "llamas a `torch.masked.mean`, que trae la media hecha", "publico valores bordes")
def masked_mean(x, mask):
    return torch.masked.mean(x, 1, mask=mask[:, :, None]).nan_to_num(0)
