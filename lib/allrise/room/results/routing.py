"""Which statement a participant sees next.

Votes are scarce: a person answers some of many statements. Polis' priority spends them on statements that are new, that
people do not pass on, that many agree with, and that tell opinions apart.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allrise.room.results.priority import priority
from allrise.room.results.statements import statement_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from allrise.room.results.votes import VoteMatrix

PRIORITY_COLUMNS = ("statement", "votes", "agrees", "disagrees", "passes", "extremity", "priority")


def extremities(matrix: VoteMatrix) -> NDArray[np.float64]:
    """Return how far from the middle of the opinion map a person stands who agreed with one statement alone."""
    values = matrix.cells
    statements = len(matrix.statements)
    if min(values.shape) < 2:
        return np.zeros(statements)
    voted = matrix.voted
    means = np.where(voted, values, 0).sum(0) / np.maximum(voted.sum(0), 1)
    centred = np.where(voted, values - means, 0.0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.linalg.norm(axes[:, -2:], axis=1) * np.abs(1 - means) * np.sqrt(statements)


def weighed(counts: pd.DataFrame, extremity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the priority of statements from their counts (columns votes, agrees, passes) and extremities."""
    votes, agrees, passes = (counts[name].to_numpy(dtype=float) for name in ("votes", "agrees", "passes"))
    return priority(votes, agrees, passes, extremity)


def priorities(matrix: VoteMatrix) -> pd.DataFrame:
    """Return the weight with which each statement is drawn.

    Returns
    -------
    Columns statement, votes, agrees, disagrees, passes, extremity, priority, in the matrix's order. With A agrees and
    P passes of S votes and extremity E::

        importance = (1 - (P + 1) / (S + 2)) * (E + 1) * (A + 1) / (S + 2)
        priority   = (importance * (1 + 8 * 2 ** (-S / 5))) ** 2

    A statement without votes has the priority it would have at the room's mean extremity of 0, so it is seen soon.

    Notes
    -----
    Small et al. (2021), Polis: scaling deliberation by mapping high dimensional opinion spaces.
    """
    counts: Any = statement_counts(matrix)
    extremity = extremities(matrix)
    return counts.assign(extremity=extremity, priority=weighed(counts, extremity))[list(PRIORITY_COLUMNS)]


def next_statement(table: pd.DataFrame, seen: Collection[object], rng: np.random.Generator) -> object | None:
    """Draw the next statement for one participant, in proportion to its priority.

    Parameters
    ----------
    table
        As :func:`priorities` returns it.
    seen
        Statements the participant has voted on, wrote, or put off.
    rng
        The same state of the generator draws the same statement.

    Returns
    -------
    The statement's id, or None when none is left.
    """
    left: Any = table.loc[~table["statement"].isin(list(seen))]
    if left.empty:
        return None
    edges = np.cumsum(left["priority"].to_numpy(dtype=float))
    at = int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
    return left["statement"].iloc[min(at, len(left) - 1)]
