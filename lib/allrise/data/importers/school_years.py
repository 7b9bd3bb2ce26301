"""Which school year a file is about, from its name or from the option that says so."""

from __future__ import annotations

import re
from pathlib import Path

from allrise.errors import InvalidData, UnreadableInput

_PAIR = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_/](?:(?:19|20)?(\d{2}))(?!\d)")
_SINGLE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


def start_year(path: Path, option: int | None) -> int:
    """Return the start year of the school year that ``path`` is about.

    ``2017-2018`` and ``2017_18`` are a school year; a year alone is its start year. ``option`` (``--year``) is for
    names without a year.

    Raises
    ------
    UnreadableInput
        When the name has no year, or several, and there is no option.
    InvalidData
        When the option contradicts the name.
    """
    found = _years(path.stem)
    if len(found) == 1:
        if option is not None and option != found[0]:
            raise InvalidData(
                f"{path.name} says {found[0]} and --year says {option}",
                "Leave --year out, or give the file the name of its own year.",
            )
        return found[0]
    if option is not None:
        return option
    said = f"names the years {', '.join(map(str, found))}" if found else "has no year in its name"
    raise UnreadableInput(f"{path.name} {said}", "Give --year with the start year: 2017 for 2017/18.")


def _years(stem: str) -> list[int]:
    pairs = {int(a) for a, b in _PAIR.findall(stem) if (int(a) + 1) % 100 == int(b)}
    return sorted(pairs or {int(y) for y in _SINGLE.findall(stem)})
