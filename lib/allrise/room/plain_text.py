"""Free text as people typed it, made safe to store and show.

Nothing is escaped here: text stays text, and every page escapes it. What goes is what no person types on
purpose: control characters, characters that turn the reading direction of the page around them, invisible ones,
halves of characters, and towers of accents.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from allrise.room.errors import InvalidAnswer, TooLarge

# Controls but tab and newline; bidirectional controls; zero-width and other invisible format characters except the
# joiners that scripts and emoji need; surrogates; line and paragraph separators; tags; non-characters.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS_IN_A_ROW = 4
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def cleaned(text: str, longest: int, what: str = "The text", *, lines: bool = True) -> str:
    """Return a text ready to be stored: composed (NFC), without unwanted characters, blanks tidied.

    Parameters
    ----------
    text
        As it came in.
    longest
        Most characters after cleaning. A text many times longer is refused before it is looked at.
    what
        Names the text in the error.
    lines
        Whether line breaks are kept.

    Raises
    ------
    TooLarge
        When it is longer than ``longest``.
    InvalidAnswer
        When it is not text.
    """
    if not isinstance(text, str):
        raise InvalidAnswer(f"{what} is not text.", "Type it in the box.")
    if len(text) > 4 * longest + 64:
        raise _too_long(what, len(text), longest)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    text = _few_marks(text)
    if not lines:
        text = text.replace("\n", " ")
    text = _BLANK_LINES.sub("\n\n", "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n"))).strip()
    if len(text) > longest:
        raise _too_long(what, len(text), longest)
    return text


def _too_long(what: str, length: int, longest: int) -> TooLarge:
    return TooLarge(
        f"{what} has {length:,} characters; at most {longest:,} fit.",
        "Shorten it, or write it as two. What you typed is still in the box.",
        {"length": length, "longest": longest},
    )


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def for_spreadsheet(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before a leading ``= + - @``.

    Source: OWASP, CSV injection. The text is otherwise unchanged; line breaks become spaces, because a line of a
    record is a line.
    """
    text = " ".join(_UNWANTED.sub("", text).split())
    return f"'{text}" if text.startswith(_FORMULA) else text


_NO_WORD = re.compile(r"[\W_]+")


def wording_key(text: str) -> str:
    """Return a text without case, accents, punctuation and spacing: equal for texts with the same words."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return _NO_WORD.sub(" ", bare).strip()


def words_hash(text: str) -> str:
    """Return 32 characters that stand for a text's :func:`wording_key`, to find texts with the same words."""
    return hashlib.sha256(wording_key(text).encode()).hexdigest()[:32]
