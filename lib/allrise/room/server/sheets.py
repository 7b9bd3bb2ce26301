"""Pages that many phones get at the same moment, drawn once.

When a question opens, everyone asks for the same page within seconds. What differs from phone to phone are the proof that
a form came from our page and the id of each form; both are drawn as marks that nobody can guess, and filled in for
each phone. Everything else that a page shows is in the key under which it is kept.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable

from allrise.room import keys

#: Most sheets kept: a few questions, each in the states that most phones share.
MOST_KEPT = 128


class Sheets:
    """Drawn pages by key, the ones used last; for the event loop only."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.proof, self.command = (f"mark-{secrets.token_hex(16)}" for _ in range(2))
        self._most = most
        self._kept: OrderedDict[Hashable, list[list[str]]] = OrderedDict()

    def filled(self, key: Hashable, draw: Callable[[], str], proof: str) -> str:
        """Return a page for one phone.

        Parameters
        ----------
        key
            Everything that the page shows.
        draw
            Draws it with the two marks in the places of a proof and of a command id.
        proof
            The phone's proof.
        """
        sheet = self._kept.pop(key, None)
        if sheet is None:
            sheet = [part.split(self.proof) for part in draw().split(self.command)]
        self._kept[key] = sheet
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        out: list[str] = []
        for number, parts in enumerate(sheet):
            if number:
                out.append(keys.new_command_id())
            out.append(proof.join(parts))
        return "".join(out)
