"""Free text by the framework ids it was tagged with."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.room.results.disclosure import SmallGroups, hidden_segments
from allrise.room.results.distributions import NOT_SAID

THEME_COLUMNS = ("framework_id", "texts", "people", "share")
THEME_SEGMENT_COLUMNS = ("framework_id", "by", "segment", "people", "hidden")

#: Texts without a tag are counted, not lost.
UNTAGGED = "untagged"


def _tagged(texts: pd.DataFrame) -> Any:
    """Return one row a text and tag; ``framework_ids`` may be a list, or ids between spaces or semicolons."""
    split = texts["framework_ids"].map(
        lambda tags: tags.replace(";", " ").split() if isinstance(tags, str) else list(tags or [])
    )
    return (
        texts.assign(framework_id=split.map(lambda tags: tags or [UNTAGGED]))
        .explode("framework_id", ignore_index=True)
        .drop_duplicates(["text_id", "framework_id"])
    )


def themes(texts: pd.DataFrame) -> pd.DataFrame:
    """Count texts and people by framework id.

    Parameters
    ----------
    texts
        Columns text_id, participant, framework_ids; the texts that may be shown.

    Returns
    -------
    Columns framework_id, texts, people, share (of all people who wrote); most people first. A text with two tags
    counts for both, so shares do not add up to 1.
    """
    tagged = _tagged(texts)
    writers = texts["participant"].nunique()
    table = tagged.groupby("framework_id", sort=True).agg(
        texts=("text_id", "nunique"), people=("participant", "nunique")
    )
    table = table.reset_index().assign(share=lambda t: t["people"] / max(writers, 1))
    return table.sort_values("people", ascending=False, kind="stable").reset_index(drop=True)[list(THEME_COLUMNS)]


def theme_segments(texts: pd.DataFrame, by: str, *, rules: SmallGroups | None = None) -> pd.DataFrame:
    """Count the people behind each framework id by segment, with small and complementary cells hidden.

    Parameters
    ----------
    texts
        As in :func:`themes`, with the column ``by``.

    Returns
    -------
    Columns framework_id, by, segment, people (missing where hidden), hidden.
    """
    tagged = _tagged(texts)
    segment = tagged[by].astype("object").where(tagged[by].notna() & (tagged[by] != ""), NOT_SAID).astype("str")
    counted: Any = (
        tagged.assign(segment=segment)
        .groupby(["framework_id", "segment"], sort=True)["participant"]
        .nunique()
        .rename("people")
        .reset_index()
        .astype({"people": "Int64"})
    )
    hidden: list[str] = []
    for _, group in counted.groupby("framework_id", sort=True):
        why = hidden_segments(dict(zip(group["segment"], group["people"].astype("int64"), strict=True)), rules)
        hidden += [why.get(s, "") for s in group["segment"]]
    table = counted.assign(by=by, hidden=hidden)
    table.loc[table["hidden"] != "", "people"] = pd.NA
    return table[list(THEME_SEGMENT_COLUMNS)]
