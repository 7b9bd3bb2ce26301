"""Texts of data as they may stand in files: every character kept that the format can hold, none with a meaning."""

from __future__ import annotations

import re

#: Characters that XML 1.0 cannot hold, and halves of characters.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Return a text without the characters that XML, and so Word, PowerPoint, Excel and SVG, cannot hold.

    They carry no meaning on paper: most come from files that were cut or copied badly.
    """
    return _IMPOSSIBLE.sub("", text)
