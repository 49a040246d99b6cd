"""Known answers to `mlp/mlp`."""

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("sequential")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for i, o in zip(sizes, sizes[1:]):
            layers += [nn.Linear(i, o), nn.ReLU()]
        self.net = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.net(x)


@right("add-module-and-clamp")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.depth = len(sizes) - 1
        for k in range(self.depth):
            self.add_module(f"layer{k}", Linear(sizes[k], sizes[k + 1]))

    def forward(self, x):
        for k in range(self.depth):
            x = getattr(self, f"layer{k}")(x)
            if k < self.depth - 1:
                x = x.clamp(min=0)
        return x


@right("setattr-and-where")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.names = [f"layer_{i}" for i in range(len(sizes) - 1)]
        for name, i, o in zip(self.names, sizes[:-1], sizes[1:], strict=True):
            setattr(self, name, nn.Linear(i, o))

    def forward(self, x):
        x = getattr(self, self.names[0])(x)
        for name in self.names[1:]:
            x = getattr(self, name)(torch.where(x > 0, x, torch.zeros_like(x)))
        return x


@right("a-sequential-itself")
class MLP(nn.Sequential):
    def __init__(self, sizes):
        super().__init__()
        for k in range(1, len(sizes)):
            self.append(nn.Linear(sizes[k - 1], sizes[k]))
            if k < len(sizes) - 1:
                self.append(nn.ReLU(inplace=True))


@right("output-layer-first-and-maximum")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.output = nn.Linear(sizes[-2], sizes[-1])
        self.hidden = nn.ModuleList(
            [nn.Linear(sizes[k], sizes[k + 1]) for k in reversed(range(len(sizes) - 2))]
        )

    def forward(self, x):
        for layer in reversed(self.hidden):
            h = layer(x)
            x = torch.maximum(h, h.new_zeros(()))
        return self.output(x)


@right("raw-parameters")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.weights = nn.ParameterList([torch.randn(o, i) * (2 / i) ** 0.5 for i, o in pairs])
        self.biases = nn.ParameterList([torch.zeros(o) for _, o in pairs])

    def forward(self, x):
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if k > 0:
                x = x * (x > 0)
            x = x @ weight.T + bias
        return x


@right("recursive")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.first = nn.Linear(sizes[0], sizes[1])
        self.rest = MLP(sizes[1:]) if len(sizes) > 2 else None

    def forward(self, x):
        y = self.first(x)
        return y if self.rest is None else self.rest(y.relu())


@right("python-list-of-registered-layers")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = []
        for k in range(len(sizes) - 1):
            layer = nn.Linear(sizes[k], sizes[k + 1])
            self.register_module(str(k), layer)
            self.layers.append(layer)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = layer(x).clamp_min_(0)
        return self.layers[-1](x)


@right("weights-drawn-row-by-row")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for i, o in zip(sizes[:-1], sizes[1:]):
            self.weights.append(nn.Parameter(torch.stack([torch.randn(i) for _ in range(o)])))
            self.biases.append(nn.Parameter(torch.cat([torch.zeros(1) for _ in range(o)])))

    def forward(self, x):
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = F.linear(F.relu(x) if k else x, weight, bias)
        return x


@wrong(
    "python-list",
    "guardas las capas en una lista de Python: PyTorch no encuentra sus parámetros",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "layers-made-in-forward",
    "creas las capas dentro de `forward`: en cada llamada nacen otras y nada se aprende",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        for k in range(len(self.sizes) - 1):
            x = nn.Linear(self.sizes[k], self.sizes[k + 1], dtype=x.dtype)(x)
            if k < len(self.sizes) - 2:
                x = F.relu(x)
        return x


@wrong(
    "layers-of-the-class",
    "guardas las capas en la clase y no en `self`: todas tus redes comparten una misma lista",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    layers = nn.ModuleList()

    def __init__(self, sizes):
        super().__init__()
        for i, o in zip(sizes[:-1], sizes[1:]):
            self.layers.append(nn.Linear(i, o))
        self._modules["layers"] = self.layers

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "no-relu",
    "tu resultado coincide con el de una red sin ReLU: todas sus capas se reducen a una",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        return self.layers(x)


@wrong(
    "relu-on-output",
    "tu resultado coincide con poner una ReLU también a la salida",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return x


@wrong(
    "relu-on-input",
    "tu resultado coincide con poner una ReLU también a la entrada",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers:
            x = layer(F.relu(x))
        return x


@wrong(
    "softmax-on-output",
    "tu resultado coincide con aplicar softmax a la salida: se piden los logits",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return F.softmax(self.layers[-1](x), dim=1)


@wrong(
    "log-softmax-on-output",
    "tu resultado coincide con aplicar log_softmax a la salida: se piden los logits",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return F.log_softmax(self.layers[-1](x), dim=1)


@wrong(
    "sigmoid",
    "tu resultado coincide con usar una sigmoide en lugar de ReLU",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.sigmoid(layer(x))
        return self.layers[-1](x)


@wrong(
    "leaky-relu",
    "tu resultado coincide con usar LeakyReLU, que deja pasar algo de lo negativo",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "relu-once",
    "tu resultado coincide con poner ReLU solo tras la primera capa",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        x = self.layers[0](x)
        if len(self.layers) > 1:
            x = F.relu(x)
        for layer in self.layers[1:]:
            x = layer(x)
        return x


@wrong(
    "only-one-hidden-layer",
    "solo usas el primer tamaño, el segundo y el último: tu red siempre tiene una capa oculta",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.hidden = nn.Linear(sizes[0], sizes[1])
        self.output = nn.Linear(sizes[1], sizes[-1])

    def forward(self, x):
        return self.output(F.relu(self.hidden(x)))


@wrong(
    "reused-layer",
    "usas la misma capa varias veces: tus capas ocultas comparten parámetros",
    "publico bordes",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        made = {}
        for pair in zip(sizes[:-1], sizes[1:]):
            made.setdefault(pair, nn.Linear(*pair))
        self.layers = nn.ModuleList([made[pair] for pair in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "extra-layer-unused",
    "creas una capa que `forward` no usa: tiene parámetros que nunca aprenderán",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        sizes = [*sizes, sizes[-1]]
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-2]:
            x = F.relu(layer(x))
        return self.layers[-2](x)


@wrong(
    "sizes-swapped",
    "creas cada capa con la salida y la entrada cambiadas de sitio",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(o, i) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong("no-bias", "tus capas no tienen sesgo", "publico valores bordes gradiente")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o, bias=False) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "flattened-batch",
    "aplanas el lote: todas las filas se mezclan en una sola",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        x = x.flatten()
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "batch-of-one-squeezed",
    "usas `squeeze()`: con una sola fila o un solo valor pierdes un eje",
    "publico bordes",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x).squeeze()


@wrong(
    "dropout",
    "añades Dropout: en modo entrenamiento tu red da cada vez un resultado distinto",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for i, o in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(i, o), nn.ReLU(), nn.Dropout(0.5)]
        self.net = nn.Sequential(*layers[:-2])

    def forward(self, x):
        return self.net(x)


@wrong(
    "batch-norm",
    "añades capas de más: BatchNorm tiene sus propios parámetros",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for i, o in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU()]
        self.net = nn.Sequential(*layers[:-2])

    def forward(self, x):
        return self.net(x)


@wrong(
    "empties-sizes",
    "vacías la lista `sizes` que te dan: quien la escribió la encuentra cambiada",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList()
        n_in = sizes.pop(0)
        while sizes:
            n_out = sizes.pop(0)
            self.layers.append(nn.Linear(n_in, n_out))
            n_in = n_out

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "changes-the-input",
    "cambias `x` en su sitio: quien te lo dio lo encuentra con otros valores",
    "publico valores bordes gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for k, layer in enumerate(self.layers):
            x = layer(x if k else x.sub_(x.mean()))
            if k < len(self.layers) - 1:
                x = F.relu(x)
        return x


@wrong(
    "float32-only",
    "conviertes los datos a float32: con float64 pierdes precisión",
    "publico valores",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        x = x.to(torch.float32)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong(
    "detached-between-layers",
    "cortas el grafo entre capas: el gradiente solo llega a la última",
    "publico gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x)).detach()
        return self.layers[-1](x)


@wrong(
    "no-grad",
    "calculas con `no_grad`: el resultado queda fuera del grafo y nada puede aprender",
    "publico gradiente",
)
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    @torch.no_grad()
    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


@wrong("loop-over-rows", "recorres las filas con un bucle de Python", "publico bordes")
class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])

    def forward(self, x):
        rows = []
        for row in x:
            for layer in self.layers[:-1]:
                row = F.relu(layer(row))
            rows.append(self.layers[-1](row))
        return torch.stack(rows)
