"""The room's answers as DataFrames: what the results mathematics and the record are made from.

Participants are numbered in an order that says nothing about who came when.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from allrise.room.batch import TABLES
from allrise.room.ledger import find_session
from allrise.room.models import Answer, Item, Participant, Question, Statement, Vote
from allrise.room.reading import check_name

PEOPLE = ("participant", "country", "role", "cluster", "source")
ANSWERS = ("participant", "question", "item_id", "framework_id", "dimension", "value", "country", "role", "cluster",
           "source", "order")  # fmt: skip
VOTES = ("participant", "question", "statement", "vote", "country", "role", "cluster", "order")
STATEMENTS = ("participant", "question", "statement", "text", "framework_ids", "state", "reason", "merged_into", "country",
              "role", "cluster", "language", "source", "order", "at")  # fmt: skip

_NUMBERS = {"value": "int64", "vote": "int64", "statement": "int64", "order": "int64", "at": "int64",
            "merged_into": "Int64"}  # fmt: skip
#: Columns in which a blank means "not said" and is missing in the frame.
_NOT_SAID = ("country", "role", "cluster")


@dataclass(frozen=True, slots=True)
class RoomFrames:
    """The answers of a session, or of one question.

    Parameters
    ----------
    version
        Last event that changed an answer, statement or vote in it.
    people
        One row a participant: :data:`PEOPLE`. ``participant`` is ``p001``...; country, role and cluster are missing where
        not said, here and in the other frames.
    answers
        One row a current answer: :data:`ANSWERS`; ``value`` is a whole number as in :mod:`allrise.room.models`.
    votes
        One row a current vote on an approved statement, in the order of voting: :data:`VOTES`; ``vote`` is 1, -1 or 0.
    statements
        One row a statement, whatever its state: :data:`STATEMENTS`; ``framework_ids`` are its tags, separated by
        spaces; ``participant`` is blank for a facilitator's own; ``at`` is in milliseconds since 1970.
    """

    version: int
    people: pd.DataFrame
    answers: pd.DataFrame
    votes: pd.DataFrame
    statements: pd.DataFrame


def read_frames(connection: Connection, code: str, question: str | None = None) -> RoomFrames:
    """Read a session's answers, or one question's.

    Raises
    ------
    UnknownCode
        When there is no such session.
    """
    session = find_session(connection, code)
    people = connection.execute(
        select(TABLES["participant"]).where(Participant.session_id == session.id).order_by(Participant.id)
    ).all()
    names = _pseudonyms([(p.id, p.token_hash) for p in people], session.secret_hash)
    chosen = Question.session_id == session.id
    if question is not None:
        check_name(question)
        chosen &= Question.name == question
    answers = connection.execute(
        select(Answer.participant_id, Question.name.label("question"), Item.name.label("item_id"), Item.framework_id,
               Item.dimension, Answer.value, Answer.country, Answer.role, Answer.cluster, Answer.source, Answer.seq.label("order"))
        .join(Item, Item.id == Answer.item_id)
        .join(Question, Question.id == Answer.question_id)
        .where(chosen, Answer.value.is_not(None))
        .order_by(Question.position, Item.position, Answer.seq, Answer.participant_id)
    )  # fmt: skip
    votes = connection.execute(
        select(Vote.participant_id, Question.name.label("question"), Statement.number.label("statement"),
               Vote.value.label("vote"), Vote.country, Vote.role, Vote.cluster, Vote.seq.label("order"))
        .join(Statement, Statement.id == Vote.statement_id)
        .join(Question, Question.id == Vote.question_id)
        .where(chosen, Statement.state == "approved")
        .order_by(Vote.seq)
    )  # fmt: skip
    statements = connection.execute(
        select(TABLES["statement"], Question.name.label("question"))
        .join(Question, Question.id == Statement.question_id)
        .where(chosen)
        .order_by(Question.position, Statement.number)
    )
    version = max((v for (v,) in connection.execute(select(Question.answers_version).where(chosen))), default=0)
    return RoomFrames(
        version,
        _frame(PEOPLE, [_row(p, PEOPLE, names[p.id]) for p in people]).sort_values("participant", ignore_index=True),
        _frame(ANSWERS, [_row(a, ANSWERS, names[a.participant_id]) for a in answers]),
        _frame(VOTES, [_row(v, VOTES, names[v.participant_id]) for v in votes]),
        _frame(
            STATEMENTS,
            [
                _row(
                    s, STATEMENTS, names[s.participant_id],
                    statement=s.number, framework_ids=" ".join(s.tags), order=s.seq,
                )
                for s in statements
            ],
        ),
    )  # fmt: skip


def _pseudonyms(people: list[tuple[int, str]], key: str) -> dict[int | None, str]:
    """Number participants in an order that comes from what no record holds: not the one in which they joined."""
    order = sorted(people, key=lambda p: hmac.digest(key.encode(), p[1].encode(), "sha256"))
    width = max(3, len(str(len(order))))
    return {None: "", **{key: f"p{number:0{width}d}" for number, (key, _) in enumerate(order, 1)}}


def _row(row: Any, columns: tuple[str, ...], participant: str, **given: Any) -> dict[str, Any]:
    given["participant"] = participant
    values = {name: given[name] if name in given else getattr(row, name) for name in columns}
    return {name: None if name in _NOT_SAID and not value else value for name, value in values.items()}


def _frame(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype({c: _NUMBERS.get(c, "str") for c in columns})
