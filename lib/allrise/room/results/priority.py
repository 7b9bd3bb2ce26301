"""Polis' priority of a statement, in plain arithmetic: for single numbers and for whole arrays alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def priority(votes: Any, agrees: Any, passes: Any, extremity: Any) -> Any:
    """Return the weight with which a statement is drawn; see :func:`allrise.room.results.routing.priorities`.

    Parameters
    ----------
    votes, agrees, passes
        Of the statement, as numbers with a decimal part, or arrays of them.
    extremity
        How far from the middle someone stands who agreed with it alone.
    """
    passing = (passes + 1) / (votes + 2)
    agreeing = (agrees + 1) / (votes + 2)
    newness = 1 + 8 * 2.0 ** (-votes / 5)
    return ((1 - passing) * (extremity + 1) * agreeing * newness) ** 2


def drawn(weights: Sequence[float], share: float) -> int:
    """Return the place that a share of the whole weight falls on.

    Parameters
    ----------
    weights
        Positive; at least one.
    share
        At least 0, under 1.
    """
    left = share * sum(weights)
    for place, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return place
    return len(weights) - 1
