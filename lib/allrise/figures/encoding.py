"""From matplotlib's SVG to the kit's: small, inert, recolourable, responsive, readable by screen readers.

matplotlib writes styles, wrappers, ids, metadata and a style sheet that would leak into the page around it. Here they become
plain attributes, which a page's CSS can override (dark mode, projector), rounded numbers, and nothing else.

The SVG holds two drawings. ``.narrow`` is not displayed unless the page's CSS turns to it on a phone
(``theme.figure_css``); it is scaled to the wide drawing's width, so that programs that know no CSS show the wide one.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from allrise.figures.theme import tokens

_SVG: Final = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_DROPPED = frozenset({"metadata", "defs", "style", "title"})
#: What the root says once, or SVG assumes anyway.
_INHERITED = {
    ("stroke-linejoin", "round"),
    ("stroke-linecap", "butt"),
    ("stroke-miterlimit", "10"),
    ("text-anchor", "start"),
    ("stroke-opacity", "1"),
    ("font-style", "normal"),
}


def joined(
    name: str,
    wide: str,
    narrow: str,
    *,
    sizes: tuple[tuple[float, float], tuple[float, float]],
    title: str,
    description: str,
) -> str:
    """Return one SVG from two drawings of matplotlib.

    Parameters
    ----------
    name
        Begins the ids; a digest of the whole follows, so that two drawings on a page never share one.
    wide, narrow
        As ``print_svg`` wrote them.
    sizes
        Width and height of both, in points.
    title, description
        For screen readers.
    """
    (width, height), (narrow_width, narrow_height) = sizes
    ratio = width / narrow_width
    marks = f'<g class="wide">{_marks(wide)}</g><g class="narrow" display="none" transform="scale({ratio:.4f})">{_marks(narrow)}</g>'
    digest = hashlib.sha256(f"{title}{description}{marks}".encode()).hexdigest()[:8]
    key = f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{digest}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="allrise" id="{key}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="xMinYMin meet" '
        f'style="--narrow:{narrow_width:g}/{narrow_height:g}" '
        f'font-family={quoteattr(tokens().font_stack)} stroke-linejoin="round">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>'
        f"{marks}</svg>"
    )


def _marks(svg: str) -> str:
    out: list[str] = []
    for element in ET.fromstring(svg):  # noqa: S314  matplotlib wrote it a moment ago
        _write(element, out, halo=False)
    return "".join(out)


def _write(element: ET.Element, out: list[str], *, halo: bool) -> None:
    tag = element.tag.removeprefix(_SVG)
    if tag in _DROPPED:
        return
    if tag == "g":
        halo = halo or element.get("id") == "halo"
        for child in element:
            _write(child, out, halo=halo)
        return
    attributes: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "style":
            attributes |= dict(_styles(value))
        elif key not in ("id", "clip-path"):
            attributes[key] = value
    if tag == "text":
        attributes.pop("font-family", None)
        attributes["font-size"] = attributes["font-size"].removesuffix("px")
        if re.fullmatch(r"rotate\(-?0 .*\)", attributes.get("transform", "")):
            del attributes["transform"]
        if halo:
            paper = tokens().colour["paper"]
            attributes |= {"stroke": paper, "stroke-width": "3", "paint-order": "stroke"}
    elif attributes.get("d") is not None:
        attributes["d"] = " ".join(attributes["d"].split())
        if attributes.get("fill") == "none" and "stroke" not in attributes:
            return
    body = "".join(f" {k}={quoteattr(_short(v) if k in _NUMERIC else v)}" for k, v in attributes.items())
    text = escape(element.text or "") if tag == "text" else ""
    out.append(f"<{tag}{body}>{text}</{tag}>" if text else f"<{tag}{body}/>")


_NUMERIC = frozenset({"d", "x", "y", "stroke-width", "transform", "stroke-dasharray", "opacity", "fill-opacity"})


def _styles(style: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for part in style.split(";"):
        key, _, value = part.partition(":")
        pair = (key.strip(), value.strip())
        if pair[0] and pair not in _INHERITED and pair != ("stroke-dashoffset", "0"):
            pairs.append(pair)
    return pairs


def _short(numbers: str) -> str:
    return _NUMBER.sub(lambda m: f"{float(m.group(0)):.2f}".rstrip("0").rstrip(".") or "0", numbers)
