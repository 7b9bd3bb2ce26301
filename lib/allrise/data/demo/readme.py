"""The words that go with the demo data: what it is, what is planted, and what must not be read into it."""

from __future__ import annotations

from allrise.data.demo.effects import PlantedEffects
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
