"""Build and install a seccomp filter for student processes: it refuses or fakes some system calls.

It refuses calls that reach other processes or outlive a submission (keys, queues, tracing, other processes'
limits), calls that only add attack surface (`bpf`, `io_uring`), calls that tell which pages of a file others
have read (all programs share the page cache), and memory that no process maps, since nothing counts it.
Calls that change a file's metadata, give advice about its pages or ask for larger buffers do nothing but
report success: honest code makes them and ignores the outcome, and they affect the whole machine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

# The number of each call by machine; -1 where a machine has no such call.
MACHINES = ("x86_64", "aarch64")
AUDIT = (0xC000003E, 0xC00000B7)
REFUSED = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "cachestat": (451, 451),
    "chroot": (161, 51),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mincore": (27, 232),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "shmget": (29, 194),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),  # a pipe would keep whole huge pages that are no longer mapped
}
PRETENDED = {
    "chmod": (90, -1),
    "chown": (92, -1),
    "fadvise64": (221, 223),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "file_setattr": (469, 469),
    "fsetxattr": (190, 7),
    "futimesat": (261, -1),
    "lchown": (94, -1),
    "lsetxattr": (189, 6),
    "readahead": (187, 213),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "utime": (132, -1),
    "utimensat": (280, 88),
    "utimes": (235, -1),
}
# Calls whose first argument must be this value: 0 means the process itself, 1 means Unix sockets. Network
# sockets reach nothing here, and could keep gigabytes in their buffers.
ONLY = {
    "prlimit64": ((302, 261), 0),
    "sched_setaffinity": ((203, 122), 0),
    "socket": ((41, 198), 1),
}


@dataclass(frozen=True)
class Argument:
    """A call that is stopped if one argument is one of `values` or, where `is_bits`, has a bit of them."""

    numbers: tuple[int, int]
    place: int
    values: tuple[int, ...]
    error: int = 0  # 0: the call does nothing and reports success
    is_bits: bool = False


BY_ARGUMENT = {
    # FS_IOC32_SETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
    "ioctl": Argument((16, 29), 1, (0x40046602, 0x40086602, 0x401C5820)),
    "fcntl": Argument((72, 25), 1, (1031,), errno.EPERM),  # F_SETPIPE_SZ
    "madvise": Argument((28, 233), 2, (20, 21)),  # MADV_COLD, MADV_PAGEOUT
    # RWF_NOWAIT fails where a page isn't in the cache; RWF_DONTCACHE drops it from the cache.
    "preadv2": Argument((327, 286), 5, (0x8 | 0x80,), errno.EOPNOTSUPP, is_bits=True),
    "pwritev2": Argument((328, 287), 5, (0x8 | 0x80,), errno.EOPNOTSUPP, is_bits=True),
    # SO_SNDBUF, SO_RCVBUF, SO_…BUFFORCE; at every level, since honest code sets no such numbers at others
    "setsockopt": Argument((54, 208), 2, (7, 8, 32, 33)),
}

X32 = 0x40000000  # x86_64's calls with 32-bit pointers start here
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF
NUMBER, MACHINE, FIRST = 0, 4, 16  # offsets in the filter's input, `seccomp_data`
ALLOW, ERROR = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, PR_GET_SECCOMP, MODE_FILTER = 22, 21, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def require() -> None:
    """Raise `OSError` where no filter can be installed: a sandbox without one must not start."""
    if platform.machine() not in MACHINES or ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        raise OSError(f"no seccomp filter for student code on this machine ({platform.machine()})")


def confine() -> None:
    """Filter the calls of this process and its descendants; this can't be undone. Raises `OSError`."""
    code = b"".join(_filter(MACHINES.index(platform.machine())))
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _filter(machine: int) -> Iterator[bytes]:
    refuse = _step(RETURN, ERROR | errno.EPERM)
    pretend = _step(RETURN, ERROR)
    allow = _step(RETURN, ALLOW)
    yield _step(LOAD, MACHINE)
    yield from (_step(JUMP_EQUAL, AUDIT[machine], 1, 0), refuse)
    yield _step(LOAD, NUMBER)
    yield from (_step(JUMP_AT_LEAST, X32, 0, 1), refuse)
    for table, verdict in ((REFUSED, refuse), (PRETENDED, pretend)):
        for numbers in table.values():
            if numbers[machine] >= 0:
                yield from (_step(JUMP_EQUAL, numbers[machine], 0, 1), verdict)
    for numbers, first in ONLY.values():
        yield from (_step(JUMP_EQUAL, numbers[machine], 0, 4), _step(LOAD, FIRST))
        yield from (_step(JUMP_EQUAL, first, 1, 0), refuse, allow)
    for call in BY_ARGUMENT.values():
        yield from _by_argument(call, machine)
    yield allow


def _by_argument(call: Argument, machine: int) -> Iterator[bytes]:
    """The instructions that handle one call and skip all others."""
    jump = JUMP_BITS if call.is_bits else JUMP_EQUAL
    yield _step(JUMP_EQUAL, call.numbers[machine], 0, 2 * len(call.values) + 2)
    yield _step(LOAD, FIRST + 8 * call.place)
    for value in call.values:
        yield from (_step(jump, value, 0, 1), _step(RETURN, ERROR | call.error))
    yield _step(RETURN, ALLOW)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
