"""What the groups say: statements that all groups agree with, and those that tell a group from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from allrise.room.results.groups import Mode, OpinionGroups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from allrise.room.results.votes import VoteMatrix

    Floats = NDArray[np.float64]

#: One-sided 90% normal quantile, the bar of both tests.
BAR = 1.2816

CONSENSUS_COLUMNS = (
    "statement",
    "votes",
    "agrees",
    "disagrees",
    "passes",
    "product",
    "geometric_mean",
    "score",
    "mode",
)
REPRESENTATIVE_COLUMNS = (
    "group", "statement", "direction", "votes", "count", "share", "share_others", "ratio",
    "z_share", "z_difference", "representative", "mode",
)  # fmt: skip


def statement_counts(matrix: VoteMatrix) -> pd.DataFrame:
    """Return votes, agrees, disagrees and passes of each statement, in the matrix's order."""
    values = matrix.cells
    return pd.DataFrame(
        {
            "statement": list(matrix.statements),
            "votes": matrix.voted.sum(0),
            "agrees": (values == 1).sum(0),
            "disagrees": (values == -1).sum(0),
            "passes": (values == 0).sum(0),
        }
    )


def _members(matrix: VoteMatrix, groups: OpinionGroups) -> NDArray[np.int64]:
    """Return each row's group, -1 for people in none."""
    of = dict(zip(groups.people["participant"], groups.people["group"].fillna(-1).astype("int64"), strict=True))
    return np.array([of.get(p, -1) for p in matrix.participants], dtype=np.int64)


def group_informed_consensus(matrix: VoteMatrix, groups: OpinionGroups) -> pd.DataFrame:
    """Rank statements by how far every group agrees with them.

    Returns
    -------
    Columns statement, votes, agrees, disagrees, passes (of everybody), product (over groups of
    (agrees + 1) / (votes + 2)), geometric_mean (the same, comparable between rooms with different numbers of
    groups), score (the product in mode ``polis``, else the geometric mean), mode; best first. Without groups that may
    be told the room is one group.

    Notes
    -----
    A few who disagree cannot be outvoted: one group's near-zero makes the product near zero. Small et al. (2021).
    """
    member = _members(matrix, groups)
    sets = [member == g for g in range(groups.k)] if groups.found else [np.ones(len(member), dtype=bool)]
    logs = np.zeros(len(matrix.statements))
    for rows in sets:
        part = matrix.cells[rows]
        logs += np.log(((part == 1).sum(0) + 1) / ((~np.isnan(part)).sum(0) + 2))
    table: Any = statement_counts(matrix).assign(product=np.exp(logs), geometric_mean=np.exp(logs / len(sets)))
    table = table.assign(score=table["product" if groups.mode == "polis" else "geometric_mean"], mode=groups.mode)
    return table[list(CONSENSUS_COLUMNS)].sort_values("score", ascending=False, kind="stable").reset_index(drop=True)


def _tests(
    count: Floats, n: Floats, count_others: Floats, n_others: Floats, mode: Mode
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return share, share of the others, z of the share against one half, z of the difference."""
    extra = 1.0 if mode == "polis" else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        if mode == "polis":
            share, others = (count + 1) / (n + 2), (count_others + 1) / (n_others + 2)
        else:
            share, others = count / n, count_others / n_others
        first, size, second, size_others = count + extra, n + extra, count_others + extra, n_others + extra
        z_share = 2 * np.sqrt(size) * (first / size - 0.5)
        pooled = (first + second) / (size + size_others)
        z_difference = (first / size - second / size_others) / np.sqrt(
            pooled * (1 - pooled) * (1 / size + 1 / size_others)
        )
    return share, others, np.nan_to_num(z_share), np.nan_to_num(z_difference, posinf=0.0, neginf=0.0)


def representative_statements(matrix: VoteMatrix, groups: OpinionGroups, *, most: int = 5) -> pd.DataFrame:
    """Return the statements that tell each group from the others.

    A statement is representative when the group's share that agrees (or disagrees) is above one half, and above the
    share of everybody else, both with z over 1.2816.

    Parameters
    ----------
    matrix, groups
        The votes, and the groups found in them.
    most
        Statements a group, those that tell most first.

    Returns
    -------
    Columns group, statement, direction (``agree`` / ``disagree``), votes and count in the group, share, share_others,
    ratio, z_share, z_difference, representative (always true), mode; no row when there are no groups.

    Notes
    -----
    Mode ``polis`` follows Polis: (count + 1) / (votes + 2) as shares, one added to counts and votes in both tests, and
    the order of ratio x z_difference x share x z_share. Mode ``standard`` is the textbook: raw shares, the one-sample
    test against one half, the pooled two-sample test, and the order of z_difference. In both a pass is a vote that is
    neither agreement nor disagreement.
    """
    if not groups.found:
        return pd.DataFrame({c: pd.Series(dtype="object") for c in REPRESENTATIVE_COLUMNS})
    member = _members(matrix, groups)
    parts: list[pd.DataFrame] = []
    for g in range(groups.k):
        inside, outside = matrix.cells[member == g], matrix.cells[(member != g) & (member >= 0)]
        n, n_others = (~np.isnan(inside)).sum(0).astype(float), (~np.isnan(outside)).sum(0).astype(float)
        for direction, vote in (("agree", 1), ("disagree", -1)):
            count = (inside == vote).sum(0).astype(float)
            share, others, z_share, z_difference = _tests(
                count, n, (outside == vote).sum(0).astype(float), n_others, groups.mode
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = share / others
            parts.append(
                pd.DataFrame(
                    {
                        "group": g,
                        "statement": list(matrix.statements),
                        "direction": direction,
                        "votes": n.astype(int),
                        "count": count.astype(int),
                        "share": share,
                        "share_others": others,
                        "ratio": ratio,
                        "z_share": z_share,
                        "z_difference": z_difference,
                        "representative": (z_share > BAR) & (z_difference > BAR),
                        "mode": groups.mode,
                    }
                )
            )
    table: Any = pd.concat(parts, ignore_index=True)
    table = table[table["representative"]]
    weight = table["z_difference"]
    if groups.mode == "polis":
        weight = table["ratio"] * table["z_difference"] * table["share"] * table["z_share"]
    table = table.assign(_weight=weight).sort_values(["group", "_weight"], ascending=[True, False], kind="stable")
    return table.groupby("group", sort=True).head(most)[list(REPRESENTATIVE_COLUMNS)].reset_index(drop=True)
