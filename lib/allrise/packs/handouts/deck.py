"""The slides of a pack as values: one idea a slide, in the order of the meeting. PowerPoint and projector show the same.

A chart is always asked about before it is seen: its prediction has a slide of its own in front of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from allrise.content.blocks import Block, CaptureSheet, Figure, Notice, Protocol, Question, Table
from allrise.content.html import page_columns, page_rows
from allrise.content.numbers import Numbers
from allrise.packs.contents import PackContents
from allrise.packs.handouts.words import block_words, figure_label, handout_words, page_words

#: The table of the overview with what a cluster promised.
PROMISES = "commitments"
#: The figure of the factors of a cluster.
PROFILE = "profile"

_SCHOOL_CHARTS = 3
_TABLE_ROWS = 4
_SHEET_ROWS = 4
_EVIDENCE = 3

SlideKind = Literal["cover", "statement", "predict", "chart", "points", "table", "steps", "sheet"]


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide: its title, what stands on it, and what the facilitator has in the notes.

    Parameters
    ----------
    kind
        ``statement`` a large sentence; ``points`` a few lines; ``sheet`` a table to write into.
    title
        Names the slide; every slide has one.
    label
        In small letters above the title, for example the figure's number.
    lead
        The large sentence of ``statement`` and ``predict``, the subtitle of a ``chart``.
    points
        Lines below; the look prompt of a ``chart``.
    figure
        The chart.
    head, rows
        Of ``table``, ``steps`` and ``sheet``.
    notes
        Paragraphs of the facilitator's script.
    """

    kind: SlideKind
    title: str
    label: str = ""
    lead: str = ""
    points: tuple[str, ...] = ()
    figure: Figure | None = None
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = field(default=())


def deck_of(contents: PackContents) -> tuple[Slide, ...]:
    """Return the slides of a pack.

    The order: cover, question, promises, each headline chart after its prediction, charts of schools, the profile of
    factors, the questions of the framework, the protocol, the sheets to fill in, and how far the evidence goes.
    """
    deck = _Deck(contents)
    return tuple(deck.slides())


class _Deck:
    def __init__(self, contents: PackContents) -> None:
        self.contents = contents
        self.language = contents.language
        self.labelled = Numbers(contents.language).labelled
        self.blocks: tuple[Block, ...] = tuple(b for s in contents.sections for b in s.blocks)
        self.said = block_words(self.language)
        self.words = handout_words(self.language)

    def slides(self) -> Iterator[Slide]:
        yield self._cover()
        yield from self._question()
        yield from self._promises()
        shown: set[int] = set()
        for figure in self._figures():
            if figure.headline:
                shown.add(id(figure))
                yield from self._headline(figure)
        schools = [f for f in self._figures() if id(f) not in shown and _of_schools(f)]
        profile = [f for f in self._figures() if f.name == PROFILE and id(f) not in shown]
        for figure in (*schools[:_SCHOOL_CHARTS], *profile):
            yield self._chart(figure)
        for question in self._questions():
            yield self._asked(question)
        for block in self.blocks:
            if isinstance(block, Protocol):
                yield self._protocol(block)
        for block in self.blocks:
            if isinstance(block, CaptureSheet):
                yield self._sheet(block)
        yield from self._strength()

    def _questions(self) -> tuple[Question, ...]:
        """Return the questions of the discussion guide, the chapter with the protocol; all where there is none."""
        guides = [s for s in self.contents.sections if any(isinstance(b, Protocol) for b in s.blocks)]
        return tuple(b for s in guides or self.contents.sections for b in s.blocks if isinstance(b, Question))

    def _figures(self) -> Iterator[Figure]:
        return self.contents.figures()

    def _cover(self) -> Slide:
        cover = self.contents.cover
        facts = (*cover.facts, (self.said("period"), cover.period))
        return Slide(
            "cover",
            cover.cluster,
            label=" · ".join(p for p in (cover.cluster_word, cover.place) if p),
            lead=self.said("synthetic") if cover.synthetic else "",
            points=tuple(self.labelled(label, value) for label, value in facts if value),
            notes=tuple(t for t in (f"{self.said('for_whom')} {cover.audience}", cover.strength) if t),
        )

    def _question(self) -> Iterator[Slide]:
        cover = self.contents.cover
        if cover.question:
            purpose = (self.labelled(self.said("purpose"), cover.purpose),) if cover.purpose else ()
            notes = tuple(s.text for b in self.blocks if isinstance(b, Protocol) for s in b.steps[:1])
            yield Slide("statement", self.said("question"), lead=cover.question, points=purpose, notes=notes)

    def _promises(self) -> Iterator[Slide]:
        for block in self.blocks:
            if isinstance(block, Table) and block.name == PROMISES and block.rows:
                head = tuple(c.label for c in page_columns(block, numbers=Numbers(self.language)))
                rows = [tuple(c["text"] for c in r) for r in page_rows(block, numbers=Numbers(self.language))]
                for start in range(0, len(rows), _TABLE_ROWS):
                    part = tuple(rows[start : start + _TABLE_ROWS])
                    yield Slide("table", block.title, head=head, rows=part, notes=block.notes)
                return  # what a room carried has the same name, and is not what was promised last time

    def _headline(self, figure: Figure) -> Iterator[Slide]:
        label = figure_label(figure.number, self.language)
        if figure.predict:
            yield Slide(
                "predict",
                self.said("before"),
                label=label,
                lead=figure.predict,
                points=(self.said("before_hint"),),
                notes=(page_words(self.language)("predictions_intro"),),
            )
        yield self._chart(figure)
        if figure.discuss:
            yield Slide(
                "points",
                self.said("argue"),
                label=label,
                points=figure.discuss,
                notes=tuple(self.labelled(self.said(e.about), e.text) for e in figure.explanations),
            )

    def _chart(self, figure: Figure) -> Slide:
        argue = () if figure.headline else figure.discuss
        return Slide(
            "chart",
            figure.title,
            label=figure_label(figure.number, self.language),
            lead=figure.subtitle,
            points=(figure.look,) if figure.look else (),
            figure=figure,
            notes=(*figure.readings, *argue, *figure.notes),
        )

    def _asked(self, question: Question) -> Slide:
        return Slide(
            "points",
            question.text,
            label=question.framework_id,
            lead=self.said("evidence" if question.evidence else "prompts"),
            points=question.evidence[:_EVIDENCE] or question.prompts,
            notes=(*question.evidence[_EVIDENCE:], *question.prompts),
        )

    def _protocol(self, protocol: Protocol) -> Slide:
        minutes = self.said("minutes")
        return Slide(
            "steps",
            protocol.title,
            label=f"{protocol.minutes} {minutes}",
            rows=tuple((f"{s.start}–{s.start + s.minutes} {minutes}", s.title) for s in protocol.steps),
            notes=(
                *(self.labelled(s.title, s.text) for s in protocol.steps),
                *(self.labelled(role, does) for role, does in protocol.roles),
            ),
        )

    def _sheet(self, sheet: CaptureSheet) -> Slide:
        rows = min(sheet.rows, _SHEET_ROWS)
        return Slide(
            "sheet",
            sheet.title,
            lead=sheet.intro,
            head=tuple(label for label, _ in sheet.columns),
            rows=tuple(("",) * len(sheet.columns) for _ in range(rows)),
            notes=tuple(self.labelled(label, hint) for label, hint in sheet.columns),
        )

    def _strength(self) -> Iterator[Slide]:
        for block in self.blocks:
            if isinstance(block, Notice) and block.about == "strength":
                yield Slide("points", block.title, points=block.paragraphs)
                return


def _of_schools(figure: Figure) -> bool:
    return bool(figure.table.columns) and figure.table.columns[0].key == "letter"
