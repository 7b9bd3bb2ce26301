"""What a data folder says of itself, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DESCRIPTOR = "datapackage.json"

FileFormat = Literal["csv", "parquet", "xlsx"]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its short name (``OGL-UK-3.0``), its title for readers and where it is published."""

    name: str
    title: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where data came from: a title for readers, an address or file, and a version or date."""

    title: str
    path: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something a reader must know; ``table`` is blank when it is about the whole folder."""

    text: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a data folder when it is written.

    Attributes
    ----------
    name
        Lower-case name of the data set; letters, digits, ``-``, ``_`` and ``.`` only (others become ``-``).
    title, description
        For readers.
    licences, sources, caveats
        Under what, from where, and what a reader must know.
    synthetic
        Whether the data are made up.
    profile
        Id of the country profile to use, when it does not follow from the clusters' country.
    """

    name: str
    title: str
    licences: tuple[Licence, ...] = ()
    sources: tuple[Source, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    description: str = ""
    synthetic: bool = False
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One table of a folder: its file (relative to the folder) and the types its descriptor claims.

    ``fields`` is ``None`` when the descriptor has no schema for it (or there is no descriptor), else
    ``(column, type)`` in order. ``optional_fields`` is true when the schema says that columns may be absent.
    ``missing`` are the texts that the schema says stand for a missing value, besides the blank.
    """

    name: str
    path: str
    format: FileFormat
    fields: tuple[tuple[str, str], ...] | None = None
    optional_fields: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a folder says of itself; ``present`` is false when it has no ``datapackage.json``."""

    name: str
    title: str
    licences: tuple[Licence, ...] = ()
    sources: tuple[Source, ...] = ()
    resources: tuple[Resource, ...] = ()
    synthetic: bool = False
    caveats: tuple[Caveat, ...] = ()
    description: str = ""
    profile: str = ""
    present: bool = True

    def caveats_of(self, table: str) -> tuple[str, ...]:
        """Return the texts about ``table`` and about the whole folder."""
        return tuple(c.text for c in self.caveats if c.table in ("", table))
