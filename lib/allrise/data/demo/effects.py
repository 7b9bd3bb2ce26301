"""What is built into the demo data, so that an analysis can be asked whether it finds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allrise.errors import UnknownName
from allrise.framework import FACTOR_IDS

#: Effects that `PlantedEffects.without` can switch off, with the value that means none.
NEUTRAL: dict[str, Any] = {
    "area_sd": 0.0,
    "school_sd": 0.0,
    "year_sd": 0.0,
    "gap": 0.0,
    "gap_sd": 0.0,
    "gap_narrowing": 0.0,
    "gap_widening": 0.0,
    "joining": (0.0,),
    "joining_progress": (0.0,),
    "girls_ahead": 0.0,
    "factor_sd": 0.0,
    "role_shifts": {},
    "self_rating": 0.0,
    "wave_growth": 0.0,
    "tie_reciprocity": 0.0,
    "review_reciprocity": 0.0,
    "busiest_school": 1.0,
}


@dataclass(frozen=True, slots=True)
class PlantedEffects:
    """True effects of the demo data. Percentages are made on the logit scale, survey answers on the 1-5 scale.

    Parameters
    ----------
    area_sd, school_sd, year_sd
        Standard deviations (logit) of the area of a cluster, of a school within it, and of one school's year:
        together the over-dispersion of a funnel of schools in one year.
    gap, gap_sd
        Mean gap (logit) between other and disadvantaged pupils, and its spread over clusters.
    gap_narrowing, gap_narrowing_share, gap_widening, gap_widening_share
        Yearly change (logit) of the gap in some clusters, and the share of clusters that have it.
    yearly_drift
        Change of every school's level a year (logit).
    joining
        Effect on the percentages (logit) in the first year in a cluster, the second, and so on; the last value
        stays. It ends when a school leaves. Attendance has no such effect, by design.
    joining_progress
        The same for progress in reading, in points.
    girls_ahead
        Lead of girls over boys in reading (logit).
    factor_means, factor_sd, factor_correlation, close_pairs
        Cluster means of F1-F8 over all clusters, their spread, their correlation in general, and the pairs that
        are closer. F1-F8 have nothing to do with outcomes, by design.
    school_scale_sd, person_sd, item_sd
        Spread of schools within a cluster, of people within a school, and of one answer, on the 1-5 scale.
    role_shifts
        How much higher a role answers than teachers do.
    self_rating
        How much higher leaders rate their own skills than others rate leaders'.
    wave_growth
        Rise of every scale from wave to wave.
    tie_reciprocity, reports_by_from, reports_by_to, silent_schools
        Chance that a tie is returned; that either end reports it; share of schools that report nothing in a year.
    busiest_school
        How much likelier than others a cluster's busiest school is to be chosen as a partner.
    review_reciprocity
        Chance that a reviewed school reviews its reviewer the year after.
    """

    area_sd: float = 0.2
    school_sd: float = 0.35
    year_sd: float = 0.15
    gap: float = 0.85
    gap_sd: float = 0.1
    gap_narrowing: float = 0.1
    gap_narrowing_share: float = 0.3
    gap_widening: float = 0.08
    gap_widening_share: float = 0.2
    yearly_drift: float = 0.02
    joining: tuple[float, ...] = (0.0, 0.08, 0.16, 0.22, 0.25)
    joining_progress: tuple[float, ...] = (0.0, 0.2, 0.4, 0.5)
    girls_ahead: float = 0.3
    factor_means: tuple[float, ...] = (3.5, 4.0, 3.7, 3.1, 2.9, 2.8, 2.7, 2.6)
    factor_sd: float = 0.4
    factor_correlation: float = 0.4
    close_pairs: tuple[tuple[str, str, float], ...] = (("F3", "F4", 0.65), ("F4", "F5", 0.75), ("F7", "F8", 0.6))
    school_scale_sd: float = 0.2
    person_sd: float = 0.55
    item_sd: float = 0.5
    role_shifts: tuple[tuple[str, float], ...] = (
        ("leader", 0.4),
        ("middle_leader", 0.2),
        ("teacher", 0.0),
        ("assistant", -0.1),
        ("governor", 0.3),
        ("student", -0.2),
        ("family", 0.0),
        ("community", 0.1),
    )
    self_rating: float = 0.3
    wave_growth: float = 0.12
    tie_reciprocity: float = 0.4
    reports_by_from: float = 0.85
    reports_by_to: float = 0.7
    silent_schools: float = 0.08
    busiest_school: float = 8.0
    review_reciprocity: float = 0.45

    def without(self, *names: str) -> PlantedEffects:
        """Return the same effects with some switched off, for example ``without("joining")``.

        Raises
        ------
        UnknownName
            When a name is not in `NEUTRAL`.
        """
        unknown = [name for name in names if name not in NEUTRAL]
        if unknown:
            raise UnknownName(
                f"{', '.join(unknown)} is no planted effect that can be switched off.", f"Use {', '.join(NEUTRAL)}."
            )
        off = {name: tuple(NEUTRAL[name].items()) if name == "role_shifts" else NEUTRAL[name] for name in names}
        return replace(self, **off)

    def joined_for(self, years: NDArray[np.int64], effect: tuple[float, ...]) -> NDArray[np.float64]:
        """Return the effect of having been in a cluster for ``years`` (0 is the first; negative is not in one)."""
        steps = np.asarray(effect, dtype=np.float64)
        return np.where(years < 0, 0.0, steps[np.clip(years, 0, len(steps) - 1)])

    def factor_correlations(self) -> NDArray[np.float64]:
        """Return the planted correlations of F1-F8 over clusters, shape (8, 8)."""
        out = np.full((len(FACTOR_IDS), len(FACTOR_IDS)), self.factor_correlation)
        np.fill_diagonal(out, 1.0)
        for one, other, value in self.close_pairs:
            i, j = FACTOR_IDS.index(one), FACTOR_IDS.index(other)  # pyright: ignore[reportArgumentType]
            out[i, j] = out[j, i] = value
        return out

    def role_shift(self, role: str) -> float:
        """Return how much higher a role answers than teachers do."""
        return dict(self.role_shifts).get(role, 0.0)

    @property
    def overdispersion_tau(self) -> float:
        """Spread between schools in one year on the arcsine scale of a funnel, at 65% meeting the standard.

        The slope of asin(sqrt(p)) on the logit is sqrt(p (1 - p)) / 2.
        """
        total = np.sqrt(self.area_sd**2 + self.school_sd**2 + self.year_sd**2)
        return float(total * np.sqrt(0.65 * 0.35) / 2)

    def reliability(self, items: int) -> float:
        """Return Cronbach's alpha of a scale over all respondents, before answers are rounded to 1-5."""
        true = self.factor_sd**2 + self.school_scale_sd**2 + self.person_sd**2
        share = true / (true + self.item_sd**2)
        return items * share / (1 + (items - 1) * share)

    def as_dict(self) -> dict[str, Any]:
        """Return every effect and what follows from them, for ``planted.json``."""
        return {
            **asdict(self),
            "role_shifts": dict(self.role_shifts),
            "factor_correlations": self.factor_correlations().tolist(),
            "overdispersion_tau_arcsine": round(self.overdispersion_tau, 4),
            "alpha_of_three_items": round(self.reliability(3), 3),
            "alpha_of_two_items": round(self.reliability(2), 3),
        }
