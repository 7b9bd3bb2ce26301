"""Q2.3: which factors are easy or already in place, and which are a real challenge? A map of two shares."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.evidence.intervals import wilson

QUADRANT_COLUMNS = (
    "item_id", "answered", "easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet",
    "hard", "hard_lower", "hard_upper", "in_place", "in_place_lower", "in_place_upper",
)  # fmt: skip


def quadrant_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Put the two answers a factor side by side, as :func:`quadrant_map` takes them.

    Parameters
    ----------
    answers
        Columns participant, item_id (``F1/ease``, ``F1/place``), value (1 easy or in place, 2 hard or not yet), as the
        room records them.

    Returns
    -------
    Columns participant, item_id (``F1``), difficulty, progress; missing where only one of the two was answered.
    """
    words = {"ease": {1: "easy", 2: "hard"}, "place": {1: "in_place", 2: "not_yet"}}
    kept: dict[tuple[Any, str], dict[str, str | None]] = {}
    for participant, item, value in zip(answers["participant"], answers["item_id"], answers["value"], strict=True):
        factor, _, dimension = str(item).rpartition("/")
        if dimension in words and value in words[dimension]:
            kept.setdefault((participant, factor), {})[dimension] = words[dimension][value]
    return pd.DataFrame(
        [
            {"participant": p, "item_id": f, "difficulty": both.get("ease"), "progress": both.get("place")}
            for (p, f), both in kept.items()
        ],
        columns=["participant", "item_id", "difficulty", "progress"],
    )


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
    full: Any = answers.loc[
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
    table: Any = pd.DataFrame(rows, columns=[*QUADRANT_COLUMNS[:6], "hard", "in_place"])
    for share in ("hard", "in_place"):
        limits = wilson(table[share], table["answered"], level)
        table[f"{share}_lower"], table[f"{share}_upper"] = limits.lower, limits.upper
    return table[list(QUADRANT_COLUMNS)]
