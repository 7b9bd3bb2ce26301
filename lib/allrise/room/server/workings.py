"""Results of questions, worked out in a process beside the server, so that the server stays small and quick.

The process is started when it is first needed, kept, and started again when it died. A result is shown only after
it was written down as the one shown last (:mod:`allrise.room.shown`); when that is not possible, what was shown
before stays.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from allrise.room.errors import RoomError, Unavailable
from allrise.room.server.apart import command_of, surroundings
from allrise.room.server.revealed import Revealed
from allrise.room.service import Aggregates
from allrise.room.shown import QUESTION

if TYPE_CHECKING:
    from allrise.room.server.opinions import Opinions
    from allrise.room.service import Service

log = logging.getLogger(__name__)

#: Longest time one question may take, with the start of the process; a process that takes longer is ended.
LONGEST_SECONDS = 60.0
#: Starts of the process for one question before it is given up (until somebody asks again).
MOST_STARTS = 2
#: Another server may show something at the same moment; then the working begins from there.
MOST_ROUNDS = 4


class Workings:
    """Asks the process; given to the service as ``elsewhere``. Safe to call from any thread.

    Parameters
    ----------
    opinions
        Where opinion groups of boards are worked out; None for none.
    """

    def __init__(self, opinions: Opinions | None = None) -> None:
        self._opinions = opinions
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The process that works results out now, or None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def __call__(self, service: Service, code: str, question: str) -> Aggregates:
        """Return what a question may show now.

        Raises
        ------
        RoomError
            When it could not be worked out; pages keep what they had.
        """
        for _ in range(MOST_ROUNDS):
            said = self._ask(service, {"code": code, "question": question})
            found, before = Revealed.of(said["found"]), said["before"]
            try:
                if said["changed"] and not service.remember_now(
                    code, question, QUESTION, said["revision"], said["found"]
                ):
                    continue
            except RoomError as error:
                log.warning("the results of %s stay as they are: %s", question, error)
                kept = Revealed.of(before) if before else Revealed(found.kind)
                # No version: it is tried again with the next reader.
                return Aggregates(-1, replace(kept, answered=found.answered, texts=found.texts), said["state"])
            if found.kind == "statements" and self._opinions is not None:
                closed = said["state"] == "closed"
                self._opinions.offer(service, code, question, said["version"], closed=closed, quick=self.board)
            return Aggregates(said["version"], found, said["state"])
        raise Unavailable(
            "The results are being worked out by several servers at once.", "They come with the next look."
        )

    def board(self, service: Service, code: str, question: str) -> Mapping[str, Any]:
        """Return an open statement board, as :func:`~allrise.room.server.grouping.board_of` tells it.

        Raises
        ------
        Unavailable
            When it could not be worked out.
        """
        return self._ask(service, {"code": code, "question": question, "board": True})

    def warm(self, service: Service) -> None:
        """Start the process before anyone needs it; returns at once."""
        threading.Thread(target=self._warm, args=(service,), name="allrise-room-warm", daemon=True).start()

    def close(self) -> None:
        """End the process."""
        self._closed = True
        process = self._process
        if process is None:
            return
        _stream(process.stdin).close()
        process.kill()  # it only reads
        process.wait()
        _stream(process.stdout).close()

    def _warm(self, service: Service) -> None:
        with self._lock:
            try:
                self._running(service)
            except (OSError, Unavailable) as error:
                log.warning("the process for results did not start: %s", error)

    def _ask(self, service: Service, asked: Mapping[str, Any]) -> dict[str, Any]:
        line = json.dumps(asked).encode() + b"\n"
        with self._lock:
            for _ in range(MOST_STARTS):
                try:
                    process = self._running(service)
                    said = self._answer(process, line)
                except OSError as error:
                    log.warning("the process for results cannot be asked: %s", error)
                    continue
                if said:
                    value: dict[str, Any] = json.loads(said)
                    break
                log.warning("the process for results ended (code %s); it is started again", process.wait())
            else:
                raise Unavailable("The results could not be worked out.", "They are tried again with the next look.")
        if "refused" in value:
            raise Unavailable(value["what"], value["mend"])
        return value

    @staticmethod
    def _answer(process: subprocess.Popen[bytes], line: bytes) -> bytes:
        late = threading.Timer(LONGEST_SECONDS, process.kill)
        late.start()
        try:
            _stream(process.stdin).write(line)
            _stream(process.stdin).flush()
            return _stream(process.stdout).readline()
        except BrokenPipeError:
            return b""
        finally:
            late.cancel()

    def _running(self, service: Service) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        if self._closed:
            raise Unavailable("The room has been closed.", "Start it again.")
        if process is not None:
            _stream(process.stdout).close()
        process = subprocess.Popen(
            command_of("allrise.room.server.counting"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings(),
        )  # fmt: skip
        self._process = process
        # By the pipe and not by an argument: it may hold a password, and others can read arguments.
        _stream(process.stdin).write(json.dumps({"database": service.database.address}).encode() + b"\n")
        _stream(process.stdin).flush()
        return process


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
