"""Questions one can put to a cluster's data, each answered by a figure of the kit in words and numbers.

An answer is made by the same functions as a pack's chapter, for the measure and year one asks about.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from allrise.apps.explore_style import page_style
from allrise.chapters import factors, factors_shown, outcomes, outcomes_shown, practice, practice_shown
from allrise.chapters.chapter import Chapter, Parameters
from allrise.chapters.measures import Measure
from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Figure, Notice
from allrise.content.html import fragment
from allrise.data.store import Slice, Store
from allrise.data.tables import TABLES
from allrise.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Asking:
    """A question.

    Parameters
    ----------
    key
        What one types: ``gap``.
    words
        The question as people ask it.
    chapter
        Chapter whose words it borrows.
    of_measure
        Whether the answer is about a measure of outcomes.
    table, show
        Return the evidence table for a chapter, and show it as figures.
    """

    key: str
    words: str
    chapter: str
    of_measure: bool
    table: Callable[[Chapter], pd.DataFrame]
    show: Callable[[Chapter, pd.DataFrame], None]


_OUTCOMES = (
    ("level", "How have results moved, beside other schools?", "01_overview", outcomes.level, outcomes_shown.level),
    ("schools", "Where does each school stand, and how sure can we be?", "02_outcomes", outcomes.schools,
     outcomes_shown.schools),
    ("gap", "Is the gap between groups of pupils closing?", "01_overview", outcomes.gap, outcomes_shown.gap),
    ("gap_schools", "How large is the gap in each school?", "02_outcomes", outcomes.gap_by_school,
     outcomes_shown.gap_by_school),
    ("spread", "How far apart are our schools?", "02_outcomes", outcomes.spread, outcomes_shown.spread),
    ("funnel", "Is any school further away than chance explains?", "02_outcomes", outcomes.funnel,
     outcomes_shown.funnel),
    ("shrunk", "How much of each school's result is noise?", "02_outcomes", outcomes.shrunk, outcomes_shown.shrunk),
    ("similar", "How do schools with pupils like ours do?", "02_outcomes", outcomes.similar, outcomes_shown.similar),
)  # fmt: skip
_PRACTICE = (
    ("factors", "What do people say about the eight factors?", "01_overview", factors.profile, factors_shown.profile),
    ("roles", "Where do leaders and others see it differently?", "03_factors", factors.role_gaps,
     factors_shown.role_gaps),
    ("together", "Which factors go together?", "03_factors", factors.together, factors_shown.together),
    ("reviews", "Who has reviewed whom?", "04_peer_review", practice.coverage_matrix, practice_shown.coverage),
    ("actions", "What became of the actions agreed in reviews?", "04_peer_review", practice.actions,
     practice_shown.actions),
    ("network", "Which schools work together?", "05_network", practice.pairs, practice_shown.network),
    ("autonomy", "How do autonomy and connection stand together?", "05_network", practice.connected_autonomy,
     practice_shown.axes),
    ("stages", "How far has shared accountability come?", "06_accountability", practice.stages, practice_shown.stages),
)  # fmt: skip

#: Every question by its key, in the order in which a newcomer would ask them.
QUESTIONS: dict[str, Asking] = {
    **{k: Asking(k, words, chapter, True, table, show) for k, words, chapter, table, show in _OUTCOMES},
    **{k: Asking(k, words, chapter, False, table, show) for k, words, chapter, table, show in _PRACTICE},
}


class Told(Chapter):
    """A chapter that keeps what it shows instead of displaying it, about a measure that somebody chose."""

    def __init__(self, name: str, store: Store, part: Slice, parameters: Parameters, measure: Measure | None) -> None:
        super().__init__(name, store, part, parameters)
        self.blocks: list[Block] = []
        if measure is not None:
            self.measure = measure

    def show(self, *blocks: Block) -> None:
        self.blocks.extend(blocks)

    def place(self, figure: Figure, place: str, *, part: int = 0, name: str = "", folded: bool = False) -> None:  # noqa: ARG002
        """Keep a figure without a pack's number: it stands in no chapter, and who asked for it sees it whole."""
        named = "_".join(filter(None, (name or place, str(part) if part else "")))
        self.show(replace(figure, name=named, table=replace(figure.table, name=named), number="", headline=False))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the data say to a question: shows itself; ``figure`` and ``table`` are there to go on with.

    Parameters
    ----------
    question
        The question in words.
    cluster_id
        Whose data answered.
    blocks
        Figures, and notices where something is missing.
    table
        The evidence behind them, a tidy frame.
    """

    question: str
    cluster_id: str
    blocks: tuple[Block, ...]
    table: pd.DataFrame

    @property
    def figure(self) -> Figure | None:
        """The first figure, or ``None`` when the data have no answer."""
        return next((b for b in self.blocks if isinstance(b, Figure)), None)

    @property
    def readings(self) -> tuple[str, ...]:
        """What the figures say, in sentences."""
        return tuple(r for b in self.blocks if isinstance(b, Figure) for r in b.readings)

    def html(self) -> str:
        """Return the blocks as a fragment, without styles."""
        return "".join(fragment(b, prefix=f"{self.cluster_id}-") for b in self.blocks)

    def __repr__(self) -> str:
        return "\n".join((self.question, *(b.plain() for b in self.blocks)))

    def _repr_html_(self) -> str:
        return f"{page_style()}<div class='allrise ar-paper'>{self.html()}</div>"


def question(key: str) -> Asking:
    """Return a question by its key.

    Raises
    ------
    UnknownName
        With the questions there are.
    """
    if key not in QUESTIONS:
        near = difflib.get_close_matches(str(key), QUESTIONS, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Ask one of: {', '.join(QUESTIONS)}."
        raise UnknownName(f"There is no question {key!r}", hint)
    return QUESTIONS[key]


def ask(
    store: Store, part: Slice, key: str, *, measure: Measure | None = None, time_period: int | None = None
) -> Answer:
    """Put a question to one cluster's data.

    Parameters
    ----------
    key
        A key of :data:`QUESTIONS`.
    measure
        What it is about; the pack's own measure by default.
    time_period
        Start year of the school year up to which data count; the latest by default.

    Raises
    ------
    UnknownName
        When there is no such question.
    """
    chosen = question(key)
    told = told_chapter(store, part, chosen.chapter, measure=measure, time_period=time_period)
    table = chosen.table(told)
    chosen.show(told, table)
    if not told.blocks:  # a chapter without its table says so in its opening, which is not shown here
        what = texts("en")["words"]["no_data"].format(what=TABLES[told.texts["stands_on"]].label.lower())
        told.show(Notice("no_data", what))
    return Answer(chosen.words, part.cluster.cluster_id, tuple(told.blocks), table)


def told_chapter(
    store: Store, part: Slice, name: str, *, measure: Measure | None = None, time_period: int | None = None
) -> Told:
    """Return a chapter about a cluster that keeps what it shows."""
    values: dict[str, Any] = {"audience": "cluster", "minutes": 60, "language": "en"}
    return Told(name, store, part, Parameters("", part.cluster.cluster_id, time_period, **values), measure)
