"""What joining, answering and paper do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, insert, select, update

from allrise.room import keys
from allrise.room.apply_statements import replace_paper
from allrise.room.batch import TABLES
from allrise.room.commands import AnswerValue, EnterPaper, Join, Submit
from allrise.room.definition import ITEM_KINDS
from allrise.room.errors import InvalidAnswer, InvalidCommand, TooLarge, TooMany
from allrise.room.gates import Person, checked_revision, count, find_question, refuse_closed, refuse_locked, segments
from allrise.room.ledger import Work
from allrise.room.models import Participant

MOST_PARTICIPANTS = 5_000

_I, _A = TABLES["item"], TABLES["answer"]
_ITEMS = (
    select(_I.c.id, _I.c.name, _I.c.lowest, _I.c.highest)
    .where(_I.c.question_id == bindparam("question_id"))
    .order_by(_I.c.position)
)
_CURRENT = select(_A.c.item_id, _A.c.revision, _A.c.value).where(
    _A.c.participant_id == bindparam("participant_id"), _A.c.question_id == bindparam("question_id")
)
_ADD = insert(_A)
_CHANGE = update(_A).where(_A.c.participant_id == bindparam("of_participant"), _A.c.item_id == bindparam("of_item"))

_WHOLE = re.compile(r"-?[0-9]{1,3}", re.ASCII)
_SHEET = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)


def join(work: Work, command: Join) -> dict[str, Any]:
    """Make a participant, or change what they said about themselves."""
    refuse_locked(work)
    about = segments(work, command.country, command.role, command.cluster)
    language = command.language if command.language in work.session.languages else work.session.languages[0]
    work.content = {**about, "language": language}
    if work.participant is not None:
        now = {"country": work.participant.country, "role": work.participant.role,
               "cluster": work.participant.cluster, "language": work.participant.language}  # fmt: skip
        work.changed = now != work.content
        if work.changed:
            work.connection.execute(
                update(Participant).where(Participant.id == work.participant.id).values(**work.content)
            )
        return {"joined": True}
    if count(work, "participant", session_id=work.session.id) >= MOST_PARTICIPANTS:
        raise TooMany(f"The room is full: {MOST_PARTICIPANTS:,} people have joined.", "Tell the facilitator.")
    _add_participant(work, keys.hashed(command.token), about, language, "phone")
    return {"joined": True}


def _add_participant(work: Work, token_hash: str, about: Mapping[str, str], language: str, source: str) -> None:
    work.connection.execute(
        insert(Participant).values(
            session_id=work.session.id,
            token_hash=token_hash,
            **about,
            language=language,
            source=source,
            joined_seq=work.seq,
            joined_at=work.at,
        )
    )
    work.participant = work.connection.execute(
        select(TABLES["participant"]).where(
            Participant.session_id == work.session.id, Participant.token_hash == token_hash
        )
    ).one()


def submit(work: Work, command: Submit) -> dict[str, Any]:
    """Save answers of one question; the newest revision of each item holds."""
    question = find_question(work, command.question)
    if not isinstance(command.answers, Mapping) or len(command.answers) > 400:
        raise TooLarge("That is more than one question's answers.", "Load the page again.")
    if not command.answers:
        raise InvalidAnswer("Nothing was chosen.", "Choose an answer first.")
    items = _items(work, question)
    values = checked(question, items, command.answers)
    refuse_closed(work, question, {name: values[name] for name in command.answers if name in values})
    revision = checked_revision(command.revision)
    assert work.participant is not None
    done = save(work, Person.of(work.participant), question, items, values, revision)
    work.content = {"answers": values, "revision": revision}
    work.changed = bool(done.saved)
    return {**done._asdict(), "at": work.at}


def _items(work: Work, question: Row[Any]) -> dict[str, Row[Any]]:
    known = work.batch.items
    if question.id not in known:
        rows: Any = work.connection.execute(_ITEMS, {"question_id": question.id})
        known[question.id] = {row.name: row for row in rows}
    return known[question.id]


def checked(
    question: Row[Any], items: Mapping[str, Row[Any]], answers: Mapping[str, AnswerValue]
) -> dict[str, int | None]:
    """Return the value of every item that these answers set.

    Raises
    ------
    InvalidAnswer
        When the question takes no such item or value; the message names the item.
    """
    if question.kind not in ITEM_KINDS:
        raise InvalidAnswer("This question takes texts, not values.", "Write in the box.")
    values: dict[str, int | None] = {}
    for name, value in answers.items():
        if name not in items:
            raise InvalidAnswer(f"{question.name} has no item of that name.", "Load the page again.")
        item = items[name]
        number = _number(value)
        if number is not None and not item.lowest <= number <= item.highest:
            raise InvalidAnswer(
                f"{question.name}, {name}: the answer is from {item.lowest} to {item.highest}.", "Choose one of those."
            )
        values[name] = number
    if question.kind == "choice" and values:
        return _choice(question, items, values)
    if question.kind == "rank" and any(v is not None for v in values.values()):
        ranks = sorted(v for v in values.values() if v is not None)
        if ranks != list(range(1, len(items) + 1)):
            raise InvalidAnswer(
                f"{question.name}: each place from 1 to {len(items)} is given to exactly one option.",
                "Give every option a place of its own.",
            )
    return values


def _choice(question: Row[Any], items: Mapping[str, Row[Any]], values: dict[str, int | None]) -> dict[str, int | None]:
    chosen = [name for name, value in values.items() if value == 1]
    if not chosen and all(value is None for value in values.values()):
        return dict.fromkeys(items)
    most = question.settings.get("several")
    if most is None and len(chosen) != 1:
        raise InvalidAnswer(f"{question.name}: choose exactly one.", "Choose one of the options.")
    if most and len(chosen) > most:
        raise InvalidAnswer(f"{question.name}: choose at most {most}.", "Take some of your choices back.")
    return {name: int(name in chosen) for name in items}


def _number(value: AnswerValue) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if type(value) is int:
        return value
    raise InvalidAnswer("The answer is not a whole number.", "Choose one of the answers shown.")


class Saved(NamedTuple):
    """Names of items that were saved, and of those that have a newer answer; how many are answered; highest revision."""

    saved: list[str]
    superseded: list[str]
    answered: int
    revision: int


def save(
    work: Work,
    person: Person,
    question: Row[Any],
    items: Mapping[str, Row[Any]],
    values: Mapping[str, int | None],
    revision: int | None,
) -> Saved:
    """Write answers, item by item, where no newer one is there."""
    of = {"participant_id": person.participant_id, "question_id": question.id}
    current = {row.item_id: row for row in work.connection.execute(_CURRENT, of)}
    saved: list[str] = []
    superseded: list[str] = []
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    stands = {item_id: _stands(question.kind, row.value) for item_id, row in current.items()}
    highest = max((row.revision for row in current.values()), default=0)
    for name, value in values.items():
        item = items[name]
        before = current.get(item.id)
        number = revision if revision is not None else (before.revision + 1 if before else 0)
        if before is not None and before.revision > number:
            superseded.append(name)
            continue
        saved.append(name)
        stands[item.id] = _stands(question.kind, value)
        highest = max(highest, number)
        written = {"value": value, "revision": number, "country": person.country, "role": person.role,
                   "cluster": person.cluster, "source": person.source, "seq": work.seq, "at": work.at}  # fmt: skip
        if before is None:
            new.append({**of, "item_id": item.id, **written})
        else:
            changed.append({"of_participant": person.participant_id, "of_item": item.id, **written})
    if new:
        work.connection.execute(_ADD, new)
    if changed:
        work.connection.execute(_CHANGE, changed)
    if saved:
        work.set_columns("question", {"id": question.id}, {"answers_version": work.seq})
    answered = sum(stands.values())
    return Saved(saved, superseded, min(answered, 1) if question.kind == "choice" else answered, highest)


def _stands(kind: str, value: int | None) -> bool:
    """Return whether a stored value is an answer: of a choice, only what is chosen."""
    return value is not None and (kind != "choice" or value == 1)


def enter_paper(work: Work, command: EnterPaper) -> dict[str, Any]:
    """Save one sheet of paper as a participant of its own."""
    if not isinstance(command.sheet, str) or not _SHEET.fullmatch(command.sheet):
        raise InvalidCommand(
            "The sheet has no usable number.",
            "Number the sheets: 1 to 40 letters, digits, dots, dashes or underscores.",
        )
    about = segments(work, command.country, command.role, command.cluster)
    token_hash = keys.hashed(f"paper:{command.sheet}")
    work.participant = work.connection.execute(
        select(TABLES["participant"]).where(
            Participant.session_id == work.session.id, Participant.token_hash == token_hash
        )
    ).one_or_none()
    if work.participant is None:
        _add_participant(work, token_hash, about, work.session.languages[0], "paper")
    else:
        work.connection.execute(update(Participant).where(Participant.id == work.participant.id).values(**about))
    assert work.participant is not None
    person = Person(work.participant.id, **about, language=work.participant.language, source="paper")
    saved: dict[str, list[str]] = {}
    for name, answers in command.answers.items():
        question = find_question(work, name)
        items = _items(work, question)
        saved[name] = save(work, person, question, items, checked(question, items, answers), None).saved
    written: dict[str, list[int]] = {}
    for name, texts in command.statements.items():
        question = find_question(work, name)
        written[name] = replace_paper(work, question, texts, person)
    work.actor = "paper"
    work.question_id = None
    work.content = {"sheet": command.sheet, **about, "answers": {n: dict(a) for n, a in command.answers.items()}}
    return {"saved": saved, "statements": written}
