"""Q2.3: which factors are easy or already in place, and which are a real challenge? A map of two shares."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.evidence.intervals import wilson

QUADRANT_COLUMNS = (
    "item_id", "answered", "easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet",
    "hard", "hard_lower", "hard_upper", "in_place", "in_place_lower", "in_place_upper",
)  # fmt: skip


def quadrant_map(answers: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Return where each item lies between easy and hard, and between in place and not yet.

    Parameters
    ----------
    answers
        Columns participant, item_id, difficulty (``easy`` / ``hard``), progress (``in_place`` / ``not_yet``). Rows with
        one of the two missing are left out: half an answer has no place on a map.

    Returns
    -------
    Columns item_id, answered, the four counts, and the shares ``hard`` and ``in_place`` with Wilson intervals.
    """
    full = answers[
        answers["difficulty"].isin(["easy", "hard"]) & answers["progress"].isin(["in_place", "not_yet"])
    ].drop_duplicates(["participant", "item_id"], keep="last")
    rows: list[dict[str, Any]] = []
    for item, group in full.groupby("item_id", sort=False):
        cell = group["difficulty"] + "_" + group["progress"]
        counts = {c: int((cell == c).sum()) for c in QUADRANT_COLUMNS[2:6]}
        rows.append({
            "item_id": item, "answered": len(group), **counts,
            "hard": float((group["difficulty"] == "hard").mean()),
            "in_place": float((group["progress"] == "in_place").mean()),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=[*QUADRANT_COLUMNS[:6], "hard", "in_place"])
    for share in ("hard", "in_place"):
        limits = wilson(table[share], table["answered"], level)
        table[f"{share}_lower"], table[f"{share}_upper"] = limits.lower, limits.upper
    return table[list(QUADRANT_COLUMNS)]
