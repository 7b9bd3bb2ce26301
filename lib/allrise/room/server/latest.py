"""The last value at once, while a fresh one is being made.

The service recomputes results and boards after every change. A page that waited for that would keep a phone waiting
behind work that it did not ask for; it takes the last value, and the next poll the new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Most values kept; more sessions than anyone runs at once.
MOST_KEPT = 500
#: Longest that a reader waits for a fresh value when there is something else to show, in seconds: nobody notices it.
LONGEST_WAIT = 0.12


class Latest(Generic[K, V]):
    """Values by key; one load of a key at a time.

    Parameters
    ----------
    load
        Brings a fresh value.
    patience
        Seconds to wait for it when there is a recent one.
    recent
        Seconds for which a value is recent; for a fresh one instead of an older one a reader waits a little longer.
    meanwhile
        What to show when there has been no value yet and the first takes longer than that, or fails; None to wait.
    """

    def __init__(
        self,
        load: Callable[[K], Awaitable[V]],
        patience: float = 0.02,
        recent: float = 1.0,
        meanwhile: Callable[[K], V] | None = None,
    ) -> None:
        self._load, self._patience, self._recent, self._meanwhile = load, patience, recent, meanwhile
        self._at: dict[K, float] = {}
        self._last: dict[K, V] = {}
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """Return the fresh value, or the last one when the fresh one takes longer than the patience."""
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(self._fetch(key))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        if key in self._last:
            old = asyncio.get_running_loop().time() - self._at[key] > self._recent
            await asyncio.wait({task}, timeout=LONGEST_WAIT if old else self._patience)
            if not task.done() or task.exception() is not None:
                return self._last[key]
        elif self._meanwhile is not None:
            await asyncio.wait({task}, timeout=LONGEST_WAIT)
            if not task.done() or task.exception() is not None:
                return self._meanwhile(key)
        return await asyncio.shield(task)

    async def _fetch(self, key: K) -> V:
        value = await self._load(key)
        if len(self._last) >= MOST_KEPT:
            self._last.pop(next(iter(self._last)))
        self._last[key], self._at[key] = value, asyncio.get_running_loop().time()
        return value

    def _finished(self, key: K, task: asyncio.Task[V]) -> None:
        self._tasks.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waited has been told
