"""``slides.pptx``: the deck for PowerPoint and LibreOffice, every text and table native and editable.

Colours and fonts stand in the file's own theme, so that whoever changes the theme changes every slide. Charts are
vector, with a picture at print resolution for programs that show no SVG, and their description.
"""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from allrise.figures.theme import tokens
from allrise.packs.contents import contents_of
from allrise.packs.handouts.deck import Slide, deck_of
from allrise.packs.handouts.drawings import wide_drawing
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.mark import mark_drawing
from allrise.packs.handouts.office import SVG_TYPE, language_tag, mark_decorative, show_vector
from allrise.packs.handouts.outlines import vectors_and_pixels
from allrise.packs.handouts.pptx_shapes import (
    Line,
    add_slide_number,
    describe,
    draw_lines,
    height_of,
    make_plain,
    set_lines,
    shares_of,
)
from allrise.packs.handouts.pptx_theme import LEFT, WIDTH, blank_deck
from allrise.packs.handouts.words import handout_words
from allrise.packs.model import ExecutedPack

#: Inches that a chart and a slide are wide.
_CHART, _SLIDE = 9.1, 13.333
#: A projector shows fewer.
_PPI_BEHIND = 120


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the slides as ``{"slides.pptx": ...}``."""
    contents = contents_of(pack)
    slides = deck_of(contents)
    deck = blank_deck(tokens("projector"))
    language = language_tag(contents.language, pack.subject.country)
    title = printable(f"{contents.cover.cluster} · {handout_words(contents.language)('slides_title')}")
    properties = deck.core_properties
    properties.title, properties.author, properties.language = title, "allrise", language
    properties.last_modified_by = "allrise"
    if pack.generated:
        properties.created = properties.modified = datetime.fromisoformat(pack.generated).replace(tzinfo=None)
    painter = _Painter(deck, language, _pictures(slides), printable(contents.cover.cluster))
    for slide in slides:
        painter.paint(slide)
    out = io.BytesIO()
    deck.save(out)
    return {"slides.pptx": out.getvalue()}


def _pictures(slides: Sequence[Slide]) -> dict[int, tuple[bytes, bytes | None]]:
    """Return the charts by the slide's place, and the mark under -1, each as a picture and as SVG."""
    drawings = {str(i): wide_drawing(s.figure, "projector") for i, s in enumerate(slides) if s.figure}
    drawings["-1"] = mark_drawing("projector", width=960, height=300, stroke=1.4)
    vectors, pixels = vectors_and_pixels(drawings, dict.fromkeys(drawings, _CHART) | {"-1": _SLIDE}, behind=_PPI_BEHIND)
    return {int(k): (pixels[k], vectors[k]) for k in drawings}


class _Painter:
    """Puts slides into the file, each shape in the order in which it is read."""

    def __init__(
        self, deck: Any, language: str, pictures: Mapping[int, tuple[bytes, bytes | None]], footer: str
    ) -> None:
        self.deck = deck
        self.language = language
        self.pictures = pictures
        self.footer = footer
        self.look = tokens("projector")
        self.count = 0

    def paint(self, slide: Slide) -> None:
        page = self.deck.slides.add_slide(self.deck.slide_layouts[0 if slide.kind == "cover" else 1])
        place = self.count
        self.count += 1
        title = page.shapes.title
        self._say(title.text_frame, [(slide.title, _title_size(slide), True, "ink")])
        if slide.kind == "cover":
            self._cover(page, slide)
        else:
            if slide.label:
                self._box(page, LEFT, 0.42, WIDTH, 0.36, [(slide.label, 15, True, "accent")])
            getattr(self, f"_{slide.kind}")(page, slide, place)
            self._foot(page)
        if slide.notes:
            frame = page.notes_slide.notes_text_frame
            self._say(frame, [(n, 12, False, "") for n in slide.notes])

    # One method a kind of slide

    def _cover(self, page: Any, slide: Slide) -> None:
        lines = [(slide.label, 20, True, "accent")] if slide.label else []
        facts = [("     ".join(slide.points), 18, False, "muted")] if slide.points else []
        invented = [(slide.lead, 16, True, "ink")] if slide.lead else []
        self._say(page.placeholders[1].text_frame, [*lines, *facts, *invented], after=8)
        mark = self._picture(page, -1, 0, 4.55, 13.333, 2.95)
        mark_decorative(mark._element.xpath(".//p:cNvPr")[0])

    def _statement(self, page: Any, slide: Slide, _place: int) -> None:
        self._large(page, slide, 40)

    def _predict(self, page: Any, slide: Slide, _place: int) -> None:
        self._large(page, slide, 34)

    def _large(self, page: Any, slide: Slide, size: float) -> None:
        size = size if len(slide.lead) < 130 else size * 0.8
        self._bar(page, LEFT, 2.05, 3.1)
        self._box(page, LEFT + 0.3, 2.0, WIDTH - 0.8, 3.2, [(slide.lead, size, False, "ink")], middle=True)
        if slide.points:
            self._box(page, LEFT + 0.3, 5.5, WIDTH - 1.2, 0.9, [(p, 20, False, "muted") for p in slide.points])

    def _chart(self, page: Any, slide: Slide, place: int) -> None:
        assert slide.figure is not None
        top, bottom = 2.1, 6.85
        self._box(page, LEFT, 1.66, WIDTH, 0.36, [(slide.lead, 16, False, "muted")])
        side = 2.6 if slide.points else 0.0
        scale = min((WIDTH - side - (0.25 if side else 0)) / slide.figure.width, (bottom - top) / slide.figure.height)
        width, height = slide.figure.width * scale, slide.figure.height * scale
        picture = self._picture(page, place, LEFT, top, width, height)
        describe(picture, slide.figure.alt or slide.figure.title, slide.label or slide.title)
        if slide.points:
            left = max(LEFT + width + 0.25, LEFT + WIDTH - side)
            self._bar(page, left, top + 0.15, 1.9)
            self._box(
                page,
                left + 0.2,
                top + 0.05,
                LEFT + WIDTH - left - 0.2,
                3.6,
                [(p, 18, True, "ink") for p in slide.points],
            )

    def _points(self, page: Any, slide: Slide, _place: int) -> None:
        long = sum(len(p) for p in slide.points) > 330
        size = 22.0 if long or slide.lead else 28.0
        top = 2.5
        if slide.lead:
            self._box(page, LEFT, top - 0.35, WIDTH, 0.4, [(slide.lead, 16, True, "muted")])
            top += 0.25
        lines = [(p, size, False, "ink") for p in slide.points]
        if lines:
            self._bar(page, LEFT, top, height_of(slide.points, size, WIDTH - 0.8))
            self._box(page, LEFT + 0.3, top, WIDTH - 0.8, 3.9, lines, after=size * 0.6)

    def _table(self, page: Any, slide: Slide, _place: int) -> None:
        self._grid(page, slide, top=1.75, height=4.4, size=14)

    def _sheet(self, page: Any, slide: Slide, _place: int) -> None:
        if slide.lead:
            self._box(page, LEFT, 1.62, WIDTH, 0.4, [(slide.lead, 16, False, "muted")])
        self._grid(page, slide, top=2.15, height=4.6, size=16, boxed=True)

    def _steps(self, page: Any, slide: Slide, _place: int) -> None:
        self._grid(page, slide, top=1.75, height=min(4.9, 0.68 * len(slide.rows)), size=22, first=2.4)

    # Shapes

    def _grid(
        self, page: Any, slide: Slide, *, top: float, height: float, size: float, first: float = 0, boxed: bool = False
    ) -> None:
        from pptx.util import Inches, Pt

        rows = ([slide.head] if slide.head else []) + [*slide.rows]
        columns = len(rows[0])
        frame = page.shapes.add_table(len(rows), columns, Inches(LEFT), Inches(top), Inches(WIDTH), Inches(height))
        describe(frame, slide.title, slide.title)
        table = frame.table
        make_plain(frame)
        table.first_row, table.horz_banding = bool(slide.head), False
        widths = shares_of(rows, first)
        for column, share in zip(table.columns, widths, strict=True):
            column.width = Inches(WIDTH * share)
        head_height = 0.5 if slide.head else 0.0
        for i, cells in enumerate(rows):
            is_head = bool(slide.head) and i == 0
            each = head_height if is_head else (height - head_height) / max(len(rows) - bool(slide.head), 1)
            table.rows[i].height = Inches(each)
            for j, text in enumerate(cells):
                cell = table.cell(i, j)
                cell.margin_left = Pt(0 if j == 0 and not boxed else 7)
                cell.margin_right, cell.margin_top, cell.margin_bottom = Pt(7), Pt(6), Pt(6)
                accent = bool(first) and j == 0
                self._say(cell.text_frame, [(text, size, is_head or accent, "accent" if accent else "ink")])
                draw_lines(
                    cell, self.look.colour["ink" if is_head else "edge" if boxed else "rule"], boxed and not is_head
                )

    def _bar(self, page: Any, left: float, top: float, height: float) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        bar = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(0.07), Inches(height))
        bar.fill.solid()
        bar.fill.fore_color.rgb = RGBColor.from_string(self.look.colour["accent"].lstrip("#"))
        bar.line.fill.background()
        bar.shadow.inherit = False
        mark_decorative(bar._element.xpath(".//p:cNvPr")[0])

    def _picture(self, page: Any, place: int, left: float, top: float, width: float, height: float) -> Any:
        from pptx.opc.constants import RELATIONSHIP_TYPE
        from pptx.opc.package import Part
        from pptx.opc.packuri import PackURI
        from pptx.util import Inches

        pixels, vector = self.pictures[place]
        picture = page.shapes.add_picture(io.BytesIO(pixels), Inches(left), Inches(top), Inches(width), Inches(height))
        if vector is not None:
            part = Part(PackURI(f"/ppt/media/chart{place + 1}.svg"), SVG_TYPE, page.part.package, vector)
            show_vector(picture._element, page.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE))
        return picture

    def _foot(self, page: Any) -> None:
        self._box(page, LEFT, 7.02, WIDTH - 1, 0.3, [(self.footer, 11, False, "muted")])
        box = self._box(page, LEFT + WIDTH - 1, 7.02, 1, 0.3, [("", 11, True, "muted")])
        add_slide_number(box.text_frame.paragraphs[0], str(self.count), self.language)

    def _box(
        self,
        page: Any,
        left: float,
        top: float,
        width: float,
        height: float,
        lines: Sequence[tuple[str, float, bool, str]],
        *,
        middle: bool = False,
        after: float = 4,
    ) -> Any:
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Inches

        box = page.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
        frame = box.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        if middle:
            frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        self._say(frame, lines, after=after)
        return box

    def _say(self, frame: Any, lines: Sequence[tuple[str, float, bool, str]], *, after: float = 4) -> None:
        set_lines(frame, [Line(*line) for line in lines], language=self.language, after=after)


def _title_size(slide: Slide) -> float:
    if slide.kind == "cover":
        return 54 if len(slide.title) < 40 else 40
    return 30 if len(slide.title) < 48 else 26 if len(slide.title) < 110 else 20
