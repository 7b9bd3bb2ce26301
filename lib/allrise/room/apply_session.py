"""What facilitators' commands do: questions, results, lock, timer, notes and undo."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from allrise.room.batch import TABLES
from allrise.room.commands import (
    CloseQuestion,
    ExtendTimer,
    GoTo,
    Lock,
    Next,
    OpenQuestion,
    RemoveNote,
    ShowResults,
    StartTimer,
    StopTimer,
    Undo,
    WriteNote,
)
from allrise.room.errors import InvalidCommand, UnknownQuestion, WrongState
from allrise.room.gates import find_question
from allrise.room.ledger import Work
from allrise.room.models import Event, Moderation, Note, Question
from allrise.room.plain_text import cleaned

LONGEST_NOTE = 2000
LONGEST_TIMER = 14_400


def open_question(work: Work, command: OpenQuestion) -> dict[str, Any]:
    """Open (again) and put on the stage."""
    question = find_question(work, command.question)
    _go_to(work, question)
    work.change("question", {"id": question.id}, question, state="open")
    return _done(work)


def close_question(work: Work, command: CloseQuestion) -> dict[str, Any]:
    """Close; a question that was never open cannot be closed."""
    question = find_question(work, command.question)
    if question.state == "draft":
        raise WrongState(f"{question.name} has not been opened yet.", "Open it first.", {"question": question.name})
    work.change("question", {"id": question.id}, question, state="closed")
    return _done(work)


def go_to(work: Work, command: GoTo) -> dict[str, Any]:
    """Put on the stage as it is."""
    _go_to(work, find_question(work, command.question))
    return _done(work)


def next_question(work: Work, command: Next) -> dict[str, Any]:
    """Close the question on the stage and open the one after it."""
    rows = work.connection.execute(
        select(TABLES["question"]).where(Question.session_id == work.session.id).order_by(Question.position)
    ).all()
    at = next((i for i, row in enumerate(rows) if row.id == work.session.current_question_id), -1)
    name = rows[at].name if at >= 0 else ""
    if command.seen != name:
        raise WrongState(
            f"The room has already moved on: {name or 'no question'} is on the stage now.",
            "Look at the stage, and press Next again if that is what you want.",
            {"question": name},
        )
    if at + 1 >= len(rows):
        raise WrongState(f"{name} is the last question.", "Lock the session when the dialogue is over.")
    if at >= 0 and rows[at].state == "open":
        work.change("question", {"id": rows[at].id}, rows[at], state="closed")
    following = rows[at + 1]
    work.question_id = following.id
    _go_to(work, following)
    work.change("question", {"id": following.id}, following, state="open")
    return {**_done(work), "question": following.name}


def show_results(work: Work, command: ShowResults) -> dict[str, Any]:
    """Show or hide a question's results."""
    question = find_question(work, command.question)
    work.change("question", {"id": question.id}, question, results_shown=bool(command.shown))
    return _done(work)


def lock(work: Work, command: Lock) -> dict[str, Any]:
    """Lock or unlock the session."""
    work.change("session", {"id": work.session.id}, work.session, state="locked" if command.locked else "live")
    return _done(work)


def start_timer(work: Work, command: StartTimer) -> dict[str, Any]:
    """Start from the full length."""
    seconds = _seconds(command.seconds, LONGEST_TIMER)
    return _set_timer(work, running=True, seconds=seconds, ends_at=work.at + seconds * 1000, left_ms=0)


def stop_timer(work: Work, _command: StopTimer) -> dict[str, Any]:
    """Stop and keep what is left."""
    timer = _timer(work)
    if not timer.running:
        work.changed = False
        return {}
    return _set_timer(work, running=False, left_ms=max(0, timer.ends_at - work.at))


def extend_timer(work: Work, command: ExtendTimer) -> dict[str, Any]:
    """Give more time, from now when it has run out."""
    timer = _timer(work)
    more = _seconds(command.seconds, 3600)
    if not timer.running:
        if not timer.seconds:
            raise WrongState("The timer has not been started.", "Start it first.")
        return _set_timer(work, seconds=timer.seconds + more, left_ms=timer.left_ms + more * 1000)
    ends_at = max(timer.ends_at, work.at) + more * 1000
    return _set_timer(work, seconds=timer.seconds + more, ends_at=ends_at)


def write_note(work: Work, command: WriteNote) -> dict[str, Any]:
    """Keep a note for facilitators."""
    text = cleaned(command.text, LONGEST_NOTE, "The note")
    if not text:
        raise InvalidCommand("The note is empty.", "Write something first.")
    question_id = find_question(work, command.question).id if command.question else None
    note = work.connection.execute(
        insert(Note)
        .values(session_id=work.session.id, question_id=question_id, text=text, removed=False, seq=work.seq, at=work.at)
        .returning(Note.id)
    ).scalar_one()
    work.content = {"question": command.question}
    work.changes.append(["note", {"id": note}, {"removed": True}, {"removed": False}])
    return {"note": note}


def remove_note(work: Work, command: RemoveNote) -> dict[str, Any]:
    """Hide a note from facilitators; the log keeps that it was there."""
    row = None
    if type(command.note) is int and 0 < command.note < 2**62:
        row = work.connection.execute(
            select(TABLES["note"]).where(Note.id == command.note, Note.session_id == work.session.id)
        ).one_or_none()
    if row is None:
        raise UnknownQuestion("There is no such note.", "Load the page again.")
    work.changed = work.change("note", {"id": row.id}, row, removed=True)
    return {}


def undo(work: Work, command: Undo) -> dict[str, Any]:
    """Put back what the last command that can be undone has changed."""
    last = last_undoable(work)
    if last is None:
        raise WrongState("There is nothing to undo.", "Answers, votes and statements of participants stay as they are.")
    if command.seen is not None and command.seen != last.seq:
        raise WrongState(
            "Something newer has been done in the meantime, perhaps by another facilitator.",
            "Look at the list of what was done last, and undo again if that is what you want.",
            {"seq": last.seq},
        )
    work.question_id = last.question_id
    for table, key, before, after in reversed(last.changes):
        _put_back(work, table, key, before, after)
    work.connection.execute(
        update(Event).where(Event.session_id == work.session.id, Event.seq == last.seq).values(undone_by=work.seq)
    )
    work.everyone = last.kind not in {"write_note", "remove_note"}
    return {"undone": last.seq, "kind": last.kind}


def last_undoable(work: Work) -> Row[Any] | None:
    """Return the event that an undo would take back, or ``None``."""
    return work.connection.execute(
        select(TABLES["event"])
        .where(
            Event.session_id == work.session.id,
            Event.actor == "facilitator",
            Event.changes.is_not(None),
            Event.undone_by.is_(None),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    ).one_or_none()


def _put_back(work: Work, table: str, key: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    source = TABLES[table]
    query = select(*(source.c[name] for name in after))
    for name, value in key.items():
        query = query.where(source.c[name] == value)
    if dict(work.connection.execute(query).mappings().one()) != after:
        if table == "statement":  # its author has taken it back since, and that holds
            return
        raise WrongState("What was done has been changed since by something else.", "Change it by hand instead.")
    work.set_columns(table, key, before)
    if table == "statement":
        work.connection.execute(
            insert(Moderation).values(
                statement_id=key["id"],
                decision=before["state"],
                reason=before["reason"],
                merged_into=before["merged_into"],
                seq=work.seq,
                at=work.at,
            )
        )
        question = work.connection.execute(
            select(TABLES["statement"].c.question_id).where(TABLES["statement"].c.id == key["id"])
        ).scalar_one()
        work.set_columns("question", {"id": question}, {"board_version": work.seq, "answers_version": work.seq})


def _go_to(work: Work, question: Row[Any]) -> None:
    work.change("session", {"id": work.session.id}, work.session, current_question_id=question.id)


def _done(work: Work) -> dict[str, Any]:
    work.changed = work.everyone = bool(work.changes)
    return {}


def _seconds(seconds: int, most: int) -> int:
    if type(seconds) is not int or not 1 <= seconds <= most:
        raise InvalidCommand(f"A timer takes 1 to {most:,} seconds.", "Give a whole number of seconds.")
    return seconds


def _timer(work: Work) -> Row[Any]:
    return work.connection.execute(select(TABLES["timer"]).where(TABLES["timer"].c.session_id == work.session.id)).one()


def _set_timer(work: Work, **values: Any) -> dict[str, Any]:
    work.change("timer", {"session_id": work.session.id}, _timer(work), **values)
    return _done(work)
