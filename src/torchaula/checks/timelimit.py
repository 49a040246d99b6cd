"""Limit the time of code in its own process, by timers: no second process has to watch it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# A busy machine is not the learner's fault: so CPU time counts, and the clock allows this many times as much.
BACKSTOP = 5.0
# Seconds for one call, if its exercise sets no others. Right answers take hundredths of a second, but the
# first use of an optimiser imports modules, which takes a second, and more on a slow laptop.
SECONDS = 3.0
IDLE = 0.2  # of the allowed CPU time: code that used less of it was waiting

AT_ONCE = 0.001  # seconds until an alarm that is overdue; zero would mean no alarm


class TimeLimit(BaseException):
    """The block took too long. Not an `Exception`, so that `except Exception` can't swallow it.

    `is_idle`: it waited for something nearly all the time, and hardly computed.
    """

    def __init__(self, is_idle: bool = False) -> None:
        super().__init__()
        self.is_idle = is_idle


@contextmanager
def time_limit(seconds: float, clock: float | None = None) -> Iterator[None]:
    """Raise `TimeLimit` in the block after `seconds` of CPU time, or `clock` seconds (default: five times).

    A limit around this one stays in force: the block's time counts for both.
    Does nothing where the system has no such timers (Windows) or outside the main thread.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    begun, started = time.process_time(), time.monotonic()

    def expire(number: int, frame: FrameType | None) -> None:
        raise TimeLimit(time.process_time() - begun < IDLE * seconds)

    clock = BACKSTOP * seconds if clock is None else clock
    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, clock))
    handlers = [signal.signal(number, expire) for number, _, _ in timers]
    # The timers repeat, in case code ignores the first exception (a finaliser, a bare `except`).
    outer = [signal.setitimer(timer, after, 1.0) for _, timer, after in timers]
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, handlers, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        used = (time.process_time() - begun, time.monotonic() - started)
        for (_, timer, _), (left, interval), spent in zip(timers, outer, used, strict=True):
            if left:
                signal.setitimer(timer, max(left - spent, AT_ONCE), interval)
