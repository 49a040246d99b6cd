"""Known answers to `tensores/to-nchw`."""

import torch

from torchaula.course.answers import right, wrong


@right("float-then-permute-then-contiguous")
def to_nchw(images):
    return images.to(torch.float32).div(255).permute(0, 3, 1, 2).contiguous()


@right("movedim")
def to_nchw(images):
    return torch.movedim(images.float(), -1, 1) / 255.0


@right("two-transposes")
def to_nchw(images):
    return images.transpose(1, 3).transpose(2, 3) / 255


@right("einsum-and-product")
def to_nchw(images):
    return torch.einsum("nhwc->nchw", images.float()) * (1 / 255)


@right("rows-of-pixels-and-reshape")
def to_nchw(images):
    n, h, w, c = images.shape
    return images.reshape(n, h * w, c).mT.reshape(n, c, h, w).float() / 255


@right("stack-of-unbound-channels")
def to_nchw(images):
    return torch.stack(images.unbind(dim=-1), dim=1).type(torch.float32) / 255


@right("in-place-on-own-copy")
def to_nchw(images):
    n, h, w, c = images.shape
    result = torch.empty(n, c, h, w)
    result.copy_(images.permute(0, 3, 1, 2))
    result /= 255
    return result


@right("table-of-bytes")
def to_nchw(images):
    values = torch.arange(256, dtype=torch.float32) / 255
    return values[images.permute(0, 3, 1, 2).long()]


@wrong("numpy", "pasas a NumPy: se pide hacerlo con operaciones de PyTorch", "publico valores bordes")
def to_nchw(images):
    return torch.from_numpy(images.numpy().transpose(0, 3, 1, 2).astype("float32") / 255)


@right("double-inside")
def to_nchw(images):
    return (images.double().swapaxes(2, 3).swapaxes(1, 2) / 255).float().clamp(0, 1)


@right("four-indices")
def to_nchw(images):
    n, h, w, c = (torch.arange(size) for size in images.shape)
    return images[n[:, None, None, None], h[:, None], w, c[:, None, None]] / 255


@wrong(
    "reshape",
    "repartes los números con `reshape`: la forma es la pedida, pero los colores se mezclan",
    "publico valores bordes",
)
def to_nchw(images):
    n, h, w, c = images.shape
    return images.reshape(n, c, h, w) / 255


@wrong(
    "view",
    "repartes los números con `view`: la forma es la pedida, pero los colores se mezclan",
    "publico valores bordes",
)
def to_nchw(images):
    n, h, w, c = images.shape
    return images.float().view(n, c, h, w) / 255


@wrong(
    "swapped-rows-and-columns",
    "cambias filas por columnas: cada plano sale traspuesto",
    "publico valores bordes",
)
def to_nchw(images):
    return images.permute(0, 3, 2, 1) / 255


@wrong(
    "one-transpose",
    "intercambias los ejes 1 y 3: las columnas quedan delante de las filas",
    "publico valores bordes",
)
def to_nchw(images):
    return images.transpose(1, -1).float() / 255


@wrong(
    "opposite-permutation",
    "haces el cambio contrario: `permute(0, 2, 3, 1)` lleva de [n, c, h, w] a [n, h, w, c]",
    "publico valores bordes",
)
def to_nchw(images):
    return images.permute(0, 2, 3, 1) / 255


@wrong(
    "channels-first-of-all",
    "pones los canales delante de las imágenes: [c, n, h, w]",
    "publico valores bordes",
)
def to_nchw(images):
    return images.permute(3, 0, 1, 2) / 255


@wrong("axes-not-moved", "divides, pero dejas los canales al final", "publico valores bordes")
def to_nchw(images):
    return images.float() / 255


@wrong(
    "channels-last-format",
    "`memory_format` cambia cómo se guardan los números, no el orden de los ejes",
    "publico valores bordes",
)
def to_nchw(images):
    return images.to(torch.float32, memory_format=torch.channels_last) / 255


@wrong("reversed-channels", "das los canales en orden contrario: azul, verde, rojo", "publico valores bordes")
def to_nchw(images):
    return images.flip(-1).permute(0, 3, 1, 2) / 255


@wrong("divided-by-256", "divides entre 256: el byte más grande es 255", "publico valores bordes")
def to_nchw(images):
    return images.permute(0, 3, 1, 2) / 256


@wrong("floor-division", "divides con `//`: todo lo que no llega a 255 da 0", "publico valores bordes")
def to_nchw(images):
    return (images.permute(0, 3, 1, 2) // 255).float()


@wrong("not-divided", "pasas a float32, pero te falta dividir entre 255", "publico valores bordes")
def to_nchw(images):
    return images.permute(0, 3, 1, 2).float()


@wrong("left-as-bytes", "solo mueves los ejes: los números siguen siendo bytes", "publico valores bordes")
def to_nchw(images):
    return images.permute(0, 3, 1, 2)


@wrong(
    "back-to-bytes",
    "conviertes el resultado otra vez en bytes: los decimales se pierden",
    "publico valores bordes",
)
def to_nchw(images):
    return (images.permute(0, 3, 1, 2) / 255).to(images.dtype)


@wrong(
    "divided-by-largest",
    "divides entre el byte más grande que llega, no entre 255: una foto oscura se aclara",
    "publico valores bordes",
)
def to_nchw(images):
    return images.permute(0, 3, 1, 2) / images.max()


@wrong(
    "divided-by-largest-of-each",
    "divides cada imagen entre su byte más grande, no entre 255: una foto oscura se aclara",
    "publico valores bordes",
)
def to_nchw(images):
    largest = images.flatten(1).float().sort(dim=1).values[:, -1:].clamp(min=1)
    return images.permute(0, 3, 1, 2) / largest[:, :, None, None]


@wrong(
    "between-minus-one-and-one", "repartes los bytes entre −1 y 1, no entre 0 y 1", "publico valores bordes"
)
def to_nchw(images):
    return images.permute(0, 3, 1, 2) / 127.5 - 1


@wrong("inverted", "el 255 debe dar 1 y el 0 debe dar 0, y a ti te salen al revés", "publico valores bordes")
def to_nchw(images):
    return 1 - images.permute(0, 3, 1, 2) / 255


@wrong(
    "overflow",
    "calculas con bytes antes de pasar a float32: al llegar a 256 vuelven a empezar por 0",
    "publico valores bordes",
)
def to_nchw(images):
    return (images.permute(0, 3, 1, 2) * 100 // 255).float() / 100


@wrong(
    "signed-bytes",
    "pasas por int8, que acaba en 127: los bytes mayores salen negativos",
    "publico valores bordes",
)
def to_nchw(images):
    return images.permute(0, 3, 1, 2).to(torch.int8) / 255


@wrong("two-decimals", "redondeas a dos decimales", "publico valores bordes")
def to_nchw(images):
    return (images.permute(0, 3, 1, 2) / 255).round(decimals=2)


@wrong("double", "das float64 y se pide float32", "publico valores bordes")
def to_nchw(images):
    return images.permute(0, 3, 1, 2).double() / 255


@wrong("half", "das float16 y se pide float32", "publico valores bordes")
def to_nchw(images):
    return images.permute(0, 3, 1, 2).half() / 255


@wrong(
    "half-inside",
    "calculas en float16: aunque acabes en float32, los decimales ya se han perdido",
    "publico valores bordes",
)
def to_nchw(images):
    return (images.permute(0, 3, 1, 2).half() / 255).float()


@wrong("three-channels", "das por hecho que hay 3 canales", "publico valores bordes")
def to_nchw(images):
    return torch.stack([images[..., 0], images[..., 1], images[..., 2]], dim=1) / 255


@wrong("only-three-channels", "tomas solo los tres primeros canales", "publico valores bordes")
def to_nchw(images):
    return images[..., :3].permute(0, 3, 1, 2) / 255


@wrong("batch-of-one", "das por hecho que hay una sola imagen", "publico valores bordes")
def to_nchw(images):
    return images.squeeze(0).permute(2, 0, 1).unsqueeze(0) / 255


@wrong("only-the-first", "conviertes solo la primera imagen", "publico valores bordes")
def to_nchw(images):
    return images[:1].permute(0, 3, 1, 2) / 255


@wrong(
    "first-without-batch",
    "devuelves una imagen, [c, h, w]: falta el eje de las imágenes",
    "publico valores bordes",
)
def to_nchw(images):
    return images[0].permute(2, 0, 1) / 255


@wrong("squeezed", "con `squeeze` desaparecen los ejes de tamaño 1", "publico bordes")
def to_nchw(images):
    return (images.permute(0, 3, 1, 2) / 255).squeeze()


@wrong(
    "empty-is-special",
    "sin imágenes fallas: `reshape` no puede adivinar el −1 si no hay números",
    "publico bordes",
)
def to_nchw(images):
    n, h, w, c = images.shape
    return images.reshape(n, -1, c).transpose(1, 2).reshape(n, c, h, w) / 255


@wrong("contiguous-only", "usas `view`: falla con datos no contiguos", "publico bordes")
def to_nchw(images):
    n, h, w, c = images.shape
    return images.view(n, h * w, c).transpose(1, 2).reshape(n, c, h, w) / 255


@wrong(
    "moves-axes-of-argument",
    "mueves los ejes de `images` en su sitio: quien te la dio la encuentra cambiada",
    "publico valores bordes",
)
def to_nchw(images):
    return images.transpose_(2, 3).transpose_(1, 2) / 255


@wrong(
    "in-place-division",
    "divides `images` en su sitio: un tensor de bytes no puede guardar decimales",
    "publico valores bordes",
)
def to_nchw(images):
    images /= 255
    return images.permute(0, 3, 1, 2)


@wrong("loop-over-images", "recorres las imágenes con un bucle de Python", "publico bordes")
def to_nchw(images):
    n, h, w, c = images.shape
    result = torch.zeros(n, c, h, w)
    for i in range(n):
        result[i] = images[i].permute(2, 0, 1) / 255
    return result


@wrong("loop-over-channels", "recorres los canales con un bucle de Python", "publico bordes")
def to_nchw(images):
    return torch.stack([images[..., k] for k in range(images.shape[-1])], dim=1) / 255


@wrong(
    "nested-lists",
    "pasas por listas de Python y recorres los números uno a uno",
    "publico valores bordes",
)
def to_nchw(images):
    n, h, w, c = images.shape
    values = images.tolist()
    planes = [
        [[[values[i][y][x][k] / 255 for x in range(w)] for y in range(h)] for k in range(c)] for i in range(n)
    ]
    return torch.tensor(planes).reshape(n, c, h, w)


@wrong("loop-over-pixels", "recorres los números uno a uno con bucles de Python", "publico bordes")
def to_nchw(images):
    n, h, w, c = images.shape
    result = torch.empty(n, c, h, w)
    for i in range(n):
        for y in range(h):
            for x in range(w):
                for k in range(c):
                    result[i, k, y, x] = images[i, y, x, k] / 255
    return result


@wrong(
    "numpy-asarray",
    "pasas a NumPy con `np.asarray`: se pide hacerlo con operaciones de PyTorch",
    "publico valores bordes",
)
def to_nchw(images):
    import numpy as np

    return torch.from_numpy(np.moveaxis(np.asarray(images), -1, 1).astype(np.float32) / 255)


@wrong("prints-only", "calculas el resultado, pero no lo devuelves", "publico valores bordes")
def to_nchw(images):
    images.permute(0, 3, 1, 2) / 255
