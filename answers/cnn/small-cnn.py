"""Known answers to `cnn/small-cnn`."""

import torch
import torch.nn.functional as F
from torch import nn

from torchaula.course.answers import right, wrong


@right("sequential")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        c0, c1, c2 = channels
        h, w = image_size
        self.net = nn.Sequential(
            nn.Conv2d(c0, c1, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(c1, c2, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(c2 * (h // 2 // 2) * (w // 2 // 2), num_classes),
        )

    def forward(self, x):
        return self.net(x)


@right("module-list")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        pairs = zip(channels[:-1], channels[1:])
        self.convs = nn.ModuleList([Conv2d(i, o, kernel_size=3, stride=1, padding=1) for i, o in pairs])
        rows, columns = (side // 4 for side in image_size)
        self.head = nn.Linear(channels[-1] * rows * columns, num_classes)

    def forward(self, x):
        for conv in self.convs:
            x = max_pool2d(conv(x).relu(), kernel_size=2, stride=2)
        return self.head(torch.flatten(x, 1))


@right("pool-before-relu")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.pool = nn.MaxPool2d(2, 2)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = Conv2d(channels[0], channels[1], 3, 1, 1)
        self.conv2 = Conv2d(channels[1], channels[2], 3, 1, 1)
        self.fc = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = self.relu(self.pool(self.conv1(x)))
        x = self.relu(self.pool(self.conv2(x)))
        return self.fc(x.reshape(x.shape[0], self.fc.in_features))


@right("raw-parameters")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        c0, c1, c2 = channels
        features = c2 * (image_size[0] // 4) * (image_size[1] // 4)
        self.w1 = nn.Parameter(torch.randn(c1, c0, 3, 3) / 3)
        self.b1 = nn.Parameter(torch.zeros(c1))
        self.w2 = nn.Parameter(torch.randn(c2, c1, 3, 3) / 3)
        self.b2 = nn.Parameter(torch.zeros(c2))
        self.w3 = nn.Parameter(torch.zeros(num_classes, features))
        self.b3 = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w1, self.b1, padding=1)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w2, self.b2, padding=1)), 2)
        return x.flatten(1) @ self.w3.T + self.b3


@right("measured-with-a-dummy-image")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            Conv2d(channels[0], channels[1], 3, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            Conv2d(channels[1], channels[2], 3, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            nn.Flatten(start_dim=1),
        )
        with torch.no_grad():
            size = self.features(torch.zeros(1, channels[0], *image_size)).shape[1]
        self.classifier = nn.Linear(size, num_classes)

    def forward(self, x):
        return self.classifier(self.features(x))


@right("a-sequential-itself")
class SmallCNN(nn.Sequential):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        for k in range(2):
            self.append(Conv2d(channels[k], channels[k + 1], 3, padding=1))
            self.append(nn.MaxPool2d(2))
            self.append(nn.ReLU())
        self.append(nn.Flatten())
        self.append(nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes))


@right("blocks-and-linear-first")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()

        class Block(nn.Module):
            def __init__(self, i, o):
                super().__init__()
                self.conv = Conv2d(i, o, (3, 3), padding=(1, 1))

            def forward(self, x):
                return max_pool2d(self.conv(x).clamp(min=0), 2)

        height, width = image_size
        for _ in range(2):
            height, width = height // 2, width // 2
        self.out = nn.Linear(channels[2] * height * width, num_classes)
        self.blocks = nn.Sequential(Block(channels[0], channels[1]), Block(channels[1], channels[2]))

    def forward(self, x):
        return self.out(self.blocks(x).flatten(start_dim=-3))


@right("by-hand")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        shapes = [(channels[k + 1], channels[k], 3, 3) for k in range(2)]
        shapes.append((num_classes, channels[2] * (image_size[0] // 4) * (image_size[1] // 4)))
        self.weights = nn.ParameterList([torch.empty(s).uniform_(-0.1, 0.1) for s in shapes])
        self.biases = nn.ParameterList([torch.zeros(s[0]) for s in shapes])

    def forward(self, x):
        for weight, bias in zip(self.weights[:2], self.biases[:2]):
            windows = F.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)
            x = torch.einsum("nchwij,ocij->nohw", windows, weight) + bias[:, None, None]
            x = torch.maximum(x, x.new_zeros(())).unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5))
        return torch.einsum("nf,kf->nk", x.flatten(1), self.weights[2]) + self.biases[2]


@right("two-branches-of-the-module-tree")
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.image_size = image_size
        self.stages = nn.ModuleDict()
        for k in (1, 2):
            self.stages[f"conv{k}"] = nn.Conv2d(channels[k - 1], channels[k], 3, padding=1)
        sides = [side >> 2 for side in image_size]
        self.last = nn.Conv2d(1, 1, 1)
        self.last = nn.Linear(channels[2] * sides[0] * sides[1], num_classes)

    def forward(self, x):
        for stage in self.stages.values():
            y = stage(x)
            x = F.max_pool2d(torch.where(y > 0, y, torch.zeros_like(y)), 2)
        return self.last(x.contiguous().view(x.size(0), x.size(1) * x.size(2) * x.size(3)))


@wrong(
    "python-list",
    "guardas las capas en una lista de Python: PyTorch no encuentra sus parámetros",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.convs = [nn.Conv2d(i, o, 3, padding=1) for i, o in zip(channels[:2], channels[1:])]
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        for conv in self.convs:
            x = F.max_pool2d(torch.relu(conv(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "one-convolution-twice",
    "usas dos veces la misma convolución: hacen falta dos, cada una con sus pesos",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "shared-when-equal",
    "con canales iguales usas dos veces la misma convolución: hacen falta dos",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        if channels[0] == channels[1] == channels[2]:
            self.conv2 = self.conv1

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-first-relu",
    "falta la ReLU tras la primera convolución",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-second-relu",
    "falta la ReLU tras la segunda convolución",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-relu",
    "no hay ninguna ReLU: dos convoluciones seguidas saben poco más que una",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        return self.linear(x.flatten(1))


@wrong(
    "relu-on-logits",
    "pones una ReLU después de la capa lineal: los logits pueden ser negativos",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return torch.relu(self.linear(x.flatten(1)))


@wrong(
    "softmax-on-logits",
    "pones softmax después de la capa lineal: se piden los logits",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return F.softmax(self.linear(x.flatten(1)), dim=1)


@wrong(
    "log-softmax-on-logits",
    "pones log_softmax después de la capa lineal: se piden los logits",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return F.log_softmax(self.linear(x.flatten(1)), dim=1)


@wrong(
    "softmax-in-eval",
    "en modo de evaluación das probabilidades: se piden siempre los logits",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = self.linear(x.flatten(1))
        return x if self.training else F.softmax(x, dim=1)


@wrong(
    "relu-on-the-image",
    "pones una ReLU antes de la primera convolución: borra lo negativo de la imagen",
    "valores bordes gradiente publico",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = torch.relu(x)
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "relu-in-place-on-the-image",
    "cambias `x` en su sitio con `relu_`",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = x.relu_()
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "sigmoid",
    "usas una sigmoide en lugar de ReLU",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = F.max_pool2d(torch.sigmoid(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "leaky-relu",
    "usas `leaky_relu`, que deja pasar parte de lo negativo; se pide ReLU",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.leaky_relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-padding",
    "tus convoluciones no rellenan: cada una quita dos filas y dos columnas, y la lineal no encaja",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-padding-and-measured",
    "tus convoluciones no rellenan, y a la capa lineal le llegan menos números",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3)
        rows, columns = (((side - 2) // 2 - 2) // 2 for side in image_size)
        self.linear = nn.Linear(channels[2] * rows * columns, num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "replicate-padding",
    "rellenas repitiendo el borde; el relleno de la convolución es de ceros",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1, padding_mode="replicate")
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1, padding_mode="replicate")
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "kernel-five",
    "tus filtros son de 5 × 5; se piden de 3 × 3",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 5, padding=2)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 5, padding=2)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-bias-in-convolutions",
    "tus convoluciones no tienen sesgo",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1, bias=False)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-bias-in-linear",
    "tu capa lineal no tiene sesgo",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(
            channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes, bias=False
        )

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "pooled-once",
    "falta la segunda agrupación",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.relu(self.conv2(x))
        return self.linear(x.flatten(1))


@wrong(
    "pooled-once-by-four",
    "agrupas una sola vez, al final, de 4 en 4: la segunda convolución ve otra imagen",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = F.max_pool2d(torch.relu(self.conv2(x)), 4)
        return self.linear(x.flatten(1))


@wrong(
    "pooled-before-convolution",
    "agrupas antes de cada convolución y no después",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = torch.relu(self.conv1(F.max_pool2d(x, 2)))
        x = torch.relu(self.conv2(F.max_pool2d(x, 2)))
        return self.linear(x.flatten(1))


@wrong(
    "pool-stride-one",
    "tu agrupación avanza de uno en uno: debe avanzar de dos en dos",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2, 1)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2, 1)
        return self.linear(x.flatten(1))


@wrong(
    "average-pool",
    "agrupas con la media y no con el máximo",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.avg_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "strided-convolutions",
    "reduces la imagen con `stride=2` en la convolución, sin max-pool",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.size = (image_size[0] // 4, image_size[1] // 4)

    def forward(self, x):
        x = torch.relu(F.conv2d(x, self.conv1.weight, self.conv1.bias, stride=2, padding=1))
        x = torch.relu(F.conv2d(x, self.conv2.weight, self.conv2.bias, stride=2, padding=1))
        x = x[:, :, : x.shape[2] // 1, : x.shape[3] // 1]
        return self.linear(F.adaptive_avg_pool2d(x, self.size).flatten(1))


@wrong(
    "ceil-pool",
    "tu agrupación redondea hacia arriba; se deja fuera lo que no llena una ventana",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * -(-image_size[0] // 4) * -(-image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2, ceil_mode=True)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2, ceil_mode=True)
        return self.linear(x.flatten(1))


@wrong(
    "flattens-the-batch",
    "aplanas también el lote: todas las imágenes quedan en una fila",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten())


@wrong(
    "flattens-rows-only",
    "aplanas desde el eje 2: los canales quedan sin aplanar",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(2))


@wrong(
    "channels-last-flatten",
    "aplanas con los canales al final: el orden es canal, fila, columna",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.permute(0, 2, 3, 1).flatten(1))


@wrong(
    "columns-first-flatten",
    "aplanas cada canal columna a columna; el orden es fila a fila",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.mT.flatten(1))


@wrong(
    "view-minus-one",
    "usas `view(n, -1)`, que falla cuando no hay imágenes",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.view(x.shape[0], -1))


@wrong(
    "reshape-minus-one",
    "usas `reshape(n, -1)`, que falla cuando no hay imágenes: no puede adivinar el tamaño",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.reshape(x.shape[0], -1))


@wrong(
    "view-needs-contiguous",
    "usas `view`, que falla si la memoria no es contigua",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.view(x.shape[0], self.linear.in_features))


@wrong(
    "squeezed",
    "con una sola imagen pierdes el eje del lote (`squeeze`)",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1).squeeze(0))


@wrong(
    "fixed-batch",
    "el tamaño del lote está escrito en el código",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.reshape(32, self.linear.in_features))


@wrong(
    "fixed-image",
    "la capa lineal solo sirve para imágenes de 8 × 8",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * 2 * 2, num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "fixed-classes",
    "das siempre 10 clases; el número es `num_classes`",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), 10)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "fixed-channels",
    "los números de canales están escritos en el código; son los de `channels`",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.linear = nn.Linear(16 * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "one-channel-images",
    "solo aceptas imágenes de un canal; son `channels[0]`",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "square-images",
    "usas el alto también como ancho: solo sirve con imágenes cuadradas",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[0] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "divided-by-sixteen",
    "divides h · w entre 16: cada lado se divide, y se redondea, por su cuenta",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] * image_size[1] // 16), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "divided-once",
    "divides cada lado entre 2, pero se agrupa dos veces",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 2) * (image_size[1] // 2), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "not-divided",
    "la capa lineal espera la imagen entera: olvidas que cada agrupación la reduce",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0]) * (image_size[1]), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "float-division",
    "divides con `/`: el número de entradas de la capa lineal debe ser entero",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] / 4) * (image_size[1] / 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "global-average",
    "promedias cada canal entero antes de la lineal: pierdes dónde está cada cosa",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2], num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.mean((2, 3)))


@wrong(
    "no-linear",
    "falta la capa lineal: devuelves lo que queda al aplanar",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return x.flatten(1)


@wrong(
    "two-linear-layers",
    "pones dos capas lineales al final; se pide una",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Sequential(
            nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), 64),
            nn.ReLU(),
            nn.Linear(64, num_classes),
        )

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "three-convolutions",
    "pones una convolución de más",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.conv3 = nn.Conv2d(channels[2], channels[2], 3, padding=1)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(self.conv3(x).flatten(1))


@wrong(
    "layers-made-in-forward",
    "creas las capas dentro de `forward`: en cada llamada nacen otras y nada se aprende",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.channels, self.image_size, self.num_classes = channels, image_size, num_classes

    def forward(self, x):
        c0, c1, c2 = self.channels
        h, w = self.image_size
        x = F.max_pool2d(torch.relu(nn.Conv2d(c0, c1, 3, padding=1, dtype=x.dtype)(x)), 2)
        x = F.max_pool2d(torch.relu(nn.Conv2d(c1, c2, 3, padding=1, dtype=x.dtype)(x)), 2)
        return nn.Linear(c2 * (h // 4) * (w // 4), self.num_classes, dtype=x.dtype)(x.flatten(1))


@wrong(
    "lazy-layers",
    "usas capas que nacen sin parámetros (`Lazy…`): los seis deben existir desde que se crea la red",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.LazyLinear(num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "unused-layer",
    "hay una capa que `forward` no usa: sus parámetros no aprenden nunca",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.extra = nn.Linear(num_classes, num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "second-convolution-unused",
    "`forward` no usa la segunda convolución: sus parámetros no aprenden nunca",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(x, 2)
        x = x.repeat(1, self.conv2.out_channels, 1, 1)[:, : self.conv2.out_channels]
        return self.linear(x.flatten(1))


@wrong(
    "detached-features",
    "cortas el grafo (`detach`) antes de la capa lineal: las convoluciones no aprenden",
    "publico gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.detach().flatten(1))


@wrong(
    "detached-first-stage",
    "cortas el grafo tras la primera etapa: la primera convolución no aprende",
    "publico gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x.detach())), 2)
        return self.linear(x.flatten(1))


@wrong(
    "no-grad",
    "calculas dentro de `no_grad`: nada aprende",
    "publico gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        with torch.no_grad():
            x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
            x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
            return self.linear(x.flatten(1))


@wrong(
    "frozen-convolution",
    "la primera convolución está congelada (`requires_grad=False`): no aprende",
    "publico gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        for p in self.conv1.parameters():
            p.requires_grad = False

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "dropout",
    "apagas números al azar (`Dropout`) al entrenar; no se pide",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(self.dropout(x.flatten(1)))


@wrong(
    "batch-norm",
    "añades `BatchNorm2d`, con sus parámetros; no se pide",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.norm = nn.BatchNorm2d(channels[1])

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.norm(self.conv1(x))), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "normalised-batch",
    "normalizas con la media del lote: cada imagen depende de las demás, y de `train()` o `eval()`",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)
        self.norm = nn.BatchNorm2d(channels[1], affine=False)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.norm(self.conv1(x))), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "normalised-image",
    "normalizas la imagen antes de empezar; no se pide",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = (x - x.mean((1, 2, 3), keepdim=True)) / (x.std((1, 2, 3), keepdim=True) + 1e-5)
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "loop-over-images",
    "recorres las imágenes del lote con un bucle de Python",
    "publico bordes",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        logits = [x.new_empty(0, self.linear.out_features)]
        for image in x.split(1):
            y = F.max_pool2d(torch.relu(self.conv1(image)), 2)
            y = F.max_pool2d(torch.relu(self.conv2(y)), 2)
            logits.append(self.linear(y.flatten(1)))
        return torch.cat(logits)


@wrong(
    "float32-only",
    "conviertes `x` a float32: con parámetros float64 falla",
    "publico valores gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = x.float()
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "float32-result",
    "devuelves siempre float32: se pierde el `dtype`",
    "publico valores gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels[2] * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1)).float()


@wrong(
    "list-emptied",
    "vacías la lista `channels` que te dan",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[1], channels[2], 3, padding=1)
        self.linear = nn.Linear(channels.pop() * (image_size[0] // 4) * (image_size[1] // 4), num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.linear(x.flatten(1))


@wrong(
    "shared-by-all-nets",
    "guardas capas que pertenecen a la clase y no a cada red: todas las redes comparten parámetros",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    made = nn.ModuleList()

    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        self.layers = self.made
        features = channels[2] * (image_size[0] // 4) * (image_size[1] // 4)
        self.layers.append(nn.Conv2d(channels[0], channels[1], 3, padding=1))
        self.layers.append(nn.Conv2d(channels[1], channels[2], 3, padding=1))
        self.layers.append(nn.Linear(features, num_classes))

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.layers[0](x)), 2)
        x = F.max_pool2d(torch.relu(self.layers[1](x)), 2)
        return self.layers[2](x.flatten(1))


@wrong(
    "adaptive-pool",
    "repartes las filas en h // 4 zonas: no es un max-pool de 2 si el lado no es múltiplo de 4",
    "publico valores bordes gradiente",
)
class SmallCNN(nn.Module):
    def __init__(self, channels, image_size, num_classes):
        super().__init__()
        c0, c1, c2 = channels
        h, w = image_size[0] // 4, image_size[1] // 4
        self.first = nn.Conv2d(c0, c1, 3, padding=1)
        self.second = nn.Conv2d(c1, c2, 3, padding=1)
        self.pool = nn.AdaptiveMaxPool2d((h, w))
        self.head = nn.Linear(c2 * h * w, num_classes)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.first(x)), 2)
        x = self.pool(torch.relu(self.second(x)))
        return self.head(x.flatten(1))
