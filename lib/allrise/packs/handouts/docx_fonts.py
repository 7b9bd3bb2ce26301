"""The kit's font inside a Word document, as its licence allows: text is set and broken as meant on any machine.

The format is that of ECMA-376, part 4: a TrueType file whose first 32 bytes are masked with a key that stands in the
table of fonts. It is no secret, only a bar against taking fonts out by accident.
"""

from __future__ import annotations

import uuid
from typing import Any

from allrise.figures.theme import font_files, tokens
from allrise.packs.handouts.office import parsed, serialised

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_FONT = f"{_RELATIONS}/font"
_TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
_MASKED = 32
#: What the document uses: nothing in it is slanted.
_WEIGHTS = {400: "embedRegular", 700: "embedBold"}


def embed_fonts(document: Any) -> None:
    """Put the text font into a document."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    table = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    root = parsed(table.blob)
    family = tokens().family
    font = root.makeelement(f"{{{_WORD}}}font", {f"{{{_WORD}}}name": family})
    root.append(font)
    for name, value in (("charset", "00"), ("family", "swiss"), ("pitch", "variable")):
        font.append(font.makeelement(f"{{{_WORD}}}{name}", {f"{{{_WORD}}}val": value}))
    for file in sorted(font_files(), key=lambda f: f.weight):
        if file.style != "normal" or file.weight not in _WEIGHTS:
            continue
        key = uuid.uuid5(uuid.NAMESPACE_URL, file.path.name)
        part = Part(PackURI(f"/word/fonts/font{file.weight}.odttf"), _TYPE, masked(file.path.read_bytes(), key), None)
        values = {
            f"{{{_RELATIONS}}}id": table.relate_to(part, _FONT),
            f"{{{_WORD}}}fontKey": f"{{{str(key).upper()}}}",
        }
        font.append(font.makeelement(f"{{{_WORD}}}{_WEIGHTS[file.weight]}", values))
    table._blob = serialised(root)  # noqa: SLF001  python-docx does not read this part
    settings = document.settings.element
    zoom = settings.find(f"{{{_WORD}}}zoom")
    zoom.addnext(settings.makeelement(f"{{{_WORD}}}embedTrueTypeFonts", {}))


def masked(font: bytes, key: uuid.UUID) -> bytes:
    """Return a font's file masked with a key, or unmasked again."""
    mask = key.bytes[::-1] * 2
    return bytes(a ^ b for a, b in zip(font[:_MASKED], mask, strict=True)) + font[_MASKED:]
