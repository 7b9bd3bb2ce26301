"""What a session asks, as values: made from a session file, and written into the database once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Texts = Mapping[str, str]
Kind = Literal["rating", "contrast", "quadrant", "choice", "rank", "text", "statements"]

KINDS: tuple[Kind, ...] = ("rating", "contrast", "quadrant", "choice", "rank", "text", "statements")
#: Kinds whose answers are numbers for items; the others collect statements.
ITEM_KINDS: tuple[Kind, ...] = ("rating", "contrast", "quadrant", "choice", "rank")
#: Lowest and highest value by kind; a rank's highest is the number of options.
BOUNDS: dict[str, tuple[int, int]] = {
    "rating": (1, 5),
    "contrast": (1, 7),
    "quadrant": (1, 2),
    "choice": (0, 1),
    "rank": (1, 0),
}
#: The two dimensions of a quadrant; value 1 is the first word, 2 the second.
DIMENSIONS: dict[str, tuple[str, str]] = {"ease": ("easy", "hard"), "place": ("in_place", "not_yet")}


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """One thing that is answered: its name in files, framework id, wording, and the poles of a contrast.

    ``label`` is a few words, ``detail`` the sentence behind them.
    """

    name: str
    label: Texts
    detail: Texts = field(default_factory=dict[str, str])
    framework_id: str = ""
    dimension: str = ""
    left_pole: Texts = field(default_factory=dict[str, str])
    right_pole: Texts = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class SeedDefinition:
    """A statement that is on the board from the start, and the framework id it is tagged with."""

    texts: Texts
    framework_id: str = ""


@dataclass(frozen=True, slots=True)
class QuestionDefinition:
    """One question.

    Parameters
    ----------
    name
        Short id within the session, for example ``Q2.1``.
    kind
        See :data:`KINDS`.
    prompt, help, part
        Wording by language.
    items
        None for ``text`` and ``statements``; a quadrant has two a factor, ``F1/ease`` and ``F1/place``.
    seeds
        Statements to begin with, on a ``statements`` question.
    settings
        ``several`` (choice: how many may be chosen, 0 for any number; absent: exactly one), ``low`` and ``high``
        (wording of the ends of a rating), ``tags`` (framework ids a text may be tagged with), ``moderated``,
        ``longest`` (characters), ``most`` (texts a participant).
    """

    name: str
    kind: Kind
    prompt: Texts
    items: tuple[ItemDefinition, ...] = ()
    framework_id: str = ""
    help: Texts = field(default_factory=dict[str, str])
    part: Texts = field(default_factory=dict[str, str])
    seeds: tuple[SeedDefinition, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ClusterChoice:
    """A cluster that participants may name as theirs."""

    cluster_id: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class SessionDefinition:
    """A whole session.

    ``countries`` and ``roles`` are the choices offered at the door, empty when not asked; ids as in
    ``allrise.data.tables``.
    """

    title: Texts
    languages: tuple[str, ...]
    questions: tuple[QuestionDefinition, ...]
    countries: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    clusters: tuple[ClusterChoice, ...] = ()


def in_language(texts: Texts, language: str) -> str:
    """Return the wording in a language, else in its base language, else in the first one there is."""
    base = language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0]
    for wanted in (language, base):
        if texts.get(wanted):
            return texts[wanted]
    return next((text for text in texts.values() if text), "")
