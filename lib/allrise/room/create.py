"""Writing a new session with its questions and items."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from allrise.room import keys
from allrise.room.clock import Clock
from allrise.room.commands import CreateSession, Receipt
from allrise.room.definition import BOUNDS, QuestionDefinition, SeedDefinition, SessionDefinition
from allrise.room.errors import InvalidCommand
from allrise.room.ledger import creation_key
from allrise.room.models import Event, Item, Moderation, Question, Session, Statement, Timer
from allrise.room.plain_text import words_hash


def create_session(connection: Connection, clock: Clock, command: CreateSession) -> Receipt:
    """Write a session, once for each command id and secret; the caller commits.

    Raises
    ------
    InvalidCommand
        When the id or the secret has not the form of one.
    """
    if not keys.is_command_id(command.command_id) or not keys.is_token(command.secret):
        raise InvalidCommand(
            "A new session needs a command id and a secret of the right form.", "Make them with allrise.room.keys."
        )
    key = creation_key(command)
    earlier = connection.execute(
        select(Session.code, Session.created_at).where(Session.created_by == key)
    ).one_or_none()
    if earlier is not None:
        return Receipt(earlier.code, 1, earlier.created_at, changed=False, replayed=True, result={"code": earlier.code})
    at = clock.now()
    definition = command.definition
    code = _free_code(connection)
    session_id = connection.execute(
        insert(Session)
        .values(
            code=code,
            created_by=key,
            secret_hash=keys.hashed(command.secret),
            title=dict(definition.title),
            languages=list(definition.languages),
            asks=_asks(definition),
            state="live",
            current_question_id=None,
            seq=1,
            version=1,
            created_at=at,
            changed_at=at,
        )
        .returning(Session.id)
    ).scalar_one()
    for position, question in enumerate(definition.questions, 1):
        _add_question(connection, session_id, position, question, at)
    connection.execute(insert(Timer).values(session_id=session_id, running=False, seconds=0, ends_at=0, left_ms=0))
    result = {"code": code}
    connection.execute(
        insert(Event).values(
            session_id=session_id, seq=1, key=key, kind=command.kind, actor="facilitator", participant_id=None,
            question_id=None, content={"title": dict(definition.title)}, result=result, changes=None, undone_by=None, at=at,
        )
    )  # fmt: skip
    return Receipt(code, 1, at, changed=True, replayed=False, result=result)


def _asks(definition: SessionDefinition) -> dict[str, Any]:
    return {
        "country": list(definition.countries),
        "role": list(definition.roles),
        "cluster": [{"id": c.cluster_id, "name": c.name, "country": c.country} for c in definition.clusters],
    }


def _free_code(connection: Connection) -> str:
    while True:
        code = keys.new_code()
        if connection.execute(select(Session.id).where(Session.code == code)).one_or_none() is None:
            return code


def _add_question(
    connection: Connection, session_id: int, position: int, question: QuestionDefinition, at: int
) -> None:
    question_id = connection.execute(
        insert(Question)
        .values(
            session_id=session_id,
            name=question.name,
            position=position,
            part=dict(question.part),
            kind=question.kind,
            framework_id=question.framework_id,
            prompt=dict(question.prompt),
            help=dict(question.help),
            settings=dict(question.settings),
            state="draft",
            results_shown=False,
            answers_version=1 if question.seeds else 0,
            board_version=1 if question.seeds else 0,
        )
        .returning(Question.id)
    ).scalar_one()
    for number, seed in enumerate(question.seeds, 1):
        _add_seed(connection, question_id, number, seed, at)
    if not question.items:
        return
    lowest, highest = BOUNDS[question.kind]
    connection.execute(
        insert(Item),
        [
            {
                "question_id": question_id,
                "name": item.name,
                "position": number,
                "framework_id": item.framework_id,
                "dimension": item.dimension,
                "label": dict(item.label),
                "detail": dict(item.detail),
                "left_pole": dict(item.left_pole),
                "right_pole": dict(item.right_pole),
                "lowest": lowest,
                "highest": highest or len(question.items),
            }
            for number, item in enumerate(question.items, 1)
        ],
    )


def _add_seed(connection: Connection, question_id: int, number: int, seed: SeedDefinition, at: int) -> None:
    language, text = next((language, text) for language, text in seed.texts.items() if text)
    statement_id = connection.execute(
        insert(Statement)
        .values(
            question_id=question_id,
            number=number,
            participant_id=None,
            text=text,
            texts=dict(seed.texts),
            tags=[seed.framework_id] if seed.framework_id else [],
            state="approved",
            reason="",
            merged_into=None,
            country="",
            role="",
            cluster="",
            language=language,
            source="facilitator",
            seq=1,
            at=at,
            words=words_hash(text),
        )
        .returning(Statement.id)
    ).scalar_one()
    connection.execute(
        insert(Moderation).values(
            statement_id=statement_id, decision="approved", reason="", merged_into=None, seq=1, at=at
        )
    )
