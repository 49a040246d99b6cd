"""Known answers to `mlp/numerical-gradient`."""

import torch

from torchaula.course.answers import right, wrong


@right("saved-and-restored")
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        saved = x[index].item()
        x[index] = saved + eps
        above = f(x)
        x[index] = saved - eps
        below = f(x)
        x[index] = saved
        gradient[index] = (above - below) / (2 * eps)
    return gradient


@right("rows-of-the-identity")
def numerical_gradient(f, x, eps=1e-4):
    steps = eps * torch.eye(x.numel(), dtype=torch.float64)
    slopes = [(f(x + s.view(x.shape)) - f(x - s.view(x.shape))).item() / (2 * eps) for s in steps]
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@right("flat-copy")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.shape, dtype=x.dtype)
    for i in range(x.numel()):
        values = []
        for sign in (1, -1):
            flat = x.flatten().clone()
            flat[i] += sign * eps
            values.append(f(flat.reshape(x.shape)))
        gradient.view(-1)[i] = (values[0] - values[1]) / eps / 2
    return gradient


@right("vmap")
def numerical_gradient(f, x, eps=1e-4):
    if x.numel() == 0:
        return torch.empty_like(x)
    steps = eps * torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.vmap(lambda step: (f(x + step) - f(x - step)) / (2 * eps))(steps).reshape(x.shape)


@right("numpy")
def numerical_gradient(f, x, eps=1e-4):
    import numpy as np

    gradient = np.zeros(tuple(x.shape))
    for index in np.ndindex(*x.shape):
        above, below = x.numpy().copy(), x.numpy().copy()
        above[index] += eps
        below[index] -= eps
        gradient[index] = float(f(torch.from_numpy(above)) - f(torch.from_numpy(below))) / (2 * eps)
    return torch.from_numpy(gradient)


@right("without-graph")
def numerical_gradient(f, x, eps=1e-4):
    with torch.no_grad():
        above = torch.zeros(x.numel(), dtype=x.dtype)
        below = torch.zeros(x.numel(), dtype=x.dtype)
        for i in range(x.numel()):
            mask = (torch.arange(x.numel()) == i).reshape(x.shape)
            above[i] = f(torch.where(mask, x + eps, x))
            below[i] = f(torch.where(mask, x - eps, x))
        return ((above - below) / (2 * eps)).reshape(x.shape)


@right("step-as-taken")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros_like(x, memory_format=torch.contiguous_format).view(-1)
    for i in range(x.numel()):
        above, below = x.reshape(-1).clone(), x.reshape(-1).clone()
        above[i], below[i] = above[i] + eps, below[i] - eps
        rise = f(above.view(x.shape)) - f(below.view(x.shape))
        gradient[i] = rise / (above[i] - below[i])
    return gradient.view(x.shape)


@right("index-unravelled")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.full_like(x, float("nan"))
    for index in torch.ones(x.shape).nonzero().tolist() if x.ndim else [[]]:
        index = tuple(index)
        above, below = x.clone(), x.clone()
        above[index] += eps
        below[index] -= eps
        gradient[index] = 0.5 * (f(above) - f(below)) / eps
    return gradient


@wrong(
    "forward-difference",
    "tu resultado coincide con empujar solo hacia delante: (f(x + eps) − f(x)) / eps",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        gradient[i] = (f(x + step.reshape(x.shape)) - f(x)) / eps
    return gradient.reshape(x.shape)


@wrong(
    "backward-difference",
    "tu resultado coincide con empujar solo hacia atrás: (f(x) − f(x − eps)) / eps",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        gradient[i] = (f(x) - f(x - step.reshape(x.shape))) / eps
    return gradient.reshape(x.shape)


@wrong("missing-two", "divides entre eps; entre los dos puntos hay 2·eps", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / eps
    return gradient.reshape(x.shape)


@wrong(
    "divides-and-multiplies",
    "`… / 2 * eps` divide entre 2 y multiplica por eps; te faltan unos paréntesis",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / 2 * eps
    return gradient.reshape(x.shape)


@wrong("sign", "restas al revés: el signo sale cambiado", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x - step) - f(x + step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong("half-step", "empujas eps/2 a cada lado; la fórmula pide eps a cada lado", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps / 2
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / eps
    return gradient.reshape(x.shape)


@wrong("eps-ignored", "usas siempre el mismo eps y no el que te dan", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    eps = 1e-4
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong("other-default", "tu eps por defecto no es 1e-4", "publico valores")
def numerical_gradient(f, x, eps=1e-5):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "relative-step",
    "tu paso es eps·|x|: cambia con cada elemento y es 0 donde x es 0",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        size = eps * x.reshape(-1)[i].abs()
        step[i] = size
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * size)
    return gradient.reshape(x.shape)


@wrong(
    "five-points",
    "usas una fórmula de más puntos: es otra; aquí se pide la de dos",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        s = step.reshape(x.shape)
        gradient[i] = (8 * (f(x + s) - f(x - s)) - (f(x + 2 * s) - f(x - 2 * s))) / (12 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "all-at-once",
    "empujas todos los elementos a la vez: obtienes un solo número, repetido",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    return torch.full_like(x, ((f(x + eps) - f(x - eps)) / (2 * eps)).item())


@wrong("single-number", "devuelves un solo número; hace falta uno por elemento", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    return (f(x + eps) - f(x - eps)) / (2 * eps)


@wrong(
    "summed",
    "sumas las derivadas de todos los elementos en lugar de devolver una por elemento",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    total = torch.zeros((), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        total = total + (f(x + step) - f(x - step)) / (2 * eps)
    return total


@wrong(
    "early-return",
    "el `return` está dentro del bucle: solo calculas el primer elemento",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
        return gradient.reshape(x.shape)
    return gradient.reshape(x.shape)


@wrong(
    "alias-not-copy",
    "`above = x` no copia: los dos nombres son el mismo tensor y la diferencia es siempre 0",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        above, below = x, x
        above[index] += eps
        below[index] -= eps
        gradient[index] = (f(above) - f(below)) / (2 * eps)
    return gradient


@wrong("left-perturbed", "no devuelves `x` a su valor después de moverlo", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        x[index] += eps
        above = f(x)
        x[index] -= 2 * eps
        below = f(x)
        gradient[index] = (above - below) / (2 * eps)
    return gradient


@wrong(
    "restored-by-arithmetic",
    "deshaces el empujón sumando: por el redondeo, `x` no vuelve a ser exactamente el mismo",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        x[index] += eps
        above = f(x)
        x[index] -= 2 * eps
        below = f(x)
        x[index] += eps
        gradient[index] = (above - below) / (2 * eps)
    return gradient


@wrong(
    "saved-as-a-view",
    "guardas `x[i]`, que es una vista: cambia cuando cambias `x` y no sirve para restaurarlo",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient = torch.zeros_like(x)
    for index in itertools.product(*map(range, x.shape)):
        saved = x[index]
        x[index] = saved + eps
        above = f(x)
        x[index] = saved - 2 * eps
        below = f(x)
        x[index] = saved
        gradient[index] = (above - below) / (2 * eps)
    return gradient


@wrong(
    "copy-left-perturbed",
    "trabajas sobre una copia, pero los elementos ya visitados siguen movidos cuando pasas al siguiente",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    gradient, moved = torch.zeros_like(x), x.clone()
    for index in itertools.product(*map(range, x.shape)):
        moved[index] += eps
        above = f(moved)
        moved[index] -= 2 * eps
        gradient[index] = (above - f(moved)) / (2 * eps)
    return gradient


@wrong(
    "gradient-written-into-x",
    "escribes el gradiente en el propio `x`",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    import itertools

    original = x.clone()
    for index in itertools.product(*map(range, x.shape)):
        above, below = original.clone(), original.clone()
        above[index] += eps
        below[index] -= eps
        x[index] = (f(above) - f(below)) / (2 * eps)
    return x


@wrong(
    "integer-step",
    "tu tensor de empujones es de enteros: eps se redondea a 0",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=torch.int64)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "float32-result",
    "tu resultado es float32: `torch.zeros` lo es si no le dices `dtype`",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.shape)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient


@wrong(
    "float32-inside",
    "mueves `x` en float32: la resta de dos números parecidos queda en puro redondeo",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=torch.float64)
    for i in range(x.numel()):
        above, below = x.float().reshape(-1).clone(), x.float().reshape(-1).clone()
        above[i] += eps
        below[i] -= eps
        rise = f(above.reshape(x.shape).double()) - f(below.reshape(x.shape).double())
        gradient[i] = rise / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "float32-step",
    "tu empujón pasa por float32 y eps pierde cifras",
    "publico valores bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel())
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "only-one-axis",
    "recorres solo el primer eje: con una matriz mueves filas enteras y sin ejes no hay nada que recorrer",
    "publico bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        above, below = x.clone(), x.clone()
        above[i] += eps
        below[i] -= eps
        gradient[i] = (f(above) - f(below)) / (2 * eps)
    return gradient


@wrong("flat-result", "devuelves los valores en un solo eje y no con la forma de `x`", "publico bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient


@wrong("flat-argument", "llamas a `f` con `x` aplanado; espera la forma de `x`", "publico bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient, flat = torch.zeros(x.numel(), dtype=x.dtype), x.flatten()
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        gradient[i] = (f(flat + step) - f(flat - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "flatten-may-copy",
    "cambias `x.flatten()`, que es una copia si `x` no es contiguo: `f` no se entera",
    "publico bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    flat = x.flatten()
    for i in range(x.numel()):
        saved = flat[i].item()
        flat[i] = saved + eps
        above = f(x)
        flat[i] = saved - eps
        below = f(x)
        flat[i] = saved
        gradient[i] = (above - below) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong("view-fails", "usas `view(-1)`, que falla si `x` no es contiguo", "publico bordes")
def numerical_gradient(f, x, eps=1e-4):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        above, below = x.clone(), x.clone()
        above.view(-1)[i] += eps
        below.view(-1)[i] -= eps
        gradient[i] = (f(above) - f(below)) / (2 * eps)
    return gradient.view(x.shape)


@wrong(
    "stack-of-nothing",
    "`torch.stack` falla con una lista vacía: `x` puede no tener elementos",
    "publico bordes",
)
def numerical_gradient(f, x, eps=1e-4):
    steps = eps * torch.eye(x.numel(), dtype=x.dtype)
    slopes = [(f(x + s.view(x.shape)) - f(x - s.view(x.shape))) / (2 * eps) for s in steps]
    return torch.stack(slopes).reshape(x.shape)


@wrong("python-list", "devuelves una lista y no un tensor", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    steps = eps * torch.eye(x.numel(), dtype=x.dtype)
    return [((f(x + s.view(x.shape)) - f(x - s.view(x.shape))) / (2 * eps)).item() for s in steps]


@wrong("autograd", "dejas que `backward` haga el trabajo", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    x = x.detach().clone().requires_grad_()
    f(x).backward()
    return x.grad


@wrong("functional-grad", "llamas a `torch.func.grad`, que es autograd", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    return torch.func.grad(f)(x)


@wrong("forward-mode", "llamas a `torch.func.jacfwd`, que es autograd", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    return torch.func.jacfwd(f)(x)


@wrong("built-in", "llamas a la diferencia central que `gradcheck` lleva dentro", "publico valores bordes")
def numerical_gradient(f, x, eps=1e-4):
    return torch.autograd.gradcheck.get_numerical_jacobian(lambda inputs: f(*inputs), (x,), None, eps)[0]
