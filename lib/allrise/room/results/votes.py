"""From votes as they were cast to a matrix of participants by statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allrise.errors import InvalidData

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Columns of the votes table; ``vote`` is 1 agree, -1 disagree, 0 pass; ``order`` grows with time.
VOTE_COLUMNS = ("participant", "statement", "vote", "order")


@dataclass(frozen=True, slots=True)
class VoteMatrix:
    """Votes of participants (rows) on statements (columns).

    Attributes
    ----------
    participants, statements
        Ids in the order of the rows and columns.
    cells
        Shape (participants, statements): 1 agree, -1 disagree, 0 pass, NaN not voted.
    """

    participants: tuple[object, ...]
    statements: tuple[object, ...]
    cells: NDArray[np.float64]

    @property
    def voted(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.cells)

    def keep(self, rows: NDArray[np.bool_]) -> VoteMatrix:
        """Return the matrix of the participants where ``rows`` is true."""
        chosen = tuple(p for p, kept in zip(self.participants, rows, strict=True) if kept)
        return VoteMatrix(chosen, self.statements, self.cells[rows])


def last_votes(votes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a participant and statement: the vote cast last.

    Parameters
    ----------
    votes
        Long table with columns participant, statement, vote (1, 0, -1), order.

    Raises
    ------
    InvalidData
        When a column is missing or a vote is not 1, 0 or -1.
    """
    missing = [c for c in VOTE_COLUMNS if c not in votes]
    if missing:
        raise InvalidData(f"votes: no column {', '.join(missing)}", f"Give the columns {', '.join(VOTE_COLUMNS)}.")
    wrong = ~votes["vote"].isin([1, 0, -1])
    if bool(wrong.any()):
        raise InvalidData(
            f"votes: {votes.loc[wrong, 'vote'].iloc[0]} is not a vote",
            "A vote is 1 (agree), -1 (disagree) or 0 (pass).",
        )
    ordered = votes.sort_values("order", kind="stable")
    return ordered.drop_duplicates(["participant", "statement"], keep="last").reset_index(drop=True)


def vote_matrix(votes: pd.DataFrame, statements: list[object] | None = None) -> VoteMatrix:
    """Return the matrix of last votes.

    Parameters
    ----------
    votes
        Long table, see :func:`last_votes`.
    statements
        Statements to take, in order (the approved ones); all that have votes when left out. Votes on others are
        left out, and so are participants with no vote on these.
    """
    last: Any = last_votes(votes)
    if statements is not None:
        last = last[last["statement"].isin(statements)]
    columns = list(dict.fromkeys(statements)) if statements is not None else sorted(set(last["statement"]), key=str)
    people = list(dict.fromkeys(last["participant"]))
    values = np.full((len(people), len(columns)), np.nan)
    row_of = {p: i for i, p in enumerate(people)}
    column_of = {s: i for i, s in enumerate(columns)}
    rows = [row_of[p] for p in last["participant"]]
    cols = [column_of[s] for s in last["statement"]]
    values[rows, cols] = last["vote"].to_numpy(dtype=np.float64)
    return VoteMatrix(tuple(people), tuple(columns), values)
