"""A data folder to explore in a notebook: ``allrise.load`` and what it gives."""

from __future__ import annotations

import html
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allrise.apps.explore_cluster import ClusterData, Tables
from allrise.apps.explore_style import font_style, page_style
from allrise.apps.explore_tables import Dictionary, dictionary, labelled
from allrise.data.store import Store, open_store
from allrise.data.tables import TABLES
from allrise.errors import UnknownName

if TYPE_CHECKING:
    from allrise.apps.explore_panels import Chosen

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


class Data(Tables):
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

        return Chosen(self.clusters, self.cluster)

    def describe(self, table: str) -> Dictionary:
        """Say what a table's columns mean: label, type, unit, which values they may hold.

        Parameters
        ----------
        table
            Name of a table; ``contents`` lists them.

        Raises
        ------
        UnknownName
            When the kit knows no such table.
        """
        return dictionary(table, self.store.rows(table))

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
            f"<td class='ar-n'>{r['rows']:,}</td><td class='ar-years'>{_e(r['from'])}{'–' if r['from'] else ''}{_e(r['to'])}</td></tr>"
            for r in self.contents.to_dict("records")
        )
        years = f"{self.years[0]} to {self.years[-1]}" if self.years else ""
        facts = [f"{len(self.clusters):,} clusters", f"{self.store.rows('schools'):,} schools", years]
        return (
            f"{font_style()}{page_style()}<div class='allrise ar-paper'><h3 class='ar-data-title'>{_e(self.title)}</h3>"
            f"<p>{_e(', '.join(f for f in facts if f))}.</p>{made if self.store.synthetic else ''}"
            "<table class='ar-grid'><thead><tr><th scope='col'>Table</th><th scope='col'>What it holds</th>"
            "<th scope='col' class='ar-n'>Rows</th><th scope='col' class='ar-years'>School years</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


def _e(words: object) -> str:
    return html.escape(str(words))
