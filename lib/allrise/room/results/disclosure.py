"""Small-group rules: what a screen may show of few people, alone, beside totals, and one screen after another."""

from __future__ import annotations

from dataclasses import dataclass

from allrise.errors import AllriseError

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
                f"small groups: the threshold is {self.threshold}", f"Results are never shown for fewer than {FLOOR} people."
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
    if closed:
        ready = answered
    else:
        ready = (answered - rules.step) // rules.step * rules.step
    if ready < rules.threshold or ready - shown < rules.step:
        return shown
    return ready
