"""Made-up systems whose every number is known, the small ones too, so that an attack on them can be judged."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
from disclosure_attacker import CELL

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
    """Change every hidden result that can be changed without changing one that is shown, and those as far as rounding goes.

    ``published`` are the public outcomes under the source's own ids. Where both groups of a pair are hidden and all
    pupils are shown, as many pupils of the first group as possible trade results with pupils of the second. Where
    everything of a school, year and measure is hidden, everybody gets the other result.

    Returns
    -------
    The outcomes, and the cells that changed by more than 20 points.
    """
    key = ["school_id", "time_period", "measure_id"]
    rng = np.random.default_rng(1)
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
        if block[2] != "progress":
            shown = ~rows["pupil_group"].isin(gone)
            near = np.clip(np.floor(new + 0.5) + rng.uniform(-0.45, 0.45, len(new)), 0, 100)
            new = new.mask(shown, near)
        moved += [(*block, g) for g, d in zip(rows["pupil_group"], (new - rows["value"]).abs(), strict=True) if d > 20]
        parts.append(rows.assign(value=new.round(6)))
    return pd.concat(parts, ignore_index=True), moved


#: Sizes of a school's year, its level (mean and spread of shares), and what a source does to its own numbers.
_SIZES = ([7, 12, 20, 30, 45, 60], [3, 6, 9, 14, 18], [60, 90, 150, 250], [5, 10, 11, 12, 25, 200])
_LEVELS = ((0.72, 0.13), (0.95, 0.05), (0.05, 0.06), (0.5, 0.3))
SOURCES = ("exact", "whole percent", "hides results itself", "lacks rows and values", "tests fewer than all")


def any_shape(seed, *, schools=40, years=2):
    """Return outcomes of one of many kinds of system, and the kind of its source; sizes, levels and pairs differ too.

    Measures ``a`` and ``b`` are percentages of pupils, ``points`` is a mean. Every number of pupils is known,
    whatever the source hides or lacks.
    """
    rng = np.random.default_rng(seed)
    sizes, levels, source = _SIZES[seed % 4], _LEVELS[seed // 4 % 4], SOURCES[seed % 5]
    pairs = [COMPLEMENTS[i] for i in rng.choice(len(COMPLEMENTS), 1 + seed // 5 % 5, replace=False)]
    rows = []
    for school in range(schools):
        size, level = int(rng.choice(sizes)), float(np.clip(rng.normal(*levels), 0, 1))
        shares = [0.5 if low == "girls" else rng.beta(0.8, 4) for low, _ in pairs]
        for year in range(2019 - years, 2019):
            n = max(1, size + int(rng.integers(-3, 4)))
            members = [rng.random(n) < share for share in shares]
            for measure in ("a", "b", "points"):
                tested = rng.random(n) < (0.93 if source == "tests fewer than all" else 2)
                each = 100.0 * (rng.random(n) < level - 0.1 * members[0])
                groups = {"all": tested}
                for (low, high), member in zip(pairs, members, strict=True):
                    groups |= {low: member & tested, high: ~member & tested}
                for group, who in groups.items():
                    row = (f"s{school}", year, measure, group, int(who.sum()))
                    rows += _told(row, rng.normal(0, 4, n)[who] if measure == "points" else each[who], source, rng)
    return pd.DataFrame(rows, columns=[*CELL, "pupils", "value", "status"]).assign(lower=np.nan, upper=np.nan), source


def _told(row, results, source, rng):
    """Return the row of a group as its source has it, or nothing."""
    if len(results) == 0:
        return [(*row, np.nan, "z")] if rng.random() < 0.5 else []
    value = float(results.mean())
    if source == "lacks rows and values":
        chance = rng.random()
        return [] if chance < 0.12 else [(*row, np.nan, "x")] if chance < 0.17 else [(*row, value, "")]
    if source == "hides results itself" and (len(results) < 6 or rng.random() < 0.05):
        return [(*row, np.nan, "c")]
    if source in ("whole percent", "hides results itself"):
        value = float(np.floor(value + 0.5)) if row[2] != "points" else round(value, 1)
    return [(*row, value, "")]


def results_at(school_ids, sizes, *, seed):
    """Return made-up percentages of real schools, by three pairs of groups, in one year."""
    rng = np.random.default_rng(seed)
    pairs = COMPLEMENTS[:2] + COMPLEMENTS[3:4]
    rows = []
    for school_id, n in zip(school_ids, sizes, strict=True):
        each = 100.0 * (rng.random(n) < np.clip(rng.normal(0.7, 0.15), 0, 1))
        groups = {"all": np.ones(n, dtype=bool)}
        for (low, high), share in zip(pairs, (rng.beta(1, 4), 0.5, rng.beta(0.6, 4)), strict=True):
            member = rng.random(n) < share
            groups |= {low: member, high: ~member}
        rows += [
            (school_id, 2018, "a", g, int(who.sum()), each[who].mean(), "") for g, who in groups.items() if who.any()
        ]
    table = pd.DataFrame(rows, columns=[*CELL, "pupils", "value", "status"])
    return table.assign(lower=np.nan, upper=np.nan)
