# ruff: noqa: S608 - names in the queries are our own, or of the kit's tables; no text of a user is in them
"""Checked tables into sorted Parquet: the only part of the store that uses duckdb.

Every table is written sorted by cluster, so that a slice is a few neighbouring rows. Tables whose rows can
belong to several clusters (a school that moved, a tie between two clusters) are written a second time, once
for each cluster they belong to. Queries see ids and row numbers only; rows themselves stay codes until they are written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from allrise.data.profiles import profile
from allrise.data.store.dictionaries import coded, plain, present
from allrise.data.store.sorting import write_sorted
from allrise.data.store.values import SLICE_OF, Layout, Part
from allrise.data.store.years import with_clusters
from allrise.data.tables import TABLES

#: Tables whose rows name their cluster.
_OWNED = ("clusters", "memberships", "survey", "commitments", "stages")
#: Small tables that every slice reads whole (``contexts``: those of its country).
_REFERENCE = ("measures", "items", "contexts")
#: The columns that queries ask for, by table.
_ASKED: dict[str, tuple[str, ...]] = {
    "clusters": ("cluster_id", "name", "country"),
    "schools": ("school_id", "name"),
    "memberships": ("school_id", "cluster_id", "joined_on", "left_on"),
    "ties": ("from_id", "to_id"),
    "reviews": ("reviewer_id", "reviewed_id", "level"),
    "dialogue_sessions": ("session_id", "cluster_id"),
}

Progress = Callable[[str, float], None]


class Preparation:
    """Writes the tables of one data folder into ``folder``.

    Parameters
    ----------
    folder
        An empty folder; nothing outside it is written.
    tables
        What passed screening, by name, with dictionaries as columns. Each is let go once it is written.
    memory_limit
        What duckdb may use before it works on disk.
    """

    def __init__(self, folder: Path, tables: Mapping[str, pa.Table], *, memory_limit: str = "512MB") -> None:
        self.folder = folder
        self.layouts: dict[str, Layout] = {}
        self._tables = dict(tables)
        self._rows = {name: table.num_rows for name, table in tables.items()}
        self._columns = {name: tuple(table.column_names) for name, table in tables.items()}
        self._periods = present(self._tables["outcomes"], "time_period") if "outcomes" in tables else ()
        self._con = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": str(folder / "spill"),
                "preserve_insertion_order": False,
            }
        )
        for name, columns in _ASKED.items():
            if name in tables:
                self._con.register(name, plain(tables[name], [c for c in columns if c in tables[name].column_names]))
        (folder / "whole").mkdir()
        (folder / "sliced").mkdir()

    def close(self) -> None:
        self._con.close()

    def run(self, progress: Progress) -> None:
        """Write every table and fill :attr:`layouts`."""
        self._spells()
        steps: list[tuple[str, Callable[[Callable[[float], None]], None]]] = [
            (name, lambda done, n=name: self._owned(n, done)) for name in _OWNED
        ]
        steps += [(name, lambda _, n=name: self._reference(n)) for name in _REFERENCE]
        steps += [("schools", lambda _: self._schools()), ("outcomes", self._outcomes)]
        steps += [("ties", lambda _: self._ties()), ("reviews", lambda _: self._reviews())]
        steps += [(n, lambda _, n=n: self._dialogue(n)) for n in sorted(self._columns) if n.startswith("dialogue_")]
        every, before = max(1, sum(self._rows.values())), 0
        self._others()
        for name, step in steps:
            if name in self._columns:
                rows = self._rows[name]
                said = f"Preparing {name}"
                progress(said, before / every)
                step(lambda share, a=before, r=rows, said=said: progress(said, (a + share * r) / every))
                before += rows
                self._tables.pop(name, None)

    def periods(self) -> tuple[int, ...]:
        """Return the school years of the outcomes, in order."""
        return self._periods

    def _spells(self) -> None:
        """Make the tables of who was in which cluster: ever, now, and in each school year of the outcomes.

        A year counts for the cluster the school was in on the membership day of the country's profile.
        """
        self._con.execute("CREATE TABLE ever AS SELECT DISTINCT school_id, cluster_id FROM memberships")
        self._con.execute(
            """CREATE TABLE now AS SELECT school_id, arg_max(cluster_id, since) AS cluster_id FROM (
                 SELECT school_id, cluster_id, (left_on IS NULL, coalesce(joined_on, TIMESTAMP '0001-01-01'), cluster_id) AS since
                 FROM memberships) GROUP BY school_id"""
        )
        countries = [row[0] for row in self._con.sql("SELECT DISTINCT country FROM clusters").fetchall()]
        days = [
            {"country": country, "time_period": period, "day": pd.Timestamp(profile(country).membership_day(period))}
            for country in countries
            for period in self._periods
        ]
        schema = pa.schema([("country", pa.string()), ("time_period", pa.int64()), ("day", pa.timestamp("us"))])
        self._con.register("days", pa.Table.from_pylist(days, schema=schema))
        self._con.execute(
            """CREATE TABLE in_year AS
               SELECT DISTINCT m.school_id, d.time_period, m.cluster_id
               FROM memberships m JOIN clusters c USING (cluster_id) JOIN days d USING (country)
               WHERE (m.joined_on IS NULL OR m.joined_on <= d.day) AND (m.left_on IS NULL OR m.left_on > d.day)"""
        )

    def _owned(self, name: str, done: Callable[[float], None] = lambda _share: None) -> None:
        parts = self._write("whole", name, self._tables[name], self._order(name), by="cluster_id", done=done)
        self.layouts[name] = Layout(self._rows[name], parts, parts)

    def _reference(self, name: str) -> None:
        parts = self._write("whole", name, self._tables[name], self._order(name))
        self.layouts[name] = Layout(self._rows[name], parts, ())

    def _schools(self) -> None:
        self._both("schools", "SELECT row, cluster_id FROM numbered JOIN ever USING (school_id)", ["school_id"])

    def _outcomes(self, done: Callable[[float], None]) -> None:
        table = self._tables.pop("outcomes")
        if "cluster_id" in table.column_names:  # a column of the file's own: the store's says it for every year
            table = table.drop_columns(["cluster_id"])
        table = with_clusters(table, self._asked("SELECT * FROM in_year ORDER BY ALL"))
        parts = self._write("whole", "outcomes", table, self._order("outcomes"), by="cluster_id", done=done)
        self.layouts["outcomes"] = Layout(self._rows["outcomes"], parts, parts, added=True)

    def _ties(self) -> None:
        ends = "SELECT row, cluster_id FROM numbered JOIN ever ON school_id"
        self._both("ties", f"{ends} = from_id UNION {ends} = to_id", ["from_id", "to_id"])

    def _reviews(self) -> None:
        ends = "SELECT row, cluster_id FROM numbered n JOIN end_of e ON e.level = n.level AND e.id"
        query = f"""WITH end_of AS (SELECT 'school' AS level, school_id AS id, cluster_id FROM ever
                                    UNION ALL SELECT 'cluster', cluster_id, cluster_id FROM clusters)
                    {ends} = n.reviewer_id UNION {ends} = n.reviewed_id"""
        self._both("reviews", query, ["level", "reviewer_id", "reviewed_id"])

    def _both(self, name: str, query: str, columns: list[str]) -> None:
        """Write a table whole, and again by cluster, each row once for every cluster that ``query`` gives it."""
        whole = self._write("whole", name, self._tables[name], self._order(name))
        parts = self._write("sliced", name, self._numbered(name, query, columns), self._order(name), by=SLICE_OF)
        self.layouts[name] = Layout(self._rows[name], whole, parts, SLICE_OF, added=True)

    def _dialogue(self, name: str) -> None:
        columns = self._columns[name]
        sessions = self._columns.get("dialogue_sessions", ())
        if "cluster_id" in columns:
            self._owned(name)
            whole = self.layouts[name].whole
            self.layouts[name] = Layout(self._rows[name], whole, whole, shared=True)
        elif "session_id" in columns and {"session_id", "cluster_id"} <= set(sessions):
            query = """SELECT row, cluster_id FROM numbered LEFT JOIN
                       (SELECT session_id, any_value(cluster_id) AS cluster_id FROM dialogue_sessions GROUP BY 1)
                       USING (session_id)"""
            table = self._numbered(name, query, ["session_id"])
            whole = self._write("whole", name, table, columns, by=SLICE_OF)
            self.layouts[name] = Layout(self._rows[name], whole, whole, SLICE_OF, added=True, shared=True)
        else:
            self._reference(name)

    def _others(self) -> None:
        """Write the names of the schools and clusters at the far end of a slice's ties and reviews."""
        ends: list[str] = []
        if "ties" in self._columns:
            ends.append("SELECT from_id AS a, to_id AS b FROM ties")
        if "reviews" in self._columns:
            ends.append("SELECT reviewer_id AS a, reviewed_id AS b FROM reviews WHERE level = 'school'")
        if not ends:
            return
        self._con.execute(f"CREATE TABLE pairs AS {' UNION '.join(ends)}")
        query = f"""
            SELECT s.school_id, s.name, n.cluster_id, c.name AS cluster_name, f.cluster_id AS {SLICE_OF}
            FROM (SELECT e.cluster_id, p.b AS school_id FROM pairs p JOIN ever e ON e.school_id = p.a
                  UNION SELECT e.cluster_id, p.a FROM pairs p JOIN ever e ON e.school_id = p.b) f
            ANTI JOIN ever own ON own.cluster_id = f.cluster_id AND own.school_id = f.school_id
            JOIN schools s USING (school_id) LEFT JOIN now n USING (school_id)
            LEFT JOIN clusters c ON c.cluster_id = n.cluster_id"""
        self._far("other_schools", query, "school_id")
        if "reviews" in self._columns:
            query = f"""
                SELECT c.cluster_id, c.name, f.slice_of AS {SLICE_OF}
                FROM (SELECT reviewer_id AS slice_of, reviewed_id AS cluster_id FROM reviews WHERE level = 'cluster'
                      UNION SELECT reviewed_id, reviewer_id FROM reviews WHERE level = 'cluster') f
                JOIN clusters c USING (cluster_id) WHERE f.slice_of <> f.cluster_id"""
            self._far("other_clusters", query, "cluster_id")

    def _far(self, name: str, query: str, key: str) -> None:
        parts = self._write("sliced", name, coded(self._asked(query)), (key,), by=SLICE_OF)
        self.layouts[name] = Layout(0, (), parts, SLICE_OF, added=True)

    def _order(self, name: str) -> tuple[str, ...]:
        """Return the table's key, then its other columns where the key does not decide the order."""
        columns = self._columns[name]
        key = tuple(c for c in TABLES[name].key if c in columns) if name in TABLES else ()
        return key or columns

    def _write(self, place: str, name: str, table: pa.Table, order: tuple[str, ...], **more: Any) -> tuple[Part, ...]:
        return write_sorted(self.folder / place, name, table, order, **more)

    def _numbered(self, name: str, query: str, columns: list[str]) -> pa.Table:
        """Return the rows that ``query`` names by ``row``, with the ``cluster_id`` it gives each as the slice's column.

        The query sees ``columns`` of the table, and ``row``, as ``numbered``.
        """
        table = self._tables[name]
        numbered = plain(table, columns).append_column("row", pa.array(np.arange(table.num_rows)))
        self._con.register("numbered", numbered)
        found = self._asked(query)
        self._con.unregister("numbered")
        chosen = table.take(found.column("row").combine_chunks())
        return chosen.append_column(SLICE_OF, coded(found.select(["cluster_id"])).column(0))

    def _asked(self, query: str) -> pa.Table:
        try:
            return self._con.sql(query).to_arrow_table().combine_chunks()
        except duckdb.IOException as error:  # a full disk, say: the same to a caller as the system's own error
            raise OSError(str(error)) from error
