"""Leadership: the ten skills as leaders see themselves and as others see them, and the nine contrasts as experienced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.data.tables import ROLES
from allrise.evidence.intervals import floats, t_quantile
from allrise.evidence.survey_scores import answers, in_order, latest_wave, person_scores
from allrise.evidence.survey_tables import FEWEST, by_role, clustered_mean, shares
from allrise.evidence.tidy import count, tidy
from allrise.framework import CONTRAST_IDS, SKILL_IDS

SKILLS = {
    "framework_id": "str", "respondents_self": "Int64", "self_mean": "float64", "self_lower": "float64",
    "self_upper": "float64", "respondents_others": "Int64", "others_mean": "float64", "others_lower": "float64",
    "others_upper": "float64", "difference": "float64", "lower": "float64", "upper": "float64", "hidden": "bool",
}  # fmt: skip
POLES = {
    "framework_id": "str", "role": "str", "respondents": "Int64", "mean": "float64", "lower": "float64",
    "upper": "float64", "transformational_share": "float64", "between_share": "float64",
    "transactional_share": "float64", "hidden": "bool",
}  # fmt: skip
#: Who speaks of themselves when skills of leaders are asked about.
SELF = "leader"


def skills(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return L1 to L10 as leaders rate themselves and as all other roles rate them.

    Returns
    -------
    DataFrame
        ``framework_id``, ``respondents_self``, ``self_mean``, ``self_lower``, ``self_upper``, ``respondents_others``,
        ``others_mean``, ``others_lower``, ``others_upper`` (1..5, 95%), ``difference`` (self less others) with ``lower``
        and ``upper`` (Welch), ``hidden``: one side has fewer than five respondents; then nothing is shown, since each side
        could be worked out from the whole.
    """
    people = person_scores(answers(survey, items, wave), items)
    people = people.loc[people["framework_id"].isin(SKILL_IDS) & people["role"].notna()]
    rows: list[dict[str, Any]] = []
    for name in in_order(people["framework_id"]):
        who = people.loc[people["framework_id"] == name]
        own, other = who.loc[who["role"] == SELF], who.loc[who["role"] != SELF]
        row: dict[str, Any] = {"framework_id": name, "hidden": min(len(own), len(other)) < FEWEST}
        if not row["hidden"]:
            for side, part in (("self", own), ("others", other)):
                mean, lower, upper = clustered_mean(floats(part["score"]), part["school_id"])
                row |= {f"respondents_{side}": len(part), f"{side}_mean": mean}
                row |= {f"{side}_lower": lower, f"{side}_upper": upper}
            x, y = floats(own["score"]), floats(other["score"])
            a, b = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
            spread = a**2 / (len(x) - 1) + b**2 / (len(y) - 1)
            half = float(t_quantile(0.95, (a + b) ** 2 / spread) * np.sqrt(a + b)) if spread > 0 else 0.0
            gap = row["self_mean"] - row["others_mean"]
            row |= {"difference": gap, "lower": gap - half, "upper": gap + half}
        rows.append(row)
    return tidy(rows, SKILLS)


def skills_by_role(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return L1 to L10 by role: the columns of :func:`allrise.evidence.survey.by_role`."""
    return _only(survey, items, SKILL_IDS, wave)


def _only(survey: pd.DataFrame, items: pd.DataFrame, ids: tuple[str, ...], wave: str | None) -> pd.DataFrame:
    kept = items.loc[items["framework_id"].isin(ids)]
    return by_role(survey.loc[survey["item_id"].isin(kept["item_id"])], kept, wave=wave)


def poles(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return T1 to T9 as experienced between their two poles, for all and by role.

    Answers 4 and 5 lie towards the transformational pole, 1 and 2 towards the transactional one (reversed items are turned
    round).

    Returns
    -------
    DataFrame
        ``framework_id``, ``role`` (``""`` for all), ``respondents``, ``mean``, ``lower``, ``upper``,
        ``transformational_share``, ``between_share``, ``transactional_share``, ``hidden``.
    """
    given = answers(survey, items, wave)
    given = given.loc[given["framework_id"].isin(CONTRAST_IDS)]
    people = person_scores(given, items)
    roles = _only(survey, items, CONTRAST_IDS, wave)
    rows: list[dict[str, Any]] = []
    for name in in_order(given["framework_id"]):
        who = people.loc[people["framework_id"] == name]
        whole: dict[str, Any] = {"framework_id": name, "role": "", "hidden": len(who) < FEWEST}
        if not whole["hidden"]:
            mean, lower, upper = clustered_mean(floats(who["score"]), who["school_id"])
            whole |= {"respondents": len(who), "mean": mean, "lower": lower, "upper": upper}
            whole |= shares(floats(given.loc[given["framework_id"] == name, "score"]))
        parts = roles.loc[roles["framework_id"] == name].to_dict("records")
        rows.extend(_towards(r) for r in [whole, *({str(k): v for k, v in p.items()} for p in parts)])
    return tidy(rows, POLES)


def _towards(row: dict[str, Any]) -> dict[str, Any]:
    kept = {c: row.get(c) for c in ("framework_id", "role", "respondents", "mean", "lower", "upper", "hidden")}
    if row["hidden"]:
        return kept
    return kept | {
        "transformational_share": row["s4"] + row["s5"],
        "between_share": row["s3"],
        "transactional_share": row["s1"] + row["s2"],
    }


def respondents_by_role(survey: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return how many people of each role answered (F7): ``role``, ``respondents``, ``share``; all roles, in order."""
    chosen = latest_wave(survey) if wave is None else wave
    rows = survey.loc[(survey["wave"] == chosen).fillna(False) & survey["score"].notna()] if chosen else survey.iloc[:0]
    people = rows.drop_duplicates(["wave", "response_id"])
    known = count(people["role"].notna())
    counts = {role: count(people["role"] == role) for role in ROLES}
    return tidy(
        ({"role": r, "respondents": n, "share": n / known if known else np.nan} for r, n in counts.items()),
        ("role", "respondents", "share"),
    )
