"""Attacks on whoever reads: replies, outputs, names and texts that take more to be read than to be sent."""

from __future__ import annotations

from tests.attacks.book import Book, attack, cells
from tests.attacks.corpus_lies import FORGE

FLOOD = (
    FORGE
    + """
def flood(header, body=b'', times=1):
    if not isinstance(header, bytes):
        header = msgspec.msgpack.encode(header)
    payload = struct.pack('!QI', len(header) + len(body), len(header)) + header + body
    for number in range(3, 64):
        try:
            os.set_blocking(number, True)
            for _ in range(times):
                socket.socket(fileno=os.dup(number)).sendall(payload)
        except OSError:
            pass
"""
)
ARGS = "wire.SequenceNode('tuple', [])"
# What an answer sends in place of an observation.
REPLIES = {
    "nothing": "wire.Seen(wire.SequenceNode('list', [None] * 8_000_000), None, None, [], [], [], {})",
    "pairs": "wire.Seen(wire.DictNode([(None, None)] * 2_600_000), None, None, [], [], [], {})",
    "keys": "wire.Seen(wire.DictNode([(n, None) for n in range(900_000)]), None, None, [], [], [], {})",
    "empty-lists": "wire.Seen(wire.SequenceNode('list', [wire.SequenceNode('list', [])] * 500_000),"
    " None, None, [], [], [], {})",
    "paths": "wire.Seen(1, None, None, [(None,)] * 2_000_000, [(0,)] * 1_900_000, [], {})",
    "gradients": "wire.Seen(1, None, None, [], [], [((n,), None) for n in range(900_000)], {})",
    "calls": "wire.Seen(1, None, None, [], [], [], {str(n): 1 for n in range(900_000)})",
    "large-numbers": f"wire.Seen(2**64 - 1, None, {ARGS}, [], [], [], {{'x': 2**64 - 1}})",
    "not-numbers": "wire.Seen(wire.DictNode([(float('nan'), 1)] * 700_000), None, None, [], [], [], {})",
    "offsets": "wire.Seen(wire.SequenceNode('list', [wire.TensorNode('float32', [0], [1], 16_000_000,"
    " False, False)] * 50_000), None, None, [], [], [], {})",
    "repeats": "wire.Seen(wire.SequenceNode('list', [wire.TensorNode('uint8', [2**26], [0], 0, False,"
    " False)] * 50_000), None, None, [], [], [], {}), bytes(60_000)",
    "shapes-of-nothing": "wire.Seen(wire.SequenceNode('list', [wire.TensorNode('float64', [2**62, 0],"
    " [2**62, 1], 2**62, True, True)] * 50_000), None, None, [], [], [], {})",
    "claims": "b'\\xdd\\x7f\\xff\\xff\\xff' * 1000",
}
for name, reply in REPLIES.items():
    source = f"{FLOOD}\ndef double(x):\n    flood({reply})\n    os._exit(0)\n"
    attack("floods", f"reply-of-{name}")(lambda book, source=source: book.answer("double", source))


@attack("floods", "reply-as-large-as-may-be")
def largest_reply(book: Book) -> None:
    """Return as many numbers as may cross, of which a comparison makes many times as many bytes."""
    book.answer(
        "double",
        "def double(x):\n    return torch.zeros(2**25 if len(x) == 2 else 2**26 - 10**6, dtype=torch.uint8)",
    )


@attack("floods", "replies-without-end")
def replies_without_end(book: Book) -> None:
    """Answer each request with as much as may be kept of one, and go on."""
    book.answer("double", "def double(x):\n    return [torch.ones(2**17), 'x' * 400_000, [1.5] * 50_000]")


cells(
    "floods",
    {
        "outputs-in-one-message": FLOOD
        + "for cell in ('own-0', 'double'):\n"
        + "    flood(protocol.Ran(cell, [protocol.Text('stdout', '')] * 300_000))",
        "messages-of-megabytes": FLOOD
        + "flood(protocol.Ran('own-0', [protocol.Text('stdout', 'x' * 8_000_000)]), times=50)",
        "body-of-a-life": FLOOD + "flood(protocol.Ran('own-0', []), bytes(64 * 2**20))",
        "tracebacks-without-end": """
try:
    raise ValueError('x' * 10**5)
except ValueError:
    for _ in range(2000):
        get_ipython().showtraceback()
""",
    },
)

PICTURE = """
import struct, zlib
from IPython.display import Image, display

def picture(width, height):
    def chunk(name, data):
        return struct.pack('!I', len(data)) + name + data + struct.pack('!I', zlib.crc32(name + data))
    head = struct.pack('!IIBBBBB', width, height, 1, 0, 0, 0, 0)
    data = chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(bytes(1000))) + chunk(b'IEND', b'')
    return b'\\x89PNG\\r\\n\\x1a\\n' + data
"""
cells(
    "floods",
    {
        "picture-of-gigapixels": PICTURE + "display(Image(data=picture(60_000, 60_000), format='png'))",
        "picture-cut-short": PICTURE + "display(Image(data=picture(9, 9)[:30], format='png'))",
    },
    proof="imagen que no se muestra",
)
cells(
    "floods",
    {
        "pictures-of-megapixels": PICTURE
        + "for _ in range(150):\n    display(Image(data=picture(2000, 2000), format='png'))\nprint('shown')",
        "half-a-character-and-more": "print('\\ud800 printed'); display('\\udfff shown')\nprint('shown')",
        "half-a-character-in-a-class": """
class Odd:
    def __repr__(self): return '\\ud800'
def odd(): pass
odd.__name__ = odd.__qualname__ = '\\ud800'
display(Odd(), odd)
globals()['\\ud800'] = 1
import sys
print('\\ud83d', file=sys.stderr)
print('shown')
""",
    },
    proof="shown",
)
cells(
    "floods",
    {
        "half-a-character-in-a-title": """
from matplotlib import pyplot
figure, axes = pyplot.subplots(figsize=(1, 1))
axes.set_title('\\ud800')
display(figure)
"""
    },
)
cells("floods", {"half-a-character-raised": "raise ValueError('\\ud800 raised')"}, proof="raised")
HALVES = {
    "returned": "return '\\ud800'",
    "as-a-key": "return {'\\ud800': x, '\\ud801': [x]}",
    "in-an-exception": "raise type('\\ud800', (ValueError,), {})('\\udfff' * 600)",
    "in-an-argument": "x.grad = None; raise NameError('\\ud800', name='\\ud800')",
}
for name, body in HALVES.items():
    source = f"def double(x):\n    {body}\n"
    attack("floods", f"half-a-character-{name}")(lambda book, source=source: book.answer("double", source))

TEXTS = {
    "match-and-blanks": "match" + " " * 40_000,
    "braces": "x = f'" + "{torch}" * 2_800 + "'",
    "long-braces": "x = f'" + "{a}" * 80_000 + "'",
    "minuses": "-" * 19_000 + "1",
    "brackets": "[" * 19_000,
    "elif": "if torch:\n pass\n" + "elif torch:\n pass\n" * 900,
}
for name, text in TEXTS.items():
    attack("floods", f"text-of-{name}")(
        lambda book, text=text: book.answer("double", f"{text}\n\ndef double(x):\n    return x + 0.5").add(
            text
        )
    )


@attack("floods", "names-without-end")
def names_without_end(book: Book) -> None:
    """Give cells ids that are endless, control a terminal, or are half a character."""

    def change(raw: dict) -> None:
        for name in ("\ud800" * 10_000, "\x1b[2J" * 10_000, "=cmd()" * 1000):
            raw["cells"].append({"cell_type": "code", "id": name, "metadata": {}, "source": "eval('1')"})

    book.json(change)
