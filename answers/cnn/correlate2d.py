"""Known answers to `cnn/correlate2d`."""

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("four-loops-with-item")
def correlate2d(x, kernel):
    h, w = x.shape
    a, b = kernel.shape
    y = torch.empty(h - a + 1, w - b + 1, dtype=x.dtype)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            total = 0.0
            for u in range(a):
                for v in range(b):
                    total += x[i + u, j + v].item() * kernel[u, v].item()
            y[i, j] = total
    return y


@right("four-loops-in-the-tensor")
def correlate2d(x, kernel):
    y = torch.zeros(len(x) - len(kernel) + 1, x.shape[1] - kernel.shape[1] + 1).to(x)
    for i, row in enumerate(y):
        for j in range(len(row)):
            for u in range(kernel.size(0)):
                for v in range(kernel.size(1)):
                    y[i, j] += x[i + u, j + v] * kernel[u, v]
    return y


@right("lists")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    rows, weights = x.tolist(), kernel.tolist()
    return torch.tensor(
        [
            [
                sum(rows[i + u][j + v] * weights[u][v] for u in range(a) for v in range(b))
                for j in range(w - b + 1)
            ]
            for i in range(h - a + 1)
        ],
        dtype=x.dtype,
    )


@right("shifted-images")
def correlate2d(x, kernel):
    h, w = x.size(0) - kernel.size(0) + 1, x.size(1) - kernel.size(1) + 1
    y = torch.zeros(h, w, dtype=x.dtype)
    for u in range(kernel.size(0)):
        for v in range(kernel.size(1)):
            y += kernel[u, v] * x[u : u + h, v : v + w]
    return y


@right("stacked-rows")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    rows = []
    for i in range(h - a + 1):
        row = [torch.sum(torch.mul(x[i : i + a, j : j + b], kernel)) for j in range(w - b + 1)]
        rows.append(torch.stack(row))
    return torch.stack(rows)


@right("flat-list-and-view")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    found = []
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            found.append(torch.dot(x[i : i + a, j : j + b].flatten(), kernel.flatten()).item())
    return torch.tensor(found, dtype=x.dtype).view(h - a + 1, w - b + 1)


@right("unfold-method")
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum(dim=(2, 3))


@right("unfold-and-einsum")
def correlate2d(x, kernel):
    return torch.einsum("ijuv,uv->ij", x.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1), kernel)


@right("functional-unfold")
def correlate2d(x, kernel):
    a, b = kernel.shape
    columns = F.unfold(x[None, None], (a, b))[0]
    return (kernel.reshape(1, -1) @ columns).reshape(x.shape[0] - a + 1, x.shape[1] - b + 1)


@right("as-strided")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    windows = x.as_strided((h - a + 1, w - b + 1, a, b), x.stride() * 2)
    return torch.tensordot(windows, kernel, dims=2)


@right("index-tensors")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    rows = torch.arange(h - a + 1)[:, None, None, None] + torch.arange(a)[:, None]
    columns = torch.arange(w - b + 1)[:, None, None] + torch.arange(b)
    return (x[rows, columns] * kernel).sum((-2, -1))


@right("rolled-and-cropped")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    total = torch.zeros_like(x)
    for u in range(a):
        for v in range(b):
            total = total + kernel[u, v] * x.roll((-u, -v), (0, 1))
    return total[: h - a + 1, : w - b + 1]


@right("trace-of-a-product")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = torch.full((h - a + 1, w - b + 1), float("nan"), dtype=x.dtype)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i][j] = torch.trace(x[i : i + a, j : j + b] @ kernel.T)
    return y


@right("changes-its-own-copy")
def correlate2d(x, kernel):
    x, (a, b) = x.clone(), kernel.shape
    h, w = x.shape[0] - a + 1, x.shape[1] - b + 1
    for i in range(h):
        for j in range(w):
            x[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return x[:h, :w]


@right("matrix-of-shifts")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for u in range(a):
        band = x.new_zeros(w, w - b + 1)
        for v in range(b):
            band += kernel[u, v] * torch.eye(w, dtype=x.dtype).roll(v, 0)[:, : w - b + 1]
        y += x[u : u + h - a + 1] @ band
    return y


@right("fourier")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    product = torch.fft.rfft2(x) * torch.fft.rfft2(kernel, s=(h, w)).conj()
    return torch.fft.irfft2(product, s=(h, w))[: h - a + 1, : w - b + 1]


@right("numpy-windows")
def correlate2d(x, kernel):
    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), tuple(kernel.shape))
    return torch.from_numpy((windows * kernel.numpy()).sum(axis=(2, 3)))


@right("flipped-twice")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    kernel = kernel.flip(0, 1)
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] += x[i + u, j + v] * kernel[a - 1 - u, b - 1 - v]
    return y


@wrong(
    "true-convolution",
    "le das la vuelta al núcleo en los dos ejes: eso es la convolución de los matemáticos",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel.flip(0, 1)).sum()
    return y


@wrong("flipped-rows", "le das la vuelta a las filas del núcleo", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel.flip(0)).sum()
    return y


@wrong("flipped-columns", "le das la vuelta a las columnas del núcleo", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel.fliplr()).sum()
    return y


@wrong(
    "transposed-kernel", "traspones el núcleo: cambias sus filas por sus columnas", "publico valores bordes"
)
def correlate2d(x, kernel):
    kernel = kernel.T
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "reshaped-transposed-kernel",
    "lees el núcleo por columnas: el peso `kernel[u, v]` va con `x[i + u, j + v]`",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    kernel = kernel.T.reshape(a, b)
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong("kernel-indices-swapped", "usas `kernel[v, u]` en lugar de `kernel[u, v]`", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] += x[i + u, j + v] * kernel[v, u]
    return y


@wrong(
    "image-indices-swapped",
    "usas `x[j + v, i + u]`: la fila va primero; solo funciona con imágenes cuadradas",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] += x[j + v, i + u] * kernel[u, v]
    return y


@wrong(
    "transposed-result", "tu resultado está traspuesto: su forma es [ancho, alto]", "publico valores bordes"
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3)).T


@wrong("offsets-swapped", "usas `u` con las columnas y `v` con las filas", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] += x[min(i + v, h - 1), min(j + u, w - 1)] * kernel[u, v]
    return y


@wrong(
    "same-size",
    "tu resultado es tan grande como la imagen: la ventana no debe salirse",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    wide = F.pad(x, (0, b - 1, 0, a - 1))
    y = torch.zeros_like(x)
    for i in range(h):
        for j in range(w):
            y[i, j] = (wide[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "zeros-left-over",
    "guardas la cuenta en un tensor del tamaño de la imagen y sobran ceros",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = torch.zeros_like(x)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "full-size", "rellenas por todos los lados: tu resultado es mayor que la imagen", "publico valores bordes"
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    wide = F.pad(x, (b - 1, b - 1, a - 1, a - 1))
    return (wide.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3))


@wrong(
    "last-place-lost",
    "te falta el último sitio de cada eje: caben h − a + 1, no h − a",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a, w - b)
    for i in range(h - a):
        for j in range(w - b):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "last-place-unfilled",
    "la forma es correcta, pero tus bucles no llegan a la última fila ni a la última columna",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a):
        for j in range(w - b):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "kernel-sides-swapped-in-loops",
    "recorres con `u` el ancho del núcleo y con `v` su alto",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(b):
                for v in range(a):
                    y[i, j] += x[i + u, j + v] * kernel[u, v]
    return y


@wrong("window-sum", "sumas la ventana sin usar los pesos del núcleo", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = x[i : i + a, j : j + b].sum()
    return y


@wrong("window-mean", "haces la media de la ventana sin usar los pesos del núcleo", "publico valores bordes")
def correlate2d(x, kernel):
    return x.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1).mean((2, 3))


@wrong("mean-of-products", "haces la media de los productos: se suman, sin dividir", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).mean()
    return y


@wrong(
    "normalised-kernel",
    "divides entre la suma de los pesos: la suma se queda tal cual",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3)) / kernel.sum()


@wrong(
    "largest-product",
    "te quedas con el mayor de los productos en lugar de sumarlos",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).amax((2, 3))


@wrong("absolute-value", "te quedas con el valor absoluto de la suma", "publico valores bordes")
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3)).abs()


@wrong(
    "sum-of-a-matrix-product",
    "usas `@`: multiplica matrices, no casilla con casilla",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] @ kernel.T).sum()
    return y


@wrong(
    "last-product-only",
    "guardas cada producto encima del anterior: falta sumar (`+=`)",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] = x[i + u, j + v] * kernel[u, v]
    return y


@wrong(
    "total-not-reset",
    "no pones la suma a 0 en cada sitio: arrastras la de los anteriores",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y, total = x.new_zeros(h - a + 1, w - b + 1), 0.0
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    total += x[i + u, j + v].item() * kernel[u, v].item()
            y[i, j] = total
    return y


@wrong(
    "returns-inside-the-loop",
    "tu `return` está dentro del bucle: solo haces la primera fila",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
        return y


@wrong("not-summed-over-columns", "sumas solo las filas de la ventana", "publico valores bordes")
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum(2)


@wrong(
    "side-by-side",
    "avanzas una ventana entera cada vez: la ventana avanza de uno en uno",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, a).unfold(1, b, b) * kernel).sum((2, 3))


@wrong(
    "centred-window",
    "centras la ventana en la casilla: con índices negativos PyTorch cuenta desde el final",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            for u in range(a):
                for v in range(b):
                    y[i, j] += x[i + u - a // 2, j + v - b // 2] * kernel[u, v]
    return y


@wrong("one-too-far", "tu ventana empieza una casilla más allá", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    wide = F.pad(x, (0, 1, 0, 1))
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (wide[i + 1 : i + a + 1, j + 1 : j + b + 1] * kernel).sum()
    return y


@wrong("square-kernels-only", "usas el alto del núcleo también como ancho", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), k = x.shape, kernel.shape[0]
    y = x.new_zeros(h - k + 1, w - k + 1)
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            y[i, j] = (x[i : i + k, j : j + k] * kernel).sum()
    return y


@wrong("square-images-only", "usas el alto de la imagen también como ancho", "publico valores bordes")
def correlate2d(x, kernel):
    n, (a, b) = len(x), kernel.shape
    y = x.new_zeros(n - a + 1, n - b + 1)
    for i in range(n - a + 1):
        for j in range(n - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong("always-three-by-three", "das por hecho que el núcleo es de 3 × 3", "publico valores bordes")
def correlate2d(x, kernel):
    h, w = x.shape
    y = x.new_zeros(h - 2, w - 2)
    for i in range(h - 2):
        for j in range(w - 2):
            y[i, j] = (x[i : i + 3, j : j + 3] * kernel).sum()
    return y


@wrong(
    "always-float32",
    "creas el resultado con `torch.zeros`, que es float32 aunque los datos sean float64",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = torch.zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "list-becomes-float32",
    "`torch.tensor(lista)` da float32 aunque los datos sean float64: falta `dtype=x.dtype`",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    return torch.tensor(
        [
            [(x[i : i + a, j : j + b] * kernel).sum().item() for j in range(w - b + 1)]
            for i in range(h - a + 1)
        ]
    )


@wrong("float32-inside", "pasas por float32 y pierdes precisión con datos float64", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = torch.zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y.to(x.dtype)


@wrong("always-float64", "tu resultado es siempre float64", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = torch.zeros(h - a + 1, w - b + 1, dtype=torch.float64)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong("whole-numbers", "redondeas cada suma a un entero", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = int((x[i : i + a, j : j + b] * kernel).sum())
    return y


@wrong("list-result", "devuelves una lista de Python y no un tensor", "publico valores bordes")
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    return [
        [(x[i : i + a, j : j + b] * kernel).sum().item() for j in range(w - b + 1)] for i in range(h - a + 1)
    ]


@wrong("flat-result", "devuelves todos los números en un solo eje", "publico valores bordes")
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3)).flatten()


@wrong(
    "squeezed",
    "usas `squeeze()`: si el resultado tiene una sola fila o columna, pierde ese eje",
    "publico bordes",
)
def correlate2d(x, kernel):
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3)).squeeze()


@wrong(
    "number-when-it-fits-once",
    "si la ventana solo cabe en un sitio devuelves un tensor sin ejes",
    "publico bordes",
)
def correlate2d(x, kernel):
    if x.shape == kernel.shape:
        return (x * kernel).sum()
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3))


@wrong(
    "one-by-one-is-a-copy", "con un núcleo de 1 × 1 devuelves la imagen sin multiplicarla", "publico bordes"
)
def correlate2d(x, kernel):
    if kernel.numel() == 1:
        return x.clone()
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3))


@wrong("one-by-one-is-a-view", "con un núcleo de 1 × 1 cambias `x` y lo devuelves", "publico bordes")
def correlate2d(x, kernel):
    if kernel.numel() == 1:
        return x.mul_(kernel)
    a, b = kernel.shape
    return (x.unfold(0, a, 1).unfold(1, b, 1) * kernel).sum((2, 3))


@wrong(
    "window-multiplied-in-place",
    "`ventana *= kernel` cambia la imagen: la ventana es una vista de `x`",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            window = x[i : i + a, j : j + b]
            window *= kernel
            y[i, j] = window.sum()
    return y


@wrong(
    "result-inside-the-image",
    "guardas el resultado en un trozo de `x`: cambias la imagen que recibes",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x[: h - a + 1, : w - b + 1]
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = (x[i : i + a, j : j + b] * kernel).sum()
    return y


@wrong(
    "kernel-changed",
    "cambias los pesos de `kernel` al multiplicar en su sitio",
    "publico valores bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            before = kernel.clone()
            y[i, j] = kernel.mul_(x[i : i + a, j : j + b]).sum()
            kernel = before
    return y


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos no son contiguos en memoria",
    "publico bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    pixels, weights = x.view(-1).tolist(), kernel.view(-1).tolist()
    y = x.new_zeros(h - a + 1, w - b + 1)
    for i in range(h - a + 1):
        for j in range(w - b + 1):
            y[i, j] = sum(
                pixels[(i + u) * w + j + v] * weights[u * b + v] for u in range(a) for v in range(b)
            )
    return y


@wrong(
    "strides-taken-for-granted",
    "das por hecho que cada fila de `x` ocupa `w` números seguidos en memoria",
    "publico bordes",
)
def correlate2d(x, kernel):
    (h, w), (a, b) = x.shape, kernel.shape
    windows = x.as_strided((h - a + 1, w - b + 1, a, b), (w, 1, w, 1))
    return (windows * kernel).sum((2, 3))


@wrong("built-in", "llamas a `F.conv2d`", "publico valores bordes")
def correlate2d(x, kernel):
    return F.conv2d(x[None, None], kernel[None, None])[0, 0]


@wrong("built-in-layer", "usas una capa `nn.Conv2d`", "publico valores bordes")
def correlate2d(x, kernel):
    layer = nn.Conv2d(1, 1, tuple(kernel.shape), bias=False).to(x.dtype)
    with torch.no_grad():
        layer.weight.copy_(kernel)
        return layer(x[None, None])[0, 0]


@wrong("built-in-by-rows", "llamas a `torch.conv1d`, fila a fila", "publico valores bordes")
def correlate2d(x, kernel):
    h, a = len(x), len(kernel)
    rows = [torch.conv1d(x[None, i : i + a], kernel[None])[0, 0] for i in range(h - a + 1)]
    return torch.stack(rows)


@wrong("built-in-three-axes", "llamas a `F.conv3d`", "publico valores bordes")
def correlate2d(x, kernel):
    return F.conv3d(x[None, None, None], kernel[None, None, None])[0, 0, 0]


@wrong("built-in-raw", "llamas a `torch.convolution`", "publico valores bordes")
def correlate2d(x, kernel):
    one, none = [1, 1], [0, 0]
    return torch.convolution(x[None, None], kernel[None, None], None, one, none, one, False, none, 1)[0, 0]


@wrong("built-in-scipy", "llamas a `scipy.signal.correlate2d`", "publico valores bordes")
def correlate2d(x, kernel):
    from scipy import signal

    return torch.from_numpy(signal.correlate2d(x.numpy(), kernel.numpy(), mode="valid"))


@wrong("built-in-ndimage", "llamas a `scipy.ndimage.correlate`", "publico valores bordes")
def correlate2d(x, kernel):
    from scipy import ndimage

    (h, w), (a, b) = x.shape, kernel.shape
    y = ndimage.correlate(x.numpy(), kernel.numpy(), mode="constant", origin=(-(a // 2), -(b // 2)))
    return torch.from_numpy(y[: h - a + 1, : w - b + 1].copy())
