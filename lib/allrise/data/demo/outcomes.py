"""Outcomes: pupils counted group by group, values with sampling noise, then hidden as the profile says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.data.demo.block import PHASES, SIZES, Block, Floats, Ints

#: Level (logit) of pupils who are not disadvantaged, by country: synthetic, and no statement about any country.
LEVELS: dict[str, float] = {"CA": 1.1, "US": 0.8, "NZ": 0.95, "AU": 1.0, "GB-ENG": 1.05}
MATHEMATICS_LOWER = 0.2
PROGRESS_SD, ATTENDANCE_SD = 6.0, 5.5
NOT_TAKEN, LOW_COVERAGE = 0.015, 0.02

MEASURES: tuple[tuple[str, str, str, bool, str], ...] = (
    ("reading_expected", "Reading: meeting the expected standard", "percent", True,
     "Share of pupils in the tested year who met the expected standard in reading."),
    ("mathematics_expected", "Mathematics: meeting the expected standard", "percent", True,
     "Share of pupils in the tested year who met the expected standard in mathematics."),
    ("progress_reading", "Progress in reading", "points", True,
     "Mean difference between pupils' score in reading and the score of pupils who started alike; 0 is the mean of all."),
    ("attendance", "Attendance", "percent", True, "Sessions attended among sessions possible, all year groups."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cells:
    """One measure and group: pupils, value, limits, each (S, T); NaN where there is no value."""

    measure: str
    group: str
    pupils: Ints
    value: Floats
    lower: Floats | None = None
    upper: Floats | None = None


def measures_table() -> pd.DataFrame:
    """Return the table ``measures``."""
    frame = pd.DataFrame(MEASURES, columns=["measure_id", "label", "unit", "higher_is_better", "description"])
    frame["source"] = "Synthetic: made by allrise data demo"
    return frame


def true_levels(block: Block) -> Floats:
    """Return the level (logit, S x T) of pupils who are not disadvantaged, before a school's year by itself."""
    level = np.array([LEVELS[locale.country] for locale in block.locales])[block.home] + block.area[block.home]
    drift = block.effects.yearly_drift * (block.years - block.years[0])
    joined = block.effects.joined_for(block.since, block.effects.joining)
    return (level + block.school)[:, None] + drift + joined


def true_gaps(block: Block) -> Floats:
    """Return the gap (logit, S x T) between other and disadvantaged pupils."""
    centre = block.years.mean()
    return block.gap[block.home][:, None] + block.gap_trend[block.home][:, None] * (block.years - centre)


def outcomes_table(block: Block) -> pd.DataFrame:
    """Return the table ``outcomes`` of a block."""
    rng = block.rng(1)
    shape = (len(block.home), len(block.years))
    grades = np.array([SIZES[name][2] for name in PHASES])[block.phase]
    rolls = block.pupils[:, None] * np.exp(rng.normal(0, 0.02, shape) * (block.years[-1] - block.years) ** 0.5)
    rolls = np.maximum(np.round(rolls), 1).astype(np.int64)
    cohort = np.maximum(rng.poisson(rolls / grades[:, None]), 1)
    share = _expit(rng.normal(-1.0, 0.6, size=len(block.home)) - block.area[block.home])[:, None]
    poorer = rng.binomial(cohort, share)
    girls = rng.binomial(cohort, np.where(rng.random(len(block.home)) < 0.01, 1.0, 0.49)[:, None])

    level, gap = true_levels(block), true_gaps(block)
    cells: list[Cells] = []
    for measure, lower in (("reading_expected", 0.0), ("mathematics_expected", MATHEMATICS_LOWER)):
        noise = rng.normal(0, 1, shape) * block.effects.year_sd
        eta = level - lower + noise
        met_poorer = rng.binomial(poorer, _expit(eta - gap))
        met_others = rng.binomial(cohort - poorer, _expit(eta))
        cells += _percentages(measure, ("disadvantaged", "not_disadvantaged"), cohort, poorer, met_poorer, met_others)
        if measure == "reading_expected":
            met_girls = _girls(rng, met_poorer + met_others, cohort, girls, block.effects.girls_ahead)
            met = met_poorer + met_others
            cells += _percentages(measure, ("girls", "boys"), cohort, girls, met_girls, met - met_girls)[1:]
    centre = 2.5 * (block.area[block.home] + block.school)[:, None]
    centre = centre + block.effects.joined_for(block.since, block.effects.joining_progress)
    cells += _means(rng, "progress_reading", cohort, poorer, centre, 0.6 * gap, PROGRESS_SD, limits=True)
    all_poorer = rng.binomial(rolls, share)
    present = 94.5 + 1.5 * (block.area[block.home] + block.school)[:, None] + np.zeros(shape)
    cells += _means(rng, "attendance", rolls, all_poorer, present, 2.2 * gap, ATTENDANCE_SD, limits=False)
    return _with_status(block, cells, rng)


def _expit(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def _ratio(top: Floats | Ints, bottom: Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _percentages(
    measure: str, groups: tuple[str, str], everyone: Ints, first: Ints, met_first: Ints, met_second: Ints
) -> list[Cells]:
    second = everyone - first
    return [
        Cells(measure, "all", everyone, 100 * _ratio(met_first + met_second, everyone)),
        Cells(measure, groups[0], first, 100 * _ratio(met_first, first)),
        Cells(measure, groups[1], second, 100 * _ratio(met_second, second)),
    ]


def _girls(rng: np.random.Generator, met: Ints, cohort: Ints, girls: Ints, ahead: float) -> Ints:
    """Return how many girls met the standard, given how many pupils did: girls ahead by ``ahead`` (logit)."""
    share = np.clip(met / cohort, 0.01, 0.99)
    drawn = rng.binomial(girls, _expit(np.log(share / (1 - share)) + ahead / 2))
    return np.clip(drawn, met - (cohort - girls), np.minimum(girls, met))


def _means(
    rng: np.random.Generator,
    measure: str,
    everyone: Ints,
    poorer: Ints,
    level: Floats,
    gap: Floats,
    sd: float,
    *,
    limits: bool,
) -> list[Cells]:
    """Return means of pupils' values: each group drawn, all pupils the weighted mean of the two."""
    others = everyone - poorer
    error = sd / np.sqrt(np.maximum(np.stack([poorer, others]), 1))
    means = np.stack([level - gap, level]) + rng.normal(size=error.shape) * error
    if measure == "attendance":
        means = np.clip(means, 0.0, 99.9)
    total = _ratio(np.where(poorer > 0, poorer * means[0], 0) + np.where(others > 0, others * means[1], 0), everyone)
    out: list[Cells] = []
    for group, pupils, value in (
        ("all", everyone, total),
        ("disadvantaged", poorer, np.where(poorer > 0, means[0], np.nan)),
        ("not_disadvantaged", others, np.where(others > 0, means[1], np.nan)),
    ):
        half = 1.96 * sd / np.sqrt(np.maximum(pupils, 1))
        out.append(
            Cells(measure, group, pupils, value, value - half, value + half)
            if limits
            else Cells(measure, group, pupils, value)
        )
    return out


def _with_status(block: Block, cells: list[Cells], rng: np.random.Generator) -> pd.DataFrame:
    """Return long rows: first what does not exist, then what was not taken, then what is hidden."""
    shape = (len(block.home), len(block.years))
    not_taken = rng.random(shape) < NOT_TAKEN
    low = rng.random(shape) < LOW_COVERAGE
    small = {(c.measure, c.group): (c.pupils > 0) & (c.pupils < block.thresholds[:, None]) for c in cells}
    ids = np.repeat(block.school_ids, shape[1])
    years = np.tile(block.years, shape[0])
    frames: list[pd.DataFrame] = []
    for c in cells:
        pair = {
            "disadvantaged": "not_disadvantaged",
            "not_disadvantaged": "disadvantaged",
            "girls": "boys",
            "boys": "girls",
        }
        hidden = small[c.measure, c.group]
        if c.group in pair:  # else the hidden one follows from all pupils and its complement
            hidden = hidden | small[c.measure, pair[c.group]]
        status = np.full(shape, "", dtype=object)
        status[hidden] = "c"
        if c.measure == "progress_reading":
            status[low] = "u"
        status[c.pupils == 0] = "z"
        if c.measure != "attendance":
            status[not_taken] = "x"
        shown = status == ""
        frame = {
            "school_id": ids,
            "time_period": years,
            "measure_id": c.measure,
            "pupil_group": c.group,
            "pupils": c.pupils.ravel(),
            "value": np.round(np.where(shown, c.value, np.nan), 1).ravel(),
            "lower": _limit(c.lower, shown),
            "upper": _limit(c.upper, shown),
            "status": status.ravel(),
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def _limit(limit: Floats | None, shown: NDArray[np.bool_]) -> Floats:
    out = np.full(shown.shape, np.nan, dtype=np.float64)
    if limit is not None:
        out[shown] = limit[shown].round(1)
    return out.ravel()
