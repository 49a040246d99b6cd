"""Known answers to `tensores/softmax`."""

import torch

from torchaula.course.answers import right, wrong


@right("max-and-its-values")
def softmax(x, dim):
    largest, _ = x.max(dim, keepdim=True)
    e = (x - largest).exp()
    return e / torch.sum(e, dim, True)


@right("unsqueeze-instead-of-keepdim")
def softmax(x, dim):
    e = torch.exp(x - x.max(dim).values.unsqueeze(dim))
    return torch.div(e, e.sum(dim).unsqueeze(dim))


@right("axis-moved-to-the-end")
def softmax(x, dim):
    y = x.movedim(dim, -1)
    y = (y - y.amax(-1)[..., None]).exp()
    return (y / y.sum(-1)[..., None]).movedim(-1, dim)


@right("axis-moved-to-the-front")
def softmax(x, dim):
    y = x.transpose(0, dim)
    y = (y - y.amax(0)).exp()
    return (y / y.sum(0)).transpose(0, dim)


@right("double-inside")
def softmax(x, dim):
    z = x.double()
    e = (z - z.amax(dim, keepdim=True)).exp()
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


@right("in-place-on-a-copy")
def softmax(x, dim):
    p = x.clone()
    p -= p.amax(dim, keepdim=True)
    p.exp_()
    p /= p.sum(dim, keepdim=True)
    return p


@right("logarithm-of-the-sum")
def softmax(x, dim):
    z = x - x.amax(dim, keepdim=True)
    return (z - z.exp().sum(dim, keepdim=True).log()).exp()


@right("pairwise-differences")
def softmax(x, dim):
    y = x.movedim(dim, -1)
    return (1 / (y[..., None, :] - y[..., :, None]).exp().sum(-1)).movedim(-1, dim)


@right("sorted-largest")
def softmax(x, dim):
    e = torch.exp(x - x.sort(dim).values.narrow(dim, x.size(dim) - 1, 1))
    return e * e.sum(dim, keepdim=True).reciprocal()


@right("topk-and-cumsum")
def softmax(x, dim):
    e = (x - x.topk(1, dim).values).exp()
    return e / e.cumsum(dim).narrow(dim, x.shape[dim] - 1, 1)


@right("gathered-argmax")
def softmax(x, dim):
    e = x.sub(x.gather(dim, x.argmax(dim, keepdim=True))).exp()
    return e / e.sum(dim, keepdim=True).expand_as(e)


@right("flattened-rows-and-einsum")
def softmax(x, dim):
    y = x.movedim(dim, 0)
    z = y.reshape(y.shape[0], -1)
    e = (z - z.amax(0)).exp()
    return (e / torch.einsum("ij->j", e)).reshape(y.shape).movedim(0, dim)


@right("normalised-by-f-normalize")
def softmax(x, dim):
    e = (x - x.amax(dim, keepdim=True)).exp()
    return torch.nn.functional.normalize(e, p=1, dim=dim)


@right("power-of-e")
def softmax(x, dim):
    e = math.e ** (x - x.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "overflow",
    "calculas `exp` de los números tal como llegan: con 1000 da infinito, y con −1000, 0 entre 0",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x)
    return e / e.sum(dim, keepdim=True)


@wrong(
    "double-instead-of-shift",
    "pasas a float64 sin mover los números: también ahí `exp(1000)` es infinito",
    "publico bordes",
)
def softmax(x, dim):
    e = x.double().exp()
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


@wrong(
    "global-maximum",
    "restas el máximo de todo el tensor: en un grupo mucho menor todas las exponenciales son 0",
    "publico bordes",
)
def softmax(x, dim):
    if not x.numel():
        return x.clone()
    e = torch.exp(x - x.max())
    return e / e.sum(dim, keepdim=True)


@wrong(
    "global-maximum-in-double",
    "restas el máximo de todo el tensor: ni en float64 cabe un grupo que está 2000 por debajo",
    "publico bordes",
)
def softmax(x, dim):
    if not x.numel():
        return x.clone()
    z = x.double()
    e = torch.exp(z - z.max())
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


@wrong(
    "mean-subtracted",
    "restas la media del grupo: si sus números están lejos, alguno queda muy por encima y se desborda",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.mean(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "minimum-subtracted",
    "restas el menor del grupo y no el mayor: los demás quedan por encima de 0 y se desbordan",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amin(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "largest-absolute-value",
    "restas el mayor valor absoluto: en un grupo de −1000 todas las exponenciales son 0",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.abs().amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "first-subtracted",
    "restas el primero del grupo, que no siempre es el mayor: los demás se pueden desbordar",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.narrow(dim, 0, 1))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "fixed-shift",
    "restas siempre 1000: los grupos pequeños se quedan en 0 entre 0",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - 1000)
    return e / e.sum(dim, keepdim=True)


@wrong(
    "clamped",
    "recortas los números: dos números grandes y distintos acaban con la misma probabilidad",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x.clamp(-80, 80))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "nan-replaced",
    "cambias los `nan` por 0 cuando el daño ya está hecho: los grupos dejan de sumar 1",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x)
    return torch.nan_to_num(e / e.sum(dim, keepdim=True))


@wrong(
    "epsilon",
    "sumas un número diminuto al divisor, que no hace falta: el resultado deja de ser exacto",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / (e.sum(dim, keepdim=True) + 1e-8)


@wrong(
    "tiny-epsilon",
    "sumas un número diminuto al divisor, que no hace falta: el resultado deja de ser exacto en float64",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / (e.sum(dim, keepdim=True) + 1e-12)


@wrong(
    "epsilon-instead-of-shift",
    "sumas un número diminuto al divisor para evitar 0 entre 0; `exp(1000)` sigue siendo infinito",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x)
    return e / (e.sum(dim, keepdim=True) + 1e-8)


@wrong(
    "shift-above-only",
    "mueves los números en el numerador pero no en la suma",
    "publico valores bordes",
)
def softmax(x, dim):
    return torch.exp(x - x.amax(dim, keepdim=True)) / torch.exp(x).sum(dim, keepdim=True)


@wrong(
    "shift-of-another-axis",
    "el máximo que restas es siempre el de las filas (último eje), aunque `dim` sea otro",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(-1, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "always-last-axis",
    "tu resultado coincide con usar siempre el último eje: no miras `dim`",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(-1, keepdim=True))
    return e / e.sum(-1, keepdim=True)


@wrong(
    "always-first-axis",
    "tu resultado coincide con usar siempre el eje 0: no miras `dim`",
    "publico valores bordes",
)
def softmax(x, dim):
    if not x.numel():
        return x.clone()
    e = torch.exp(x - x.amax(0, keepdim=True))
    return e / e.sum(0, keepdim=True)


@wrong(
    "always-axis-one",
    "tu resultado coincide con usar siempre el eje 1: no miras `dim`",
    "publico valores bordes",
)
def softmax(x, dim):
    axis = min(1, x.ndim - 1)
    e = torch.exp(x - x.amax(axis, keepdim=True))
    return e / e.sum(axis, keepdim=True)


@wrong(
    "the-other-axis",
    "tu resultado coincide con usar el otro eje: `dim` es el eje que se suma",
    "publico valores bordes",
)
def softmax(x, dim):
    axis = dim - 1 if x.ndim > 1 else dim
    if not x.numel():
        return x.clone()
    e = torch.exp(x - x.amax(axis, keepdim=True))
    return e / e.sum(axis, keepdim=True)


@wrong(
    "everything-normalised",
    "tu resultado coincide con dividir entre la suma de todo el tensor; cada grupo tiene la suya",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum()


@wrong(
    "all-but-the-batch",
    "sumas sobre todos los ejes menos el 0, y debe ser solo sobre `dim`",
    "publico valores bordes",
)
def softmax(x, dim):
    axes = tuple(range(1, x.ndim)) or (0,)
    e = torch.exp(x - x.amax(axes, keepdim=True))
    return e / e.sum(axes, keepdim=True)


@wrong(
    "no-keepdim",
    "la suma pierde el eje: falta `keepdim=True`, y cada número se divide entre la suma de otro grupo",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim)


@wrong(
    "no-keepdim-anywhere",
    "el máximo y la suma pierden el eje: falta `keepdim=True` en los dos",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim))
    return e / e.sum(dim)


@wrong(
    "unsqueeze-last",
    "devuelves el eje perdido siempre al final (`unsqueeze(-1)`), y va en el sitio de `dim`",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim).unsqueeze(-1))
    return e / e.sum(dim).unsqueeze(-1)


@wrong(
    "transposed-for-axis-zero",
    "trabajas con filas y traspones cuando `dim` es 0: solo sirve con dos ejes",
    "publico valores bordes",
)
def softmax(x, dim):
    y = x.t() if dim == 0 else x
    e = torch.exp(y - y.amax(-1, keepdim=True))
    p = e / e.sum(-1, keepdim=True)
    return p.t() if dim == 0 else p


@wrong(
    "no-negative-axis",
    "no reconoces un `dim` negativo: −1 es el último eje",
    "publico bordes",
)
def softmax(x, dim):
    others = [axis for axis in range(x.ndim) if axis != dim]
    y = x.permute(*others, dim)
    e = torch.exp(y - y.amax(-1, keepdim=True))
    return (e / e.sum(-1, keepdim=True)).movedim(-1, dim)


@wrong(
    "axis-moved-and-left-there",
    "llevas `dim` al final para calcular y no lo devuelves a su sitio",
    "publico valores bordes",
)
def softmax(x, dim):
    y = x.movedim(dim, -1)
    e = torch.exp(y - y.amax(-1, keepdim=True))
    return e / e.sum(-1, keepdim=True)


@wrong(
    "reshaped-instead-of-moved",
    "usas `reshape` para llevar el eje al final: no mueve ejes, revuelve los números",
    "publico valores bordes",
)
def softmax(x, dim):
    y = x.reshape(-1, x.shape[dim])
    e = torch.exp(y - y.amax(-1, keepdim=True))
    return (e / e.sum(-1, keepdim=True)).reshape(x.shape)


@wrong(
    "squeezed",
    "`squeeze()` quita también los ejes de tamaño 1 que ya tenía `x`",
    "publico bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).squeeze()


@wrong(
    "contiguous-only",
    "usas `view`, que falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
def softmax(x, dim):
    before, after = math.prod(x.shape[: dim % x.ndim]), math.prod(x.shape[dim % x.ndim + 1 :])
    y = x.view(before, x.shape[dim], after)
    e = torch.exp(y - y.amax(1, keepdim=True))
    return (e / e.sum(1, keepdim=True)).view(x.shape)


@wrong(
    "no-empty-batch",
    "fallas con un lote vacío: el máximo de un tensor sin números no existe",
    "publico bordes",
)
def softmax(x, dim):
    x.max()
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "negated",
    "tu resultado coincide con el softmax de −x: el mayor debe llevarse la probabilidad mayor",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x.amin(dim, keepdim=True) - x)
    return e / e.sum(dim, keepdim=True)


@wrong(
    "sigmoid",
    "tu resultado coincide con la sigmoide de cada número: los grupos no suman 1",
    "publico valores bordes",
)
def softmax(x, dim):
    return torch.sigmoid(x)


@wrong(
    "normalised-sigmoid",
    "repartes sigmoides y no exponenciales: sumar lo mismo a todo un grupo cambia tu resultado",
    "publico valores bordes",
)
def softmax(x, dim):
    s = torch.sigmoid(x)
    return s / s.sum(dim, keepdim=True)


@wrong(
    "hard-maximum",
    "das un 1 al mayor y un 0 a los demás: softmax reparte",
    "publico valores bordes",
)
def softmax(x, dim):
    return (x == x.amax(dim, keepdim=True)).to(x.dtype)


@wrong(
    "no-exponential",
    "divides los propios números entre su suma: falta la exponencial",
    "publico valores bordes",
)
def softmax(x, dim):
    return x / x.sum(dim, keepdim=True)


@wrong(
    "between-least-and-largest",
    "repartes la distancia al menor del grupo: falta la exponencial",
    "publico valores bordes",
)
def softmax(x, dim):
    z = x - x.amin(dim, keepdim=True)
    return z / z.sum(dim, keepdim=True)


@wrong(
    "not-divided",
    "tu resultado coincide con las exponenciales sin dividir entre su suma",
    "publico valores bordes",
)
def softmax(x, dim):
    return torch.exp(x - x.amax(dim, keepdim=True))


@wrong(
    "divided-by-the-largest",
    "divides entre la exponencial mayor y no entre la suma",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.amax(dim, keepdim=True)


@wrong(
    "divided-by-the-mean",
    "divides entre la media de las exponenciales y no entre la suma",
    "publico valores bordes",
)
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return e / e.mean(dim, keepdim=True)


@wrong("base-two", "usas potencias de 2 y no de e", "publico valores bordes")
def softmax(x, dim):
    e = torch.exp2(x - x.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong("applied-twice", "tu resultado coincide con aplicar softmax dos veces", "publico valores bordes")
def softmax(x, dim):
    for _ in range(2):
        x = torch.exp(x - x.amax(dim, keepdim=True))
        x = x / x.sum(dim, keepdim=True)
    return x


@wrong(
    "log-probabilities",
    "devuelves los logaritmos de las probabilidades: falta la última exponencial",
    "publico valores bordes",
)
def softmax(x, dim):
    z = x - x.amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()


@wrong(
    "in-place",
    "`x -= …` modifica el tensor que recibes",
    "publico valores bordes",
)
def softmax(x, dim):
    x -= x.amax(dim, keepdim=True)
    e = torch.exp(x)
    return e / e.sum(dim, keepdim=True)


@wrong(
    "everything-in-place",
    "tus operaciones acabadas en `_` modifican `x`, y devuelves ese mismo tensor",
    "publico valores bordes",
)
def softmax(x, dim):
    return x.sub_(x.amax(dim, keepdim=True)).exp_().div_(x.sum(dim, keepdim=True))


@wrong(
    "in-place-through-a-view",
    "`movedim` da una vista: lo que cambias en ella cambia en `x`",
    "publico valores bordes",
)
def softmax(x, dim):
    y = x.movedim(dim, -1)
    y -= y.amax(-1, keepdim=True)
    e = torch.exp(y)
    return (e / e.sum(-1, keepdim=True)).movedim(-1, dim)


@wrong(
    "float64-result",
    "tu resultado es siempre float64, sea cual sea el `dtype` de `x`",
    "publico valores bordes",
)
def softmax(x, dim):
    z = x.double()
    e = torch.exp(z - z.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "float32-result",
    "tu resultado es siempre float32, sea cual sea el `dtype` de `x`",
    "publico valores bordes",
)
def softmax(x, dim):
    z = x.float()
    e = torch.exp(z - z.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong(
    "float32-inside",
    "pasas por float32 y pierdes precisión con datos float64",
    "publico valores bordes",
)
def softmax(x, dim):
    z = x.float()
    e = torch.exp(z - z.amax(dim, keepdim=True))
    return (e / e.sum(dim, keepdim=True)).to(x.dtype)


@wrong(
    "float32-buffer",
    "guardas el resultado en un tensor float32: con float64 pierdes precisión",
    "publico valores bordes",
)
def softmax(x, dim):
    p = torch.zeros(x.shape)
    p += torch.exp(x - x.amax(dim, keepdim=True))
    p /= p.sum(dim, keepdim=True)
    return p.to(x.dtype)


@wrong("rounded", "redondeas las probabilidades", "publico valores bordes")
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return torch.round(e / e.sum(dim, keepdim=True), decimals=4)


@wrong("loop-over-groups", "recorres los grupos con un bucle de Python", "publico bordes")
def softmax(x, dim):
    y = x.movedim(dim, -1)
    flat = y.reshape(-1, y.shape[-1])
    out = torch.empty_like(flat)
    for number in range(len(flat)):
        e = torch.exp(flat[number] - flat[number].max())
        out[number] = e / e.sum()
    return out.reshape(y.shape).movedim(-1, dim)


@wrong("loop-over-members", "recorres con un bucle de Python los números de los grupos", "publico bordes")
def softmax(x, dim):
    parts = x.unbind(dim)
    largest = parts[0]
    for part in parts:
        largest = torch.maximum(largest, part)
    powers = [torch.exp(part - largest) for part in parts]
    total = powers[0] * 0
    for power in powers:
        total = total + power
    return torch.stack([power / total for power in powers], dim)


@wrong(
    "lists-of-numbers",
    "sacas los números con `tolist` y los recorres en Python",
    "publico valores bordes",
)
def softmax(x, dim):
    y = x.movedim(dim, -1)
    rows = []
    for row in y.reshape(-1, y.shape[-1]).tolist():
        powers = [math.exp(value - max(row)) for value in row]
        rows.append([power / sum(powers) for power in powers])
    return torch.tensor(rows, dtype=x.dtype).reshape(y.shape).movedim(-1, dim)


@wrong("through-numpy", "llevas los números a NumPy", "publico valores bordes")
def softmax(x, dim):
    import numpy as np

    a = x.numpy()
    e = np.exp(a - a.max(dim, keepdims=True))
    return torch.from_numpy(e / e.sum(dim, keepdims=True))


@wrong("array-of-numpy", "llevas los números a NumPy", "publico valores bordes")
def softmax(x, dim):
    import numpy as np

    a = np.array(x)
    e = np.exp(a - a.max(dim, keepdims=True))
    return torch.from_numpy(e / e.sum(dim, keepdims=True))


@wrong("a-list", "devuelves una lista de Python y no un tensor", "publico valores bordes")
def softmax(x, dim):
    e = torch.exp(x - x.amax(dim, keepdim=True))
    return list(e / e.sum(dim, keepdim=True))


@wrong("built-in", "llamas a la `softmax` de PyTorch", "publico valores bordes")
def softmax(x, dim):
    return torch.softmax(x, dim)


@wrong("built-in-method", "llamas al método `softmax` del tensor", "publico valores bordes")
def softmax(x, dim):
    return x.softmax(dim)


@wrong("built-in-module", "usas `nn.Softmax`, que llama a `softmax`", "publico valores bordes")
def softmax(x, dim):
    return torch.nn.Softmax(dim=dim)(x)


@wrong("built-in-special", "`torch.special.softmax` es la misma operación", "publico valores bordes")
def softmax(x, dim):
    return torch.special.softmax(x, dim)


@wrong("built-in-log-softmax", "llamas a `log_softmax`", "publico valores bordes")
def softmax(x, dim):
    return torch.nn.functional.log_softmax(x, dim=dim).exp()


@wrong("built-in-softmin", "llamas a `softmin`", "publico valores bordes")
def softmax(x, dim):
    return torch.nn.functional.softmin(-x, dim=dim)


@wrong("built-in-logsumexp", "llamas a `logsumexp`", "publico valores bordes")
def softmax(x, dim):
    return torch.exp(x - torch.logsumexp(x, dim, keepdim=True))


@wrong("built-in-logcumsumexp", "llamas a `logcumsumexp`", "publico valores bordes")
def softmax(x, dim):
    total = x.logcumsumexp(dim).narrow(dim, x.shape[dim] - 1, 1)
    return torch.exp(x - total)


@wrong(
    "built-in-distribution",
    "`Categorical` llama por ti a `logsumexp` y a `softmax`",
    "publico valores bordes",
)
def softmax(x, dim):
    return torch.distributions.Categorical(logits=x.movedim(dim, -1)).probs.movedim(-1, dim)
