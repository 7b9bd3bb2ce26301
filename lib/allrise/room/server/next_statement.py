"""Which statement of a board a phone sees next."""

from __future__ import annotations

import hashlib
import random
from typing import Any

from allrise.room.results.priority import drawn, priority
from allrise.room.snapshots import StatementState


def choose(board: tuple[StatementState, ...], seen: set[int], opinions: Any, who: str) -> StatementState | None:
    """Return the statement a phone sees next, by priority; the same again when the page is loaded again.

    Parameters
    ----------
    board
        Approved statements with their votes.
    seen
        Numbers that the phone has voted on, or wrote.
    opinions
        The last working of the board, for how far statements tell people apart; None before the first.
    who
        Seed: the phone and how far it is.
    """
    left = [s for s in board if s.number not in seen]
    if not left:
        return None
    weights = [
        priority(s.agree + s.disagree + s.skip, s.agree, s.skip, opinions.extremity.get(str(s.number), 0.0) if opinions else 0.0)
        for s in left
    ]  # fmt: skip
    seed = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big")
    return left[drawn(weights, random.Random(seed).random())]  # noqa: S311 - fair, not secret
