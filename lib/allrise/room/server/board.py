"""What the votes of a statement board say, as values that templates draw; made by :mod:`allrise.room.server.grouping`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Board:
    """What a board's votes say: JSON-safe values for the page.

    Attributes
    ----------
    version, closed
        Event up to which votes count; whether the question was closed. Groups are told of closed questions only: while
        people vote, two maps could be subtracted.
    found, k, reason, method, mode, people
        As in :class:`allrise.room.results.groups.OpinionGroups`; ``people`` is the number placed.
    places
        x, y, group (-1 for none) of each person placed, only when groups may be told.
    sizes
        People a group.
    consensus, split
        Statements most agreed with by all groups, and those that split the room most: statement, agrees, disagrees,
        passes, votes.
    telling
        Group to what tells it apart: statement, direction, share.
    extremity
        Statement to its extremity, for the order in which statements are offered.
    shown
        Statement to the counts that screens may show, in small-group steps.
    """

    version: int
    closed: bool
    found: bool
    k: int
    reason: str
    method: str
    mode: str
    people: int
    places: tuple[tuple[float, float, int], ...]
    sizes: tuple[int, ...]
    consensus: tuple[dict[str, Any], ...]
    split: tuple[dict[str, Any], ...]
    telling: dict[str, list[dict[str, Any]]]
    extremity: dict[str, float]
    shown: dict[str, dict[str, int]]

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Board:
        """Return a board from its fields, also after they were JSON."""
        lists: dict[str, Any] = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        values: dict[str, Any] = {**plain, **lists, "places": tuple((p[0], p[1], p[2]) for p in plain["places"])}
        return cls(**values)
