"""A small session with a question of every kind, and short ways to send commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.definition import (
    ClusterChoice,
    ItemDefinition,
    QuestionDefinition,
    SeedDefinition,
    SessionDefinition,
)
from allrise.room.service import Service


def _items(*names: str, **more: Any) -> tuple[ItemDefinition, ...]:
    return tuple(ItemDefinition(n, {"en": f"Item {n}"}, framework_id=n if n[0] in "FT" else "", **more) for n in names)


def _question(name: str, kind: Any, **more: Any) -> QuestionDefinition:
    return QuestionDefinition(name, kind, {"en": f"Question {name}?", "fr": f"Question {name} ?"}, **more)


SAMPLE = SessionDefinition(
    title={"en": "A small room", "fr": "Une petite salle"},
    languages=("en", "fr"),
    countries=("CA", "US", "NZ", "AU", "GB-ENG"),
    roles=("leader", "teacher", "student", "family"),
    clusters=(ClusterChoice("north", "North", "CA"), ClusterChoice("south", "South", "NZ")),
    questions=(
        _question("rate", "rating", items=_items("F1", "F2", "F3"), framework_id="Q2.1"),
        _question("poles", "contrast", items=_items("T1", "T2", left_pole={"en": "left"}, right_pole={"en": "right"})),
        _question(
            "map",
            "quadrant",
            items=tuple(
                ItemDefinition(f"{f}/{d}", {"en": f}, framework_id=f, dimension=d)
                for f in ("F1", "F2")
                for d in ("ease", "place")
            ),
        ),
        _question("one", "choice", items=_items("a", "b", "c")),
        _question("some", "choice", items=_items("a", "b", "c"), settings={"several": 2}),
        _question("order", "rank", items=_items("a", "b", "c")),
        _question("tell", "text", settings={"tags": ["F1", "F2"]}),
        _question("board", "statements", seeds=(SeedDefinition({"en": "A seed", "fr": "Une graine"}, "F1"),)),
    ),
)


@dataclass
class Room:
    """A service, one session in it, and its facilitator."""

    service: Service
    code: str
    secret: str
    tokens: list[str] = field(default_factory=list)

    @classmethod
    def create(cls, service: Service, definition: SessionDefinition = SAMPLE) -> Room:
        secret = keys.new_token()
        made = service.execute(c.CreateSession(command_id=keys.new_command_id(), definition=definition, secret=secret))
        return cls(service, made.code, secret)

    def facilitator(self, kind: type[c.FacilitatorCommand], **values: Any) -> c.Receipt:
        values.setdefault("command_id", keys.new_command_id())
        values.setdefault("secret", self.secret)
        return self.service.execute(kind(code=self.code, **values))

    def participant(self, kind: type[c.ParticipantCommand], token: str, **values: Any) -> c.Receipt:
        values.setdefault("command_id", keys.new_command_id())
        return self.service.execute(kind(code=self.code, token=token, **values))

    def join(self, country: str = "CA", role: str = "teacher", **more: Any) -> str:
        token = keys.new_token()
        self.participant(c.Join, token, country=country, role=role, **more)
        self.tokens.append(token)
        return token

    def open(self, *questions: str) -> None:
        for question in questions:
            self.facilitator(c.OpenQuestion, question=question)

    def answer(self, token: str, question: str, revision: int | None = None, **answers: Any) -> c.Receipt:
        return self.participant(c.Submit, token, question=question, answers=answers, revision=revision)

    def write(self, token: str, text: str, question: str = "board", **more: Any) -> int:
        return self.participant(c.WriteStatement, token, question=question, text=text, **more).result["number"]

    def approve(self, number: int, question: str = "board") -> None:
        self.facilitator(c.Moderate, question=question, statement=number, decision="approve")

    def values(self, question: str) -> dict[tuple[str, str], int]:
        """Participant and item to value, as the record has them."""
        answers = self.service.frames_now(self.code, question).answers
        return {(a.participant, a.item_id): a.value for a in answers.itertuples()}

    def mine(self, token: str, question: str) -> dict[str, int]:
        return dict(self.service.mine_now(self.code, token).answers.get(question, {}))
