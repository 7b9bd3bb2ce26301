"""A session as the tables of its record (:mod:`allrise.data.dialogue`), read in one transaction."""

from __future__ import annotations

import datetime as dt
import hmac
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from allrise.data.dialogue import DIALOGUE_TABLES
from allrise.data.tables import TABLES as DATA_TABLES
from allrise.room.definition import in_language
from allrise.room.frames import RoomFrames, read_frames
from allrise.room.ledger import find_session
from allrise.room.models import Event, Moderation, Question, Statement
from allrise.room.plain_text import for_spreadsheet
from allrise.room.reading import read_counts, read_state
from allrise.room.record_results import method, results_table
from allrise.room.results.disclosure import SmallGroups, hidden_segments
from allrise.room.snapshots import SessionState


def read_record(
    connection: Connection, code: str, rules: SmallGroups | None = None, *, cluster_id: str = ""
) -> dict[str, pd.DataFrame]:
    """Return every ``dialogue_*`` table of a session that has rows, typed.

    Parameters
    ----------
    connection
        An open transaction, so that all tables show one moment.
    code
        Join code.
    rules
        Small-group rules of the results. They also say which countries, roles and clusters are told of people.
    cluster_id
        Cluster whose dialogue it was; blank for a dialogue of all.

    Raises
    ------
    UnknownCode
        When there is no such session.
    """
    rules = rules or SmallGroups()
    state = read_state(connection, code)
    frames = read_frames(connection, code)
    key = find_session(connection, code).secret_hash
    told = _segments_told(frames.people, rules)
    tables = {
        "dialogue_sessions": _sessions(state, frames, rules, cluster_id),
        "dialogue_questions": _questions(state, read_counts(connection, code).answered),
        "dialogue_items": _items(state),
        "dialogue_participants": frames.people.rename(columns={"participant": "participant_id"}),
        "dialogue_answers": frames.answers.rename(columns={"participant": "participant_id", "question": "question_id"}),
        "dialogue_statements": _statements(frames, key),
        "dialogue_votes": _votes(frames, key),
        "dialogue_moderation": _moderation(connection, code),
        "dialogue_events": _events(connection, code),
        "dialogue_results": results_table(state, frames, rules),
    }
    finished = {name: _finished(name, table, state.code, told) for name, table in tables.items()}
    return {name: table for name, table in finished.items() if len(table)}


def _finished(name: str, table: pd.DataFrame, code: str, told: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    """Give a table its columns and types, blank what few people said, and disarm every text."""
    description = DATA_TABLES[name]
    table = table.rename(columns={"cluster": "own_cluster"}).assign(session_id=code)
    if name not in ("dialogue_results", "dialogue_sessions"):
        for column, segments in told.items():
            if column in table:
                table[column] = table[column].where(table[column].isin(list(segments)))
    known: Any = table[[c for c in description.column_names if c in table]]
    table = description.typed(known)
    for column in description.columns:
        if column.type == "string":
            table[column.name] = table[column.name].map(for_spreadsheet, na_action="ignore").astype("str")
    return table


def _segments_told(people: pd.DataFrame, rules: SmallGroups) -> dict[str, frozenset[str]]:
    """Return the countries, roles and clusters that enough people gave; the others could point at someone."""
    told: dict[str, frozenset[str]] = {}
    for by, column in (("country", "country"), ("role", "role"), ("cluster", "own_cluster")):
        counts = dict(Counter(people[by].fillna("").tolist()))
        hidden = hidden_segments(counts, rules)
        told[column] = frozenset(s for s in counts if s and s not in hidden)
    return told


def _sessions(state: SessionState, frames: RoomFrames, rules: SmallGroups, cluster_id: str) -> pd.DataFrame:
    held = dt.datetime.fromtimestamp(state.created_at / 1000, dt.UTC).date()
    return pd.DataFrame([{
        "cluster_id": cluster_id or None,
        "title": in_language(state.title, state.languages[0]),
        "languages": " ".join(state.languages),
        "held_on": pd.Timestamp(held),
        "state": state.state,
        "participants": len(frames.people),
        "on_paper": frames.people["source"].tolist().count("paper"),
        "last_event": state.seq,
        "method": method(rules),
    }])  # fmt: skip


def _questions(state: SessionState, answered: Mapping[str, int]) -> pd.DataFrame:
    first = state.languages[0]
    return pd.DataFrame([
        {
            "question_id": q.name, "position": q.position, "part": in_language(q.part, first), "kind": q.kind,
            "framework_id": q.framework_id, "wording": in_language(q.prompt, first), "state": q.state,
            "results_shown": q.results_shown, "answered": answered[q.name],
        }
        for q in state.questions
    ])  # fmt: skip


def _items(state: SessionState) -> pd.DataFrame:
    first = state.languages[0]
    rows = [
        {
            "question_id": q.name, "item_id": i.name, "position": n, "framework_id": i.framework_id,
            "dimension": i.dimension or None, "wording": in_language(i.label, first),
            "left_pole": in_language(i.left_pole, first), "right_pole": in_language(i.right_pole, first),
            "lowest": i.lowest, "highest": i.highest,
        }
        for q in state.questions
        for n, i in enumerate(q.items, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=None if rows else list(DATA_TABLES["dialogue_items"].column_names))


def _statements(frames: RoomFrames, key: str) -> pd.DataFrame:
    table = frames.statements
    text = table["text"].where(table["state"] == "approved", "")
    return table.assign(
        question_id=table["question"],
        statement_id=table["statement"].astype("str"),
        author_id=_renumbered(table["participant"], "a", key),
        text=text,
        merged_into=table["merged_into"].astype("str"),
    )


def _votes(frames: RoomFrames, key: str) -> pd.DataFrame:
    table = frames.votes
    return table.assign(
        question_id=table["question"],
        statement_id=table["statement"].astype("str"),
        voter_id=_renumbered(table["participant"], "v", key),
        order=table["order"].rank(method="first").astype("int64"),
    )


def _renumbered(people: Any, letter: str, key: str) -> Any:
    """Return other numbers for the same people, in another order, so that tables cannot be joined person by person.

    The order comes from the session's secret (its hash), which is in no record.
    """

    def place(person: str) -> bytes:
        return hmac.digest(key.encode(), f"{letter} {person}".encode(), "sha256")

    names = set(people) - {""}
    width = max(3, len(str(len(names))))
    new = {person: f"{letter}{n:0{width}d}" for n, person in enumerate(sorted(names, key=place), 1)}
    return people.map(lambda person: new.get(person, ""))


def _moderation(connection: Connection, code: str) -> pd.DataFrame:
    session = find_session(connection, code)
    rows = connection.execute(
        select(Question.name, Statement.number, Moderation.seq, Moderation.decision, Moderation.reason,
               Moderation.merged_into, Moderation.at)
        .join(Statement, Statement.id == Moderation.statement_id)
        .join(Question, Question.id == Statement.question_id)
        .where(Question.session_id == session.id)
        .order_by(Moderation.id)
    ).all()  # fmt: skip
    table = [
        {"question_id": r.name, "statement_id": str(r.number), "order": r.seq, "decision": r.decision, "reason": r.reason,
         "merged_into": None if r.merged_into is None else str(r.merged_into), "at": _time(r.at)}
        for r in rows
    ]  # fmt: skip
    return pd.DataFrame(table, columns=list(DATA_TABLES["dialogue_moderation"].column_names))


def _events(connection: Connection, code: str) -> pd.DataFrame:
    session = find_session(connection, code)
    rows = connection.execute(
        select(Event.seq, Event.at, Event.kind, Event.actor, Event.undone_by, Question.name)
        .join(Question, Question.id == Event.question_id, isouter=True)
        .where(Event.session_id == session.id)
        .order_by(Event.seq)
    )
    table: list[dict[str, Any]] = [
        {
            "order": r.seq,
            "at": _time(r.at),
            "kind": r.kind,
            "actor": r.actor,
            "question_id": r.name,
            "undone_by": r.undone_by,
        }
        for r in rows
    ]
    return pd.DataFrame(table, columns=list(DATA_TABLES["dialogue_events"].column_names))


def _time(at: int) -> str:
    moment = dt.datetime.fromtimestamp(at // 1000, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


RECORD_TABLES: tuple[str, ...] = tuple(table.name for table in DIALOGUE_TABLES)
