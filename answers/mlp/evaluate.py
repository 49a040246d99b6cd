"""Known answers to `mlp/evaluate`."""

import torch
import torch.nn.functional as F

from torchaula.course.answers import right, wrong


@right("tensor-accumulators-and-inference-mode")
def evaluate(model, loss_fn, batches):
    @torch.inference_mode()
    def measure():
        loss, hits, rows = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64), 0
        for x, y in batches:
            output = model(x)
            loss += loss_fn(output, y) * x.shape[0]
            hits += (output.max(-1).indices == y).sum()
            rows += x.shape[0]
        if not rows:
            raise ValueError
        return {"loss": (loss / rows).item(), "accuracy": float(hits / rows)}

    was_training = model.training
    try:
        model.eval()
        return measure()
    finally:
        model.train(was_training)


@right("context-manager-and-each-module")
def evaluate(model, loss_fn, batches):
    import contextlib

    @contextlib.contextmanager
    def evaluating():
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            yield
        finally:
            for module, mode in modes:
                module.training = mode

    sums = []
    with evaluating(), torch.no_grad():
        for x, y in batches:
            output = model(x)
            hits = torch.eq(output.argsort(-1)[:, -1], y).float().sum()
            sums.append((len(x), loss_fn(output, y).double() * len(x), hits))
    if not sums:
        raise ValueError("vacío")
    rows, losses, hits = map(sum, zip(*sums, strict=True))
    return {"accuracy": hits.item() / rows, "loss": losses.item() / rows}


@right("all-rows-at-the-end")
def evaluate(model, loss_fn, batches):
    was_training, outputs, targets = model.training, [], []
    model.train(False)
    try:
        with torch.no_grad():
            for x, y in batches:
                outputs.append(model(x))
                targets.append(y)
            if not outputs:
                raise ValueError("ningún lote")
            output, target = torch.cat(outputs), torch.cat(targets)
            hits = output.argmax(1).eq(target).double().mean()
            return {"loss": loss_fn(output, target).item(), "accuracy": hits.item()}
    finally:
        model.train(was_training)


@right("list-first-and-except")
def evaluate(model, loss_fn, batches):
    batches = list(batches)
    if not batches:
        raise ValueError("no hay lotes")
    was_training, was_grad = model.training, torch.is_grad_enabled()
    rows = sum(len(y) for _, y in batches)
    loss = accuracy = 0.0
    torch.set_grad_enabled(False)
    model.eval()
    try:
        for x, y in batches:
            output = model(x)
            loss += float(loss_fn(output, y)) * len(y) / rows
            accuracy += (output.argmax(1) == y).float().mean().item() * len(y) / rows
    except BaseException:
        torch.set_grad_enabled(was_grad)
        model.train(was_training)
        raise
    torch.set_grad_enabled(was_grad)
    if was_training:
        model.train()
    return {"loss": loss} | {"accuracy": accuracy}


@right("numpy-totals")
def evaluate(model, loss_fn, batches):
    import numpy as np

    was_training, loss, hits, rows = model.training, np.float64(0), np.float64(0), 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                loss += np.float64(loss_fn(output, y).item()) * len(y)
                hits += (output.argmax(1) == y).sum().item()
                rows += len(y)
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@right("a-dictionary-with-a-default-and-an-order")
def evaluate(model, loss_fn, batches):
    from collections import OrderedDict, defaultdict

    totals, was_training = defaultdict(float), model.training
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                totals["rows"] += len(y)
                totals["loss"] += loss_fn(output, y).item() * len(y)
                totals["accuracy"] += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    rows = totals.pop("rows", 0)
    if not rows:
        raise ValueError("no hay lotes")
    return OrderedDict((name, total / rows) for name, total in totals.items())


@wrong(
    "mean-of-batch-means",
    "promedias las medias de los lotes: las filas de los lotes pequeños cuentan más",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    losses, accuracies = [], []
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                losses.append(loss_fn(output, y).item())
                accuracies.append((output.argmax(1) == y).float().mean().item())
    finally:
        model.train(was_training)
    if not losses:
        raise ValueError("no hay lotes")
    return {"loss": sum(losses) / len(losses), "accuracy": sum(accuracies) / len(accuracies)}


@wrong(
    "accuracy-by-batch",
    "ponderas la pérdida, pero promedias la exactitud por lotes",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, accuracies = 0, 0.0, []
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                accuracies.append((output.argmax(1) == y).float().mean().item())
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": sum(accuracies) / len(accuracies)}


@wrong(
    "loss-by-batch",
    "ponderas la exactitud, pero promedias la pérdida por lotes",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, hits, losses = 0, 0, []
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                losses.append(loss_fn(output, y).item())
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": sum(losses) / len(losses), "accuracy": hits / rows}


@wrong(
    "loss-not-weighted",
    "sumas las medias de los lotes y divides entre el número de filas",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item()
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("loss-summed", "devuelves la suma de las pérdidas, sin dividir", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss, "accuracy": hits / rows}


@wrong(
    "size-of-first-batch",
    "supones que todos los lotes tienen el tamaño del primero",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    size, count, loss, hits = 0, 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                size = size or len(y)
                count += 1
                loss += loss_fn(output, y).item() * size
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not count:
        raise ValueError("no hay lotes")
    return {"loss": loss / (count * size), "accuracy": hits / (count * size)}


@wrong("last-batch-only", "devuelves lo medido en el último lote", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    result = None
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                accuracy = (output.argmax(1) == y).double().mean().item()
                result = {"loss": loss_fn(output, y).item(), "accuracy": accuracy}
    finally:
        model.train(was_training)
    if result is None:
        raise ValueError("no hay lotes")
    return result


@wrong("returns-in-loop", "devuelves dentro del bucle: solo mides el primer lote", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                accuracy = (output.argmax(1) == y).double().mean().item()
                return {"loss": loss_fn(output, y).item(), "accuracy": accuracy}
    finally:
        model.train(was_training)
    raise ValueError("no hay lotes")


@wrong(
    "no-eval",
    "falta `model.eval()`: `Dropout` sigue activo y `BatchNorm` usa y mueve estadísticas del lote",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    rows, loss, hits = 0, 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "mode-not-restored", "dejas el modelo en modo de evaluación aunque llegara entrenando", "publico bordes"
)
def evaluate(model, loss_fn, batches):
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    with torch.no_grad():
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "always-train-afterwards",
    "al salir pones siempre modo de entrenamiento, aunque el modelo llegara en evaluación",
    "publico bordes",
)
def evaluate(model, loss_fn, batches):
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train()
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "only-outer-flag-restored",
    "restauras `model.training`, pero las capas de dentro se quedan en modo de evaluación",
    "publico bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.training = was_training
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "mode-not-restored-on-error",
    "si algo falla a medias, el modelo se queda en modo de evaluación: hace falta `finally`",
    "publico bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    with torch.no_grad():
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("swallows-exception", "atrapas la excepción y no la dejas salir", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    with torch.no_grad():
        try:
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
        except Exception:
            pass
    model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("no-no-grad", "construyes el grafo de autograd para nada: falta `torch.no_grad()`", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "detached-output",
    "usas `detach` en la salida: el modelo ya ha construido el grafo al calcularla",
    "publico bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        for x, y in batches:
            output = model(x).detach()
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("grad-left-off", "apagas autograd y no lo vuelves a encender", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    torch.set_grad_enabled(False)
    try:
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("grad-always-on-afterwards", "al salir enciendes autograd aunque llegara apagado", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    torch.set_grad_enabled(False)
    try:
        for x, y in batches:
            output = model(x)
            rows += len(y)
            loss += loss_fn(output, y).item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
        torch.set_grad_enabled(True)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("percentage", "das la exactitud en tanto por ciento, no como fracción", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": 100 * hits / rows}


@wrong("hits-not-divided", "das el número de aciertos, no la fracción", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0.0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits}


@wrong(
    "argmax-over-batch", "buscas la salida más alta a lo largo del lote (`dim=0`)", "publico valores bordes"
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(dim=0) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "thresholded-output",
    "cuentas salidas mayores que 0,5, no la más alta de cada fila",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.softmax(1).gather(1, y[:, None]) > 0.5).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("returns-tensors", "devuelves tensores en lugar de `float`", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y) * len(y)
                hits += (output.argmax(1) == y).sum()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("returns-tuple", "devuelves una tupla en lugar de un diccionario", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return loss / rows, hits / rows


@wrong(
    "iterates-twice",
    "recorres `batches` dos veces, y un generador se agota en la primera",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = sum(len(y) for _, y in batches), 0.0, 0
    if not rows:
        raise ValueError("no hay lotes")
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("len-of-batches", "usas `len(batches)`, y un generador no tiene longitud", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    if len(batches) == 0:
        raise ValueError("no hay lotes")
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("forward-twice", "pasas cada lote dos veces por el modelo", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                rows += len(y)
                loss += loss_fn(model(x), y).item() * len(y)
                hits += (model(x).argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("hard-coded-loss", "usas siempre `F.cross_entropy` en lugar de `loss_fn`", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += F.cross_entropy(output, y, reduction="sum").item()
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "softmax-before-loss",
    "aplicas softmax a la salida antes de `loss_fn`, que espera la salida tal cual",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x).softmax(dim=1)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "nan-without-batches", "sin ningún lote devuelves `nan` en lugar de lanzar `ValueError`", "publico bordes"
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, torch.zeros(()), torch.zeros(())
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y) * len(y)
                hits += (output.argmax(1) == y).sum()
    finally:
        model.train(was_training)
    return {"loss": (loss / rows).item(), "accuracy": (hits / rows).item()}


@wrong(
    "zero-division-without-batches",
    "sin ningún lote divides entre cero: lanza `ValueError`",
    "publico bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("row-loop", "recorres las filas de cada lote con un bucle", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                for i in range(len(y)):
                    if output[i].argmax() == y[i]:
                        hits += 1
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("trains-while-evaluating", "cambias los parámetros del modelo al medir", "publico valores bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        for x, y in batches:
            output = model(x)
            value = loss_fn(output, y)
            value.backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
            rows += len(y)
            loss += value.item() * len(y)
            hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong(
    "normalizes-in-place",
    "cambias `x` en su sitio: los datos de quien te llama cambian",
    "publico valores bordes",
)
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                x -= x.mean()
                output = model(x)
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("casts-to-float32", "conviertes `x` a float32, y un modelo float64 no lo acepta", "publico valores")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    rows, loss, hits = 0, 0.0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x.float())
                rows += len(y)
                loss += loss_fn(output, y).item() * len(y)
                hits += (output.argmax(1) == y).sum().item()
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": loss / rows, "accuracy": hits / rows}


@wrong("clears-gradients", "borras los gradientes del modelo, y medir no debe tocarlo", "publico bordes")
def evaluate(model, loss_fn, batches):
    was_training = model.training
    model.eval()
    model.zero_grad()
    rows = hits = total = 0
    try:
        with torch.no_grad():
            for x, y in batches:
                output = model(x)
                rows += len(y)
                hits += (output.argmax(1) == y).sum().item()
                total += loss_fn(output, y).item() * len(y)
    finally:
        model.train(was_training)
    if not rows:
        raise ValueError("no hay lotes")
    return {"loss": total / rows, "accuracy": hits / rows}
