"""Made-up systems whose every number is known, the small ones too, so that an attack on them can be judged."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from allrise.data.demo.generator import generate
from allrise.data.tables import COMPLEMENTS

MEASURES = (
    ("reading", "Reading: meeting the expected standard", "percent"),
    ("mathematics", "Mathematics: meeting the expected standard", "percent"),
    ("progress", "Progress in reading", "points"),
)
PAIRS = (("disadvantaged", "not_disadvantaged"), ("girls", "boys"))


def make_system(folder, *, clusters, years=3, seed=5):
    """Write demo data with outcomes of our own: exact counts of every group, nothing hidden yet."""
    generate(folder, clusters=clusters, years=years, seed=seed)
    schools = pd.read_csv(folder / "schools.csv", dtype={"school_id": str})
    outcomes = pd.concat(
        [_school(s, years, np.random.default_rng([seed, i])) for i, s in enumerate(schools["school_id"])],
        ignore_index=True,
    )
    write_outcomes(folder, outcomes)
    pd.DataFrame(
        [{"measure_id": m, "label": label, "unit": unit, "higher_is_better": "true", "source": "made up"}
         for m, label, unit in MEASURES]
    ).to_csv(folder / "measures.csv", index=False)  # fmt: skip
    (folder / "datapackage.json").unlink()  # it describes what the generator wrote
    commitments = pd.read_csv(folder / "commitments.csv", dtype=str)
    commitments["measure_id"] = commitments["measure_id"].where(commitments["measure_id"].isna(), "reading")
    commitments.to_csv(folder / "commitments.csv", index=False)
    return outcomes


def write_outcomes(folder, outcomes):
    """Write a table of outcomes into a data folder."""
    table = outcomes.assign(lower="", upper="", status="")
    columns = ["school_id", "time_period", "measure_id", "pupil_group", "pupils", "value", "lower", "upper", "status"]
    table[columns].to_csv(folder / "outcomes.csv", index=False, quoting=csv.QUOTE_MINIMAL)


def _school(school_id, years, rng):
    rows = []
    size = int(rng.choice([7, 12, 20, 30, 45, 60], p=[0.05, 0.15, 0.2, 0.3, 0.2, 0.1]))
    level = float(np.clip(rng.normal(0.72, 0.13), 0.05, 1.0))
    share = float(rng.beta(1.2, 4))
    for year in range(2019 - years, 2019):
        n = max(4, size + int(rng.integers(-4, 5)))
        shares = {"disadvantaged": share, "girls": 0.5}
        member = {low: rng.random(n) < shares[low] for low, _ in PAIRS}
        for measure, _, unit in MEASURES:
            if unit == "percent":
                each = 100.0 * (rng.random(n) < level - 0.1 * member["disadvantaged"])
            else:
                each = rng.normal(0, 4, n)
            groups = {"all": np.ones(n, dtype=bool)}
            for low, high in PAIRS:
                groups |= {low: member[low], high: ~member[low]}
            rows += [
                {"school_id": school_id, "time_period": year, "measure_id": measure, "pupil_group": g,
                 "pupils": int(who.sum()), "value": round(float(each[who].mean()), 6)}
                for g, who in groups.items() if who.any()
            ]  # fmt: skip
    return pd.DataFrame(rows)


def another_world(outcomes, published):
    """Change every hidden result that can be changed without changing one that is shown.

    ``published`` are the public outcomes under the source's own ids. Where both groups of a pair are hidden and all
    pupils are shown, as many pupils of the first group as possible trade results with pupils of the second. Where
    everything of a school, year and measure is hidden, everybody gets the other result.

    Returns
    -------
    The outcomes, and the cells that changed by more than 20 points.
    """
    key = ["school_id", "time_period", "measure_id"]
    hidden = {tuple(k): s == "c" for *k, s in published[[*key, "pupil_group", "status"]].itertuples(index=False)}
    moved, parts = [], []
    for block, rows in outcomes.groupby(key, sort=False):
        value = dict(zip(rows["pupil_group"], rows["value"], strict=True))
        pupils = dict(zip(rows["pupil_group"], rows["pupils"], strict=True))
        gone = {g for g in value if hidden[(*block, g)]}
        if block[2] != "progress" and gone == set(value):
            value = {g: 100 - v for g, v in value.items()}
        elif block[2] != "progress":
            for low, high in COMPLEMENTS:
                if {low, high} <= gone:
                    n, m = pupils[low], pupils[high]
                    hits, others = round(n * value[low] / 100), round(m * value[high] / 100)
                    more = min(n - hits, others) if hits * 2 < n else -min(hits, m - others)
                    value |= {low: 100 * (hits + more) / n, high: 100 * (others - more) / m}
        new = rows["pupil_group"].map(value)
        moved += [(*block, g) for g, d in zip(rows["pupil_group"], (new - rows["value"]).abs(), strict=True) if d > 20]
        parts.append(rows.assign(value=new.round(6)))
    return pd.concat(parts, ignore_index=True), moved
