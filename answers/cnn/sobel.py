"""Known answers to `cnn/sobel`."""

import math

import torch
import torch.nn.functional as F

from torchaula.course.answers import right, wrong


@right("kernel-cast-to-the-image")
def sobel(image, correlate):
    horizontal = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).to(image)
    vertical = horizontal.transpose(0, 1)
    return torch.sqrt(torch.square(correlate(image, horizontal)) + torch.square(correlate(image, vertical)))


@right("opposite-signs-written-out")
def sobel(image, correlate):
    gx = correlate(image, image.new_tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))
    gy = correlate(image, image.new_tensor([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]))
    return torch.hypot(gx, gy)


@right("vertical-first-and-complex")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], dtype=image.dtype)
    return torch.complex(correlate(image, kernel), correlate(image, kernel.T)).abs()


@right("in-place-on-own-results")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    gx, gy = correlate(image, kernel), correlate(image, kernel.T.contiguous())
    gx *= gx
    gy *= gy
    return gx.add_(gy).sqrt_()


@right("transposed-image")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    both = torch.stack([correlate(image, kernel), correlate(image.T, kernel).T])
    return torch.linalg.vector_norm(both, dim=0)


@right("separable-in-two-passes")
def sobel(image, correlate):
    smooth = torch.tensor([[1.0, 2.0, 1.0]], dtype=image.dtype)
    step = torch.tensor([[-1.0, 0.0, 1.0]], dtype=image.dtype)
    gx = correlate(correlate(image, step), smooth.T)
    gy = correlate(correlate(image, smooth), step.T)
    return (gx * gx + gy * gy) ** 0.5


@right("outer-product")
def sobel(image, correlate):
    smooth = torch.tensor([1, 2, 1], dtype=image.dtype)
    kernel = torch.outer(smooth, torch.arange(-1, 2, dtype=image.dtype))
    return (correlate(image, kernel).pow(2) + correlate(image, kernel.t()).pow(2)).pow(0.5)


@right("slices")
def sobel(image, correlate):
    columns = image[:, 2:] - image[:, :-2]
    rows = image[2:] - image[:-2]
    gx = columns[:-2] + 2 * columns[1:-1] + columns[2:]
    gy = rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]
    return torch.sqrt(gx**2 + gy**2)


@right("two-channels-at-once")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return F.conv2d(image[None], torch.stack([kernel, kernel.T])[:, None]).square().sum(0).sqrt()


@right("windows-and-einsum")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    windows = image.unfold(0, 3, 1).unfold(1, 3, 1)
    g = torch.einsum("hwab,kab->khw", windows, torch.stack((kernel, kernel.mT)))
    return g.norm(dim=0)


@right("rolled-and-cropped")
def sobel(image, correlate):
    def at(i, j):
        return torch.roll(image, (1 - i, 1 - j), (0, 1))

    gx = at(0, 2) + 2 * at(1, 2) + at(2, 2) - at(0, 0) - 2 * at(1, 0) - at(2, 0)
    gy = at(2, 0) + 2 * at(2, 1) + at(2, 2) - at(0, 0) - 2 * at(0, 1) - at(0, 2)
    return torch.sqrt(gx**2 + gy**2)[1:-1, 1:-1]


@right("loops-over-windows")
def sobel(image, correlate):
    h, w = image.shape
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    strength = torch.zeros(h - 2, w - 2, dtype=image.dtype)
    for i in range(h - 2):
        for j in range(w - 2):
            window = image[i : i + 3, j : j + 3]
            gx, gy = (window * kernel).sum().item(), (window * kernel.T).sum().item()
            strength[i, j] = math.sqrt(gx**2 + gy**2)
    return strength


@right("double-inside")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=torch.float64)
    gx, gy = correlate(image.double(), kernel), correlate(image.double(), kernel.T)
    return torch.sqrt(gx**2 + gy**2).type(image.dtype)


@wrong(
    "absolute-sum",
    "tu resultado coincide con |gx| + |gy|: el largo de la flecha es √(gx² + gy²)",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return correlate(image, kernel).abs() + correlate(image, kernel.T).abs()


@wrong(
    "largest-of-the-two",
    "tu resultado coincide con quedarte con el mayor de |gx| y |gy|",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return torch.maximum(correlate(image, kernel).abs(), correlate(image, kernel.T).abs())


@wrong("only-horizontal", "solo miras el cambio horizontal: falta el vertical", "publico valores bordes")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return correlate(image, kernel).abs()


@wrong("only-vertical", "solo miras el cambio vertical: falta el horizontal", "publico valores bordes")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return torch.sqrt(correlate(image, kernel.T) ** 2)


@wrong(
    "summed-before-squaring",
    "sumas gx y gy antes de elevar al cuadrado: cambios opuestos se anulan",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return torch.sqrt((correlate(image, kernel) + correlate(image, kernel.T)) ** 2)


@wrong(
    "filters-added",
    "sumas los dos filtros y haces una sola correlación: los cuadrados van antes de la suma",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return correlate(image, kernel + kernel.T).abs()


@wrong("square-of-the-sum", "tu resultado coincide con (gx + gy)²", "publico valores bordes")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) + correlate(image, kernel.T)) ** 2


@wrong("no-root", "tu resultado coincide con gx² + gy²: falta la raíz", "publico valores bordes")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2


@wrong(
    "root-of-each",
    "sacas la raíz de cada cuadrado y luego sumas: la raíz va al final",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2).sqrt() + (correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "root-of-the-mean",
    "haces la media de los dos cuadrados en lugar de sumarlos",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    both = torch.stack([correlate(image, kernel), correlate(image, kernel.T)])
    return both.square().mean(0).sqrt()


@wrong("difference-of-squares", "restas los cuadrados en lugar de sumarlos", "publico valores bordes")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 - correlate(image, kernel.T) ** 2).abs().sqrt()


@wrong(
    "epsilon-in-root",
    "sumas una constante dentro de la raíz: donde no hay borde ya no da 0",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2 + 1e-4).sqrt()


@wrong(
    "prewitt",
    "tu resultado coincide con el filtro de Prewitt: en el de Sobel la fila del centro cuenta el doble",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "double-weight-at-the-ends",
    "tu filtro da el doble de peso a las filas de fuera; es la del centro la que lo lleva",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-2, 0, 2], [-1, 0, 1], [-2, 0, 2]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "flipped-not-transposed",
    "tu segundo filtro es el primero del revés (`flip`) y mira en la misma dirección: hay que trasponerlo",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.flip(1)) ** 2).sqrt()


@wrong(
    "one-sided", "un lado de tu filtro no resta, suma: donde todo es igual no da 0", "publico valores bordes"
)
def sobel(image, correlate):
    kernel = torch.tensor([[1, 0, 1], [2, 0, 2], [1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "divided-by-eight",
    "divides el filtro entre 8: se pide la fuerza tal cual",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype) / 8
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "scaled-to-one",
    "divides entre la fuerza mayor para que todo quede entre 0 y 1: se pide la fuerza tal cual",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    strength = (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()
    return strength / strength.max().clamp(min=1e-12)


@wrong("clipped-to-a-byte", "recortas la fuerza en 255: puede ser mayor", "publico valores")
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt().clamp(0, 255)


@wrong(
    "dark-to-light-only",
    "quitas los cambios negativos, de claro a oscuro: también son bordes",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    gx, gy = correlate(image, kernel).clamp(min=0), correlate(image, kernel.T).clamp(min=0)
    return (gx**2 + gy**2).sqrt()


@wrong(
    "padded-with-zeros",
    "rellenas la imagen por fuera para conservar el tamaño: el resultado es [h − 2, w − 2]",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    image = F.pad(image, (1, 1, 1, 1))
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "result-in-a-frame",
    "devuelves el resultado rodeado de ceros, con el tamaño de la imagen: es [h − 2, w − 2]",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    strength = torch.zeros_like(image)
    strength[1:-1, 1:-1] = (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()
    return strength


@wrong(
    "batch-axes-left",
    "tu resultado lleva delante ejes de tamaño 1: es [h − 2, w − 2], sin más",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return F.conv2d(image[None, None], torch.stack([kernel, kernel.T])[:, None]).norm(dim=1, keepdim=True)


@wrong(
    "both-returned",
    "devuelves gx y gy por separado: falta juntarlos en una fuerza",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return correlate(image, kernel), correlate(image, kernel.T)


@wrong(
    "last-windows-lost", "te falta la última fila y la última columna de ventanas", "publico valores bordes"
)
def sobel(image, correlate):
    h, w = image.shape
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    strength = torch.zeros(h - 3, w - 3, dtype=image.dtype)
    for i in range(h - 3):
        for j in range(w - 3):
            window = image[i : i + 3, j : j + 3]
            strength[i, j] = ((window * kernel).sum() ** 2 + (window * kernel.T).sum() ** 2).sqrt()
    return strength


@wrong("square-images-only", "tu código solo sirve para imágenes cuadradas", "publico valores bordes")
def sobel(image, correlate):
    n = image.shape[0]
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    strength = torch.zeros(n - 2, n - 2, dtype=image.dtype)
    for i in range(n - 2):
        for j in range(n - 2):
            window = image[i : i + 3, j : j + 3]
            strength[i, j] = ((window * kernel).sum() ** 2 + (window * kernel.T).sum() ** 2).sqrt()
    return strength


@wrong(
    "float32-kernel",
    "tu filtro es siempre float32: no se puede correlacionar con una imagen float64",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "integer-kernel",
    "tu filtro es de enteros (int64): tiene que ser del `dtype` de la imagen",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "float32-result",
    "conviertes la imagen a float32: con datos float64 pierdes el tipo y la precisión",
    "publico valores bordes",
)
def sobel(image, correlate):
    image = image.float()
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "float32-on-the-way",
    "calculas en float32 y conviertes al final: con datos float64 pierdes precisión",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    gx, gy = correlate(image.float(), kernel), correlate(image.float(), kernel.T)
    return (gx**2 + gy**2).sqrt().to(image.dtype)


@wrong(
    "image-centred-in-place",
    "restas a la imagen su media con `-=`: cambias el argumento que recibes",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    image -= image.mean()
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "image-overwritten",
    "escribes el resultado dentro de la imagen que recibes y devuelves un trozo de ella",
    "publico valores bordes",
)
def sobel(image, correlate):
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    inside = image[1:-1, 1:-1]
    inside.copy_((correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt())
    return inside


@wrong(
    "contiguous-only",
    "usas `view`: falla cuando los datos de la imagen no son contiguos en memoria",
    "publico bordes",
)
def sobel(image, correlate):
    h, w = image.shape
    image = image.view(h * w).view(h, w)
    kernel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()


@wrong(
    "scharr", "tus pesos son 3, 10 y 3, los del filtro de Scharr: se piden 1, 2 y 1", "publico valores bordes"
)
def sobel(image, correlate):
    kernel = torch.tensor([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]], dtype=image.dtype)
    return (correlate(image, kernel) ** 2 + correlate(image, kernel.T) ** 2).sqrt()
