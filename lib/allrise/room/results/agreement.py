"""Where do we agree across countries and roles, and where do we part?"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

Verdict = Literal["agreed", "leaning", "low", "divided", "mixed", "too_few"]

AGREEMENT_COLUMNS = (
    "item_id",
    "verdict",
    "segments",
    "least",
    "most",
    "gap",
    "least_lower",
    "lowest",
    "highest",
    "apart",
)


def agreement(segments: pd.DataFrame) -> pd.DataFrame:
    """Judge each item by its segments that have enough people.

    Parameters
    ----------
    segments
        As :func:`allrise.room.results.distributions.segments` returns it; tables of country and of role may be
        concatenated, and then an item must hold in all of them.

    Returns
    -------
    One row an item, consensus first and then by how far the segments are apart:

    - ``verdict``: ``divided`` when two segments of one kind (two countries, two roles) have intervals that lie apart;
      else ``agreed`` when the interval of every segment lies above one half; ``low`` when every interval lies below;
      ``leaning`` when every share is above one half; ``mixed``; ``too_few`` when fewer than two segments of any kind
      can be shown.
    - ``segments`` judged; ``least`` and ``most`` share; ``gap``, the largest difference within one kind;
      ``least_lower``, the smallest lower limit; ``lowest`` and ``highest``, the segments at the ends of the gap;
      ``apart``, pairs of segments whose intervals lie apart.

    Notes
    -----
    Two 95% intervals that lie apart are a stricter test than a difference at the 5% level: it names few items, and
    those clearly.
    """
    rows: list[dict[str, Any]] = [_judge(str(item), group) for item, group in segments.groupby("item_id", sort=False)]
    order = {"agreed": 0, "leaning": 1, "mixed": 2, "low": 3, "divided": 4, "too_few": 5}
    table: Any = pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS))
    return (
        table.assign(_rank=table["verdict"].map(order))
        .sort_values(["_rank", "least_lower", "item_id"], ascending=[True, False, True], kind="stable")
        .drop(columns="_rank")
        .reset_index(drop=True)
    )


def consensus(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the items agreed in every segment with enough people, the firmest first."""
    return judged.loc[judged["verdict"] == "agreed"].sort_values("least_lower", ascending=False).reset_index(drop=True)


def divisive(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the items on which segments lie apart, the widest gap first."""
    return judged.loc[judged["verdict"] == "divided"].sort_values("gap", ascending=False).reset_index(drop=True)


def _judge(item: str, group: pd.DataFrame) -> dict[str, Any]:
    shown = group.loc[group["hidden"] == ""]
    kinds: list[Any] = [kind for _, kind in shown.groupby("by", sort=False) if len(kind) > 1]
    nothing = float("nan")
    if not kinds:
        return {
            "item_id": item, "verdict": "too_few", "segments": len(shown), "least": nothing, "most": nothing,
            "gap": nothing, "least_lower": nothing, "lowest": "", "highest": "", "apart": 0,
        }  # fmt: skip
    apart, gap, ends = 0, -1.0, ("", "")
    for kind in kinds:
        lower, upper = kind["lower"].to_numpy(), kind["upper"].to_numpy()
        apart += int((lower[:, None] > upper[None, :]).sum())
        low, high = kind.loc[kind["share"].idxmin()], kind.loc[kind["share"].idxmax()]
        if float(high["share"] - low["share"]) > gap:
            gap, ends = float(high["share"] - low["share"]), (str(low["segment"]), str(high["segment"]))
    judged: Any = pd.concat(kinds)
    verdict: Verdict = "mixed"
    if apart:
        verdict = "divided"
    elif bool((judged["lower"] > 0.5).all()):
        verdict = "agreed"
    elif bool((judged["upper"] < 0.5).all()):
        verdict = "low"
    elif bool((judged["share"] > 0.5).all()):
        verdict = "leaning"
    return {
        "item_id": item, "verdict": verdict, "segments": len(judged), "least": float(judged["share"].min()),
        "most": float(judged["share"].max()), "gap": gap, "least_lower": float(judged["lower"].min()),
        "lowest": ends[0], "highest": ends[1], "apart": apart,
    }  # fmt: skip
