"""What Word and PowerPoint files share."""

from __future__ import annotations

from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  lxml has no types

#: Namespaces of drawings in Office files.
MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_VECTOR = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
SVG_TYPE = "image/svg+xml"
_DECORATIVE = "http://schemas.microsoft.com/office/drawing/2017/decorative"

#: Where a country writes a language in its own way.
_REGIONS: dict[tuple[str, str], str] = {
    ("en", "GB"): "en-GB",
    ("en", "NZ"): "en-NZ",
    ("en", "AU"): "en-AU",
    ("en", "CA"): "en-CA",
    ("en", "US"): "en-US",
    ("fr", "CA"): "fr-CA",
    ("fr", "FR"): "fr-FR",
}
_DEFAULTS = {"en": "en-GB", "fr": "fr-FR"}


def language_tag(language: str, country: str) -> str:
    """Return the language as Office names it, ``en-NZ``, so that its spelling and voice are right."""
    base, _, region = language.replace("_", "-").partition("-")
    base = base.lower()
    return _REGIONS.get((base, (region or country.split("-", maxsplit=1)[0]).upper()), _DEFAULTS.get(base, language))


def sub_element(parent: Any, name: str, text: str | None = None, **values: str) -> Any:
    """Add an element of a drawing, ``a:solidFill``, to another one."""
    element = etree.SubElement(parent, f"{{{MAIN}}}{name}", **values)
    if text is not None:
        element.text = text
    return element


def parsed(content: bytes) -> Any:
    """Return the root of a part of an Office file."""
    return etree.fromstring(content)


def serialised(root: Any) -> bytes:
    """Return a part of an Office file."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def show_vector(picture: Any, relation: str) -> None:
    """Let a picture be drawn from an SVG part by programs that can; others, and older ones, show its own pixels.

    Parameters
    ----------
    picture
        An element that holds the picture's ``a:blip``.
    relation
        Id of the relationship to the SVG.
    """
    (blip,) = picture.iter(f"{{{MAIN}}}blip")
    extension = sub_element(sub_element(blip, "extLst"), "ext", uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}")
    vector = etree.SubElement(extension, f"{{{_VECTOR}}}svgBlip", nsmap={"asvg": _VECTOR})
    vector.set(f"{{{_RELATIONS}}}embed", relation)


def mark_decorative(properties: Any) -> None:
    """Mark a shape as decoration, given its ``cNvPr`` or ``docPr``: screen readers pass over it."""
    properties.set("descr", "")
    extension = sub_element(sub_element(properties, "extLst"), "ext", uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}")
    etree.SubElement(extension, f"{{{_DECORATIVE}}}decorative", nsmap={"adec": _DECORATIVE}).set("val", "1")
