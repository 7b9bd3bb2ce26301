"""From answers to people: one score a person and framework id, with reversed items turned round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.errors import InvalidData
from allrise.evidence.intervals import Floats, floats
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


@dataclass(frozen=True, slots=True)
class Panel:
    """One wave's answers as arrays, so that many small cells are cheap to look at.

    Attributes
    ----------
    ids
        Framework ids that have answers, in the framework's order.
    wide
        Answers, shape (people, items), NaN where not given, reversed items turned round.
    columns
        Columns of ``wide`` that belong to each framework id.
    scores
        People's means, shape (people, ids); NaN for who answered fewer than half of the items of it that were asked of
        anyone of the same role.
    people
        ``wave``, ``response_id``, ``cluster_id``, ``school_id``, ``role``; one row a person.
    """

    ids: tuple[str, ...]
    wide: Floats
    columns: dict[str, NDArray[np.intp]]
    scores: Floats
    people: pd.DataFrame

    def score(self, framework_id: str) -> Floats:
        return self.scores[:, self.ids.index(framework_id)]

    def given(self, framework_id: str, who: NDArray[np.bool_] | None = None) -> Floats:
        """Return the answers to a framework id's items, shape (people, items), of everyone or of ``who``."""
        block = self.wide[:, self.columns[framework_id]]
        return block if who is None else block[who]

    def texts(self, name: str) -> NDArray[np.object_]:
        """Return a column of ``people`` as plain strings, blank where missing."""
        return self.people[name].astype("object").where(self.people[name].notna(), "").to_numpy(dtype=object)


def panel_of(
    survey: pd.DataFrame, items: pd.DataFrame, wave: str | None = None, ids: Iterable[str] | None = None
) -> Panel:
    """Return the answers of one wave (the latest when ``None``) as arrays, of all framework ids or of ``ids``."""
    if ids is not None:
        kept = items.loc[items["framework_id"].isin(list(ids))]
        survey, items = survey.loc[survey["item_id"].isin(kept["item_id"])], kept
    given = answers(survey, items, wave)
    key = given["wave"].astype("str") + "\x1f" + given["response_id"].astype("str")
    person, _ = pd.factorize(key)
    first = ~pd.Series(person).duplicated().to_numpy()
    people = given.loc[first, [*PERSON, "cluster_id", "school_id", "role"]].reset_index(drop=True)
    item, names = pd.factorize(given["item_id"])
    wide: Floats = np.full((len(people), len(names)), np.nan)
    wide[person, item] = floats(given["score"])
    framework = dict(zip(given["item_id"], given["framework_id"], strict=True))
    of_item = [str(framework[n]) for n in names]
    found = tuple(in_order(of_item))
    columns = {f: np.array([i for i, n in enumerate(of_item) if n == f], dtype=np.intp) for f in found}
    role = pd.factorize(people["role"].astype("object").where(people["role"].notna(), ""))[0]
    scores = [_means(wide[:, columns[f]], role) for f in found]
    return Panel(found, wide, columns, np.column_stack(scores) if scores else np.empty((len(people), 0)), people)


def _means(block: Floats, role: NDArray[Any]) -> Floats:
    """Return each person's mean over the items that people of its role were asked, if half of them are answered."""
    answered = np.isfinite(block)
    asked = np.array([answered[role == r].any(axis=0).sum() for r in range(role.max(initial=-1) + 1)])
    n = answered.sum(axis=1)
    enough = (n > 0) & (2 * n >= asked[role]) if len(block) else n > 0
    return np.where(enough, np.where(answered, block, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def person_scores(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return each person's mean over a framework id's items.

    Who answered fewer than half of the items that people of the same role were asked has none.

    Returns
    -------
    DataFrame
        ``framework_id``, ``wave``, ``response_id``, ``cluster_id``, ``school_id``, ``role``, ``answered``, ``score``.
    """
    panel = panel_of(survey, items, wave)
    parts: list[pd.DataFrame] = []
    for i, name in enumerate(panel.ids):
        known = np.isfinite(panel.scores[:, i])
        answered = np.isfinite(panel.given(name)).sum(axis=1)
        part = panel.people.loc[known].assign(answered=answered[known], score=panel.scores[known, i])
        part.insert(0, "framework_id", name)
        parts.append(part)
    if parts:
        return pd.concat(parts, ignore_index=True).astype({"framework_id": "str"})
    empty = panel.people.assign(answered=pd.Series(dtype="int64"), score=pd.Series(dtype="float64"))
    empty.insert(0, "framework_id", pd.Series(dtype="str"))
    return empty
