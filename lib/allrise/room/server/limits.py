"""How much one phone may ask of the room: counted by its token, never by its address (a hall shares one)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class TokenBuckets:
    """A bucket of allowances for each token, filled steadily.

    Parameters
    ----------
    rate
        Allowances a second.
    burst
        Most that are saved up: what one may ask at once after a rest.
    most
        Tokens remembered; the one that asked longest ago is forgotten first.
    """

    def __init__(self, rate: float, burst: float, most: int = 5_000, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._most, self._now = rate, burst, most, now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, token: str) -> bool:
        """Take one allowance; False when there is none."""
        now = self._now()
        left, at = self._buckets.pop(token, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        self._buckets[token] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return left >= 1
