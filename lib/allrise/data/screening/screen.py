"""From a folder to a :class:`Screening`: which files there are, what each is read as, and all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from allrise.data.package import (
    DESCRIPTOR,
    Descriptor,
    Resource,
    assumed_descriptor,
    read_descriptor,
    table_name,
)
from allrise.data.screening.between import check_between
from allrise.data.screening.checked import Checked, Tables, check_cells
from allrise.data.screening.coded import Raw
from allrise.data.screening.delimited import FAST_FROM, read_delimited
from allrise.data.screening.examining import checksum, examine, open_problem
from allrise.data.screening.findings import FOLDER, InputFile, Ledger, Place, Screening
from allrise.data.screening.rows import check_rows
from allrise.data.screening.settling import symbols_to_status, without_duplicates
from allrise.data.screening.workbook import read_parquet, read_workbook
from allrise.data.tables import REQUIRED, TABLES
from allrise.errors import UnreadableInput

#: Endings of files that may hold a table and are not read.
_OTHER_ENDINGS = frozenset(
    {
        ".xls",
        ".xlsm",
        ".xlsb",
        ".ods",
        ".numbers",
        ".json",
        ".gz",
        ".zip",
        ".sav",
        ".dta",
        ".rds",
        ".feather",
        ".sqlite",
    }
)
Progress = Callable[[str, float], None]

_TYPES = {"year": "integer", "datetime": "date", "any": ""}


def screen(folder: Path, *, fast_from: int = FAST_FROM, progress: Progress | None = None) -> Screening:
    """Read every table of a data folder and check it against every rule.

    Parameters
    ----------
    folder
        A data folder, with or without ``datapackage.json``.
    fast_from
        Size in bytes from which regular CSV files are read by pyarrow; for tests.
    progress
        Called with the file that is being read and the share (0 to 1) of the folder's bytes that were read.

    Raises
    ------
    UnreadableInput
        When there is no such folder, it may not be opened, or no file in it can be a table.
    """
    folder = Path(folder)
    assumed = _look(folder)
    ledger = Ledger()
    try:
        descriptor = read_descriptor(folder)
    except UnreadableInput as error:
        ledger.add("descriptor-unreadable", Place("", DESCRIPTOR), error.what, mend=error.mend)
        descriptor = assumed
    else:
        if not descriptor.present:
            ledger.add("descriptor-missing", FOLDER, f"There is no {DESCRIPTOR}")
    resources = list(_resources(folder, descriptor, assumed, ledger))
    folder_read = _Reader(folder, ledger, fast_from, Reading([folder / r.path for r, _ in resources], progress))
    for resource, listed in resources:
        folder_read.read(resource, listed=listed)
    for name in REQUIRED:
        if name not in folder_read.raw and name not in folder_read.failed:
            ledger.add("missing-table", Place(name, ""), f"There is no table {name}")
    _compare(descriptor, folder_read.raw, ledger)
    missing = {r.name: r.missing for r in descriptor.resources}
    checked = {n: _check(folder_read.raw[n], ledger, missing.get(n, ())) for n in TABLES if n in folder_read.raw}
    check_between(checked, ledger)
    return Screening(Tables(checked), ledger.groups(), descriptor, folder_read.inputs(checked))


def _look(folder: Path) -> Descriptor:
    """Return what the file names say, or refuse a folder in which nothing can be a table."""
    mend = "Give the folder that holds clusters.csv, schools.csv and memberships.csv."
    try:
        if not folder.exists():
            raise UnreadableInput(f"There is no folder {folder}", mend)
        if not folder.is_dir():
            raise UnreadableInput(f"{folder} is a file, not a folder", mend)
        assumed = assumed_descriptor(folder)
        files = [p for p in folder.iterdir() if _may_be_table(p)]
    except OSError as error:
        raise UnreadableInput(f"The folder {folder} cannot be opened: {error.strerror}", mend) from None
    if not assumed.resources and not files and not (folder / DESCRIPTOR).exists():
        raise UnreadableInput(f"{folder} holds no tables", mend)
    return assumed


def _may_be_table(path: Path) -> bool:
    return path.suffix.lower() in _OTHER_ENDINGS and table_name(path.name.split(".")[0]) in TABLES


def _resources(
    folder: Path, descriptor: Descriptor, assumed: Descriptor, ledger: Ledger
) -> Iterator[tuple[Resource, bool]]:
    """Yield every file that may be a table, and whether ``datapackage.json`` lists it."""
    listed = {r.path for r in descriptor.resources} if descriptor.present else set[str]()
    if descriptor.present:
        for resource in descriptor.resources:
            yield resource, True
    for resource in assumed.resources:
        known = resource.name in TABLES
        if resource.path in listed:
            continue
        if known and descriptor.present and not any(r.name == resource.name for r in descriptor.resources):
            place = Place(resource.name, resource.path)
            ledger.add("descriptor-disagrees", place, f"{DESCRIPTOR} does not list {resource.path}; it was read")
        yield resource, False
    for path in sorted(folder.iterdir()):
        if _may_be_table(path):
            name = table_name(path.name.split(".")[0])
            ledger.add(
                "unreadable-file", Place(name, path.name), f"Files that end in {path.suffix.lower()} are not read"
            )


class Reading:
    """How far the reading of a folder is, by bytes."""

    def __init__(self, files: Sequence[Path], progress: Progress | None) -> None:
        self._progress = progress
        self._bytes = {f: f.stat().st_size if f.is_file() else 0 for f in files} if progress else {}
        self._before = 0

    def of(self, path: Path) -> Callable[[float], None]:
        """Return what is to be called with the share of ``path`` that was read."""
        size, before = self._bytes.get(path, 0), self._before
        self._before += size
        every = max(1, sum(self._bytes.values()))

        def read(share: float) -> None:
            if self._progress is not None:
                self._progress(path.name, min(1.0, (before + share * size) / every))

        return read


class _Reader:
    """Reads one file after the other into ``raw``."""

    def __init__(self, folder: Path, ledger: Ledger, fast_from: int, reading: Reading) -> None:
        self.raw: dict[str, Raw] = {}
        self.failed: set[str] = set()
        self._folder = folder
        self._ledger = ledger
        self._fast_from = fast_from
        self._reading = reading
        self._files: dict[str, tuple[str, int, tuple[str, ...]]] = {}

    def read(self, resource: Resource, *, listed: bool) -> None:
        """Read one file, or write down why not."""
        path, name, place = self._folder / resource.path, resource.name, Place(resource.name, resource.path)
        known = name in TABLES
        if not known and resource.format != "xlsx":
            self._unknown(resource, listed=listed)
            return
        if known and name in self.raw and resource.format != "xlsx":
            what = f"The table {name} was read from {self.raw[name].place.file} already"
            self._ledger.add("two-files-one-table", place, what)
            return
        problem = open_problem(path)
        if problem:
            self.failed.add(name)
            if listed and not path.is_symlink() and not path.exists():
                self._ledger.add("descriptor-file-missing", place, f"There is no file {resource.path}")
            else:
                self._ledger.add("unreadable-file", place, f"{resource.path} cannot be read: {problem}")
            return
        try:
            self._read(resource, path, place)
        except OSError as error:
            self._ledger.add("unreadable-file", place, f"{resource.path} cannot be read: {error.strerror}")
        if known and name not in self.raw:
            self.failed.add(name)

    def _read(self, resource: Resource, path: Path, place: Place) -> None:
        found: list[Raw | None] = []
        read = self._reading.of(path)
        if resource.format == "xlsx":
            digest, size = checksum(path)
            found += read_workbook(path, resource.name, resource.path, self._ledger, self.raw.__contains__)
        elif resource.format == "parquet":
            digest, size = checksum(path)
            found.append(read_parquet(path, TABLES[resource.name], place, self._ledger))
        else:
            examined = examine(path)
            digest, size = examined.sha256, examined.bytes
            table = TABLES[resource.name]
            found.append(
                read_delimited(path, table, place, examined, self._ledger, fast_from=self._fast_from, read=read)
            )
        read(1.0)
        tables = [raw for raw in found if raw is not None]
        self.raw.update({raw.table.name: raw for raw in tables})
        self._files[resource.path] = digest, size, tuple(raw.table.name for raw in tables)

    def _unknown(self, resource: Resource, *, listed: bool) -> None:
        near = get_close_matches(resource.name, list(TABLES), n=1, cutoff=0.75)
        free = [n for n in near if n not in self.raw]
        if listed and not free:
            return  # a table of the folder's own, described: kept, and passed over
        mend = f"Rename it to {free[0]} if it is that table." if free else ""
        what = f"{resource.path} is not one of the kit's tables; it was not read"
        self._ledger.add("unknown-table", Place("", resource.path), what, mend=mend)

    def inputs(self, checked: Mapping[str, Checked]) -> tuple[InputFile, ...]:
        """Return the files that were read, with the rows that were kept."""
        return tuple(
            InputFile(file, tables, digest, size, sum(len(checked[t]) for t in tables))
            for file, (digest, size, tables) in self._files.items()
        )


def _compare(descriptor: Descriptor, raw: Mapping[str, Raw], ledger: Ledger) -> None:
    """Compare what ``datapackage.json`` says of columns and types with the files."""
    for resource in descriptor.resources:
        table = raw.get(resource.name)
        if table is None or resource.fields is None:
            continue
        said = dict(resource.fields)
        for name in [n for n in said if n not in table.columns and not resource.optional_fields]:
            ledger.add(
                "descriptor-disagrees",
                table.place,
                f"{DESCRIPTOR} names the column {name}, which the file lacks",
                column=name,
            )
        for name in [n for n in table.columns if n not in said]:
            ledger.add(
                "descriptor-disagrees", table.place, f"{DESCRIPTOR} does not name the column {name}", column=name
            )
        for name, kind in said.items():
            if name in table.table and name in table.columns:
                ours, theirs = table.table[name].type, _TYPES.get(kind, kind)
                if theirs and theirs != ours and not (theirs == "number" and ours == "integer"):
                    what = f"{DESCRIPTOR} says that {name} is {kind}; it is {ours}"
                    ledger.add("descriptor-disagrees", table.place, what, column=name)


def _check(raw: Raw, ledger: Ledger, missing: tuple[str, ...]) -> Checked:
    if not len(raw):
        ledger.add("no-rows", raw.place, f"The table {raw.table.name} has no rows")
    checked = check_cells(raw, ledger, missing)
    checked = without_duplicates(symbols_to_status(checked, ledger), ledger)
    check_rows(checked, ledger)
    return checked
