"""The room's service: the one way in for commands, and the shared way out for everything that is shown.

Commands go to the one writer and are answered after their commit. Reads come from snapshots that many readers
share. Every method has an async form (for the room server and Voila apps) that never blocks the event loop, and the
same thing blocking under ``_now`` or ``execute``.

>>> service = Service.open("room.db")                                       # doctest: +SKIP
>>> receipt = await service.run(Submit(command_id=..., code="KM4PR7", token=..., question="Q2.1",
...                                    answers={"F1": 4}, revision=7))      # doctest: +SKIP
>>> state = await service.state("KM4PR7")                                   # doctest: +SKIP
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from allrise.room import keys, reading
from allrise.room.clock import Clock
from allrise.room.commands import Command, Receipt
from allrise.room.database import Database, open_database, translated
from allrise.room.errors import RoomError
from allrise.room.models import Session
from allrise.room.presence import Presence
from allrise.room.shared import Shared
from allrise.room.shown import Remember
from allrise.room.snapshots import Counts, Desk, Mine, SessionLine, SessionState, StatementState
from allrise.room.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Generator

    from allrise.room.frames import RoomFrames

T = TypeVar("T")

#: Least seconds between two computations of one question's results.
REST_SECONDS = 1.0
#: How soon what another process has written is noticed, in seconds.
RECHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Aggregates:
    """Results of one question: what ``compute`` made of its answers, and the event up to which they count."""

    version: int
    value: Any
    state: str = ""  # of the question: closing one may show more, without any new answer


Compute = Callable[[SessionState, str, "RoomFrames"], Any]
#: Works the results of a question out somewhere else; see :class:`allrise.room.server.workings.Workings`.
Elsewhere = Callable[["Service", str, str], Aggregates]


def answer_frames(_state: SessionState, _question: str, frames: RoomFrames) -> RoomFrames:
    """Return the frames as they are: what a service computes when it is given nothing else."""
    return frames


class Service:
    """One room's service over one database; any number of sessions.

    Parameters
    ----------
    database
        From :func:`allrise.room.database.open_database`.
    clock
        The room's clock.
    compute
        Makes results from a question's answers: ``compute(state, question, frames)``; called in a reader thread, once a
        change and at most once a second a question.
    rest, recheck
        Least seconds between two computations of the same thing (results, counts, boards), and seconds after which it is
        looked whether another process has written something.
    elsewhere
        Takes the place of ``compute`` in a process that must stay small: ``elsewhere(service, code, question)``.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock | None = None,
        compute: Compute = answer_frames,
        elsewhere: Elsewhere | None = None,
        rest: float = REST_SECONDS,
        recheck: float = RECHECK_SECONDS,
    ) -> None:
        self.database = database
        self.clock = clock or Clock()
        self.presence = Presence()
        self._compute = compute
        self._elsewhere = elsewhere
        self._readers = ThreadPoolExecutor(3, "allrise-room-reader")
        # What everyone waits for never stands in line behind what single phones ask.
        self._everyone = ThreadPoolExecutor(1, "allrise-room-state")
        # Results may take long: nobody who reads anything else waits behind them.
        self._counting = ThreadPoolExecutor(1, "allrise-room-results")
        self._states: Shared[str, SessionState] = Shared(self._load_state, self._everyone, recheck)
        self._counts: Shared[str, Counts] = Shared(self._load_counts, self._everyone, recheck, rest)
        self._boards: Shared[tuple[str, str], tuple[StatementState, ...]] = Shared(
            self._load_board, self._everyone, recheck, rest
        )
        self._results: Shared[tuple[str, str], Aggregates] = Shared(self._load_results, self._counting, recheck, rest)
        self._kept: dict[tuple[str, str], Aggregates] = {}
        with self._reading() as connection:
            last = connection.execute(select(func.max(Session.changed_at))).scalar()
        self.clock.not_before(int(last or 0))
        self._writer = Writer(database, self.clock, self._committed)

    @classmethod
    def open(cls, url: str | Path | None = None, **options: Any) -> Service:
        """Open a database (see :func:`~allrise.room.database.open_database`) and serve it."""
        return cls(open_database(url), **options)

    # Commands -------------------------------------------------------------------------------------------------

    async def run(self, command: Command) -> Receipt:
        """Carry a command out; returns after it is safely on disk.

        Once queued, the command is carried out even when whoever waits is cancelled; sending it again is safe.

        Raises
        ------
        RoomError
            When it is refused or the database is in trouble. Nothing of the command was written.
        """
        return await asyncio.shield(asyncio.wrap_future(self._writer.put(command)))

    def execute(self, command: Command, timeout: float | None = None) -> Receipt:
        """Do the same, blocking."""
        return self._writer.put(command).result(timeout)

    # What everyone shares -------------------------------------------------------------------------------------

    async def state(self, code: str) -> SessionState:
        """Return what everyone may see of a session; its ``version`` is fit for an ETag.

        The caller's own commands, once acknowledged, are always in it.

        Raises
        ------
        UnknownCode
            When there is no such session.
        """
        return await _result(self._states.get(keys.normal_code(code)))

    def state_now(self, code: str) -> SessionState:
        """Do the same, blocking."""
        return self._states.get(keys.normal_code(code)).result()

    async def counts(self, code: str) -> Counts:
        """Return joined, present and answered; at most a second old."""
        return await _result(self._counts.get(keys.normal_code(code)))

    def counts_now(self, code: str) -> Counts:
        """Do the same, blocking."""
        return self._counts.get(keys.normal_code(code)).result()

    async def board(self, code: str, question: str) -> tuple[StatementState, ...]:
        """Return the approved statements of a question with votes; at most a second old."""
        return await _result(self._boards.get((keys.normal_code(code), question)))

    def board_now(self, code: str, question: str) -> tuple[StatementState, ...]:
        """Do the same, blocking."""
        return self._boards.get((keys.normal_code(code), question)).result()

    async def aggregates(self, code: str, question: str) -> Aggregates:
        """Return a question's results: computed once a change, at most once a second, shared by all readers.

        Whether they may be shown is ``state.question(name).results_shown``; that is the caller's to ask.
        """
        return await _result(self._results.get((keys.normal_code(code), question)))

    def aggregates_now(self, code: str, question: str) -> Aggregates:
        """Do the same, blocking."""
        return self._results.get((keys.normal_code(code), question)).result()

    # What one person sees -------------------------------------------------------------------------------------

    async def mine(self, code: str, token: str) -> Mine:
        """Return what a participant has said, always fresh.

        Raises
        ------
        UnknownCode, UnknownParticipant
            When the session or the participant is not there.
        """
        return await self._in_reader(lambda: self.mine_now(code, token))

    def mine_now(self, code: str, token: str) -> Mine:
        """Do the same, blocking."""
        with self._reading() as connection:
            return reading.read_mine(connection, code, token)

    async def desk(self, code: str, secret: str) -> Desk:
        """Return what only facilitators see, always fresh.

        Raises
        ------
        UnknownCode, NotFacilitator
            When the session is not there or the secret is another.
        """
        return await self._in_reader(lambda: self.desk_now(code, secret))

    def desk_now(self, code: str, secret: str) -> Desk:
        """Do the same, blocking."""
        with self._reading() as connection:
            return reading.read_desk(connection, code, secret)

    def remember_now(self, code: str, question: str, purpose: str, revision: int, content: Mapping[str, Any]) -> bool:
        """Keep what is about to be shown (see :mod:`allrise.room.shown`); blocking.

        Returns
        -------
        False when another server has shown something since ``revision``.

        Raises
        ------
        RoomError
            When the database cannot take it: then it must not be shown.
        """
        asked = Remember(
            command_id=keys.new_command_id(), code=code, question=question, purpose=purpose, revision=revision,
            content_shown=content,
        )  # fmt: skip
        return bool(self.execute(asked).result["taken"])

    def heard(self, code: str, token: str) -> None:
        """Note that a participant's phone has asked for something, for the count of who is present."""
        self.presence.heard(keys.normal_code(code), keys.hashed(token))

    # For the record -------------------------------------------------------------------------------------------

    def frames_now(self, code: str, question: str | None = None) -> RoomFrames:
        """Return a session's answers, votes and statements as DataFrames; blocking."""
        from allrise.room.frames import read_frames  # here: pandas is slow to import

        with self._reading() as connection:
            return read_frames(connection, code, question)

    def sessions_now(self) -> tuple[SessionLine, ...]:
        """Return all sessions, newest first; blocking."""
        with self._reading() as connection:
            return reading.read_sessions(connection)

    def close(self) -> None:
        """Carry out what is waiting, then let go of the database."""
        self._counting.shutdown(cancel_futures=True)
        self._writer.close()
        self._readers.shutdown()
        self._everyone.shutdown()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # Inside ---------------------------------------------------------------------------------------------------

    def _committed(self, codes: dict[str, bool]) -> None:
        self._states.changed(lambda key: codes.get(key, False))  # answers change nothing in them
        self._counts.changed(lambda key: key in codes)
        for shared in (self._boards, self._results):
            shared.changed(lambda key: key[0] in codes)

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        try:
            with self.database.reader.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise translated(error, self.database.shown) from error

    async def _in_reader(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._readers.submit(work))

    def _load_state(self, code: str) -> SessionState:
        with self._reading() as connection:
            return reading.read_state(connection, code)

    def _load_counts(self, code: str) -> Counts:
        with self._reading() as connection:
            return reading.read_counts(connection, code, self.presence.count(code))

    def _load_board(self, key: tuple[str, str]) -> tuple[StatementState, ...]:
        with self._reading() as connection:
            return reading.read_board(connection, *key)

    def _load_results(self, key: tuple[str, str]) -> Aggregates:
        code, question = key
        with self._reading() as connection:
            version = reading.read_answers_version(connection, code, question)
            asked = reading.read_state(connection, code).question(question)
            now = asked.state if asked else ""
            kept = self._kept.get(key)
            if kept is not None and (kept.version, kept.state) == (version, now):
                return kept
        found = self._elsewhere(self, code, question) if self._elsewhere else self._computed(code, question)
        self._kept[key] = found
        return found

    def _computed(self, code: str, question: str) -> Aggregates:
        from allrise.room.frames import read_frames  # here: pandas is slow to import

        with self._reading() as connection:
            state = reading.read_state(connection, code)
            frames = read_frames(connection, code, question)
        asked = state.question(question)
        return Aggregates(frames.version, self._compute(state, question, frames), asked.state if asked else "")


async def _result(future: Future[T]) -> T:
    if future.done():
        return future.result()
    return await asyncio.shield(asyncio.wrap_future(future))


__all__ = ["Aggregates", "Compute", "RoomError", "Service", "answer_frames"]
