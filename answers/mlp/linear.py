"""Known answers to `mlp/linear`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("rand-and-einsum")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        self.weight = nn.Parameter((2 * torch.rand(out_features, in_features) - 1) * k)
        if bias:
            self.bias = nn.Parameter((2 * torch.rand(out_features) - 1) * k)
        else:
            self.register_parameter("bias", None)

    def forward(self, x):
        y = torch.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            y = y + self.bias
        return y


@right("multiply-and-sum")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.bias = nn.Parameter(torch.empty(out_features)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(in_features), 1 / math.sqrt(in_features))

    def forward(self, x):
        y = (x.unsqueeze(-2) * self.weight).sum(-1)
        return y + self.bias if self.bias is not None else y


@right("reset-parameters-and-tensordot")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.register_parameter("bias", nn.Parameter(torch.zeros(out_features)) if bias else None)
        self.register_parameter("weight", nn.Parameter(torch.zeros(out_features, in_features)))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            with torch.no_grad():
                self.bias.uniform_(-bound, bound)

    def forward(self, x):
        y = torch.tensordot(x, self.weight, dims=([-1], [1]))
        if self.bias is not None:
            y += self.bias
        return y


@right("flatten-and-addmm")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        uniform = torch.distributions.Uniform(-(in_features**-0.5), in_features**-0.5)
        self.weight = nn.Parameter(uniform.sample((out_features, in_features)))
        self.bias = nn.Parameter(uniform.sample((out_features,))) if bias else None

    def forward(self, x):
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        if self.bias is None:
            y = torch.mm(rows, self.weight.t())
        else:
            y = torch.addmm(self.bias, rows, self.weight.t())
        return y.reshape(*x.shape[:-1], len(self.weight))


@right("python-random-and-matmul-on-the-left")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        import random

        k = 1 / math.sqrt(in_features)
        rows = [[random.uniform(-k, k) for _ in range(in_features)] for _ in range(out_features)]
        self.weight = nn.Parameter(torch.tensor(rows))
        self.bias = None
        if bias:
            self.bias = nn.Parameter(torch.tensor([random.uniform(-k, k) for _ in range(out_features)]))

    def forward(self, x):
        y = torch.matmul(self.weight, x.unsqueeze(-1)).squeeze(-1)
        return y if self.bias is None else torch.add(y, self.bias)


@right("weights-drawn-row-by-row")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        rows = [torch.empty(in_features).uniform_(-k, k) for _ in range(out_features)]
        self.weight = nn.Parameter(torch.stack(rows))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@right("rows-filled-in-place")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None
        self.fill(in_features**-0.5)

    @torch.no_grad()
    def fill(self, k):
        for row in self.weight:
            row.uniform_(-k, k)
        for i in range(0 if self.bias is None else len(self.bias)):
            self.bias[i] = torch.rand(()) * 2 * k - k

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "plain-tensor",
    "tus pesos son tensores corrientes: el optimizador no los ve",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = torch.empty(out_features, in_features).uniform_(-k, k)
        self.bias = torch.empty(out_features).uniform_(-k, k) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "requires-grad-tensor",
    "tus pesos llevan `requires_grad`, pero no son `nn.Parameter`: `parameters()` no los encuentra",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = torch.empty(out_features, in_features).uniform_(-k, k).requires_grad_()
        self.bias = torch.empty(out_features).uniform_(-k, k).requires_grad_() if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "bias-not-a-parameter",
    "tu sesgo es un `buffer`, no un parámetro: se guarda con la capa, pero no se aprende",
    "publico valores gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.register_buffer("bias", torch.empty(out_features).uniform_(-k, k) if bias else None)

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("detached-weight", "usas `weight.data`: el gradiente no llega a los pesos", "publico gradiente")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.data.T
        return y if self.bias is None else y + self.bias


@wrong(
    "detached-input", "separas `x` del grafo: el gradiente no llega a la capa anterior", "publico gradiente"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x.detach() @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("zero-init", "todos tus pesos nacen a cero: todas las salidas empiezan iguales", "publico valores")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("zero-bias", "tu sesgo nace a cero, y el enunciado lo pide al azar como los pesos", "publico valores")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "constant-init",
    "todos tus pesos nacen con el mismo valor: las salidas aprenderán lo mismo",
    "publico valores",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.full((out_features, in_features), k))
        self.bias = nn.Parameter(torch.full((out_features,), k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "normal-init", "tus pesos nacen con `randn`, sin reducir: se salen de ±1/√in_features", "publico valores"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.randn(out_features)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "positive-init", "tus valores iniciales son todos positivos: falta desplazar `rand`", "publico valores"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.rand(out_features, in_features) * k)
        self.bias = nn.Parameter(torch.rand(out_features) * k) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("fan-out", "repartes los valores iniciales según `out_features`, no `in_features`", "publico valores")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(out_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "no-square-root", "repartes los valores entre ±1/in_features: falta la raíz cuadrada", "publico valores"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / in_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "seeded-init",
    "fijas la semilla en `__init__`: todas tus capas nacen con los mismos valores",
    "publico valores",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        torch.manual_seed(0)
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("double-parameters", "tus parámetros nacen en float64 y no en float32", "publico valores gradiente")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(
            torch.empty(out_features, in_features, dtype=torch.float64).uniform_(-k, k)
        )
        self.bias = (
            nn.Parameter(torch.empty(out_features, dtype=torch.float64).uniform_(-k, k)) if bias else None
        )

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "transposed-weight",
    "guardas `weight` como [in_features, out_features], al revés de lo pedido",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(in_features, out_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


@wrong(
    "only-two-axes",
    "usas `torch.mm`: solo sirve cuando `x` tiene dos ejes",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = torch.mm(x, self.weight.t())
        return y if self.bias is None else y + self.bias


@wrong(
    "bias-forgotten-in-forward",
    "creas el sesgo, pero `forward` no lo suma",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return x @ self.weight.T


@wrong("always-bias", "creas un sesgo también con `bias=False`", "publico bordes")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k))

    def forward(self, x):
        return x @ self.weight.T + self.bias


@wrong(
    "no-bias-attribute",
    "con `bias=False` tu capa no tiene atributo `bias`, y `forward` lo busca",
    "publico bordes",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k))

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "bias-per-input",
    "tu sesgo tiene un valor por entrada; hace falta uno por salida",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(in_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        if self.bias is not None:
            x = x + self.bias
        return x @ self.weight.T


@wrong("stray-parameter", "tu capa tiene un parámetro de más", "publico valores bordes")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        y = self.scale * (x @ self.weight.T)
        return y if self.bias is None else y + self.bias


@wrong(
    "reshapes-the-input",
    "cambias `x` en su sitio con `unsqueeze_`: quien te lo dio lo encuentra con otra forma",
    "publico valores bordes gradiente",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        alone = x.ndim == 1
        if alone:
            x.unsqueeze_(0)
        y = x @ self.weight.T
        if self.bias is not None:
            y = y + self.bias
        return y[0] if alone else y


@wrong(
    "float32-only", "conviertes todo a float32: con datos float64 pierdes precisión", "publico valores bordes"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x.float() @ self.weight.float().T
        return y if self.bias is None else y + self.bias.float()


@wrong("loop-over-rows", "recorres las filas con un bucle de Python", "publico bordes")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x.new_zeros(*x.shape[:-1], len(self.weight)).reshape(-1, len(self.weight))
        for number, row in enumerate(x.reshape(-1, x.shape[-1])):
            y[number] = self.weight @ row
        y = y.reshape(*x.shape[:-1], len(self.weight))
        return y if self.bias is None else y + self.bias


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        rows = x.view(math.prod(x.shape[:-1]), x.shape[-1])
        y = torch.mm(rows, self.weight.t()).view(*x.shape[:-1], len(self.weight))
        return y if self.bias is None else y + self.bias


@wrong("built-in", "llamas a `F.linear`", "publico valores bordes gradiente")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


@wrong(
    "borrowed-parameters", "tomas los parámetros de una `nn.Linear` hecha", "publico valores bordes gradiente"
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        made = nn.Linear(in_features, out_features, bias=bias)
        self.weight, self.bias = made.weight, made.bias

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@right("keeps-a-buffer")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.register_buffer("bound", torch.tensor(in_features**-0.5))
        self.weight = nn.Parameter((2 * torch.rand(out_features, in_features) - 1) * self.bound)
        self.bias = nn.Parameter((2 * torch.rand(out_features) - 1) * self.bound) if bias else None

    def forward(self, x):
        return x @ self.weight.T + (0 if self.bias is None else self.bias)


@wrong("one-number-a-row", "repites el mismo número en toda una fila de pesos", "publico valores")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        self.weight = nn.Parameter(torch.empty(out_features, 1).uniform_(-k, k).repeat(1, in_features))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong("clamped-normal", "sacas los pesos de una normal recortada, no de una uniforme", "publico valores")
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        self.weight = nn.Parameter((torch.randn(out_features, in_features) * k * 0.65).clamp(-k, k))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "truncated-normal",
    "sacas los valores iniciales de una normal recortada, no de una uniforme",
    "publico valores",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        self.weight = nn.Parameter(
            nn.init.trunc_normal_(torch.empty(out_features, in_features), std=k, a=-k, b=k)
        )
        self.bias = (
            nn.Parameter(nn.init.trunc_normal_(torch.empty(out_features), std=k, a=-k, b=k)) if bias else None
        )

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "truncated-normal-of-deviation-1",
    "sacas los valores iniciales de una normal recortada",
    "publico valores",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(out_features, in_features), a=-k, b=k))
        self.bias = (
            nn.Parameter(nn.init.trunc_normal_(torch.empty(out_features), a=-k, b=k)) if bias else None
        )

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


@wrong(
    "triangle-init",
    "sumas dos números uniformes: los valores iniciales se juntan en el centro",
    "publico valores",
)
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        k = in_features**-0.5

        def draw(*size):
            return ((torch.rand(size) + torch.rand(size) - 1) * 2 * k).clamp(-k, k)

        self.weight = nn.Parameter(draw(out_features, in_features))
        self.bias = nn.Parameter(draw(out_features)) if bias else None

    def forward(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias
