"""Plays a whole session: people join, answer, write and vote; a facilitator opens, decides and locks."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from sqlalchemy import select, update

from allrise.errors import AllriseError
from allrise.room import commands as c
from allrise.room.clock import Clock
from allrise.room.database import Database
from allrise.room.models import Session
from allrise.room.service import Service
from allrise.room.session_file import read_session, retitled
from allrise.room.simulation.answers import agreeing, answers
from allrise.room.simulation.people import CAMPS_ON, Person, Rng, people, token
from allrise.room.snapshots import QuestionState

#: When every simulated session is held (UTC), so that its record is the same whenever it is played.
_HELD_AT = 1_559_736_000.0  # 5 June 2019, 12:00
_SECONDS_EACH = 2.0
_VOTES_ON = 0.93

Texts = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Played:
    """A simulated session: its code, its facilitator's secret, and who was in which planted camp by token."""

    code: str
    secret: str
    people: tuple[Person, ...]


def simulate(database: Database, seed: int = 83) -> Played:
    """Play the Global Dialogue with invented people, through the service that a room uses.

    Parameters
    ----------
    database
        Where the session is written; its join code is ``SIM`` and the seed.
    seed
        The same seed gives the same record, byte for byte.

    Raises
    ------
    AllriseError
        When the seed cannot be in a code, or was played in this database before.
    """
    if not 0 <= seed <= 999:
        raise AllriseError(f"The seed is {seed}.", "Give a number from 0 to 999; it becomes part of the join code.")
    code = f"SIM{seed:03d}"
    with database.reader.connect() as connection:
        if connection.execute(select(Session.id).where(Session.code == code)).one_or_none() is not None:
            raise AllriseError(
                f"Session {code} was simulated in this database before.",
                "Give another --seed, or another --database.",
            )
    with Service(database, clock=_clock()) as service:
        return _Play(service, seed, code).through()


def _clock() -> Clock:
    ticks: Iterator[int] = itertools.count()
    return Clock(wall=lambda: _HELD_AT, steady=lambda: _SECONDS_EACH * next(ticks))


class _Play:
    """One session being played; every command waits for the one before, so that order follows the seed."""

    def __init__(self, service: Service, seed: int, code: str) -> None:
        self.service, self.seed = service, seed
        self.secret = token(seed, "facilitator")
        self.rng: Rng = np.random.default_rng(seed)
        self.texts: Texts = tomllib.loads(files("allrise.room.simulation").joinpath("texts.toml").read_text("utf-8"))
        self.ids = (token(seed, f"command {n}") for n in itertools.count())
        self.code = self._create(code)

    def through(self) -> Played:
        """Play from joining to locking."""
        room = people(self.rng, self.seed)
        for person in room:
            self._say(c.Join, person, country=person.country, role=person.role, language="en")
        for question in self.service.state_now(self.code).questions:
            self._lead(c.OpenQuestion, question=question.name)
            if question.kind in ("text", "statements"):
                self._write(question, room)
            else:
                self._answer(question, room)
            if question.kind == "statements":
                self._vote(question, room)
            self._lead(c.CloseQuestion, question=question.name)
            self._lead(c.ShowResults, question=question.name, shown=True)
        self._lead(c.Lock, locked=True)
        return Played(self.code, self.secret, tuple(room))

    def _create(self, code: str) -> str:
        definition = read_session("global-dialogue")
        title = f"Simulated: {definition.title['en']}"
        made = self.service.execute(
            c.CreateSession(command_id=next(self.ids), definition=retitled(definition, title, "en"), secret=self.secret)
        )
        # a code is drawn at random and printed nowhere else yet: this one says that the session is simulated
        with self.service.database.writer.begin() as connection:
            connection.execute(update(Session).where(Session.code == made.code).values(code=code))
        return code

    def _answer(self, question: QuestionState, room: list[Person]) -> None:
        for person in room:
            given = answers(question, person, self.rng)
            if given:
                self._say(c.Submit, person, question=question.name, answers=given)

    def _write(self, question: QuestionState, room: list[Person]) -> None:
        authors = iter(self.rng.permutation(len(room)).tolist())
        for text in self.texts.get(question.name, []):
            author = room[next(authors)]
            written = self._say(
                c.WriteStatement, author, question=question.name, text=text["text"], tags=tuple(text.get("about", ()))
            ).result["number"]
            self._decide(question.name, written, text, author)

    def _decide(self, question: str, number: int, text: dict[str, Any], author: Person) -> None:
        fate = text.get("fate", "approve")
        if fate == "withdraw":
            self._say(c.WithdrawStatement, author, question=question, statement=number)
        elif fate != "pending":
            more = {k: text[k] for k in ("reason", "into") if k in text}
            self._lead(c.Moderate, question=question, statement=number, decision=fate, **more)

    def _vote(self, question: QuestionState, room: list[Person]) -> None:
        statements = self.service.board_now(self.code, question.name)
        board = [s.number for s in statements]
        seeds = sum(s.source == "facilitator" for s in statements)
        said = dict(enumerate(self.texts.get(question.name, []), seeds + 1))
        for person in room:
            for number in self.rng.permutation(board).tolist():
                if self.rng.random() < _VOTES_ON:
                    chance = self._chance(question.name, number, said.get(number), person)
                    self._say(c.CastVote, person, question=question.name, statement=number, value=self._cast(chance))

    def _chance(self, question: str, number: int, text: dict[str, Any] | None, person: Person) -> float:
        if text is None:
            return agreeing(f"S{number}", person, 0.6)
        if question == CAMPS_ON and "camp" in text:
            return 0.9 if text["camp"] == person.camp else 0.1
        return float(text.get("agree", 0.6))

    def _cast(self, chance: float) -> int:
        if self.rng.random() < 0.06:
            return 0
        return 1 if self.rng.random() < chance else -1

    def _say(self, kind: type[c.ParticipantCommand], person: Person, **values: Any) -> c.Receipt:
        return self.service.execute(kind(command_id=next(self.ids), code=self.code, token=person.token, **values))

    def _lead(self, kind: type[c.FacilitatorCommand], **values: Any) -> c.Receipt:
        return self.service.execute(kind(command_id=next(self.ids), code=self.code, secret=self.secret, **values))
