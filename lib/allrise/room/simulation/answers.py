"""What a simulated person answers: drawn around what is planted for the item, the country, and the role."""

from __future__ import annotations

from typing import Any

from allrise.room.simulation.people import AGREED, DIVIDED, Person, Rng
from allrise.room.snapshots import QuestionState

#: One in so many people leaves a question, or an item, out.
_LEAVES_QUESTION, _LEAVES_ITEM = 0.03, 0.02
#: Factors that are planted as hard, and as not yet in place; the others are easier or further.
_HARD = frozenset({"F5", "F6", "F8"})
_NOT_YET = frozenset({"F4", "F5", "F6", "F7"})
#: Where most would begin to hold each other to account.
_FIRST = {"A1": 2.4, "A2": 1.0, "A3": 2.0, "A4": 3.2}


def answers(question: QuestionState, person: Person, rng: Rng) -> dict[str, int]:
    """Return a person's answers to the items of a question; empty when it is left out."""
    if rng.random() < _LEAVES_QUESTION:
        return {}
    if question.kind == "rank":
        liked = {i.name: _FIRST.get(i.name, 2.0) + rng.normal(0, 1.1) for i in question.items}
        return {name: place for place, name in enumerate(sorted(liked, key=lambda k: liked[k]), 1)}
    if question.kind == "choice":
        return {question.items[int(rng.integers(len(question.items)))].name: 1}
    given = {i.name: _value(question.kind, i, person, rng) for i in question.items}
    return {name: value for name, value in given.items() if rng.random() >= _LEAVES_ITEM}


def agreeing(key: str, person: Person, usual: float) -> float:
    """Return the chance that a person agrees with something planted, or else ``usual``."""
    if key in AGREED:
        return 0.965
    if key in DIVIDED:
        with_it, against = DIVIDED[key]
        return 0.92 if person.country in with_it else 0.12 if person.country in against else 0.5
    return usual


def _value(kind: str, item: Any, person: Person, rng: Rng) -> int:
    key = item.framework_id
    if kind == "quadrant":
        second = 0.75 if key in (_HARD if item.dimension == "ease" else _NOT_YET) else 0.3
        return 2 if rng.random() < second else 1
    usual = 0.45 + 0.05 * (sum(key.encode()) % 7)
    agrees = rng.random() < agreeing(key, person, usual + (0.06 if person.role == "leader" else 0.0))
    if kind == "contrast":
        return int(
            rng.choice([1, 2, 3], p=[0.2, 0.4, 0.4]) if agrees else rng.choice([4, 5, 6, 7], p=[0.3, 0.35, 0.25, 0.1])
        )
    return int(rng.choice([4, 5], p=[0.6, 0.4]) if agrees else rng.choice([1, 2, 3], p=[0.15, 0.3, 0.55]))
