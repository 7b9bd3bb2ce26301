"""Leadership: the ten skills as leaders see themselves and as others see them, and the nine contrasts as experienced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allrise.data.tables import ROLES
from allrise.evidence.survey_scores import latest_wave, panel_of
from allrise.evidence.survey_tables import FEWEST, clustered_mean, roles_of, shares, welch_half
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
    panel = panel_of(survey, items, wave, SKILL_IDS)
    school, role = panel.texts("school_id"), panel.texts("role")
    rows: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        sides = {"self": np.isfinite(score) & (role == SELF), "others": np.isfinite(score) & ~np.isin(role, ["", SELF])}
        row: dict[str, Any] = {"framework_id": name, "hidden": min(who.sum() for who in sides.values()) < FEWEST}
        if not row["hidden"]:
            for side, who in sides.items():
                mean, lower, upper = clustered_mean(score[who], school[who])
                row |= {f"respondents_{side}": int(who.sum()), f"{side}_mean": mean}
                row |= {f"{side}_lower": lower, f"{side}_upper": upper}
            half = welch_half(score[sides["self"]], score[sides["others"]])
            gap = row["self_mean"] - row["others_mean"]
            row |= {"difference": gap, "lower": gap - half, "upper": gap + half}
        rows.append(row)
    return tidy(rows, SKILLS)


def skills_by_role(survey: pd.DataFrame, items: pd.DataFrame, *, wave: str | None = None) -> pd.DataFrame:
    """Return L1 to L10 by role: the columns of :func:`allrise.evidence.survey.by_role`."""
    return roles_of(panel_of(survey, items, wave, SKILL_IDS))


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
    panel = panel_of(survey, items, wave, CONTRAST_IDS)
    roles = roles_of(panel)
    school = panel.texts("school_id")
    rows: list[dict[str, Any]] = []
    for name in panel.ids:
        score = panel.score(name)
        who = np.isfinite(score)
        whole: dict[str, Any] = {"framework_id": name, "role": "", "hidden": who.sum() < FEWEST}
        if not whole["hidden"]:
            mean, lower, upper = clustered_mean(score[who], school[who])
            whole |= {"respondents": int(who.sum()), "mean": mean, "lower": lower, "upper": upper}
            whole |= shares(panel.given(name))
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
