"""Known answers to `cnn/conv2d-layer`."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("rand-and-functional")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.options = {"stride": stride, "padding": padding}
        k = (in_channels * kernel_size * kernel_size) ** -0.5
        self.weight = nn.Parameter(
            (2 * torch.rand(out_channels, in_channels, kernel_size, kernel_size) - 1) * k
        )
        if bias:
            self.bias = nn.Parameter((2 * torch.rand(out_channels) - 1) * k)
        else:
            self.register_parameter("bias", None)

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, **self.options)


@right("init-uniform-and-keywords")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.weight = nn.Parameter(torch.zeros((out_channels, in_channels, kernel_size, kernel_size)))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x):
        return conv2d(x=x, weight=self.weight, bias=self.bias, stride=self.stride, padding=self.padding)


@right("reset-parameters")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.in_channels, self.out_channels, self.kernel_size = (
            in_channels,
            out_channels,
            (kernel_size, kernel_size),
        )
        self.stride, self.padding = stride, padding
        self.register_parameter("bias", nn.Parameter(torch.zeros(out_channels)) if bias else None)
        self.register_parameter(
            "weight", nn.Parameter(torch.zeros(out_channels, in_channels, *self.kernel_size))
        )
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = nn.init._calculate_fan_in_and_fan_out(self.weight)
            with torch.no_grad():
                self.bias.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@right("distribution-and-bias-apart")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        uniform = torch.distributions.Uniform(-k, k)
        self.weight = nn.Parameter(uniform.sample((out_channels, in_channels, kernel_size, kernel_size)))
        self.bias = nn.Parameter(uniform.sample((out_channels,))) if bias else None

    def forward(self, x):
        y = conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        return y if self.bias is None else y + self.bias.view(-1, 1, 1)


@right("python-random")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        import random

        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        count = out_channels * in_channels * kernel_size**2
        numbers = torch.tensor([random.uniform(-k, k) for _ in range(count)])
        self.weight = nn.Parameter(numbers.reshape(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = (
            nn.Parameter(torch.tensor([random.uniform(-k, k) for _ in range(out_channels)])) if bias else None
        )

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@right("written-anew-with-unfold")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        a, b = self.weight.shape[2:]
        x = F.pad(x, (self.padding, self.padding, self.padding, self.padding))
        windows = x.unfold(2, a, self.stride).unfold(3, b, self.stride)
        y = torch.einsum("nchwab,ocab->nohw", windows, self.weight)
        return y if self.bias is None else y + self.bias[:, None, None]


@right("keeps-buffers")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.register_buffer("bound", torch.tensor((in_channels * kernel_size**2) ** -0.5))
        self.stride, self.padding, self.has_bias = (stride, stride), (padding, padding), bias
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.weight = nn.Parameter((torch.rand(shape) * 2 - 1) * self.bound)
        self.bias = nn.Parameter((torch.rand(out_channels) * 2 - 1) * self.bound) if bias else None

    def forward(self, x):
        bias = self.bias if self.has_bias else None
        return torch.nn.functional.conv2d(x, self.weight, bias=bias, stride=self.stride, padding=self.padding)


@right("filters-drawn-one-by-one")
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding, k = stride, padding, 1 / math.sqrt(in_channels * kernel_size**2)
        size = in_channels, kernel_size, kernel_size
        self.weight = nn.Parameter(
            torch.stack([torch.empty(size).uniform_(-k, k) for _ in range(out_channels)])
        )
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        with torch.no_grad():
            for i in range(out_channels if bias else 0):
                self.bias[i] = 2 * k * torch.rand(()) - k

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "plain-tensor",
    "tus pesos son tensores corrientes: el optimizador no los ve",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        self.bias = torch.empty(out_channels).uniform_(-k, k) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "requires-grad-tensor",
    "tus pesos llevan `requires_grad`, pero no son `nn.Parameter`: `parameters()` no los encuentra",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = (
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k).requires_grad_()
        )
        self.bias = torch.empty(out_channels).uniform_(-k, k).requires_grad_() if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "bias-not-a-parameter",
    "tu sesgo es un `buffer`, no un parámetro: se guarda con la capa, pero no se aprende",
    "publico valores gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.register_buffer("bias", torch.empty(out_channels).uniform_(-k, k) if bias else None)

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "swapped-channels",
    "guardas `weight` como [in_channels, out_channels, k, k], al revés de lo pedido",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(in_channels, out_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight.transpose(0, 1), self.bias, self.stride, self.padding)


@wrong(
    "channels-at-the-end",
    "guardas `weight` como [k, k, in_channels, out_channels], al revés de lo pedido",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(kernel_size, kernel_size, in_channels, out_channels).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight.permute(3, 2, 0, 1), self.bias, self.stride, self.padding)


@wrong(
    "one-kernel-for-all-channels",
    "tu filtro tiene un solo núcleo para todos los canales; hace falta uno por canal",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.empty(out_channels, 1, kernel_size, kernel_size).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x.sum(1, keepdim=True), self.weight, self.bias, self.stride, self.padding)


@wrong(
    "flat-weight",
    "guardas cada filtro aplanado: `weight` debe ser [out_channels, in_channels, k, k]",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels * kernel_size**2).uniform_(-k, k))
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        weight = self.weight.reshape(len(self.weight), x.shape[1], -1)
        side = math.isqrt(weight.shape[2])
        return conv2d(x, weight.unflatten(2, (side, side)), self.bias, self.stride, self.padding)


@wrong(
    "fan-in-without-kernel",
    "repartes los valores según `in_channels` solo: cada salida suma in_channels·k·k números",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "fan-in-one-side",
    "cuentas in_channels·k: el núcleo tiene k filas y k columnas, k·k",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "fan-in-without-channels",
    "cuentas solo el núcleo, k·k: falta multiplicar por los canales de entrada",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "fan-out",
    "repartes los valores según `out_channels`, no `in_channels`",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(out_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "no-square-root",
    "repartes los valores entre ±1/(in_channels·k·k): falta la raíz cuadrada",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / (in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "zero-init",
    "todos tus pesos nacen a cero: todos los filtros empiezan iguales",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.zeros(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "zero-bias",
    "tu sesgo nace a cero, y el enunciado lo pide al azar como los pesos",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "ones-init",
    "todos tus pesos nacen con el mismo valor: los filtros aprenderán lo mismo",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size).fill_(k))
        self.bias = nn.Parameter(torch.empty(out_channels).fill_(k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "normal-init",
    "tus pesos nacen con `randn`, sin reducir: se salen del intervalo",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.randn(out_channels)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "scaled-normal-init",
    "sacas los valores de una normal reducida, no de una uniforme",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) * k)
        self.bias = nn.Parameter(torch.randn(out_channels) * k) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "positive-init",
    "tus valores iniciales son todos positivos: falta desplazar `rand`",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.rand(out_channels, in_channels, kernel_size, kernel_size) * k)
        self.bias = nn.Parameter(torch.rand(out_channels) * k) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "kaiming-default",
    "`kaiming_uniform_` sin más reparte los valores en un intervalo mayor que el pedido",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size))
        nn.init.kaiming_uniform_(self.weight)
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "one-filter-repeated",
    "sacas un solo filtro al azar y lo repites: todos los filtros nacen iguales",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(1, in_channels, kernel_size, kernel_size)
            .uniform_(-k, k)
            .repeat(out_channels, 1, 1, 1)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "one-number-a-kernel",
    "repites el mismo número en todo un núcleo",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, 1, 1)
            .uniform_(-k, k)
            .repeat(1, 1, kernel_size, kernel_size)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "seeded-init",
    "fijas la semilla en `__init__`: todas tus capas nacen con los mismos valores",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        torch.manual_seed(0)
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "double-parameters",
    "tus parámetros nacen en float64 y no en float32",
    "publico valores gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size, dtype=torch.float64).uniform_(
                -k, k
            )
        )
        self.bias = (
            nn.Parameter(torch.empty(out_channels, dtype=torch.float64).uniform_(-k, k)) if bias else None
        )

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "stride-ignored",
    "no pasas el paso (`stride`) a la convolución",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, padding=self.padding)


@wrong(
    "padding-ignored",
    "no pasas el relleno (`padding`) a la convolución",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride)


@wrong(
    "stride-and-padding-swapped",
    "cambias el paso por el relleno y el relleno por el paso",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.padding, self.stride)


@wrong(
    "fixed-stride",
    "guardas siempre stride=1: no usas el que recibe `__init__`",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = 1, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "padding-keeps-size",
    "rellenas con k // 2 para conservar el tamaño: el relleno es el que recibe la capa",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, kernel_size // 2
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "bias-forgotten-in-forward",
    "creas el sesgo, pero `forward` no lo suma",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, None, self.stride, self.padding)


@wrong(
    "bias-along-columns",
    "sumas el sesgo a lo largo de las columnas; va por mapas, en el eje 1",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        y = conv2d(x, self.weight, None, self.stride, self.padding)
        return y if self.bias is None else y + self.bias


@wrong(
    "always-bias",
    "creas un sesgo también con `bias=False`",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k))

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "never-bias",
    "no creas el sesgo",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "no-bias-attribute",
    "con `bias=False` tu capa no tiene atributo `bias`, y `forward` lo busca",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k))

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "bias-per-input",
    "tu sesgo tiene un valor por canal de entrada; hace falta uno por filtro",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(in_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        if self.bias is not None:
            x = x + self.bias[:, None, None]
        return conv2d(x, self.weight, None, self.stride, self.padding)


@wrong(
    "stray-parameter",
    "tu capa tiene un parámetro de más",
    "publico valores bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.scale * conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "stride-as-parameter",
    "el paso no se aprende: no es un parámetro",
    "publico valores bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = nn.Parameter(torch.tensor(float(stride))), padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, int(self.stride), self.padding)


@wrong(
    "detached-weight",
    "usas `weight.data`: el gradiente no llega a los pesos",
    "publico gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight.data, self.bias, self.stride, self.padding)


@wrong(
    "detached-input",
    "separas `x` del grafo: el gradiente no llega a la capa anterior",
    "publico gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x.detach(), self.weight, self.bias, self.stride, self.padding)


@wrong(
    "no-grad",
    "trabajas dentro de `torch.no_grad()`: la capa no aprende",
    "publico gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        with torch.no_grad():
            return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "weights-made-in-forward",
    "`forward` saca pesos nuevos en cada llamada: lo aprendido se pierde",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        k = 1 / math.sqrt(self.weight[0].numel())
        self.weight = nn.Parameter(torch.empty_like(self.weight).uniform_(-k, k))
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "weights-kept-apart",
    "`forward` usa una copia de los pesos hecha al nacer, no los parámetros",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None
        self.first = self.weight.detach().clone()

    def forward(self, x):
        return conv2d(x, self.first.to(x.dtype), self.bias, self.stride, self.padding)


@wrong(
    "flipped-kernel",
    "le das la vuelta a los núcleos: se pide la correlación, sin voltear",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight.flip(2, 3), self.bias, self.stride, self.padding)


@wrong(
    "transposed-kernel",
    "traspones los núcleos: cambias sus filas por sus columnas",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight.mT, self.bias, self.stride, self.padding)


@wrong(
    "float32-only",
    "conviertes todo a float32: con datos float64 pierdes precisión",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        bias = None if self.bias is None else self.bias.float()
        return conv2d(x.float(), self.weight.float(), bias, self.stride, self.padding)


@wrong(
    "loop-over-images",
    "recorres las imágenes con un bucle de Python",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        maps = [conv2d(image[None], self.weight, self.bias, self.stride, self.padding) for image in x]
        return torch.cat(maps) if maps else conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "empty-batch",
    "recorres las imágenes: con un lote vacío no queda nada que juntar",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return torch.stack(
            [conv2d(image[None], self.weight, self.bias, self.stride, self.padding)[0] for image in x]
        )


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de `x` no son contiguos en memoria",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        x = x.view(-1).view(x.shape)
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "squeezed",
    "usas `squeeze()`: con una imagen o un filtro quita ejes de más",
    "publico bordes",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding).squeeze()


@wrong(
    "activated",
    "pasas el resultado por `relu`: la capa solo convoluciona",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        k = 1 / math.sqrt(in_channels * kernel_size**2)
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, kernel_size, kernel_size).uniform_(-k, k)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-k, k)) if bias else None

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding).relu()


@wrong(
    "inherits",
    "heredas de `nn.Conv2d`",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Conv2d):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=bias)


@wrong(
    "borrowed-parameters",
    "tomas los parámetros de una `nn.Conv2d` hecha",
    "publico valores bordes gradiente",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        made = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        self.weight, self.bias = made.weight, made.bias

    def forward(self, x):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


@wrong(
    "truncated-normal",
    "sacas los valores iniciales de una normal recortada, no de una uniforme",
    "publico valores",
)
class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding, k = stride, padding, 1 / math.sqrt(in_channels * kernel_size**2)
        size = out_channels, in_channels, kernel_size, kernel_size
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(size), std=k, a=-k, b=k))
        self.bias = (
            nn.Parameter(nn.init.trunc_normal_(torch.empty(out_channels), std=k, a=-k, b=k)) if bias else None
        )

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)
