"""Values that many readers share: loaded once a change, and no more often than asked.

500 phones that ask at once cost one read of the database; the others wait for the same future.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Most values kept; the one loaded longest ago goes first.
MOST_KEPT = 2_000


@dataclass(slots=True)
class _Entry(Generic[V]):
    done: Future[V] | None = None  # last successful load
    loading: Future[V] | None = None
    loading_change: int = -1
    loaded_change: int = -1
    loaded_at: float = float("-inf")
    change: int = 0


@dataclass(slots=True)
class Shared(Generic[K, V]):
    """Loads values in an executor and shares them.

    Parameters
    ----------
    load
        Reads the value of a key; called in the executor.
    executor
        Where to load.
    recheck
        Seconds after which a value is loaded again although no change was announced (another process may write).
    rest
        Least seconds between two loads of one key; until then a changed value is served as it was.
    keep_last
        Serve the last value when a load fails, so that the hall never sees an error.
    """

    load: Callable[[K], V]
    executor: Executor
    recheck: float = 1.0
    rest: float = 0.0
    keep_last: bool = True
    now: Callable[[], float] = time.monotonic
    _entries: dict[K, _Entry[V]] = field(default_factory=dict["K", "_Entry[V]"])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def changed(self, matches: Callable[[K], bool]) -> None:
        """Announce that the values of some keys have changed."""
        with self._lock:
            for key, entry in self._entries.items():
                if matches(key):
                    entry.change += 1

    def get(self, key: K) -> Future[V]:
        """Return a future of the value; already done when it is at hand."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                if len(self._entries) >= MOST_KEPT:
                    self._forget_one()
                entry = self._entries[key] = _Entry()
            age = self.now() - entry.loaded_at
            if (
                entry.done is not None
                and age < self.recheck
                and (entry.loaded_change == entry.change or age < self.rest)
            ):
                return entry.done
            # Only what another process wrote can be missing: nobody waits for that, the next reader has it.
            meanwhile = entry.done if entry.loaded_change == entry.change and age < 2 * self.recheck else None
            if entry.loading is not None and entry.loading_change == entry.change:
                return meanwhile or entry.loading
            future: Future[V] = Future()
            future.set_running_or_notify_cancel()
            entry.loading, entry.loading_change = future, entry.change
        self.executor.submit(self._load, key, entry, future, entry.loading_change)
        return meanwhile or future

    def _load(self, key: K, entry: _Entry[V], future: Future[V], change: int) -> None:
        try:
            value = self.load(key)
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told
            with self._lock:
                last = entry.done if self.keep_last else None
                if entry.loading is future:
                    entry.loading = None
                if last is None and entry.done is None:
                    self._entries.pop(key, None)
            if last is not None:
                future.set_result(last.result())
            else:
                future.set_exception(error)
            return
        future.set_result(value)
        with self._lock:
            if entry.loading is future:
                entry.loading = None
            if change >= entry.loaded_change:
                entry.done, entry.loaded_change, entry.loaded_at = future, change, self.now()

    def _forget_one(self) -> None:
        oldest = min(self._entries, key=lambda k: self._entries[k].loaded_at)
        del self._entries[oldest]
