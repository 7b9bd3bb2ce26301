"""Who may do what, when: the checks that several commands share, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from allrise.room import keys
from allrise.room.batch import TABLES
from allrise.room.errors import InvalidAnswer, InvalidCommand, QuestionClosed, SessionLocked, UnknownQuestion
from allrise.room.ledger import Work

HIGHEST_REVISION = 2**53

_Q = TABLES["question"]
_QUESTION = select(_Q.c.id, _Q.c.name, _Q.c.position, _Q.c.kind, _Q.c.settings, _Q.c.state, _Q.c.results_shown).where(
    _Q.c.session_id == bindparam("session_id"), _Q.c.name == bindparam("name")
)


@dataclass(frozen=True, slots=True)
class Person:
    """What stands on every answer about who gave it."""

    participant_id: int
    country: str
    role: str
    cluster: str
    language: str
    source: str

    @classmethod
    def of(cls, participant: Row[Any]) -> Person:
        """Return what a participant says about themselves now."""
        p = participant
        return cls(p.id, p.country, p.role, p.cluster, p.language, p.source)


def find_question(work: Work, name: str) -> Row[Any]:
    """Return a question's row by its name.

    Raises
    ------
    UnknownQuestion
        When the session has none.
    """
    row: Any = None
    if keys.is_name(name):
        row = work.batch.questions.get((work.session.id, name))
        if row is None:
            row = work.connection.execute(_QUESTION, {"session_id": work.session.id, "name": name}).one_or_none()
    if row is None:
        raise UnknownQuestion("There is no such question in this session.", "Load the page again.")
    work.batch.questions[work.session.id, name] = row
    work.question_id = row.id
    return row


def segments(work: Work, country: str, role: str, cluster: str) -> dict[str, str]:
    """Return the three values as stored, each one of the session's choices or blank.

    Raises
    ------
    InvalidAnswer
        When a value is not among the choices.
    """
    asks = work.session.asks
    clusters = [c["id"] for c in asks.get("cluster", [])]
    about: dict[str, str] = {}
    for name, value, choices in (
        ("country", country, asks.get("country", [])),
        ("role", role, asks.get("role", [])),
        ("cluster", cluster, clusters),
    ):
        if value not in ("", *choices):
            raise InvalidAnswer(f"That is not one of this session's choices for {name}.", "Choose one from the list.")
        about[name] = value
    return about


def refuse_locked(work: Work, draft: Mapping[str, Any] | None = None) -> None:
    """Refuse a participant's command in a locked session.

    Raises
    ------
    SessionLocked
        When it is locked.
    """
    if work.session.state == "locked":
        raise SessionLocked(
            "The session is locked: it can be read, and nothing more can be sent.",
            "Ask the facilitator if you still want to say something. What you typed is still here.",
            {"draft": dict(draft or {})},
        )


def refuse_closed(work: Work, question: Row[Any], draft: Mapping[str, Any]) -> None:
    """Refuse what comes for a question that is not open.

    Raises
    ------
    SessionLocked, QuestionClosed
        With the draft, so that nothing typed is lost.
    """
    refuse_locked(work, draft)
    if question.state != "open":
        raise QuestionClosed(
            "This question is closed." if question.state == "closed" else "This question is not open yet.",
            "Your answer was not sent and is still here. You can send it if the facilitator opens the question again.",
            {"question": question.name, "state": question.state, "draft": dict(draft)},
        )


def checked_revision(revision: int | None) -> int | None:
    """Return a client's revision when it is one.

    Raises
    ------
    InvalidCommand
        When it is not a whole number from 0 to 2**53.
    """
    if revision is not None and (type(revision) is not int or not 0 <= revision <= HIGHEST_REVISION):
        raise InvalidCommand("The revision of the answer is not a whole number.", "Load the page again.")
    return revision


def count(work: Work, table: str, **where: Any) -> int:
    """Return how many rows of a table have these values."""
    query = select(func.count()).select_from(TABLES[table])
    for name, value in where.items():
        query = query.where(TABLES[table].c[name] == value)
    return work.connection.execute(query).scalar_one()
