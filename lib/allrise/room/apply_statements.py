"""What writing, voting and moderating do."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, func, insert, select, update

from allrise.room.batch import TABLES
from allrise.room.commands import CastVote, Moderate, SeedStatement, WithdrawStatement, WriteStatement
from allrise.room.errors import InvalidAnswer, InvalidCommand, TooMany, UnknownQuestion, WrongState
from allrise.room.gates import Person, checked_revision, find_question, refuse_closed, refuse_locked
from allrise.room.ledger import Work
from allrise.room.models import Moderation, Statement
from allrise.room.plain_text import cleaned, wording_key, words_hash

LONGEST_TEXT = {"text": 2000, "statements": 280}
MOST_TEXTS = {"text": 20, "statements": 10}
LONGEST_REASON = 300

_DECISIONS = {"approve": "approved", "reject": "rejected", "merge": "merged"}
#: A statement in one of these states no longer counts towards how many a person may write.
_GONE = ("rejected", "merged", "withdrawn")

# Made once, as in the ledger; how long they take does not depend on how much is written.
_S, _V = TABLES["statement"], TABLES["vote"]
_SAME = (
    select(_S.c.number)
    .where(
        _S.c.question_id == bindparam("question_id"),
        _S.c.words == bindparam("words"),
        _S.c.state.in_(("pending", "approved")),
    )
    .order_by(_S.c.number)
    .limit(1)
)
_LAST = select(func.max(_S.c.number)).where(_S.c.question_id == bindparam("question_id"))
_MINE = (
    select(func.count())
    .select_from(_S)
    .where(
        _S.c.question_id == bindparam("question_id"),
        _S.c.participant_id == bindparam("participant_id"),
        _S.c.state.not_in(_GONE),
    )
)
_WRITE = insert(_S).returning(_S.c.id)
_NUMBERED = select(_S).where(_S.c.question_id == bindparam("question_id"), _S.c.number == bindparam("number"))
_VOTED = select(_V.c.revision).where(
    _V.c.participant_id == bindparam("participant_id"), _V.c.statement_id == bindparam("statement_id")
)
_VOTE = insert(_V)
_REVOTE = update(_V).where(
    _V.c.participant_id == bindparam("of_person"), _V.c.statement_id == bindparam("of_statement")
)


class Written(NamedTuple):
    """A new statement: its number, its state, and the number of an earlier one with the same words."""

    number: int
    state: str
    same_as: int | None


def write_statement(work: Work, command: WriteStatement) -> dict[str, Any]:
    """Keep a contribution; it waits for moderation unless the question says otherwise."""
    question = find_question(work, command.question)
    refuse_closed(work, question, {"text": command.text, "tags": list(command.tags)})
    assert work.participant is not None
    if command.replaces is not None:
        _withdraw(work, question, command.replaces)
    longest = int(question.settings.get("most") or MOST_TEXTS.get(question.kind, 0))
    who = {"question_id": question.id, "participant_id": work.participant.id}
    mine = work.connection.execute(_MINE, who).scalar_one()
    if mine >= longest > 0:
        raise TooMany(
            f"You have written {mine} here already; {longest} is the most for one person.",
            "Change or withdraw one of them first.",
            {"most": longest},
        )
    state = "pending" if question.settings.get("moderated", True) else "approved"
    written = contribute(work, question, command.text, command.tags, Person.of(work.participant), state=state)
    return {"number": written.number, "state": written.state, "same_as": written.same_as, "at": work.at}


def seed_statement(work: Work, command: SeedStatement) -> dict[str, Any]:
    """Put up a statement of the facilitators."""
    question = find_question(work, command.question)
    written = contribute(work, question, command.text, command.tags, None, state="approved")
    work.everyone = True
    return {"number": written.number, "state": written.state, "same_as": written.same_as}


def contribute(
    work: Work, question: Row[Any], text: str, tags: tuple[str, ...], person: Person | None, *, state: str
) -> Written:
    """Write a statement into the database.

    Raises
    ------
    InvalidAnswer
        When the question takes no texts, the text is empty, or a tag is not offered.
    TooLarge
        When the text is too long.
    """
    if question.kind not in LONGEST_TEXT:
        raise InvalidAnswer("This question takes no texts.", "Choose one of the answers shown.")
    text = cleaned(text, int(question.settings.get("longest") or LONGEST_TEXT[question.kind]), "The text")
    if not any(c.isalnum() for c in text):
        raise InvalidAnswer("There is nothing written in the box.", "Write a few words first.")
    offered = question.settings.get("tags", [])
    if len(tags) > 20 or any(tag not in offered for tag in tags):
        raise InvalidAnswer("That is not one of this question's tags.", "Choose from the list.")
    words = words_hash(text)
    same_as = work.connection.execute(_SAME, {"question_id": question.id, "words": words}).scalar_one_or_none()
    number = (work.connection.execute(_LAST, {"question_id": question.id}).scalar_one() or 0) + 1
    about = person or Person(0, "", "", "", work.session.languages[0], "facilitator")
    statement_id = work.connection.execute(
        _WRITE,
        {
            "question_id": question.id,
            "number": number,
            "participant_id": person.participant_id if person else None,
            "text": text,
            "texts": {},
            "tags": list(dict.fromkeys(tags)),
            "state": state,
            "reason": "",
            "merged_into": None,
            "country": about.country,
            "role": about.role,
            "cluster": about.cluster,
            "language": about.language,
            "source": about.source,
            "seq": work.seq,
            "at": work.at,
            "words": words,
        },
    ).scalar_one()
    if state == "approved":
        _log_decision(work, statement_id, state, "", None)
        work.everyone = True
    _touch(work, question, board=state == "approved")
    work.content = {"number": number, "text": text, "tags": list(tags)}
    return Written(number, state, same_as)


def replace_paper(work: Work, question: Row[Any], texts: tuple[str, ...], person: Person) -> list[int]:
    """Make the texts of one sheet of paper those of its person: what is there stays, what is not is withdrawn.

    Returns their numbers.
    """
    earlier: Any = work.connection.execute(
        select(Statement.id, Statement.number, Statement.text).where(
            Statement.question_id == question.id,
            Statement.participant_id == person.participant_id,
            Statement.state.in_(("pending", "approved")),
        )
    ).all()
    kept = {wording_key(row.text): row for row in earlier}
    wanted = [wording_key(text) if isinstance(text, str) else "" for text in texts]
    for key, row in kept.items():
        if key not in wanted:
            _take_back(work, question, row.id, shown=True)
    return [
        kept[key].number if key in kept else contribute(work, question, text, (), person, state="approved").number
        for key, text in zip(wanted, texts, strict=True)
    ]


def withdraw_statement(work: Work, command: WithdrawStatement) -> dict[str, Any]:
    """Take one's own statement back, also after the question was closed; votes on it stay in the record."""
    question = find_question(work, command.question)
    refuse_locked(work)
    _withdraw(work, question, command.statement)
    return {}


def _withdraw(work: Work, question: Row[Any], number: int) -> None:
    statement = _statement(work, question, number)
    if work.participant is None or statement.participant_id != work.participant.id:
        raise UnknownQuestion("That is not a statement of yours.", "Load the page again.")
    if statement.state == "withdrawn":
        work.changed = False
        return
    _take_back(work, question, statement.id, shown=statement.state == "approved")


def _take_back(work: Work, question: Row[Any], statement_id: int, *, shown: bool) -> None:
    work.set_columns("statement", {"id": statement_id}, {"state": "withdrawn", "reason": "", "merged_into": None})
    _log_decision(work, statement_id, "withdrawn", "", None)
    work.everyone = work.everyone or shown
    _touch(work, question, board=shown)


def cast_vote(work: Work, command: CastVote) -> dict[str, Any]:
    """Keep a vote; the newest revision holds."""
    question = find_question(work, command.question)
    if question.kind != "statements":
        raise InvalidAnswer("There is nothing to vote on here.", "Load the page again.")
    if type(command.value) is not int or command.value not in (-1, 0, 1):
        raise InvalidAnswer("A vote is agree, disagree or pass.", "Choose one of the three.")
    refuse_closed(work, question, {"statement": command.statement, "value": command.value})
    revision = checked_revision(command.revision)
    statement = _statement(work, question, command.statement)
    if statement.state != "approved":
        raise WrongState("This statement is no longer on the board.", "Vote on the next one.")
    assert work.participant is not None
    p = work.participant
    of = {"participant_id": p.id, "statement_id": statement.id}
    before = work.connection.execute(_VOTED, of).one_or_none()
    number = revision if revision is not None else (before.revision + 1 if before else 0)
    if before is not None and before.revision > number:
        work.changed = False
        return {"saved": False, "at": work.at}
    values = {"question_id": question.id, "value": command.value, "revision": number, "country": p.country,
              "role": p.role, "cluster": p.cluster, "seq": work.seq, "at": work.at}  # fmt: skip
    if before is None:
        work.connection.execute(_VOTE, {**of, **values})
    else:
        work.connection.execute(_REVOTE, {"of_person": p.id, "of_statement": statement.id, **values})
    _touch(work, question, board=False)
    return {"saved": True, "at": work.at}


def moderate(work: Work, command: Moderate) -> dict[str, Any]:
    """Decide, and write the decision into the moderation log."""
    question = find_question(work, command.question)
    if not isinstance(command.decision, str) or command.decision not in _DECISIONS:
        raise InvalidCommand("A statement is approved, rejected or merged.", "Choose one of the three.")
    statement = _statement(work, question, command.statement)
    if statement.state == "withdrawn":
        raise WrongState("Its author has taken this statement back.", "Load the list again.")
    if command.seen and command.seen != statement.state:
        raise WrongState(
            f"Another facilitator has decided about this statement: it is {statement.state}.",
            "Look at it again, and decide anew if you disagree.",
            {"state": statement.state},
        )
    reason = cleaned(command.reason, LONGEST_REASON, "The reason", lines=False)
    if command.decision == "reject" and not reason:
        raise InvalidCommand("A rejection needs a reason.", "Write one line that its author will read.")
    into = _target(work, question, statement, command.into) if command.decision == "merge" else None
    state = _DECISIONS[command.decision]
    work.changed = work.change(
        "statement", {"id": statement.id}, statement, state=state, reason=reason, merged_into=into
    )
    if work.changed:
        _log_decision(work, statement.id, state, reason, into)
        _touch(work, question, board=True)
        work.everyone = True
    work.content = {"statement": statement.number, "decision": command.decision, "reason": reason, "into": into}
    return {"statement": statement.number, "state": state}


def _target(work: Work, question: Row[Any], statement: Row[Any], into: int | None) -> int:
    if into is None or into == statement.number:
        raise InvalidCommand("A merge needs another statement that speaks for this one.", "Choose its number.")
    target = _statement(work, question, into)
    if target.state not in ("approved", "pending"):
        raise WrongState(
            f"Statement {target.number} is {target.state}, so it cannot speak for another.", "Choose one that is shown."
        )
    return int(target.number)


def _statement(work: Work, question: Row[Any], number: int) -> Row[Any]:
    row = None
    if type(number) is int and 0 < number < 2**31:
        row = work.connection.execute(_NUMBERED, {"question_id": question.id, "number": number}).one_or_none()
    if row is None:
        raise UnknownQuestion("There is no such statement.", "Load the page again.")
    return row


def _log_decision(work: Work, statement_id: int, decision: str, reason: str, into: int | None) -> None:
    work.connection.execute(
        insert(Moderation).values(
            statement_id=statement_id, decision=decision, reason=reason, merged_into=into, seq=work.seq, at=work.at
        )
    )


def _touch(work: Work, question: Row[Any], *, board: bool) -> None:
    versions = {"answers_version": work.seq}
    if board:
        versions["board_version"] = work.seq
    work.set_columns("question", {"id": question.id}, versions)
