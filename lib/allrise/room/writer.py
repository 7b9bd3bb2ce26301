"""The one writer: a thread that carries commands out, many to a commit.

With ``synchronous=FULL`` a commit costs a flush to disk. Commands that arrive within a few milliseconds share
one, each in its own savepoint, so that one refusal does not touch the others; no one is answered before the commit.
When the commit fails, none of them is answered with success.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from allrise.room import commands as c
from allrise.room.apply_answers import enter_paper, join, submit
from allrise.room.apply_session import (
    close_question,
    extend_timer,
    go_to,
    lock,
    next_question,
    open_question,
    remove_note,
    show_results,
    start_timer,
    stop_timer,
    undo,
    write_note,
)
from allrise.room.apply_statements import cast_vote, moderate, seed_statement, withdraw_statement, write_statement
from allrise.room.batch import Batch, Items
from allrise.room.clock import Clock
from allrise.room.commands import Command, CreateSession, Receipt
from allrise.room.create import create_session
from allrise.room.database import Database, translated
from allrise.room.errors import Busy, RoomError, Stopped
from allrise.room.ledger import Apply, carry_out
from allrise.room.shown import Remember, remember

LOG = logging.getLogger(__name__)

#: Longest wait for company before a commit, in seconds, and most commands in one. A command that comes alone does not
#: wait: what arrives during its commit shares the next one.
GATHER_SECONDS = 0.005
MOST_IN_A_BATCH = 200
#: Commands that may wait; more are refused with ``busy``.
MOST_WAITING = 5_000

FUNCTIONS: Mapping[type[Command], Apply] = {
    c.Join: join,
    c.Submit: submit,
    c.WriteStatement: write_statement,
    c.WithdrawStatement: withdraw_statement,
    c.CastVote: cast_vote,
    c.OpenQuestion: open_question,
    c.CloseQuestion: close_question,
    c.GoTo: go_to,
    c.Next: next_question,
    c.ShowResults: show_results,
    c.Lock: lock,
    c.StartTimer: start_timer,
    c.StopTimer: stop_timer,
    c.ExtendTimer: extend_timer,
    c.Moderate: moderate,
    c.SeedStatement: seed_statement,
    c.WriteNote: write_note,
    c.RemoveNote: remove_note,
    c.EnterPaper: enter_paper,
    c.Undo: undo,
}


@dataclass(slots=True)
class _Job:
    command: Command
    future: Future[Receipt]
    outcome: Receipt | BaseException | None = None


class Writer:
    """Takes commands from any thread and carries them out in its own.

    Parameters
    ----------
    database
        Where to write.
    clock
        The room's clock.
    committed
        Called in the writer's thread before anyone is answered: the join codes of sessions that a commit has changed,
        and whether what everyone sees of them is among it.
    """

    def __init__(
        self, database: Database, clock: Clock, committed: Callable[[dict[str, bool]], None] | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._committed = committed or (lambda _codes: None)
        self._waiting: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._busy = False
        self._items: Items = {}
        self._thread = threading.Thread(target=self._run, name="allrise-room-writer", daemon=True)
        self._thread.start()

    def put(self, command: Command) -> Future[Receipt]:
        """Queue a command; the future is done after the commit.

        Raises
        ------
        Busy, Stopped
            When it is not taken.
        """
        job = _Job(command, Future())
        with self._wake:
            if self._closed:
                raise Stopped("The room has been closed.", "Start it again, and send this again.")
            if len(self._waiting) >= MOST_WAITING:
                raise Busy(
                    "More is coming in than the room can save.", "It is sent again in a moment; nothing is lost."
                )
            self._waiting.append(job)
            self._wake.notify()
        return job.future

    def close(self) -> None:
        """Carry out what is waiting, then end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._gather():
            try:
                self._commit(jobs)
            except BaseException as error:  # noqa: BLE001 - the thread must outlive anything, and tell who asked
                self._items.clear()  # a session made in this batch is not there, and its keys are free again
                outcome = self._meaning(error)
                for job in jobs:
                    job.outcome = outcome
            for job in jobs:
                if isinstance(job.outcome, Receipt):
                    job.future.set_result(job.outcome)
                else:
                    job.future.set_exception(job.outcome or RuntimeError("the command was not carried out"))

    def _gather(self) -> list[_Job]:
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            until = time.monotonic() + (GATHER_SECONDS if self._busy else 0.0)
            while not self._closed and 0 < len(self._waiting) < MOST_IN_A_BATCH:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._wake.wait(left)
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_A_BATCH))]
            self._busy = len(jobs) > 1
        taken = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        # Sessions in one order, so that two servers never wait for each other; within a session, as they came.
        return sorted(taken, key=lambda job: str(getattr(job.command, "code", ""))) or (self._gather() if jobs else [])

    def _commit(self, jobs: list[_Job]) -> None:
        changed: dict[str, bool] = {}
        with self._database.writer.connect() as connection:
            with connection.begin():
                batch = Batch(connection, self._items)
                for job in jobs:
                    job.outcome = self._attempt(batch, job.command)
                batch.settle()
            for job in jobs:
                if isinstance(job.outcome, Receipt) and not job.outcome.replayed:
                    code = job.outcome.code
                    changed[code] = changed.get(code, False) or job.outcome.everyone
        if changed:
            self._committed(changed)

    def _attempt(self, batch: Batch, command: Command) -> Receipt | BaseException:
        alone = not isinstance(command, c.ParticipantCommand)
        if alone:  # it may change questions, and reads what the others have moved on
            batch.forget()
        # Spelt out: SQLAlchemy's own nested transactions cost four times as much.
        batch.connection.exec_driver_sql("SAVEPOINT one_command")
        try:
            if isinstance(command, CreateSession):
                receipt = create_session(batch.connection, self._clock, command)
            elif isinstance(command, Remember):
                receipt = remember(batch.connection, command)
            else:
                receipt = carry_out(batch, self._clock, command, FUNCTIONS)
        except (OperationalError, InternalError, PoolTimeout):
            raise  # the database is in trouble: no command of this batch is safe
        except RoomError as refusal:
            self._take_back(batch)
            return refusal
        except Exception as error:
            self._take_back(batch)
            LOG.exception("a command failed: %s", command.kind)
            return error
        batch.connection.exec_driver_sql("RELEASE SAVEPOINT one_command")
        if alone:
            batch.forget()
        return receipt

    @staticmethod
    def _take_back(batch: Batch) -> None:
        batch.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one_command")
        batch.connection.exec_driver_sql("RELEASE SAVEPOINT one_command")

    def _meaning(self, error: BaseException) -> BaseException:
        if isinstance(error, SQLAlchemyError | OSError):
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                LOG.warning("the database connection was lost")
            return translated(error, self._database.shown)
        LOG.error("a batch of commands failed", exc_info=error)
        return error
