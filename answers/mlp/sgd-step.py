"""Known answers to `mlp/sgd-step`."""

import torch

from torchaula.course.answers import right, wrong


@right("decorated-with-augmented-assignment")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    @torch.no_grad()
    def move(p, v):
        g = p.grad
        if weight_decay != 0:
            g = g + weight_decay * p
        v *= momentum
        v += g
        p -= lr * v

    for i in range(len(params)):
        if params[i].grad is not None:
            move(params[i], velocities[i])


@right("data-and-alpha")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        g = p.grad.data.add(p.data, alpha=weight_decay)
        if momentum:
            v.data.mul_(momentum).add_(g)
            g = v.data
        p.data.add_(g, alpha=-lr)


@right("assigned-data")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is not None:
            v.data = momentum * v + p.grad + weight_decay * p.detach()
            p.data = p.data - lr * v


@right("several-tensors-at-once")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    moving = [(p, v) for p, v in zip(params, velocities, strict=True) if p.grad is not None]
    if not moving:
        return
    ps, vs = [p for p, _ in moving], [v for _, v in moving]
    with torch.no_grad():
        gs = torch._foreach_add([p.grad for p in ps], ps, alpha=weight_decay)
        torch._foreach_mul_(vs, momentum)
        torch._foreach_add_(vs, gs)
        torch._foreach_add_(ps, vs, alpha=-lr)


@right("copy-into")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.inference_mode():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            velocity = v * momentum + (p.grad + p * weight_decay)
            v.copy_(velocity)
            p[...] = p - lr * velocity


@wrong(
    "new-name",
    "`p = p - …` crea un tensor nuevo: el parámetro del modelo no se mueve",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p = p - lr * v


@wrong(
    "new-velocity",
    "calculas la velocidad nueva pero no la guardas en su tensor: en el paso siguiente se ha olvidado",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v = momentum * v + p.grad + weight_decay * p
            p -= lr * v


@wrong(
    "replaced-in-list",
    "pones tensores nuevos en las listas; los del modelo se quedan como estaban",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for i, p in enumerate(params):
        if p.grad is None:
            continue
        velocities[i] = momentum * velocities[i] + p.grad + weight_decay * p.detach()
        params[i] = (p.detach() - lr * velocities[i]).requires_grad_()


@wrong(
    "velocity-replaced-in-list",
    "cambias el elemento de la lista de velocidades en lugar de los valores de su tensor",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for i, p in enumerate(params):
            if p.grad is None:
                continue
            velocities[i] = momentum * velocities[i] + p.grad + weight_decay * p
            p -= lr * velocities[i]


@wrong(
    "autograd-on",
    "cambias un parámetro mientras autograd anota: falta `torch.no_grad()`",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        v.mul_(momentum).add_(p.grad + weight_decay * p)
        p -= lr * v


@wrong(
    "velocity-in-graph",
    "mueves los parámetros sin grafo, pero la velocidad se calcula con él: crece en cada paso",
    "publico bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        v.mul_(momentum).add_(p.grad + weight_decay * p)
        with torch.no_grad():
            p -= lr * v


@wrong(
    "parameters-frozen",
    "quitas `requires_grad` a los parámetros y no lo devuelves: dejan de aprender",
    "publico bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        p.requires_grad_(False)
        v.mul_(momentum).add_(p.grad + weight_decay * p)
        p -= lr * v


@wrong(
    "autograd-left-off", "apagas autograd para todo el programa y no lo vuelves a encender", "publico bordes"
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    torch.set_grad_enabled(False)
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        v.mul_(momentum).add_(p.grad + weight_decay * p)
        p -= lr * v


@wrong(
    "gradient-changed",
    "`g = p.grad` y luego `g += …` cambia el gradiente mismo, no una copia",
    "publico bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            g = p.grad
            g += weight_decay * p
            v.mul_(momentum).add_(g)
            p -= lr * v


@wrong("gradient-zeroed", "borras los gradientes: eso no es tarea del paso", "publico bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v
            p.grad.zero_()


@wrong("gradient-forgotten", "pones los gradientes a `None`: eso no es tarea del paso", "publico bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v
            p.grad = None


@wrong("none-not-skipped", "no contemplas que `p.grad` pueda ser `None`", "publico bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v


@wrong(
    "none-as-zero",
    "tratas un gradiente `None` como ceros: el parámetro se mueve sin gradiente",
    "publico bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            grad = torch.zeros_like(p) if p.grad is None else p.grad
            v.mul_(momentum).add_(grad + weight_decay * p)
            p -= lr * v


@wrong("zero-as-none", "saltas los gradientes que valen cero: no son lo mismo que `None`", "publico bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None or not p.grad.any():
                continue
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v


@wrong(
    "stops-at-none", "al primer gradiente `None` dejas también los parámetros que siguen", "publico bordes"
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                break
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v


@wrong(
    "velocities-misaligned",
    "quitas de la lista los parámetros sin gradiente pero no sus velocidades: se emparejan mal",
    "publico bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip([p for p in params if p.grad is not None], velocities, strict=False):
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p -= lr * v


@wrong("only-first", "sales de la función tras el primer parámetro", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is not None:
                v.mul_(momentum).add_(p.grad + weight_decay * p)
                p -= lr * v
            return


@wrong("uphill", "sumas el paso en lugar de restarlo: subes la cuesta", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad + weight_decay * p)
            p += lr * v


@wrong("decay-sign", "el decaimiento va con el signo cambiado: los pesos crecen", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad - weight_decay * p)
            p -= lr * v


@wrong(
    "decay-decoupled",
    "tu resultado coincide con restar el decaimiento aparte, como AdamW, sin pasar por la velocidad",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad)
            p.mul_(1 - lr * weight_decay).sub_(lr * v)


@wrong(
    "decay-after-step",
    "aplicas el decaimiento al parámetro ya movido, sin pasar por la velocidad",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad)
            p -= lr * v
            p -= lr * weight_decay * p


@wrong("decay-ignored", "tu resultado coincide con no aplicar `weight_decay`", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(p.grad)
            p -= lr * v


@wrong(
    "old-velocity", "mueves el parámetro con la velocidad anterior, no con la nueva", "publico valores bordes"
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            g = p.grad + weight_decay * p
            p -= lr * v
            v.mul_(momentum).add_(g)


@wrong(
    "moving-average",
    "tu velocidad es una media, `momentum·v + (1 − momentum)·g`; la regla suma `g` entero",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_((1 - momentum) * (p.grad + weight_decay * p))
            p -= lr * v


@wrong("nesterov", "tu resultado coincide con el momento de Nesterov", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            g = p.grad + weight_decay * p
            v.mul_(momentum).add_(g)
            p -= lr * (g + momentum * v)


@wrong(
    "rate-in-velocity",
    "metes `lr` dentro de la velocidad: al cambiar `lr`, los gradientes pasados conservan el antiguo",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v.mul_(momentum).add_(lr * (p.grad + weight_decay * p))
            p -= v


@wrong("momentum-ignored", "tu resultado coincide con SGD sin momento", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * (p.grad + weight_decay * p)


@wrong(
    "velocity-never-decays",
    "la velocidad acumula gradientes sin multiplicarse por `momentum`",
    "publico valores bordes",
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    with torch.no_grad():
        for p, v in zip(params, velocities, strict=True):
            if p.grad is None:
                continue
            v += p.grad + weight_decay * p
            p -= lr * v


@wrong(
    "loop-over-elements", "recorres los elementos uno a uno: basta una operación por tensor", "publico bordes"
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        values, speeds = p.data.reshape(-1).clone(), v.reshape(-1).clone()
        for i, g in enumerate(p.grad.reshape(-1)):
            speeds[i] = momentum * speeds[i] + g + weight_decay * values[i]
            values[i] -= lr * speeds[i]
        v.copy_(speeds.reshape(v.shape))
        p.data.copy_(values.reshape(p.shape))


@wrong("contiguity-assumed", "usas `view(-1)`, que falla con tensores no contiguos", "publico bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities, strict=True):
        if p.grad is None:
            continue
        flat, speed = p.data.view(-1), v.view(-1)
        speed.mul_(momentum).add_(p.grad.view(-1) + weight_decay * flat)
        flat.sub_(lr * speed)


@wrong("built-in", "llamas a `torch.optim.SGD`", "publico valores bordes")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    if not params:
        return
    optimizer = torch.optim.SGD(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
    for p, v in zip(params, velocities, strict=True):
        optimizer.state[p]["momentum_buffer"] = v
    optimizer.step()


@wrong(
    "built-in-function", "llamas a la función que está dentro de `torch.optim.SGD`", "publico valores bordes"
)
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    moving = [(p, v) for p, v in zip(params, velocities, strict=True) if p.grad is not None]
    if not moving:
        return
    ps, vs = [p for p, _ in moving], [v for _, v in moving]
    with torch.no_grad():
        torch.optim._functional.sgd(
            ps,
            [p.grad for p in ps],
            vs,
            weight_decay=weight_decay,
            momentum=momentum,
            lr=lr,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


@right("switches-requires-grad")
def sgd_step(params, velocities, lr, momentum=0.0, weight_decay=0.0):
    for p, v in zip(params, velocities):
        if p.grad is None:
            continue
        p.requires_grad_(False)
        v.copy_(momentum * v + p.grad + weight_decay * p)
        p -= lr * v
        p.requires_grad_()
