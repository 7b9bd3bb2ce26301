"""Taking typed values out of a parsed TOML file, and collecting every fault with its line and field."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, cast

from allrise.framework import LANGUAGES, Framework, load
from allrise.room.errors import RoomError
from allrise.room.plain_text import cleaned

_RANGE = re.compile(r"([A-Z])(\d{1,2})-([A-Z])(\d{1,2})", re.ASCII)

#: Where a value stands: field names, each list's followed by the number in it, from 1.
Place = tuple[str | int, ...]


class FileReader:
    """Takes typed values out of the parsed file and collects every fault with its place."""

    def __init__(self, text: str, content: dict[str, Any]) -> None:
        self.content = content
        self._lines = _line_numbers(text)
        self.faults: list[str] = []
        self.languages: tuple[str, ...] = ("en",)
        self._frameworks: dict[str, Framework] = {}

    def fault(self, where: Place, what: str, mend: str) -> None:
        line = next((self._lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in self._lines), 1)
        names = [f"{a} {b}" if isinstance(b, int) else str(a) for a, b in _pairs(where)]
        self.faults.append(f"line {line}, {', '.join(names) or 'the file'}: {what} {mend}")

    def known_keys(self, table: dict[str, Any], keys: tuple[str, ...], where: Place) -> None:
        for key in table:
            if key not in keys:
                close = get_close_matches(key, keys, n=1)
                mend = f"Did you mean {close[0]}?" if close else f"Use {', '.join(keys)}."
                self.fault((*where, key), "is not a field here.", mend)

    def texts(self, value: Any, where: Place, longest: int, *, needed: bool = False) -> dict[str, str]:
        if value is None:
            if needed:
                self.fault(where, "is missing.", 'Write a text, or {en = "...", fr = "..."}.')
            return {}
        given = cast("dict[str, Any]", value) if isinstance(value, dict) else {self.languages[0]: value}
        found: dict[str, str] = {}
        for language, text in given.items():
            if language not in self.languages:
                self.fault(where, f"{language} is not one of the session's languages.", "Add it to languages.")
            elif not isinstance(text, str) or not text.strip():
                self.fault(where, f"the text in {language} is empty or not a text.", "Write it in quotes.")
            else:
                try:
                    found[language] = cleaned(text, longest, "the text")
                except RoomError as error:
                    self.fault(where, error.what, "Shorten it.")
        return found

    def choices(self, value: Any, among: tuple[str, ...], where: Place) -> tuple[str, ...]:
        if not isinstance(value, list):
            self.fault(where, "is not a list.", f"Write a list of {', '.join(among)}.")
            return ()
        for one in value:
            if one not in among:
                self.fault(where, f"{one!r} is not known.", f"Use {', '.join(among)}.")
        return tuple(dict.fromkeys(one for one in value if one in among))

    def whole(self, value: Any, least: int, most: int, where: Place) -> int | None:
        if type(value) is int and least <= value <= most:
            return value
        self.fault(where, f"{value!r} is not a whole number from {least} to {most:,}.", "Correct it.")
        return None

    def frameworks(self) -> dict[str, Framework]:
        if not self._frameworks:
            for language in self.languages:
                if language.split("-")[0] in LANGUAGES:
                    self._frameworks[language] = load(language)
            if not self._frameworks:  # a session in another language gets the ids' English wording
                self._frameworks[self.languages[0]] = load("en")
        return self._frameworks

    def of_framework(self, framework_id: str, attribute: str) -> dict[str, str]:
        return {language: str(getattr(f[framework_id], attribute)) for language, f in self.frameworks().items()}

    def framework_id(self, value: Any, where: Place) -> str:
        if isinstance(value, str) and value in next(iter(self.frameworks().values())):
            return value
        self.fault(where, f"{value!r} is not an id of the framework.", "Use an id such as F3, L1, T2 or Q2.1.")
        return ""

    def ids(self, value: Any, where: Place) -> list[str]:
        """Return framework ids; ``F1-F8`` stands for all of them."""
        if not isinstance(value, list):
            self.fault(where, "is not a list.", 'Write a list such as ["F1-F8"].')
            return []
        found: list[str] = []
        for one in value:
            found += [i for each in expanded(one) if (i := self.framework_id(each, where))]
        return list(dict.fromkeys(found))


def expanded(value: Any) -> list[Any]:
    """Return the ids that a range such as ``F1-F8`` stands for; anything else is itself."""
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[1] != found[3]:
        return [value]
    return [f"{found[1]}{n}" for n in range(int(found[2]), int(found[4]) + 1)] or [value]


def _pairs(where: Place) -> list[tuple[str | int, str | int | None]]:
    pairs: list[tuple[str | int, str | int | None]] = []
    for n, part in enumerate(where):
        if isinstance(part, int):
            continue
        following = where[n + 1] if n + 1 < len(where) else None
        pairs.append((part, following))
    return pairs


_HEADER = re.compile(r"\s*\[\[\s*([A-Za-z0-9_-]+)\s*\]\]")
_FIELD = re.compile(r"\s*\"?([A-Za-z0-9_-]+)\"?\s*=")


def _line_numbers(text: str) -> dict[Place, int]:
    """Return the line of each ``[[table]]`` and of each field, by its place; the first of a kind counts."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    here: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            counts[header[1]] = counts.get(header[1], 0) + 1
            here = (header[1], counts[header[1]])
            lines.setdefault(here, number)
            lines.setdefault((header[1],), number)
        elif found := _FIELD.match(line):
            lines.setdefault((*here, found[1]), number)
    return lines
