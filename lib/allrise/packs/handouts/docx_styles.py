"""An empty Word document in the kit's look: every style a pack uses, from the design tokens."""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

from typing import Any

from allrise.figures.theme import Tokens


def blank_document(look: Tokens, *, letter: bool) -> Any:
    """Return a document without text, on A4 or Letter paper, with the kit's styles."""
    from docx import Document
    from docx.shared import Inches, Mm

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Inches(8.5), Inches(11)) if letter else (Mm(210), Mm(297))
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    section.header_distance = section.footer_distance = Mm(10)
    _styles(document, look)
    return document


def _styles(document: Any, look: Tokens) -> None:
    size, ink, muted, accent = look.paper, look.colour["ink"], look.colour["muted"], look.colour["accent"]
    make = _Maker(document, look)
    make.paragraph("Normal", size["body"], ink, after=6, line=1.22)
    make.paragraph("Title", 38, ink, bold=True, after=16, line=1.0)
    make.paragraph("Heading 1", size["h1"], ink, bold=True, before=34, after=8, line=1.1, keep=True)
    make.paragraph("Heading 2", size["h2"], ink, bold=True, before=20, after=6, line=1.15, keep=True)
    make.paragraph("Heading 3", size["lead"], ink, bold=True, before=16, after=3, line=1.15, keep=True)
    make.paragraph("Heading 4", size["h3"], ink, bold=True, before=14, after=3, line=1.15, keep=True)
    make.paragraph("Caption", size["body"], ink, bold=True, before=14, after=4, keep=True)
    make.paragraph("Header", size["note"], muted, bold=True)
    make.paragraph("Footer", size["note"], muted)
    make.paragraph("List Bullet", size["body"], ink, after=3, line=1.25)
    make.paragraph("Lead", size["lead"], muted, after=12, line=1.3)
    make.paragraph("Kicker", size["small"], muted, bold=True, before=8, after=2, keep=True)
    make.paragraph("Cover question", 18, ink, after=14, line=1.25, bar=accent)
    make.paragraph("Contents heading", size["h1"], ink, bold=True, after=14)
    make.paragraph("Contents line", 12, ink, after=9, line=1.2, hanging=24)
    make.paragraph("Subtitle line", size["small"], muted, after=4, keep=True)
    make.paragraph("Small", size["small"], ink, after=4, line=1.22)
    make.paragraph("Drawing", size["body"], ink, after=6)
    make.paragraph("Prompt", size["body"], ink, bold=True, after=8)
    make.paragraph("Argue", 11.5, ink, after=3, line=1.25, bar=accent)
    make.paragraph("Panel", size["body"], ink, after=0, line=1.3, bar=look.colour["edge"], fill=look.colour["wash"])
    make.paragraph("Prediction", size["lead"], ink, before=4, after=4, line=1.3)
    make.paragraph("Note", size["note"], muted, before=3, after=3, line=1.25)
    make.paragraph("Table text", 9, ink, before=2, after=2, line=1.1)
    make.paragraph("Table small", 7.5, ink, before=2, after=2, line=1.05)
    make.character("Label", accent, bold=True)
    make.character("Quiet", muted, bold=False)


class _Maker:
    def __init__(self, document: Any, look: Tokens) -> None:
        self.styles = document.styles
        self.known = {s.name: s for s in document.styles}
        self.look = look

    def paragraph(
        self,
        name: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        before: float = 0,
        after: float = 0,
        line: float = 1.2,
        keep: bool = False,
        whole: bool = False,
        hanging: float = 0,
        bar: str = "",
        box: str = "",
        fill: str = "",
    ) -> None:
        """Set a paragraph style; ``bar`` is a line at its left, ``box`` one around, ``fill`` its ground."""
        from docx.enum.style import WD_STYLE_TYPE
        from docx.shared import Pt

        style = self.known.get(name) or self._added(name, WD_STYLE_TYPE.PARAGRAPH)
        if name != "Normal":
            style.base_style = self.known["Normal"]
        self._font(style, colour, size=size, bold=bold)
        style.quick_style, style.hidden = True, False
        form = style.paragraph_format
        form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), line
        form.keep_with_next, form.keep_together, form.widow_control = keep, keep or whole, True
        if hanging:
            form.left_indent, form.first_line_indent = Pt(hanging), Pt(-hanging)
        elif bar:
            form.left_indent = Pt(10)
        _borders(style, bar=bar, box=box, fill=fill)

    def character(self, name: str, colour: str, *, bold: bool) -> None:
        """Set a character style."""
        from docx.enum.style import WD_STYLE_TYPE

        self._font(self._added(name, WD_STYLE_TYPE.CHARACTER), colour, bold=bold)

    def _added(self, name: str, kind: Any) -> Any:
        """Add a style; python-docx's own way looks through the names of all the template's for each one."""
        from docx.styles.style import StyleFactory

        return StyleFactory(self.styles.element.add_style_of_type(name, kind, False))

    def _font(self, style: Any, colour: str, *, bold: bool, size: float | None = None) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        font = style.font
        font.name, font.bold, font.italic = self.look.family, bold, False
        font.color.rgb = RGBColor.from_string(colour.lstrip("#").upper())
        if size:
            font.size = Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for old in list(fonts.attrib):
            del fonts.attrib[old]  # the template's theme fonts would win
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), self.look.family)


def _borders(style: Any, *, bar: str, box: str, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_pPr()
    for old in properties.findall(qn("w:pBdr")) + properties.findall(qn("w:shd")):
        properties.remove(old)
    # The schema wants them in this order, before the spacing.
    place = next((c for c in properties if c.tag in {qn("w:spacing"), qn("w:ind"), qn("w:jc")}), None)
    made: list[Any] = []
    if bar or box:
        borders = OxmlElement("w:pBdr")
        for side in ("left",) if bar else ("top", "left", "bottom", "right"):
            line = OxmlElement(f"w:{side}")
            values = {"val": "single", "sz": "20" if bar else "6", "space": "8", "color": (bar or box).lstrip("#")}
            for key, value in values.items():
                line.set(qn(f"w:{key}"), value)
            borders.append(line)
        made.append(borders)
    if fill:
        ground = OxmlElement("w:shd")
        for key, value in {"val": "clear", "color": "auto", "fill": fill.lstrip("#")}.items():
            ground.set(qn(f"w:{key}"), value)
        made.append(ground)
    for element in made:
        if place is None:
            properties.append(element)
        else:
            place.addprevious(element)


def set_language(document: Any, language: str) -> None:
    """Set the language of all text."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for properties in (
        document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}"),
        document.styles["Normal"].element.get_or_add_rPr(),
    ):
        for old in properties.findall(qn("w:lang")):
            properties.remove(old)
        element = OxmlElement("w:lang")
        element.set(qn("w:val"), language)
        element.set(qn("w:eastAsia"), language)
        properties.append(element)


def number_of_page(paragraph: Any) -> None:
    """Put the number of the page, as a field, at the end of a paragraph."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
