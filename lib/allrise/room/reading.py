"""Reads snapshots from the database; each function takes an open connection and changes nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, union

from allrise.room.batch import TABLES
from allrise.room.errors import UnknownParticipant, UnknownQuestion
from allrise.room.keys import hashed, is_name, is_token, normal_code
from allrise.room.ledger import check_facilitator, find_session
from allrise.room.models import Answer, Event, Item, Note, Participant, Question, Session, Statement, Timer, Vote
from allrise.room.snapshots import (
    Counts,
    Desk,
    Done,
    ItemState,
    Mine,
    NoteState,
    QuestionState,
    SessionLine,
    SessionState,
    StatementState,
    TimerState,
)

# Made once, as in the ledger: making a statement costs more than running it.
_S, _Q, _I, _P, _A, _V, _T = (
    TABLES[name] for name in ("session", "question", "item", "participant", "answer", "vote", "statement")
)
_ME = (
    select(_P.c.id, _P.c.country, _P.c.role, _P.c.cluster, _P.c.language)
    .join(_S, _S.c.id == _P.c.session_id)
    .where(_S.c.code == bindparam("code"), _P.c.token_hash == bindparam("hash"))
)
_MY_ANSWERS = (
    select(_Q.c.name, _I.c.name, _A.c.value, _A.c.revision, _A.c.at)
    .select_from(_A.join(_I, _I.c.id == _A.c.item_id).join(_Q, _Q.c.id == _A.c.question_id))
    .where(_A.c.participant_id == bindparam("participant_id"))
    .order_by(_I.c.position)
)
_MY_VOTES = (
    select(_Q.c.name, _T.c.number, _V.c.value, _V.c.revision, _V.c.at)
    .select_from(_V.join(_T, _T.c.id == _V.c.statement_id).join(_Q, _Q.c.id == _V.c.question_id))
    .where(_V.c.participant_id == bindparam("participant_id"))
)
_MY_STATEMENTS = (
    select(_T, _Q.c.name.label("question_name"))
    .select_from(_T.join(_Q, _Q.c.id == _T.c.question_id))
    .where(_T.c.participant_id == bindparam("participant_id"))
    .order_by(_T.c.id)
)
_JOINED = select(func.count()).select_from(_P).where(_P.c.session_id == bindparam("session_id"))


def _of_session(source: Any) -> Any:
    """Return a source's rows in the questions of one session."""
    questions = select(_Q.c.id).where(_Q.c.session_id == bindparam("session_id"))
    return source.c.question_id.in_(questions)


_EACH = union(
    select(_A.c.question_id, _A.c.participant_id).where(_of_session(_A), _A.c.value.is_not(None)),
    select(_V.c.question_id, _V.c.participant_id).where(_of_session(_V)),
    select(_T.c.question_id, _T.c.participant_id).where(
        _of_session(_T), _T.c.participant_id.is_not(None), _T.c.state != "withdrawn"
    ),
).subquery()
_ANSWERED = select(_Q.c.name, func.count()).join(_EACH, _EACH.c.question_id == _Q.c.id).group_by(_Q.c.name)
_PENDING = (
    select(_Q.c.name, func.count())
    .join(_T, _T.c.question_id == _Q.c.id)
    .where(_Q.c.session_id == bindparam("session_id"), _T.c.state == "pending")
    .group_by(_Q.c.name)
)


def read_seq(connection: Connection, code: str) -> int:
    """Return the number of a session's last event; cheap, to see whether anything is new."""
    return int(find_session(connection, code).seq)


def read_answers_version(connection: Connection, code: str, question: str) -> int:
    """Return the number of the last event that changed a question's answers, statements or votes.

    Raises
    ------
    UnknownCode, UnknownQuestion
        When the session or the question is not there.
    """
    session = find_session(connection, code)
    check_name(question)
    version = connection.execute(
        select(Question.answers_version).where(Question.session_id == session.id, Question.name == question)
    ).scalar_one_or_none()
    if version is None:
        raise UnknownQuestion("There is no such question in this session.", "Load the page again.")
    return int(version)


def find_question_id(connection: Connection, code: str, question: str) -> int:
    """Return the key of a question.

    Raises
    ------
    UnknownCode, UnknownQuestion
        When the session or the question is not there.
    """
    session = find_session(connection, code)
    check_name(question)
    found = connection.execute(
        select(Question.id).where(Question.session_id == session.id, Question.name == question)
    ).scalar_one_or_none()
    if found is None:
        raise UnknownQuestion("There is no such question in this session.", "Load the page again.")
    return int(found)


def check_name(question: str) -> None:
    """Refuse what cannot be the name of a question.

    Raises
    ------
    UnknownQuestion
        When it cannot.
    """
    if not is_name(question):
        raise UnknownQuestion("There is no such question in this session.", "Load the page again.")


def read_state(connection: Connection, code: str) -> SessionState:
    """Return what everyone may see of a session.

    Raises
    ------
    UnknownCode
        When there is none.
    """
    session = find_session(connection, code)
    questions = connection.execute(
        select(TABLES["question"]).where(Question.session_id == session.id).order_by(Question.position)
    ).all()
    items: dict[int, list[ItemState]] = defaultdict(list)
    for row in connection.execute(
        select(TABLES["item"]).join(Question).where(Question.session_id == session.id).order_by(Item.position)
    ):
        items[row.question_id].append(
            ItemState(row.name, row.framework_id, row.dimension, row.label, row.detail, row.left_pole, row.right_pole,
                      row.lowest, row.highest)
        )  # fmt: skip
    timer = connection.execute(select(TABLES["timer"]).where(Timer.session_id == session.id)).one()
    return SessionState(
        code=session.code,
        version=session.version,
        seq=session.seq,
        title=session.title,
        languages=tuple(session.languages),
        asks=session.asks,
        state=session.state,
        current=next((q.name for q in questions if q.id == session.current_question_id), ""),
        timer=TimerState(timer.running, timer.seconds, timer.ends_at, timer.left_ms),
        questions=tuple(
            QuestionState(q.name, q.position, q.part, q.kind, q.framework_id, q.prompt, q.help, q.settings, q.state,
                          q.results_shown, q.board_version, tuple(items[q.id]))
            for q in questions
        ),
        created_at=session.created_at,
    )  # fmt: skip


def read_counts(connection: Connection, code: str, present: int = 0) -> Counts:
    """Return how many have joined and answered; a text or a vote counts as an answer to its question."""
    session = find_session(connection, code)
    of = {"session_id": session.id}
    joined = connection.execute(_JOINED, of).scalar_one()
    answered = dict.fromkeys(_names(connection, session.id).values(), 0)
    answered |= {row[0]: row[1] for row in connection.execute(_ANSWERED, of)}
    pending = {row[0]: row[1] for row in connection.execute(_PENDING, of)}
    return Counts(joined, min(present, joined), answered, pending)


def read_mine(connection: Connection, code: str, token: str) -> Mine:
    """Return what a participant has said so far.

    Raises
    ------
    UnknownCode, UnknownParticipant
        When the session or the participant is not there.
    """
    me: Any = None
    if is_token(token):
        me = connection.execute(_ME, {"code": normal_code(code), "hash": hashed(token)}).one_or_none()
    if me is None:
        find_session(connection, code)
        raise UnknownParticipant("This phone has not joined this session.", "Join with the code on the screen.")
    who = {"participant_id": me.id}
    answers: dict[str, dict[str, int]] = {}
    revisions: dict[str, int] = {}
    saved_at: dict[str, int] = {}
    for question, item, value, revision, at in connection.execute(_MY_ANSWERS, who):
        if value is not None:
            answers.setdefault(question, {})[item] = value
        revisions[question] = max(revisions.get(question, 0), revision)
        saved_at[question] = max(saved_at.get(question, 0), at)
    votes: dict[str, dict[int, int]] = {}
    for question, number, value, revision, at in connection.execute(_MY_VOTES, who):
        votes.setdefault(question, {})[number] = value
        revisions[question] = max(revisions.get(question, 0), revision)
        saved_at[question] = max(saved_at.get(question, 0), at)
    statements: dict[str, list[StatementState]] = {}
    for row in connection.execute(_MY_STATEMENTS, who):
        statements.setdefault(row.question_name, []).append(_statement(row))
    return Mine(
        me.country, me.role, me.cluster, me.language, answers, revisions, saved_at, votes,
        {name: tuple(mine) for name, mine in statements.items()},
    )  # fmt: skip


def read_board(connection: Connection, code: str, question: str) -> tuple[StatementState, ...]:
    """Return the approved statements of a question with their votes, by number."""
    session = find_session(connection, code)
    check_name(question)
    return _statements(connection, session.id, question, Statement.state == "approved").get(question, ())


def read_desk(connection: Connection, code: str, secret: str) -> Desk:
    """Return what only facilitators see.

    Raises
    ------
    UnknownCode, NotFacilitator
        When the session is not there or the secret is another.
    """
    session = find_session(connection, code)
    check_facilitator(session, secret)
    names = _names(connection, session.id)
    notes = connection.execute(
        select(TABLES["note"]).where(Note.session_id == session.id, Note.removed.is_(False)).order_by(Note.id)
    )
    events = connection.execute(
        select(
            Event.seq, Event.kind, Event.question_id, Event.at, Event.undone_by, Event.changes.is_not(None).label("can")
        )
        .where(Event.session_id == session.id, Event.actor != "participant")
        .order_by(Event.seq.desc())
        .limit(30)
    ).all()
    done = tuple(
        Done(
            e.seq,
            e.kind,
            names.get(e.question_id, ""),
            e.at,
            bool(e.can) and e.undone_by is None,
            e.undone_by is not None,
        )
        for e in events
    )
    return Desk(
        session.seq,
        _statements(connection, session.id, None, None),
        tuple(NoteState(n.id, names.get(n.question_id, ""), n.text, n.at) for n in notes),
        next((d for d in done if d.can_be_undone), None),
        done,
    )


def read_sessions(connection: Connection) -> tuple[SessionLine, ...]:
    """Return all sessions of the database, newest first."""
    people = _per(
        connection, select(Participant.session_id, func.count().label("number")).group_by(Participant.session_id)
    )
    questions = _per(
        connection, select(Question.session_id, func.count().label("number")).group_by(Question.session_id)
    )
    answers = _per(
        connection,
        select(Question.session_id, func.count().label("number"))
        .join(Answer, Answer.question_id == Question.id)
        .where(Answer.value.is_not(None))
        .group_by(Question.session_id),
    )
    rows = connection.execute(select(TABLES["session"]).order_by(Session.id.desc()))
    return tuple(
        SessionLine(
            r.code, r.title, r.state, r.created_at, questions.get(r.id, 0), people.get(r.id, 0), answers.get(r.id, 0)
        )
        for r in rows
    )


def _per(connection: Connection, query: Any) -> dict[int, int]:
    return {row.session_id: row.number for row in connection.execute(query)}


def _names(connection: Connection, session_id: int) -> dict[int, str]:
    return {
        row.id: row.name
        for row in connection.execute(
            select(Question.id, Question.name).where(Question.session_id == session_id).order_by(Question.position)
        )
    }


def _statements(
    connection: Connection, session_id: int, question: str | None, condition: Any
) -> dict[str, tuple[StatementState, ...]]:
    def votes(value: int) -> Any:
        return func.coalesce(func.sum(case((Vote.value == value, 1), else_=0)), 0)

    tally = (
        select(Vote.statement_id, votes(1).label("agree"), votes(-1).label("disagree"), votes(0).label("skip"))
        .join(Question, Question.id == Vote.question_id)
        .where(Question.session_id == session_id)
        .group_by(Vote.statement_id)
        .subquery()
    )
    query = (
        select(TABLES["statement"], Question.name, tally.c.agree, tally.c.disagree, tally.c.skip)
        .join(Question, Question.id == Statement.question_id)
        .join(tally, tally.c.statement_id == Statement.id, isouter=True)
        .where(Question.session_id == session_id)
        .order_by(Question.position, Statement.number)
    )
    if question is not None:
        query = query.where(Question.name == question)
    if condition is not None:
        query = query.where(condition)
    found: dict[str, list[StatementState]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.name].append(_statement(row, row.agree or 0, row.disagree or 0, row.skip or 0))
    return {name: tuple(statements) for name, statements in found.items()}


def _statement(row: Any, agree: int = 0, disagree: int = 0, skip: int = 0) -> StatementState:
    return StatementState(
        row.number, row.text, row.texts, tuple(row.tags), row.state, row.reason, row.merged_into, row.language, row.source, row.at,
        int(agree), int(disagree), int(skip),
    )  # fmt: skip
