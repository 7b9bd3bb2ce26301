"""Statement boards, worked out beside the server.

The honesty rules cluster the room of a closed board more than a hundred times: a short-lived process
(:mod:`allrise.room.server.grouping`) does it, and until it is done the last ones are shown. An open board tells of no groups
and is soon worked out; the process that is there for other results does it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allrise.room.errors import RoomError
from allrise.room.server.apart import run_apart
from allrise.room.server.board import Board
from allrise.room.shown import BOARD

if TYPE_CHECKING:
    from collections.abc import Callable

    from allrise.room.service import Service

    Quick = Callable[[Service, str, str], Mapping[str, Any]]

log = logging.getLogger(__name__)

#: Least seconds between two workings of one board.
REST_SECONDS = 10.0
LONGEST_SECONDS = 120.0


class Opinions:
    """Starts the workings and keeps the last result of each board; safe to call from any thread."""

    def __init__(self, rest: float = REST_SECONDS) -> None:
        self._rest = rest
        self._last: dict[tuple[str, str], Board] = {}
        self._begun: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], tuple[Service, Quick | None]] = {}
        self._busy = False
        self._lock = threading.Lock()

    def last(self, code: str, question: str) -> Board | None:
        """Return the last result, or None before the first."""
        return self._last.get((code, question))

    def offer(
        self, service: Service, code: str, question: str, version: int, *, closed: bool, quick: Quick | None = None
    ) -> None:
        """Have a board worked out, unless that was just done; returns at once.

        Parameters
        ----------
        service
            The room's.
        code, question
            Which board.
        version
            Last event that changed it.
        closed
            Whether the question takes no more votes.
        quick
            Works an open board out; without it, a process of its own does.
        """
        key = (code, question)
        last = self._last.get(key)
        if last is not None and last.version >= version and last.closed == closed:
            return
        with self._lock:
            self._waiting[key] = service, None if closed else quick
            if closed and (last is None or not last.closed):
                self._begun.pop(key, None)  # the hall waits for it now
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._work, name="allrise-room-opinions", daemon=True).start()

    def _work(self) -> None:
        while True:
            asked = None
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                key = min(self._waiting, key=lambda k: self._begun.get(k, 0.0))
                wait = self._begun.get(key, float("-inf")) + self._rest - time.monotonic()
                if wait <= 0:
                    asked = self._waiting.pop(key)
                    self._begun[key] = time.monotonic()
            if asked is None:
                time.sleep(min(wait, 1.0))
                continue
            try:
                self._worked_out(*asked, *key)
            except (OSError, subprocess.SubprocessError, ValueError, RoomError) as error:
                log.warning("opinion groups of %s could not be worked out: %s", key[1], error)

    def _worked_out(self, service: Service, quick: Quick | None, code: str, question: str) -> None:
        found: Mapping[str, Any]
        if quick is not None:
            found = quick(service, code, question)
        else:
            asked = {"database": service.database.address, "code": code, "question": question}
            found = json.loads(run_apart("allrise.room.server.grouping", json.dumps(asked).encode(), LONGEST_SECONDS))
        # Written down before anyone sees it; when another server was quicker, the next round begins from there.
        if service.remember_now(code, question, BOARD, found["revision"], found["content"]):
            self._last[code, question] = Board.of(found["content"]["board"])
