"""What the framework is made of: frozen values, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, TypeVar, cast

from allrise.errors import UnknownName
from allrise.framework.ids import FrameworkId, LanguageId, QuestionId, ScaleId

E = TypeVar("E", bound="Entry")

#: Whose practice an item asks about: one's own, a leader's, or the cluster's.
Perspective = Literal["self", "other", "cluster"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of the framework.

    Parameters
    ----------
    id
        Stable id, the same in every language.
    label
        A few words, for a heading or an axis.
    statement
        One or two plain sentences; for a question, the question itself.
    prompts
        Open questions that a room can argue about.
    """

    id: FrameworkId
    label: str
    statement: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factor(Entry):
    """A critical success factor: what a cluster can bring as evidence, and what to predict before seeing it."""

    evidence: tuple[str, ...]
    predict: str


@dataclass(frozen=True, slots=True)
class Contrast(Entry):
    """Two ways of leading a system; the statement is the question between the poles."""

    transformational: str
    transactional: str


@dataclass(frozen=True, slots=True)
class Question(Entry):
    """A question of the dialogue, and the ids from which its evidence comes."""

    evidence_from: tuple[FrameworkId, ...]

    @property
    def part(self) -> int:
        """Part of the paper (1, 2 or 3) that asks it."""
        return int(cast("QuestionId", self.id)[1])


@dataclass(frozen=True, slots=True)
class SurveyItem:
    """A default survey item; columns of the ``items`` table and whose practice it asks about."""

    id: str
    framework_id: ScaleId
    wording: str
    reversed: bool
    perspective: Perspective


@dataclass(frozen=True, slots=True)
class Framework:
    """The whole framework in one language, every part a tuple in the order of its ids."""

    language: LanguageId
    language_name: str
    headings: Mapping[str, str]
    scale: tuple[str, ...]
    drivers: tuple[Entry, ...]
    claims: tuple[Entry, ...]
    factors: tuple[Factor, ...]
    stages: tuple[Entry, ...]
    marks: tuple[Entry, ...]
    accountability: tuple[Entry, ...]
    barriers: tuple[Entry, ...]
    skills: tuple[Entry, ...]
    contrasts: tuple[Contrast, ...]
    concepts: tuple[Entry, ...]
    questions: tuple[Question, ...]
    closing: tuple[Entry, ...]
    items: tuple[SurveyItem, ...]
    _by_id: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {entry.id: entry for entry in self.entries})

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry, in the order of the paper."""
        return (
            *self.drivers,
            *self.claims,
            *self.factors,
            *self.stages,
            *self.marks,
            *self.accountability,
            *self.barriers,
            *self.skills,
            *self.contrasts,
            *self.concepts,
            *self.questions,
            *self.closing,
        )

    def __getitem__(self, framework_id: str) -> Entry:
        """Return the entry of an id.

        Raises
        ------
        UnknownName
            When there is no such id; the message names close ones.
        """
        try:
            return self._by_id[framework_id]
        except KeyError:
            raise UnknownName(
                f"{framework_id!r} is not an id of the framework.", _mend(framework_id, tuple(self._by_id))
            ) from None

    def __contains__(self, framework_id: object) -> bool:
        return framework_id in self._by_id

    def factor(self, framework_id: str) -> Factor:
        """Return a factor, typed; raises `UnknownName` for any other id."""
        return self._typed(framework_id, self.factors)

    def contrast(self, framework_id: str) -> Contrast:
        """Return a contrast, typed; raises `UnknownName` for any other id."""
        return self._typed(framework_id, self.contrasts)

    def question(self, framework_id: str) -> Question:
        """Return a question, typed; raises `UnknownName` for any other id."""
        return self._typed(framework_id, self.questions)

    def items_of(self, framework_id: str) -> tuple[SurveyItem, ...]:
        """Return the default survey items of one id; empty when it is not surveyed."""
        return tuple(item for item in self.items if item.framework_id == framework_id)

    @staticmethod
    def _typed(framework_id: str, among: tuple[E, ...]) -> E:
        for entry in among:
            if entry.id == framework_id:
                return entry
        known = tuple(entry.id for entry in among)
        raise UnknownName(f"{framework_id!r} is not one of {known[0]} to {known[-1]}.", _mend(framework_id, known))


def _mend(name: str, known: tuple[str, ...]) -> str:
    folded = {one.casefold(): one for one in known}
    if name.casefold() in folded:
        return f"Did you mean {folded[name.casefold()]}?"
    close = get_close_matches(name.casefold(), folded, n=3, cutoff=0.4)
    if close:
        return f"Did you mean {', '.join(folded[one] for one in close)}?"
    return f"Use one of {', '.join(known)}."
