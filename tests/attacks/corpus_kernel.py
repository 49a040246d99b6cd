"""Attacks by way of the kernel's memory: the page cache as a channel, and memory that no process maps."""

from __future__ import annotations

from tests.attacks.book import cells

CALLS = """
import ctypes, errno, mmap, os, platform, resource, torch
libc = ctypes.CDLL(None, use_errno=True)
numbers = {
    'x86_64': dict(mincore=27, madvise=28, readahead=187, fadvise=221, vmsplice=278, memfd=319, preadv2=327,
                   pwritev2=328, memfd_secret=447, cachestat=451),
    'aarch64': dict(mincore=232, madvise=233, readahead=213, fadvise=223, vmsplice=75, memfd=279, preadv2=286,
                    pwritev2=287, memfd_secret=447, cachestat=451),
}[platform.machine()]
long = ctypes.c_long
def call(name, *given):
    ctypes.set_errno(0)
    return libc.syscall(numbers[name], *(long(g) if isinstance(g, int) else g for g in given))
path = torch.__file__
shared = os.open(path, os.O_RDONLY)
size = os.path.getsize(path)
"""
TOLD = "\nprint('TRIED')"
ATTACKS = {
    "cache-by-mincore": """
place = mmap.mmap(shared, size, prot=mmap.PROT_READ, flags=mmap.MAP_SHARED)
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, long(size), 1, 1, shared, long(0))
seen = ctypes.create_string_buffer(size // 4096 + 1)
if call('mincore', ctypes.c_void_p(at), size, seen) == 0:
    print('FOUND which pages are there', sum(b & 1 for b in seen.raw))
""",
    "cache-by-cachestat": """
span = (ctypes.c_uint64 * 2)(0, 0)
found = (ctypes.c_uint64 * 5)()
if call('cachestat', shared, span, found, 0) == 0:
    print('FOUND which pages are there', list(found))
""",
    "cache-by-reads-that-do-not-wait": """
class Vector(ctypes.Structure):
    _fields_ = (('base', ctypes.c_void_p), ('length', ctypes.c_size_t))
text = ctypes.create_string_buffer(4096)
one = Vector(ctypes.addressof(text), 4096)
for flags in (8, 8 | 1, 0x80, 0x88):  # RWF_NOWAIT, RWF_HIPRI, RWF_DONTCACHE
    got = call('preadv2', shared, ctypes.byref(one), 1, 0, 0, flags)
    if got >= 0 or ctypes.get_errno() == errno.EAGAIN:
        print('FOUND whether a page is there', flags, got)
mine = os.open('/tmp/mine', os.O_RDWR | os.O_CREAT)
if call('pwritev2', mine, ctypes.byref(one), 1, 0, 0, 8) >= 0:
    print('FOUND a write that does not wait')
if call('preadv2', shared, ctypes.byref(one), 1, 0, 0, 0) <= 0 or os.preadv(shared, [bytearray(9)], 0) != 9:
    print('FOUND that honest reads fail')
try:
    os.preadv(shared, [bytearray(9)], 0, os.RWF_NOWAIT)
    print('FOUND whether a page is there')
except OSError:
    pass
""",
    "cache-emptied-by-advice": """
class Vector(ctypes.Structure):
    _fields_ = (('base', ctypes.c_void_p), ('length', ctypes.c_size_t))
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, long(size), 1, 2, shared, long(0))
for each in range(0, size, 4096):
    ctypes.string_at(at + each, 1)
for advice in (20, 21):  # cold, page out
    call('madvise', ctypes.c_void_p(at), size, advice)
os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_DONTNEED)  # says that it worked
call('readahead', shared, 0, size)
before = resource.getrusage(resource.RUSAGE_SELF)
for each in range(0, size, 4096):
    ctypes.string_at(at + each, 1)
after = resource.getrusage(resource.RUSAGE_SELF)
if after.ru_majflt > before.ru_majflt + 3 or after.ru_minflt > before.ru_minflt + 3:
    print('FOUND that pages went', after.ru_majflt - before.ru_majflt, after.ru_minflt - before.ru_minflt)
""",
    "memory-in-files-without-names": """
for name, given in (('memfd', (b'x', 0)), ('memfd', (b'x', 4)), ('memfd_secret', (0,))):
    if call(name, *given) >= 0:
        print('FOUND memory that nobody counts', name)
try:
    os.memfd_create('x')
    print('FOUND memory that nobody counts')
except OSError:
    pass
""",
    "memory-in-large-pipes": """
import fcntl
end, begin = os.pipe()
for size in (2**20, 2**18, 2**17):
    try:
        fcntl.fcntl(begin, 1031, size)
        print('FOUND a larger pipe', fcntl.fcntl(begin, 1032))
    except OSError:
        pass
if os.write(begin, b'x' * 60_000) != 60_000:
    print('FOUND that honest pipes fail')
""",
    "memory-in-pipes-by-reference": """
class Vector(ctypes.Structure):
    _fields_ = (('base', ctypes.c_void_p), ('length', ctypes.c_size_t))
end, begin = os.pipe()
text = ctypes.create_string_buffer(8192)
if call('vmsplice', begin, ctypes.byref(Vector(ctypes.addressof(text), 8192)), 1, 0) > 0:
    print('FOUND pages that a pipe keeps')
""",
    "memory-in-large-sockets": """
import socket
for family in (socket.AF_UNIX, socket.AF_INET):
    try:
        end = socket.socket(family)
    except OSError:
        continue
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33):
        before = end.getsockopt(socket.SOL_SOCKET, option if option < 32 else option - 25)
        try:
            end.setsockopt(socket.SOL_SOCKET, option, 2**22)
        except OSError:
            pass
        if end.getsockopt(socket.SOL_SOCKET, option if option < 32 else option - 25) > before:
            print('FOUND a larger buffer')
""",
}
ATTACKS |= {
    "memory-in-sockets-of-networks": """
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind)
            print('FOUND buffers of networks', family)
        except OSError:
            pass
""",
}
# Too much of it ends the cell, so that nothing is printed.
HOARDS = {
    "memory-in-many-sockets": """
import os, socket, time
for _ in range(4):
    if os.fork() == 0:
        kept = [socket.socket(socket.AF_UNIX) for _ in range(480)]
        time.sleep(9)
time.sleep(2)
print('FOUND more sockets than anybody needs')
""",
    "memory-in-empty-files": """
import os, time
for number in range(150_000):
    os.close(os.open(f'/tmp/{number}', os.O_CREAT))
time.sleep(2)
print('FOUND more files than anybody needs')
""",
}
cells("kernel", HOARDS)
cells("kernel", {name: CALLS + text + TOLD for name, text in ATTACKS.items()}, proof="TRIED")
