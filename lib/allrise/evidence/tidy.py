"""Making the tables that evidence returns: fixed columns, fixed types, also without rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

#: Columns by name that are not plain numbers; a table may say otherwise for its own.
KINDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "school_id", "school", "letter", "cluster_id", "framework_id", "role", "measure_id", "pupil_group", "status",
            "commitment_id", "what", "who", "where", "reviewer_id", "reviewed_id", "reviewer", "reviewed", "stage",
        ),
        "str",
    ),
    **dict.fromkeys(("time_period", "schools", "pupils", "respondents", "clusters"), "Int64"),
    **dict.fromkeys(("hidden", "before", "confirmed"), "bool"),
}  # fmt: skip


def tidy(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str] | Iterable[str]) -> pd.DataFrame:
    """Return ``rows`` as a table of exactly ``columns``, typed.

    Parameters
    ----------
    rows
        One mapping a row; absent columns are blank.
    columns
        Names, or names with their dtype. Names alone have the dtype of :data:`KINDS`, else ``float64``.
    """
    named = dict(columns) if isinstance(columns, Mapping) else {c: KINDS.get(c, "float64") for c in columns}
    return pd.DataFrame(list(rows), columns=list(named)).astype(named)


def among(column: Any, names: Iterable[object]) -> pd.Series:
    """Say for each row whether the value is one of ``names``."""
    return column.isin(list(names))


def count(mask: Any) -> int:
    """Return how many rows a mask is true for; missing is not true."""
    return int(pd.Series(mask).fillna(value=False).astype(bool).to_numpy().sum())
