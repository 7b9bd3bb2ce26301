"""The tables of the factors chapter: profile, by role, by school, agreement, gaps between roles, the weakest factor.

Distributions before means. Never a mean over factors: the factors need each other, so what counts is the profile and
its minimum. Cells below five respondents are hidden, and one more where a single hidden cell could be worked out.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from allrise.data.tables import ROLES
from allrise.evidence.agreement import eijk, rwg
from allrise.evidence.intervals import Floats, t_quantile
from allrise.evidence.selection import lettered
from allrise.evidence.survey_scores import Panel, panel_of
from allrise.evidence.tidy import KINDS, tidy
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
_KINDS = {
    "role_a": "str",
    "role_b": "str",
    "respondents_a": "Int64",
    "respondents_b": "Int64",
    "items": "Int64",
    "invited": "Int64",
}


def typed(found: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Make a table with these columns, text, whole numbers, booleans and numbers as such."""
    return tidy(found, {c: _KINDS.get(c, KINDS.get(c, "float64")) for c in columns})


def clustered_mean(score: Floats, school: ArrayLike) -> tuple[float, float, float]:
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
    names = pd.Series(school)
    codes = pd.factorize(names.where(names != ""))[0]
    codes = np.where(codes < 0, codes.max(initial=-1) + 1 + np.arange(n), codes)
    parts = np.bincount(codes, score - mean)
    parts = parts[np.bincount(codes) > 0]
    own = float(score.var(ddof=1)) / n
    k = len(parts)
    variance, df = (max(own, k / (k - 1) * float((parts**2).sum()) / n**2), k - 1) if k >= 2 else (own, n - 1)
    half = float(t_quantile(0.95, df)) * np.sqrt(variance)
    return mean, max(1.0, mean - float(half)), min(5.0, mean + float(half))


def counts_of(scores: Floats) -> Floats:
    """Return how many answers are 1, 2, 3, 4 and 5."""
    return np.bincount(scores[np.isfinite(scores)].astype(np.intp), minlength=6)[1:6].astype(np.float64)


def shares(scores: Floats) -> dict[str, float]:
    """Return the share of each answer, 1 to 5; NaN without answers."""
    counts = counts_of(scores)
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
    panel = panel_of(survey, items, wave)
    school = panel.texts("school_id")
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        who = np.isfinite(score)
        n = int(who.sum())
        row: dict[str, Any] = {"framework_id": name, "respondents": n, "items": len(panel.columns[name])}
        row["schools"] = len(set(school[who]) - {""})
        if invited:
            row |= {"invited": invited, "response_rate": n / invited}
        if n >= FEWEST:
            mean, lower, upper = clustered_mean(score[who], school[who])
            part = shares(panel.given(name))
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
    return roles_of(panel_of(survey, items, wave))


def roles_of(panel: Panel) -> pd.DataFrame:
    """Return :func:`by_role` of a panel."""
    school, role_of = panel.texts("school_id"), panel.texts("role")
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        cells = {r: (role_of == r) & np.isfinite(score) for r in ROLES}
        cells = {r: who for r, who in cells.items() if who.any()}
        hide = cells_to_hide([int(who.sum()) for who in cells.values()])
        for (role, who), hidden in zip(cells.items(), hide, strict=True):
            row: dict[str, Any] = {"framework_id": name, "role": role, "hidden": hidden}
            if not hidden:
                mean, lower, upper = clustered_mean(score[who], school[who])
                row |= {"respondents": int(who.sum()), "mean": mean, "lower": lower, "upper": upper}
                row |= shares(panel.given(name, role_of == role))
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
    panel = panel_of(survey, items, wave)
    school_of = panel.texts("school_id")
    named = lettered(schools).to_dict("records")
    at = {str(n["school_id"]): school_of == str(n["school_id"]) for n in named}
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        cells = {s: where & np.isfinite(score) for s, where in at.items()}
        counts = [int(who.sum()) for who in cells.values()]
        some = iter(cells_to_hide([n for n in counts if n]))
        for about, (school_id, who), n in zip(named, cells.items(), counts, strict=True):
            row: dict[str, Any] = {str(k): v for k, v in about.items()} | {"framework_id": name}
            row |= {"hidden": next(some) if n else True, "respondents": None if n else 0}
            if not row["hidden"]:
                mean, lower, upper = clustered_mean(score[who], np.arange(n))
                row |= {"respondents": n, "mean": mean, "lower": lower, "upper": upper}
                row |= _agreement(panel.given(name, at[school_id]))
            found.append(row)
    return typed(found, SCHOOL_COLUMNS)


def _agreement(given: Floats) -> dict[str, float]:
    """Return A of all answers and rWG over items."""
    return {"a": eijk(counts_of(given)), "rwg": rwg(given)}


def agreement(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return how far people agree on each framework id.

    Returns
    -------
    DataFrame
        ``framework_id``, ``respondents``, ``a`` (van der Eijk: -1 two camps, 0 spread evenly, 1 all alike), ``rwg`` of
        all together, ``rwg_within_schools`` (mean over schools with five respondents or more, weighted by them) and
        ``schools`` that it rests on. Blank with fewer than five respondents.
    """
    panel = panel_of(survey, items, wave)
    school = panel.texts("school_id")
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        who = np.isfinite(panel.score(name))
        row: dict[str, Any] = {"framework_id": name, "respondents": int(who.sum()), "schools": 0}
        if who.sum() >= FEWEST:
            sizes = {s: int((who & (school == s)).sum()) for s in sorted(set(school[who]) - {""})}
            sizes = {s: n for s, n in sizes.items() if n >= FEWEST}
            within = [rwg(panel.given(name, school == s)) for s in sizes]
            row |= {**_agreement(panel.given(name)), "schools": len(sizes)}
            row["rwg_within_schools"] = float(np.average(within, weights=list(sizes.values()))) if within else np.nan
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
    panel = panel_of(survey, items, wave)
    shown = roles_of(panel)
    shown = shown.loc[~shown["hidden"]]
    role_of = panel.texts("role")
    found: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        roles = shown.loc[shown["framework_id"] == name, "role"]
        of_role = {str(r): score[(role_of == str(r)) & np.isfinite(score)] for r in roles}
        for (a, x), (b, y) in combinations(of_role.items(), 2):
            gap, half = float(x.mean() - y.mean()), welch_half(x, y)
            values = (name, a, b, len(x), len(y), x.mean(), y.mean(), gap, gap - half, gap + half)
            found.append(dict(zip(GAP_COLUMNS, values, strict=True)))
    return typed(found, GAP_COLUMNS)


def welch_half(x: Floats, y: Floats, level: float = 0.95) -> float:
    """Return half the width of Welch's interval of a difference; 0 when nobody differs within either group."""
    a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    spread = a**2 / (len(x) - 1) + b**2 / (len(y) - 1)
    return float(t_quantile(level, (a + b) ** 2 / spread) * np.sqrt(a + b)) if spread > 0 else 0.0


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
    return tuple(known.loc[known["lower"] <= lowest["upper"], "framework_id"])
