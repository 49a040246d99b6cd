"""Attacks that end, block or exhaust: exits, signals, loops, memory, processes, floods."""

from __future__ import annotations

from tests.attacks.book import Book, attack, cells

cells(
    "ends",
    {
        "exit-at-once": "import os; os._exit(0)",
        "system-exit": "raise SystemExit(0)",
        "quit": "quit()",
        "kill-itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "stop-itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "kill-all": "import os, signal; os.kill(-1, signal.SIGKILL)",
        "kill-parent": "import os\nfor pid in (1, 2, os.getppid()):\n    os.kill(pid, 9)",
        "stop-parent": "import os\nfor pid in (1, 2, os.getppid()):\n    os.kill(pid, 19)",
        "interrupt-parent": """
import os, signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGPROF, signal.SIGUSR1):
    for pid in (1, 2, os.getppid()):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
""",
        "segfault": "import ctypes; ctypes.string_at(0)",
        "abort": "import os; os.abort()",
        "deep-recursion": "def f(n): return f(n + 1)\nimport sys; sys.setrecursionlimit(10**9)\nf(0)",
        "stubborn-loop": """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        "loop-in-c": "'a' * 30 == __import__('re').match(r'(a+)+$', 'a' * 40 + 'b')",
        "signals-blocked": """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    pass
""",
        "timers-reset": """
import signal
signal.setitimer(signal.ITIMER_PROF, 0); signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True:
    pass
""",
        "memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(b'1') * (64 * 2**20))",
        "memory-shared": """
import mmap, os
for _ in range(8):
    held = mmap.mmap(-1, 256 * 2**20)
    for at in range(0, len(held), 4096):
        held[at] = 1
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
""",
        "fork-bomb": "import os\nwhile True:\n    os.fork()",
        "threads-without-end": """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
""",
        "daemon-left": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3, 100):
            try:
                os.close(number)
            except OSError:
                pass
        time.sleep(1000)
    os._exit(0)
""",
        "waiting-thread": """
import threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
""",
        "exit-hooks": """
import atexit, sys, threading, time
atexit.register(time.sleep, 1000)
threading._register_atexit(time.sleep, 1000)
sys.exit()
""",
        "print-flood": "while True:\n    print('x' * 1000)",
        "display-flood": "for _ in range(3000):\n    display('x' * 100)",
        "c-output-flood": "import os\nos.system('yes | head -c 100000000')",
        "error-flood": "raise ValueError('x' * 10**8)",
        "picture-flood": """
from IPython.display import Image
for _ in range(50):
    display(Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + b'0' * 10**6, format='png'))
""",
        "disk-full": """
with open('/tmp/full', 'wb') as file:
    try:
        while True:
            file.write(b'0' * 2**20)
    except OSError:
        pass
for number in range(100):
    try:
        open(f'/tmp/full-{number}', 'wb').write(b'0' * 2**24)
        open(f'/dev/shm/full-{number}', 'wb').write(b'0' * 2**24)
    except OSError:
        break
""",
        "many-files": """
import os
try:
    for number in range(20000):
        os.close(os.open(f'/tmp/{number}', os.O_CREAT))
except OSError:
    pass
""",
        "deep-folders": """
import os
os.chdir('/tmp')
for _ in range(1500):
    os.mkdir('d')
    os.chdir('d')
""",
        "locked-folders": """
import os
os.makedirs('/tmp/a/b/c')
os.chmod('/tmp/a/b', 0)
os.chmod('/tmp/a', 0)
os.chmod('/tmp', 0o500)
os.chmod('/dev/shm', 0)
""",
        "half-a-character": "print('\\ud800')",
        "raise-what-cannot-be-told": """
class Bad(Exception):
    def __str__(self):
        raise SystemExit
raise Bad
""",
    },
)


@attack("ends", "exit-in-answer")
def exit_in_answer(book: Book) -> None:
    """End the process while a test calls."""
    book.answer("double", "import os\n\ndef double(x):\n    os._exit(0)")


@attack("ends", "kill-all-in-answer")
def kill_all_in_answer(book: Book) -> None:
    """Take the whole sandbox along while a test calls."""
    book.answer(
        "double",
        "import os\n\ndef double(x):\n    for pid in (1, 2, -1):\n        os.kill(pid, 9)",
    )


@attack("ends", "loop-in-answer")
def loop_in_answer(book: Book) -> None:
    """Never give an answer back."""
    book.answer(
        "double",
        "def double(x):\n    while True:\n        try:\n            while 1: pass\n        except: pass",
    )


@attack("ends", "deaf-to-a-large-call")
def deaf(book: Book) -> None:
    """Answer the small calls, then stop reading, so that who sends a large one may wait for ever."""
    book.answer(
        "double",
        """
import os, signal, threading, time

def stop():
    time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGSTOP)

def double(x):
    if len(x) == 3:
        threading.Thread(target=stop).start()
    return x + 0.5
""",
    )


@attack("ends", "sleep-in-answer")
def sleep_in_answer(book: Book) -> None:
    """Take time on the clock, not of the processor."""
    book.answer("double", "import time\n\ndef double(x):\n    time.sleep(1000)")


@attack("ends", "huge-result")
def huge_result(book: Book) -> None:
    """Return what does not fit in any frame, or in memory once it is made dense."""
    book.answer("double", "def double(x):\n    return torch.zeros(1).expand(2**40)")


@attack("ends", "many-values")
def many_values(book: Book) -> None:
    """Return as many values as may cross, and one more."""
    book.answer("double", "def double(x):\n    return [0] * 10**6 if len(x) == 2 else [[0]] * 49_000")


@attack("ends", "numbers-that-json-lacks")
def numbers_that_json_lacks(book: Book) -> None:
    """Return what some encodings of numbers can't say, to break what keeps the answer."""
    book.answer("double", "def double(x):\n    return complex('nan+infj')")


@attack("ends", "infinite-list")
def infinite_list(book: Book) -> None:
    """Return a list that holds itself."""
    book.answer("double", "def double(x):\n    x = []\n    x.append(x)\n    return x")
