"""The room's clock: it never goes backwards and never jumps, whatever happens to the machine's.

Order in the room is by sequence number, never by time. Times are for people (``saved at 10:42``), for timers and
for the record. Inside one run they follow the monotonic clock (the one that also counts a closed lid, where the
system has it) from the wall time at the start; across runs they never fall behind the last one recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def _boot_time() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _steady() -> Callable[[], float]:
    return _boot_time if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic


class Clock:
    """Wall time in whole milliseconds since 1970 (UTC), monotonic.

    Parameters
    ----------
    wall
        Seconds since 1970; read once.
    steady
        Seconds that only ever grow.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] | None = None) -> None:
        self._steady = steady or _steady()
        self._start = self._steady()
        self._base = int(wall() * 1000)
        self._last = 0
        self._lock = threading.Lock()

    def now(self) -> int:
        """Return the time now, at least the last one returned."""
        with self._lock:
            self._last = max(self._last, self._base + int((self._steady() - self._start) * 1000))
            return self._last

    def not_before(self, moment: int) -> None:
        """Never return a time before this one, for example the last one in the database."""
        with self._lock:
            behind = moment - (self._base + int((self._steady() - self._start) * 1000))
            if behind > 0:
                self._base += behind
