"""From answers to people: one score a person and framework id, with reversed items turned round."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from allrise.errors import InvalidData
from allrise.evidence.intervals import floats
from allrise.framework import SCALE_IDS

ORDER: dict[str, int] = {str(name): i for i, name in enumerate(SCALE_IDS)}
PERSON = ["wave", "response_id"]


def in_order(ids: Iterable[str]) -> list[str]:
    """Return framework ids in the framework's order, unknown ones last."""
    return sorted({str(i) for i in ids}, key=lambda i: (ORDER.get(i, len(ORDER)), i))


def latest_wave(survey: pd.DataFrame) -> str | None:
    """Return the wave that is last in order (years, or years and months), or ``None`` without answers."""
    waves = survey.loc[survey["score"].notna(), "wave"]
    return None if waves.empty else str(waves.max())


def answers(survey: pd.DataFrame, items: pd.DataFrame, wave: str | None = None) -> pd.DataFrame:
    """Return the given answers of one wave with their framework id, reversed items turned round (6 - score).

    Parameters
    ----------
    survey, items
        Tables as in ``data.tables``.
    wave
        The wave; the latest when ``None``.

    Returns
    -------
    DataFrame
        ``wave``, ``response_id``, ``cluster_id``, ``school_id``, ``role``, ``item_id``, ``framework_id``, ``score``
        (float, 1..5, 5 means most of it). Unanswered items are left out.

    Raises
    ------
    InvalidData
        When an item of the survey is not in ``items``.
    """
    chosen = latest_wave(survey) if wave is None else wave
    rows = survey.loc[(survey["wave"] == chosen).fillna(False) & survey["score"].notna()] if chosen else survey.iloc[:0]
    unknown = ~rows["item_id"].isin(items["item_id"])
    if unknown.any():
        raise InvalidData(
            f"survey item {rows.loc[unknown, 'item_id'].iloc[0]} is not in items", "Add the item to the table `items`."
        )
    about = items.drop_duplicates("item_id").set_index("item_id")
    turned = rows["item_id"].map(about["reversed"]).fillna(False).to_numpy(dtype=bool)
    score = floats(rows["score"])
    found = rows[["wave", "response_id", "cluster_id", "school_id", "role", "item_id"]].assign(
        framework_id=rows["item_id"].map(about["framework_id"]).astype("str"), score=np.where(turned, 6 - score, score)
    )
    return found.reset_index(drop=True)


def person_scores(given: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return each person's mean over a framework id's items; who answered fewer than half of them has none.

    Parameters
    ----------
    given
        :func:`answers`.

    Returns
    -------
    DataFrame
        ``framework_id``, ``wave``, ``response_id``, ``cluster_id``, ``school_id``, ``role``, ``answered``, ``score``.
    """
    asked = items.drop_duplicates("item_id").groupby("framework_id", as_index=False).agg(asked=("item_id", "size"))
    people = given.drop_duplicates(PERSON)[[*PERSON, "cluster_id", "school_id", "role"]]
    grouped = given.groupby(["framework_id", *PERSON], sort=True)["score"].agg(["size", "mean"]).reset_index()
    grouped = grouped.rename(columns={"size": "answered", "mean": "score"})
    grouped = grouped.merge(asked, on="framework_id", how="left")
    grouped = grouped.loc[grouped["answered"] * 2 >= grouped["asked"]].drop(columns="asked")
    return grouped.merge(people, on=PERSON, how="left", validate="many_to_one")
