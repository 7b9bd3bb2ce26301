"""Everything about one cluster: what a pack, and nothing else, is made from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from allrise.data.store.parquet import from_pandas, to_pandas
from allrise.data.store.reads import Note, digest_of_arrow, digest_of_value
from allrise.data.store.values import Cluster
from allrise.data.tables import TABLES
from allrise.errors import UnknownName

#: Columns of the tables that only a slice has.
EXTRA: dict[str, tuple[str, ...]] = {
    "other_schools": ("school_id", "name", "cluster_id", "cluster_name"),
    "other_clusters": ("cluster_id", "name"),
}


@dataclass(frozen=True, slots=True)
class Slice:
    """One cluster's part of a store.

    Parameters
    ----------
    cluster
        The cluster itself.
    tables
        Frames by name, of the tables that the data folder has. ``outcomes`` holds the rows of schools that
        were in the cluster in that year; ``schools`` every school that was ever in it; ``memberships`` the
        spells in this cluster; ``ties`` and ``reviews`` those with one of its schools (or the cluster itself)
        at either end; ``other_schools`` (school_id, name, cluster_id, cluster_name) and ``other_clusters``
        (cluster_id, name) whoever stands at the far end; ``survey``, ``commitments``, ``stages`` the
        cluster's own rows; ``measures`` and ``items`` whole; ``contexts`` those of its country and those of
        several countries; ``dialogue_*`` its own rows and those of no cluster.
    """

    cluster: Cluster
    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    def has(self, name: str) -> bool:
        """Return whether the table is there and has a row about this cluster."""
        if isinstance(self.tables, SliceTables):
            return self.tables.has(name)
        return name in self.tables and len(self.tables[name]) > 0

    def table(self, name: str) -> pd.DataFrame:
        """Return a copy of a table: typed and without rows when the data folder does not have it.

        Raises
        ------
        UnknownName
            When the kit knows no such table.
        """
        found = self.tables.get(name)
        return empty_table(name) if found is None else found.copy(deep=False)  # pandas copies on write

    def key(self) -> str:
        """Return the sha256 of the slice's own content, for builds that only do what changed.

        It does not depend on other clusters, on the order of the source's rows, or on the store's fingerprint.
        """
        total = hashlib.sha256("\0".join(astuple(self.cluster)).encode())
        for name in sorted(self.tables):
            text = io.BytesIO()
            pyarrow.csv.write_csv(_arrow(self.tables, name), text)
            total.update(f"\0{name}\0".encode())
            total.update(text.getbuffer())
        return total.hexdigest()


class SliceTables(Mapping[str, pd.DataFrame]):
    """The tables of one slice, each read when it is first asked for: few chapters need them all.

    Parameters
    ----------
    names
        Tables that the store has.
    read
        Reads the cluster's rows of one.
    note
        Is told of every reading; ``None`` when nobody wants to know.
    cluster_id
        For the notes.
    """

    def __init__(
        self,
        names: Iterable[str],
        read: Callable[[str], pa.Table],
        *,
        note: Note | None = None,
        cluster_id: str = "",
    ) -> None:
        self._names = tuple(names)
        self._read = read
        self._note = note
        self._cluster_id = cluster_id
        self._arrow: dict[str, pa.Table] = {}
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = to_pandas(self.arrow(name))
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        self._said("slice_tables", "", list(self._names))
        return iter(self._names)

    def __len__(self) -> int:
        self._said("slice_tables", "", list(self._names))
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        self._said("slice_holds", str(name), name in self._names)
        return name in self._names

    def __reduce__(self) -> tuple[type[dict[str, pd.DataFrame]], tuple[dict[str, pd.DataFrame]]]:
        """Travel to another process as the frames themselves: the store may not be there."""
        return dict, (dict(self),)

    def has(self, name: str) -> bool:
        """Return whether the table is there and has a row."""
        there = name in self._names and self._fetched(name).num_rows > 0
        self._said("slice_has", name, there)
        return there

    def arrow(self, name: str) -> pa.Table:
        """Return a table as it was read."""
        if name not in self._names:
            self._said("slice", name, None)
            raise KeyError(name)
        table = self._fetched(name)
        if self._note is not None:
            self._note(("slice", self._cluster_id, name), digest_of_arrow(table))
        return table

    def _fetched(self, name: str) -> pa.Table:
        if name not in self._arrow:
            self._arrow[name] = self._read(name)
        return self._arrow[name]

    def _said(self, kind: str, name: str, answer: object) -> None:
        if self._note is not None:
            self._note((kind, self._cluster_id, name), digest_of_value(answer))


def _arrow(tables: Mapping[str, pd.DataFrame], name: str) -> pa.Table:
    return tables.arrow(name) if isinstance(tables, SliceTables) else from_pandas(tables[name])


def empty_table(name: str) -> pd.DataFrame:
    """Return the typed empty frame of a table that the kit knows.

    Raises
    ------
    UnknownName
        With the tables that there are.
    """
    if name in TABLES:
        return TABLES[name].empty()
    if name in EXTRA:
        return pd.DataFrame({column: pd.Series([], dtype="str") for column in EXTRA[name]})
    if name.startswith("dialogue_"):
        return pd.DataFrame()
    raise UnknownName(f"There is no table {name!r}", f"The tables are {', '.join([*TABLES, *EXTRA])}.")


def about_country(contexts: pa.Table, country: str) -> pa.Table:
    """Return the facts about a country and those about several countries (blank)."""
    of = contexts.column("country").to_pylist()
    return contexts.filter(pa.array([c is None or c == country for c in of], pa.bool_()))


def cluster_of(row: pa.Table) -> Cluster:
    """Return the cluster that the one row of ``row`` describes."""
    values = row.slice(0, 1).to_pylist()[0]
    formed = values.get("formed_on")

    def text(name: str) -> str:
        value = values.get(name)
        return "" if value is None else str(value)

    return Cluster(
        cluster_id=text("cluster_id"),
        name=text("name"),
        country=text("country"),
        region=text("region"),
        kind=text("kind"),
        formed_on="" if formed is None else formed.date().isoformat(),
        purpose=text("purpose"),
        enquiry_question=text("enquiry_question"),
    )
