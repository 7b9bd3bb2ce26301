"""The log: who says it, whether it was said before, and writing it down once.

:func:`carry_out` runs inside the writer's transaction. It locks the session's row (so that on PostgreSQL two
servers take turns), finds the person, recognises a replay by the hash of person, command id and content, lets the
command's own function do the work, and appends one event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Table, Update, bindparam, insert, select, update

from allrise.room import keys
from allrise.room.clock import Clock
from allrise.room.commands import Command, CreateSession, FacilitatorCommand, Join, ParticipantCommand, Receipt
from allrise.room.errors import InvalidCommand, NotFacilitator, UnknownCode, UnknownParticipant
from allrise.room.models import Base

TABLES: dict[str, Table] = dict(Base.metadata.tables)

# Statements are made once and only given their values: making them costs more than running them.
_S, _P, _E = TABLES["session"], TABLES["participant"], TABLES["event"]
_SESSION = select(_S).where(_S.c.code == bindparam("code"))
_SESSION_TO_WRITE = _SESSION.with_for_update()
_PARTICIPANT = select(_P).where(_P.c.session_id == bindparam("session_id"), _P.c.token_hash == bindparam("hash"))
_EARLIER = select(_E.c.seq, _E.c.at, _E.c.result).where(
    _E.c.session_id == bindparam("session_id"), _E.c.key == bindparam("key")
)
_WRITE_EVENT = insert(_E)


@cache
def _update(table: str, keys_: tuple[str, ...]) -> Update:
    """Return the update of one row of a table by its key; the columns to set come with the values."""
    columns = TABLES[table].c
    statement = update(TABLES[table])
    for name in keys_:
        statement = statement.where(columns[name] == bindparam(f"key_{name}"))
    return statement


def set_row(connection: Connection, table: str, key: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Set columns of the row of a table that has this key."""
    keyed = {f"key_{name}": value for name, value in key.items()}
    connection.execute(_update(table, tuple(key)), {**keyed, **after})


#: ``[table, {key column: value}, {column: before}, {column: after}]``; JSON-safe.
Change = list[Any]


@dataclass(slots=True)
class Work:
    """What a command's function is given: the open transaction, and who is asking.

    Its methods note what has changed, so that the event and the session's versions tell it.
    """

    connection: Connection
    session: Row[Any]
    participant: Row[Any] | None
    seq: int
    at: int
    actor: str
    question_id: int | None = None
    #: What the log keeps instead of the raw command.
    content: dict[str, Any] | None = None
    changed: bool = True
    #: Whether what every page shows has changed.
    everyone: bool = False
    changes: list[Change] = field(default_factory=list[Change])
    session_values: dict[str, Any] = field(default_factory=dict[str, Any])

    def change(self, table: str, key: Mapping[str, Any], row: Row[Any], **after: Any) -> bool:
        """Set columns of one row, and note before and after for undo; returns whether anything differed."""
        before = {name: getattr(row, name) for name in after}
        if before == after:
            return False
        self.set_columns(table, key, after)
        self.changes.append([table, dict(key), before, after])
        return True

    def set_columns(self, table: str, key: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Set columns of one row."""
        if table == "session":  # written once, with the versions, when the command is done
            self.session_values.update(after)
            return
        set_row(self.connection, table, key, after)


Apply = Callable[[Work, Any], dict[str, Any]]


def carry_out(
    connection: Connection, clock: Clock, command: Command, functions: Mapping[type[Command], Apply]
) -> Receipt:
    """Carry one command out, or recognise that it was; the caller commits.

    Raises
    ------
    RoomError
        When it is refused; the caller rolls back to the point before it.
    """
    if not keys.is_command_id(command.command_id):
        raise InvalidCommand(
            "The command has no usable id.", "Send 8 to 64 of the characters A-Z a-z 0-9 _ - as its command_id."
        )
    if not isinstance(command, ParticipantCommand | FacilitatorCommand):
        msg = f"{type(command).__name__} is not a command in a session"
        raise TypeError(msg)
    session = find_session(connection, command.code, lock=True)
    participant, who = _who(connection, session, command)
    raw = command.content()
    key = _key(who, command, raw)
    earlier = connection.execute(_EARLIER, {"session_id": session.id, "key": key}).one_or_none()
    if earlier is not None:
        return Receipt(session.code, earlier.seq, earlier.at, changed=False, replayed=True, result=earlier.result)
    clock.not_before(session.changed_at)
    actor = "participant" if isinstance(command, ParticipantCommand) else "facilitator"
    work = Work(connection, session, participant, session.seq + 1, clock.now(), actor)
    result = functions[type(command)](work, command)
    connection.execute(
        _WRITE_EVENT,
        {
            "session_id": session.id,
            "seq": work.seq,
            "key": key,
            "kind": command.kind,
            "actor": work.actor,
            "participant_id": work.participant.id if work.participant is not None else None,
            "question_id": work.question_id,
            "content": raw if work.content is None else work.content,
            "result": result,
            "changes": work.changes or None,
            "undone_by": None,
            "at": work.at,
        },
    )
    versions = {"seq": work.seq, "changed_at": work.at, **work.session_values}
    if work.everyone:
        versions["version"] = work.seq
    set_row(connection, "session", {"id": session.id}, versions)
    return Receipt(session.code, work.seq, work.at, changed=work.changed, replayed=False, result=result)


def find_session(connection: Connection, code: str, *, lock: bool = False) -> Row[Any]:
    """Return a session's row by its join code, as typed.

    Raises
    ------
    UnknownCode
        When there is none.
    """
    typed = keys.normal_code(code)
    row = connection.execute(_SESSION_TO_WRITE if lock else _SESSION, {"code": typed}).one_or_none()
    if row is None:
        raise UnknownCode(
            f"There is no session with the code {keys.shown_code(typed)!r}." if typed else "That is not a join code.",
            "Look at the code on the screen again: three characters, then three.",
            {"code": typed},
        )
    return row


def check_facilitator(session: Row[Any], secret: str) -> None:
    """Refuse who does not have the session's secret.

    Raises
    ------
    NotFacilitator
        When the secret is another.
    """
    if not keys.is_token(secret) or not keys.matches(secret, session.secret_hash):
        raise NotFacilitator(
            "This is not the facilitator's address of this session.",
            "Use the whole facilitator address that was shown when the session was created.",
        )


def find_participant(connection: Connection, session: Row[Any], token: str) -> Row[Any] | None:
    """Return the participant with this token, or ``None``."""
    if not keys.is_token(token):
        return None
    return connection.execute(_PARTICIPANT, {"session_id": session.id, "hash": keys.hashed(token)}).one_or_none()


def _who(connection: Connection, session: Row[Any], command: Command) -> tuple[Row[Any] | None, str]:
    if isinstance(command, FacilitatorCommand):
        check_facilitator(session, command.secret)
        return None, "facilitator"
    assert isinstance(command, ParticipantCommand)
    participant = find_participant(connection, session, command.token)
    if participant is None and not (isinstance(command, Join) and keys.is_token(command.token)):
        raise UnknownParticipant(
            "This phone has not joined this session.", "Join with the code on the screen; what you typed is kept."
        )
    return participant, keys.hashed(command.token)


def _key(who: str, command: Command, content: Mapping[str, Any]) -> str:
    said = json.dumps([who, command.command_id, command.kind, content], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def creation_key(command: CreateSession) -> str:
    """Return the hash under which the making of a session is recognised."""
    return hashlib.sha256(f"create\n{command.command_id}\n{keys.hashed(command.secret)}".encode()).hexdigest()
