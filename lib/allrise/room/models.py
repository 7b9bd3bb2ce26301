"""The tables of a live room, as typed SQLAlchemy models.

Everything a page shows can be read from here, so a restart loses nothing. Times are milliseconds since 1970
(UTC) from the room's own :mod:`clock <allrise.room.clock>`; order is by ``seq``, one number a session that
grows with every event. Texts for people are JSON objects from language to wording. An answer is always one
whole number for one person and item:

=========== ===================================================== =======================================
kind        items of the question                                 value
=========== ===================================================== =======================================
rating      one a thing that is rated                             1 to 5
contrast    one a pair of poles                                   1 (left pole) to 7 (right pole)
quadrant    two a factor: ``F1/ease`` and ``F1/place``            ease: 1 easy, 2 hard; place: 1 in place, 2 not yet
choice      one an option                                         1 chosen, 0 not
rank        one an option                                         1 (first) to the number of options
text        none: contributions are statements                    -
statements  none: statements are written and voted on             -
=========== ===================================================== =======================================
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Identity keys: SQLite only counts a plain INTEGER up by itself.
Key = BigInteger().with_variant(Integer, "sqlite")
Texts = dict[str, str]


class Base(DeclarativeBase):
    """Root of the models; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy when the class is made
        dict[str, Any]: JSON,
        dict[str, str]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
        str: Text,
    }


class Session(Base):
    """One dialogue of one room."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    created_by: Mapped[str] = mapped_column(String(64), unique=True)  # hash of the command that made it
    secret_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[Texts]
    languages: Mapped[list[str]]
    asks: Mapped[dict[str, Any]]  # {"country": [...], "role": [...], "cluster": [{"id":, "name":, "country":}]}
    state: Mapped[str] = mapped_column(String(8))  # live | locked
    current_question_id: Mapped[int | None] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)  # last event of the log
    version: Mapped[int] = mapped_column(BigInteger)  # last event that changed what everyone sees
    created_at: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[int] = mapped_column(BigInteger)


class Question(Base):
    """A question of a session, in order; its wording never changes, its state does."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("session_id", "name"), UniqueConstraint("session_id", "position"))

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    name: Mapped[str] = mapped_column(String(40))  # what addresses and files call it
    position: Mapped[int]
    part: Mapped[Texts]
    kind: Mapped[str] = mapped_column(String(12))
    framework_id: Mapped[str] = mapped_column(String(40))
    prompt: Mapped[Texts]
    help: Mapped[Texts]
    settings: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8))  # draft | open | closed
    results_shown: Mapped[bool]
    answers_version: Mapped[int] = mapped_column(BigInteger)  # last event that changed an answer, statement or vote
    board_version: Mapped[int] = mapped_column(BigInteger)  # last event that changed which statements are shown


class Item(Base):
    """What one answer of a question is about."""

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("question_id", "name"),)

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    framework_id: Mapped[str] = mapped_column(String(40))
    dimension: Mapped[str] = mapped_column(String(8))  # "" | ease | place
    label: Mapped[Texts]
    detail: Mapped[Texts]
    left_pole: Mapped[Texts]
    right_pole: Mapped[Texts]
    lowest: Mapped[int]
    highest: Mapped[int]


class Participant(Base):
    """One anonymous person; the token in their cookie is here only as a hash."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("session_id", "token_hash"),)

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(20))
    cluster: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(12))  # phone | paper
    joined_seq: Mapped[int] = mapped_column(BigInteger)
    joined_at: Mapped[int] = mapped_column(BigInteger)


class Answer(Base):
    """The current answer of one participant to one item; a withdrawn one has no value."""

    __tablename__ = "answer"
    __table_args__ = (Index(None, "question_id"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    value: Mapped[int | None]
    revision: Mapped[int] = mapped_column(BigInteger)
    country: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(20))
    cluster: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class Event(Base):
    """The append-only log: every command that was carried out, once, in order."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("session_id", "key"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64))  # hash of who, command id and content
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(12))  # participant | facilitator | paper
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id"))
    content: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    changes: Mapped[list[Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # what undo puts back; None when it cannot be undone
    undone_by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class Statement(Base):
    """A free text: a contribution to a text question, or a statement that others vote on."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("question_id", "number"),
        Index(None, "question_id", "words"),
        Index(None, "participant_id"),
    )

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    number: Mapped[int]  # 1, 2, ... within the question: what people see and files say
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))  # None: a facilitator's own
    text: Mapped[str]
    texts: Mapped[Texts]  # the same in other languages; only facilitators' statements have it
    tags: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(12))  # pending | approved | rejected | merged | withdrawn
    reason: Mapped[str]
    merged_into: Mapped[int | None]  # number of the statement that speaks for this one
    country: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(20))
    cluster: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(12))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    words: Mapped[str] = mapped_column(String(32), server_default="")  # the same for texts with the same words


class Vote(Base):
    """The current vote of one participant on one statement: 1 agree, -1 disagree, 0 pass."""

    __tablename__ = "vote"
    __table_args__ = (Index(None, "question_id"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True, autoincrement=False)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    value: Mapped[int]
    revision: Mapped[int] = mapped_column(BigInteger)
    country: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(20))
    cluster: Mapped[str] = mapped_column(String(60))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class Moderation(Base):
    """What was decided about a statement, by seq; the last one holds, all stay."""

    __tablename__ = "moderation"
    __table_args__ = (Index(None, "statement_id"),)

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    decision: Mapped[str] = mapped_column(String(12))  # approved | rejected | merged | pending (undone) | withdrawn
    reason: Mapped[str]
    merged_into: Mapped[int | None]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class Note(Base):
    """A note that only facilitators see."""

    __tablename__ = "note"
    __table_args__ = (Index(None, "session_id"),)

    id: Mapped[int] = mapped_column(Key, Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id"))
    text: Mapped[str]
    removed: Mapped[bool]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class Timer(Base):
    """The session's one timer: it shows time left and never closes a question."""

    __tablename__ = "timer"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True, autoincrement=False)
    running: Mapped[bool]
    seconds: Mapped[int]  # length given, with extensions
    ends_at: Mapped[int] = mapped_column(BigInteger)  # while it runs
    left_ms: Mapped[int] = mapped_column(BigInteger)  # milliseconds left, while it is stopped


class Shown(Base):
    """What screens were shown last of a question, so that the next one counts a step of people more; no event."""

    __tablename__ = "shown"

    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)  # question | board
    revision: Mapped[int] = mapped_column(BigInteger)  # counts up with every change
    content: Mapped[dict[str, Any]]
