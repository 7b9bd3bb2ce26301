"""Typst, with the kit's fonts and nothing else of the machine: the same pages everywhere, and no network.

The text font has the letters of European and Pacific languages. Whatever it lacks comes from DejaVu Sans
(Arabic, Greek, Cyrillic, signs, some emoji), and what that lacks too is drawn by a font that has a box for every
character there is: a name in any script is kept in the file, can be copied and read aloud, and never stops a pack.
Both come with matplotlib, which the kit draws with.
"""

from __future__ import annotations

import functools
import importlib.util
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from allrise.figures.theme import font_files, tokens
from allrise.packs.handouts.drawings import Drawing

if TYPE_CHECKING:
    from datetime import datetime

    import typst

#: Behind the text font, in this order.
FALLBACK_FONTS = ("DejaVu Sans", "Last Resort High-Efficiency")


def font_families() -> tuple[str, ...]:
    """Return the text font and those behind it."""
    return (tokens().family, *FALLBACK_FONTS)


def typeset_pdf(source: str, files: Mapping[str, bytes], *, standards: tuple[str, ...], made: datetime) -> bytes:
    """Compile a Typst document to PDF.

    Parameters
    ----------
    source
        The document; it reads ``files`` by their names.
    standards
        As Typst names them, ``("ua-1",)``.
    made
        The time that stands in the file.
    """
    with tempfile.TemporaryDirectory(prefix="allrise-") as folder:
        made_pdf = _compiler(Path(folder), files).compile(
            source.encode(),
            format="pdf",
            pdf_standards=list(standards),  # pyright: ignore[reportArgumentType]  the caller's own names
            timestamp=made,
        )
    assert isinstance(made_pdf, bytes)
    return made_pdf


def typeset_drawings(drawings: Mapping[str, Drawing], pixels: Mapping[str, float]) -> dict[str, bytes]:
    """Draw SVG with the kit's fonts as PNG on clear ground, for programs that cannot.

    Parameters
    ----------
    drawings
        Name to a drawing.
    pixels
        Name to how many pixels wide it is drawn; the time that it takes grows with them.

    Returns
    -------
    dict
        The same names.
    """
    if not drawings:
        return {}
    names = list(drawings)
    pages = [
        f'#page(width: {w:g}pt, height: {w * d.height / d.width:g}pt, margin: 0pt, fill: none, image("{i}.svg", width: {w:g}pt))'
        for i, (w, d) in enumerate((pixels[name], d) for name, d in drawings.items())
    ]
    files = {f"{i}.svg": d.svg for i, d in enumerate(drawings.values())}
    with tempfile.TemporaryDirectory(prefix="allrise-") as folder:
        made = _compiler(Path(folder), files).compile("\n".join(pages).encode(), format="png", ppi=72)
    assert made is not None
    return dict(zip(names, made if isinstance(made, list) else [made], strict=True))


def _compiler(folder: Path, files: Mapping[str, bytes]) -> typst.Compiler:
    import typst

    for name, content in files.items():
        (folder / name).write_bytes(content)
    return typst.Compiler(root=folder, font_paths=_fonts(), ignore_system_fonts=True)


@functools.cache
def spare_fonts() -> Path:
    """Return the folder of the fonts that matplotlib brings along, without importing it: that takes longer than a deck."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@functools.cache
def _fonts() -> typst.Fonts:
    import typst

    folders = [font_files()[0].path.parent, spare_fonts()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
