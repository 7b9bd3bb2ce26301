"""From a data folder to its prepared store: found by content, else screened and prepared, in one step."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from allrise.data.store.cache import (
    building_folder,
    cache_folder,
    clean,
    mark_used,
    remove_leftovers,
    stores_folder,
)
from allrise.data.store.fingerprint import data_files, fingerprint, hash_files
from allrise.data.store.lock import locked
from allrise.data.store.reads import OPENED, note_to_file
from allrise.data.store.store import CONTENTS, WARNINGS, Store
from allrise.data.store.values import Contents, Input
from allrise.errors import InvalidData, UnreadableInput
from allrise.paths import datasets

if TYPE_CHECKING:
    from allrise.data.screening import Finding, Screening

Progress = Callable[[str, float], None]

#: The share of the work that is checking.
CHECKED = 0.6

#: Kinds of error that the message of an unusable folder shows.
SHOWN = 5


def open_store(data: str | Path, *, cache: Path | None = None, progress: Progress | None = None) -> Store:
    """Return the prepared store of a data folder, preparing it when its content is new.

    Parameters
    ----------
    data
        A data folder, a prepared store's folder, or the word ``demo`` for the kit's own data (write
        ``./demo`` for a folder of that name).
    cache
        Where prepared stores are kept; default :func:`allrise.data.store.cache.cache_folder`.
    progress
        Called with what is being done and how far it is (0 to 1) while the folder is prepared.

    Raises
    ------
    UnreadableInput
        When there is no such folder, it holds no tables, or the cache cannot be written to.
    InvalidData
        When screening finds an error; the message has the first ones.
    """
    folder = _folder(data)
    if (folder / CONTENTS).is_file():
        mark_used(folder)
        return _noted(folder, data)
    cache = cache_folder() if cache is None else cache.absolute()
    if not data_files(folder):
        raise UnreadableInput(
            f"{folder} holds no tables", "A data folder has clusters.csv, schools.csv and memberships.csv."
        )
    hashes = hash_files(folder, cache / "hashes")
    address = fingerprint(hashes)
    target = stores_folder(cache) / address
    if not (target / CONTENTS).is_file():
        try:
            with locked(cache / "locks" / address[:32]):
                if not (target / CONTENTS).is_file():
                    _prepare(folder, target, hashes, cache, progress or _silent)
                    clean(cache, target)
        except OSError as error:
            raise UnreadableInput(
                f"The prepared data cannot be written to {cache}: {error.strerror or error}",
                "Make room there, or set ALLRISE_CACHE to a folder that can be written to.",
            ) from error
    mark_used(target)
    return _noted(target, data)


def _noted(path: Path, data: str | Path) -> Store:
    """Open a prepared store whose readings are noted for whoever wants to know, under the name it was asked for by."""
    store = Store(path)
    note = note_to_file("demo" if str(data) == "demo" else str(_folder(data)), store.fingerprint)
    if note is None:
        return store
    note(OPENED, "")
    return Store(path, note)


def _folder(data: str | Path) -> Path:
    if str(data) == "demo":
        return datasets() / "demo"
    folder = Path(data).expanduser().absolute()
    if not folder.is_dir():
        raise UnreadableInput(f"There is no data folder {data}", "Give the folder that holds clusters.csv, or `demo`.")
    return folder


def _prepare(folder: Path, target: Path, hashes: dict[str, str], cache: Path, progress: Progress) -> None:
    remove_leftovers(cache, target.name)
    building = building_folder(cache, target.name)
    building.mkdir(parents=True)
    try:
        _build(folder, building, target.name, hashes, progress)
        try:
            building.rename(target)
        except OSError:
            if not (target / CONTENTS).is_file():  # else another machine on this cache was quicker
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _build(folder: Path, building: Path, fingerprint_: str, hashes: Mapping[str, str], progress: Progress) -> None:
    from allrise.data.screening import screen  # pandera and duckdb are needed only here
    from allrise.data.store.prepare import Preparation

    progress("Checking the data", 0.0)
    screening = screen(folder, progress=lambda file, share: progress(f"Checking {file}", share * CHECKED))
    if not screening.usable:
        raise _invalid(folder, screening)
    if changed := [i.file for i in screening.inputs if hashes.get(i.file, i.sha256) != i.sha256]:
        raise UnreadableInput(f"{changed[0]} changed while it was read", "Run again when it is no longer written to.")
    preparation = Preparation(building, screening.take_arrow())
    try:
        preparation.run(lambda what, share: progress(what, CHECKED + share * (1 - CHECKED)))
        contents = Contents(
            fingerprint=fingerprint_,
            title=screening.descriptor.title,
            synthetic=screening.descriptor.synthetic,
            licences=screening.descriptor.licences,
            sources=screening.descriptor.sources,
            caveats=screening.descriptor.caveats,
            inputs=tuple(Input(i.file, i.sha256, i.rows) for i in screening.inputs),
            periods=preparation.periods(),
            layouts=preparation.layouts,
        )
    finally:
        preparation.close()
    shutil.rmtree(building / "spill", ignore_errors=True)
    warnings = [asdict(group) for group in screening.groups]
    (building / WARNINGS).write_text(json.dumps(warnings, ensure_ascii=False), encoding="utf-8")
    (building / CONTENTS).write_text(json.dumps(contents.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    for path in [p for p in building.rglob("*") if p.is_file()]:
        _flush(path)
    progress("Prepared", 1.0)


def _invalid(folder: Path, screening: Screening) -> InvalidData:
    """Return the error with the first findings, one of each kind."""
    groups = [group for group in screening.groups if group.severity == "error"]
    lines = [_line(group.findings[0], group.count) for group in groups[:SHOWN]]
    if len(groups) > SHOWN:
        lines.append(f"and {len(groups) - SHOWN} more kinds of error")
    head = f"{folder} cannot be used: {screening.count('error')} errors"
    return InvalidData(
        "\n  ".join([head, *lines]), f"`allrise data check {folder}` shows all of them and how to mend them."
    )


def _line(finding: Finding, count: int) -> str:
    place = finding.file + (f" line {finding.row}" if finding.row else "")
    cell = f", {finding.column} {finding.value!r}" if finding.column and finding.value is not None else ""
    more = f" (and {count - 1} like it)" if count > 1 else ""
    return f"{place}{cell}: {finding.what}{more}".removeprefix(": ")


def _flush(path: Path) -> None:
    """Have the file on the disk before the rename that makes it a store, should the power fail."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _silent(_what: str, _share: float) -> None:
    return
