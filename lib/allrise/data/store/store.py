"""A prepared store: whole tables for the system, slices for clusters, and tables computed once from both."""

from __future__ import annotations

import collections
import difflib
import functools
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from allrise.data.package import Caveat, Licence, Source
from allrise.data.store.lock import locked
from allrise.data.store.parquet import ROW_GROUP, read_cluster, read_whole, to_pandas
from allrise.data.store.reads import (
    EVERYTHING,
    Note,
    Read,
    digest_of_arrow,
    digest_of_frame,
    digest_of_value,
    matching,
    noted,
)
from allrise.data.store.slices import Slice, SliceTables, about_country, cluster_of, empty_table
from allrise.data.store.values import SCHEMA, SLICE_OF, Contents, Input, Layout
from allrise.errors import UnknownName, UnreadableInput
from allrise.whole import replaced

if TYPE_CHECKING:
    from allrise.data.screening import Finding, Group

T = TypeVar("T")

#: The file that makes a folder a prepared store; it is written last.
CONTENTS = "store.json"
WARNINGS = "warnings.json"


class Store:
    """A prepared data folder; opening one reads a small JSON file and nothing else.

    Parameters
    ----------
    path
        Folder of the prepared store. :func:`allrise.data.store.open_store` finds or makes it.
    note
        Is told of everything that is read of it, see :mod:`allrise.data.store.reads`.

    Raises
    ------
    UnreadableInput
        When the folder is not a prepared store, or another version of the kit made it.
    """

    def __init__(self, path: Path, note: Note | None = None) -> None:
        self._path = path.absolute()
        self._note = note
        try:
            value = json.loads((path / CONTENTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnreadableInput(f"{path} is not a prepared store: {error}", "Open the data folder instead.") from None
        if value.get("schema") != SCHEMA:
            raise UnreadableInput(
                f"{path} was prepared by another version of the kit", "Open the data folder: it is prepared anew."
            )
        self._contents = Contents.from_json(value)

    @property
    def path(self) -> Path:
        """Folder of the prepared store."""
        self._everything()
        return self._path

    @property
    def fingerprint(self) -> str:
        """Content address: the sha256 of the folder's file names and contents and of the preparing code."""
        self._everything()
        return self._contents.fingerprint

    @property
    def title(self) -> str:
        return self._said("title", self._contents.title)

    @property
    def synthetic(self) -> bool:
        """Whether the data are invented."""
        return self._said("synthetic", self._contents.synthetic)

    @property
    def licences(self) -> tuple[Licence, ...]:
        self._said("licences", [asdict(x) for x in self._contents.licences])
        return self._contents.licences

    @property
    def sources(self) -> tuple[Source, ...]:
        self._said("sources", [asdict(x) for x in self._contents.sources])
        return self._contents.sources

    @property
    def caveats(self) -> tuple[Caveat, ...]:
        self._said("caveats", [asdict(x) for x in self._contents.caveats])
        return self._contents.caveats

    @property
    def inputs(self) -> tuple[Input, ...]:
        self._everything()  # the hashes of all files
        return self._contents.inputs

    @functools.cached_property
    def warning_groups(self) -> tuple[Group, ...]:
        """What screening found that does not stop the work, by rule, file and column, with true counts."""
        from allrise.data.screening import Finding, Group

        self._everything()
        groups: list[dict[str, Any]] = json.loads((self._path / WARNINGS).read_text(encoding="utf-8"))
        for group in groups:
            group["findings"] = tuple(Finding(**finding) for finding in group["findings"])
        return tuple(Group(**group) for group in groups)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Every listed finding of :attr:`warning_groups`: at most 500 of a group."""
        return tuple(finding for group in self.warning_groups for finding in group.findings)

    def marked(self, name: str) -> bool:
        """Return whether the store's folder has a file of this name, as those of other rooms put one there."""
        return self._said("marked", (self._path / name).is_file(), name)

    def clusters(self) -> pd.DataFrame:
        """Return ``clusters`` with ``n_schools``: schools whose membership has not ended."""
        return noted(self._note, ("clusters",), self._clusters, digest_of_frame)

    def _clusters(self) -> pd.DataFrame:
        clusters = self._table("clusters", None)
        spells = self._table("memberships", ["school_id", "cluster_id", "left_on"])
        current = {
            (school, cluster)
            for school, cluster, lasts in zip(
                spells["school_id"], spells["cluster_id"], spells["left_on"].isna(), strict=True
            )
            if lasts
        }
        counts = collections.Counter(cluster for _, cluster in current)
        clusters["n_schools"] = pd.Series([counts[c] for c in clusters["cluster_id"]], dtype="Int64")
        return clusters

    def has(self, table: str) -> bool:
        """Return whether the data folder has the table, with at least one row."""
        layout = self._contents.layouts.get(table)
        return self._said("has", layout is not None and layout.rows > 0, table)

    def rows(self, table: str) -> int:
        """Return how many rows the table has, reading none of them; 0 when the data folder does not have it."""
        layout = self._contents.layouts.get(table)
        return self._said("rows", 0 if layout is None else layout.rows, table)

    def table(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        among: Mapping[str, Sequence[str]] | None = None,
    ) -> pd.DataFrame:
        """Return a whole table, typed; without rows when the data folder does not have it.

        ``columns`` are those wanted, and ``among`` keeps the rows in which each column has one of the values: a table
        of a large system is never in memory whole.

        ``outcomes`` has one column more than the file: ``cluster_id``, the cluster its school was in that year
        (blank: in none). Rows are sorted by cluster, then by the table's key.

        Raises
        ------
        UnknownName
            When the kit knows no such table, or the table has no such column.
        """
        chosen = None if columns is None else list(columns)
        kept = {column: list(values) for column, values in (among or {}).items()}
        read: Read = ("table", name, chosen, kept) if kept else ("table", name, chosen)
        return noted(self._note, read, lambda: self._table(name, chosen, kept), digest_of_frame)

    def _table(
        self, name: str, columns: Sequence[str] | None, among: Mapping[str, Sequence[str]] | None = None
    ) -> pd.DataFrame:
        layout = self._contents.layouts.get(name)
        if layout is None or not layout.whole:
            empty = empty_table(name)
            return empty if columns is None else empty.loc[:, list(columns)]
        if columns is not None or among:
            there = pq.read_schema(self._path / layout.whole[0].file).names
            if unknown := [c for c in (*(columns or ()), *(among or ())) if c not in there]:
                raise UnknownName(f"{name} has no column {unknown[0]!r}", f"Its columns are {', '.join(there)}.")
        table = self._whole(layout, columns, among)
        return to_pandas(table.drop_columns([SLICE_OF]) if SLICE_OF in table.column_names else table)

    def slice(self, cluster_id: str) -> Slice:
        """Return everything about one cluster, reading only its rows.

        Raises
        ------
        UnknownName
            When there is no such cluster, with those that look like it.
        """
        row = noted(self._note, ("cluster", cluster_id), lambda: self._row_of(cluster_id), digest_of_arrow)
        cluster = cluster_of(row)

        def read(name: str) -> pa.Table:
            if self._contents.layouts[name].sliced:
                return self._rows(name, cluster_id)
            table = self._whole(self._contents.layouts[name])
            return about_country(table, cluster.country) if name == "contexts" else table

        names = [name for name in self._contents.layouts if name != "clusters"]
        return Slice(cluster, SliceTables(names, read, note=self._note, cluster_id=cluster_id))

    def periods(self) -> tuple[int, ...]:
        """Return the school years that have outcomes, in order."""
        self._said("periods", list(self._contents.periods))
        return self._contents.periods

    def derived(
        self,
        name: str,
        build: Callable[[Store], pd.DataFrame],
        *,
        version: str,
        where: Mapping[str, str | int] | None = None,
    ) -> pd.DataFrame:
        """Return a table computed from this store, computing it only the first time, whoever asks.

        Parameters
        ----------
        name
            Letters, digits and ``_``.
        build
            Computes the table; called by one process at a time, and only when no table of this version is
            there. A ``cluster_id`` column makes it sorted by cluster, for :meth:`derived_slice`.
        version
            Of the method and its parameters: a table of another version is never returned.
        where
            Only rows in which these columns have these values; a column that the table does not have is not heeded.
            Of one ``cluster_id``, the others' rows are not read.
        """
        chosen = dict(where or {})
        read = ("derived", name, version, chosen)
        return noted(self._note, read, lambda: self._derived(name, build, version, chosen), digest_of_frame)

    def _derived(
        self, name: str, build: Callable[[Store], pd.DataFrame], version: str, where: Mapping[str, str | int]
    ) -> pd.DataFrame:
        # What the table is computed from is no reading of whoever asks for it: another time it is there already.
        unnoted = self if self._note is None else Store(self._path)
        path = self._derived_path(name, version)
        if not path.exists():
            if not _can_write(path.parent):
                return matching(build(unnoted), where)  # a store that belongs to somebody else
            with locked(path.with_name(f"{name}.lock")):
                if not path.exists():
                    _write_derived(path, build(unnoted))
        if "cluster_id" in where and "cluster_id" in pq.read_schema(path).names:
            rows = read_cluster(path, "cluster_id", str(where["cluster_id"]))
        else:
            rows = read_whole(path)
        return matching(rows.to_pandas(use_threads=False), where)

    def derived_slice(self, name: str, cluster_id: str, *, version: str | None = None) -> pd.DataFrame:
        """Return one cluster's rows of a table that :meth:`derived` computed.

        Parameters
        ----------
        version
            Default: the version written last.

        Raises
        ------
        UnknownName
            When it was not computed yet, or has no ``cluster_id``.
        """
        self._everything()  # whether it was computed is no matter of the data
        if version is not None:
            path = self._derived_path(name, version)
        else:
            found = sorted((self._path / "derived").glob(f"{name}@*.parquet"), key=lambda p: p.stat().st_mtime_ns)
            path = found[-1] if found else self._derived_path(name, "")
        if not path.exists():
            raise UnknownName(f"The table {name!r} was not computed for this store", "Compute it with Store.derived.")
        if "cluster_id" not in pq.read_schema(path).names:
            raise UnknownName(f"The table {name!r} has no cluster_id", "Read it whole with Store.derived.")
        return read_cluster(path, "cluster_id", cluster_id).to_pandas(use_threads=False)

    def _everything(self) -> None:
        if self._note is not None:
            self._note(EVERYTHING, self._contents.fingerprint)

    def _said(self, kind: str, answer: T, *about: str) -> T:
        if self._note is not None:
            self._note((kind, *about), digest_of_value(answer))
        return answer

    def _row_of(self, cluster_id: str) -> pa.Table:
        row = self._rows("clusters", cluster_id)
        if row.num_rows == 0:
            raise self._unknown_cluster(cluster_id)
        return row

    def _rows(self, name: str, cluster_id: str) -> pa.Table:
        layout: Layout = self._contents.layouts[name]
        asked = (cluster_id, None) if layout.shared else (cluster_id,)
        found = [
            read_cluster(self._path / part.file, layout.by, cluster)
            for cluster in asked
            for part in layout.sliced
            if part.may_hold(cluster)
        ]
        found = found or [pq.read_schema(self._path / layout.sliced[0].file).empty_table()]
        rows = pa.concat_tables(found).combine_chunks() if len(found) > 1 else found[0]
        return rows.drop_columns([layout.by]) if layout.added else rows

    def _whole(
        self, layout: Layout, columns: Sequence[str] | None = None, among: Mapping[str, Sequence[str]] | None = None
    ) -> pa.Table:
        return pa.concat_tables([read_whole(self._path / part.file, columns, among) for part in layout.whole])

    def _unknown_cluster(self, cluster_id: str) -> UnknownName:
        clusters = self._table("clusters", ["cluster_id", "name"])
        ids = dict(zip(clusters["cluster_id"], clusters["name"], strict=True))
        folded = {**{name.casefold(): i for i, name in ids.items()}, **{i.casefold(): i for i in ids}}
        close = difflib.get_close_matches(str(cluster_id).casefold(), folded, n=3, cutoff=0.5)
        near = list(dict.fromkeys(folded[c] for c in close))
        shown = near or sorted(ids)[:5]
        words = ", ".join(f"{i} ({ids[i]})" for i in shown)
        lead = "Did you mean" if near else f"The store has {len(ids)} clusters, for example"
        return UnknownName(f"There is no cluster {cluster_id!r}", f"{lead} {words}{'?' if near else '.'}")

    def _derived_path(self, name: str, version: str) -> Path:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is not a name for a derived table")
        return self._path / "derived" / f"{name}@{re.sub(r'[^A-Za-z0-9._-]+', '-', version)}.parquet"


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _write_derived(path: Path, frame: pd.DataFrame) -> None:
    if "cluster_id" in frame:
        frame = frame.sort_values("cluster_id", kind="stable", ignore_index=True)
    with replaced(path) as part:
        # pandas' remarks in the schema bring every dtype back as it was
        pq.write_table(
            pa.Table.from_pandas(frame, preserve_index=False), part, row_group_size=ROW_GROUP, compression="zstd"
        )
