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
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, insert, select

from allrise.room import keys
from allrise.room.batch import QUESTION_COUNTERS, TABLES, Batch, set_row
from allrise.room.clock import Clock
from allrise.room.commands import Command, CreateSession, FacilitatorCommand, Join, ParticipantCommand, Receipt
from allrise.room.errors import InvalidCommand, NotFacilitator, UnknownCode, UnknownParticipant

# Statements are made once and only given their values: making them costs more than running them.
_S, _P, _E = TABLES["session"], TABLES["participant"], TABLES["event"]
_SESSION = select(_S).where(_S.c.code == bindparam("code"))
_SESSION_TO_WRITE = _SESSION.with_for_update()
#: A participant, with the event that this very command has made before.
_PARTICIPANT_AND_EARLIER = (
    select(_P, _E.c.seq.label("earlier_seq"), _E.c.at.label("earlier_at"), _E.c.result.label("earlier_result"))
    .select_from(_P.outerjoin(_E, and_(_E.c.session_id == _P.c.session_id, _E.c.key == bindparam("key"))))
    .where(_P.c.session_id == bindparam("session_id"), _P.c.token_hash == bindparam("hash"))
)
_EARLIER = select(_E.c.seq, _E.c.at, _E.c.result).where(
    _E.c.session_id == bindparam("session_id"), _E.c.key == bindparam("key")
)
_WRITE_EVENT = insert(_E)


#: ``[table, {key column: value}, {column: before}, {column: after}]``; JSON-safe.
Change = list[Any]


@dataclass(slots=True)
class Work:
    """What a command's function is given: the open transaction, and who is asking.

    Its methods note what has changed, so that the event and the session's versions tell it.
    """

    batch: Batch
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
    question_values: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])

    @property
    def connection(self) -> Connection:
        """The open transaction."""
        return self.batch.connection

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
        elif table == "question" and after.keys() <= QUESTION_COUNTERS:  # the same for all commands of the batch
            self.question_values.setdefault(key["id"], {}).update(after)
        else:
            set_row(self.connection, table, dict(key), dict(after))


Apply = Callable[[Work, Any], dict[str, Any]]


def carry_out(batch: Batch, clock: Clock, command: Command, functions: Mapping[type[Command], Apply]) -> Receipt:
    """Carry one command out, or recognise that it was; the caller settles the batch and commits.

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
    typed = keys.normal_code(command.code)
    session = batch.sessions.get(typed)
    if session is None:
        session = batch.sessions[typed] = find_session(batch.connection, command.code, lock=True)
    raw = command.content()
    participant, key, earlier = _who(batch.connection, session, command, raw)
    if earlier is not None:
        return Receipt(session.code, earlier[0], earlier[1], changed=False, replayed=True, result=earlier[2])
    seq, changed_at = batch.seq(session)
    clock.not_before(changed_at)
    actor = "participant" if isinstance(command, ParticipantCommand) else "facilitator"
    work = Work(batch, session, participant, seq + 1, clock.now(), actor)
    result = functions[type(command)](work, command)
    batch.connection.execute(
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
    batch.note(session.id, versions, work.question_values)
    return Receipt(
        session.code, work.seq, work.at, changed=work.changed, replayed=False, result=result, everyone=work.everyone
    )


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


def _who(
    connection: Connection, session: Row[Any], command: Command, content: Mapping[str, Any]
) -> tuple[Row[Any] | None, str, tuple[int, int, Any] | None]:
    """Return who it is, the command's hash, and number, time and result of its event when it was carried out before."""
    if isinstance(command, FacilitatorCommand):
        check_facilitator(session, command.secret)
        key = _key("facilitator", command, content)
        earlier = connection.execute(_EARLIER, {"session_id": session.id, "key": key}).one_or_none()
        return None, key, tuple(earlier) if earlier is not None else None
    assert isinstance(command, ParticipantCommand)
    row, key = None, ""
    if keys.is_token(command.token):
        who = keys.hashed(command.token)
        key = _key(who, command, content)
        found = {"session_id": session.id, "hash": who, "key": key}
        row = connection.execute(_PARTICIPANT_AND_EARLIER, found).one_or_none()
    if row is None and not (isinstance(command, Join) and key):
        raise UnknownParticipant(
            "This phone has not joined this session.", "Join with the code on the screen; what you typed is kept."
        )
    if row is None or row.earlier_seq is None:
        return row, key, None
    return row, key, (row.earlier_seq, row.earlier_at, row.earlier_result)


def _key(who: str, command: Command, content: Mapping[str, Any]) -> str:
    said = json.dumps([who, command.command_id, command.kind, content], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def creation_key(command: CreateSession) -> str:
    """Return the hash under which the making of a session is recognised."""
    return hashlib.sha256(f"create\n{command.command_id}\n{keys.hashed(command.secret)}".encode()).hexdigest()
