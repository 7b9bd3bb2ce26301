"""How the answers to each item are spread, in the whole room and by segment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pandas as pd

from allrise.evidence.intervals import wilson
from allrise.room.results.disclosure import SmallGroups, hidden_cells, hidden_segments

#: Values that count as agreeing, by kind of question. A contrast's left pole is the paper's own position.
AGREEING: Final[dict[str, frozenset[int]]] = {
    "rating": frozenset({4, 5}),
    "contrast": frozenset({1, 2, 3}),
    "choice": frozenset({1}),
}

NOT_SAID = "not_said"

DISTRIBUTION_COLUMNS = ("item_id", "value", "n", "answered", "share", "lower", "upper")
SEGMENT_COLUMNS = ("item_id", "by", "segment", "answered", "agree", "share", "lower", "upper", "hidden")


def _with_limits(table: Any, level: float) -> Any:
    limits = wilson(table["share"], table["answered"], level)
    return table.assign(lower=limits.lower, upper=limits.upper)


def _cell(segment: str) -> tuple[str, str]:
    country, _, role = segment.partition(" ")
    return country, role


def distribution(answers: pd.DataFrame, values: Iterable[Any], *, level: float = 0.95) -> pd.DataFrame:
    """Return how many people gave each value of each item.

    Parameters
    ----------
    answers
        Columns participant, item_id, value; one row a participant and item.
    values
        Every value that could be given, in order; those that nobody gave are rows with 0.
    level
        Confidence level of the Wilson intervals.

    Returns
    -------
    Columns item_id, value, n, answered, share (0 to 1), lower, upper. Small-group rules are the caller's: see
    :func:`allrise.room.results.disclosure.released`.
    """
    options = list(values)
    rows: list[dict[str, Any]] = []
    for item, group in answers.groupby("item_id", sort=False):
        counts: Any = group["value"].value_counts()
        answered = int(pd.Series(group["value"]).notna().sum())
        rows += [
            {"item_id": item, "value": v, "n": int(counts.get(v, 0)), "answered": answered,
             "share": counts.get(v, 0) / answered if answered else float("nan")}
            for v in options
        ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["item_id", "value", "n", "answered", "share"])
    return _with_limits(table, level)[list(DISTRIBUTION_COLUMNS)]


def choice_items(chosen: pd.DataFrame, options: Iterable[str]) -> pd.DataFrame:
    """Turn choices into one row a participant and option, value 1 taken or 0 left.

    Parameters
    ----------
    chosen
        Columns participant, item_id, value (an option's id) and segments; several rows a participant where several
        options may be taken.
    options
        Every option's id, in order.

    Returns
    -------
    The answers table with ``item_id`` as ``item:option``.
    """
    keys = [c for c in chosen.columns if c not in {"value", "item_id"}]
    people = chosen.drop_duplicates(["participant", "item_id"])[["item_id", *keys]]
    taken = set(zip(chosen["participant"], chosen["item_id"], chosen["value"], strict=True))
    parts = [
        people.assign(
            value=[int((p, i, option) in taken) for p, i in zip(people["participant"], people["item_id"], strict=True)],
            item_id=people["item_id"].astype("str") + f":{option}",
        )
        for option in options
    ]
    return pd.concat(parts, ignore_index=True) if parts else people.assign(value=pd.Series(dtype="int64"))


def segments(
    answers: pd.DataFrame,
    by: str,
    agreeing: Collection[int],
    *,
    rules: SmallGroups | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the share that agrees with each item, by segment, with small and complementary cells hidden.

    Parameters
    ----------
    answers
        Columns participant, item_id, value, and ``by``.
    by
        ``country``, ``role``, another column; or ``country_role`` when the rules allow crossed segments.
    agreeing
        Values that count as agreeing, see :data:`AGREEING`.
    rules, level
        The room's small-group rules; the level of the Wilson intervals.

    Returns
    -------
    Columns item_id, by, segment, answered, agree, share, lower, upper, hidden. ``hidden`` is empty, ``small`` or
    ``complementary``; a hidden row's numbers are missing, all of them, its count of people too.

    Raises
    ------
    ValueError
        When country by role is asked for and the rules do not allow it.
    """
    rules = rules or SmallGroups()
    if by == "country_role":
        if not rules.crossed:
            msg = "country by role is off in this room"
            raise ValueError(msg)
        key = answers["country"].fillna(NOT_SAID).astype("str") + " " + answers["role"].fillna(NOT_SAID).astype("str")
    else:
        key = answers[by].astype("object").where(answers[by].notna() & (answers[by] != ""), NOT_SAID).astype("str")
    known: Any = answers.assign(_segment=key).loc[answers["value"].notna().to_numpy()]
    known = known.assign(_agree=known["value"].isin(list(agreeing)))
    counted = (
        known.groupby(["item_id", "_segment"], sort=True)["_agree"].agg(answered="size", agree="sum").reset_index()
    )
    hidden: list[str] = []
    for _, group in counted.groupby("item_id", sort=True):
        people = dict(zip(group["_segment"], group["answered"], strict=True))
        if by == "country_role":
            cells = hidden_cells({_cell(s): n for s, n in people.items()}, rules)
            why = {" ".join(c): reason for c, reason in cells.items()}
        else:
            why = hidden_segments(people, rules)
        hidden += [why.get(s, "") for s in group["_segment"]]
    table = counted.rename(columns={"_segment": "segment"}).assign(by=by, hidden=hidden)
    table = table.astype({"answered": "Int64", "agree": "Int64"})
    table.loc[table["hidden"] != "", ["answered", "agree"]] = pd.NA
    table["share"] = (table["agree"] / table["answered"]).astype("float64")
    return _with_limits(table, level)[list(SEGMENT_COLUMNS)]
