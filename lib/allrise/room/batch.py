"""One transaction of the writer: what its commands need not read, or write, more than once.

Five hundred people answer within seconds, many to a commit. Whoever writes in a session holds the session's row until
the commit, so its row and its questions stay as they were read; the counters that every command moves on are written once,
when the batch is settled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Table, Update, bindparam, update

from allrise.room.models import Base

TABLES: dict[str, Table] = dict(Base.metadata.tables)

#: Columns of a question that only count events: nobody reads them inside a batch.
QUESTION_COUNTERS = frozenset({"answers_version", "board_version"})

Items = dict[int, dict[str, Row[Any]]]


@cache
def _update(table: str, keys_: tuple[str, ...]) -> Update:
    """Return the update of one row of a table by its key; the columns to set come with the values."""
    columns = TABLES[table].c
    statement = update(TABLES[table])
    for name in keys_:
        statement = statement.where(columns[name] == bindparam(f"key_{name}"))
    return statement


def set_row(connection: Connection, table: str, key: dict[str, Any], after: dict[str, Any]) -> None:
    """Set columns of the row of a table that has this key."""
    keyed = {f"key_{name}": value for name, value in key.items()}
    connection.execute(_update(table, tuple(key)), {**keyed, **after})


@dataclass(slots=True)
class Batch:
    """Rows that were read, and counters to be written, in one open transaction.

    Parameters
    ----------
    connection
        The transaction's.
    items
        Items by question, kept by the writer from one batch to the next: they never change.
    """

    connection: Connection
    items: Items = field(default_factory=Items)
    sessions: dict[str, Row[Any]] = field(default_factory=dict[str, "Row[Any]"])
    questions: dict[tuple[int, str], Row[Any]] = field(default_factory=dict[tuple[int, str], "Row[Any]"])
    _session_values: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    _question_values: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])

    def seq(self, session: Row[Any]) -> tuple[int, int]:
        """Return the number and the time of a session's last event."""
        values = self._session_values.get(session.id, {})
        return values.get("seq", session.seq), values.get("changed_at", session.changed_at)

    def note(self, session_id: int, values: dict[str, Any], questions: dict[int, dict[str, Any]]) -> None:
        """Note what a command that is done has moved on."""
        self._session_values.setdefault(session_id, {}).update(values)
        for question_id, counters in questions.items():
            self._question_values.setdefault(question_id, {}).update(counters)

    def settle(self) -> None:
        """Write what was noted; before the commit, and before anyone reads it from the database."""
        for session_id, values in self._session_values.items():
            set_row(self.connection, "session", {"id": session_id}, values)
        for question_id, values in self._question_values.items():
            set_row(self.connection, "question", {"id": question_id}, values)
        self._session_values.clear()
        self._question_values.clear()

    def forget(self) -> None:
        """Settle, and read sessions and questions anew from here on."""
        self.settle()
        self.sessions.clear()
        self.questions.clear()
