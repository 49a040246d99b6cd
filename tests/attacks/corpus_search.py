"""Attacks that look for tests, solutions, secrets and other students from inside."""

from __future__ import annotations

from textwrap import indent

from tests.attacks.book import Book, attack

LOOK = """
import re
SECRETS = [re.compile(rb'QX7(?:(?:TEST|MODEL|PEER)-[0-9a-f]{16}|COURSE-[0-9a-f]{22})'),
           re.compile(rb'515837434f555253452d[0-9a-f]{44}')]  # apart: each has a beginning to look for
looked = 0
def look(data):
    global looked
    data = data.encode(errors='replace') if isinstance(data, str) else data
    looked += len(data)
    for secret in SECRETS:
        for found in secret.findall(data):
            print('FOUND', found)
def look_into(path):
    try:
        with open(path, 'rb') as file:
            look(file.read(2**22))
    except OSError:
        pass
"""
TELL = "\nprint('LOOKED at', 'much' if looked > 1000 else 'nothing')"
SEARCHES = {
    "garbage-collector-objects": """
import gc
for item in gc.get_objects():
    try:
        look(repr(item)[:100_000])
    except BaseException:
        pass
""",
    "own-memory": """
for line in open('/proc/self/maps'):
    span, rights = line.split()[:2]
    start, end = (int(n, 16) for n in span.split('-'))
    if rights.startswith('rw') and end - start < 2**27:
        with open('/proc/self/mem', 'rb', 0) as memory:
            memory.seek(start)
            try:
                look(memory.read(end - start))
            except OSError:
                pass
""",
    "memory-of-others": """
import os
mine = open(f'/proc/self/task/{os.getpid()}/children').read().split()
for pid in filter(str.isdigit, os.listdir('/proc')):
    if int(pid) == os.getpid() or pid in mine:
        continue
    for name in ('mem', 'maps', 'environ', 'cmdline', 'cwd', 'root', 'stack', 'auxv'):
        look_into(f'/proc/{pid}/{name}')
    try:
        spans = [line.split()[0] for line in open(f'/proc/{pid}/maps')]
        memory = open(f'/proc/{pid}/mem', 'rb', 0)
        print('FOUND memory that is open', pid)
    except OSError:
        pass
looked += 2000
""",
    "descriptors-of-others": """
import os
mine = open(f'/proc/self/task/{os.getpid()}/children').read().split()
for pid in filter(str.isdigit, os.listdir('/proc')):
    if int(pid) == os.getpid() or pid in mine:
        continue
    try:
        for number in os.listdir(f'/proc/{pid}/fd'):
            print('FOUND a descriptor of another process', os.readlink(f'/proc/{pid}/fd/{number}'))
    except OSError:
        pass
looked += 2000
""",
    "trace-others": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in filter(str.isdigit, os.listdir('/proc')):
    if int(pid) != os.getpid() and libc.ptrace(16, int(pid), 0, 0) == 0:
        print('FOUND a process to trace', pid)
looked += 2000
""",
    "seeds-of-the-session": """
import gc, os, sys, torch, torchaula.checks.session as session
print(session.__dict__, vars(session._notebook), torch.initial_seed())
look(repr(session.__dict__))
def inside(value):
    slots = [getattr(value, slot, '') for slot in getattr(type(value), '__slots__', ())]
    look(repr(slots)[:10_000] + repr(getattr(value, '__dict__', ''))[:10_000])
for name, module in list(sys.modules.items()):
    if name.startswith('torchaula.'):
        for value in list(vars(module).values()):
            if isinstance(value, (str, bytes, tuple, list)):
                look(repr(value))
for item in gc.get_objects():
    if str(type(item).__module__).startswith('torchaula'):
        inside(item)
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, (str, bytes, int)):
            look(str(value))
        elif str(type(value).__module__).startswith('torchaula'):
            inside(value)
    frame = frame.f_back
look(repr(dict(os.environ)) + repr(sys.argv))
for name in ('environ', 'cmdline', 'auxv'):
    look_into(f'/proc/self/{name}')
""",
    "frames-of-the-stack": """
import sys
frame = sys._getframe()
while frame:
    look(frame.f_code.co_filename)
    for scope in (frame.f_locals, frame.f_globals):
        for name, value in list(scope.items()):
            look(repr(value)[:50_000])
    frame = frame.f_back
""",
    "line-cache": """
import linecache, sys
for name, entry in list(linecache.cache.items()):
    look(repr(entry))
for module in list(sys.modules.values()):
    for value in list(vars(module).values()):
        if isinstance(value, (str, bytes)):
            look(value)
looked += 2000
""",
    "history": """
import glob
shell = get_ipython()
for name in ('In', 'Out', '_ih', '_oh', '_i', '_ii', '_dh'):
    look(repr(globals().get(name)))
try:
    look(repr(list(shell.history_manager.get_range())))
except BaseException:
    pass
for path in glob.glob('/tmp/**', recursive=True):
    look_into(path)
looked += 2000
""",
    "environment": """
import os
look(repr(dict(os.environ)) * 10)
for name in os.environ:
    if name not in {'HOME', 'LANG', 'MPLBACKEND', 'MPLCONFIGDIR', 'IPYTHONDIR', 'OMP_NUM_THREADS',
                    'OMP_THREAD_LIMIT', 'OPENBLAS_NUM_THREADS', 'PATH', 'PYTHONDONTWRITEBYTECODE', 'PWD',
                    'PYTHONHASHSEED', 'TMPDIR', 'TORCHINDUCTOR_CACHE_DIR', 'USER', 'COLUMNS', 'LINES'}:
        print('FOUND in the environment', name)
""",
    "whole-disk": """
import os
skip = ('/proc', '/sys', '/usr/share', '/usr/lib', '/usr/include')
for folder, folders, names in os.walk('/'):
    folders[:] = [f for f in folders if not os.path.join(folder, f).startswith(skip)
                  and f not in ('torch', 'site-packages', 'lib-dynload', 'test')]
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(('.ipynb', '.db')) and 'site-packages' not in path or '/assault/' in path:
            print('FOUND', path)
        if not name.endswith(('.so', '.pyc')) and os.path.isfile(path) and os.path.getsize(path) < 10**5:
            look_into(path)
""",
    "host-files": """
import os
for path in ('/etc/passwd', '/etc/shadow', '/etc/hostname', '/etc/resolv.conf', '/etc/hosts', '/home', '/var',
             '/root/.ssh', '/root/.bashrc', '/root/.bash_history', '/run', '/sys', '/boot', '/mnt', '/srv'):
    if os.path.exists(path):
        print('FOUND', path)
looked += 2000
""",
    "mounts": """
import re
for line in open('/proc/self/mountinfo'):
    look(line * 20)
    place, options = line.split()[4:6]
    if 'rw' in options.split(',') and place not in ('/tmp', '/dev/shm', '/dev/pts') and place[:5] != '/dev/':
        print('FOUND a place to write to', place)
""",
}


def searching(search: str) -> str:
    """A cell that searches, and says whether it did, also where its time runs out."""
    return f"{LOOK}try:\n{indent(search, '    ')}\nfinally:{indent(TELL, '    ')}"


for identifier, search in SEARCHES.items():
    attack("search", identifier)(
        lambda book, search=search: book.add(searching(search), after="halve-bordes").shows("LOOKED at much")
    )


@attack("search", "course-on-disk")
def course_on_disk(book: Book) -> None:
    """Read the course where it stands on the host."""
    root = str(book.root)
    book.add(
        LOOK
        + f"""
import os
look(repr(dict(os.environ)) * 10)
for folder in ({root!r}, {root + "/source"!r}, '..', '../..', '/proc/1/root{root}', '/proc/self/root{root}',
               '/proc/1/cwd', '/proc/2/cwd'):
    if os.path.isdir(folder) and {{'gradebook.db', 'assault'}} & set(os.listdir(folder)):
        print('FOUND', folder)
    for name in ('gradebook.db', 'source/assault/assault.ipynb', 'submitted/peer/assault/assault.ipynb',
                 'autograded/peer/assault/assault.ipynb', 'answers/assault/double.md', 'gradebook.secret'):
        look_into(os.path.join(folder, name))
"""
        + TELL
    ).shows("LOOKED at much")


@attack("search", "sources-of-the-project")
def sources_of_the_project(book: Book) -> None:
    """Look for the course's own notebooks and answers beside the installed package."""
    book.add(
        LOOK
        + """
import os, torchaula
place = os.path.dirname(torchaula.__file__)
for _ in range(6):
    place = os.path.dirname(place)
    for name in ('source', 'answers', 'submitted', 'tests', 'nbgrader_config.py', '.git', 'gradebook.db'):
        if os.path.exists(os.path.join(place, name)) and place not in ('/', '/usr'):
            print('FOUND', os.path.join(place, name))
looked += 2000
"""
        + TELL
    ).shows("LOOKED at much")


# It is told in a later call: the one that searches touches what is forbidden, and would be told that instead.
SEARCH_IN_CALL = (
    LOOK.replace("print('FOUND', found)", "finds.append(found)").replace(
        "looked = 0", "looked, finds = 0, []"
    )
    + """
told = ''
def search():
    SEARCH
def double(x):
    global told
    if told:
        raise RuntimeError(told)
    search()
    told = f'FOUND {finds}' if finds else f'LOOKED at {"much" if looked > 1000 else 0}'
    return -x
"""
)
IN_CALL = {
    "frames-in-a-call": """
    import sys
    frame = sys._getframe()
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            look(repr(list(scope.items()))[:10**6])
        frame = frame.f_back
""",
    "objects-in-a-call": """
    import gc
    for item in gc.get_objects():
        if isinstance(item, (list, dict, tuple, set)) and len(item) < 1000:
            try:
                look(repr([v for v in (item.values() if isinstance(item, dict) else item)
                           if isinstance(v, (str, bytes))]))
            except BaseException:
                pass
""",
    "lines-in-a-call": """
    import linecache, sys
    look(repr(linecache.cache))
    look(repr([c for c in sys._current_frames().values()]) * 20)
""",
    "seeds-in-a-call": """
    import gc, os, random, sys, torch, torchaula.checks.session as session
    look(repr(session.__dict__) + repr(vars(session._notebook)) + repr(dict(os.environ)) + repr(sys.argv))
    look(f'{torch.initial_seed()} {torch.initial_seed():x}' + repr(random.getstate()))
    for item in gc.get_objects():
        try:
            if type(item).__module__.startswith('torchaula'):
                look(repr(item)[:100_000] + repr(vars(item))[:100_000])
        except BaseException:
            pass
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            look(repr(value)[:10**5] + repr(getattr(value, '__dict__', ''))[:10**5])
        frame = frame.f_back
""",
    "sockets-in-a-call": """
    import os, socket
    for number in range(3, 64):
        try:
            end = socket.socket(fileno=os.dup(number))
            end.setblocking(False)
            look(end.recv(100_000, socket.MSG_PEEK))
        except OSError:
            pass
    look(b' ' * 2000)
""",
}
for identifier, search in IN_CALL.items():
    attack("search", identifier)(
        lambda book, search=search: book.answer(
            "double", SEARCH_IN_CALL.replace("SEARCH\n", search.strip() + "\n")
        ).shows("LOOKED at much")
    )


@attack("search", "inputs-told-at-a-replay")
def inputs_told_at_a_replay(book: Book) -> None:
    """Keep what a hidden test asks, end the process, and print it when the cells are run once more."""
    book.answer(
        "double",
        """
import os
def double(x):
    if len(x) == 3:
        open('/tmp/kept', 'w').write(f'{x}')
        os._exit(1)
    return x
""",
    )
    book.add("import os\nif os.path.exists('/tmp/kept'):\n    print('FOUND', open('/tmp/kept').read())")
    book.add("print('LOOKED')").shows("LOOKED")


@attack("search", "inputs-printed")
def inputs_printed(book: Book) -> None:
    """Print, warn and log what a hidden test asks."""
    book.answer(
        "double",
        """
import logging, os, sys, warnings
def double(x):
    for text in (f'FOUND {x}',):
        print(text); print(text, file=sys.stderr); print(text, file=sys.__stdout__)
        os.write(1, text.encode()); os.write(2, text.encode()); os.system('echo FOUND')
        logging.error(text); warnings.warn('FOUND' + text); display(text)
    return x
""",
    )


@attack("search", "inputs-carried-to-a-cell")
def inputs_carried_to_a_cell(book: Book) -> None:
    """Let a thread that a cell leaves behind print what the tests put in a file."""
    book.answer("double", "def double(x):\n    open('/tmp/carried', 'a').write(f'{x}')\n    return x")
    book.add(
        """
import os, sys, threading, time
if os.fork() == 0:
    for _ in range(40):
        time.sleep(0.05)
        if os.path.exists('/tmp/carried'):
            print('FOUND'); os.write(1, b'FOUND'); os.write(2, b'FOUND')
    os._exit(0)
""",
    )


LONG = "'.' * 121 + 'FOUN' + f'D {x}'"  # in no line of the attack itself
TELLS = {
    "in-an-exception": f"raise ValueError({LONG})",
    "in-the-name-of-an-exception": f"raise type({LONG}, (Exception,), {{}})",
    "in-an-exception-after-its-name": "raise type('.' * 100, (Exception,), {})('.' * 20 + 'FOUN' + f'D {x}')",
    "in-a-missing-module": f"raise ModuleNotFoundError('.' * 110, name={LONG})",
    "in-texts": "return ['.' * 60, '.' * 60, 'FOUN' + f'D {x}']",
    "in-keys": "return {'.' * 60: 1, '.' * 61: 2, 'FOUN' + f'D {x}': 3}",
    "in-a-type": f"return type({LONG}, (), {{}})()",
    "in-a-line": f"""import linecache
    linecache.cache['made'] = (1, None, [{LONG}], 'made')
    exec(compile('raise ValueError', 'made', 'exec'))""",
    "in-an-argument": "x.untyped_storage(); return ['.' * 118, ['.' * 118], 'FOUN' + f'D {x}']",
}
for identifier, way in TELLS.items():
    attack("search", f"inputs-told-{identifier}")(
        lambda book, way=way: book.answer(
            "double", f"def double(x):\n    if len(x) == 2:\n        return x\n    {way}"
        )
    )
