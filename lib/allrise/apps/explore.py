"""A data folder to explore in a notebook: ``allrise.load`` and what it gives."""

from __future__ import annotations

import difflib
import html
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allrise.apps.explore_style import font_style, page_style
from allrise.apps.explore_tables import Dictionary, dictionary, labelled
from allrise.chapters.measures import Measure
from allrise.data.profiles import profile
from allrise.data.store import Slice, Store, open_store
from allrise.data.tables import TABLES
from allrise.errors import UnknownName

if TYPE_CHECKING:
    from allrise.apps.explore_asking import Answer, Told
    from allrise.apps.explore_panels import Chosen
    from allrise.apps.explore_saving import Saved
    from allrise.apps.pickers import Panel
    from allrise.content.blocks import Figure

#: Names the data folder that ``load`` opens when it is given none; ``allrise lab DATA`` sets it.
ENVIRONMENT = "ALLRISE_DATA"


def load(data: str | Path | None = None) -> Data:
    """Open a data folder to explore it.

    Parameters
    ----------
    data
        A data folder, or ``demo`` for the invented data that come with the kit. When it is not given: the folder that
        ``allrise lab DATA`` was started with (the environment variable ``ALLRISE_DATA``), else ``demo``.

    Raises
    ------
    UnreadableInput
        When there is no such folder.
    InvalidData
        When the data break a rule that matters; the message has the first findings.
    """
    return Data(open_store(data or os.environ.get(ENVIRONMENT) or "demo"))


class _Tables:
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


class Data(_Tables):
    """A data folder: every table as an attribute, clusters by name, and a dictionary of all columns.

    ``data.outcomes`` is a DataFrame whose ``attrs`` hold labels, units and descriptions. ``data.cluster("name")`` gives
    one cluster; ``data.describe("outcomes")`` says what each column means.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._names = tuple(name for name in TABLES if store.has(name))

    @property
    def title(self) -> str:
        """What the data folder calls itself."""
        return self.store.title

    @property
    def years(self) -> tuple[int, ...]:
        """School years with outcomes, by start year."""
        return self.store.periods()

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """The table ``clusters``, with ``n_schools``: how many schools are members now."""
        return labelled(self.store.clusters(), "clusters")

    @cached_property
    def measures(self) -> pd.DataFrame:
        """The table ``measures``: what is measured, in which unit, and which way is better."""
        return labelled(self.store.table("measures"), "measures")

    def cluster(self, name: str) -> ClusterData:
        """Return everything about one cluster.

        Parameters
        ----------
        name
            Its id or its name; a part of the name is enough when only one cluster has it.

        Raises
        ------
        UnknownName
            When no cluster has it, or several have.
        """
        ids, names = list(self.clusters["cluster_id"]), list(self.clusters["name"])
        if name in ids:
            return ClusterData(self.store, self.store.slice(name))
        wanted = str(name).strip().casefold()
        whole = [i for i, n in zip(ids, names, strict=True) if n.casefold() == wanted]
        found = whole or [i for i, n in zip(ids, names, strict=True) if wanted and wanted in n.casefold()]
        if len(found) > 1:
            shown = ", ".join(f"{i} ({names[ids.index(i)]})" for i in found[:5])
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise UnknownName(f"{name!r} may be {shown}{more}", "Give the id, or more of the name.")
        return ClusterData(self.store, self.store.slice(found[0] if found else name))

    def choose(self) -> Chosen:
        """Return a panel to choose a cluster in, with further panels that follow it: ``look``, ``ask``, ``plot``, ``save``."""
        from allrise.apps.explore_panels import Chosen

        return Chosen(self)

    def describe(self, table: str = "") -> Dictionary | pd.DataFrame:
        """Say what a table's columns mean: label, type, unit, which values they may hold.

        Parameters
        ----------
        table
            Name of a table; without one, a list of all tables.

        Raises
        ------
        UnknownName
            When the kit knows no such table.
        """
        return dictionary(table, self.store.rows(table)) if table else self.contents

    @cached_property
    def contents(self) -> pd.DataFrame:
        """All tables that there are: ``table``, ``label``, ``rows``, ``from``, ``to`` (years), ``holds``."""
        rows: list[dict[str, Any]] = []
        for name in self._names:
            first, last = self._span(name)
            table = TABLES[name]
            rows.append(
                {
                    "table": name,
                    "label": table.label,
                    "rows": self.store.rows(name),
                    "from": first,
                    "to": last,
                    "holds": table.description,
                }
            )
        return pd.DataFrame(rows)

    def _span(self, name: str) -> tuple[str, str]:
        column = next((c for c in ("time_period", "wave") if c in TABLES[name]), "")
        if name == "outcomes":
            years = [str(y) for y in self.years]
        elif column and name != "contexts":
            years = sorted(str(y)[:4] for y in self.store.table(name, [column])[column].dropna().unique())
        else:
            years = []
        return (years[0], years[-1]) if years else ("", "")

    def _table(self, name: str) -> pd.DataFrame:
        return labelled(self.store.table(name), name, self.measures)

    def __repr__(self) -> str:
        lines = [f"{self.title}{' (invented data)' if self.store.synthetic else ''}"]
        for row in self.contents.to_dict("records"):
            span = f", {row['from']} to {row['to']}" if row["from"] else ""
            lines.append(f"  {row['table']:<20} {row['rows']:>9,} rows{span}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        made = "<p class='ar-synthetic'>These data are invented: no school or person is real.</p>"
        rows = "".join(
            f"<tr><th scope='row'><code>{r['table']}</code></th><td>{_e(r['holds'])}</td>"
            f"<td class='ar-n'>{r['rows']:,}</td><td>{_e(r['from'])}{'–' if r['from'] else ''}{_e(r['to'])}</td></tr>"
            for r in self.contents.to_dict("records")
        )
        years = f"{self.years[0]} to {self.years[-1]}" if self.years else ""
        facts = [f"{len(self.clusters):,} clusters", f"{self.store.rows('schools'):,} schools", years]
        return (
            f"{font_style()}{page_style()}<div class='allrise ar-paper'><h3 class='ar-data-title'>{_e(self.title)}</h3>"
            f"<p>{_e(', '.join(f for f in facts if f))}.</p>{made if self.store.synthetic else ''}"
            "<table class='ar-grid'><thead><tr><th scope='col'>Table</th><th scope='col'>What it holds</th>"
            "<th scope='col' class='ar-n'>Rows</th><th scope='col'>School years</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


class ClusterData(_Tables):
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

    def save(self, figure: Figure, note: str = "") -> Saved:
        """Save a figure for this cluster's pack; see :func:`allrise.apps.explore_saving.save`."""
        from allrise.apps.explore_saving import save

        return save(figure, self.cluster_id, note)

    def saving(self, figure: Figure) -> Panel:
        """Return a panel that shows a figure and saves it for this cluster's pack when its button is pressed."""
        from allrise.apps.explore_panels import saving

        return saving(figure, self)

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
