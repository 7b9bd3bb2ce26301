"""One cluster to explore: its own rows of every table, and answers to questions about them."""

from __future__ import annotations

import difflib
import html
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from allrise.apps.explore_style import page_style
from allrise.apps.explore_tables import Dictionary, dictionary, labelled
from allrise.chapters.measures import Measure
from allrise.data.profiles import profile
from allrise.data.store import Slice, Store
from allrise.data.tables import TABLES
from allrise.errors import UnknownName

if TYPE_CHECKING:
    from allrise.apps.explore_asking import Answer, Told
    from allrise.apps.explore_saving import Saved
    from allrise.apps.pickers import Panel
    from allrise.content.blocks import Figure


class Tables:
    """Tables as attributes, with completion; what there is depends on the data folder."""

    _names: tuple[str, ...]

    def _table(self, name: str) -> pd.DataFrame:
        raise NotImplementedError

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in TABLES or name in self._names:
            return self._table(name)
        near = difflib.get_close_matches(name, [*self._names, *dir(type(self))], n=1)
        hint = f"did you mean {near[0]}?" if near else f"the tables are {', '.join(self._names)}"
        raise AttributeError(f"there is no {name!r} here; {hint}")

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table by its name: the same as the attribute."""
        if name in TABLES or name in self._names:
            return self._table(name)
        raise UnknownName(f"There is no table {name!r}", f"The tables are {', '.join(self._names)}.")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._names})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._names)


class ClusterData(Tables):
    """One cluster: its own rows of every table as attributes, and answers to questions.

    ``cluster.outcomes`` holds the rows of schools in the years in which they were members. ``cluster.ask("gap")`` answers
    with a figure; ``cluster.questions`` lists what one can ask.
    """

    def __init__(self, store: Store, part: Slice) -> None:
        self.store = store
        self.slice = part
        self._names = tuple(name for name in part.tables if part.has(name))

    @property
    def cluster_id(self) -> str:
        """Its id."""
        return self.slice.cluster.cluster_id

    @property
    def name(self) -> str:
        """Its name."""
        return self.slice.cluster.name

    @cached_property
    def chapter(self) -> Told:
        """The cluster as a pack's chapter sees it; evidence functions take its ``members`` and ``system`` tables."""
        from allrise.apps.explore_asking import told_chapter

        return told_chapter(self.store, self.slice, "02_outcomes")

    @property
    def members(self) -> pd.DataFrame:
        """Schools that are members in the latest year: rows of ``schools``."""
        return labelled(self.chapter.members, "schools")

    @property
    def measures(self) -> pd.DataFrame:
        """What this cluster has outcomes of: ``measure_id``, ``label``, ``unit``, ``higher_is_better``, ``source``."""
        names = ("measure_id", "label", "unit", "higher_is_better", "source")
        return pd.DataFrame([{n: getattr(m, n) for n in names} for m in self.chapter.measures], columns=list(names))

    @property
    def years(self) -> tuple[int, ...]:
        """School years with outcomes, by start year."""
        periods = self.chapter.outcomes["time_period"].dropna().unique()
        return tuple(sorted(int(p) for p in periods))

    @property
    def questions(self) -> pd.DataFrame:
        """What one can ask: ``ask`` (type this) and ``question`` (in words)."""
        from allrise.apps.explore_asking import QUESTIONS

        return pd.DataFrame([{"ask": q.key, "question": q.words} for q in QUESTIONS.values()])

    def system(self, name: str) -> pd.DataFrame:
        """Return a small table about all schools of the country, to compare with: ``outcomes``, ``gaps`` or ``points``.

        See :func:`allrise.evidence.reference.reference_outcomes` for the columns.
        """
        return self.chapter.system(name)

    def measure(self, name: str | None = None) -> Measure | None:
        """Return a measure by its id or a part of its label; the pack's own when ``name`` is not given.

        Raises
        ------
        UnknownName
            When the cluster has no such measure.
        """
        if not name:
            return self.chapter.measure
        found = [m for m in self.chapter.measures if m.measure_id == name] or [
            m for m in self.chapter.measures if name.casefold() in m.label.casefold()
        ]
        if not found:
            known = ", ".join(m.measure_id for m in self.chapter.measures)
            raise UnknownName(f"{self.name} has no measure {name!r}", f"It has {known}.")
        return found[0]

    def ask(self, question: str, *, measure: str | None = None, year: int | None = None) -> Answer:
        """Put a question to this cluster's data; the answer shows itself as a figure with its numbers.

        Parameters
        ----------
        question
            One of ``questions``: ``level``, ``schools``, ``gap``, ``spread``, ``funnel``, ``factors``, ``network`` ...
        measure
            Id of a measure or a part of its label; the one that the cluster's pack starts with when not given.
        year
            Start year of the school year up to which data count; the latest when not given.

        Raises
        ------
        UnknownName
            When there is no such question or measure.
        """
        from allrise.apps.explore_asking import ask

        return ask(self.store, self.slice, question, measure=self.measure(measure), time_period=year)

    def readable(self, name: str) -> pd.DataFrame:
        """Return a table for the eye: names of schools, measures and groups in place of their ids, years as written.

        Parameters
        ----------
        name
            Name of a table. Its own ids stay in the table itself: ``cluster.outcomes``.
        """
        from allrise.chapters.texts import texts

        schools = {
            str(i): str(n)
            for table in ("other_schools", "schools")
            for i, n in zip(self.slice.table(table)["school_id"], self.slice.table(table)["name"], strict=True)
        }
        clusters = {self.cluster_id: self.name}
        words: dict[str, dict[str, str]] = {
            "measure_id": {m.measure_id: m.label for m in self.chapter.measures},
            "pupil_group": texts("en")["groups"],
            "role": texts("en")["roles"],
            "cluster_id": clusters,
            **dict.fromkeys(("school_id", "from_id", "to_id", "reviewer_id", "reviewed_id", "reported_by"), schools),
        }
        if name == "measures":
            del words["measure_id"]
        if name in ("schools", "other_schools"):
            del words["school_id"]
        frame = self._table(name)
        for column in [c for c in words if c in frame]:
            said = words[column]
            frame[column] = frame[column].astype("object").map(lambda v, said=said: said.get(v, v))
        if "time_period" in frame and name != "contexts":
            written = self.chapter.profile.school_year
            frame["time_period"] = (
                frame["time_period"].astype("object").map(lambda y: written(int(y)), na_action="ignore")
            )
        return frame

    def save(self, figure: Figure, note: str = "") -> Saved:
        """Save a figure for this cluster's pack; see :func:`allrise.apps.explore_saving.save`."""
        from allrise.apps.explore_saving import save

        return save(figure, self.cluster_id, note)

    def saving(self, figure: Figure) -> Panel:
        """Return a panel that shows a figure and saves it for this cluster's pack when its button is pressed."""
        from allrise.apps.explore_saving_panel import saving

        return saving(figure, self.cluster_id)

    def describe(self, table: str) -> Dictionary:
        """Say what a table's columns mean; see :meth:`Data.describe`."""
        return dictionary(table, len(self._table(table)))

    def _table(self, name: str) -> pd.DataFrame:
        return labelled(self.slice.table(name), name, self.slice.table("measures"))

    def __repr__(self) -> str:
        years = f", {self.years[0]} to {self.years[-1]}" if self.years else ""
        rows = ", ".join(f"{n} ({len(self.slice.tables[n]):,})" for n in self._names)
        return f"{self.name} ({self.cluster_id}): {len(self.members)} schools{years}\n  {rows}"

    def _repr_html_(self) -> str:
        c = self.slice.cluster
        kind = profile(c.country).cluster(c.kind or None).one
        place = ", ".join(p for p in (c.region, profile(c.country).name()) if p)
        asks = f"<p><b>Enquiry question.</b> {_e(c.enquiry_question)}</p>" if c.enquiry_question else ""
        tables = ", ".join(f"<code>{n}</code> {len(self.slice.tables[n]):,}" for n in self._names)
        years = f", {self.years[0]} to {self.years[-1]}" if self.years else ""
        return (
            f"{page_style()}<div class='allrise ar-paper'><p class='ar-kicker'>{_e(kind)} · {_e(place)}</p>"
            f"<h3 class='ar-data-title'>{_e(c.name)} <code>{_e(c.cluster_id)}</code></h3>"
            f"<p>{len(self.members)} schools{years}.</p>{asks}<p class='ar-note'>Rows: {tables}</p></div>"
        )


def _e(words: object) -> str:
    return html.escape(str(words))
