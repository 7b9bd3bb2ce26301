"""Pictures of a Word document: vector, and behind each one a picture for programs that show none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from allrise.packs.handouts import docx_markup as markup
from allrise.packs.handouts.drawings import Drawing
from allrise.packs.handouts.office import MAIN, SVG_TYPE, mark_decorative, show_vector
from allrise.packs.handouts.outlines import vectors_and_pixels

_EMU_IN_INCH = 914400
_PPI_BEHIND = 150
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


@dataclass(slots=True)
class Pictures:
    """Drawings that a document may show, each at a width of its own in EMU."""

    document: Any
    drawings: Mapping[str, Drawing]
    widths: Mapping[str, int]
    _vector: Mapping[str, bytes | None] = field(init=False)
    _pixels: Mapping[str, bytes] = field(init=False)
    _vectors: dict[str, str] = field(init=False, default_factory=dict[str, str])
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._vector, self._pixels = vectors_and_pixels(
            self.drawings,
            {name: width / _EMU_IN_INCH for name, width in self.widths.items()},
            behind=_PPI_BEHIND,
        )

    def in_line(self, name: str, alt: str) -> str:
        """Return a run with a picture."""
        relation, width, height = self._added(name)
        return markup.picture(self._count, relation, width, height, alt)

    def at_foot(self, name: str) -> str:
        """Return a run with a decoration at the foot of its page."""
        relation, width, height = self._added(name)
        return markup.footing(self._count, relation, width, height)

    def complete(self, body: Any) -> None:
        """Give the pictures of a body, read in from the runs, what stands in extensions of the format."""
        for shape in body.iter(f"{{{markup.SHAPE}}}inline", f"{{{markup.SHAPE}}}anchor"):
            properties = shape.find(f"{{{markup.SHAPE}}}docPr")
            if not properties.get("descr"):
                mark_decorative(properties)
            (blip,) = shape.iter(f"{{{MAIN}}}blip")
            vector = self._vectors.get(blip.get(_EMBED))
            if vector is not None:
                show_vector(shape, vector)

    def _added(self, name: str) -> tuple[str, int, int]:
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        self._count += 1
        drawing, part = self.drawings[name], self.document.part

        def relation_to(extension: str, kind: str, content: bytes) -> str:
            address = PackURI(f"/word/media/chart{self._count}.{extension}")
            return part.relate_to(Part(address, kind, content, part.package), RELATIONSHIP_TYPE.IMAGE)

        relation = relation_to("png", "image/png", self._pixels[name])
        vector = self._vector[name]
        if vector is not None:
            self._vectors[relation] = relation_to("svg", SVG_TYPE, vector)
        width = self.widths[name]
        return relation, width, round(width * drawing.height / drawing.width)
