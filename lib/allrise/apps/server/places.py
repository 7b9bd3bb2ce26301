"""Who may open a page now, and who waits: pages start a few at a time, and no more than the machine holds.

Pure bookkeeping over a clock, so that it can be tested without a browser.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """A visitor's place: ``ahead`` people are before them; 0 and ``admitted``: the page may start."""

    ticket: str
    admitted: bool
    ahead: int = 0


@dataclass(slots=True)
class Places:
    """The places of one server.

    Parameters
    ----------
    most
        Pages that may be open at once.
    starting
        Pages that may start at once: on few processors three or four are quickest for all.
    patience
        Seconds after which a waiting visitor who no longer asks has left the queue.
    longest
        Seconds after which a page that has not started gives its place back, whatever happened to it.
    """

    most: int
    starting: int = 3
    patience: float = 15.0
    longest: float = 60.0
    now: Callable[[], float] = time.monotonic
    _queue: OrderedDict[str, float] = field(default_factory=OrderedDict[str, float])
    _begun: dict[str, float] = field(default_factory=dict[str, float])

    def ask(self, ticket: str, open_pages: int) -> Place:
        """Ask for a place, or again with the ticket one has; ``open_pages`` are the pages that are open now.

        The queue is first come, first served; a ticket nobody knows joins its end.
        """
        return self._ask(ticket, open_pages, take=True)

    def look(self, ticket: str, open_pages: int) -> Place:
        """Say where a waiting ticket stands, without taking the place; ``admitted``: asking now would give it."""
        return self._ask(ticket, open_pages, take=False)

    def started(self, ticket: str) -> None:
        """Give the starting place back: the page has been sent, or failed."""
        self._begun.pop(ticket, None)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def _ask(self, ticket: str, open_pages: int, *, take: bool) -> Place:
        now = self.now()
        for gone in [t for t, seen in self._queue.items() if now - seen > self.patience]:
            del self._queue[gone]
        for stuck in [t for t, begun in self._begun.items() if now - begun > self.longest]:
            del self._begun[stuck]
        if ticket not in self._queue:
            ticket = secrets.token_urlsafe(9)
        self._queue[ticket] = now
        ahead = list(self._queue).index(ticket)
        free = min(self.starting - len(self._begun), self.most - open_pages)
        if ahead >= free:
            return Place(ticket, admitted=False, ahead=ahead)
        if take:
            del self._queue[ticket]
            self._begun[ticket] = now
        return Place(ticket, admitted=True)


def places_for(memory_bytes: int) -> int:
    """Return how many pages this much free memory holds: 70 MB each, 512 MB kept for everything else."""
    return max(4, min(250, (memory_bytes - 512 * 2**20) // (70 * 2**20)))
