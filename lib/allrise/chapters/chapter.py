"""A chapter being told: opens one cluster's slice, numbers figures, and shows blocks in the notebook."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Concatenate, Literal, ParamSpec

import pandas as pd

from allrise.chapters.measures import Measure, choose_measure, measures_of, period_of
from allrise.chapters.system import system_table
from allrise.chapters.texts import figure_number, texts
from allrise.content.blocks import Block, Figure, Heading, Notice, Opening, Text
from allrise.content.html import block_css
from allrise.content.language import catalogue
from allrise.data.profiles import Profile, profile
from allrise.data.store import Slice, Store, open_store
from allrise.errors import AllriseError
from allrise.figures.subject import Subject
from allrise.figures.theme import css_variables, figure_css
from allrise.framework import Framework, load

P = ParamSpec("P")
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
    if audience not in ("cluster", "public"):
        raise AllriseError(f"audience is {audience!r}", "Use 'cluster' or 'public'.")
    if not 20 <= int(minutes) <= 480:
        raise AllriseError(f"minutes is {minutes}", "A meeting lasts 20 to 480 minutes.")
    store = open_store(data)
    cluster_id = cluster_id or str(store.clusters()["cluster_id"].iloc[0])
    period = None if time_period in (None, "") else int(time_period)
    return Chapter(
        name, store, store.slice(cluster_id), Parameters(data, cluster_id, period, audience, int(minutes), language)
    )  # type: ignore[arg-type]


@functools.cache
def notebook_style() -> str:
    """Return the look of blocks for JupyterLab; a pack's page brings its own."""
    variables = css_variables().replace("color-scheme:light;", "")  # JupyterLab decides that for itself
    return f"<style>{variables}{figure_css()}{block_css()}</style>"


class Chapter:
    """One chapter: its slice of the data, its words, and the numbering of its figures.

    Attributes
    ----------
    name, store, slice, parameters
        As opened.
    profile, framework, texts
        Country profile, framework and this chapter's words, in the chapter's language.
    """

    def __init__(self, name: str, store: Store, part: Slice, parameters: Parameters) -> None:
        self.name = name
        self.store = store
        self.slice = part
        self.parameters = parameters
        self.profile: Profile = profile(part.cluster.country)
        self.framework: Framework = load(parameters.language)
        self.texts: dict[str, Any] = texts(parameters.language)[name]
        self._said: set[str] = set()

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
        return first if first == last else f"{first} to {last}"

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

    def system(self, name: str) -> pd.DataFrame:
        """Return a small table about the whole system, of this cluster's country; see :mod:`.system`."""
        table = system_table(self.store, name)
        return table.loc[table["country"] == self.slice.cluster.country] if "country" in table else table

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
            system=say["words"]["system"].format(country=self.profile.name(language)),
            cluster_word=self.profile.cluster(cluster.kind or None, language).one,
            low_group=low,
            high_group=high,
            language=language,
            split_years=len(self.profile.school_year(2018)) > len("2018"),
            source=self.source(source, measure),
            audience=self.parameters.audience,
            missing=len(statuses) - hidden,
            suppressed=hidden,
            synthetic=self.store.synthetic,
        )

    def words(self, name: str) -> dict[str, str]:
        """Return a list of words that all chapters share: ``roles``, ``groups``."""
        return texts(self.parameters.language)[name]

    def source(self, table: str, measure: Measure | None = None) -> str:
        """Return where a table's data come from, in a few words."""
        if table == "outcomes" and measure is not None and measure.source:
            return measure.source
        return self.store.title

    # What it shows ---------------------------------------------------------------------------------------

    def opening(self) -> Opening:
        """Return the chapter's opening block."""
        return Opening(
            name=self.name,
            number=str(int(self.name[:2])),
            title=self.texts["title"],
            question=self.texts["question"],
            framework_ids=tuple(self.texts["framework_ids"]),
        )

    @cached_property
    def has_data(self) -> bool:
        """Whether the table this chapter stands on has a row about this cluster; else it is one line long."""
        table = self.texts.get("stands_on")
        return table is None or self.slice.has(table)

    def open(self) -> None:
        """Show the opening, and say in one line when there are no data for this chapter."""
        from IPython.display import HTML, display

        display(HTML(notebook_style(), metadata={}))
        self.show(self.opening())
        if not self.has_data:
            self.show(Notice("no_data", self.texts["nothing"]))

    def heading(self, part: str, framework_id: str = "") -> tuple[Block, ...]:
        """Return a section's heading and introduction, from the chapter's words; nothing in an empty chapter."""
        if not self.has_data:
            return ()
        blocks: list[Block] = [Heading(self.texts[f"{part}_heading"], framework_id=framework_id)]
        if intro := self.texts.get(f"{part}_intro"):
            blocks.append(Text((intro,)))
        return tuple(blocks)

    def strength(self, *more: str) -> tuple[Notice, ...]:
        """Return the box that says what these data cannot show, with the caveats of the table it stands on."""
        stands_on = self.texts.get("stands_on")
        caveats = tuple(c.text for c in self.store.caveats if c.table and c.table == stands_on)
        if not self.has_data:
            return ()
        return (Notice("strength", self.texts["strength_title"], (*self.texts["strength"], *more, *caveats)),)

    def missing(self, name: str) -> tuple[Notice, ...]:
        """Return one line that says which data a figure lacks; nothing in an empty chapter, or when it was said."""
        what = self.texts["missing"][name]
        if not self.has_data or what in self._said:
            return ()
        self._said.add(what)
        return (Notice("no_data", texts(self.parameters.language)["words"]["no_data"].format(what=what)),)

    def figure(
        self,
        name: str,
        draw: Callable[Concatenate[pd.DataFrame, P], Figure],
        evidence: pd.DataFrame,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Draw a figure from an evidence table and show it with its number; say so when there is nothing to draw.

        Parameters
        ----------
        name
            Its name in the chapter's list of figures.
        draw
            A function of :mod:`allrise.figures`.
        evidence
            The evidence table; without rows, one line says that there are no data.
        """
        if evidence.empty:
            self.show(*self.missing(name))
            return
        self.place(draw(evidence, *args, **kwargs), name)

    def place(self, figure: Figure, place: str, *, part: int = 0, name: str = "") -> None:
        """Show a figure at its place in the chapter's list: ``part`` 1, 2, ... makes its number 2.1a, 2.1b, ..."""
        suffix = chr(ord("a") + part - 1) if part else ""
        name = name or place
        headline = figure.headline and self.name == "01_overview"
        self.show(
            replace(
                figure,
                name=name,
                table=replace(figure.table, name=name),
                number=figure_number(self.name, place) + suffix,
                headline=headline,
                predict=figure.predict if headline else "",
            )
        )

    def figure_label(self, chapter: str, name: str) -> str:
        """Return a figure's number as texts refer to it: ``Figure 2.4``."""
        return f"{catalogue('allrise.content', 'words', self.parameters.language)('figure')} {figure_number(chapter, name)}"

    def show(self, *blocks: Block) -> None:
        """Show blocks in the notebook, each as an output of its own."""
        from IPython.display import display

        for block in blocks:
            display(block)
