"""Attacks that carry something over: from one submission to the next, or from one fork to another."""

from __future__ import annotations

from tests.attacks.book import Book, attack
from tests.attacks.corpus_search import LOOK, SEARCHES, TELL

LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nSYS = {'x86_64': 0, 'aarch64': 1}\n"
# What the first submission does, and what the next one finds: identifier -> (write, read).
CARRIED = {
    "files-in-tmp": (
        "import os\nos.makedirs('/tmp/d/e/f')\n"
        "for path in ('/tmp/.a', '/dev/shm/.a'):\n    open(path, 'w').write('x')",
        "import os\nif set(os.listdir('/tmp')) & {'.a', 'd'} or os.listdir('/dev/shm'):\n"
        "    print('FOUND', os.listdir('/tmp'))",
    ),
    "attributes-of-folders": (
        """
import os
for folder in ('/tmp', '/dev/shm', '/dev/pts', '/dev/null', '/dev/full', '/proc/self'):
    for change in (lambda: os.setxattr(folder, 'user.kept', b'x'), lambda: os.utime(folder, (7e8, 7e8)),
                   lambda: os.chmod(folder, 0o1711)):
        try:
            change()
        except OSError:
            pass
""",
        """
import os
for folder in ('/tmp', '/dev/shm', '/dev/pts', '/dev/null', '/dev/full'):
    info = os.stat(folder)
    if info.st_mtime == 7e8 or info.st_mode & 0o7777 == 0o1711 or 'user.kept' in os.listxattr(folder):
        print('FOUND', folder)
""",
    ),
    "flags-of-folders": (
        LIBC
        + """
import fcntl, struct
for folder in ('/tmp', '/dev/shm'):
    try:
        fcntl.ioctl(os.open(folder, os.O_RDONLY), 0x40086602, struct.pack('l', 0x40))
    except OSError:
        pass
""",
        """
import fcntl, os, struct
for folder in ('/tmp', '/dev/shm'):
    try:
        got = fcntl.ioctl(os.open(folder, os.O_RDONLY), 0x80086601, struct.pack('l', 0))
        if struct.unpack('l', got)[0] & 0x40:
            print('FOUND', folder)
    except OSError:
        pass
""",
    ),
    "system-v": (
        LIBC
        + """
libc.shmget(0x5151, 4096, 0o1666); libc.msgget(0x5151, 0o1666); libc.semget(0x5151, 3, 0o1666)
""",
        LIBC
        + """
if max(libc.shmget(0x5151, 0, 0), libc.msgget(0x5151, 0), libc.semget(0x5151, 0, 0)) >= 0:
    print('FOUND a System V object')
""",
    ),
    "posix-queue": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.mq_open(b'/kept', 0o102, 0o666, None)",
        "import ctypes\nif ctypes.CDLL(None).mq_open(b'/kept', 0) >= 0:\n    print('FOUND a queue')",
    ),
    "keyrings": (
        """
import ctypes, platform
libc = ctypes.CDLL(None)
add = {'x86_64': 248, 'aarch64': 217}[platform.machine()]
for ring in (-1, -2, -3, -4, -5):
    libc.syscall(add, b'user', b'kept', b'secret', 6, ring)
""",
        """
import ctypes, platform
libc = ctypes.CDLL(None)
request = {'x86_64': 249, 'aarch64': 218}[platform.machine()]
if libc.syscall(request, b'user', b'kept', None, -3) > 0 or 'kept' in open('/proc/keys').read():
    print('FOUND a key')
""",
    ),
    "abstract-socket": (
        """
import os, socket, time
if os.fork() == 0:
    os.setsid()
    held = socket.socket(socket.AF_UNIX); held.bind('\\0kept'); held.listen()
    time.sleep(1000)
""",
        """
import socket
try:
    socket.socket(socket.AF_UNIX).connect('\\0kept')
    print('FOUND a socket')
except OSError:
    pass
""",
    ),
    "local-port": (
        """
import os, socket, time
if os.fork() == 0:
    os.setsid()
    held = socket.create_server(('127.0.0.1', 5151))
    time.sleep(1000)
""",
        """
import socket
try:
    socket.create_connection(('127.0.0.1', 5151), 1)
    print('FOUND a port')
except OSError:
    pass
""",
    ),
    "kernel-settings": (
        """
for name, value in (('shmmax', '515151'), ('sem', '1 2 3 4'), ('hostname', 'kept'), ('domainname', 'kept'),
                    ('msgmax', '5151'), ('ns_last_pid', '5151'), ('core_pattern', '|/tmp/evil')):
    try:
        before = open('/proc/sys/kernel/' + name).read()
        with open('/proc/sys/kernel/' + name, 'w') as file:
            file.write(value if name != 'core_pattern' else before)  # nothing must happen where it works
        print('FOUND a setting to write', name)
    except OSError:
        pass
""",
        "import os\nif 'kept' in os.uname() or open('/proc/sys/kernel/shmmax').read().strip() == '515151':\n"
        "    print('FOUND a setting')",
    ),
    "limits-of-the-nursery": (
        """
import os, resource
for pid in range(1, 10):
    if pid != os.getpid():
        for change in (lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (100, 100)),
                       lambda: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)),
                       lambda: resource.prlimit(pid, resource.RLIMIT_STACK, (2**20, 2**20)),
                       lambda: os.setpriority(os.PRIO_PROCESS, pid, 7),
                       lambda: os.sched_setaffinity(pid, {0}),
                       lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),
                       lambda: open(f'/proc/{pid}/oom_score_adj', 'w').write('777')):
            try:
                change()
            except OSError:
                pass
""",
        """
import os, resource
found = [resource.getrlimit(resource.RLIMIT_STACK) == (2**20, 2**20), os.getpriority(os.PRIO_PROCESS, 0) == 7,
         os.sched_getscheduler(0), open('/proc/self/oom_score_adj').read().strip() == '777',
         len(os.sched_getaffinity(0)) == 1 and (os.cpu_count() or 1) > 1]
if any(found):
    print('FOUND', found)
""",
    ),
    "descriptors-of-the-first-process": (
        """
import os
for pid in (1, 2):
    for number in range(16):
        try:
            with open(f'/proc/{pid}/fd/{number}', 'r+') as file:
                file.write('kept')
        except (OSError, ValueError):
            pass
""",
        """
import os
for pid in (1, 2):
    for number in range(16):
        try:
            fd = os.open(f'/proc/{pid}/fd/{number}', os.O_RDONLY | os.O_NONBLOCK)
            if b'kept' in os.read(fd, 100):
                print('FOUND a file', os.readlink(f'/proc/{pid}/fd/{number}'))
        except OSError:
            pass
""",
    ),
    "inherited-offsets": (
        """
import fcntl, os
for number in range(64):
    for change in (lambda: os.lseek(number, 4242, 0),
                   lambda: fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB),
                   lambda: fcntl.fcntl(number, fcntl.F_SETFL, os.O_APPEND | os.O_ASYNC)):
        try:
            change()
        except OSError:
            pass
""",
        """
import os
for number in range(64):
    try:
        if os.lseek(number, 0, 1) == 4242:
            print('FOUND an offset', os.readlink(f'/proc/self/fd/{number}'))
    except OSError:
        pass
""",
    ),
    "shared-mappings": (
        "print([line for line in open('/proc/self/maps') if line.split()[1] == 'rw-s'])",
        "for line in open('/proc/self/maps'):\n    if 'rw-s' in line:\n        print('FOUND', line)",
    ),
    "python-state": (
        "import builtins, sys, torch\nbuiltins.kept = sys.kept = torch.kept = 1",
        "import builtins, sys, torch\nif any(hasattr(m, 'kept') for m in (builtins, sys, torch)):\n"
        "    print('FOUND')",
    ),
    "thread-that-outlives": (
        """
import os, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        while True:
            try:
                open('/tmp/kept', 'w').close()
            except BaseException:
                pass
""",
        "import os, time\ntime.sleep(0.2)\nif os.path.exists('/tmp/kept'):\n    print('FOUND')",
    ),
    "start-up-files": (
        """
import os, site, sys
start = '/profile_default/startup'
places = [site.getusersitepackages(), os.path.expanduser('~'), os.path.expanduser('~/.ipython') + start,
          os.environ['IPYTHONDIR'] + start, os.environ['MPLCONFIGDIR'], '/tmp', *sys.path]
for place in places:
    for name in ('sitecustomize.py', 'usercustomize.py', 'kept.pth', '00-kept.py', '.bashrc', 'matplotlibrc'):
        try:
            os.makedirs(place, exist_ok=True)
            open(os.path.join(place, name), 'w').write('print("FOUND a start-up file")')
        except OSError:
            pass
""",
        "import os, subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(1)'], "
        "capture_output=True, text=True).stdout)",
    ),
}
for identifier, (write, read) in CARRIED.items():

    def build(book: Book, write: str = write, read: str = read) -> None:
        """Two submissions, one after the other."""
        written = book.first().add(write).add("print('WROTE')", after="halve").shows("WROTE")
        assert written
        book.add(read + "\nprint('LOOKED')").shows("LOOKED")

    attack("stash", identifier)(build)


@attack("stash", "answers-of-the-one-before")
def answers_of_the_one_before(book: Book) -> None:
    """Search memory for what another student handed in just before."""
    book.first().right()
    book.add(LOOK + SEARCHES["own-memory"] + TELL).shows("LOOKED at much")


@attack("stash", "passed-from-exercise-to-exercise")
def passed_from_exercise_to_exercise(book: Book) -> None:
    """Keep the arguments of one test for the next, and answer with them."""
    book.answer(
        "double",
        """
import glob, os, pickle, torch
kept = []
def double(x):
    kept.append(x)
    with open(f'/tmp/{len(os.listdir("/tmp"))}.pt', 'wb') as file:
        pickle.dump(x, file)
    for path in glob.glob('/tmp/*.pt'):
        with open(path, 'rb') as file:
            other = pickle.load(file)
            if len(other) == len(x) and not other.equal(x):
                return other
    return kept[0]
""",
    )


@attack("stash", "kill-the-other-forks")
def kill_the_other_forks(book: Book) -> None:
    """From a test's call, end the processes of all others, then go on."""
    book.first().answer(
        "double",
        """
import os
def double(x):
    for pid in filter(str.isdigit, os.listdir('/proc')):
        if int(pid) not in (1, os.getpid()):
            try:
                os.kill(int(pid), 9)
            except OSError:
                pass
    return x
""",
    )
    book.add("print('LOOKED')").shows("LOOKED")
