"""Small-group rules: what a screen may show of few people, alone, beside totals, and one screen after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from allrise.errors import AllriseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No room may set its threshold lower.
FLOOR = 5


@dataclass(frozen=True, slots=True)
class SmallGroups:
    """The rules of a room.

    Attributes
    ----------
    threshold
        People who must have answered before a result, or a segment of it, is shown; never under 5.
    step
        A live result grows by at least this many people at a time.
    crossed
        Whether country by role may be shown; off, because such cells are small and many.
    """

    threshold: int = 10
    step: int = 5
    crossed: bool = False

    def __post_init__(self) -> None:
        if self.threshold < FLOOR:
            raise AllriseError(
                f"small groups: the threshold is {self.threshold}",
                f"Results are never shown for fewer than {FLOOR} people.",
            )
        if self.step < 2:
            raise AllriseError(f"small groups: the step is {self.step}", "A live result grows by 2 people or more.")


def hidden_segments(people: dict[str, int], rules: SmallGroups | None = None) -> dict[str, str]:
    """Say which segments of one item are hidden beside the item's total, and why.

    Parameters
    ----------
    people
        Segment to the number of people who answered. Together they are everyone who answered.
    rules
        The room's rules.

    Returns
    -------
    Segment to ``"small"`` (fewer people than the threshold) or ``"complementary"`` (hidden so that a small segment
    is not the total less the others). Segments without people are in neither: there is nothing to hide.

    Notes
    -----
    The hidden segments together are what anyone can compute (total less what is shown), so they must be none, or
    two or more with at least the threshold of people. The smallest shown segments are added until they are.
    """
    rules = rules or SmallGroups()
    with_people = {s: n for s, n in people.items() if n > 0}
    if sum(with_people.values()) < rules.threshold:
        return dict.fromkeys(with_people, "small")
    hidden = {s: "small" for s, n in with_people.items() if n < rules.threshold}
    shown = sorted((n, s) for s, n in with_people.items() if s not in hidden)
    while hidden and shown and (len(hidden) < 2 or sum(with_people[s] for s in hidden) < rules.threshold):
        _, segment = shown.pop(0)
        hidden[segment] = "complementary"
    return hidden


def hidden_cells(people: dict[tuple[str, str], int], rules: SmallGroups | None = None) -> dict[tuple[str, str], str]:
    """Say which cells of a crossed table (country by role) are hidden beside both margins and the total.

    Parameters
    ----------
    people
        (row, column) to people who answered; cells without people may be left out.
    rules
        The room's rules. The margins are hidden as :func:`hidden_segments` says.

    Returns
    -------
    As :func:`hidden_segments`. Derivability is decided by linear algebra: while a hidden cell, or a hidden margin, is a
    combination of what is shown, the smallest shown cell beside it is hidden, too.
    """
    rules = rules or SmallGroups()
    cells = {c: n for c, n in people.items() if n > 0}
    names = sorted(cells)
    hidden = {c: "small" for c in names if cells[c] < rules.threshold}
    if sum(cells.values()) < rules.threshold:
        return dict.fromkeys(names, "small")
    margins: list[tuple[NDArray[np.float64], bool]] = [(np.ones(len(names)), True)]
    for side in (0, 1):
        totals: dict[str, int] = {}
        for c in names:
            totals[c[side]] = totals.get(c[side], 0) + cells[c]
        unseen = hidden_segments(totals, rules)
        margins += [(np.array([float(c[side] == m) for c in names]), m not in unseen) for m in totals]
    unit = np.eye(len(names))
    while True:
        known = [line for line, seen in margins if seen] + [unit[i] for i, c in enumerate(names) if c not in hidden]
        secret = [unit[i] for i, c in enumerate(names) if c in hidden] + [line for line, seen in margins if not seen]
        rank = np.linalg.matrix_rank(np.array(known))
        derived = [line for line in secret if np.linalg.matrix_rank(np.array([*known, line])) == rank]
        shown = [c for c in names if c not in hidden]
        if not derived or not shown:
            return hidden
        at = [names[i] for i in np.flatnonzero(derived[0])]
        beside = [c for c in shown if any(c[0] == a[0] or c[1] == a[1] for a in at)]
        hidden[min(beside or shown, key=lambda c: (cells[c], c))] = "complementary"


def released(answered: int, *, closed: bool, shown: int = 0, rules: SmallGroups | None = None) -> int:
    """Return how many people's answers a screen may count, first answers first.

    While a question is open the screen stays at least a step behind, so that the last screen before closing and the
    one after it differ by a step or more, too. After a question was reopened, the result that was shown stays until a
    step of people has been added.

    Parameters
    ----------
    answered
        People who have answered.
    closed
        Whether the question takes no more answers.
    shown
        People in the result shown last, 0 when none was.
    rules
        The room's rules.

    Returns
    -------
    0 when nothing may be shown.
    """
    rules = rules or SmallGroups()
    ready = answered if closed else (answered - rules.step) // rules.step * rules.step
    if ready < rules.threshold or ready - shown < rules.step:
        return shown
    return ready
