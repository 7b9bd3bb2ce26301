"""The sources that can be imported, by name."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from allrise.data.importers.imported import Imported, Options
from allrise.errors import UnknownName

Read = Callable[[Sequence[Path], Options], Imported]


@dataclass(frozen=True, slots=True)
class Importer:
    """One source: its name, what it is, the options it takes, and the module whose ``read`` reads it."""

    name: str
    title: str
    options: tuple[str, ...]
    module: str

    def read(self, files: Sequence[Path], options: Options) -> Imported:
        """Return what the files hold.

        Raises
        ------
        UnreadableInput
            When a file is not what the source should be.
        InvalidData
            When a row cannot be understood.
        """
        read: Read = importlib.import_module(f"allrise.data.importers.{self.module}").read
        return read(files, options)


SOURCES: dict[str, Importer] = {
    source.name: source
    for source in (
        Importer(
            "england-ks2",
            "England: key stage 2 school tables, Department for Education",
            ("year", "min_schools", "clusters"),
            "england_ks2",
        ),
        Importer(
            "nz-directory", "New Zealand: directory of schools, Ministry of Education", ("dates",), "nz_directory"
        ),
        Importer("nsw-schools", "New South Wales: government schools, Department of Education", (), "nsw_schools"),
        Importer("ontario-schools", "Ontario: school information, Ministry of Education", ("year",), "ontario_schools"),
        Importer("tidy-csv", "Any long table, with a mapping that says what is what", ("mapping",), "tidy_csv"),
    )
}


def importer(name: str) -> Importer:
    """Return the importer of a source.

    Raises
    ------
    UnknownName
        With the sources that there are.
    """
    if name in SOURCES:
        return SOURCES[name]
    close = difflib.get_close_matches(name, SOURCES, n=1)
    mend = f"Did you mean {close[0]}?" if close else f"The sources are {', '.join(SOURCES)}."
    raise UnknownName(f"There is no source {name!r}.", mend)
