"""Known answers to `cnn/conv2d`."""

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("loop-over-taps-and-einsum")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, ci, h, w = x.shape
    co, _, a, b = weight.shape
    rows, cols = (h + 2 * padding - a) // stride + 1, (w + 2 * padding - b) // stride + 1
    x = F.pad(x, [padding] * 4)
    y = torch.zeros(n, co, rows, cols, dtype=x.dtype)
    for p in range(a):
        for q in range(b):
            piece = x[:, :, p : p + stride * rows : stride, q : q + stride * cols : stride]
            y = y + torch.einsum("nchw,oc->nohw", piece[:, :, :rows, :cols], weight[:, :, p, q])
    if bias is not None:
        y = y + bias.view(1, -1, 1, 1)
    return y


@right("loop-over-taps-in-place-and-matmul")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = pad2d(x, pad=(padding, padding, padding, padding), value=0.0)
    n, ci, h, w = x.shape
    co, _, a, b = weight.shape
    rows, cols = (h - a) // stride + 1, (w - b) // stride + 1
    y = x.new_zeros(n, rows, cols, co)
    if bias is not None:
        y += bias
    for place in range(a * b):
        p, q = divmod(place, b)
        piece = x[:, :, p : p + (rows - 1) * stride + 1 : stride, q : q + (cols - 1) * stride + 1 : stride]
        y += piece.permute(0, 2, 3, 1) @ weight[:, :, p, q].T
    return y.permute(0, 3, 1, 2)


@right("unfold-twice-and-tensordot")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = torch.nn.functional.pad(x, (padding, padding, padding, padding), mode="constant", value=0)
    windows = x.unfold(2, weight.size(2), stride).unfold(3, weight.size(3), stride)
    y = torch.tensordot(windows, weight, dims=([1, 4, 5], [1, 2, 3])).movedim(-1, 1)
    return y if bias is None else y + bias.unsqueeze(-1).unsqueeze(-1)


@right("im2col-and-matmul")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, h, w = x.shape
    co, _, a, b = weight.shape
    columns = F.unfold(x, (a, b), padding=padding, stride=stride)
    y = weight.reshape(co, -1) @ columns
    if bias is not None:
        y = y + bias[:, None]
    return y.reshape(n, co, (h + 2 * padding - a) // stride + 1, (w + 2 * padding - b) // stride + 1)


@right("im2col-module-and-linear")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    kernel = tuple(weight.shape[-2:])
    columns = nn.Unfold(kernel, padding=padding, stride=stride)(x)
    y = F.linear(columns.transpose(1, 2), weight.flatten(1), bias).transpose(1, 2)
    return y.unflatten(
        2, [(s + 2 * padding - k) // stride + 1 for s, k in zip(x.shape[2:], kernel, strict=True)]
    )


@right("as-strided-and-einsum")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    n, ci, h, w = x.shape
    co, _, a, b = weight.shape
    sn, sc, sh, sw = x.stride()
    size = (n, ci, (h - a) // stride + 1, (w - b) // stride + 1, a, b)
    windows = x.as_strided(size, (sn, sc, sh * stride, sw * stride, sh, sw))
    y = torch.einsum("ncijpq,ocpq->noij", windows, weight)
    if bias is not None:
        y += bias.reshape(-1, 1, 1)
    return y


@right("index-grid")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    n, ci, h, w = x.shape
    co, _, a, b = weight.shape
    rows = torch.arange((h - a) // stride + 1)[:, None] * stride + torch.arange(a)
    cols = torch.arange((w - b) // stride + 1)[:, None] * stride + torch.arange(b)
    windows = x[:, :, rows[:, None, :, None], cols[None, :, None, :]]
    columns = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
    y = (columns @ weight.flatten(1).T).permute(0, 3, 1, 2)
    return y if bias is None else y + bias[None, :, None, None]


@right("range-as-index")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    a, b = weight.shape[2:]
    top, left = range(0, x.shape[2] - a + 1, stride), range(0, x.shape[3] - b + 1, stride)
    y = sum(
        torch.einsum(
            "nchw,oc->nohw", x[:, :, [i + p for i in top]][..., [j + q for j in left]], weight[:, :, p, q]
        )
        for p in range(a)
        for q in range(b)
    )
    return y if bias is None else y + bias[:, None, None]


@right("multiply-and-sum")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    windows = x.unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    y = (windows.unsqueeze(1) * weight[None, :, :, None, None]).sum(dim=(2, 5, 6))
    if bias is None:
        bias = torch.zeros(len(weight), dtype=x.dtype)
    return y + bias[:, None, None]


@right("own-canvas")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, ci, h, w = x.shape
    co, _, a, b = weight.shape
    canvas = torch.zeros((n, ci, h + 2 * padding, w + 2 * padding), dtype=x.dtype)
    canvas[:, :, padding : padding + h, padding : padding + w] = x
    windows = canvas.unfold(-2, a, stride).unfold(-2, b, stride).flatten(-2)
    y = torch.einsum("ncijk,ock->noij", windows, weight.reshape(co, ci, a * b))
    return y + (0 if bias is None else bias.view(co, 1, 1))


@right("stride-last")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    a, b = weight.shape[2:]
    high, wide = x.shape[2] - a + 1, x.shape[3] - b + 1
    y = 0
    for p in range(a):
        for q in range(b):
            y = y + (weight[:, :, p, q] @ x[:, :, p : p + high, q : q + wide].flatten(2)).unflatten(
                2, (high, wide)
            )
    y = y[:, :, ::stride, ::stride]
    return y if bias is None else y + bias[:, None, None]


@right("one-big-product")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding, padding, padding, padding)).unfold(2, a, stride).unfold(3, b, stride)
    columns = windows.permute(1, 4, 5, 0, 2, 3).reshape(weight[0].numel(), windows[:, 0, :, :, 0, 0].numel())
    y = torch.mm(weight.flatten(1), columns).reshape(len(weight), len(x), *windows.shape[2:4])
    y = y.transpose(0, 1)
    return y if bias is None else torch.add(y, bias[:, None, None])


@right("stacked-taps")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    co, ci, a, b = weight.shape
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    taps = torch.stack(
        [x[:, :, p::stride, q::stride][:, :, :rows, :cols] for p in range(a) for q in range(b)], dim=2
    )
    y = torch.matmul(weight.reshape(co, ci * a * b), taps.reshape(len(x), ci * a * b, rows * cols))
    y = y.reshape(len(x), co, rows, cols)
    return y if bias is None else y + bias.reshape(1, co, 1, 1)


@right("vmap-over-images-and-filters")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding, padding, padding, padding)).unfold(2, a, stride).unfold(3, b, stride)

    def one_map(piece, kernel):
        return (piece * kernel[:, None, None]).sum(dim=(0, 3, 4))

    if not len(x):  # `vmap` no acepta un eje vacío
        return (windows.unsqueeze(1) * weight[:, :, None, None]).sum(dim=(2, 5, 6))
    y = torch.vmap(torch.vmap(one_map, in_dims=(None, 0)), in_dims=(0, None))(windows, weight)
    return y if bias is None else y + bias[:, None, None]


@right("fourier")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    size, (a, b) = x.shape[2:], weight.shape[2:]
    if not len(x):  # la transformada de Fourier de ninguna imagen da un error
        return x.new_zeros(0, len(weight), (size[0] - a) // stride + 1, (size[1] - b) // stride + 1)
    spectrum = torch.einsum("nchw,ochw->nohw", torch.fft.rfft2(x), torch.fft.rfft2(weight, s=size).conj())
    y = torch.fft.irfft2(spectrum, s=size)[:, :, : size[0] - a + 1 : stride, : size[1] - b + 1 : stride]
    return y.clone() if bias is None else y + bias[:, None, None]


@wrong(
    "first-channel-only",
    "tu resultado coincide con mirar solo el primer canal",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nhwab,oab->nohw", windows[:, 0], weight[:, 0])
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "channels-not-summed",
    "no sumas los canales: dejas un mapa por canal y filtro",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nochw", windows, weight)
    return y.flatten(1, 2) if bias is None else (y + bias[:, None, None, None]).flatten(1, 2)


@wrong(
    "one-kernel-for-all-channels",
    "usas el mismo núcleo en todos los canales; cada canal tiene el suyo",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nhwab,oab->nohw", windows.sum(1), weight[:, 0])
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "sums-apart",
    "multiplicas la suma de los canales por la suma de los núcleos: se multiplica antes de sumar",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nhwab,oab->nohw", windows.sum(1), weight.sum(1))
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "mean-over-channels",
    "haces la media de los canales en lugar de sumarlos",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight) / x.shape[1]
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "filters-summed",
    "sumas todos los filtros en un solo mapa; cada filtro da el suyo",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nhw", windows, weight).unsqueeze(1)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "flipped-kernel",
    "le das la vuelta al núcleo: se pide la correlación, sin voltear",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight.flip(2, 3))
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "transposed-kernel",
    "tu resultado coincide con trasponer el núcleo: cambias sus filas por sus columnas",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    weight = weight.transpose(2, 3)
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "windows-transposed",
    "emparejas las filas de la ventana con las columnas del núcleo",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwba,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "rows-and-columns-swapped",
    "tu resultado sale traspuesto: filas y columnas están cambiadas",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(3, b, stride).unfold(2, a, stride)
    y = torch.einsum("nchwba,ocab->nowh", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "bias-along-columns",
    "sumas el sesgo a lo largo de las columnas; va por mapas, en el eje 1",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias


@wrong(
    "bias-along-rows",
    "sumas el sesgo a lo largo de las filas; va por mapas, en el eje 1",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None]


@wrong("bias-ignored", "no sumas el sesgo", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    return torch.einsum("nchwab,ocab->nohw", windows, weight)


@wrong(
    "bias-always",
    "con `bias=None` tu función falla: sin sesgo no hay nada que sumar",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    return torch.einsum("nchwab,ocab->nohw", windows, weight) + bias[:, None, None]


@wrong(
    "bias-as-truth",
    "`if bias:` pregunta por el valor de un tensor de varios números; pregunta `bias is not None`",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    if bias:
        y = y + bias[:, None, None]
    return y


@wrong(
    "bias-for-each-tap",
    "sumas el sesgo dentro del bucle: cuenta una vez por cada peso y no una sola",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    y = 0
    for p in range(a):
        for q in range(b):
            piece = x[:, :, p::stride, q::stride][:, :, :rows, :cols]
            y = y + torch.einsum("nchw,oc->nohw", piece, weight[:, :, p, q])
            if bias is not None:
                y = y + bias[:, None, None]
    return y


@wrong(
    "reshaped-bias",
    "`unsqueeze_` cambia la forma del sesgo que recibes",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias.unsqueeze_(-1).unsqueeze_(-1)


@wrong("stride-ignored", "no usas el paso (`stride`)", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, 1).unfold(3, b, 1)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "stride-of-rows-only",
    "el paso solo salta filas; también salta columnas",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, 1)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "stride-inside-the-window",
    "usas el paso dentro de la ventana: separa sus puntos en lugar de separar una ventana de otra",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    columns = F.unfold(x, (a, b), dilation=stride, padding=padding)
    y = weight.flatten(1) @ columns
    if bias is not None:
        y = y + bias[:, None]
    return y.unflatten(
        2, [s + 2 * padding - stride * (k - 1) for s, k in zip(x.shape[2:], (a, b), strict=True)]
    )


@wrong("tiles-by-kernel-size", "das pasos tan grandes como el núcleo", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, a).unfold(3, b, b)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong("padding-ignored", "no usas el relleno (`padding`)", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = x.unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-of-columns-only",
    "rellenas solo a izquierda y derecha; faltan arriba y abajo",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding, padding)).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-on-one-side",
    "rellenas solo por arriba y por la izquierda; también van abajo y a la derecha",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding, 0, padding, 0)).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-order",
    "pones todo el relleno a la derecha y abajo: cada lado lleva el suyo",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = pad2d(x, (0, 2 * padding, 0, 2 * padding)).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-of-other-axes",
    "rellenas los ejes que no son: `pad` empieza a contar por el último",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = (
        F.pad(x, (0, 0, 0, 0, padding, padding, padding, padding)).unfold(2, a, stride).unfold(3, b, stride)
    )
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-twice",
    "rellenas dos veces: antes y otra vez dentro de `F.unfold`",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    columns = F.unfold(x, (a, b), padding=padding, stride=stride)
    y = weight.flatten(1) @ columns
    if bias is not None:
        y = y + bias[:, None]
    return y.unflatten(
        2, [(s + 2 * padding - k) // stride + 1 for s, k in zip(x.shape[2:], (a, b), strict=True)]
    )


@wrong(
    "padding-repeats-the-edge",
    "rellenas repitiendo el borde de la imagen; se pide con ceros",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    rows = torch.arange(-padding, x.shape[2] + padding).clamp(0, x.shape[2] - 1)
    cols = torch.arange(-padding, x.shape[3] + padding).clamp(0, x.shape[3] - 1)
    windows = x[:, :, rows][..., cols].unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "padding-of-the-output",
    "rellenas el resultado y no la imagen: la ventana nunca pasa por el borde",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = x.unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return F.pad(y if bias is None else y + bias[:, None, None], (padding,) * 4)


@wrong(
    "stride-and-padding-swapped",
    "cambias el paso por el relleno y el relleno por el paso",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (stride,) * 4).unfold(2, a, padding).unfold(3, b, padding)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "scrambled-maps",
    "usas `reshape` donde hace falta `permute`: no mueve los ejes, revuelve los números",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, h, w = x.shape
    co, _, a, b = weight.shape
    y = F.unfold(x, (a, b), padding=padding, stride=stride).mT @ weight.flatten(1).T
    if bias is not None:
        y = y + bias
    return y.reshape(n, co, (h + 2 * padding - a) // stride + 1, (w + 2 * padding - b) // stride + 1)


@wrong(
    "scrambled-batch",
    "al recomponer el resultado mezclas imágenes y mapas: el orden era [co, n, …] y no [n, co, …]",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, h, w = x.shape
    co, _, a, b = weight.shape
    columns = F.unfold(x, (a, b), padding=padding, stride=stride)
    y = weight.flatten(1) @ columns.permute(1, 0, 2).flatten(1)
    y = y.reshape(n, co, (h + 2 * padding - a) // stride + 1, (w + 2 * padding - b) // stride + 1)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "scrambled-windows",
    "aplanas las ventanas en un orden y los pesos en otro",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    columns = windows.permute(0, 2, 3, 4, 5, 1).flatten(3)
    y = (columns @ weight.flatten(1).T).permute(0, 3, 1, 2)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "swapped-weight-axes",
    "tomas `weight` como [ci, co, a, b]; es [co, ci, a, b]",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,coab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "batch-summed", "sumas las imágenes del lote: cada una da sus mapas", "publico valores bordes gradiente"
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->ohw", windows, weight).expand(len(x), -1, -1, -1).clone()
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "one-image",
    "cuentas con que haya una sola imagen en el lote",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("chwab,ocab->ohw", windows[0], weight)[None]
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "empty-batch",
    "`reshape(n, co, -1, …)` falla con un lote vacío: con n = 0 el -1 no se puede adivinar",
    "publico bordes",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, _, w = x.shape
    co, _, a, b = weight.shape
    y = weight.reshape(co, -1) @ F.unfold(x, (a, b), padding=padding, stride=stride)
    y = y.reshape(n, co, -1, (w + 2 * padding - b) // stride + 1)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "squeezed",
    "usas `squeeze()` sin decir el eje: con una imagen o un filtro quita de más",
    "publico bordes",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight).squeeze()
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "square-kernel",
    "usas el alto del núcleo también como ancho: solo sirve si es cuadrado",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    k = weight.shape[2]
    windows = F.pad(x, (padding,) * 4).unfold(2, k, stride).unfold(3, k, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "square-image",
    "usas el alto de la imagen también como ancho: solo sirve si es cuadrada",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, h, _ = x.shape
    co, _, a, b = weight.shape
    y = weight.flatten(1) @ F.unfold(x, (a, b), padding=padding, stride=stride)
    y = y.reshape(n, co, (h + 2 * padding - a) // stride + 1, (h + 2 * padding - b) // stride + 1)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "last-row-lost",
    "te falta la última fila y la última columna: a la cuenta le falta el + 1",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = (x.shape[2] - a) // stride, (x.shape[3] - b) // stride
    windows = x.unfold(2, a, stride).unfold(3, b, stride)[:, :, :rows, :cols]
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "size-rounded-up",
    "redondeas el tamaño hacia arriba: la última ventana se sale de la imagen",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = ((s - k + stride - 1) // stride + 1 for s, k in zip(x.shape[2:], (a, b), strict=True))
    x = F.pad(x, (0, stride, 0, stride))
    windows = x.unfold(2, a, stride).unfold(3, b, stride)[:, :, :rows, :cols]
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "size-without-kernel",
    "divides el tamaño de la imagen entre el paso sin restar el núcleo: sobran filas cuando el paso no encaja",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = x.shape[2] // stride, x.shape[3] // stride
    x = F.pad(x, (0, b, 0, a))
    windows = x.unfold(2, a, stride).unfold(3, b, stride)[:, :, :rows, :cols]
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "float32-result",
    "creas el resultado con `torch.zeros` sin decir el `dtype`: siempre sale float32",
    "publico valores gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    y = torch.zeros(len(x), len(weight), rows, cols)
    for p in range(a):
        for q in range(b):
            piece = x[:, :, p::stride, q::stride][:, :, :rows, :cols]
            y += torch.einsum("nchw,oc->nohw", piece, weight[:, :, p, q])
    if bias is not None:
        y += bias[:, None, None]
    return y


@wrong(
    "float32-inside",
    "pasas por float32 y pierdes precisión con datos float64",
    "publico valores gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows.float(), weight.float()).to(x.dtype)
    return y if bias is None else y + bias[:, None, None]


@wrong("detached-image", "separas `x` del grafo: la capa anterior no aprende", "publico gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x.detach(), (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong("detached-weight", "usas `weight.data`: los filtros no aprenden", "publico gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight.data)
    return y if bias is None else y + bias[:, None, None]


@wrong("detached-bias", "separas el sesgo del grafo: no aprende", "publico gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + torch.tensor(bias.tolist(), dtype=x.dtype)[:, None, None]


@wrong("no-grad", "trabajas dentro de `torch.no_grad()`: no queda gradiente", "publico gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    with torch.no_grad():
        a, b = weight.shape[2:]
        windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
        y = torch.einsum("nchwab,ocab->nohw", windows, weight)
        return y if bias is None else y + bias[:, None, None]


@wrong(
    "half-detached-image",
    "al copiar la imagen en un tensor nuevo la separas del grafo en parte: el valor es correcto, el gradiente no",
    "publico gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4)
    a, b = weight.shape[2:]
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    y = torch.einsum("nchw,oc->nohw", x[:, :, ::stride, ::stride][:, :, :rows, :cols], weight[:, :, 0, 0])
    for place in range(1, a * b):
        p, q = divmod(place, b)
        piece = x.detach()[:, :, p::stride, q::stride][:, :, :rows, :cols]
        y = y + torch.einsum("nchw,oc->nohw", piece, weight[:, :, p, q])
    return y if bias is None else y + bias[:, None, None]


@wrong("loop-over-images", "recorres las imágenes con un bucle de Python", "publico bordes")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    y = x.new_zeros(len(x), len(weight), rows, cols)
    for m in range(len(x)):
        windows = x[m].unfold(1, a, stride).unfold(2, b, stride)
        y[m] = torch.einsum("chwab,ocab->ohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong("loop-over-filters", "recorres los filtros con un bucle de Python", "publico bordes")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = torch.stack([torch.einsum("nchwab,cab->nhw", windows, kernel) for kernel in weight], dim=1)
    return y if bias is None else y + bias[:, None, None]


@wrong("loop-over-channels", "recorres los canales con un bucle de Python", "publico bordes")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = sum(torch.einsum("nhwab,oab->nohw", windows[:, c], weight[:, c]) for c in range(x.shape[1]))
    return y if bias is None else y + bias[:, None, None]


@wrong("loop-over-positions", "recorres las posiciones con un bucle de Python", "publico bordes")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    rows, cols = (x.shape[2] - a) // stride + 1, (x.shape[3] - b) // stride + 1
    y = x.new_zeros(len(x), len(weight), rows, cols)
    for i in range(rows):
        for j in range(cols):
            piece = x[:, :, i * stride : i * stride + a, j * stride : j * stride + b]
            y[:, :, i, j] = torch.einsum("ncab,ocab->no", piece, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong("loop-over-rows", "recorres las filas del resultado con un bucle de Python", "publico bordes")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    lines = [
        torch.einsum("ncawb,ocab->now", x[:, :, i : i + a].unfold(3, b, stride), weight)
        for i in range(0, x.shape[2] - a + 1, stride)
    ]
    y = torch.stack(lines, dim=2)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos no son contiguos en memoria",
    "publico bordes",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    n, _, h, w = x.shape
    co, _, a, b = weight.shape
    y = weight.view(co, -1) @ F.unfold(x, (a, b), padding=padding, stride=stride)
    y = y.view(n, co, (h + 2 * padding - a) // stride + 1, (w + 2 * padding - b) // stride + 1)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "strides-by-hand",
    "das por hecho los saltos en memoria de `x`: si no es contigua, son otros; están en `x.stride()`",
    "publico bordes",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,) * 4) if padding else x
    n, ci, h, w = x.shape
    a, b = weight.shape[2:]
    size = (n, ci, (h - a) // stride + 1, (w - b) // stride + 1, a, b)
    windows = x.as_strided(size, (ci * h * w, h * w, w * stride, stride, w, 1))
    y = torch.einsum("nchwab,ocab->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]


@wrong(
    "reshaped-weight",
    "`unsqueeze_` cambia la forma de los pesos que recibes",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    windows = F.pad(x, (padding,) * 4).unfold(2, a, stride).unfold(3, b, stride)
    y = (windows.unsqueeze(1) * weight.unsqueeze_(2).unsqueeze_(2)).sum(dim=(2, 5, 6))
    return y if bias is None else y + bias[:, None, None]


@wrong("built-in", "llamas a `F.conv2d`", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    return F.conv2d(x, weight, bias, stride, padding)


@wrong("built-in-class", "llamas a `nn.Conv2d`", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    co, ci, a, b = weight.shape
    layer = nn.Conv2d(ci, co, (a, b), stride=stride, padding=padding, bias=bias is not None).to(x.dtype)
    values = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    return torch.func.functional_call(layer, values, (x,))


@wrong("built-in-3d", "llamas a `F.conv3d`, de la misma familia", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    y = F.conv3d(x[:, :, None], weight[:, :, None], bias, (1, stride, stride), (0, padding, padding))
    return y[:, :, 0]


@wrong(
    "built-in-1d-by-rows",
    "llamas a `F.conv1d`, de la misma familia",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a = weight.shape[2]
    lines = F.pad(x, (padding,) * 4).unfold(2, a, stride)
    n, ci, rows, w, _ = lines.shape
    lines = lines.permute(0, 2, 1, 4, 3).reshape(n * rows, ci * a, w)
    y = F.conv1d(lines, weight.flatten(1, 2), bias, stride)
    return y.reshape(n, rows, len(weight), y.shape[-1]).transpose(1, 2)


@wrong("built-in-below", "llamas a `torch.ops.aten.convolution`", "publico valores bordes gradiente")
def conv2d(x, weight, bias=None, stride=1, padding=0):
    return torch.ops.aten.convolution(
        x, weight, bias, [stride, stride], [padding, padding], [1, 1], False, [0, 0], 1
    )


@wrong(
    "built-in-transposed",
    "llamas a `conv_transpose2d`, de la misma familia",
    "publico valores bordes gradiente",
)
def conv2d(x, weight, bias=None, stride=1, padding=0):
    a, b = weight.shape[2:]
    x = F.pad(x, (padding,) * 4)
    y = F.conv_transpose2d(x, weight.transpose(0, 1).flip(2, 3))
    y = y[:, :, a - 1 : y.shape[2] - a + 1 : stride, b - 1 : y.shape[3] - b + 1 : stride]
    return y.clone() if bias is None else y + bias[:, None, None]
