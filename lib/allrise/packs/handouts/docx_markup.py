"""Paragraphs, tables and drawings of a Word document as markup.

python-docx sets one property at a time and looks for its place among its siblings each time: seconds for a pack. Here
every element is written in the schema's order at once, and the whole body is read in by one parse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.office import MAIN

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
#: Namespace of the frames of pictures.
SHAPE = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_NAMESPACES = (
    f'xmlns:w="{_WORD}" xmlns:a="{MAIN}" xmlns:pic="{_PICTURE}" xmlns:wp="{SHAPE}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_BREAKS = {"\n": "<w:br/>", "\t": "<w:tab/>", "\r": ""}
#: EMU in a twentieth of a point, the measure of tables.
_TWIP = 635


def run(text: str, style: str = "", *, bold: bool = False) -> str:
    """Return a run of text, in a character style by its id."""
    properties = (f'<w:rStyle w:val="{style}"/>' if style else "") + ("<w:b/>" if bold else "")
    said = escape(printable(text))
    if any(b in said for b in _BREAKS):
        for letter, element in _BREAKS.items():
            said = said.replace(letter, f'</w:t>{element}<w:t xml:space="preserve">')
    return f'<w:r>{_wrapped("w:rPr", properties)}<w:t xml:space="preserve">{said}</w:t></w:r>'


def paragraph(style: str, *runs: str, keep: bool = False, fresh: bool = False, right: bool = False) -> str:
    """Return a paragraph of runs.

    Parameters
    ----------
    style
        Id of its style; ``""`` for the document's own.
    keep
        Stays on the page of what follows.
    fresh
        Begins a page.
    right
        Is set to the right.
    """
    properties = (
        (f'<w:pStyle w:val="{style}"/>' if style else "")
        + ("<w:keepNext/>" if keep else "")
        + ("<w:pageBreakBefore/>" if fresh else "")
        + ('<w:jc w:val="right"/>' if right else "")
    )
    return f"<w:p>{_wrapped('w:pPr', properties)}{''.join(runs)}</w:p>"


@dataclass(frozen=True, slots=True)
class Lines:
    """Colours of a table's lines: under its head, and under its other rows or around them; ``""`` draws none."""

    head: str
    row: str
    boxed: bool = False


def table(
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    lines: Lines,
    *,
    header: bool = True,
    height: int = 0,
    margin: float = 5.4,
    about: str = "",
) -> str:
    """Return a table; its first row is repeated on every page, unless it has no header. No row is broken over pages.

    Parameters
    ----------
    rows
        Every cell's paragraphs.
    widths
        EMU.
    height
        EMU that a row below the header has at least; 0 for as high as its text.
    margin
        Points left and right in a cell.
    about
        What a screen reader says of the table.
    """
    said = quoteattr(printable(about))
    side = round(margin * 20)
    properties = (
        f'<w:tblW w:type="dxa" w:w="{sum(widths) // _TWIP}"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="{side}" w:type="dxa"/><w:right w:w="{side}" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" w:noVBand="1"/>'
        + (f"<w:tblCaption w:val={said}/><w:tblDescription w:val={said}/>" if about else "")
    )
    grid = "".join(f'<w:gridCol w:w="{width // _TWIP}"/>' for width in widths)
    out = [f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>"]
    for i, cells in enumerate(rows):
        head = header and i == 0
        borders = _borders(lines.head if head else lines.row, boxed=lines.boxed and not head)
        tall = f'<w:trHeight w:val="{height // _TWIP}" w:hRule="atLeast"/>' if height and not head else ""
        out.append(f"<w:tr><w:trPr><w:cantSplit/>{tall}{'<w:tblHeader/>' if head else ''}</w:trPr>")
        out += [
            f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width // _TWIP}"/>{borders}</w:tcPr>{cell}</w:tc>'
            for cell, width in zip(cells, widths, strict=True)
        ]
        out.append("</w:tr>")
    return "".join((*out, "</w:tbl>"))


def picture(number: int, relation: str, width: int, height: int, alt: str) -> str:
    """Return a run with a picture in the line of text; ``relation`` is its part's id, sizes are EMU."""
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f"{_graphic(number, relation, width, height, alt)}</wp:inline></w:drawing></w:r>"
    )


def footing(number: int, relation: str, width: int, height: int) -> str:
    """Return a run with a picture behind the text at the foot of its page, from edge to edge."""
    return (
        '<w:r><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" '
        'behindDoc="1" locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
        '<wp:positionH relativeFrom="page"><wp:align>center</wp:align></wp:positionH>'
        '<wp:positionV relativeFrom="page"><wp:align>bottom</wp:align></wp:positionV>'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapNone/>'
        f"{_graphic(number, relation, width, height, '')}</wp:anchor></w:drawing></w:r>"
    )


def body_of(parts: Sequence[str]) -> Any:
    """Return a document's body with the given paragraphs and tables, as python-docx reads it."""
    from docx.oxml.parser import parse_xml

    return parse_xml(f"<w:body {_NAMESPACES}>{''.join(parts)}</w:body>")


def _graphic(number: int, relation: str, width: int, height: int, alt: str) -> str:
    name = f"Picture {number}"
    return (
        f'<wp:docPr id="{number}" name="{name}" descr={quoteattr(printable(alt))}/>'
        '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        f'<a:graphic><a:graphicData uri="{_PICTURE}"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="0" name="{name}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
    )


def _borders(colour: str, *, boxed: bool) -> str:
    if not colour:
        return ""
    sides = ("top", "left", "bottom", "right") if boxed else ("bottom",)
    lines = (f'<w:{s} w:val="single" w:sz="6" w:space="0" w:color="{colour.lstrip("#")}"/>' for s in sides)
    return _wrapped("w:tcBorders", "".join(lines))


def _wrapped(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>" if content else ""
