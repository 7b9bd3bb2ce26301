"""Atkinson Hyperlegible, from an installed package, as files and as CSS that needs no network.

The faces are cut down to the letters that European and Pacific school names need and packed as WOFF; that
takes about a second, so the result is kept in the process and in the user's cache folder.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import fontpkg_atkinson_hyperlegible as package

from allrise.whole import write_whole

log = logging.getLogger(__name__)

Style = Literal["normal", "italic"]

#: Latin, Latin-1, Latin Extended-A, the punctuation of English and French, the signs of numbers.
_UNICODES: tuple[int, ...] = (
    *range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2027), 0x2030, 0x2032, 0x2039, 0x203A, 0x20AC, 0x2122,
    0x2212, 0x2248, 0x2260, 0x2264, 0x2265,
)  # fmt: skip
_FEATURES: tuple[str, ...] = ("kern", "mark", "mkmk", "ccmp", "locl", "tnum", "case")
_RECIPE = "woff-1"


@dataclass(frozen=True, slots=True)
class FontFile:
    """One face of the font as an installed TrueType file."""

    family: str
    weight: int
    style: Style
    path: Path


def font_files() -> tuple[FontFile, ...]:
    """Return the four faces (regular, bold, each upright and italic), for matplotlib, typst and python-pptx."""
    folder = package.ROOT / "files"
    faces: tuple[tuple[str, int, Style], ...] = (
        ("Regular", 400, "normal"),
        ("Bold", 700, "normal"),
        ("Italic", 400, "italic"),
        ("BoldItalic", 700, "italic"),
    )
    stem = package.FAMILY.replace(" ", "")
    return tuple(FontFile(package.FAMILY, w, s, folder / f"{stem}-{name}.ttf") for name, w, s in faces)


@lru_cache(maxsize=2)
def font_faces_css(*, italics: bool = False) -> str:
    """Return ``@font-face`` rules with the fonts inside (WOFF, ``data:`` addresses, about 25 kB a face).

    Parameters
    ----------
    italics
        Add the two italic faces; without them a browser slants the upright ones.
    """
    rules: list[str] = []
    for face in font_files():
        if face.style == "italic" and not italics:
            continue
        data = base64.b64encode(_packed(face.path)).decode("ascii")
        rules.append(
            f"@font-face{{font-family:'{face.family}';font-weight:{face.weight};font-style:{face.style};"
            f"font-display:swap;src:url(data:font/woff;base64,{data}) format('woff')}}"
        )
    return "\n".join(rules) + "\n"


def _packed(path: Path) -> bytes:
    source = path.read_bytes()
    recipe = f"{_RECIPE}{_UNICODES}{_FEATURES}".encode()
    kept = _cache_folder() / f"{path.stem}-{hashlib.sha256(recipe + source).hexdigest()[:20]}.woff"
    try:
        return kept.read_bytes()
    except OSError:
        packed = _subset(source)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, packed)
    except OSError as error:
        log.info("the packed font is not kept: %s", error)
    return packed


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("allrise", appauthor=False) / "fonts"


def _subset(source: bytes) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    options = Options()
    options.layout_features = list(_FEATURES)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # with the licence
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += ["DSIG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=_UNICODES)
    subsetter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
