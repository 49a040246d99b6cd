"""Known answers to `cnn/conv-output-size`."""

import math

import torch
import torch.nn.functional as F

from torchaula.course.answers import right, wrong


@right("while-loop")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("la ventana no cabe")
    places, start = 0, -padding
    while start + kernel_size <= size + padding:
        places += 1
        start += stride
    return places


@right("length-of-a-range")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    starts = range(0, size + 2 * padding - kernel_size + 1, stride)
    if not starts:
        raise ValueError("no cabe")
    return len(starts)


@right("counts-in-a-comprehension")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    n = size + padding + padding
    found = [i for i in range(n) if i % stride == 0 and i + kernel_size <= n]
    if len(found) == 0:
        raise ValueError
    return len(found)


@right("math-floor")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    result = math.floor((size + 2 * padding - kernel_size) / stride + 1)
    if size + 2 * padding < kernel_size:
        raise ValueError("kernel_size > size + 2 * padding")
    return result


@right("truncated-after-the-check")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return int((size + 2 * padding - kernel_size) / stride) + 1


@right("ceiling-of-the-places")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    places = size + 2 * padding - kernel_size + 1
    if places <= 0:
        raise ValueError("no cabe")
    return math.ceil(places / stride)


@right("plus-stride-inside")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    places = (size + 2 * padding - kernel_size + stride) // stride
    if size + 2 * padding - kernel_size < 0:
        raise ValueError("no cabe")
    return places


@right("negative-floor")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    result = (size + 2 * padding - kernel_size) // stride + 1
    if result < 1:  # la división entera de un negativo es negativa
        raise ValueError("no cabe")
    return result


@right("divmod")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    steps, left_over = divmod(size + 2 * padding - kernel_size, stride)
    if steps < 0:
        raise ValueError(f"faltan {-steps}")
    return 1 + steps


@right("recursion")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    size = size + 2 * padding
    if kernel_size > size:
        raise ValueError("no cabe")
    if kernel_size > size - stride:
        return 1
    return 1 + conv_output_size(size - stride, kernel_size, stride)


@right("slices-of-a-list")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    axis = list(range(-padding, size + padding))
    windows = [axis[i : i + kernel_size] for i in range(0, len(axis), stride)]
    windows = [window for window in windows if len(window) == kernel_size]
    if not windows:
        raise ValueError("no cabe")
    return len(windows)


@right("unfolds-a-tensor")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if size + 2 * padding < kernel_size:
        raise ValueError("no cabe")
    return torch.empty(size + 2 * padding).unfold(0, kernel_size, stride).shape[0]


@right("asks-torch")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    try:
        y = F.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size), stride=stride, padding=padding)
    except RuntimeError as error:
        raise ValueError("no cabe") from error
    return y.size(-1)


@right("an-exception-class-of-its-own")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    class NoCabe(ValueError):
        """La ventana no cabe."""

        def __str__(self):
            return "la ventana no cabe"

    if kernel_size > size + 2 * padding:
        raise NoCabe(size)
    return (size + 2 * padding - kernel_size) // stride + 1


@right("an-exception-of-two-kinds")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    class Window(Exception):
        pass

    class TooWide(Window, ValueError):
        pass

    places = (size + 2 * padding - kernel_size) // stride + 1
    if places < 1:
        raise TooWide(f"no caben {kernel_size}") from None
    return places


@right("an-integer-of-an-enumeration")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    from enum import IntEnum

    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return IntEnum("Places", {"COUNT": (size + 2 * padding - kernel_size) // stride + 1}).COUNT


@wrong(
    "no-plus-one",
    "cuentas los pasos y no los sitios: falta el primero, el de antes de andar",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride


@wrong(
    "ceiling",
    "redondeas hacia arriba: cuentas también la ventana que se sale del eje",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return math.ceil((size + 2 * padding - kernel_size) / stride) + 1


@wrong("rounded", "redondeas al entero más cercano; un paso a medias no se da", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return round((size + 2 * padding - kernel_size) / stride) + 1


@wrong("padding-once", "cuentas el relleno una vez; hay `padding` en cada extremo", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + padding:
        raise ValueError("no cabe")
    return (size + padding - kernel_size) // stride + 1


@wrong("padding-ignored", "no cuentas el relleno", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size:
        raise ValueError("no cabe")
    return (size - kernel_size) // stride + 1


@wrong(
    "padding-on-the-window", "sumas el relleno a la ventana; es el eje lo que crece", "publico valores bordes"
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size + 2 * padding > size:
        raise ValueError("no cabe")
    return (size - (kernel_size + 2 * padding)) // stride + 1


@wrong(
    "stride-ignored",
    "no usas `stride`: cuentas los sitios como si avanzara de uno en uno",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return size + 2 * padding - kernel_size + 1


@wrong(
    "float-division",
    "divides con `/`: el resultado es un `float`, y a veces con decimales",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) / stride + 1


@wrong("whole-float", "el valor es correcto, pero es un `float` y no un `int`", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) / stride // 1 + 1


@wrong("tensor-result", "devuelves un tensor y no un `int`", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return torch.tensor((size + 2 * padding - kernel_size) // stride + 1)


@wrong("printed", "escribes el resultado con `print` en lugar de devolverlo", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    print((size + 2 * padding - kernel_size) // stride + 1)


@wrong("never-refuses", "si la ventana no cabe devuelves 0 o un número negativo", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("zero-places", "si la ventana no cabe devuelves 0; hay que lanzar `ValueError`", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    return max(0, (size + 2 * padding - kernel_size) // stride + 1)


@wrong("none-places", "si la ventana no cabe devuelves `None`; hay que lanzar `ValueError`", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size <= size + 2 * padding:
        return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "truncated-toward-zero",
    "`int` recorta hacia el cero: una ventana que no cabe por poco acaba contando como un sitio",
    "publico bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    places = int((size + 2 * padding - kernel_size) / stride) + 1
    if places < 1:
        raise ValueError("no cabe")
    return places


@wrong(
    "refuses-a-negative-result",
    "solo lanzas `ValueError` con resultados negativos: el 0 se te escapa",
    "publico bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    places = (size + 2 * padding - kernel_size) // stride + 1
    if places < 0:
        raise ValueError("no cabe")
    return places


@wrong("returns-the-error", "devuelves el `ValueError` con `return`; se lanza con `raise`", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        return ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("assertion", "usas `assert`, que lanza `AssertionError`; se pide `ValueError`", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    assert kernel_size <= size + 2 * padding, "no cabe"
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("torch-error", "dejas pasar el `RuntimeError` de PyTorch; se pide `ValueError`", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    x, w = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv1d(x, w, stride=stride, padding=padding).shape[2]


@wrong(
    "refuses-an-exact-fit", "rechazas la ventana que cabe justa: en ese eje hay un sitio", "publico bordes"
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size >= size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "refuses-before-padding",
    "comparas la ventana con el eje sin rellenar: a veces cabe gracias al relleno",
    "publico bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("refuses-leftovers", "lanzas un error si sobran números; solo se pierden", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    last = size + 2 * padding - kernel_size
    if last < 0 or last % stride:
        raise ValueError("no encaja")
    return last // stride + 1


@wrong(
    "refuses-long-strides",
    "rechazas un paso mayor que el eje; la primera ventana cabe igual",
    "publico bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding or stride > size:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "pooling-rule",
    "rechazas un relleno mayor que media ventana: eso lo pide `max_pool1d`, aquí no",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding or padding > kernel_size / 2:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "divided-too-early", "divides antes de restar la ventana; falta un paréntesis", "publico valores bordes"
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding) // stride - kernel_size + 1


@wrong("only-the-window-divided", "divides solo la ventana; falta un paréntesis", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return size + 2 * padding - kernel_size // stride + 1


@wrong("one-added-before-dividing", "sumas el 1 antes de dividir; se suma al final", "publico valores bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size + 1) // stride


@wrong(
    "window-one-shorter",
    "cuentas con una ventana de uno menos: el 1 te aparece dos veces",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - (kernel_size - 1)) // stride + 1


@wrong(
    "window-not-subtracted",
    "cuentas dónde puede empezar la ventana sin mirar si cabe",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return len(range(0, size + 2 * padding, stride))


@wrong(
    "range-stops-early",
    "tu `range` no llega al último sitio: su final no se incluye",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return len(range(0, size + 2 * padding - kernel_size, stride))


@wrong(
    "half-windows",
    "restas la mitad de la ventana a cada lado: con ventanas pares sobra uno",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - 2 * ((kernel_size - 1) // 2) - 1) // stride + 1


@wrong(
    "windows-side-by-side", "colocas las ventanas una tras otra, sin mirar `stride`", "publico valores bordes"
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding) // kernel_size


@wrong(
    "pooling-default",
    "sin `stride` avanzas una ventana entera; por omisión el paso es 1",
    "publico valores",
)
def conv_output_size(size, kernel_size, stride=None, padding=0):
    stride = stride or kernel_size
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "same-padding-default",
    "sin `padding` rellenas lo justo para conservar el tamaño; por omisión es 0",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=None):
    padding = kernel_size // 2 if padding is None else padding
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "padding-before-stride",
    "tus argumentos están en otro orden: `stride` va antes que `padding`",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, padding=0, stride=1):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong(
    "transposed-formula",
    "tu fórmula es la de la convolución traspuesta, que agranda",
    "publico valores bordes",
)
def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("no cabe")
    return (size - 1) * stride - 2 * padding + kernel_size


@wrong("a-value-error-by-name-only", "tu excepción se llama ValueError, pero no lo es", "publico bordes")
def conv_output_size(size, kernel_size, stride=1, padding=0):
    kind = type("ValueError", (Exception,), {})
    if kernel_size > size + 2 * padding:
        raise kind("la ventana no cabe")
    return (size + 2 * padding - kernel_size) // stride + 1
