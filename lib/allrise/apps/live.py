"""Keeps a page fresh: one task in the page's kernel looks at the room and hands news on.

Nothing is printed and no ``Output`` widget takes part: whoever listens sets values of widgets, and only those that
changed travel to the browser.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from allrise.apps.room_link import RoomAway, RoomLink, RoomRefused

log = logging.getLogger(__name__)

Listener = Callable[[dict[str, Any]], None]
Arrived = Callable[[], Awaitable[None]]


class Live:
    """Looks at the room again and again.

    Parameters
    ----------
    link
        The person's line to the room.
    every
        Seconds between two looks.
    questions, view
        Whose results to look at, and how; may be changed at any time.
    arrived
        Awaited between the first look and the next ones: what is told while a page is being built does not reach it.
    """

    def __init__(
        self, link: RoomLink, *, every: float = 1.2, view: str = "room", arrived: Arrived | None = None
    ) -> None:
        self.link, self.every, self.view = link, every, view
        self.questions: list[str] = []
        self._arrived = arrived
        self.away = 0
        #: Called with the reason when the room refuses to be looked at.
        self.refused: Callable[[RoomRefused], None] | None = None
        self._again = False
        self.last: dict[str, Any] = {}
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._now = asyncio.Event()

    def tell(self, listener: Listener) -> None:
        """Call ``listener`` with every look that differs from the one before, and with the last one at once."""
        self._listeners.append(listener)
        if self.last:
            self._hand_on(listener)

    def start(self) -> None:
        """Begin; does nothing when there is no room."""
        if self.link.visit.has_room and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def soon(self) -> None:
        """Look now, after something was sent."""
        self._now.set()

    def again(self) -> None:
        """Look now and tell all listeners, whether there is news or not: someone had no time for the last."""
        self._again = True
        self._now.set()

    async def look(self) -> None:
        """Look once and tell the listeners when there is news."""
        try:
            found = await self.link.look(self.questions, self.view)
        except (RoomAway, RoomRefused) as error:
            self.away += 1
            log.info("the room: %s", error)
            if isinstance(error, RoomRefused) and self.refused is not None:
                self.refused(error)
            return
        self.away = 0
        if found is not self.last or self._again:
            self._again = False
            self.last = found
            for listener in list(self._listeners):
                self._hand_on(listener)

    async def _run(self) -> None:
        await self.look()
        if self._arrived is not None:
            await self._arrived()
        while True:
            self._now.clear()
            await self.look()
            pause = min(self.every * 1.5 ** min(self.away, 5), 8.0)
            try:
                await asyncio.wait_for(self._now.wait(), pause)
            except TimeoutError:
                continue

    def _hand_on(self, listener: Listener) -> None:
        try:
            listener(self.last)
        except Exception:  # one part of a page must not stop the others
            log.exception("a part of the page could not be brought up to date")
