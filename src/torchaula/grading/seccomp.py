"""What a student process may not ask of the kernel: a seccomp filter, written by hand.

Three kinds of calls: what reaches other processes or outlives a submission (keys, queues, tracing, other
processes' limits) is refused, and so is what only widens the kernel's open side (`bpf`, `io_uring`). What
changes a file's metadata does nothing and says that it worked: honest code copies rights and times
without minding, and devices are the whole machine's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

# Numbers by machine; where one of them has no such call, -1.
MACHINES = ("x86_64", "aarch64")
AUDIT = (0xC000003E, 0xC00000B7)
REFUSED = {
    "add_key": (248, 217),
    "bpf": (321, 280),
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
    "migrate_pages": (256, 238),
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
}
PRETENDED = {
    "chmod": (90, -1),
    "chown": (92, -1),
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
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "utime": (132, -1),
    "utimensat": (280, 88),
    "utimes": (235, -1),
}
ONLY_ITSELF = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}  # the first argument is 0: itself
IOCTL = (16, 29)
SET_FLAGS = (0x40046602, 0x40086602, 0x401C5820)  # FS_IOC32_SETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR

X32 = 0x40000000  # x86_64's calls with 32-bit pointers start here
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF
NUMBER, MACHINE, FIRST, SECOND = 0, 4, 16, 24  # offsets in what the filter is given, `seccomp_data`
ALLOW, ERROR = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, PR_GET_SECCOMP, MODE_FILTER = 22, 21, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def require() -> None:
    """Raise `OSError` where a filter can't be set: better no sandbox than half of one."""
    if platform.machine() not in MACHINES or ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        raise OSError(f"no seccomp filter for student code on this machine ({platform.machine()})")


def confine() -> None:
    """Filter the calls of this process and of all that it starts, for ever. Raises `OSError`."""
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
    for numbers in ONLY_ITSELF.values():
        yield from (_step(JUMP_EQUAL, numbers[machine], 0, 4), _step(LOAD, FIRST))
        yield from (_step(JUMP_EQUAL, 0, 1, 0), refuse, allow)
    yield from (_step(JUMP_EQUAL, IOCTL[machine], 0, 2 * len(SET_FLAGS) + 1), _step(LOAD, SECOND))
    for flags in SET_FLAGS:
        yield from (_step(JUMP_EQUAL, flags, 0, 1), pretend)
    yield allow


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, value)
