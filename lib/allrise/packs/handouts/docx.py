"""``handout.docx``: the pack for Word, to be changed by whoever runs the meeting.

Real styles from the design tokens, real headings, lists, table headers and alt text, so that Word's own navigation
and a screen reader find their way.
"""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

import io
from datetime import datetime
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
    TableColumn,
    Text,
)
from allrise.content.html import page_columns, page_rows
from allrise.content.numbers import Numbers
from allrise.figures.theme import tokens
from allrise.packs.contents import PackContents, Section, contents_of
from allrise.packs.handouts.column_widths import shares_of
from allrise.packs.handouts.docx_styles import blank_document, number_of_page, set_language
from allrise.packs.handouts.docx_tables import add_grid
from allrise.packs.handouts.drawings import wide_drawing
from allrise.packs.handouts.flow import clings, left_out, on_paper, sheets_last, stands_in, starts_page
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.mark import mark_drawing
from allrise.packs.handouts.office import SVG_TYPE, language_tag, mark_decorative, show_vector
from allrise.packs.handouts.outlines import outlined
from allrise.packs.handouts.pdf import paper_of
from allrise.packs.handouts.typesetting import typeset_drawings
from allrise.packs.handouts.words import (
    block_words,
    figure_label,
    handout_words,
    page_words,
    symbols_line,
    table_label,
)
from allrise.packs.model import ExecutedPack

_PPI = 220
#: Share of the column that a picture takes: a headline chart and all that is said about it fit on a page.
_WIDE = 0.7
_MARK = "mark"
#: Points that Word leaves empty left and right in a cell.
_CELL_MARGINS = 10.8


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the hand-out as ``{"handout.docx": ...}``."""
    contents = contents_of(pack)
    document = blank_document(tokens("print"), letter=paper_of(pack) == "us-letter")
    _Writer(document, contents, pack).write()
    out = io.BytesIO()
    document.save(out)
    return {"handout.docx": out.getvalue()}


class _Writer:
    def __init__(self, document: Any, contents: PackContents, pack: ExecutedPack) -> None:
        self.document = document
        self.contents = contents
        self.pack = pack
        self.said = block_words(contents.language)
        self.page = page_words(contents.language)
        self.words = handout_words(contents.language)
        drawings = {str(i): wide_drawing(f, "print") for i, f in enumerate(contents.figures()) if not f.folded}
        drawings[_MARK] = mark_drawing("print", width=960, height=260, stroke=1.4)
        self.pictures = typeset_drawings(drawings, ppi=_PPI)
        self.vectors = {name: outlined(drawing) for name, drawing in drawings.items()}
        self.drawn = 0
        self.level = 1
        self.style_ids: dict[str, str] = {s.name: s.style_id for s in document.styles}
        self.sizes: dict[str, float] = {n: document.styles[n].font.size.pt for n in ("Table text", "Table small")}
        section = document.sections[0]
        self.width = section.page_width - section.left_margin - section.right_margin

    def write(self) -> None:
        cover = self.contents.cover
        language = language_tag(self.contents.language, self.pack.subject.country)
        set_language(self.document, language)
        properties = self.document.core_properties
        properties.title = printable(f"{cover.cluster} · {self.words('one_pack')}")
        properties.author, properties.language, properties.comments = "allrise", language, ""
        if self.pack.generated:
            properties.created = datetime.fromisoformat(self.pack.generated).replace(tzinfo=None)
        self._running()
        self._cover()
        self._predictions()
        for section in self.contents.sections:
            self._section(section)
        self._behind()
        self._notes()

    def _say(self, text: str, style: str = "Normal") -> Any:
        paragraph = self.document.add_paragraph(printable(text))
        paragraph._p.style = self.style_ids[style]  # by its id: finding a style by name takes milliseconds
        return paragraph

    def _run(self, paragraph: Any, text: str, style: str) -> None:
        paragraph.add_run(printable(text))._r.style = self.style_ids[style]

    def _head(self, text: str, level: int, *, label: str = "", fresh: bool = False) -> Any:
        heading = self._say("", f"Heading {level}")
        if label:
            self._run(heading, f"{label}  ", "Label")
        heading.add_run(printable(text))
        if fresh:
            heading.paragraph_format.page_break_before = True
        return heading

    def _running(self) -> None:
        section = self.document.sections[0]
        section.different_first_page_header_footer = True
        head = section.header.paragraphs[0]
        head.style, head.text = "Header", printable(self.contents.cover.cluster)
        foot = section.footer.paragraphs[0]
        foot.style = "Footer"
        number_of_page(foot)

    def _cover(self) -> None:
        cover = self.contents.cover
        self._say(" · ".join(p for p in (cover.cluster_word, cover.place) if p), "Kicker")
        self._say(cover.cluster, "Title")
        if cover.question:
            self._say(self.said("question"), "Kicker")
            self._say(cover.question, "Cover question")
        if cover.purpose:
            self._say(self.said("purpose"), "Kicker")
            self._say(cover.purpose, "Lead")
        facts = (*cover.facts, (self.said("period"), cover.period))
        line = self._say("")
        for i, (label, value) in enumerate(f for f in facts if f[1]):
            self._run(line, f"{'     ' if i else ''}{label} ", "Quiet")
            line.add_run(printable(value)).bold = True
        self._say(f"{self.said('for_whom')} {cover.audience}", "Normal")
        if cover.synthetic:
            self._say("").add_run(printable(self.said("synthetic"))).bold = True
        if cover.strength:
            self._say(cover.strength, "Note")
        self._picture(self._say("", "Drawing"), _MARK, "", decorative=True)
        self._contents_list()

    def _contents_list(self) -> None:
        self._say(self.page("contents"), "Contents heading").paragraph_format.page_break_before = True
        for section in self.contents.sections:
            line = self._say("", "Contents line")
            self._run(line, f"{section.opening.number}\t", "Label")
            line.add_run(printable(section.opening.title)).bold = True
            if section.opening.question:
                self._run(line, f"\n{section.opening.question}", "Quiet")

    def _predictions(self) -> None:
        from docx.enum.table import WD_ROW_HEIGHT_RULE
        from docx.shared import Mm

        if not self.contents.predictions:
            return
        self._head(self.page("predictions"), 1, fresh=True)
        self._say(self.page("predictions_intro"), "Lead")
        for figure in self.contents.predictions:
            label = figure_label(figure.number, self.contents.language)
            box = add_grid(self.document, 1, 1, boxed=True, header=False)
            box.table.rows[0].height, box.table.rows[0].height_rule = Mm(58), WD_ROW_HEIGHT_RULE.AT_LEAST
            box.set_widths([1.0], self.width)
            paragraph = box.cells[0][0].paragraphs[0]
            paragraph._p.style = self.style_ids["Prediction"]
            self._run(paragraph, f"{label}  ", "Label")
            paragraph.add_run(printable(figure.predict))
            self._say("", "Note")

    def _section(self, section: Section) -> None:
        self._head(section.opening.title, 1, label=section.opening.number, fresh=True)
        self.level = 1
        if section.opening.question:
            self._say(section.opening.question, "Lead")
        blocks = sheets_last(on_paper(section.blocks))
        for i, block in enumerate(blocks):
            self._block(block, fresh=starts_page(blocks, i), clinging=clings(blocks, i))
        if section.status != "ok":
            status = self.page(f"status_{section.status}")
            self._say(f"{self.page('failed')} ({status}). {self.page('failed_plain')}", "Panel")

    def _block(self, block: Block, *, fresh: bool, clinging: bool) -> None:
        match block:
            case Heading():
                self.level = min(max(block.level, 2), self.level + 1)
                self._head(block.text, self.level, fresh=fresh)
            case Text():
                style = {"note": "Note", "method": "Note", "margin": "Note"}.get(block.role, "Normal")
                for paragraph in block.paragraphs:
                    self._say(paragraph, style).paragraph_format.keep_with_next = clinging
            case Notice():
                title = self._say("", "Panel")
                title.add_run(printable(block.title)).bold = True
                for paragraph in block.paragraphs:
                    self._say(paragraph, "Panel")
            case Table():
                self._table(block, table_label(block.number, self.contents.language), block.title)
            case Figure():
                self._figure(block, fresh=fresh)
            case FigureReference():
                self._say(block.text, "Note")
            case Question():
                self._question(block)
            case Protocol():
                self._protocol(block)
            case CaptureSheet():
                self._sheet(block, fresh=fresh)
            case _:
                self._say(block.plain(), "Note")

    def _figure(self, figure: Figure, *, fresh: bool) -> None:
        label = figure_label(figure.number, self.contents.language)
        self._head(figure.title, self.level + 1, label=label, fresh=fresh)
        if figure.subtitle:
            self._say(figure.subtitle, "Subtitle line")
        if not figure.folded:
            self._picture(self._say("", "Drawing"), str(self.drawn), figure.alt or figure.title)
        self.drawn += 1
        if figure.readings:
            self._say(" ".join(figure.readings), "Small" if figure.folded else "Normal")
        if stands_in(figure):
            self._table(figure.table, "", "")
        if figure.look:
            self._say(figure.look, "Prompt")
        if figure.explanations:
            self._say(self.said("explanations"), "Kicker")
            for explanation in figure.explanations:
                line = self._say("", "Small")
                line.add_run(f"{self.said(explanation.about)}. ").bold = True
                line.add_run(printable(explanation.text))
        if figure.discuss:
            self._say(self.said("argue"), "Kicker")
            for question in figure.discuss:
                self._say(question, "Argue")
        if figure.notes:
            self._say(" ".join(figure.notes), "Note")

    def _question(self, question: Question) -> None:
        self._head(question.text, self.level + 1, label=question.framework_id)
        for words, lines in ((self.said("evidence"), question.evidence), (self.said("prompts"), question.prompts)):
            if lines:
                self._say(words, "Kicker")
                for line in lines:
                    self._say(line, "List Bullet")

    def _protocol(self, protocol: Protocol) -> None:
        minutes = self.said("minutes")
        self._head(f"{protocol.title} ({protocol.minutes} {minutes})", self.level + 1)
        table = add_grid(self.document, len(protocol.steps), 2, header=False)
        for (when, what), step in zip(table.cells, protocol.steps, strict=True):
            self._fill(when, f"{step.start}–{step.start + step.minutes} {minutes}", bold=True)
            self._fill(what, step.title, bold=True)
            self._add_line(what, step.text, "Table text")
        table.set_widths([0.18, 0.82], self.width)
        if protocol.roles:
            self._say(self.said("roles"), "Kicker")
            for role, does in protocol.roles:
                line = self._say("", "List Bullet")
                line.add_run(printable(Numbers(self.contents.language).labelled(role, ""))).bold = True
                line.add_run(printable(does))

    def _sheet(self, sheet: CaptureSheet, *, fresh: bool) -> None:
        from docx.enum.table import WD_ROW_HEIGHT_RULE
        from docx.shared import Mm

        self._head(sheet.title, self.level + 1, fresh=fresh)
        if sheet.intro:
            self._say(sheet.intro)
        table = add_grid(self.document, sheet.rows + 1, len(sheet.columns), boxed=True)
        for cell, (label, hint) in zip(table.cells[0], sheet.columns, strict=True):
            self._fill(cell, label, bold=True)
            self._add_line(cell, hint, "Note")
        for row in list(table.table.rows)[1:]:
            row.height, row.height_rule = Mm(25), WD_ROW_HEIGHT_RULE.AT_LEAST
        table.set_widths([1 / len(sheet.columns)] * len(sheet.columns), self.width)
        table.describe(sheet.title)

    def _behind(self) -> None:
        figures = [f for f in self.contents.figures() if f.headline]
        if not figures:
            return
        self._head(self.words("behind"), 1, fresh=True)
        self._say(self.words("behind_intro"), "Lead")
        for figure in figures:
            self._table(figure.table, figure_label(figure.number, self.contents.language), figure.title)
        if longer := left_out(self.contents):
            self._say(f"{self.words('behind_longer')} {', '.join(longer)}.", "Note")

    def _notes(self) -> None:
        self._head(self.page("data_notes"), 1, fresh=True)
        inputs = [f.file + ("" if f.rows is None else f", {self.page('rows')} {f.rows}") for f in self.pack.inputs]
        for key, lines in (("caveats", self.pack.caveats), ("warnings", self.pack.warnings), ("inputs", inputs)):
            if lines:
                self._head(self.page(key), 2)
                for line in lines:
                    self._say(line, "List Bullet")
        when = f" {self.page('made_on')} {self.pack.generated[:10]}" if self.pack.generated else ""
        version = self.pack.versions.get("allrise", "")
        self._say(f"{self.page('statement')} {self.page('made_with')} allrise {version}{when}.", "Note")

    # Tables and pictures

    def _table(self, table: Table, label: str, title: str) -> None:
        if title:
            caption = self._say("", "Caption")
            if label:
                self._run(caption, f"{label}  ", "Label")
            caption.add_run(printable(title))
        numbers = Numbers(self.contents.language)
        columns, rows = page_columns(table, numbers=numbers), page_rows(table, numbers=numbers)
        if not rows:
            self._say(self.said("empty"), "Note")
        else:
            grid = add_grid(self.document, len(rows) + 1, len(columns))
            style = "Table text" if len(columns) < 8 else "Table small"
            for i, column in enumerate(columns):
                number = all(r[i]["number"] or r[i]["symbol"] or not r[i]["text"] for r in rows)
                unit = f"\n{column.unit}" if column.unit else ""
                self._fill(grid.cells[0][i], column.label, bold=True, right=number, style=style, then=unit)
                for row, cells in zip(grid.cells[1:], rows, strict=True):
                    interval = f" ({cells[i]['interval']})" if cells[i]["interval"] else ""
                    self._fill(row[i], cells[i]["text"], right=number, style=style, then=interval)
            grid.set_widths(self._shares(columns, rows, self.sizes[style]), self.width)
            grid.describe(title)
        for note in (symbols_line(table, self.contents.language), *table.notes):
            if note:
                self._say(note, "Note")

    def _shares(self, columns: list[TableColumn], rows: list[list[dict[str, Any]]], size: float) -> list[float]:
        """Return each column's share of the page, its own margins included."""
        from docx.shared import Emu

        whole = Emu(self.width).pt
        room = whole - _CELL_MARGINS * len(columns)
        return [(share * room + _CELL_MARGINS) / whole for share in shares_of(columns, rows, room / size)]

    def _fill(
        self,
        cell: Any,
        text: str,
        *,
        bold: bool = False,
        right: bool = False,
        style: str = "Table text",
        then: str = "",
    ) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph = cell.paragraphs[0]
        paragraph._p.style = self.style_ids[style]
        paragraph.add_run(printable(text)).bold = bold
        if then:
            self._run(paragraph, then, "Quiet")
        if right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _add_line(self, cell: Any, text: str, style: str) -> None:
        cell.add_paragraph(printable(text))._p.style = self.style_ids[style]

    def _picture(self, paragraph: Any, name: str, alt: str, *, decorative: bool = False) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        shape = paragraph.add_run().add_picture(io.BytesIO(self.pictures[name]), width=int(self.width * _WIDE))
        vector = self.vectors[name]
        if vector is not None:
            part = Part(PackURI(f"/word/media/chart{name}.svg"), SVG_TYPE, vector, self.document.part.package)
            show_vector(shape._inline, self.document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE))
        properties = shape._inline.docPr
        properties.set("descr", printable(alt))
        if decorative:
            mark_decorative(properties)
