"""Attacks that hold a worker: they sleep, stop, end, multiply or compute in all that a submission has."""

from __future__ import annotations

from tests.attacks import assault
from tests.attacks.book import Book, attack

DEEDS = {
    "sleep": "import time; time.sleep(1000)",
    "short-sleep": "import time; time.sleep(2)",
    "stop": "import os; os.kill(os.getpid(), 19)",
    "stop-and-go": """
import os
if os.fork() == 0:
    import time
    for _ in range(1000):
        os.kill(os.getppid(), 19); time.sleep(0.3); os.kill(os.getppid(), 18); time.sleep(0.01)
import time; time.sleep(1000)
""",
    "exit": "import os; os._exit(0)",
    "loop": "while True: pass",
    "swarm": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "vfork": "import subprocess; subprocess.run(['sleep', '1000'])",
    "lazy-children": """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(15):
    if os.fork() == 0:
        while True:
            pass
signal.pause()
""",
    "polite": """
import os, signal
os.nice(19)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    pass
""",
    "wait-on-itself": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "wait-for-a-pipe": "import os; os.read(os.pipe()[0], 1)",
}


def _everywhere(deed: str, book: Book) -> None:
    for exercise in assault.RIGHT:
        name, lines = exercise.replace("-", "_"), deed.strip().replace("\n", "\n    ")
        book.answer(exercise, f"def {name}(x):\n    {lines}\n    return x")


def _register(identifier: str, deed: str) -> None:
    attack("holds", f"{identifier}-in-every-answer")(lambda book: _everywhere(deed, book))


for name, text in DEEDS.items():
    _register(name, text)


@attack("holds", "cells-that-sleep")
def cells_that_sleep(book: Book) -> None:
    """Sleep in ten cells, each for less than it may."""
    for _ in range(10):
        book.add("import time; time.sleep(1.8)")


@attack("holds", "cells-that-end")
def cells_that_end(book: Book) -> None:
    """Compute, and end the process in many cells, so that the others run again and again."""
    for number in range(10):
        book.add("import os; os._exit(0)" if number % 2 else "sum(range(10**7))")


@attack("holds", "outlives-its-request")
def outlives_its_request(book: Book) -> None:
    """Leave processes behind in every answer that go on computing while others are asked."""
    _everywhere("import os\nif os.fork() == 0:\n    os.setsid()\n    while True: pass", book)


@attack("holds", "half-an-answer")
def half_an_answer(book: Book) -> None:
    """Send a frame byte by byte, so that the judge goes on listening."""
    book.answer(
        "double",
        """
import os, socket, time

def double(x):
    for descriptor in range(3, 200):
        try:
            line = socket.socket(fileno=os.dup(descriptor))
            while True:
                line.send(bytes(1))
                time.sleep(0.2)
        except OSError:
            pass
""",
    )
