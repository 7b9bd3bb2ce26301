"""What a figure is about: the words and facts that its table does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from allrise.content.language import Catalogue, catalogue
from allrise.content.numbers import Numbers, decimals_for

Audience = Literal["cluster", "public"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who and what a figure shows.

    Parameters
    ----------
    cluster
        Name of the cluster.
    period
        Period of the figure in words, ``2016/17 to 2018/19``.
    measure, unit
        Label and unit of the measure, as in ``measures``; a survey figure needs neither.
    higher_is_better
        Whether a higher value is the hoped-for one; None when neither is.
    system
        Whom the cluster is seen beside, ``all schools in the data``; starts small, begins no sentence.
    cluster_word
        What such a cluster is called there: trust, Kāhui Ako, network.
    group, low_group, high_group
        Pupil group shown, and for gaps the two groups: the gap is high minus low.
    language, year_form
        Of the readers; ``year_form`` is how their country writes a school year, as in :class:`~.numbers.Numbers`.
    source
        Who published the data.
    audience
        ``public`` figures carry no names of schools.
    missing, suppressed
        How many values are missing, and how many hidden.
    decimals
        Instead of the unit's usual decimals.
    synthetic
        The data are made up: said under every figure.
    """

    cluster: str
    period: str
    measure: str = ""
    unit: str = "percent"
    higher_is_better: bool | None = True
    system: str = "all schools in the data"
    cluster_word: str = "cluster"
    group: str = ""
    low_group: str = ""
    high_group: str = ""
    language: str = "en"
    year_form: str = "2018/19"
    source: str = ""
    audience: Audience = "cluster"
    missing: int = 0
    suppressed: int = 0
    decimals: int | None = None
    synthetic: bool = False

    @property
    def numbers(self) -> Numbers:
        """How numbers are written for these readers."""
        return Numbers(self.language, self.year_form)

    @property
    def places(self) -> int:
        """Decimals of the measure's values."""
        return decimals_for(self.unit) if self.decimals is None else self.decimals

    @property
    def difference_unit(self) -> str:
        """Unit of a difference of two values."""
        return "percentage points" if self.unit == "percent" else self.unit

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Where values of the unit end."""
        return (0.0, 100.0) if self.unit == "percent" else (None, None)

    @property
    def least_span(self) -> float:
        """Smallest span of an axis: differences below what can be written are not blown up to fill a chart."""
        return 20.0 if self.unit == "percent" else 10.0 * 10.0**-self.places

    def words(self, name: str) -> Catalogue:
        """Return the sentences of a module, ``words/NAME.en.toml``."""
        return catalogue("allrise.figures", f"words/{name}", self.language)

    def value(self, value: float) -> str:
        """Return a value with its unit."""
        return self.numbers.value(value, self.unit, self.places)

    def tick(self, value: float, decimals: int | None = None) -> str:
        """Return a value as an axis says it: percent signs, no words."""
        decimals = self.places if decimals is None else decimals
        if self.unit == "percent":
            return self.numbers.value(value, self.unit, decimals)
        return self.numbers.number(value, decimals)

    def interval(self, value: float, lower: float | None, upper: float | None) -> str:
        """Return a value with its interval, ``58% (52% to 64%)``."""
        return self.numbers.interval(value, lower, upper, self.unit, self.places)

    def difference(self, value: float, lower: float | None = None, upper: float | None = None) -> str:
        """Return a difference of two values with its interval."""
        return self.numbers.interval(value, lower, upper, self.difference_unit, self.places)
