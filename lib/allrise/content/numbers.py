"""Numbers as readers see them: one rounding for readings, charts and tables; a language's own signs.

A number is rounded once, by :func:`rounded`, exactly as a table's cell is, so that a sentence never
says 58% where its table shows 57%.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date

from allrise.content.language import Catalogue, catalogue, locale_of

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"

#: How many decimals a unit deserves: no more than a cluster's numbers can carry.
_DECIMALS: dict[str, int] = {
    "percent": 0,
    "percentage points": 0,
    "points": 1,
    "score": 1,
    "days": 1,
    "years": 1,
    "pupils": 0,
    "schools": 0,
    "correlation": 2,
    "standard deviations": 2,
}


def decimals_for(unit: str) -> int:
    """Return how many decimals values of a unit are shown with; 1 for a unit not known."""
    return _DECIMALS.get(unit, 1)


def rounded(value: float, decimals: int) -> str:
    """Return a number in plain digits, as ``f"{value:.1f}"`` but never ``-0``.

    Raises
    ------
    ValueError
        When the value is not a finite number: a missing value is never written as one.
    """
    if not math.isfinite(value):
        msg = f"{value} cannot be written as a number"
        raise ValueError(msg)
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def school_year(period: int, form: str) -> str:
    """Return a school year by its start year, written as ``form`` writes that of 2018.

    >>> [school_year(1999, form) for form in ("2018/19", "2018-19", "2018-2019", "2018")]
    ['1999/00', '1999-00', '1999-2000', '1999']
    """
    mark, end = form[4:5], form[5:]
    return f"{period}{mark}{str(period + 1)[-len(end) :]}" if end else str(period)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How one language, and one country's school years, write numbers.

    Parameters
    ----------
    language
        ``en``, ``fr``, ``fr-CA``...
    year_form
        How the school year that starts in 2018 is written there: ``2018/19``, ``2018-19``, ``2018-2019``, or ``2018``
        where school years are calendar years.
    """

    language: str = "en"
    year_form: str = "2018/19"

    @property
    def words(self) -> Catalogue:
        """The nouns and joining words of the language."""
        return catalogue("allrise.content", "numbers", self.language)

    def number(self, value: float, decimals: int = 0) -> str:
        """``1,234.5`` in English, ``1 234,5`` in French."""
        group, point = _signs(self.language)
        text = rounded(value, decimals)
        sign, text = (MINUS, text[1:]) if text.startswith("-") else ("", text)
        whole, _, part = text.partition(".")
        grouped = f"{int(whole):,}".replace(",", group)
        return f"{sign}{grouped}{point}{part}" if part else f"{sign}{grouped}"

    def value(self, value: float, unit: str, decimals: int | None = None) -> str:
        """A value with its unit: ``58%``, ``103.2 points``, ``1 day``."""
        decimals = decimals_for(unit) if decimals is None else decimals
        text = self.number(value, decimals)
        key = f"unit.{unit.replace(' ', '_')}"
        if key not in self.words:
            return f"{text}{NO_BREAK}{unit}" if unit else text
        # the form goes with the number as written: English 1.0 points, French 1,5 point
        return self.words(key, n=Decimal(rounded(abs(value), decimals)), value=text)

    def unit(self, unit: str) -> str:
        """The name of a unit as a table's heading says it; a unit that is not the kit's own stays as it is."""
        key = f"unit_name.{unit.replace(' ', '_')}"
        return self.words(key) if key in self.words else unit

    def range(self, lower: float, upper: float, unit: str, decimals: int | None = None) -> str:
        """``52% to 64%``; ``101.0 to 105.4`` for units that are words."""
        decimals = decimals_for(unit) if decimals is None else decimals
        if unit == "percent":
            low, high = self.value(lower, unit, decimals), self.value(upper, unit, decimals)
        else:
            low, high = self.number(lower, decimals), self.number(upper, decimals)
        return self.words("range", low=low, high=high)

    def span(self, lower: float, upper: float, decimals: int = 0) -> str:
        """``18 to 20``; one number when both read the same."""
        low, high = self.number(lower, decimals), self.number(upper, decimals)
        return self.between(low, high)

    def interval(
        self, value: float, lower: float | None, upper: float | None, unit: str, decimals: int | None = None
    ) -> str:
        """A value with its interval, ``58% (52% to 64%)``; without limits, the value alone."""
        text = self.value(value, unit, decimals)
        if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
            return text
        return f"{text} ({self.range(lower, upper, unit, decimals)})"

    def signed(self, value: float, decimals: int = 0) -> str:
        """``+3`` or ``−3``; ``0`` without a sign."""
        text = self.number(value, decimals)
        return f"+{text}" if value > 0 and text.strip("0.,") else text

    def difference(self, value: float, unit: str, decimals: int | None = None, *, signed: bool = False) -> str:
        """A difference of two values: percent become percentage points."""
        unit = "percentage points" if unit == "percent" else unit
        decimals = decimals_for(unit) if decimals is None else decimals
        text = self.value(value, unit, decimals)
        return f"+{text}" if signed and value > 0 and rounded(value, decimals).strip("0.") else text

    def count(self, n: int, noun: str) -> str:
        """``no schools``, ``1 school``, ``7 schools``, ``1,204 pupils``; ``noun`` is a key of ``numbers.en.toml``."""
        return self.words(f"noun.{noun}", n=n, number=self.number(n))

    def year(self, period: int) -> str:
        """A school year by its start year, in its country's form: ``2018/19``, ``2018``."""
        return school_year(period, self.year_form)

    def day(self, day: str) -> str:
        """A day as people write it, ``18 Jul 2017``, from ``2017-07-18``; blank when there is none."""
        return format_date(date.fromisoformat(day[:10]), "d MMM y", locale=locale_of(self.language)) if day else ""

    def years(self, first: int, last: int) -> str:
        """``2016/17 to 2018/19``; one year alone when they are the same."""
        return self.between(self.year(first), self.year(last))

    def between(self, first: str, last: str) -> str:
        """``2016/17 to 2018/19`` of texts that are written already; one alone when they are the same."""
        return first if first == last else self.words("range", low=first, high=last)

    def labelled(self, label: str, text: str) -> str:
        """``Label: text``, with the colon as the language sets it."""
        return self.words("labelled", label=label, text=text)

    def listed(self, items: tuple[str, ...]) -> str:
        """``A``, ``A and B``, ``A, B and C``."""
        if len(items) < 2:
            return "".join(items)
        return self.words("list_end", first=", ".join(items[:-1]), last=items[-1])


@lru_cache(maxsize=16)
def _signs(language: str) -> tuple[str, str]:
    symbols = locale_of(language).number_symbols["latn"]
    # the kit's font has no narrow no-break space
    return str(symbols["group"]).replace("\N{NARROW NO-BREAK SPACE}", NO_BREAK), str(symbols["decimal"])
