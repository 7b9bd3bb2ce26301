"""The paper that a pack is printed on, whatever the format."""

from __future__ import annotations

from allrise.packs.model import ExecutedPack

#: Countries whose printers hold Letter paper, by the first part of their code.
_LETTER = frozenset({"US", "CA"})


def is_letter(pack: ExecutedPack) -> bool:
    """Return whether a pack is printed on Letter, else on A4: what was asked for, or what its country's printers hold."""
    return pack.paper == "letter" or (not pack.paper and pack.subject.country.split("-")[0] in _LETTER)
