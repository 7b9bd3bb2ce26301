"""Charts for hand-outs: the wide drawing of a figure, in the colours of where it is shown."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  lxml has no types

from allrise.content.blocks import Figure
from allrise.content.html import safe_drawing
from allrise.figures.theme import Variant, tokens
from allrise.packs.handouts.literal import printable

_SVG = "http://www.w3.org/2000/svg"
_PAINT = ("fill", "stroke")


class UnreadableDrawing(ValueError):
    """A figure's drawing is not the SVG that the kit's theme makes."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as SVG, and its size in points."""

    svg: bytes
    width: float
    height: float


def wide_drawing(figure: Figure, variant: Variant = "print") -> Drawing:
    """Return the drawing for a column or a slide, without the one for phones, in a variant's colours.

    Parameters
    ----------
    figure
        Its ``svg`` holds a wide and a narrow drawing, in the theme's light colours.
    variant
        Whose colours the drawing gets.

    Raises
    ------
    UnsafeDrawing
        When it could run code or fetch something.
    UnreadableDrawing
        When it is no SVG.
    """
    text = printable(str(safe_drawing(figure)))
    if "<!" in text:  # entities could grow without end
        raise UnreadableDrawing(f"the drawing of figure {figure.number or figure.name} declares a document type")
    try:
        svg = _recoloured(text, figure.width, figure.height, variant)
    except etree.XMLSyntaxError as error:
        raise UnreadableDrawing(f"the drawing of figure {figure.number or figure.name} is no SVG: {error}") from error
    return Drawing(svg, figure.width, figure.height)


@functools.lru_cache(maxsize=64)
def _recoloured(text: str, width: float, height: float, variant: Variant) -> bytes:
    """Return the wide drawing; kept, because paper and Word show the same ones."""
    root = etree.fromstring(text)
    for child in list(root):
        if child.get("class") == "narrow" or child.tag in {f"{{{_SVG}}}title", f"{{{_SVG}}}desc"}:
            root.remove(child)  # the title and the description stand beside the chart, as text
    colours = _recolouring(variant)
    for element in root.iter(etree.Element):
        for paint in _PAINT:
            colour = element.get(paint)
            if colour in colours:
                element.set(paint, colours[colour])
    for name in ("style", "role", "aria-labelledby", "id"):
        root.attrib.pop(name, None)
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    return etree.tostring(root, encoding="utf-8")


@functools.cache
def _recolouring(variant: Variant) -> dict[str, str]:
    there = tokens(variant).colour
    return {colour: there[name] for name, colour in tokens("light").colour.items() if there[name] != colour}
