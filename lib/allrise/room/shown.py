"""What screens were shown last, kept in the database: so that two screens cannot be subtracted after a restart either.

A result may only be replaced by one that counts a step of people more (see
:mod:`allrise.room.results.disclosure`). That rule needs the result before, which the answers alone cannot give again:
people change what they said. It is therefore written down before anyone sees it, and only if nobody else has
written another in between; several servers of one room share the memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import Connection, insert, select, update

from allrise.room.batch import TABLES
from allrise.room.commands import Command, Receipt
from allrise.room.ledger import find_session
from allrise.room.models import Question, Shown
from allrise.room.reading import find_question_id

#: What is remembered of a question: its results, and the counts and groups of its statement board.
QUESTION, BOARD = "question", "board"


@dataclass(frozen=True, slots=True)
class LastShown:
    """What was shown last; ``revision`` 0 and no content when nothing was."""

    revision: int = 0
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember(Command):
    """Keep what is about to be shown. Not an event: nobody in the room did it.

    The receipt's result has ``taken``: False when ``revision`` is no longer the last one, because someone else was
    quicker; then that one holds.
    """

    kind: ClassVar[str] = "remember"
    code: str
    question: str
    purpose: str
    revision: int
    content_shown: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_shown(connection: Connection, code: str, question: str, purpose: str) -> LastShown:
    """Return what was shown last of a question.

    Raises
    ------
    UnknownCode, UnknownQuestion
        When the session or the question is not there.
    """
    row = connection.execute(
        select(TABLES["shown"].c.revision, TABLES["shown"].c.content).where(
            Shown.question_id == find_question_id(connection, code, question), Shown.purpose == purpose
        )
    ).one_or_none()
    return LastShown(int(row.revision), row.content) if row is not None else LastShown()


def remember(connection: Connection, command: Remember) -> Receipt:
    """Carry :class:`Remember` out; the caller commits."""
    session = find_session(connection, command.code, lock=True)
    question_id = connection.execute(
        select(Question.id).where(Question.session_id == session.id, Question.name == command.question)
    ).scalar_one()
    values = {"revision": command.revision + 1, "content": dict(command.content_shown)}
    last = read_shown(connection, command.code, command.question, command.purpose).revision
    taken = last == command.revision
    if taken and last == 0:
        connection.execute(insert(Shown).values(question_id=question_id, purpose=command.purpose, **values))
    elif taken:
        connection.execute(
            update(Shown).where(Shown.question_id == question_id, Shown.purpose == command.purpose).values(**values)
        )
    # ``replayed``: nothing that pages wait for has changed.
    return Receipt(session.code, session.seq, session.changed_at, changed=taken, replayed=True, result={"taken": taken})
