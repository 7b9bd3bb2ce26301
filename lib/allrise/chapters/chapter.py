"""A chapter of a cluster's pack: opens the cluster's slice and says what its figures are about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from allrise.chapters.measures import Measure, choose_measure, measures_of, period_of
from allrise.chapters.system import system_table
from allrise.chapters.telling import Telling
from allrise.chapters.texts import texts
from allrise.content.blocks import Notice
from allrise.content.numbers import Numbers
from allrise.data.disclosure import is_public, pseudonyms_of, public_store
from allrise.data.profiles import Profile, profile
from allrise.data.store import Slice, Store, open_store
from allrise.errors import AllriseError
from allrise.evidence.tidy import count
from allrise.figures.subject import Subject

Audience = Literal["cluster", "public"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a chapter was asked for; ``time_period`` is ``None`` for the latest year there is."""

    data: str
    cluster_id: str
    time_period: int | None
    audience: Audience
    minutes: int
    language: str


def check_meeting(audience: str, minutes: int) -> None:
    """Refuse an audience that the kit does not know, and a meeting that no protocol fits.

    Raises
    ------
    AllriseError
        When one of them cannot be used.
    """
    if audience not in ("cluster", "public"):
        raise AllriseError(f"audience is {audience!r}", "Use 'cluster' or 'public'.")
    if not 20 <= int(minutes) <= 480:
        raise AllriseError(f"minutes is {minutes}", "A meeting lasts 20 to 480 minutes.")


def open_chapter(
    name: str,
    data: str,
    cluster_id: str,
    time_period: int | str | None = None,
    audience: str = "cluster",
    minutes: int = 60,
    language: str = "en",
) -> Chapter:
    """Open a chapter of one cluster's pack.

    Parameters
    ----------
    name
        The chapter, ``02_outcomes``.
    data
        A data folder, or ``demo`` for the data that come with the kit.
    cluster_id
        A cluster of the table ``clusters``; blank takes the first.
    time_period
        Start year of the school year the pack is about; blank takes the latest that has data.
    audience
        ``cluster`` (schools named) or ``public``.
    minutes
        Length of the meeting.
    language
        Language of the chapter, ``en``.

    Raises
    ------
    UnknownName
        When there is no such cluster, chapter or language.
    AllriseError
        When a parameter cannot be used.
    """
    check_meeting(audience, minutes)
    store = open_store(data)
    if audience == "public" and not is_public(store):
        if cluster_id:
            store.slice(cluster_id)  # says what is wrong with an id in the words of who gave it
            cluster_id = pseudonyms_of(store).cluster_id(cluster_id)
        store = public_store(store)
    audience = "public" if is_public(store) else audience
    cluster_id = cluster_id or str(store.clusters()["cluster_id"].iloc[0])
    period = None if time_period in (None, "") else int(time_period)
    asked = Parameters(data, cluster_id, period, audience, int(minutes), language)  # type: ignore[arg-type]
    return Chapter(name, store, store.slice(cluster_id), asked)


class Chapter(Telling):
    """One chapter: its slice of the data, its words, and the numbering of its figures.

    Attributes
    ----------
    name, store, slice, parameters
        As opened.
    profile
        Country profile.
    """

    def __init__(self, name: str, store: Store, part: Slice, parameters: Parameters) -> None:
        super().__init__(name, store, parameters.language)
        self.slice = part
        self.parameters = parameters
        self.profile: Profile = profile(part.cluster.country).in_language(parameters.language)

    def __repr__(self) -> str:
        return f"<Chapter {self.name} of {self.slice.cluster.name}, {self.years}>"

    # What it is about ------------------------------------------------------------------------------------

    @cached_property
    def time_period(self) -> int | None:
        """Start year of the school year the pack is about, or ``None`` when nothing has a year."""
        return self.parameters.time_period or period_of(self.slice)

    @property
    def years(self) -> str:
        """The school years that the outcomes span, as the country writes them."""
        periods = sorted(int(p) for p in self.outcomes["time_period"].dropna().unique()) if len(self.outcomes) else []
        if not periods:
            return self.profile.school_year(self.time_period) if self.time_period is not None else ""
        first, last = self.profile.school_year(periods[0]), self.profile.school_year(periods[-1])
        return Numbers(self.parameters.language).between(first, last)

    @property
    def all_hidden(self) -> bool:
        """Whether it is about outcomes, and there are some, and none is shown."""
        about = self.texts.get("stands_on") == "outcomes" or "level" in self.texts["figures"]
        return about and len(self.outcomes) > 0 and not bool(self.outcomes["value"].notna().any())

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Outcomes of schools in the years they were members, up to the pack's year."""
        table = self.slice.table("outcomes")
        if self.parameters.time_period is not None and len(table):
            table = table.loc[table["time_period"] <= self.parameters.time_period]
        return table

    @cached_property
    def members(self) -> pd.DataFrame:
        """Schools that are members in the pack's year: rows of ``schools``.

        All school figures take these, so that a school has one letter in the whole pack.
        """
        schools, spells = self.slice.table("schools"), self.slice.table("memberships")
        if self.time_period is not None:
            day = pd.Timestamp(self.profile.membership_day(self.time_period))
            joined = spells["joined_on"].isna() | (spells["joined_on"] <= day)
            staying = spells["left_on"].isna() | (spells["left_on"] > day)
            spells = spells.loc[joined & staying]
        return schools.loc[schools["school_id"].isin(list(spells["school_id"]))].reset_index(drop=True)

    @cached_property
    def outcome_period(self) -> int | None:
        """Latest school year, up to the pack's, in which the pack's measure has a value."""
        if self.measure is None:
            return None
        mine = (self.outcomes["measure_id"] == self.measure.measure_id) & (self.outcomes["pupil_group"] == "all")
        shown = self.outcomes.loc[mine.fillna(False) & self.outcomes["value"].notna(), "time_period"]
        return int(shown.max()) if len(shown) else None

    @cached_property
    def alone(self) -> bool:
        """Whether the schools behind "all schools" of the pack's measure are no others than the cluster's own."""
        if self.measure is None or self.outcome_period is None:
            return False
        found = self.system("outcomes", measure_id=self.measure.measure_id)
        found = found.loc[(found["pupil_group"] == "all") & (found["time_period"] == self.outcome_period), "schools"]
        mine = (self.outcomes["measure_id"] == self.measure.measure_id) & (self.outcomes["pupil_group"] == "all")
        mine &= (self.outcomes["time_period"] == self.outcome_period) & self.outcomes["value"].notna()
        return len(found) > 0 and bool((found <= count(mine.fillna(value=False))).all())

    def strength(self, *more: str) -> tuple[Notice, ...]:
        """Return the box that says what these data cannot show; that there is nobody to compare with, where that is so."""
        compares = self.texts.get("stands_on") == "outcomes" or "level" in self.texts["figures"]
        alone = (texts(self.parameters.language)["words"]["alone"],) if compares and self.alone else ()
        return super().strength(*alone, *more)

    def answers(self, items: pd.DataFrame) -> pd.DataFrame:
        """Return the cluster's survey answers to some items, up to the pack's year."""
        survey = self.slice.table("survey")
        survey = survey.loc[survey["item_id"].isin(list(items["item_id"]))]
        if self.parameters.time_period is not None and len(survey):
            year = pd.Series([int(str(w)[:4]) for w in survey["wave"]], index=survey.index, dtype="int64")
            survey = survey.loc[year <= self.parameters.time_period]
        return survey.reset_index(drop=True)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Measures that this cluster has outcomes for, in the order of the table ``measures``."""
        return measures_of(self.slice, self.outcomes)

    @cached_property
    def measure(self) -> Measure | None:
        """The measure the pack looks at first: that of a commitment, else the first with denominators."""
        return choose_measure(self.slice, self.measures)

    def system(self, name: str, **where: str | int) -> pd.DataFrame:
        """Return rows of a small table about the whole system, of this cluster's country; see :mod:`.system`.

        A pack about an earlier year knows nothing of later ones.
        """
        table = system_table(self.store, name, country=self.slice.cluster.country, **where)
        last = self.parameters.time_period
        return table if last is None or "time_period" not in table else table.loc[table["time_period"] <= last]

    def subject(
        self,
        measure: Measure | None = None,
        *,
        period: int | None = None,
        rows: pd.DataFrame | None = None,
        groups: tuple[str, str] | None = None,
        source: str = "outcomes",
    ) -> Subject:
        """Return what a figure needs to know about this cluster and measure.

        Parameters
        ----------
        measure
            The pack's own by default.
        period
            One school year; all the years of the outcomes by default.
        rows
            Outcome rows behind the figure: its notes say how many values are missing and how many hidden.
        groups
            The lower and the higher group of a gap.
        source
            Table whose source is named.
        """
        measure = measure or self.measure
        say, cluster, language = texts(self.parameters.language), self.slice.cluster, self.parameters.language
        low, high = ("", "") if groups is None else (say["groups"].get(g, g.replace("_", " ")) for g in groups)
        statuses = pd.Series(dtype="str") if rows is None else rows.loc[rows["value"].isna(), "status"].fillna("x")
        hidden = int(statuses.isin(["c", "u", "low", "k"]).sum())
        return Subject(
            cluster=cluster.name,
            period=self.years if period is None else self.profile.school_year(period),
            measure="" if measure is None else measure.label,
            unit="percent" if measure is None else measure.unit,
            higher_is_better=None if measure is None else measure.higher_is_better,
            system=say["words"]["system"].format(country=self.profile.in_sentence(language)),
            cluster_word=self.profile.cluster(cluster.kind or None, language).one,
            low_group=low,
            high_group=high,
            language=language,
            year_form=self.profile.year_form,
            source=self.source(source, measure),
            audience=self.parameters.audience,
            missing=len(statuses) - hidden,
            suppressed=hidden,
            synthetic=self.store.synthetic,
        )

    def has(self, table: str) -> bool:
        """Return whether a table has a row about this cluster."""
        return self.slice.has(table)

    def source(self, table: str, measure: Measure | None = None) -> str:
        """Return where a table's data come from, in a few words."""
        if table == "outcomes" and measure is not None and measure.source:
            return measure.source
        return self.store.title
