"""How wide a text is in the kit's font, so that margins are designed and never guessed.

Advance widths come from the font file; kerning is left out (it is below half a point for a label).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from allrise.figures.theme import font_files

#: Width, as a share of the size, of a letter that the font does not have.
_UNKNOWN = 0.62


@lru_cache(maxsize=2)
def _advances(weight: int) -> dict[str, float]:
    from fontTools.ttLib import TTFont

    path = next(f.path for f in font_files() if f.weight == weight and f.style == "normal")
    with TTFont(path, lazy=True) as font:
        tables: dict[str, Any] = {name: font[name] for name in ("head", "hmtx")}
        names = font.getBestCmap() or {}
        return {chr(code): tables["hmtx"][name][0] / tables["head"].unitsPerEm for code, name in names.items()}


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: int = 400) -> float:
    """Return the width of a text in the unit of ``size`` (points in a chart)."""
    advances = _advances(700 if weight >= 600 else 400)
    return sum(advances.get(letter, _UNKNOWN) for letter in text) * size


@lru_cache(maxsize=4096)
def wrapped(text: str, width: float, size: float, weight: int = 400, lines: int = 2) -> tuple[str, ...]:
    """Break a text into at most ``lines`` lines of ``width``; what does not fit ends in an ellipsis.

    Lines are filled from the start; a single word wider than the line is cut.
    """
    out: list[str] = []
    words = text.split()
    while words:
        line = words.pop(0)
        while words and text_width(f"{line} {words[0]}", size, weight) <= width:
            line = f"{line} {words.pop(0)}"
        out.append(line)
        if len(out) == lines and words:
            out[-1] = f"{line} {' '.join(words)}"
            words = []
    return tuple(shortened(line, width, size, weight) for line in out)


def shortened(text: str, width: float, size: float, weight: int = 400) -> str:
    """Return a text cut to a width, with an ellipsis when something is missing."""
    if text_width(text, size, weight) <= width:
        return text
    kept = text
    while kept and text_width(f"{kept.rstrip()}…", size, weight) > width:
        kept = kept[:-1]
    return f"{kept.rstrip(' ,;-')}…"
