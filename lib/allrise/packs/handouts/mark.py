"""The kit's mark as a drawing of its own, for paper and slides."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from allrise.figures.theme import Variant, tokens
from allrise.packs.handouts.drawings import Drawing
from allrise.packs.render.mark import rising_lines


def mark_drawing(variant: Variant, *, width: int = 600, height: int = 480, stroke: float = 1.1) -> Drawing:
    """Return the mark with its colours inside: one line in accent among lines of grey."""
    look = tokens(variant)
    root = ET.fromstring(str(rising_lines(width=width, height=height)))  # noqa: S314 - our own drawing
    for name in ("class", "aria-hidden", "focusable", "preserveAspectRatio"):
        root.attrib.pop(name, None)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("width", f"{width}")
    root.set("height", f"{height}")
    for path in root:
        ours = path.attrib.pop("class", "") == "us"
        path.set("fill", "none")
        path.set("stroke", look.colour["accent"] if ours else look.colour["reference_light"])
        path.set("stroke-width", f"{stroke * (2.6 if ours else 1):g}")
        path.set("stroke-linecap", "round")
    return Drawing(ET.tostring(root, encoding="utf-8"), width, height)
