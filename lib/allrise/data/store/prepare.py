# ruff: noqa: S608 - names in the queries are our own, or quoted by `_quoted`; no text of a user is in them
"""Checked tables into sorted Parquet: the only part of the store that uses duckdb.

Every table is written sorted by cluster, so that a slice is a few neighbouring rows. Tables whose rows can
belong to several clusters (a school that moved, a tie between two clusters) are written a second time, once
for each cluster they belong to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from allrise.data.profiles import profile
from allrise.data.store.parquet import ROW_GROUP, from_pandas
from allrise.data.store.values import SLICE_OF, Layout
from allrise.data.tables import TABLES

#: Tables whose rows name their cluster.
_OWNED = ("clusters", "memberships", "survey", "commitments", "stages")
#: Small tables that every slice reads whole (``contexts``: those of its country).
_REFERENCE = ("measures", "items", "contexts")

Progress = Callable[[str, float], None]


def arrow_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pa.Table]:
    """Return the typed frames of a screening as Arrow tables, which duckdb reads in place."""
    return {name: from_pandas(TABLES[name].typed(frame) if name in TABLES else frame) for name, frame in tables.items()}


class Preparation:
    """Writes the tables of one data folder into ``folder``.

    Parameters
    ----------
    folder
        An empty folder; nothing outside it is written.
    tables
        What passed screening, by name; see :func:`arrow_tables`.
    memory_limit
        What duckdb may use before it sorts on disk.
    """

    def __init__(self, folder: Path, tables: Mapping[str, pa.Table], *, memory_limit: str = "512MB") -> None:
        self.folder = folder
        self.layouts: dict[str, Layout] = {}
        self._rows = {name: table.num_rows for name, table in tables.items()}
        spill = folder / "spill"
        self._con = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": min(4, os.cpu_count() or 1),
                "temp_directory": str(spill),
                "preserve_insertion_order": False,
            }
        )
        self._columns: dict[str, tuple[str, ...]] = {}
        for name, table in tables.items():
            self._columns[name] = tuple(table.column_names)
            self._con.register(name, table)
        (folder / "whole").mkdir()
        (folder / "sliced").mkdir()

    def close(self) -> None:
        self._con.close()

    def run(self, progress: Progress) -> None:
        """Write every table and fill :attr:`layouts`."""
        self._spells()
        steps: list[tuple[str, Callable[[], None]]] = [(name, lambda n=name: self._owned(n)) for name in _OWNED]
        steps += [(name, lambda n=name: self._reference(n)) for name in _REFERENCE]
        steps += [("schools", self._schools), ("outcomes", self._outcomes), ("ties", self._ties)]
        steps += [("reviews", self._reviews)]
        steps += [(n, lambda n=n: self._dialogue(n)) for n in sorted(self._columns) if n.startswith("dialogue_")]
        for place, (name, step) in enumerate(steps):
            if name in self._columns:
                progress(f"Preparing {name}", place / len(steps))
                step()
        self._others()

    def periods(self) -> tuple[int, ...]:
        """Return the school years of the outcomes, in order."""
        if "outcomes" not in self._columns:
            return ()
        rows = self._con.sql("SELECT DISTINCT time_period FROM outcomes WHERE time_period IS NOT NULL ORDER BY 1")
        return tuple(int(row[0]) for row in rows.fetchall())

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
            for period in self.periods()
        ]
        schema = pa.schema([("country", pa.string()), ("time_period", pa.int64()), ("day", pa.timestamp("us"))])
        self._con.register("days", pa.Table.from_pylist(days, schema=schema))
        self._con.execute(
            """CREATE TABLE in_year AS
               SELECT DISTINCT m.school_id, d.time_period, m.cluster_id
               FROM memberships m JOIN clusters c USING (cluster_id) JOIN days d USING (country)
               WHERE (m.joined_on IS NULL OR m.joined_on <= d.day) AND (m.left_on IS NULL OR m.left_on > d.day)"""
        )

    def _owned(self, name: str) -> None:
        file = self._copy(f"whole/{name}.parquet", f"SELECT * FROM {_quoted(name)}", "cluster_id", self._order(name))
        self.layouts[name] = Layout(self._rows[name], file, file)

    def _reference(self, name: str) -> None:
        file = self._copy(f"whole/{name}.parquet", f"SELECT * FROM {_quoted(name)}", None, self._order(name))
        self.layouts[name] = Layout(self._rows[name], file, None)

    def _schools(self) -> None:
        whole = self._copy("whole/schools.parquet", "SELECT * FROM schools", None, ("school_id",))
        sliced = self._copy(
            "sliced/schools.parquet",
            f"SELECT s.*, e.cluster_id AS {SLICE_OF} FROM schools s JOIN ever e USING (school_id)",
            SLICE_OF,
            ("school_id",),
        )
        self.layouts["schools"] = Layout(self._rows["schools"], whole, sliced, SLICE_OF, added=True)

    def _outcomes(self) -> None:
        given = ", ".join(_quoted(c) for c in self._columns["outcomes"] if c != "cluster_id")
        file = self._copy(
            "whole/outcomes.parquet",
            f"SELECT {given}, y.cluster_id FROM outcomes LEFT JOIN in_year y USING (school_id, time_period)",
            "cluster_id",
            self._order("outcomes"),
        )
        self.layouts["outcomes"] = Layout(self._rows["outcomes"], file, file, added=True)

    def _ties(self) -> None:
        whole = self._copy("whole/ties.parquet", "SELECT * FROM ties", None, self._order("ties"))
        sliced = self._copy(
            "sliced/ties.parquet",
            f"""SELECT t.*, e.cluster_id AS {SLICE_OF} FROM ties t JOIN ever e ON e.school_id = t.from_id
                UNION
                SELECT t.*, e.cluster_id AS {SLICE_OF} FROM ties t JOIN ever e ON e.school_id = t.to_id""",
            SLICE_OF,
            self._order("ties"),
        )
        self.layouts["ties"] = Layout(self._rows["ties"], whole, sliced, SLICE_OF, added=True)

    def _reviews(self) -> None:
        whole = self._copy("whole/reviews.parquet", "SELECT * FROM reviews", None, self._order("reviews"))
        sliced = self._copy(
            "sliced/reviews.parquet",
            f"""WITH end_of AS (SELECT 'school' AS level, school_id AS id, cluster_id FROM ever
                                UNION ALL SELECT 'cluster', cluster_id, cluster_id FROM clusters)
                SELECT r.*, e.cluster_id AS {SLICE_OF} FROM reviews r
                JOIN end_of e ON e.level = r.level AND e.id = r.reviewer_id
                UNION
                SELECT r.*, e.cluster_id AS {SLICE_OF} FROM reviews r
                JOIN end_of e ON e.level = r.level AND e.id = r.reviewed_id""",
            SLICE_OF,
            self._order("reviews"),
        )
        self.layouts["reviews"] = Layout(self._rows["reviews"], whole, sliced, SLICE_OF, added=True)

    def _dialogue(self, name: str) -> None:
        columns = self._columns[name]
        sessions = self._columns.get("dialogue_sessions", ())
        if "cluster_id" in columns:
            self._owned(name)
            whole = self.layouts[name].whole
            self.layouts[name] = Layout(self._rows[name], whole, whole, shared=True)
        elif "session_id" in columns and {"session_id", "cluster_id"} <= set(sessions):
            whole = self._copy(
                f"whole/{name}.parquet",
                f"SELECT t.*, s.cluster_id AS {SLICE_OF} FROM {_quoted(name)} t LEFT JOIN "
                "(SELECT session_id, any_value(cluster_id) AS cluster_id FROM dialogue_sessions GROUP BY 1) s "
                "USING (session_id)",
                SLICE_OF,
                columns,
            )
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
        file = self._copy("sliced/other_schools.parquet", query, SLICE_OF, ("school_id",))
        self.layouts["other_schools"] = Layout(0, None, file, SLICE_OF, added=True)
        if "reviews" in self._columns:
            query = f"""
                SELECT c.cluster_id, c.name, f.slice_of AS {SLICE_OF}
                FROM (SELECT reviewer_id AS slice_of, reviewed_id AS cluster_id FROM reviews WHERE level = 'cluster'
                      UNION SELECT reviewed_id, reviewer_id FROM reviews WHERE level = 'cluster') f
                JOIN clusters c USING (cluster_id) WHERE f.slice_of <> f.cluster_id"""
            file = self._copy("sliced/other_clusters.parquet", query, SLICE_OF, ("cluster_id",))
            self.layouts["other_clusters"] = Layout(0, None, file, SLICE_OF, added=True)

    def _order(self, name: str) -> tuple[str, ...]:
        """Return the table's key, then its other columns where the key does not decide the order."""
        columns = self._columns[name]
        key = tuple(c for c in TABLES[name].key if c in columns) if name in TABLES else ()
        return key or columns

    def _copy(self, file: str, query: str, by: str | None, order: tuple[str, ...]) -> str:
        sort = ", ".join(f"{_quoted(c)} NULLS LAST" for c in ([by] if by else []) + [c for c in order if c != by])
        target = str(self.folder / file).replace("'", "''")
        try:
            self._con.execute(
                f"COPY (SELECT * FROM ({query}) ORDER BY {sort}) TO '{target}' "
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )
        except duckdb.IOException as error:  # a full disk, say: the same to a caller as the system's own error
            raise OSError(str(error)) from error
        return file


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
