"""Who is here now: kept in memory, because a phone that went away says nothing."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

#: A phone counts as present this many seconds after it was last heard of; phones ask every 3 s, backing off to 30.
PRESENT_SECONDS = 45.0
#: More are not counted: made-up tokens must not fill the memory.
MOST_PHONES = 10_000


class Presence:
    """When each phone was last heard of, by session; by the monotonic clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._heard: dict[str, dict[str, float]] = defaultdict(dict)
        self._lock = threading.Lock()

    def heard(self, code: str, token: str) -> None:
        """Note that a participant's phone has asked for something."""
        with self._lock:
            phones = self._heard[code]
            if token in phones or len(phones) < MOST_PHONES:
                phones[token] = self._now()

    def count(self, code: str) -> int:
        """Return how many are here."""
        with self._lock:
            since = self._now() - PRESENT_SECONDS
            phones = self._heard.get(code, {})
            for token in [t for t, at in phones.items() if at < since]:
                del phones[token]
            return len(phones)
