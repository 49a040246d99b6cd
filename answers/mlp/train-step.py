"""Known answers to `mlp/train-step`."""

import torch
import torch.nn.functional as F

from torchaula.course.answers import right, wrong


@right("zero-grad-just-before-backward")
def train_step(model, loss_fn, optimizer, x, y):
    model.train(True)
    output = model(x)
    loss = loss_fn(output, y)
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@right("closure")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()

    def closure():
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@right("clears-before-and-after")
def train_step(model, loss_fn, optimizer, x, y):
    was_training = model.training
    for module in model.modules():
        module.training = True
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss = loss_fn(model(x), y)
    torch.autograd.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    model.train(was_training)
    return loss.tolist()


@right("gradients-assigned-by-hand")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    loss = loss_fn(model.forward(x), y)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach().numpy().item()


@wrong(
    "no-zero-grad", "no borras los gradientes: `backward` los suma a los anteriores", "publico valores bordes"
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "zero-grad-after-backward",
    "borras los gradientes entre `backward` y `step`: el paso no mueve nada",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@wrong(
    "zero-grad-only-at-the-end",
    "borras los gradientes después del paso, así que los que llegan sucios entran en el primero",
    "publico bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@wrong(
    "model-zero-grad",
    "borras los gradientes del modelo, pero el optimizador mueve más parámetros que los del modelo",
    "publico bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    model.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "step-before-backward",
    "das el paso antes de `backward`, cuando aún no hay gradientes",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    optimizer.step()
    loss.backward()
    return loss.item()


@wrong(
    "step-one-call-late",
    "das el paso antes de `backward`: usas los gradientes del lote anterior",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    loss = loss_fn(model(x), y)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@wrong("no-step", "calculas los gradientes, pero nunca llamas a `optimizer.step()`", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    return loss.item()


@wrong("two-steps", "das dos pasos con los mismos gradientes", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


@wrong(
    "returns-graph",
    "devuelves la pérdida como tensor, unida al grafo: falta `.item()`",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


@wrong(
    "returns-detached-tensor",
    "devuelves la pérdida como tensor separado del grafo, no como `float`",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


@wrong("item-not-called", "devuelves el método `loss.item`: faltan los paréntesis", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item


@wrong("returns-nothing", "no devuelves la pérdida: falta `return`", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()


@wrong(
    "loss-after-step",
    "devuelves la pérdida de después del paso, con una segunda pasada del lote",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss_fn(model(x), y).backward()
    optimizer.step()
    with torch.no_grad():
        return loss_fn(model(x), y).item()


@wrong(
    "forward-twice",
    "pasas el lote dos veces por el modelo: las estadísticas de `BatchNorm` se mueven dos veces",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    value = loss_fn(model(x), y).item()
    loss_fn(model(x), y).backward()
    optimizer.step()
    return value


@wrong(
    "never-train",
    "no pones el modelo en modo de entrenamiento: falta `model.train()`",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "train-too-late",
    "llamas a `model.train()` después de pasar el lote por el modelo",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    model.train()
    loss.backward()
    optimizer.step()
    model.eval()
    return loss.item()


@wrong(
    "softmax-before-loss",
    "aplicas softmax a la salida antes de `loss_fn`, que espera la salida tal cual",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(torch.softmax(model(x), dim=1), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "swapped-loss-arguments",
    "llamas a `loss_fn(y, salida)`: el orden es `(salida, y)`",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(y, model(x))
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "argmax-before-loss",
    "pasas por `argmax` antes de la pérdida: no se puede derivar",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x).argmax(dim=1).float(), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("hard-coded-loss", "usas siempre `F.cross_entropy` en lugar de `loss_fn`", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "under-no-grad",
    "calculas la pérdida dentro de `no_grad`: no hay grafo que derivar",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("loss-summed", "multiplicas la pérdida por el tamaño del lote", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item() * len(x)


@wrong("loss-divided", "vuelves a dividir la pérdida entre el tamaño del lote", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y) / len(x)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "own-optimizer",
    "creas un optimizador nuevo en cada llamada y no usas el que recibes",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=optimizer.param_groups[0]["lr"])
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "update-by-hand", "mueves tú los parámetros en lugar de llamar a `optimizer.step()`", "publico valores"
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter -= group["lr"] * parameter.grad
    return loss.item()


@wrong("row-by-row", "das un paso por cada fila en lugar de uno por lote", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    total = 0.0
    for i in range(len(x)):
        optimizer.zero_grad()
        loss = loss_fn(model(x[i : i + 1]), y[i : i + 1])
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(x)


@wrong(
    "normalizes-in-place",
    "cambias `x` en su sitio: los datos de quien te llama cambian",
    "publico valores bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    x -= x.mean()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong(
    "casts-to-float32", "conviertes `x` a float32, y un modelo float64 no lo acepta", "publico valores bordes"
)
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x.float()), y)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("targets-to-long", "conviertes `y` a enteros, y `y` puede tener decimales", "publico bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y.long())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("drops-last-row", "dejas fuera la última fila del lote", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x[:-1]), y[:-1])
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("clips-gradients", "recortas los gradientes antes del paso", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@wrong("squeezes-output", "aplanas la salida y la `y` antes de darlas a `loss_fn`", "publico bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x).squeeze(), y.squeeze())
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("rounds-the-loss", "redondeas la pérdida: devuelves otra", "publico valores bordes")
def train_step(model, loss_fn, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return round(loss.item(), 4)


@wrong(
    "trusts-the-root-s-mode",
    "solo llamas a `train()` si la red dice que no entrena: sus capas pueden no estarlo",
    "publico bordes",
)
def train_step(model, loss_fn, optimizer, x, y):
    if not model.training:
        model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
