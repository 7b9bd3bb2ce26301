"""``handout.docx``: the pack for Word, to be changed by whoever runs the meeting.

Real styles from the design tokens, real headings, lists, table headers and alt text, so that Word's own navigation
and a screen reader find their way. The font lies in the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allrise.figures.theme import tokens
from allrise.packs.contents import PackContents, Section, contents_of
from allrise.packs.handouts.docx_blocks import CHART, Blocks
from allrise.packs.handouts.docx_fonts import embed_fonts
from allrise.packs.handouts.docx_markup import body_of, run, table
from allrise.packs.handouts.docx_pictures import Pictures
from allrise.packs.handouts.docx_styles import blank_document, number_of_page, set_language
from allrise.packs.handouts.drawings import wide_drawing
from allrise.packs.handouts.flow import left_out
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.mark import mark_drawing
from allrise.packs.handouts.office import language_tag
from allrise.packs.handouts.paper import is_letter
from allrise.packs.handouts.words import block_words, figure_label, handout_words, page_words
from allrise.packs.model import ExecutedPack

_MARK = "mark"
#: Share of a page's height that is left to write predictions in, and the most that one of them gets in EMU.
_TO_WRITE, _MOST_TO_WRITE = 0.72, 58 * 36000


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the hand-out as ``{"handout.docx": ...}``."""
    contents = contents_of(pack)
    document = blank_document(tokens("print"), letter=is_letter(pack))
    _describe(document, contents, pack)
    _Pages(document, contents, pack).fill()
    out = io.BytesIO()
    document.save(out)
    return {"handout.docx": out.getvalue()}


def _describe(document: Any, contents: PackContents, pack: ExecutedPack) -> None:
    """Set the document's properties, language, font and running lines."""
    language = language_tag(contents.language, pack.subject.country)
    set_language(document, language)
    embed_fonts(document)
    properties = document.core_properties
    properties.title = printable(f"{contents.cover.cluster} · {handout_words(contents.language)('one_pack')}")
    properties.author, properties.language, properties.comments = "allrise", language, ""
    if pack.generated:
        properties.created = datetime.fromisoformat(pack.generated).replace(tzinfo=None)
    section = document.sections[0]
    section.different_first_page_header_footer = True
    head = section.header.paragraphs[0]
    head.style, head.text = "Header", printable(contents.cover.cluster)
    foot = section.footer.paragraphs[0]
    foot.style = "Footer"
    number_of_page(foot)


class _Pages:
    def __init__(self, document: Any, contents: PackContents, pack: ExecutedPack) -> None:
        self.document = document
        self.contents = contents
        self.pack = pack
        self.said = block_words(contents.language)
        self.page = page_words(contents.language)
        self.words = handout_words(contents.language)
        section = document.sections[0]
        width = section.page_width - section.left_margin - section.right_margin
        charts = {f"{i}": f for i, f in enumerate(contents.figures()) if not f.folded}
        drawings = {name: wide_drawing(figure, "print") for name, figure in charts.items()}
        drawings[_MARK] = mark_drawing("print", width=960, height=400, stroke=1.4)
        widths = dict.fromkeys(charts, int(width * CHART)) | {_MARK: section.page_width}
        self.pictures = Pictures(document, drawings, widths)
        self.blocks = Blocks(
            language=contents.language,
            styles={s.name: s.style_id for s in document.styles},
            sizes={n: document.styles[n].font.size.pt for n in ("Table text", "Table small")},
            width=width,
            height=section.page_height - section.top_margin - section.bottom_margin,
            pictures=self.pictures,
            names={id(figure): name for name, figure in charts.items()},
        )

    def fill(self) -> None:
        """Write all pages into the document."""
        body = body_of([*self._all()])
        self.pictures.complete(body)
        there = self.document.element.body
        for place, element in enumerate(list(body)):
            there.insert(place, element)

    def _all(self) -> Iterator[str]:
        yield from self._cover()
        yield from self._contents_list()
        yield from self._predictions()
        for section in self.contents.sections:
            yield from self._section(section)
        yield from self._behind()
        yield from self._notes()

    def _cover(self) -> Iterator[str]:
        cover, blocks = self.contents.cover, self.blocks
        yield blocks.say(" · ".join(p for p in (cover.cluster_word, cover.place) if p), "Kicker")
        yield blocks.say(cover.cluster, "Title")
        if cover.question:
            yield blocks.say(self.said("question"), "Kicker")
            yield blocks.say(cover.question, "Cover question")
        if cover.purpose:
            yield blocks.say(self.said("purpose"), "Kicker")
            yield blocks.say(cover.purpose, "Lead")
        facts = [f for f in (*cover.facts, (self.said("period"), cover.period)) if f[1]]
        line: list[str] = []
        for i, (label, value) in enumerate(facts):
            line += [blocks.styled(f"{'     ' if i else ''}{label} ", "Quiet"), run(value, bold=True)]
        yield blocks.runs("Normal", *line)
        yield blocks.say(f"{self.said('for_whom')} {cover.audience}", "Normal")
        if cover.synthetic:
            yield blocks.runs("Normal", run(self.said("synthetic"), bold=True))
        if cover.strength:
            yield blocks.say(cover.strength, "Note")
        yield blocks.runs("Drawing", self.pictures.at_foot(_MARK))

    def _contents_list(self) -> Iterator[str]:
        blocks = self.blocks
        yield blocks.say(self.page("contents"), "Contents heading", fresh=True)
        for section in self.contents.sections:
            line = [blocks.styled(f"{section.opening.number}\t", "Label"), run(section.opening.title, bold=True)]
            if section.opening.question:
                line.append(blocks.styled(f"\n{section.opening.question}", "Quiet"))
            yield blocks.runs("Contents line", *line)

    def _predictions(self) -> Iterator[str]:
        if not self.contents.predictions:
            return
        blocks = self.blocks
        yield blocks.head(self.page("predictions"), 1, fresh=True)
        yield blocks.say(self.page("predictions_intro"), "Lead")
        predictions = self.contents.predictions
        height = min(_MOST_TO_WRITE, int(blocks.height * _TO_WRITE / len(predictions)))
        for i, figure in enumerate(predictions):
            if i:
                yield blocks.say("", "Note")
            label = blocks.styled(f"{figure_label(figure.number, self.contents.language)}  ", "Label")
            cell = blocks.runs("Prediction", label, run(figure.predict))
            yield table([[cell]], blocks.widths((1.0,)), blocks.lines(boxed=True), header=False, height=height)

    def _section(self, section: Section) -> Iterator[str]:
        # Chapters follow one another, as on paper: only charts to look at together and sheets have pages of their own.
        first = section is self.contents.sections[0]
        yield self.blocks.head(section.opening.title, 1, label=section.opening.number, fresh=first)
        if section.opening.question:
            yield self.blocks.say(section.opening.question, "Lead", keep=True)
        yield from self.blocks.chapter(section.blocks)
        if section.status != "ok":
            status = self.page(f"status_{section.status}")
            yield self.blocks.say(f"{self.page('failed')} ({status}). {self.page('failed_plain')}", "Panel")

    def _behind(self) -> Iterator[str]:
        figures = [f for f in self.contents.figures() if f.headline]
        if not figures:
            return
        yield self.blocks.head(self.words("behind"), 1, fresh=True)
        yield self.blocks.say(self.words("behind_intro"), "Lead")
        for figure in figures:
            label = figure_label(figure.number, self.contents.language)
            yield from self.blocks.table(figure.table, label, figure.title)
        if longer := left_out(self.contents):
            yield self.blocks.say(f"{self.words('behind_longer')} {', '.join(longer)}.", "Note")

    def _notes(self) -> Iterator[str]:
        yield self.blocks.head(self.page("data_notes"), 1, fresh=True)
        inputs = [f.file + ("" if f.rows is None else f", {self.page('rows')} {f.rows}") for f in self.pack.inputs]
        for key, lines in (("caveats", self.pack.caveats), ("warnings", self.pack.warnings)):
            if lines:
                yield self.blocks.head(self.page(key), 2)
                for line in lines:
                    yield self.blocks.say(line, "List Bullet")
        if inputs:
            yield self.blocks.head(self.page("inputs"), 2)
            yield self.blocks.say("; ".join(inputs) + ".", "Small")
        when = f" {self.page('made_on')} {self.pack.generated[:10]}" if self.pack.generated else ""
        version = self.pack.versions.get("allrise", "")
        yield self.blocks.say(f"{self.page('statement')} {self.page('made_with')} allrise {version}{when}.", "Note")
