"""The table ``survey`` of a public release: answers of people who cannot be told from at least nine others.

A pack shows means and shares of a cluster's people by framework id, of all of them and of each role. So that
neither a figure nor the difference of two can be about fewer than ``rules.people``:

1. Roles with fewer people in a cluster's wave lose their role; they count among all.
2. For each framework id, whoever answered fewer than half of its items counts in no mean, and is left out of the
   shares too: both are then about the same people.
3. For each framework id, answers of a role (or of those without one) with fewer people are left out. All people
   less the roles shown are then nobody, or ten or more.

No figure by school can be made: schools' ids here fit no school of the release, and differ from wave to wave. They
stay so that intervals can allow for people coming in schools, where a school has enough people.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from allrise.data.disclosure.names import Pseudonyms
from allrise.data.disclosure.rules import Rules
from allrise.data.tables import SURVEY

_PLACE = ["cluster_id", "wave"]
_PERSON = [*_PLACE, "response_id"]


def protect_survey(survey: pd.DataFrame, items: pd.DataFrame, names: Pseudonyms, rules: Rules) -> pd.DataFrame:
    """Return the answers from which public figures may be made; clusters' ids are the source's own.

    Parameters
    ----------
    survey, items
        Whole tables.

    Returns
    -------
    DataFrame
        The columns of ``survey``: only given answers; ``response_id`` and ``school_id`` new in every wave.
    """
    rows = survey.loc[survey["score"].notna(), list(SURVEY.column_names)].copy()
    about = items.drop_duplicates("item_id").set_index("item_id")["framework_id"]
    rows["framework_id"] = rows["item_id"].map(about).astype("object")
    rows = rows.loc[rows["framework_id"].notna()]
    # One person is one role and one school: those of the first answer, as everywhere in the kit.
    for name in ("role", "school_id"):
        rows[name] = rows[name].astype("object").where(rows[name].notna(), "")
        rows[name] = rows.groupby(_PERSON, sort=False)[name].transform("first")
    rows["role"] = rows["role"].where(_people(rows, ["role"]) >= rules.people, "")
    rows = rows.loc[_answered_half(rows)]
    rows = rows.loc[_people(rows, ["role", "framework_id"]) >= rules.people]
    rows["school_id"] = rows["school_id"].where(_people(rows, ["school_id"]) >= rules.people, "")
    where = rows["cluster_id"].astype("str") + "\x1f" + rows["wave"].astype("str") + "\x1f"
    rows["response_id"] = _mapped(where + rows["response_id"].astype("str"), lambda t: names.code("person", t, 10))
    school = where + rows["school_id"].astype("str")
    rows["school_id"] = _mapped(school, lambda t: names.code("group of people", t, 10)).where(rows["school_id"] != "")
    rows["role"] = rows["role"].where(rows["role"] != "")
    return SURVEY.typed(rows[list(SURVEY.column_names)]).reset_index(drop=True)


def _people(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    """Return for each row how many people stand in its cell of cluster, wave and ``by``."""
    return pd.Series(rows.groupby([*_PLACE, *by], sort=False, dropna=False)["response_id"].transform("nunique"))


def _answered_half(rows: pd.DataFrame) -> pd.Series:
    """Say of each row whether its person answered half of the framework id's items that its role was asked."""
    asked = rows.groupby([*_PLACE, "role", "framework_id"], sort=False)["item_id"].transform("nunique")
    answered = rows.groupby([*_PERSON, "framework_id"], sort=False)["item_id"].transform("nunique")
    return pd.Series(2 * np.asarray(answered, dtype=float) >= np.asarray(asked, dtype=float), index=rows.index)


def _mapped(column: pd.Series, to: Callable[[str], str]) -> pd.Series:
    codes = {t: to(t) for t in column.unique()}
    return column.map(codes)
