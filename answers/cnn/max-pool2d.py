"""Known answers to `cnn/max-pool2d`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("loop-over-places-and-maximum")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    if stride is None:
        stride = kernel_size
    x = F.pad(x, (padding, padding, padding, padding), value=float("-inf"))
    h = (x.shape[2] - kernel_size) // stride + 1
    w = (x.shape[3] - kernel_size) // stride + 1
    result = x.new_full((x.shape[0], x.shape[1], h, w), float("-inf"))
    for i in range(kernel_size):
        for j in range(kernel_size):
            rows = slice(i, i + (h - 1) * stride + 1, stride)
            columns = slice(j, j + (w - 1) * stride + 1, stride)
            result = torch.maximum(result, x[:, :, rows, columns])
    return result


@right("stack-of-shifted-slices")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, stride or kernel_size
    x = pad2d(x, (padding,) * 4, value=-math.inf)
    h, w = x.shape[-2] - k + 1, x.shape[-1] - k + 1
    places = [x[:, :, i : i + h : s, j : j + w : s] for i in range(k) for j in range(k)]
    return torch.stack(places).max(dim=0).values


@right("library-im2col")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    n, c = x.shape[:2]
    x = F.pad(x, [padding] * 4, mode="constant", value=-torch.inf)
    h, w = (x.shape[2] - kernel_size) // s + 1, (x.shape[3] - kernel_size) // s + 1
    columns = F.unfold(x, kernel_size, stride=s)
    return columns.reshape(n, c, kernel_size * kernel_size, h * w).amax(2).reshape(n, c, h, w)


@right("rows-then-columns")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    x = F.pad(x, (padding, padding, padding, padding), "constant", -math.inf)
    x = x.unfold(2, kernel_size, stride).max(-1)[0]
    return x.unfold(3, kernel_size, stride).max(-1)[0]


@right("as-strided")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = stride or kernel_size
    x = pad2d(x, (padding, padding, padding, padding), -math.inf).contiguous()
    n, c, h, w = x.shape
    size = (n, c, (h - kernel_size) // s + 1, (w - kernel_size) // s + 1, kernel_size, kernel_size)
    a, b, r, q = x.stride()
    return x.as_strided(size, (a, b, r * s, q * s, r, q)).flatten(-2).amax(-1)


@right("gathered-by-index")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    place = torch.arange(kernel_size)
    rows = torch.arange(0, x.shape[2] - kernel_size + 1, stride)[:, None] + place
    columns = torch.arange(0, x.shape[3] - kernel_size + 1, stride)[:, None] + place
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return torch.amax(windows, (4, 5))


@right("own-canvas-and-sorting")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    n, c, h, w = x.shape
    canvas = torch.full((n, c, h + 2 * padding, w + 2 * padding), -math.inf, dtype=x.dtype)
    canvas[:, :, padding : padding + h, padding : padding + w] = x
    windows = canvas.unfold(2, kernel_size, s).unfold(3, kernel_size, s)
    return windows.flatten(4).sort(dim=-1).values[..., -1]


@right("minus-the-minimum")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(-x, (padding,) * 4, value=math.inf)
    return -x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amin((-1, -2))


@right("lowest-finite-number")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=torch.finfo(x.dtype).min)
    result = None
    for i in range(kernel_size):
        for j in range(kernel_size):
            part = x[:, :, i : x.shape[2] - kernel_size + i + 1 : s, j : x.shape[3] - kernel_size + j + 1 : s]
            result = part.clone() if result is None else torch.where(part > result, part, result)
    return result


@right("one-image-a-channel")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c, h, w = x.shape
    h, w = (h + 2 * padding - k) // s + 1, (w + 2 * padding - k) // s + 1
    alone = F.pad(x.reshape(n * c, 1, *x.shape[2:]), (padding,) * 4, value=-math.inf)
    return torch.topk(F.unfold(alone, k, stride=s), 1, dim=1).values.reshape(n, c, h, w)


@right("crop-and-reshape-where-it-can")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    if k == s and padding == 0:
        n, c, h, w = x.shape
        x = x[:, :, : h // k * k, : w // k * k]
        return x.reshape(n, c, h // k, k, w // k, k).amax((3, 5))
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, k, s).unfold(3, k, s).amax((4, 5))


@wrong(
    "zero-padding",
    "tu resultado coincide con rellenar con ceros: ganan a los números negativos; el relleno es −∞",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "zero-padding-in-unfold",
    "dejas el relleno a `F.unfold`, que rellena con ceros; el relleno es −∞",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c, h, w = x.shape
    h, w = (h + 2 * padding - k) // s + 1, (w + 2 * padding - k) // s + 1
    columns = F.unfold(x, k, padding=padding, stride=s)
    return columns.reshape(n, c, k * k, h * w).amax(2).reshape(n, c, h, w)


@wrong(
    "starts-from-zero",
    "empiezas a comparar desde 0: ningún máximo puede salir negativo",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - kernel_size) // s + 1, (x.shape[3] - kernel_size) // s + 1
    result = x.new_zeros(x.shape[0], x.shape[1], h, w)
    for i in range(kernel_size):
        for j in range(kernel_size):
            part = x[:, :, i : i + (h - 1) * s + 1 : s, j : j + (w - 1) * s + 1 : s]
            result = torch.maximum(result, part)
    return result


@wrong(
    "not-low-enough",
    "rellenas con un número muy bajo, pero la imagen puede traer otros más bajos; el relleno es −∞",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-1e9)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "lowest-float32",
    "rellenas con el menor número de float32, y en float64 los hay más bajos; el relleno es −∞",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=torch.finfo(torch.float32).min)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "zeros-as-padding",
    "cambias por −∞ todos los ceros, no solo los del relleno: también hay ceros en la imagen",
    "publico bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4)
    x = x.masked_fill(x == 0, -math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "default-stride-one",
    "con `stride=None` avanzas de uno en uno; hay que avanzar `kernel_size`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = 1 if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "none-stride-unsolved",
    "usas `stride` sin mirar antes si es `None`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).amax((-2, -1))


@wrong(
    "stride-ignored",
    "avanzas siempre `kernel_size`, valga lo que valga `stride`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, kernel_size).unfold(3, kernel_size, kernel_size).amax((-2, -1))


@wrong(
    "stride-on-rows-only",
    "`stride` solo se aplica hacia abajo; hacia la derecha avanzas de uno en uno",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, 1).amax((-2, -1))


@wrong(
    "reshape-only",
    "partes los ejes con `reshape`: solo sirve si las ventanas no se solapan y llenan justo la imagen",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k = kernel_size
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    n, c, h, w = x.shape
    return x.reshape(n, c, h // k, k, w // k, k).amax((3, 5))


@wrong(
    "padding-ignored",
    "no usas `padding`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "padding-on-one-side",
    "rellenas solo por arriba y por la izquierda; el relleno va por los cuatro lados",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding, 0, padding, 0), value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "padding-columns-only",
    "rellenas a izquierda y derecha, pero no arriba y abajo",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding, padding), value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "incomplete-windows",
    "cuentas también las ventanas que se salen por abajo o por la derecha (redondeas hacia arriba)",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    x = F.pad(x, (0, -(x.shape[3] - kernel_size) % s, 0, -(x.shape[2] - kernel_size) % s), value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "last-window-lost",
    "te falta la última ventana de cada fila y de cada columna (el + 1 de la fórmula)",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - kernel_size) // s, (x.shape[3] - kernel_size) // s
    places = [
        x[:, :, i : i + h * s : s, j : j + w * s : s] for i in range(kernel_size) for j in range(kernel_size)
    ]
    return torch.stack(places).amax(0)


@wrong(
    "mean",
    "tu resultado coincide con la media de cada ventana (*average pooling*); se pide el máximo",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).mean((-2, -1))


@wrong(
    "largest-magnitude",
    "te quedas con el número de mayor valor absoluto; −9 no es mayor que 1",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4)
    windows = x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).flatten(4)
    return windows.gather(4, windows.abs().argmax(4, keepdim=True))[..., 0]


@wrong(
    "rows-of-the-window-only",
    "buscas el máximo en un solo eje de la ventana y en el otro tomas el primer número",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax(-1)[..., 0]


@wrong(
    "diagonal-of-the-window",
    "solo miras la diagonal de cada ventana: el lugar (i, j) recorre todas las parejas",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = x.shape[2] - kernel_size + 1, x.shape[3] - kernel_size + 1
    places = [x[:, :, i : i + h : s, i : i + w : s] for i in range(kernel_size)]
    return torch.stack(places).amax(0)


@wrong(
    "values-and-indices",
    "`max` con `dim` devuelve dos cosas, los máximos y dónde están; devuelves ambas",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return tuple(x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).flatten(4).max(4))


@wrong(
    "height-and-width-swapped",
    "has cambiado el alto por el ancho: tu resultado es [n, c, w', h']",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf).permute(0, 1, 3, 2)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "square-only",
    "usas el alto también como ancho: solo sirve con imágenes cuadradas",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    n, c, h, _ = x.shape
    size = (h + 2 * padding - kernel_size) // s + 1
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    columns = F.unfold(x, kernel_size, stride=s)
    return columns.reshape(n, c, kernel_size**2, -1).amax(2).reshape(n, c, size, size)


@wrong(
    "channels-mixed",
    "tomas el máximo también entre los canales; cada canal va por su cuenta",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    windows = x.unfold(2, kernel_size, s).unfold(3, kernel_size, s)
    return windows.amax((1, 4, 5), keepdim=True)[..., 0, 0].repeat(1, x.shape[1], 1, 1)


@wrong(
    "places-before-channels",
    "`F.unfold` pone juntos los lugares de un mismo canal; al separar los ejes los cambias de orden",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c = x.shape[:2]
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
    return F.unfold(x, k, stride=s).reshape(n, k * k, c, h * w).amax(1).reshape(n, c, h, w)


@wrong(
    "batch-mixed",
    "tomas el máximo también entre las imágenes del lote; cada imagen va por su cuenta",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    windows = x.unfold(2, kernel_size, s).unfold(3, kernel_size, s)
    return windows.amax((0, 4, 5)).repeat(len(x), 1, 1, 1)


@wrong("first-image-only", "solo agrupas la primera imagen del lote", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x[:1], (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "loop-over-windows",
    "recorres las ventanas una a una con un bucle de Python",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    rows = []
    for i in range(0, x.shape[2] - k + 1, s):
        columns = range(0, x.shape[3] - k + 1, s)
        rows.append(torch.stack([x[:, :, i : i + k, j : j + k].amax((2, 3)) for j in columns], -1))
    return torch.stack(rows, 2)


@wrong(
    "loop-over-channels",
    "recorres las imágenes y los canales con un bucle de Python",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c = x.shape[:2]
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
    result = x.new_zeros(n, c, h, w)
    for i in range(n):
        for j in range(c):
            result[i, j] = x[i, j].unfold(0, k, s).unfold(1, k, s).amax((2, 3))
    return result


@wrong(
    "float32-only",
    "conviertes todo a float32: se pierde el `dtype` de `x`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x.float(), (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "default-dtype-canvas",
    "rellenas dentro de un tensor float32, sea cual sea el `dtype` de `x`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s, p = kernel_size if stride is None else stride, padding
    n, c, h, w = x.shape
    canvas = torch.full((n, c, h + 2 * p, w + 2 * p), -math.inf)
    canvas[:, :, p : p + h, p : p + w] = x
    return canvas.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "detached",
    "calculas sin grafo (`detach`, `no_grad`): ningún gradiente llega a `x`",
    "publico gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    with torch.no_grad():
        x = F.pad(x, (padding,) * 4, value=-math.inf)
        return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "view-of-the-argument",
    "con ventanas de 1 × 1 devuelves una vista de `x`, no un tensor nuevo",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    if kernel_size == 1:
        return x[:, :, ::s, ::s]
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1))


@wrong(
    "in-place-on-the-argument",
    "guardas los máximos dentro de la propia `x`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    if padding:
        x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = x.shape[2] - kernel_size + 1, x.shape[3] - kernel_size + 1
    result = x[:, :, 0:h:s, 0:w:s]
    for i in range(kernel_size):
        for j in range(kernel_size):
            result[:] = torch.maximum(result, x[:, :, i : i + h : s, j : j + w : s])
    return result.clone()


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    n, c, h, w = x.shape
    x = x.view(n * c, h, w)
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    pooled = x.unfold(1, kernel_size, s).unfold(2, kernel_size, s).amax((-2, -1))
    return pooled.reshape(n, c, *pooled.shape[1:])


@wrong("no-empty-batch", "falla cuando el lote está vacío (n = 0)", "publico bordes")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c = x.shape[:2]
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
    return F.unfold(x, k, stride=s).reshape(n, c, k * k, -1).amax(2).reshape(n, c, h, w)


@wrong(
    "one-image-squeezed", "con una sola imagen o un solo canal pierdes un eje (`squeeze`)", "publico bordes"
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    return x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).amax((-2, -1)).squeeze()


@wrong(
    "one-hot-convolution",
    "sacas cada lugar con una convolución de ceros y un uno: 0 · (−∞) es NaN",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    k, s = kernel_size, kernel_size if stride is None else stride
    n, c, h, w = x.shape
    x = F.pad(x, (padding,) * 4, value=-math.inf).reshape(n * c, 1, h + 2 * padding, w + 2 * padding)
    kernels = torch.eye(k * k, dtype=x.dtype).reshape(k * k, 1, k, k)
    y = F.conv2d(x, kernels, stride=s).amax(1)
    return y.reshape(n, c, *y.shape[1:])


@wrong(
    "window-of-two",
    "tus ventanas son siempre de 2 × 2, valga lo que valga `kernel_size`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - kernel_size) // s + 1, (x.shape[3] - kernel_size) // s + 1
    return x.unfold(2, 2, s).unfold(3, 2, s).amax((-2, -1))[:, :, :h, :w]


@wrong("built-in", "llamas a `F.max_pool2d`", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    return F.max_pool2d(x, kernel_size, stride, padding)


@wrong("built-in-layer", "llamas a `nn.MaxPool2d`", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    return nn.MaxPool2d(kernel_size, stride, padding)(x)


@wrong(
    "built-in-with-indices",
    "llamas a `F.max_pool2d` con `return_indices`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    return F.max_pool2d(x, kernel_size, stride, padding, return_indices=True)[0]


@wrong("built-in-1d-twice", "llamas a `F.max_pool1d`", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    n, c, h, w = x.shape
    x = F.max_pool1d(x.reshape(n * c, h, w), kernel_size, s, padding)
    x = F.max_pool1d(x.mT, kernel_size, s, padding).mT
    return x.reshape(n, c, *x.shape[1:])


@wrong("built-in-3d", "llamas a `F.max_pool3d`", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    return F.max_pool3d(x, (1, kernel_size, kernel_size), (1, s, s), (0, padding, padding))


@wrong(
    "adaptive",
    "llamas a `F.adaptive_max_pool2d`",
    "publico valores bordes gradiente",
)
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - kernel_size) // s + 1, (x.shape[3] - kernel_size) // s + 1
    return F.adaptive_max_pool2d(
        x.unfold(2, kernel_size, s).unfold(3, kernel_size, s).flatten(0, 3), 1
    ).reshape(*x.shape[:2], h, w)


@wrong("fractional", "llamas a `F.fractional_max_pool2d`", "publico valores bordes gradiente")
def max_pool2d(x, kernel_size, stride=None, padding=0):
    s = kernel_size if stride is None else stride
    x = F.pad(x, (padding,) * 4, value=-math.inf)
    h, w = (x.shape[2] - kernel_size) // s + 1, (x.shape[3] - kernel_size) // s + 1
    return F.fractional_max_pool2d(x, kernel_size, output_size=(h, w))
