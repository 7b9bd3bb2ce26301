"""Are effects that are built into made-up systems found, and is nothing found where nothing is? A study by simulation.

Every draw is a whole system of the demo data's generator, with its sizes, missing values and hidden results, read as the
chapters read it. Half of the question has effects planted: does the interval hold the true one? The other half has them
taken out: how often does the interval leave out 0? Run ``python benchmarks/planted.py`` (``--draws N``, ``--json FILE``).
What has been counted is kept as it grows, so that a study that is stopped still says what it knows, and of how many draws.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also for those who load it by its path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import measure
from allrise.data.demo.block import Block, make_block
from allrise.data.demo.effects import PlantedEffects
from allrise.data.demo.outcomes import outcomes_table
from allrise.data.demo.plan import plan
from allrise.data.demo.survey import items_table, survey_tables
from allrise.data.profiles import profile
from allrise.data.tables import TABLES
from allrise.evidence.adoption import Joining, cohorts, joining_effects
from allrise.evidence.adoption_pooled import pooled
from allrise.evidence.gaps import pooled_gap
from allrise.evidence.interdependence import spearman
from allrise.evidence.intervals import wilson
from allrise.evidence.leadership import skills
from allrise.framework import FACTOR_IDS
from benches import BENCHES
from measure import Options, Record

#: Clusters of a system, school years, clusters whose people are asked.
CLUSTERS, YEARS, ASKED = 60, 6, 4
SEED = 20260101
Countries = list[tuple[pd.Series, pd.DataFrame]]
Limits = tuple[float, float, float]  # the truth, and the interval's ends
Counts = dict[tuple[str, bool], tuple[int, int]]  # of a question, with effects or without: asked, counted


@dataclass(frozen=True, slots=True)
class Finding:
    """How often an interval held what was planted, or left out 0 where nothing was.

    Attributes
    ----------
    question
        What was asked.
    planted
        Whether there was something to find: ``share`` is then how often the interval held it, and should be about 95%.
        Otherwise ``share`` is how often something was found, and should be about 5%.
    asked, counted, share, lower, upper
        Intervals, those that count, and the share with its Wilson interval: what the study itself can tell apart.
    """

    question: str
    planted: bool
    asked: int
    counted: int
    share: float
    lower: float
    upper: float

    @property
    def ok(self) -> bool:
        """Whether 93 to 97%, or at most 7%, is compatible with what was seen."""
        return self.upper >= 0.93 and self.lower <= 0.97 if self.planted else self.lower <= 0.07


def system(seed: int, effects: PlantedEffects, clusters: int) -> Block:
    """Return one made-up system, all in one block."""
    made = plan(clusters, None, YEARS, seed)
    (span,) = made.blocks()
    return make_block(made, 0, span, effects)


def with_effects(seed: int) -> Iterator[tuple[str, Limits]]:
    """Yield, for one system, the true effects of joining on progress beside what was found."""
    block = system(seed, PlantedEffects(), CLUSTERS)
    found, true = _joining(
        block, _outcomes(block), _countries(block), "progress_reading", block.effects.joining_progress
    )
    yield "joining, progress, mean over the years in", (true.overall, found.lower, found.upper)
    events = found.events.merge(true.events[["event_time", "effect"]], on="event_time", suffixes=("", "_true"))
    after = events.loc[(events["event_time"] >= 0) & (events["event_time"] <= 3)]
    for year, truth, low, high in after[["event_time", "effect_true", "lower", "upper"]].itertuples(index=False):
        yield f"joining, progress, year {int(year) + 1} in", (float(truth), float(low), float(high))


def without_effects(seed: int) -> Iterator[tuple[str, Limits]]:
    """Yield, for one system in which nothing is planted, intervals that should hold 0."""
    off = PlantedEffects().without("joining", "joining_progress", "girls_ahead", "role_shifts", "self_rating")
    block = system(seed, off, CLUSTERS)
    outcomes, countries = _outcomes(block), _countries(block)
    for kind in ("progress_reading", "reading_expected", "mathematics_expected", "attendance"):
        found, _ = _joining(block, outcomes, countries, kind, (0.0,))
        yield f"joining, {kind.replace('_', ' ')}", (0.0, found.lower, found.upper)
        yield f"years before joining differ, {kind.replace('_', ' ')}", (0.0, 0.05 - found.before_p, 1.0)
    level: dict[int, float] = {}
    for cluster, part in _of_clusters(block, outcomes):
        gap = pooled_gap(*part[:, :4][np.isfinite(part[:, :4]).all(axis=1)].T, percent=True)
        if gap.schools > 1:
            yield "girls and boys in a cluster, reading", (0.0, gap.lower, gap.upper)
        shown = part[:, 4:][np.isfinite(part[:, 4:]).all(axis=1)]
        if len(shown):
            level[cluster] = float(np.average(shown[:, 0], weights=shown[:, 1]))
    for k in range(len(FACTOR_IDS)):
        _, low, high = spearman(block.scales[list(level), k], np.array(list(level.values())))
        yield "a factor and progress, over clusters", (0.0, low, high)
    asked = system(seed, off, ASKED)
    survey = TABLES["survey"].typed(pd.concat([answers for answers, _ in survey_tables(asked, 0)], ignore_index=True))
    latest = survey.loc[survey["wave"] == survey["wave"].max()]
    for _, people in latest.groupby("cluster_id"):
        table = skills(people, items_table())
        for low, high in table.loc[~table["hidden"], ["lower", "upper"]].itertuples(index=False):
            yield "leaders on themselves and others on leaders", (0.0, float(low), float(high))


def _of_clusters(block: Block, outcomes: pd.DataFrame) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield, for each cluster of the last year, a row a school: girls and boys in reading, progress of all, with pupils."""
    wanted = (("reading_expected", "girls"), ("reading_expected", "boys"), ("progress_reading", "all"))
    last = outcomes.loc[(outcomes["time_period"] == block.years[-1]) & outcomes["value"].notna()]
    by_kind = dict(iter(last.groupby(["measure_id", "pupil_group"])))
    of_school = [by_kind[kind].set_index("school_id")[["value", "pupils"]].astype("float64") for kind in wanted]
    wide = np.hstack([table.reindex(block.school_ids).to_numpy() for table in of_school])
    for cluster in range(len(block.cluster_ids)):
        yield cluster, wide[block.members(cluster, len(block.years) - 1)]


def _outcomes(block: Block) -> pd.DataFrame:
    return TABLES["outcomes"].typed(outcomes_table(block))


def _countries(block: Block) -> Countries:
    """Return the schools of each country, and when each first was in a cluster."""
    schools = TABLES["schools"].typed(block.schools_table)
    memberships = TABLES["memberships"].typed(block.memberships_table)
    years = [int(y) for y in block.years]
    return [
        (part["school_id"], cohorts(memberships, part, years, profile(str(country)).membership_day))
        for country, part in schools.groupby("country")
    ]


def _joining(
    block: Block, outcomes: pd.DataFrame, of_countries: Countries, measure: str, planted: tuple[float, ...]
) -> tuple[Joining, Joining]:
    """Return what is found over all countries, and what would be found if schools differed in nothing but the effect."""
    rows = outcomes.loc[outcomes["value"].notna()]
    rows = rows.loc[(rows["measure_id"] == measure) & (rows["pupil_group"] == "all")]
    place = {s: i for i, s in enumerate(block.school_ids)}
    effect = block.effects.joined_for(block.since, planted)
    first = int(block.years[0])
    at = rows["school_id"].map(place).to_numpy(), rows["time_period"].to_numpy(dtype=int) - first
    exact = rows.assign(value=effect[at])
    found: list[Joining] = []
    true: list[tuple[float, Joining]] = []
    events: list[pd.DataFrame] = []
    for part, joined in of_countries:
        own = rows["school_id"].isin(part)
        seen = joining_effects(rows.loc[own], joined, draws=10)
        truth = joining_effects(exact.loc[own], joined, draws=10) if any(planted) else seen
        found.append(seen)
        late = seen.events.loc[~seen.events["before"]]
        if len(late) and seen.upper > seen.lower:
            true.append((float(late["schools"].max()), truth))
        known = seen.events.loc[seen.events["se"] > 0, ["event_time", "schools"]]
        events.append(known.merge(truth.events[["event_time", "effect"]], on="event_time"))
    every = pd.concat(events)
    means = every.assign(effect=every["effect"] * every["schools"]).groupby("event_time")[["effect", "schools"]].sum()
    weights = sum(w for w, _ in true)
    overall = sum(w * t.overall for w, t in true) / weights if weights else float("nan")
    table = (means["effect"] / means["schools"]).rename("effect").reset_index()
    nan = float("nan")
    return pooled(found), Joining(every, table, overall, nan, nan, nan, 0, 0)


def study(draws: int = 500, *, seed: int = SEED) -> list[Finding]:
    """Run the study.

    Parameters
    ----------
    draws
        Systems with effects, and as many without.
    """
    counts: Counts = {}
    for draw in range(draws):
        count(seed + draw, counts)
    return findings(counts)


def count(seed: int, counts: Counts) -> None:
    """Make one system with effects and one without, and add what was asked and what counts to ``counts``."""
    for planted, make in ((True, with_effects), (False, without_effects)):
        for question, (truth, low, high) in make(seed):
            if np.isfinite(low) and np.isfinite(high):
                asked, counted = counts.get((question, planted), (0, 0))
                counts[question, planted] = asked + 1, counted + int((low <= truth <= high) == planted)


def findings(counts: Counts) -> list[Finding]:
    """Return what the counts say, the questions in the order in which they came up."""
    out: list[Finding] = []
    for (question, planted), (asked, counted) in counts.items():
        lower, upper = wilson(counted / asked, asked)
        out.append(Finding(question, planted, asked, counted, counted / asked, float(lower), float(upper)))
    return out


def main(arguments: list[str] | None = None) -> int:
    """Print the study as a table; 1 when something is held too seldom or found too often."""
    return measure.main(BENCHES["planted"], _work, arguments, add=_options)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--draws", type=int, help="systems of each kind [default: 500; with --quick 10]")


def _work(record: Record, given: Options) -> int:
    draws = given.draws or (10 if given.quick else 500)
    counts: Counts = {}
    for draw in range(draws):
        count(SEED + draw, counts)
        if (draw + 1) % 10 == 0 or draw + 1 == draws:
            _keep(record, draw + 1, findings(counts))
    amiss = [f.question for f in findings(counts) if not f.ok]
    for question in amiss:
        record.note(f"Not well: {question}.")
    return int(bool(amiss))


def _keep(record: Record, draws: int, found: list[Finding]) -> None:
    record.reading("planted_draws", "made-up systems with effects, and as many without", draws, "systems")
    for f in found:
        what = "held what is planted" if f.planted else "found though nothing is planted"
        record.reading(f"planted {f.question}, {f.planted}", f"{f.question}: {what}", 100 * f.share, "%")
    record.details("findings", [asdict(f) | {"ok": f.ok} for f in found])


if __name__ == "__main__":
    sys.exit(main())
