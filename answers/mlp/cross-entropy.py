"""Known answers to `mlp/cross-entropy`."""

import torch
import torch.nn.functional as F

from torchaula.course.answers import right, wrong


@right("log-sum-exp-and-gather")
def cross_entropy(logits, target):
    largest = logits.max(dim=-1, keepdim=True).values.detach()
    total = largest + torch.log(torch.sum(torch.exp(logits - largest), dim=-1, keepdim=True))
    return torch.mean(total - torch.gather(logits, 1, target.unsqueeze(1)))


@right("float-one-hot-product")
def cross_entropy(logits, target):
    n = logits.shape[0]
    chosen = torch.zeros_like(logits)
    chosen[torch.arange(n), target] = 1.0
    z = logits - logits.max(dim=1, keepdim=True)[0]
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -(chosen * log_p).sum() / n


@right("integer-one-hot")
def cross_entropy(logits, target):
    chosen = F.one_hot(target, logits.shape[1])
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - (z * chosen).sum(1)).sum() / logits.shape[0]


@right("boolean-mask")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    mask = torch.arange(logits.shape[1]) == target[:, None]
    return (z.exp().sum(1).log() - z[mask]).mean()


@right("range-as-index")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - torch.log(torch.exp(z).sum(1, keepdim=True))
    return -log_p[range(len(logits)), target].mean()


@right("double-inside")
def cross_entropy(logits, target):
    z = logits.double()
    z = z - z.amax(1, keepdim=True)
    losses = torch.log(z.exp().sum(1)) - torch.take_along_dim(z, target[:, None], 1)[:, 0]
    return losses.mean().to(logits.dtype)


@right("all-pairs-diagonal")
def cross_entropy(logits, target):
    z = logits - logits.amax(1)[:, None]
    return torch.einsum("ik->i", z.exp()).log().sub(z[:, target].diagonal()).mean()


@right("cumulative-log-sum-exp")
def cross_entropy(logits, target):
    return (logits.logcumsumexp(1)[:, -1] - logits.gather(1, target[:, None])[:, 0]).mean()


@right("own-autograd-function")
def cross_entropy(logits, target):
    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, t):
            z = z - z.amax(1, keepdim=True)
            total = z.exp().sum(1, keepdim=True)
            rows = torch.arange(len(t))
            ctx.save_for_backward(z.exp() / total, rows, t)
            return (total.log()[:, 0] - z[rows, t]).mean()

        @staticmethod
        def backward(ctx, g):
            p, rows, t = ctx.saved_tensors
            d = p.clone()
            d[rows, t] -= 1
            return g * d / len(t), None

    return Loss.apply(logits, target)


@wrong(
    "softmax-twice",
    "tu resultado coincide con aplicar softmax dos veces: `logits` aún no son probabilidades y basta una",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    log_p = p - p.exp().sum(1, keepdim=True).log()
    return -log_p[torch.arange(len(target)), target].mean()


@wrong(
    "logits-as-probabilities",
    "tomas el logaritmo de los propios logits: antes hay que convertirlos en probabilidades",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    return -torch.log(logits[torch.arange(len(target)), target]).mean()


@wrong(
    "batch-axis",
    "tu resultado coincide con aplicar softmax sobre el lote (eje 0) y no sobre las clases",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(0, keepdim=True)
    log_p = z - z.exp().sum(0, keepdim=True).log()
    return -log_p[torch.arange(len(target)), target].mean()


@wrong(
    "all-elements-normalised",
    "tu resultado coincide con sumar las exponenciales de toda la matriz; cada fila tiene su propia suma",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.max()
    log_p = z - z.exp().sum().log()
    return -log_p[torch.arange(len(target)), target].mean()


@wrong(
    "overflow",
    "calculas `exp` de los logits tal como llegan: con 1000 da infinito",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    total = logits.exp().sum(1).log()
    return (total - logits[torch.arange(len(target)), target]).mean()


@wrong(
    "log-of-softmax",
    "calculas la probabilidad y luego su logaritmo: si es muy pequeña ya es 0 y da infinito",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return -p[torch.arange(len(target)), target].log().mean()


@wrong(
    "clamped-probability",
    "recortas la probabilidad por abajo: la pérdida de un error grande se queda corta y sin gradiente",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return -p[torch.arange(len(target)), target].clamp(min=1e-12).log().mean()


@wrong(
    "epsilon-in-log",
    "sumas una constante pequeña antes del logaritmo: el resultado deja de ser exacto",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return -(p[torch.arange(len(target)), target] + 1e-7).log().mean()


@wrong(
    "clamped-logits",
    "recortas los logits: dos logits grandes y distintos dejan de distinguirse",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits.clamp(-80, 80)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean()


@wrong(
    "global-maximum",
    "restas el máximo de toda la matriz: en una fila mucho menor todas las exponenciales son 0",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.max()
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean()


@wrong(
    "shift-by-target",
    "restas el logit correcto y no el mayor de la fila: `exp` de lo que queda puede dar infinito",
    "publico bordes gradiente",
)
def cross_entropy(logits, target):
    correct = logits[torch.arange(len(target)), target]
    return (logits - correct[:, None]).exp().sum(1).log().mean()


@wrong(
    "shift-not-undone",
    "restas el máximo en la suma de exponenciales pero no en el logit correcto",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - logits[torch.arange(len(target)), target]).mean()


@wrong(
    "sign",
    "te falta el signo menos: tu pérdida baja cuando la red empeora",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z[torch.arange(len(target)), target] - z.exp().sum(1).log()).mean()


@wrong(
    "no-logarithm",
    "tu resultado coincide con la media de 1 − p: falta el logaritmo",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return (1 - p[torch.arange(len(target)), target]).mean()


@wrong("base-two", "tu logaritmo es en base 2 y debe ser el natural", "publico valores bordes gradiente")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -log_p[torch.arange(len(target)), target].mean() / torch.tensor(2.0, dtype=logits.dtype).log()


@wrong(
    "summed", "sumas las pérdidas de las filas en lugar de hacer la media", "publico valores bordes gradiente"
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).sum()


@wrong("not-reduced", "devuelves una pérdida por fila; falta la media", "publico valores bordes gradiente")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return z.exp().sum(1).log() - z[torch.arange(len(target)), target]


@wrong(
    "mean-over-all-elements",
    "divides entre n·k y no entre n: los ceros del `one-hot` también cuentan en tu media",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -(F.one_hot(target, logits.shape[1]) * log_p).mean()


@wrong(
    "hard-coded-batch",
    "divides siempre entre el mismo número de filas",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).sum() / 2


@wrong(
    "every-target-in-every-row",
    "`log_p[:, target]` toma de cada fila las clases de todas las filas; cada una debe tomar solo la suya",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -log_p[:, target].mean()


@wrong(
    "target-as-row",
    "usas `target` para elegir filas; es el número de la columna",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -log_p[target].sum(1).mean()


@wrong(
    "likeliest-class",
    "tu resultado coincide con mirar la clase más probable en lugar de la correcta: no usas `target`",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return z.exp().sum(1).log().mean()


@wrong(
    "classes-from-target",
    "cuentas las clases mirando `target`: si la última no aparece, faltan columnas; k es `logits.shape[1]`",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    log_p = z - z.exp().sum(1, keepdim=True).log()
    return -(F.one_hot(target) * log_p).sum() / len(target)


@wrong("loop-over-rows", "recorres las filas con un bucle de Python", "publico bordes")
def cross_entropy(logits, target):
    losses = []
    for z, t in zip(logits, target, strict=True):
        z = z - z.max()
        losses.append(z.exp().sum().log() - z[t])
    return torch.stack(losses).mean()


@wrong("loop-over-classes", "recorres las clases con un bucle de Python", "publico bordes")
def cross_entropy(logits, target):
    total = logits[:, 0]
    for c in range(1, logits.shape[1]):
        total = torch.logaddexp(total, logits[:, c])
    return (total - logits[torch.arange(len(target)), target]).mean()


@wrong("detached", "devuelves un tensor nuevo hecho con `item()`: no queda gradiente", "publico gradiente")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    loss = (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean()
    return torch.tensor(loss.item(), dtype=logits.dtype)


@wrong("python-number", "devuelves un número de Python y no un tensor", "publico valores bordes gradiente")
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean().item()


@wrong(
    "half-detached-maximum",
    "separas el máximo del grafo en un sitio y en otro no: el valor es correcto, el gradiente no",
    "publico gradiente",
)
def cross_entropy(logits, target):
    largest = logits.amax(1, keepdim=True)
    total = largest.detach() + (logits - largest).exp().sum(1, keepdim=True).log()
    return (total - logits.gather(1, target[:, None])).mean()


@wrong(
    "detached-normaliser",
    "separas del grafo la suma de exponenciales: el valor es correcto, el gradiente no",
    "publico gradiente",
)
def cross_entropy(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    total = z.detach().exp().sum(1).log()
    return (total - z[torch.arange(len(target)), target]).mean()


@wrong(
    "in-place-shift",
    "`logits -= …` modifica el tensor que recibes",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    logits -= logits.amax(1, keepdim=True)
    return (logits.exp().sum(1).log() - logits[torch.arange(len(target)), target]).mean()


@wrong(
    "float64-result",
    "tu resultado es siempre float64, sea cual sea el `dtype` de `logits`",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits.double()
    z = z - z.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean()


@wrong(
    "float32-inside",
    "pasas por float32 y pierdes precisión con datos float64",
    "publico valores bordes gradiente",
)
def cross_entropy(logits, target):
    z = logits.float()
    z = z - z.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean().to(logits.dtype)


@wrong("flat-view", "usas `view(-1)`, que falla si `logits` no es contiguo", "publico bordes")
def cross_entropy(logits, target):
    n, k = logits.shape
    correct = logits.view(-1)[torch.arange(n) * k + target]
    largest = logits.amax(1)
    return (largest + (logits - largest[:, None]).exp().sum(1).log() - correct).mean()


@wrong(
    "squeezed",
    "usas `squeeze()` sin decir el eje: con una sola fila o una sola clase quita de más",
    "publico bordes",
)
def cross_entropy(logits, target):
    z = (logits - logits.amax(1, keepdim=True)).squeeze()
    return (z.exp().sum(1).log() - z[torch.arange(len(target)), target]).mean()


@wrong("built-in", "llamas a `F.cross_entropy`", "publico valores bordes gradiente")
def cross_entropy(logits, target):
    return F.cross_entropy(logits, target)


@wrong("built-in-log-softmax", "llamas a `log_softmax`", "publico valores bordes gradiente")
def cross_entropy(logits, target):
    return -torch.nn.LogSoftmax(dim=1)(logits)[torch.arange(len(target)), target].mean()


@wrong(
    "built-in-distribution", "`Categorical` llama por ti a `logsumexp`", "publico valores bordes gradiente"
)
def cross_entropy(logits, target):
    return -torch.distributions.Categorical(logits=logits).log_prob(target).mean()
