"""Blocks of chapters as paragraphs and tables of a Word document, in the kit's styles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allrise.content.blocks import (
    Block,
    CaptureSheet,
    Figure,
    FigureReference,
    Heading,
    Notice,
    Protocol,
    Question,
    Table,
    Text,
)
from allrise.content.html import page_columns, page_rows
from allrise.content.numbers import Numbers
from allrise.figures.theme import tokens
from allrise.packs.handouts.column_widths import shares_of
from allrise.packs.handouts.docx_markup import Lines, paragraph, run, table
from allrise.packs.handouts.docx_pictures import Pictures
from allrise.packs.handouts.flow import clings, sheets_last, stands_in, starts_page
from allrise.packs.handouts.flow import on_paper as carried
from allrise.packs.handouts.words import block_words, figure_label, symbols_line, table_label

#: A table with at least so many columns is set smaller and closer.
_MANY_COLUMNS = 7
#: A table with at most so many rows stays on one page.
_WHOLE = 9
#: Points left and right in a cell of a table with few, and with many columns.
_MARGIN, _SMALL_MARGIN = 5.4, 3.0
_EMU_IN_POINT = 12700
#: Share of a page's height that is left to write in below a sheet's headings.
_TO_WRITE = 0.68
#: Share of the space between the margins that a chart takes: a headline chart and all that is said about it fit on a page.
CHART = 0.73


@dataclass(slots=True)
class Blocks:
    """Turns blocks into markup; headings below a chapter's follow one another without a gap in their levels.

    Parameters
    ----------
    language
        That of the words around blocks.
    styles
        Ids of the document's styles by name.
    sizes
        Points of the styles of tables.
    width, height
        EMU between the margins.
    pictures, names
        The charts, and each one's name there by the identity of its figure.
    """

    language: str
    styles: Mapping[str, str]
    sizes: Mapping[str, float]
    width: int
    height: int
    pictures: Pictures
    names: Mapping[int, str]
    level: int = 1
    said: Any = field(init=False)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.said = block_words(self.language)
        self.numbers = Numbers(self.language)

    # Paragraphs

    def say(self, text: str, style: str = "Normal", *, keep: bool = False, fresh: bool = False) -> str:
        """Return a paragraph of one run."""
        return paragraph(self.styles[style], run(text), keep=keep, fresh=fresh)

    def runs(self, style: str, *runs: str, keep: bool = False) -> str:
        """Return a paragraph of runs."""
        return paragraph(self.styles[style], *runs, keep=keep)

    def styled(self, text: str, style: str) -> str:
        """Return a run in a character style."""
        return run(text, self.styles[style])

    def head(self, text: str, level: int, *, label: str = "", fresh: bool = False) -> str:
        """Return a heading, its label in the accent before it."""
        before = (self.styled(f"{label}  ", "Label"),) if label else ()
        return paragraph(self.styles[f"Heading {level}"], *before, run(text), fresh=fresh)

    def together(self, texts: Sequence[str], style: str, *, keep: bool = False) -> Iterator[str]:
        """Yield a paragraph for every text, none of which is parted from the next by a page's end."""
        for i, text in enumerate(texts):
            yield self.say(text, style, keep=keep or i + 1 < len(texts))

    # Blocks

    def chapter(self, blocks: tuple[Block, ...]) -> Iterator[str]:
        """Yield what people carry of a chapter, sheets to write on last."""
        self.level = 1
        blocks = sheets_last(carried(blocks))
        for i, block in enumerate(blocks):
            yield from self.block(block, fresh=starts_page(blocks, i), clinging=clings(blocks, i))

    def block(self, block: Block, *, fresh: bool, clinging: bool) -> Iterator[str]:
        """Yield a block's paragraphs and tables."""
        match block:
            case Heading():
                self.level = min(max(block.level, 2), self.level + 1)
                yield self.head(block.text, self.level, fresh=fresh)
            case Text():
                style = "Normal" if block.role in {"intro", "reading"} else "Note"
                for text in block.paragraphs:
                    yield self.say(text, style, keep=clinging)
            case Notice():
                yield self.runs("Panel", run(block.title, bold=True), keep=bool(block.paragraphs))
                yield from self.together(block.paragraphs, "Panel")
                yield self.say("", "Note")  # two panels would run into one
            case Table():
                yield from self.table(block, table_label(block.number, self.language), block.title)
            case Figure():
                yield from self._figure(block, fresh=fresh)
            case FigureReference():
                yield self.say(block.text, "Note")
            case Question():
                yield from self._question(block)
            case Protocol():
                yield from self._protocol(block)
            case CaptureSheet():
                yield from self._sheet(block, fresh=fresh)
            case _:
                yield self.say(block.plain(), "Note")

    def _figure(self, figure: Figure, *, fresh: bool) -> Iterator[str]:
        whole = figure.headline  # what a meeting looks at together stands on one page
        yield self.head(figure.title, self.level + 1, label=figure_label(figure.number, self.language), fresh=fresh)
        if figure.subtitle:
            yield self.say(figure.subtitle, "Subtitle line")
        if not figure.folded:
            drawing = self.pictures.in_line(self.names[id(figure)], figure.alt or figure.title)
            yield self.runs("Drawing", drawing, keep=True)
        if figure.readings:
            style = "Small" if figure.folded else "Normal"
            yield self.say(" ".join(figure.readings), style, keep=whole or stands_in(figure))
        if stands_in(figure):
            yield from self.table(figure.table, "", "", about=figure.title)
        if figure.look:
            yield self.say(figure.look, "Prompt", keep=whole)
        if figure.explanations:
            yield self.say(self.said("explanations"), "Kicker")
            yield from self._explanations(figure)
        if figure.discuss:
            yield self.say(self.said("argue"), "Kicker")
            yield from self.together(figure.discuss, "Argue", keep=bool(figure.notes))
        if figure.notes:
            yield self.say(" ".join(figure.notes), "Note")

    def _explanations(self, figure: Figure) -> Iterator[str]:
        said = [(run(f"{self.said(e.about)}. ", bold=True), run(e.text)) for e in figure.explanations]
        if figure.headline:  # side by side, which leaves room for the chart on its page
            cells = [self.runs("Small", *runs, keep=True) for runs in said]
            cells += [self.runs("Small", keep=True)] * (len(cells) % 2)
            rows = list(zip(cells[::2], cells[1::2], strict=True))
            yield table(rows, self.widths((0.5, 0.5)), Lines("", ""), header=False)
            return
        for i, runs in enumerate(said):
            yield self.runs("Small", *runs, keep=i + 1 < len(said))

    def _question(self, question: Question) -> Iterator[str]:
        yield self.head(question.text, self.level + 1, label=question.framework_id)
        lists = [(self.said("evidence"), question.evidence), (self.said("prompts"), question.prompts)]
        lists = [(words, lines) for words, lines in lists if lines]
        for i, (words, lines) in enumerate(lists):
            yield self.say(words, "Kicker")
            yield from self.together(lines, "List Bullet", keep=i + 1 < len(lists))

    def _protocol(self, protocol: Protocol) -> Iterator[str]:
        minutes = self.said("minutes")
        yield self.head(f"{protocol.title} ({protocol.minutes} {minutes})", self.level + 1)
        rows: list[tuple[str, str]] = []
        for i, step in enumerate(protocol.steps):
            keep = i + 1 < len(protocol.steps)
            when = run(f"{step.start}–{step.start + step.minutes} {minutes}", bold=True)
            what = self.runs("Table text", run(step.title, bold=True), keep=keep) + self.say(step.text, "Table text")
            rows.append((self.runs("Table text", when, keep=keep), what))
        yield table(rows, self.widths((0.18, 0.82)), self.lines(), header=False, about=protocol.title)
        if protocol.roles:
            yield self.say(self.said("roles"), "Kicker")
        for role, does in protocol.roles:
            yield self.runs("List Bullet", run(self.numbers.labelled(role, ""), bold=True), run(does))

    def _sheet(self, sheet: CaptureSheet, *, fresh: bool) -> Iterator[str]:
        yield self.head(sheet.title, self.level + 1, fresh=fresh)
        if sheet.intro:
            yield self.say(sheet.intro, keep=True)
        head = [
            self.runs("Table text", run(label, bold=True)) + self.say(hint, "Note") for label, hint in sheet.columns
        ]
        empty = [paragraph("")] * len(sheet.columns)
        rows = [head, *([empty] * sheet.rows)]
        widths = self.widths([1 / len(sheet.columns)] * len(sheet.columns))
        yield table(rows, widths, self.lines(boxed=True), height=self._row_to_write(sheet), about=sheet.title)

    def _row_to_write(self, sheet: CaptureSheet) -> int:
        """Return how high the rows are that fill a page below the headings and the columns' names."""
        return int(self.height * _TO_WRITE / max(sheet.rows, 1))

    # Tables

    def table(self, block: Table, label: str, title: str, *, about: str = "") -> Iterator[str]:
        """Yield a table with its caption and notes; ``about`` is what a screen reader says of one without a title."""
        if title:
            before = (self.styled(f"{label}  ", "Label"),) if label else ()
            yield self.runs("Caption", *before, run(title))
        columns, rows = page_columns(block, numbers=self.numbers), page_rows(block, numbers=self.numbers)
        if rows:
            small = len(columns) >= _MANY_COLUMNS
            style, margin = ("Table small", _SMALL_MARGIN) if small else ("Table text", _MARGIN)
            room = self.width / _EMU_IN_POINT - 2 * margin * len(columns)
            shares = shares_of(columns, rows, room / self.sizes[style])
            widths = [int((share * room + 2 * margin) * _EMU_IN_POINT) for share in shares]
            cells = [*self._cells(columns, rows, self.styles[style])]
            yield table(cells, widths, self.lines(), margin=margin, about=title or about)
        else:
            yield self.say(self.said("empty"), "Note")
        for note in (symbols_line(block, self.language), *block.notes):
            if note:
                yield self.say(note, "Note")
        if rows:
            yield self.say("", "Note")  # Word sets what follows right under a table otherwise

    def _cells(
        self, columns: Sequence[Any], rows: Sequence[Sequence[dict[str, Any]]], style: str
    ) -> Iterator[list[str]]:
        right = [all(r[i]["number"] or r[i]["symbol"] or not r[i]["text"] for r in rows) for i in range(len(columns))]
        whole = len(rows) <= _WHOLE
        yield [
            paragraph(
                style, run(c.label, bold=True), *((self.styled(f"\n{c.unit}", "Quiet"),) if c.unit else ()), keep=True, right=r
            )
            for c, r in zip(columns, right, strict=True)
        ]  # fmt: skip
        for n, row in enumerate(rows):
            keep = n + 1 < len(rows) and (whole or n == 0 or n + 2 == len(rows))
            yield [
                paragraph(
                    style,
                    run(c["text"]),
                    *((self.styled(f" ({c['interval']})", "Quiet"),) if c["interval"] else ()),
                    keep=keep,
                    right=r,
                )
                for c, r in zip(row, right, strict=True)
            ]

    def lines(self, *, boxed: bool = False) -> Lines:
        """Return the colours of a table's lines."""
        colour = tokens("print").colour
        return Lines(colour["ink"], colour["edge" if boxed else "rule"], boxed)

    def widths(self, shares: Sequence[float]) -> list[int]:
        """Return shares of the width in EMU."""
        return [int(self.width * share) for share in shares]
