"""What a store says about itself: small frozen values with a JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from allrise.data.package import Caveat, Licence, Source

#: Which prepared folders this version can read.
SCHEMA = 1

#: The column that says which cluster's slice a row belongs to, where the table has no ``cluster_id`` of its own.
SLICE_OF = "_slice_of"


@dataclass(frozen=True, slots=True)
class Input:
    """One file of the data folder: its name, the sha256 of its bytes, and the rows it gave."""

    file: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """One row of ``clusters``; dates are ISO text, and what is not known is an empty string."""

    cluster_id: str
    name: str
    country: str
    region: str = ""
    kind: str = ""
    formed_on: str = ""
    purpose: str = ""
    enquiry_question: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one table stands in a prepared store, and how its slice is found.

    Parameters
    ----------
    rows
        Rows of the whole table.
    whole
        File with the whole table, or ``None`` for a table that exists only as slices.
    sliced
        File sorted by ``by``; may be the same file. ``None``: the whole table belongs to every slice.
    by
        Column of ``sliced`` that holds the cluster.
    added
        ``by`` is the store's own column, and is taken away from a slice.
    shared
        Rows with a blank cluster belong to every slice.
    """

    rows: int
    whole: str | None
    sliced: str | None
    by: str = "cluster_id"
    added: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """The whole of ``store.json``."""

    fingerprint: str
    title: str
    synthetic: bool
    licences: tuple[Licence, ...]
    sources: tuple[Source, ...]
    caveats: tuple[Caveat, ...]
    inputs: tuple[Input, ...]
    periods: tuple[int, ...]
    layouts: Mapping[str, Layout]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values; the inverse of :meth:`from_json`."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Contents:
        """Return the contents that :meth:`as_json` wrote."""
        return cls(
            fingerprint=value["fingerprint"],
            title=value["title"],
            synthetic=value["synthetic"],
            licences=tuple(Licence(**x) for x in value["licences"]),
            sources=tuple(Source(**x) for x in value["sources"]),
            caveats=tuple(Caveat(**c) for c in value["caveats"]),
            inputs=tuple(Input(**i) for i in value["inputs"]),
            periods=tuple(value["periods"]),
            layouts={name: Layout(**x) for name, x in value["layouts"].items()},
        )
