"""Small systems of schools with known truth, for tests of the outcome tables."""

import numpy as np
import pandas as pd

from allrise.data.tables import MEASURES, OUTCOMES, SCHOOLS

MEASURE = "expected_standard"


def schools_table(count, country="GB-ENG", phase="primary", start=0):
    return SCHOOLS.typed(
        pd.DataFrame(
            {
                "school_id": [f"s{start + i:05d}" for i in range(count)],
                "name": [f"School {start + i:05d}" for i in range(count)],
                "country": country,
                "phase": phase,
                "latitude": np.nan,
                "longitude": np.nan,
                "pupils": [150 + (37 * i) % 400 for i in range(count)],
            }
        )
    )


def measures_table(unit="percent"):
    return MEASURES.typed(
        pd.DataFrame({
            "measure_id": [MEASURE], "label": ["Reaching the standard"], "unit": [unit], "higher_is_better": [True]
        })
    )  # fmt: skip


def outcomes_table(rows):
    table = pd.DataFrame(rows, columns=["school_id", "time_period", "pupil_group", "pupils", "value"])
    table["measure_id"] = MEASURE
    table["pupils"] = table["pupils"].astype("Int64")
    table = table.assign(lower=np.nan, upper=np.nan)
    return OUTCOMES.typed(table)


def drawn(schools, periods=(2017, 2018), *, mean=65.0, sd=9.0, seed=1, gap=15.0):
    """Draw percentages: true levels of schools, then pupils; three groups that add up."""
    rng = np.random.default_rng(seed)
    level = dict(zip(schools["school_id"], rng.normal(mean, sd, len(schools)), strict=True))
    rows = []
    for period in periods:
        for school in schools["school_id"]:
            counts = {"disadvantaged": int(rng.integers(8, 25)), "not_disadvantaged": int(rng.integers(20, 60))}
            passed = {}
            for group, n in counts.items():
                p = np.clip(level[school] - (gap if group == "disadvantaged" else 0), 2, 98) / 100
                passed[group] = int(rng.binomial(n, p))
                rows.append((school, period, group, n, 100 * passed[group] / n))
            total = sum(counts.values())
            rows.append((school, period, "all", total, 100 * sum(passed.values()) / total))
    return outcomes_table(rows)
