"""What screening finds, and the ledger in which it is written down while a folder is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from allrise.data.screening.catalogue import RULES, SEVERITIES, Severity

if TYPE_CHECKING:
    import pyarrow as pa

    from allrise.data.package import Descriptor
    from allrise.data.screening.checked import Tables

#: Of one rule in one file and column, so many findings are listed; all are counted.
LISTED = 500
#: Longer values are cut in a finding.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule.

    Parameters
    ----------
    rule, severity
        Id and severity of the rule.
    table, file
        The table and the file it came from (``book.xlsx [schools]`` for a sheet); blank for the whole folder.
    row
        Line of the file as a person sees it, counted from 1 with the header; ``None`` for a whole file or column.
    column, value
        The column's name and the cell as written, when it is about a cell.
    what
        What is wrong.
    mend
        What to do.
    read_as
        What the value was taken to be when it was repaired, else ``None``.
    """

    rule: str
    severity: Severity
    table: str
    file: str
    row: int | None
    column: str | None
    value: str | None
    what: str
    mend: str
    read_as: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one rule in one file and column: ``count`` of them, of which ``findings`` are listed."""

    rule: str
    severity: Severity
    table: str
    file: str
    column: str | None
    count: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read, for manifests. ``rows`` counts the rows of its table or tables that were kept."""

    file: str
    tables: tuple[str, ...]
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Screening:
    """A screened folder.

    Parameters
    ----------
    tables
        Typed frames by table name, each with every column of its table (``Table.typed``) and the file's own columns
        after them as text. Cells that could not be read are missing. Made when first asked for.
    groups
        Findings by rule, file and column, worst first.
    descriptor
        What the folder says of itself.
    inputs
        The files read.
    """

    tables: Tables
    groups: tuple[Group, ...]
    descriptor: Descriptor
    inputs: tuple[InputFile, ...]

    def take_arrow(self) -> dict[str, pa.Table]:
        """Return every table, typed as in ``tables``, with Arrow dictionaries as columns, and let go of them.

        This takes as little memory as screening itself: no row is made into values.
        """
        return self.tables.take_arrow()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every listed finding, worst first; ``groups`` has the true counts."""
        return tuple(f for g in self.groups for f in g.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings of ``severity`` there are, listed or not."""
        return sum(g.count for g in self.groups if g.severity == severity)

    @property
    def usable(self) -> bool:
        """Whether there is no error."""
        return not any(g.severity == "error" for g in self.groups)


@dataclass(frozen=True, slots=True)
class Place:
    """The table and file that findings are about."""

    table: str
    file: str


FOLDER = Place("", "")


def shown(value: str) -> str:
    """Return ``value`` cut to what a finding shows."""
    return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"


@dataclass(slots=True)
class _Open:
    count: int = 0
    findings: list[Finding] = field(default_factory=list)


class Ledger:
    """Collects findings; keeps the first :data:`LISTED` of each kind and counts all."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str, str | None], _Open] = {}

    def add(
        self,
        rule: str,
        place: Place,
        what: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        mend: str = "",
        read_as: str | None = None,
    ) -> None:
        """Write one finding down; the rule's own mend is used when ``mend`` is blank."""
        found = self._group(rule, place, column)
        found.count += 1
        if len(found.findings) < LISTED:
            found.findings.append(
                Finding(
                    rule,
                    RULES[rule].severity,
                    place.table,
                    place.file,
                    row,
                    column,
                    None if value is None else shown(value),
                    what,
                    mend or RULES[rule].mend,
                    read_as,
                )
            )

    def rows(
        self,
        rule: str,
        place: Place,
        at: npt.NDArray[np.intp],
        write: Callable[[int], tuple[int, str | None, str, str, str | None]],
        *,
        column: str | None = None,
    ) -> None:
        """Write findings of many rows down.

        Parameters
        ----------
        at
            Positions of the rows; all are counted.
        write
            From a position to (line, value, what, mend, read as); only called for those that are listed.
        """
        if not len(at):
            return
        found = self._group(rule, place, column)
        for i in at[: max(0, LISTED - len(found.findings))].tolist():
            line, value, what, mend, read_as = write(i)
            self.add(rule, place, what, row=line, column=column, value=value, mend=mend, read_as=read_as)
            found.count -= 1
        found.count += len(at)

    def _group(self, rule: str, place: Place, column: str | None) -> _Open:
        if rule not in RULES:
            raise KeyError(rule)
        return self._open.setdefault((rule, place.table, place.file, column), _Open())

    def groups(self) -> tuple[Group, ...]:
        """Return what was found, worst first, then as the folder is read."""
        rules = list(RULES)
        made = [
            Group(rule, RULES[rule].severity, table, file, column, found.count, tuple(found.findings))
            for (rule, table, file, column), found in self._open.items()
            if found.count
        ]
        return tuple(sorted(made, key=lambda g: (SEVERITIES.index(g.severity), rules.index(g.rule))))
