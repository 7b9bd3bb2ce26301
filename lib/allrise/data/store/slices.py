"""Everything about one cluster: what a pack, and nothing else, is made from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from allrise.data.store.parquet import from_pandas
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
    store
        Fingerprint of the store it was read from.
    """

    cluster: Cluster
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    store: str

    def has(self, name: str) -> bool:
        """Return whether the table is there and has a row about this cluster."""
        return name in self.tables and len(self.tables[name]) > 0

    def table(self, name: str) -> pd.DataFrame:
        """Return a table: typed and without rows when the data folder does not have it.

        Raises
        ------
        UnknownName
            When the kit knows no such table.
        """
        found = self.tables.get(name)
        return empty_table(name) if found is None else found

    def key(self) -> str:
        """Return the sha256 of the slice's own content, for builds that only do what changed.

        It does not depend on other clusters, on the order of the source's rows, or on the store's fingerprint.
        """
        total = hashlib.sha256("\0".join(astuple(self.cluster)).encode())
        for name in sorted(self.tables):
            text = io.BytesIO()
            pyarrow.csv.write_csv(from_pandas(self.tables[name]).replace_schema_metadata(None), text)
            total.update(f"\0{name}\0".encode())
            total.update(text.getbuffer())
        return total.hexdigest()


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
