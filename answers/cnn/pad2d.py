"""Known answers to `cnn/pad2d`."""

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("full-and-slices-from-the-end")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    size = (n, c, top + h + bottom, left + w + right)
    out = torch.full(size, value, dtype=x.dtype, device=x.device)
    out[..., top : size[2] - bottom, left : size[3] - right] = x
    return out


@right("empty-filled-and-narrowed")
def pad2d(x, pad, value=0.0):
    out = torch.empty(*x.shape[:2], x.shape[2] + pad[2] + pad[3], x.shape[3] + pad[0] + pad[1], dtype=x.dtype)
    out.fill_(value)
    out.narrow(2, pad[2], x.shape[2]).narrow(3, pad[0], x.shape[3]).copy_(x)
    return out


@right("concatenated-strips")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    x = torch.cat([x.new_full((n, c, h, left), value), x, x.new_full((n, c, h, right), value)], dim=3)
    width = left + w + right
    return torch.cat(
        [x.new_full((n, c, top, width), value), x, x.new_full((n, c, bottom, width), value)], dim=2
    )


@right("strips-only-where-needed")
def pad2d(x, pad, value=0.0):
    def strip(size, axis):
        shape = list(out.shape)
        shape[axis] = size
        return torch.zeros(shape, dtype=x.dtype) + torch.tensor(value, dtype=x.dtype)

    left, right, top, bottom = pad
    out = x.clone()
    if left:
        out = torch.cat((strip(left, 3), out), 3)
    if right:
        out = torch.cat((out, strip(right, 3)), 3)
    if top:
        out = torch.cat((strip(top, 2), out), 2)
    if bottom:
        out = torch.cat((out, strip(bottom, 2)), 2)
    return out


@right("negative-slices-with-none")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    out = torch.zeros(x.size(0), x.size(1), x.size(2) + top + bottom, x.size(3) + left + right, dtype=x.dtype)
    out[:] = value
    out[:, :, top : -bottom or None, left : -right or None] = x
    return out


@right("clamped-index-and-mask")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows = torch.arange(-top, h + bottom)
    columns = torch.arange(-left, w + right)
    inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))
    near = x[:, :, rows.clamp(0, h - 1)][:, :, :, columns.clamp(0, w - 1)]
    return torch.where(inside, near, torch.tensor(value, dtype=x.dtype))


@right("index-put")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    rows = torch.arange(top, top + h)[:, None]
    columns = torch.arange(left, left + w)
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, rows, columns] = x
    return out


@right("index-copy-twice")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    wide = x.new_full((n, c, h, w + left + right), value)
    wide = wide.index_copy(3, torch.arange(left, left + w), x)
    tall = x.new_full((n, c, h + top + bottom, w + left + right), value)
    return tall.index_copy(2, torch.arange(top, top + h), wide)


@right("slice-scatter")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    wide = torch.slice_scatter(x.new_full((n, c, h, w + left + right), value), x, 3, left, left + w)
    tall = x.new_full((n, c, h + top + bottom, w + left + right), value)
    return torch.slice_scatter(tall, wide, 2, top, top + h)


@right("masked-scatter")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    inside = torch.zeros_like(out, dtype=torch.bool)
    inside[:, :, top : top + h, left : left + w] = True
    return out.masked_scatter(inside, x)


@right("selection-matrices")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    down = torch.eye(h + top + bottom, h, dtype=x.dtype).roll(top, 0)
    across = torch.eye(w, w + left + right, dtype=x.dtype).roll(left, 1)
    inside = (down.sum(1, keepdim=True) * across.sum(0)).bool()
    return (down @ x @ across).masked_fill(~inside, value)


@right("zeros-then-frame")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_zeros(n, c, h + top + bottom, w + left + right)
    out[:, :, top : top + h, left : left + w] = x
    out[:, :, :top] = value
    out[:, :, top + h :] = value
    out[:, :, :, :left] = value
    out[:, :, :, left + w :] = value
    return out


@right("images-and-channels-together")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = torch.full((n * c, h + top + bottom, w + left + right), value, dtype=x.dtype)
    out[:, top : top + h, left : left + w] = x.reshape(n * c, h, w)
    return out.reshape(n, c, *out.shape[1:])


@right("sum-onto-zeros-inside")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    out = torch.ones(
        (x.shape[0], x.shape[1], x.shape[2] + top + bottom, x.shape[3] + left + right), dtype=x.dtype
    ).fill_(value)
    inside = out[:, :, top : top + x.shape[2], left : left + x.shape[3]]
    inside.zero_()
    inside += x
    return out


@wrong(
    "left-and-right-swapped",
    "tienes `left` y `right` cambiados: el orden es izquierda, derecha, arriba, abajo",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    right, left, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "top-and-bottom-swapped",
    "tienes `top` y `bottom` cambiados: el orden es izquierda, derecha, arriba, abajo",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, bottom, top = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "height-before-width",
    "lees `pad` como (arriba, abajo, izquierda, derecha): primero va el último eje, el del ancho",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    top, bottom, left, right = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "starts-then-ends",
    "lees `pad` como (izquierda, arriba, derecha, abajo): van juntos los dos lados de cada eje",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, top, right, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "same-on-both-sides",
    "pones a los dos lados de cada eje el mismo ancho: son cuatro, y pueden ser distintos",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, _, top, _ = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + 2 * top, w + 2 * left), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "channels-framed-too",
    "tu marco rodea también los canales: solo se rellenan h y w",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c + top + bottom, h + top + bottom, w + left + right), value)
    out[:, top : top + c, top : top + h, left : left + w] = x
    return out


@wrong(
    "batch-framed-too",
    "tu marco añade imágenes al lote: solo se rellenan h y w",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n + left + right, c, h + top + bottom, w + left + right), value)
    out[left : left + n, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "channels-last",
    "tomas `x` como [n, h, w, c]: es [n, c, h, w], con el alto y el ancho al final",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, h, w, c = x.shape
    out = x.new_full((n, h + top + bottom, w + left + right, c), value)
    out[:, top : top + h, left : left + w] = x
    return out


@wrong(
    "always-float32",
    "tu tensor nuevo es siempre float32: debe tener el `dtype` de `x`",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = torch.full((n, c, h + top + bottom, w + left + right), float(value))
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "dtype-of-the-value",
    "tu resultado toma el tipo de `value`: con `x` de enteros sale float32",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = torch.full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "where-promotes",
    "`torch.where` mezcla tus enteros con un `value` decimal y los convierte a float32",
    "publico valores bordes",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows, columns = torch.arange(-top, h + bottom), torch.arange(-left, w + right)
    inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))
    near = x[:, :, rows.clamp(0, h - 1)][:, :, :, columns.clamp(0, w - 1)]
    return torch.where(inside, near, value)


@wrong(
    "integers-through-floats",
    "pasas los enteros por float64 y luego de vuelta: los grandes se redondean",
    "publico valores",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = torch.full((n, c, h + top + bottom, w + left + right), value, dtype=torch.float64)
    out[:, :, top : top + h, left : left + w] = x
    return out.to(x.dtype)


@wrong(
    "value-in-float32",
    "creas el marco en float32 y lo conviertes: en float64, `value` pierde precisión",
    "publico valores",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = torch.full((n, c, h + top + bottom, w + left + right), value).to(x.dtype)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "integer-value",
    "conviertes `value` en entero: pierde los decimales, y con −inf da un error",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), int(value))
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong("value-ignored", "no usas `value`: tu marco es siempre de ceros", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_zeros(n, c, h + top + bottom, w + left + right)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "value-added-to-the-image",
    "sumas `x` sobre `value` en lugar de ponerlo en su sitio",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] += x
    return out


@wrong(
    "mask-times-value",
    "multiplicas `value` por una máscara de ceros y unos: 0 por −inf es NaN",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_zeros(n, c, h + top + bottom, w + left + right)
    frame = torch.ones_like(out)
    frame[:, :, top : top + h, left : left + w] = 0
    out[:, :, top : top + h, left : left + w] = x
    return (out + frame * value).to(x.dtype)


@wrong(
    "zeros-replaced",
    "cambias por `value` todos los ceros, también los que `x` ya tenía",
    "publico valores bordes",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_zeros(n, c, h + top + bottom, w + left + right)
    out[:, :, top : top + h, left : left + w] = x
    return out.masked_fill(out == 0, value)


@wrong(
    "only-the-first-image",
    "copias solo la primera imagen del lote, en todas",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x[:1]
    return out


@wrong("batch-of-one", "tu resultado tiene siempre una sola imagen", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    _, c, h, w = x.shape
    out = x.new_full((1, c, h + top + bottom, w + left + right), value)
    out[0, :, top : top + h, left : left + w] = x[0]
    return out


@wrong("one-channel", "copias solo el primer canal, en todos", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x[:, :1]
    return out


@wrong(
    "square-images-only",
    "usas el alto también como ancho: tu código solo sirve para imágenes cuadradas",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, _ = x.shape
    out = x.new_full((n, c, h + top + bottom, h + left + right), value)
    out[:, :, top : top + h, left : left + h] = x
    return out


@wrong(
    "negative-slice",
    "cortas con `:-bottom` y `:-right`: cuando valen 0 el corte está vacío",
    "publico bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top:-bottom, left:-right] = x
    return out


@wrong(
    "one-row-late",
    "empiezas a copiar una fila y una columna más tarde de lo debido",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom + 1, w + left + right + 1), value)
    out[:, :, top + 1 : top + 1 + h, left + 1 : left + 1 + w] = x
    return out[:, :, :-1, :-1].clone()


@wrong(
    "replicated-border",
    "repites en el marco los píxeles del borde: se pide `value`",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows = torch.arange(-top, h + bottom).clamp(0, h - 1)
    columns = torch.arange(-left, w + right).clamp(0, w - 1)
    return x[:, :, rows[:, None], columns]


@wrong(
    "wrapped-around",
    "llenas el marco con el lado opuesto de la imagen: se pide `value`",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows = torch.arange(-top, h + bottom) % h
    columns = torch.arange(-left, w + right) % w
    return x[:, :, rows[:, None], columns]


@wrong(
    "reflected",
    "llenas el marco con la imagen reflejada: se pide `value`",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows, columns = torch.arange(-top, h + bottom).abs(), torch.arange(-left, w + right).abs()
    rows = torch.where(rows < h, rows, 2 * h - 2 - rows) % h
    columns = torch.where(columns < w, columns, 2 * w - 2 - columns) % w
    return x[:, :, rows[:, None], columns]


@wrong("data-attribute", "copias `x.data`: el resultado queda fuera del grafo", "publico gradiente")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x.data
    return out


@wrong(
    "no-grad", "copias dentro de `torch.no_grad()`: el resultado queda fuera del grafo", "publico gradiente"
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    with torch.no_grad():
        out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "through-lists",
    "pasas por listas de Python y `torch.tensor(...)`: el resultado queda fuera del grafo",
    "publico gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    sides = ([value] * left, [value] * right)
    empty = [value] * (left + w + right)
    images = [
        [
            [empty] * top + [sides[0] + row + sides[1] for row in channel] + [empty] * bottom
            for channel in image
        ]
        for image in x.tolist()
    ]
    return torch.tensor(images, dtype=x.dtype).reshape(n, c, h + top + bottom, w + left + right)


@wrong(
    "frame-painted-behind-autograd",
    "pintas el marco a través de `.data`: autograd sigue viendo ahí copias del borde de `x`",
    "publico gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    h, w = x.shape[-2:]
    rows, columns = torch.arange(-top, h + bottom), torch.arange(-left, w + right)
    inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))
    out = x[:, :, rows.clamp(0, h - 1)[:, None], columns.clamp(0, w - 1)]
    out.data.masked_fill_(~inside, value)
    return out


@wrong(
    "itself-without-a-frame",
    "sin marco devuelves el mismo `x`: tiene que ser un tensor nuevo",
    "publico bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    if not any(pad):
        return x
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    return out


@wrong(
    "view-without-a-frame",
    "añades solo las tiras que hacen falta: sin ninguna devuelves el mismo `x`",
    "publico bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    def strip(size, axis):
        shape = list(out.shape)
        shape[axis] = size
        return out.new_full(shape, value)

    left, right, top, bottom = pad
    out = x
    if left or right:
        out = torch.cat((strip(left, 3), out, strip(right, 3)), 3)
    if top or bottom:
        out = torch.cat((strip(top, 2), out, strip(bottom, 2)), 2)
    return out


@wrong(
    "argument-grown",
    "cambias `x` por dentro: quien te lo dio lo encuentra con otro tamaño",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    out[:, :, top : top + h, left : left + w] = x
    x.data = out.data
    return out


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n * c, h + top + bottom, w + left + right), value)
    out[:, top : top + h, left : left + w] = x.view(n * c, h, w)
    return out.view(n, c, h + top + bottom, w + left + right)


@wrong(
    "empty-batch",
    "usas `reshape` con −1: con un lote vacío PyTorch no puede saber el tamaño",
    "publico bordes",
)
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n * c, h + top + bottom, w + left + right), value)
    out[:, top : top + h, left : left + w] = x.reshape(n * c, h, w)
    return out.reshape(n, c, -1, w + left + right)


@wrong("loop-over-images", "recorres las imágenes del lote con un bucle de Python", "publico bordes")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    for i in range(n):
        out[i, :, top : top + h, left : left + w] = x[i]
    return out


@wrong("loop-over-pixels", "copias los píxeles uno a uno con bucles de Python", "publico bordes")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    n, c, h, w = x.shape
    out = x.new_full((n, c, h + top + bottom, w + left + right), value)
    for i in range(h):
        for j in range(w):
            out[:, :, top + i, left + j] = x[:, :, i, j]
    return out


@wrong("loop-over-the-frame", "añades el marco línea a línea, con un bucle sobre su ancho", "publico bordes")
def pad2d(x, pad, value=0.0):
    left, right, top, bottom = pad
    out = x.clone()
    for axis, before, after in [(3, left, right), (2, top, bottom)]:
        for _ in range(before):
            out = torch.cat([torch.full_like(out.narrow(axis, 0, 1), value), out], axis)
        for _ in range(after):
            out = torch.cat([out, torch.full_like(out.narrow(axis, 0, 1), value)], axis)
    return out


@wrong("built-in", "llamas a `F.pad`", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    return F.pad(x, pad, value=value)


@wrong("built-in-operation", "llamas a `torch.constant_pad_nd`", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    return torch.constant_pad_nd(x, pad, value)


@wrong("built-in-layer", "usas `nn.ConstantPad2d`", "publico valores bordes gradiente")
def pad2d(x, pad, value=0.0):
    return nn.ConstantPad2d(pad, value)(x)


@wrong(
    "built-in-zeros",
    "usas `nn.ZeroPad2d` y luego cambias los ceros del marco",
    "publico valores bordes gradiente",
)
def pad2d(x, pad, value=0.0):
    outside = nn.ZeroPad2d(pad)(torch.ones_like(x)) == 0
    return nn.ZeroPad2d(pad)(x).masked_fill(outside, value)
