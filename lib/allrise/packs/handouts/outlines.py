"""A chart whose letters are outlines: Word and PowerPoint then show it sharp at any size, with or without our font.

Letters stand where the chart's own measuring puts them: by their advance widths, without kerning. A text that needs
more than that - letters that join, or that neither font has - is left to the picture that stands behind every chart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  lxml has no types

from allrise.figures.theme import font_files
from allrise.packs.handouts.drawings import Drawing
from allrise.packs.handouts.typesetting import spare_fonts, typeset_drawings

_SVG = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"
#: Pixels to the inch of a picture that is all there is of a chart.
_PPI = 300
#: Weight from which on a text is set in the bold font.
_BOLD = 600
#: What a text's element may say that goes to its letters.
_PAINT = ("fill", "opacity", "fill-opacity")


def vectors_and_pixels(
    drawings: Mapping[str, Drawing], inches: Mapping[str, float], *, behind: float
) -> tuple[dict[str, bytes | None], dict[str, bytes]]:
    """Return drawings as SVG without a text where that can be, and each as PNG.

    Parameters
    ----------
    inches
        How wide each is shown.
    behind
        Pixels to the inch of a picture that only stands behind an SVG: programs that show none use it, and pixels are
        what takes time. One that is all there is of a chart has as many as print needs.
    """
    vectors = {name: outlined(drawing) for name, drawing in drawings.items()}
    wide = {name: inches[name] * (_PPI if vectors[name] is None else behind) for name in drawings}
    return vectors, typeset_drawings(drawings, wide)


def outlined(drawing: Drawing) -> bytes | None:
    """Return a drawing as SVG without a text; None when a text cannot be set letter by letter.

    Parameters
    ----------
    drawing
        As :func:`~allrise.packs.handouts.drawings.wide_drawing` returns it.
    """
    root = etree.fromstring(drawing.svg)
    used: dict[str, str] = {}
    for text in list(root.iter(f"{{{_SVG}}}text")):
        letters = _letters(text, used)
        if letters is None:
            return None
        text.getparent().replace(text, letters)
    shapes = etree.Element(f"{{{_SVG}}}defs")
    for name, path in used.items():
        etree.SubElement(shapes, f"{{{_SVG}}}path", {"id": name, "d": path})
    root.insert(0, shapes)
    for name in ("class", "font-family", "preserveAspectRatio"):
        root.attrib.pop(name, None)
    etree.cleanup_namespaces(root, top_nsmap={None: _SVG, "xlink": _LINK})
    return etree.tostring(root, encoding="utf-8")


def _letters(text: Any, used: dict[str, str]) -> Any:
    """Return a text as a group of outlines, and note the outlines it uses; None when it cannot be set."""
    size, said = float(text.get("font-size", "10")), text.text or ""
    bold = int(text.get("font-weight", "400")) >= _BOLD
    glyphs = [_glyph(letter, bold) for letter in said]
    known = [g for g in glyphs if g is not None]
    if len(known) < len(glyphs):
        return None
    share = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
    at = float(text.get("x", "0")) - share * size * sum(advance for _, _, advance, _ in known)
    line = float(text.get("y", "0"))
    group = etree.Element(f"{{{_SVG}}}g", {k: v for k in (*_PAINT, "transform") if (v := text.get(k))})
    group.tail = text.tail
    # A halo is drawn first, in an element of its own: Office does not know in which order to paint otherwise.
    halo = {k: v for k in ("stroke", "stroke-width") if (v := text.get(k)) and v != "none"}
    layers = [etree.SubElement(group, f"{{{_SVG}}}g", halo)] if halo.get("stroke") else []
    layers.append(etree.SubElement(group, f"{{{_SVG}}}g"))
    for name, path, advance, units in known:
        if path:
            used.setdefault(name, path)
            scale = size / units
            place = f"translate({at:.2f} {line:.2f}) scale({scale:.5f} {-scale:.5f})"
            for layer in layers:
                etree.SubElement(layer, f"{{{_SVG}}}use", {f"{{{_LINK}}}href": f"#{name}", "transform": place})
                if layer is not layers[-1]:  # the width of a stroke is scaled with the letter
                    layer.set("stroke-width", f"{float(halo.get('stroke-width', '1')) / scale:.1f}")
        at += size * advance
    return group


@cache
def _glyph(letter: str, bold: bool) -> tuple[str, str, float, int] | None:
    """Return a letter's name, outline, advance (a share of the size) and units per em; None when no font can set it."""
    from fontTools.pens.svgPathPen import SVGPathPen

    if unicodedata.bidirectional(letter) in {"R", "AL", "NSM"} or unicodedata.combining(letter):
        return None
    for number, path in enumerate(_fonts(bold)):
        names, glyphs, units = _font(path)
        if (found := names.get(ord(letter))) is not None:
            pen = SVGPathPen(glyphs, ntos=lambda v: f"{v:g}")
            glyphs[found].draw(pen)
            name = f"{'b' if bold else 'r'}{number}-{ord(letter):x}"
            return name, pen.getCommands(), glyphs[found].width / units, units
    return None


def _fonts(bold: bool) -> tuple[Path, Path]:
    ours = next(f.path for f in font_files() if f.weight == (700 if bold else 400) and f.style == "normal")
    return ours, spare_fonts() / f"DejaVuSans{'-Bold' if bold else ''}.ttf"


@cache
def _font(path: Path) -> tuple[dict[int, str], Any, int]:
    from fontTools.ttLib import TTFont

    font = TTFont(path)
    head: Any = font["head"]
    return font.getBestCmap() or {}, font.getGlyphSet(), head.unitsPerEm
