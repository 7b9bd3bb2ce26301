"""An empty deck in the kit's look: 16:9, colours and fonts in its theme, two layouts."""

# ruff: noqa: SLF001  python-pptx and python-docx do not reach these parts of the file otherwise
from __future__ import annotations

from typing import Any

from allrise.figures.theme import Tokens
from allrise.packs.handouts.office import MAIN, parsed, serialised, sub_element

#: Inches: where everything begins, and how wide it may be, on a slide of 13.333 by 7.5.
LEFT = 0.7
WIDTH = 11.93

_THEME = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"


def blank_deck(look: Tokens) -> Any:
    """Return a deck without slides; its layouts are a cover and a title with room for anything."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    master = deck.slide_master
    _theme(master, look)
    layouts = list(deck.slide_layouts)
    for layout in layouts:
        if layout.name not in {"Title Slide", "Title Only"}:
            deck.slide_layouts.remove(layout)
    _drop(master, {"dt", "ftr", "sldNum"})
    _set(master, "title", LEFT, 0.75, WIDTH, 0.95)
    _set(master, "body", LEFT, 1.9, WIDTH, 4.8)
    for layout in deck.slide_layouts:
        _drop(layout, {"dt", "ftr", "sldNum"})
        if layout.name == "Title Slide":
            layout.name = "Cover"
            _set(layout, "ctrTitle", LEFT, 1.05, WIDTH, 1.75)
            _set(layout, "subTitle", LEFT, 2.95, WIDTH, 1.5)
        else:
            layout.name = "Title"
            _set(layout, "title", LEFT, 0.75, WIDTH, 0.95)
    _left(master, deck)
    return deck


def _set(page: Any, kind: str, left: float, top: float, width: float, height: float) -> None:
    from pptx.util import Inches

    for shape in page.placeholders:
        if (shape.element.ph.get("type") or "body") == kind:
            shape.left, shape.top, shape.width, shape.height = map(Inches, (left, top, width, height))


def _drop(page: Any, kinds: set[str]) -> None:
    for shape in list(page.placeholders):
        if shape.element.ph.get("type") in kinds:
            shape.element.getparent().remove(shape.element)


def _left(master: Any, deck: Any) -> None:
    """Set titles and texts to the left and the top, as in a newspaper; the template centres them."""
    for style in master.element.xpath(".//p:titleStyle/a:lvl1pPr | .//p:bodyStyle/*"):
        style.set("algn", "l")
    for page in (master, *deck.slide_layouts):
        for body in page.element.xpath(".//a:bodyPr"):
            for side in ("lIns", "rIns", "tIns", "bIns"):
                body.set(side, "0")
        for shape in page.placeholders:
            kind = shape.element.ph.get("type")
            body = shape.element.xpath(".//a:bodyPr")[0]
            body.set("anchor", "b" if kind == "ctrTitle" else "t")
            for fit in list(body):
                body.remove(fit)
            for level in shape.element.xpath(".//a:lstStyle/*"):
                level.set("algn", "l")
                level.set("marL", "0")
                level.set("indent", "0")
                # The template greys subtitles out; ours say their colour themselves.
                for fill in level.findall(f"{{{MAIN}}}defRPr/{{{MAIN}}}solidFill"):
                    fill.getparent().remove(fill)


def _theme(master: Any, look: Tokens) -> None:
    part = master.part.part_related_by(_THEME)
    theme = parsed(part.blob)
    theme.set("name", "allrise")
    colours = {
        "dk1": look.colour["ink"],
        "lt1": look.colour["paper"],
        "dk2": look.colour["muted"],
        "lt2": look.colour["wash"],
        "accent1": look.colour["accent"],
        **{f"accent{i}": look.categories[i - 1] for i in range(2, 7)},
        "hlink": look.colour["accent"],
        "folHlink": look.colour["muted"],
    }
    scheme = theme.find(f".//{{{MAIN}}}clrScheme")
    scheme.set("name", "allrise")
    for name, colour in colours.items():
        slot = scheme.find(f"{{{MAIN}}}{name}")
        for old in list(slot):
            slot.remove(old)
        sub_element(slot, "srgbClr", val=colour.lstrip("#"))
    fonts = theme.find(f".//{{{MAIN}}}fontScheme")
    fonts.set("name", "allrise")
    for latin in fonts.iterfind(f".//{{{MAIN}}}latin"):
        latin.set("typeface", look.family)
    part._blob = serialised(theme)
