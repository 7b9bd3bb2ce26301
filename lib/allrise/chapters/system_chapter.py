"""A chapter about a whole system: all clusters and schools of a data folder, one country beside the other.

Measures and school years differ from country to country, so nothing about outcomes is ever added up over countries: a folder
with several of them has a part for each in every chapter, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Concatenate, ParamSpec

import pandas as pd

from allrise.chapters.chapter import Audience, check_meeting
from allrise.chapters.measures import Measure, first_measure, measures_among
from allrise.chapters.system import exact_table
from allrise.chapters.system_tables import TOGETHER, countries_of, table_of_system
from allrise.chapters.telling import Telling
from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Cover, Figure, Notice
from allrise.content.numbers import Numbers
from allrise.data.disclosure import is_public, public_store
from allrise.data.profiles import Profile, profile
from allrise.data.store import Store, open_store
from allrise.data.tables import COMPLEMENTS
from allrise.errors import UnknownName
from allrise.evidence.selection import columns_of
from allrise.evidence.tidy import count
from allrise.figures.subject import Subject

P = ParamSpec("P")

#: Data whose schools lie in no more regions than this are named by them, and not by the country.
MOST_REGIONS = 3


@dataclass(frozen=True, slots=True)
class SystemParameters:
    """What a chapter about a system was asked for; ``time_period`` is ``None`` for all years there are."""

    data: str
    country: str
    time_period: int | None
    audience: Audience
    minutes: int
    language: str


def open_system(
    name: str,
    data: str,
    country: str = "",
    time_period: int | str | None = None,
    audience: str = "cluster",
    minutes: int = 60,
    language: str = "en",
) -> SystemChapter:
    """Open a chapter about all clusters together.

    Parameters
    ----------
    name
        The chapter, ``10_spread_and_gap``.
    data
        A data folder, or ``demo`` for the data that come with the kit.
    country
        One country of the data; blank for a part for each.
    time_period
        Start year of the last school year to heed; blank takes all.
    audience, minutes, language
        As in :func:`allrise.chapters.chapter.open_chapter`.

    Raises
    ------
    UnknownName
        When there is no such country, chapter or language.
    AllriseError
        When a parameter cannot be used.
    """
    check_meeting(audience, minutes)
    store = open_store(data)
    if audience == "public" and not is_public(store):
        store = public_store(store)
    audience = "public" if is_public(store) else audience
    known = countries_of(store)
    if country and country not in known:
        raise UnknownName(f"the data have no schools of country {country!r}", f"They have: {', '.join(known)}.")
    until = None if time_period in (None, "") else int(time_period)
    parameters = SystemParameters(data, country, until, audience, int(minutes), language)  # type: ignore[arg-type]
    return SystemChapter(name, store, parameters)


class System:
    """One country's clusters and schools together: its measures, its tables, and what its figures are about.

    Attributes
    ----------
    store, country, profile, parameters
        As opened.
    part
        0 when the chapter is about one country only; else 1, 2, ...: figures are numbered 10.1a, 10.1b, ...
    """

    def __init__(self, store: Store, country: str, part: int, parameters: SystemParameters) -> None:
        self.store = store
        self.country = country
        self.part = part
        self.parameters = parameters
        self.profile: Profile = profile(country).in_language(parameters.language)

    @property
    def name(self) -> str:
        """The country's name in the chapter's language."""
        return self.profile.name(self.parameters.language)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions that all these schools lie in, when they are so few that the data are plainly not the whole country's."""
        schools = self.store.table("schools", ["country", "region"])
        found = schools.loc[schools["country"] == self.country, "region"]
        names = tuple(sorted({str(r) for r in found.dropna()}))
        return names if 0 < len(names) <= MOST_REGIONS and not found.isna().any() else ()

    @property
    def where(self) -> str:
        """Whose schools these are, inside a sentence: the country, or its regions where the data hold no others."""
        if self.regions and not self.part:
            return Numbers(self.parameters.language).listed(self.regions)
        return self.profile.in_sentence(self.parameters.language)

    def coverage(self) -> tuple[str, ...]:
        """Return a sentence that says which part of the country the data hold, where that is plain; else nothing."""
        if not self.regions or self.store.synthetic:
            return ()
        schools = self.store.table("schools", ["country"])["country"]
        numbers, say = Numbers(self.parameters.language), texts(self.parameters.language)["words"]["coverage"]
        return (
            say.format(
                schools=numbers.count(count(schools == self.country), "school"),
                regions=numbers.listed(self.regions),
                country=self.profile.in_sentence(self.parameters.language),
            ),
        )

    def reference(self, name: str) -> pd.DataFrame:
        """Return this country's rows of a table that clusters' chapters read rounded; see :func:`.system.exact_table`."""
        table = exact_table(self.store, name, country=self.country)
        if self.parameters.time_period is not None and "time_period" in table:
            table = table.loc[table["time_period"] <= self.parameters.time_period]
        return table.reset_index(drop=True)

    def table(self, name: str) -> pd.DataFrame:
        """Return this country's rows of a table about the system; see :mod:`.system_tables`."""
        table = table_of_system(self.store, name, self.parameters.time_period, country=self.country)
        return table.drop(columns="country")

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """The reference of outcomes of all pupils: a row a measure and year."""
        table = self.reference("outcomes")
        return table.loc[(table["pupil_group"] == "all").fillna(False)].reset_index(drop=True)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Measures with a value for this country, in the order of the table ``measures``."""
        # a share of something else than pupils (attendance: of sessions) has no denominators here
        other = (self.outcomes["unit"] == "percent") & ~self.outcomes["counted"]
        pupils = self.outcomes["pupils"].mask(other | ~(self.outcomes["pupils"] > 0).fillna(value=False))
        shown = self.outcomes.assign(pupils=pupils)
        return measures_among(shown, self.store.table("measures"))

    @cached_property
    def measure(self) -> Measure | None:
        """The measure looked at first: the first percentage with numbers of pupils, else the first."""
        return first_measure(self.measures)

    @cached_property
    def groups(self) -> tuple[str, str] | None:
        """The pair of pupil groups whose gap is shown: the first that the measure has."""
        if self.measure is None:
            return None
        gaps = self.reference("gaps")
        mine = gaps.loc[gaps["measure_id"] == self.measure.measure_id]
        there = set(zip(mine["group_low"], mine["group_high"], strict=True))
        return next((pair for pair in COMPLEMENTS if pair in there), None)

    @property
    def periods(self) -> tuple[int, ...]:
        """School years with outcomes here, in order."""
        return tuple(sorted(int(p) for p in self.outcomes["time_period"].dropna().unique()))

    @property
    def years(self) -> str:
        """Those years as the country writes them."""
        if not self.periods:
            return ""
        first, last = self.profile.school_year(self.periods[0]), self.profile.school_year(self.periods[-1])
        return Numbers(self.parameters.language).between(first, last)

    def subject(
        self,
        measure: Measure | None = None,
        *,
        groups: tuple[str, str] | None = None,
        table: str = "outcomes",
        period: str | None = None,
        who: str = "",
        beside: str = "",
    ) -> Subject:
        """Return what a figure needs to know: the country stands where a cluster's figure has its cluster.

        Parameters
        ----------
        table
            Whose source is named.
        who, beside
            Instead of the country and of the system's words.
        """
        measure = measure or (self.measure if table == "outcomes" else None)
        say, language = texts(self.parameters.language), self.parameters.language
        low, high = ("", "") if groups is None else (say["groups"].get(g, g.replace("_", " ")) for g in groups)
        return Subject(
            cluster=who or self.where,
            period=self.years if period is None else period,
            measure="" if measure is None else measure.label,
            unit="percent" if measure is None else measure.unit,
            higher_is_better=None if measure is None else measure.higher_is_better,
            system=beside or say["words"]["system"].format(country=self.where),
            cluster_word=self.profile.cluster(None, language).one,
            low_group=low,
            high_group=high,
            language=language,
            year_form=self.profile.year_form,
            source=measure.source if measure is not None and measure.source else self.store.title,
            audience=self.parameters.audience,
            synthetic=self.store.synthetic,
        )


class SystemChapter(Telling):
    """One chapter about all clusters together.

    Attributes
    ----------
    parameters
        As opened.
    systems
        The countries it is about, in the order of their names.
    """

    def __init__(self, name: str, store: Store, parameters: SystemParameters) -> None:
        super().__init__(name, store, parameters.language)
        self.parameters = parameters
        codes = [parameters.country] if parameters.country else list(countries_of(store))
        codes.sort(key=lambda c: profile(c).name(parameters.language))
        self.systems = tuple(System(store, c, i + 1 if len(codes) > 1 else 0, parameters) for i, c in enumerate(codes))

    def __repr__(self) -> str:
        return f"<Chapter {self.name} of {self.place_words}>"

    @property
    def several(self) -> bool:
        """Whether the chapter has a part for each of several countries."""
        return len(self.systems) > 1

    @property
    def place_words(self) -> str:
        """The countries' names in a row, as inside a sentence."""
        return Numbers(self.language).listed(tuple(s.where for s in self.systems))

    def together(self, name: str) -> pd.DataFrame:
        """Return the rows of a table about the system that stand for several countries."""
        table = table_of_system(self.store, name, self.parameters.time_period, country=TOGETHER)
        return table.drop(columns="country")

    def all_rows(self, name: str) -> pd.DataFrame:
        """Return a table about the system, of the countries this chapter is about."""
        table = table_of_system(self.store, name, self.parameters.time_period)
        return table.loc[table["country"].isin([s.country for s in self.systems])].reset_index(drop=True)

    def is_headline(self, place: str, part: int = 0) -> bool:
        """Return whether a meeting looks at this figure first: never one of many alike, a country each."""
        return not part and super().is_headline(place)

    def place(self, figure: Figure, place: str, *, part: int = 0, name: str = "", folded: bool = False) -> None:
        """Show a figure at its place; of several alike, a country each, the first is drawn with its prompts, the others fold."""
        if part > 1:
            figure = replace(figure, discuss=())
        super().place(figure, place, part=part, name=name, folded=folded or part > 1)

    def each(
        self,
        name: str,
        table: Callable[[System], pd.DataFrame],
        draw: Callable[Concatenate[pd.DataFrame, System, P], Figure],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> pd.DataFrame:
        """Show one figure for each country and return the evidence behind all of them.

        Parameters
        ----------
        name
            The figure's name in the chapter's list.
        table
            Evidence of one country; without rows, one line says what its data lack.
        draw
            Figure of the evidence and the country.

        Returns
        -------
        DataFrame
            Every country's evidence, with ``country`` first.
        """
        found = [(s, table(s)) for s in self.systems]
        if all(t.empty for _, t in found):
            self.show(*self.missing(name, "no_data_system"))
        else:
            for system, evidence in found:
                if evidence.empty:
                    self.show(*self.missing_in(system, name))
                else:
                    file = f"{name}_{system.country.lower().replace('-', '_')}" if system.part else name
                    self.place(draw(evidence, system, *args, **kwargs), name, part=system.part, name=file)
        kept = [t.assign(country=s.country) for s, t in found if len(t)]
        if not kept:
            return pd.DataFrame()
        whole = pd.concat(kept, ignore_index=True)
        return columns_of(whole, ["country", *(str(c) for c in whole.columns if c != "country")])

    def missing(self, name: str, lack: str = "no_data") -> tuple[Notice, ...]:
        """Return one line that says which data a figure lacks: of the whole folder, not of one cluster."""
        return super().missing(name, "no_data_system" if lack == "no_data" and not self.public else lack)

    def missing_in(self, system: System, name: str) -> tuple[Block, ...]:
        """Return one line that says what the data of one country lack."""
        if not self.has_data:
            return ()
        say = texts(self.language)["words"]["no_data_country"]
        return (Notice("no_data", say.format(country=system.name, what=self.texts["missing"][name])),)

    def strength(self, *more: str) -> tuple[Notice, ...]:
        """Return the box that says what these data cannot show, with the caveats of every table the chapter reads."""
        tables = [t for t in self.texts.get("caveats_of", ()) if t != self.texts.get("stands_on")]
        covered = tuple(line for s in self.systems for line in s.coverage()) if tables else ()
        return super().strength(*more, *covered, *(c.text for c in self.store.caveats if c.table in tables))


def cover(chapter: SystemChapter) -> Cover:
    """Return the cover of the system's pack."""
    say, words = chapter.texts, texts(chapter.language)
    numbers = Numbers(chapter.language)
    codes = [s.country for s in chapter.systems]
    schools = chapter.store.table("schools", ["school_id", "country", "pupils"])
    schools = schools.loc[schools["country"].isin(codes)]
    clusters = chapter.store.table("clusters", ["cluster_id", "country"])
    facts = [
        (say["cover_clusters"], numbers.number(count(clusters["country"].isin(codes)))),
        (words["words"]["schools"], numbers.number(len(schools))),
    ]
    pupils = schools["pupils"].dropna()
    if len(pupils):
        facts.append((words["words"]["pupils"], numbers.number(float(pupils.sum()))))
    years = {s.years for s in chapter.systems if s.years}
    periods = sorted({p for s in chapter.systems for p in s.periods})
    period = f"{periods[0]}–{periods[-1] + 1}" if periods else ""
    if len(years) == 1:
        period = years.pop()
    return Cover(
        cluster_id="",
        cluster=say["cover_title"] if chapter.several else say["cover_one"].format(country=chapter.systems[0].where),
        cluster_word=say["cover_word"],
        place=numbers.listed(tuple(s.name for s in chapter.systems)),
        question=say["question"],
        purpose="",
        period=period,
        audience=say["cover_audience"][chapter.parameters.audience],
        synthetic=chapter.store.synthetic,
        facts=tuple(facts),
        strength=say["cover_strength"],
    )
