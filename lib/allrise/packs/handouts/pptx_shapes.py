"""What python-pptx has no words for: descriptions, decoration, lines of table cells, the number of a slide."""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.office import MAIN, sub_element
from allrise.packs.handouts.pptx_theme import WIDTH

#: Our colours' places in the theme.
_COLOURS = {"ink": "tx1", "muted": "tx2", "accent": "accent1"}


def height_of(lines: Sequence[str], size: float, width: float) -> float:
    """Return about how many inches lines of text take, in a font as wide as any that stands in for ours."""
    fits = max(1, int(width * 72 / (size * 0.54)))
    rows = sum(-(-len(line) // fits) for line in lines)
    return min(3.9, (rows * size * 1.25 + (len(lines) - 1) * size * 0.6) / 72)


def shares_of(rows: Sequence[Sequence[str]], first: float) -> list[float]:
    """Return the share of each column of a table; ``first`` inches for the first one."""
    columns = len(rows[0])
    if first:
        return [first / WIDTH, *([(1 - first / WIDTH) / (columns - 1)] * (columns - 1))]
    words = [max(len(word) for r in rows for word in r[i].split(" ")) for i in range(columns)]
    wants = [max(12, 1.5 * words[i], min(40, max(len(r[i]) for r in rows))) for i in range(columns)]
    return [w / sum(wants) for w in wants]


class Line(NamedTuple):
    """A paragraph of a shape: its text, size in points, weight, and colour of the theme (``""`` for the layout's own)."""

    text: str
    size: float
    bold: bool
    colour: str


def set_lines(frame: Any, lines: Sequence[Line], *, language: str, after: float) -> None:
    """Put paragraphs into a shape, in colours of the theme, so that they follow a change of theme.

    As markup, read in at once: python-pptx looks for the place of each property among the others, which takes longer
    than everything else about a slide.

    Parameters
    ----------
    language
        As Office names it, ``en-NZ``.
    after
        Points between two paragraphs.
    """
    from pptx.oxml import parse_xml

    said = "".join(_paragraph(x, language, 0 if i + 1 == len(lines) else after) for i, x in enumerate(lines))
    body = frame._txBody
    for old in body.findall(f"{{{MAIN}}}p"):
        body.remove(old)
    body.extend(list(parse_xml(f'<a:txBody xmlns:a="{MAIN}">{said or "<a:p/>"}</a:txBody>')))


def _paragraph(line: Line, language: str, after: float) -> str:
    fill = f'<a:solidFill><a:schemeClr val="{_COLOURS[line.colour]}"/></a:solidFill>' if line.colour else ""
    weight = f'lang="{language}" sz="{round(line.size * 100)}" b="{int(line.bold)}"'
    return (
        f'<a:p><a:pPr><a:spcAft><a:spcPts val="{round(after * 100)}"/></a:spcAft></a:pPr>'
        f"<a:r><a:rPr {weight}>{fill}</a:rPr><a:t>{escape(printable(line.text))}</a:t></a:r></a:p>"
    )


def describe(shape: Any, alt: str, name: str) -> None:
    """Set the text that a screen reader says for a shape, and its name."""
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", printable(alt))
    properties.set("name", printable(name))


def make_plain(frame: Any) -> None:
    """Take the default style off a table."""
    style = frame._element.xpath(".//a:tableStyleId")
    if style:
        style[0].text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid


def draw_lines(cell: Any, colour: str, boxed: bool) -> None:
    """Draw a line under a cell, or around it."""
    properties = cell._tc.get_or_add_tcPr()
    for side in ("lnL", "lnR", "lnT", "lnB") if boxed else ("lnB",):
        line = sub_element(properties, side, w="12700" if boxed else "9525")
        fill = sub_element(line, "solidFill")
        sub_element(fill, "srgbClr", val=colour.lstrip("#"))


def add_slide_number(paragraph: Any, text: str, language: str) -> None:
    """Put the number of the slide, as a field, into a paragraph."""
    for run in list(paragraph._p.findall(f"{{{MAIN}}}r")):
        paragraph._p.remove(run)
    from pptx.enum.text import PP_ALIGN

    paragraph.alignment = PP_ALIGN.RIGHT
    field = sub_element(paragraph._p, "fld", id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", type="slidenum")
    sub_element(field, "rPr", lang=language, sz="1100", b="1")
    sub_element(field, "t", text)
