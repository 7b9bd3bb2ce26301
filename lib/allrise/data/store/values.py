"""What a store says about itself: small frozen values with a JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from allrise.data.package import Caveat, Licence, Source

#: Which prepared folders this version can read.
SCHEMA = 2

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
class Part:
    """One file of a table: a run of its rows in order.

    Parameters
    ----------
    file
        Path in the store.
    first, last
        The least and greatest cluster of its rows, in the order of their UTF-8 bytes; ``None`` when it has rows of
        no cluster only, or is not sorted by cluster.
    blank
        Whether it has rows of no cluster.
    """

    file: str
    first: str | None = None
    last: str | None = None
    blank: bool = False

    def may_hold(self, cluster_id: str | None) -> bool:
        """Return whether rows of the cluster (``None``: of no cluster) can be here."""
        if cluster_id is None:
            return self.blank
        return self.first is not None and self.last is not None and self.first <= cluster_id <= self.last


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one table stands in a prepared store, and how its slice is found.

    Parameters
    ----------
    rows
        Rows of the whole table.
    whole
        Files that make the whole table one after the other; none for a table that exists only as slices.
    sliced
        Files sorted by ``by``, with no cluster in two of them; may be the same files. None: the whole table belongs
        to every slice.
    by
        Column of ``sliced`` that holds the cluster.
    added
        ``by`` is the store's own column, and is taken away from a slice.
    shared
        Rows with a blank cluster belong to every slice.
    """

    rows: int
    whole: tuple[Part, ...]
    sliced: tuple[Part, ...]
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
            layouts={name: _layout(x) for name, x in value["layouts"].items()},
        )


def _layout(value: Mapping[str, Any]) -> Layout:
    whole, sliced = (tuple(Part(**part) for part in value[key]) for key in ("whole", "sliced"))
    return Layout(
        rows=value["rows"],
        whole=whole,
        sliced=sliced,
        by=value["by"],
        added=value["added"],
        shared=value["shared"],
    )
