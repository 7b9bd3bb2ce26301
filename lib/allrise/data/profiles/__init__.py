"""What differs from country to country: words, school year, small-number rule, symbols. One small TOML each.

A region inside a country (Ontario, New South Wales) may have a rule and symbols of its own;
:meth:`Profile.for_region` gives its profile.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from allrise.data.tables import COUNTRIES
from allrise.errors import UnknownName
from allrise.framework.ids import base_language

__all__ = ["Profile", "Words", "profile", "profiles"]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """A word in the singular and the plural."""

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What is usual in one country or region.

    Parameters
    ----------
    country
        ISO 3166-1 code, or ``GB-ENG``.
    region
        Empty for the country as a whole.
    names, names_in_sentence
        Country name by language; and as it stands inside a sentence where that differs: ``the United States``.
    languages
        Languages in which a pack may be asked for there, most frequent first.
    headteachers
        Word for a headteacher, by language.
    clusters, kinds
        Word for a cluster by language; and the same by kind of cluster.
    threshold
        Values about fewer than this many pupils are hidden; 0 pupils are not.
    threshold_known
        True when the rule is the publisher's own, false when it is the cautious default.
    threshold_source
        Where the rule was read.
    survey_threshold, role_school_threshold
        Fewest respondents of a survey cell; fewest of one role in one school.
    symbols
        Symbols of the publishers there, each with the status (`allrise.data.tables.STATUSES`) it means.
    """

    country: str
    region: str
    names: Mapping[str, str]
    names_in_sentence: Mapping[str, str]
    languages: tuple[str, ...]
    headteachers: Mapping[str, str]
    clusters: Mapping[str, Words]
    kinds: Mapping[str, Mapping[str, Words]]
    threshold: int
    threshold_known: bool
    threshold_source: str
    symbols: Mapping[str, str]
    survey_threshold: int
    role_school_threshold: int
    year_form: str
    _membership: str
    _regions: Mapping[str, Mapping[str, Any]]

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions that have rules of their own."""
        return tuple(self._regions)

    def in_language(self, language: str) -> Profile:
        """Return the profile as readers of a language know it: French writes both years of a school year in full.

        >>> profile("CA").in_language("fr-CA").school_year(2018)
        '2018-2019'
        """
        return replace(self, year_form="2018-2019") if base_language(language) == "fr" and self.year_form[4:] else self

    def for_region(self, region: str | None) -> Profile:
        """Return the profile of a region; the country's where the region has no rules of its own."""
        own = self._regions.get(region or "")
        if own is None:
            return self
        return replace(
            self,
            region=region or "",
            threshold=own["threshold"],
            threshold_known=own["known"],
            threshold_source=own["source"],
            symbols={**self.symbols, **own.get("symbols", {})},
        )

    def name(self, language: str = "en") -> str:
        """Return the country's name; English where the language is not known."""
        return _in(self.names, language)

    def in_sentence(self, language: str = "en") -> str:
        """Return the country's name as it stands inside a sentence.

        >>> profile("US").in_sentence(), profile("NZ").in_sentence()
        ('the United States', 'New Zealand')
        """
        return self.names_in_sentence.get(base_language(language), self.name(language))

    def headteacher(self, language: str = "en") -> str:
        """Return the word for a headteacher."""
        return _in(self.headteachers, language)

    def cluster(self, kind: str | None = None, language: str = "en") -> Words:
        """Return the word for a cluster: that of its kind where the kind is known, else the country's."""
        words = self.kinds.get(_slug(kind or ""), self.clusters)
        return _in(words, language)

    def school_year(self, time_period: int) -> str:
        """Return a school year as it is written there.

        >>> profile("GB-ENG").school_year(2018), profile("NZ").school_year(2018), profile("US").school_year(1999)
        ('2018/19', '2018', '1999-00')
        """
        mark, end = self.year_form[4:5], self.year_form[5:]
        return f"{time_period}{mark}{str(time_period + 1)[-len(end) :]}" if end else str(time_period)

    def membership_day(self, time_period: int) -> dt.date:
        """Return the day on which it is read which cluster a school is in, for one school year.

        The middle of the year: 1 January after its start where school starts in autumn, 1 July of the
        same year where it starts in January.
        """
        year, month, day = self._membership.split("-")
        return dt.date(time_period + (year == "next"), int(month), int(day))

    def hides(self, pupils: int) -> bool:
        """Return whether a value about this many pupils is hidden."""
        return 0 < pupils < self.threshold


def _slug(kind: str) -> str:
    plain = kind.replace("ā", "a").replace("Ā", "a").casefold()
    return plain.replace("-", "_").replace(" ", "_")


def _in(said: Mapping[str, T], language: str) -> T:
    """Return what is said in a language, ``fr`` for ``fr-CA``, or in English."""
    return said.get(base_language(language), said["en"])


def _words(table: Mapping[str, list[str]]) -> dict[str, Words]:
    return {language: Words(*pair) for language, pair in table.items()}


@cache
def profile(country: str) -> Profile:
    """Return the profile of one country of `allrise.data.tables.COUNTRIES`.

    Raises
    ------
    UnknownName
        When the kit has no profile of it.
    """
    if country not in COUNTRIES:
        close = get_close_matches(country.upper(), COUNTRIES, n=1)
        mend = f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(COUNTRIES)}."
        raise UnknownName(f"There is no country profile {country!r}.", mend)
    raw = tomllib.loads((files("allrise.data.profiles") / f"{country}.toml").read_text(encoding="utf-8"))
    small = raw["small_numbers"]
    return Profile(
        country=raw["country"],
        region="",
        names=raw["name"],
        names_in_sentence=raw.get("name_in_sentence", {}),
        languages=tuple(raw["languages"]),
        headteachers=raw["headteacher"],
        clusters=_words(raw["cluster"]),
        kinds={kind: _words(table) for kind, table in raw["kinds"].items()},
        threshold=small["threshold"],
        threshold_known=small["known"],
        threshold_source=small["source"],
        survey_threshold=small.get("survey", 5),
        role_school_threshold=small.get("role_school", 10),
        symbols=raw["symbols"],
        year_form=raw["school_year"],
        _membership=raw["membership_day"],
        _regions=raw.get("regions", {}),
    )


def profiles() -> tuple[Profile, ...]:
    """Return the profile of every country, in the order of `allrise.data.tables.COUNTRIES`."""
    return tuple(profile(country) for country in COUNTRIES)
