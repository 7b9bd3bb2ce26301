"""The tables of the factors chapter: profile, by role, by school, agreement, gaps between roles, the weakest factor.

Distributions before means. Never a mean over factors: the factors need each other, so what counts is the profile and
its minimum. Cells below five respondents are hidden, and one more where a single hidden cell could be worked out.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from allrise.data.tables import ROLES
from allrise.evidence.agreement import eijk, rwg
from allrise.evidence.intervals import Floats, floats, t_quantile
from allrise.evidence.selection import lettered
from allrise.evidence.survey_scores import PERSON, answers, in_order, person_scores
from allrise.framework import FACTOR_IDS

#: Cells with fewer respondents are hidden.
FEWEST = 5
SHARES = ("s1", "s2", "s3", "s4", "s5")
PROFILE_COLUMNS = (
    "framework_id", "respondents", "schools", "items", "mean", "lower", "upper", "agree_share", *SHARES, "invited",
    "response_rate",
)  # fmt: skip
ROLE_COLUMNS = ("framework_id", "role", "respondents", *SHARES, "mean", "lower", "upper", "hidden")
SCHOOL_COLUMNS = (
    "framework_id", "school_id", "school", "letter", "respondents", "mean", "lower", "upper", "a", "rwg", "hidden",
)  # fmt: skip
AGREEMENT_COLUMNS = ("framework_id", "respondents", "a", "rwg", "rwg_within_schools", "schools")
GAP_COLUMNS = (
    "framework_id", "role_a", "role_b", "respondents_a", "respondents_b", "mean_a", "mean_b", "gap", "lower", "upper",
)  # fmt: skip
_TEXT = ("framework_id", "role", "role_a", "role_b", "school_id", "school", "letter")
_WHOLE = ("respondents", "respondents_a", "respondents_b", "schools", "items", "clusters", "invited")


def typed(found: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Make a table with these columns, text, whole numbers, booleans and numbers as such."""
    table = pd.DataFrame(found, columns=list(columns))
    kinds = {c: "str" if c in _TEXT else "Int64" if c in _WHOLE else "float64" for c in columns}
    return table.astype(kinds | ({"hidden": "bool"} if "hidden" in columns else {}))


def clustered_mean(score: Floats, school: pd.Series) -> tuple[float, float, float]:
    """Return the mean of people's scores and its 95% limits, which respect that people come in schools.

    The variance is that of a ratio, from what each school contributes; a person without a school counts as one. It is
    never smaller than people's own. With one school, or none known, it is the t interval of people.
    """
    n = len(score)
    nan = float("nan")
    if n == 0:
        return nan, nan, nan
    mean = float(score.mean())
    if n == 1:
        return mean, nan, nan
    codes = pd.factorize(school)[0]
    codes = np.where(codes < 0, codes.max(initial=-1) + 1 + np.arange(n), codes)
    parts = np.bincount(codes, score - mean)
    parts = parts[np.bincount(codes) > 0]
    own = float(score.var(ddof=1)) / n
    k = len(parts)
    variance, df = (max(own, k / (k - 1) * float((parts**2).sum()) / n**2), k - 1) if k >= 2 else (own, n - 1)
    half = float(t_quantile(0.95, df)) * np.sqrt(variance)
    return mean, max(1.0, mean - float(half)), min(5.0, mean + float(half))


def shares(scores: Floats) -> dict[str, float]:
    """Return the share of each answer, 1 to 5; NaN without answers."""
    counts = np.array([(scores == point).sum() for point in range(1, 6)], dtype=np.float64)
    total = counts.sum()
    return {c: float(v / total) if total else float("nan") for c, v in zip(SHARES, counts, strict=True)}


def factor_profile(
    survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None, invited: int | None = None
) -> pd.DataFrame:
    """Return the profile over framework ids, one row each, never a mean over them.

    Parameters
    ----------
    survey, items
        The cluster's answers (``data.tables.SURVEY``) and the items.
    wave
        The wave; the latest when ``None``.
    invited
        How many people were asked, when it is known; else the response rate stays blank.

    Returns
    -------
    DataFrame
        ``framework_id``, ``respondents`` (people with a score: half of the items answered), ``schools``, ``items``,
        ``mean`` of people's scores (1..5), ``lower``, ``upper`` (95%, clustered by school), ``agree_share`` (answers 4
        and 5), ``s1`` to ``s5`` (shares of all answers, reversed items turned round), ``invited``, ``response_rate``.
        With fewer than five respondents all values are blank.
    """
    given = answers(survey, items, wave)
    people = person_scores(given, items)
    found: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        rows = given.loc[given["framework_id"] == name]
        who = people.loc[people["framework_id"] == name]
        row: dict[str, Any] = {"framework_id": name, "respondents": len(who), "items": rows["item_id"].nunique()}
        row["schools"] = who["school_id"].nunique()
        if invited:
            row |= {"invited": invited, "response_rate": len(who) / invited}
        if len(who) >= FEWEST:
            mean, lower, upper = clustered_mean(floats(who["score"]), who["school_id"])
            part = shares(floats(rows["score"]))
            row |= {"mean": mean, "lower": lower, "upper": upper, "agree_share": part["s4"] + part["s5"], **part}
        found.append(row)
    return typed(found, PROFILE_COLUMNS)


def cells_to_hide(respondents: list[int]) -> list[bool]:
    """Say which cells to hide: those below five, and the next smallest while the hidden ones together are below five."""
    hide = [n < FEWEST for n in respondents]
    while 0 < sum(n for n, h in zip(respondents, hide, strict=True) if h) < FEWEST and not all(hide):
        smallest = min((n, i) for i, (n, h) in enumerate(zip(respondents, hide, strict=True)) if not h)[1]
        hide[smallest] = True
    return hide


def by_role(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return distribution and mean of each framework id by role.

    Returns
    -------
    DataFrame
        ``framework_id``, ``role`` (order of ``data.tables.ROLES``), ``respondents``, ``s1`` to ``s5``, ``mean``,
        ``lower``, ``upper``, ``hidden``. Hidden cells show nothing but their role.
    """
    given = answers(survey, items, wave)
    people = person_scores(given, items)
    found: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        rows = given.loc[given["framework_id"] == name]
        who = people.loc[people["framework_id"] == name]
        roles = [r for r in ROLES if (who["role"] == r).any()]
        hide = cells_to_hide([int((who["role"] == r).sum()) for r in roles])
        for role, hidden in zip(roles, hide, strict=True):
            row: dict[str, Any] = {"framework_id": name, "role": role, "hidden": hidden}
            if not hidden:
                these = who.loc[who["role"] == role]
                mean, lower, upper = clustered_mean(floats(these["score"]), these["school_id"])
                row |= {"respondents": len(these), "mean": mean, "lower": lower, "upper": upper}
                row |= shares(floats(rows.loc[(rows["role"] == role).fillna(False), "score"]))
            found.append(row)
    return typed(found, ROLE_COLUMNS)


def by_school(
    survey: pd.DataFrame, items: pd.DataFrame, schools: pd.DataFrame, *, wave: str | None = None
) -> pd.DataFrame:
    """Return the mean of each framework id by school, ordered by name, with how far its people agree.

    Returns
    -------
    DataFrame
        ``framework_id``, ``school_id``, ``school``, ``letter``, ``respondents``, ``mean``, ``lower``, ``upper`` (t
        interval of people), ``a`` (van der Eijk), ``rwg``, ``hidden``. Every school of ``schools`` has a row; one
        without respondents is hidden with 0 respondents.
    """
    given = answers(survey, items, wave)
    people = person_scores(given, items)
    named = lettered(schools)
    found: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        rows = given.loc[given["framework_id"] == name]
        who = people.loc[people["framework_id"] == name]
        counts = [int((who["school_id"] == s).sum()) for s in named["school_id"]]
        some = iter(cells_to_hide([n for n in counts if n]))
        hide = [next(some) if n else True for n in counts]
        for (school_id, school, letter), n, hidden in zip(named.itertuples(index=False), counts, hide, strict=True):
            row: dict[str, Any] = {"framework_id": name, "school_id": school_id, "school": school, "letter": letter}
            row |= {"hidden": hidden, "respondents": 0 if n == 0 else None}
            if not hidden:
                these = who.loc[who["school_id"] == school_id]
                mean, lower, upper = clustered_mean(floats(these["score"]), these["response_id"])
                row |= {"respondents": n, "mean": mean, "lower": lower, "upper": upper}
                row |= _agreement(rows.loc[(rows["school_id"] == school_id).fillna(False)])
            found.append(row)
    return typed(found, SCHOOL_COLUMNS)


def _agreement(rows: pd.DataFrame) -> dict[str, float]:
    """Return A of all answers and rWG over items."""
    scores = floats(rows["score"])
    wide = rows.pivot_table(index=PERSON, columns="item_id", values="score", aggfunc="last")
    return {"a": eijk([(scores == p).sum() for p in range(1, 6)]), "rwg": rwg(wide)}


def agreement(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return how far people agree on each framework id.

    Returns
    -------
    DataFrame
        ``framework_id``, ``respondents``, ``a`` (van der Eijk: -1 two camps, 0 spread evenly, 1 all alike), ``rwg`` of
        all together, ``rwg_within_schools`` (mean over schools with five respondents or more, weighted by them) and
        ``schools`` that it rests on. Blank with fewer than five respondents.
    """
    given = answers(survey, items, wave)
    people = person_scores(given, items)
    found: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        rows = given.loc[given["framework_id"] == name]
        who = people.loc[people["framework_id"] == name]
        row: dict[str, Any] = {"framework_id": name, "respondents": len(who), "schools": 0}
        if len(who) >= FEWEST:
            sizes = who["school_id"].value_counts()
            sizes = sizes.loc[sizes >= FEWEST]
            within = [_agreement(rows.loc[(rows["school_id"] == s).fillna(False)])["rwg"] for s in sizes.index]
            row |= {**_agreement(rows), "schools": len(sizes)}
            row["rwg_within_schools"] = float(np.average(within, weights=floats(sizes))) if within else np.nan
        found.append(row)
    return typed(found, AGREEMENT_COLUMNS)


def role_gaps(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return the differences between every two roles that can be shown, with Welch's 95% interval.

    Returns
    -------
    DataFrame
        ``framework_id``, ``role_a``, ``role_b``, ``respondents_a``, ``respondents_b``, ``mean_a``, ``mean_b``, ``gap``
        (a less b), ``lower``, ``upper``. Schools are not in the interval: most schools have one leader.
    """
    given = answers(survey, items, wave)
    people = person_scores(given, items)
    shown = by_role(survey, items, wave=wave)
    shown = shown.loc[~shown["hidden"]]
    found: list[dict[str, Any]] = []
    for name in in_order(shown["framework_id"]):
        who = people.loc[people["framework_id"] == name]
        roles = shown.loc[shown["framework_id"] == name, "role"]
        for a, b in combinations(roles, 2):
            x, y = (floats(who.loc[(who["role"] == r).fillna(False), "score"]) for r in (a, b))
            gap, half = float(x.mean() - y.mean()), _welch(x, y)
            values = (name, a, b, len(x), len(y), x.mean(), y.mean(), gap, gap - half, gap + half)
            found.append(dict(zip(GAP_COLUMNS, values, strict=True)))
    return typed(found, GAP_COLUMNS)


def _welch(x: Floats, y: Floats) -> float:
    """Return half the width of Welch's interval; 0 when nobody differs within either role."""
    a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    if a + b == 0:
        return 0.0
    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))
    return float(t_quantile(0.95, df) * np.sqrt(a + b))


def weakest_factor(profile: pd.DataFrame) -> tuple[str, ...]:
    """Return the weakest of F1 to F8: as a set, every factor whose interval overlaps that of the lowest mean.

    Parameters
    ----------
    profile
        :func:`factor_profile`. Factors without an interval are left out; with none, the set is empty.
    """
    known = profile.loc[profile["framework_id"].isin(FACTOR_IDS) & profile["upper"].notna()]
    if known.empty:
        return ()
    lowest = known.loc[known["mean"].idxmin()]
    return tuple(in_order(known.loc[known["lower"] <= lowest["upper"], "framework_id"]))
