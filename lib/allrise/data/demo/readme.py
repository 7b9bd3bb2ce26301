"""The words that go with the demo data: what it is, what is planted, and what must not be read into it."""

from __future__ import annotations

from dataclasses import fields

from allrise.data.demo.effects import NEUTRAL, PlantedEffects
from allrise.data.demo.plan import Plan
from allrise.data.package import Caveat

DESCRIPTION = (
    "Every school, cluster, person and figure is invented, except the cited figures of the table contexts. "
    "Effects of known size are planted so that an analysis can be asked whether it finds them; see README.md."
)

CAVEATS: tuple[Caveat, ...] = (
    Caveat("These data are synthetic. They say nothing about any real school, cluster or country."),
    Caveat("The figures in this table are real and cited; they do not describe the invented schools.", "contexts"),
    Caveat("Levels differ by country only so that charts differ; the differences mean nothing.", "outcomes"),
    Caveat(
        "Answers to the survey have nothing to do with outcomes: none of the eight factors was given an effect.",
        "survey",
    ),
)


def readme(system: Plan, planted: PlantedEffects) -> str:
    """Return README.md of a demo folder."""
    joining = ", ".join(f"{value:+g}" for value in planted.joining)
    progress = ", ".join(f"{value:+g}" for value in planted.joining_progress)
    means = ", ".join(f"F{i} {value:g}" for i, value in enumerate(planted.factor_means, start=1))
    roles = ", ".join(f"{role} {value:+g}" for role, value in planted.role_shifts) or "none"
    pairs = ", ".join(f"{a}-{b} {value:g}" for a, b, value in planted.close_pairs)
    return f"""# Demo data (synthetic)

{DESCRIPTION}

{system.clusters} clusters and {system.schools} schools, school years {system.years[0]} to {system.years[-1]}, made by

    allrise data demo --out FOLDER --clusters {system.clusters} --schools {system.schools} --years {len(system.years)} --seed {system.seed}

The same command gives the same bytes. `planted.json` has every planted value; `truth/clusters.csv` and
`truth/schools.csv` have the true effect of each cluster and school. They are for checking an analysis, are not part
of the data package, and are not read by the kit.

A dialogue of invented people can be added, and is in the bundled data (`dialogue_*.csv`):

    allrise room simulate --seed {system.seed % 1000} --database sqlite:///room.db
    allrise room export SIM-{system.seed % 1000:03d} --with FOLDER --out FOLDER --database sqlite:///room.db

## Planted in outcomes

Percentages are made on the logit scale: a count of pupils drawn from a binomial distribution.

- Spread (standard deviation, logit): areas {planted.area_sd:g}, schools within an area {planted.school_sd:g}, one
  school's year by itself {planted.year_sd:g}. Between schools in one year that is an over-dispersion tau of about
  {planted.overdispersion_tau:.3f} on the arcsine scale of a funnel.
- Gap between other and disadvantaged pupils: {planted.gap:g} on average, spread {planted.gap_sd:g} over clusters. Each
  year it narrows by {planted.gap_narrowing:g} in {planted.gap_narrowing_share:.0%} of clusters and widens by
  {planted.gap_widening:g} in {planted.gap_widening_share:.0%}.
- Being in a cluster, from the first year on: {joining} (logit) on reading and mathematics; {progress} points of
  progress in reading; nothing on attendance. Without it all schools move in parallel.
- Every school rises by {planted.yearly_drift:g} a year. Girls are {planted.girls_ahead:g} ahead of boys in reading.
- A school that moves or leaves keeps its own and its area's effect.

## Planted in the survey (scale 1 to 5)

- Cluster means: {means}; spread {planted.factor_sd:g}.
- Correlation of factors over clusters {planted.factor_correlation:g}; closer pairs: {pairs}.
- Spread of schools {planted.school_scale_sd:g}, people {planted.person_sd:g}, single answers {planted.item_sd:g}: alpha
  of three items about {planted.reliability(3):.2f} over all respondents, before answers are rounded.
- Roles against teachers: {roles}. Leaders rate their own skills {planted.self_rating:g} higher than others rate them.
- Each wave is {planted.wave_growth:g} higher. Factors have no effect on outcomes.

## Planted in reviews and ties

- A reviewed school reviews its reviewer the year after with chance {planted.review_reciprocity:g}. Reviews are more
  frequent where F4 is high, and more actions are done and followed up where F5 is high.
- A tie is returned with chance {planted.tie_reciprocity:g}; it is reported by the school it starts from with chance
  {planted.reports_by_from:g}, by the other with {planted.reports_by_to:g}; {planted.silent_schools:.0%} of schools report nothing
  in a year. The busiest school of a cluster is {planted.busiest_school:g} times as likely to be chosen as others.

## Missing on purpose

Values about fewer pupils than the country profile's threshold are hidden (`c`), with the other group of the pair.
Some school years were not taken (`x`), some progress rests on too few pupils (`u`), some groups have no pupils (`z`).
Some answers are blank, some roles hardly answer, some commitments leave out how, who or where.
"""


_PAGE = """# Demo data

`allrise data demo --out FOLDER [--clusters N] [--schools N] [--years N] [--seed N] [--force]` writes a synthetic data
folder: every table but those of a dialogue, five countries, from five clusters to ten thousand. Rows are written a block
of 100 clusters at a time, so memory does not grow with the system. The same arguments give the same bytes.

**Nothing in it is real** but the cited figures of `contexts`. The folder says so in `datapackage.json`
(`"synthetic": true`, with caveats), in its `README.md`, and packs made from it say so too. Names are invented.

The small one in `datasets/demo` was made by

    {command}

and a test makes it again and compares every byte.

## What it is for

- To see every chapter before you have data of your own, and as a template of every table.
- To ask an analysis whether it finds what is there. Effects of known size are planted; `planted.json` in the folder
  lists them, `truth/clusters.csv` and `truth/schools.csv` have the true effect of each cluster and school.
- To ask an analysis whether it finds what is **not** there: joining a cluster does nothing to attendance, and the
  eight factors have nothing to do with outcomes.

From Python, any effect can be changed, and the ones marked below can be switched off by name:

    from allrise.data.demo import PlantedEffects, generate
    generate("folder", clusters=200, seed=7, effects=PlantedEffects().without("joining", "gap_widening"))

## Planted effects

| effect | default | can be switched off |
|---|---|---|
{rows}

Percentages are binomial counts made on the logit scale:

    logit(p) = level of the country + area + school + year x yearly_drift + joining[years since joining]
               + school-year noise - gap (disadvantaged pupils only)
    gap      = gap + cluster's own + cluster's trend x (year - middle year)

Survey answers are rounded to 1-5 from

    cluster's mean + school + person + role + wave + one answer's noise

Reversed items are turned; rounding to 1-5 makes correlations and alpha a little smaller than planted.

## The dialogue

The bundled data hold one session of 78 invented people from five countries and six roles, two of them too few to be
shown. They were played through the room's own service (`lib/allrise/room/simulation/`), so that chapter 08 has
something to show:

    allrise room simulate --seed 83 --database sqlite:///room.db
    allrise room export SIM-083 --with datasets/demo --out datasets/demo --database sqlite:///room.db

Planted: nearly all agree with F4, F5, D2, T2 and connectedness; countries part on F6, C1 and T4; two opinion groups that
cut across countries and roles vote on Q3.4, and no other board has any.

## Traps that are in it on purpose

- Membership changes: schools join late, leave and move. An outcome belongs to the cluster of that year.
- Values about few pupils are hidden by the rule of the country or region, with the other group of the pair.
- Small rural schools whose percentages jump from year to year by chance.
- Ties that only one end reported, schools that reported nothing, one busy school a cluster.
- Survey answers without a school, blank answers, roles of which few people answer.
- Commitments without a measure, a responsible role or a place where they are published.
"""


def demo_page(bundled: dict[str, object]) -> str:
    """Return docs/demo-data.md; ``bundled`` is ``planted.json`` of the bundled data."""
    effects = PlantedEffects()
    rows: list[str] = []
    for field in fields(PlantedEffects):
        value = getattr(effects, field.name)
        shown = ", ".join(_plain(part) for part in value) if isinstance(value, tuple) else f"{value:g}"
        rows.append(f"| `{field.name}` | {shown} | {'yes' if field.name in NEUTRAL else ''} |")
    years = bundled["years"]
    assert isinstance(years, list)
    command = (
        f"allrise data demo --out datasets/demo --clusters {bundled['clusters']} --schools {bundled['schools']}"
        f" --years {len(years)} --seed {bundled['seed']}"
    )
    return _PAGE.format(command=command, rows="\n".join(rows))


def _plain(part: object) -> str:
    return " ".join(str(word) for word in part) if isinstance(part, tuple) else str(part)
