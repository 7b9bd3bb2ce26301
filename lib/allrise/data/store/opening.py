"""From a data folder to its prepared store: found by content, else screened and prepared, in one step."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from allrise.data.package import Descriptor, read_descriptor
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
from allrise.data.store.store import CONTENTS, WARNINGS, Store
from allrise.data.store.values import Contents, Input
from allrise.data.tables import REQUIRED, TABLES
from allrise.errors import InvalidData, UnreadableInput
from allrise.paths import datasets

Progress = Callable[[str, float], None]


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
        When there is no such folder, or it holds no tables.
    InvalidData
        When screening finds an error; the message has the first ones.
    """
    folder = _folder(data)
    if (folder / CONTENTS).is_file():
        store = Store(folder)
        mark_used(store.path)
        return store
    cache = cache_folder() if cache is None else cache.absolute()
    if not data_files(folder):
        raise UnreadableInput(
            f"{folder} holds no tables", "A data folder has clusters.csv, schools.csv and memberships.csv."
        )
    hashes = hash_files(folder, cache / "hashes")
    print_of = fingerprint(hashes)
    target = stores_folder(cache) / print_of
    if not (target / CONTENTS).is_file():
        with locked(cache / "locks" / print_of[:32]):
            if not (target / CONTENTS).is_file():
                _prepare(folder, target, hashes, cache, progress or _silent)
                clean(cache, target)
    mark_used(target)
    return Store(target)


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


def _build(folder: Path, building: Path, fingerprint_: str, hashes: dict[str, str], progress: Progress) -> None:
    from allrise.data.store.prepare import Preparation  # duckdb and screening are needed only here

    progress("Checking the data", 0.0)
    descriptor, tables = _read(folder)
    preparation = Preparation(building, tables)
    try:
        preparation.run(progress)
        contents = Contents(
            fingerprint=fingerprint_,
            title=descriptor.title,
            synthetic=descriptor.synthetic,
            licences=descriptor.licences,
            sources=descriptor.sources,
            caveats=descriptor.caveats,
            inputs=tuple(
                Input(r.path, hashes[r.path], len(tables[r.name])) for r in descriptor.resources if r.name in tables
            ),
            periods=preparation.periods(),
            layouts=preparation.layouts,
        )
    finally:
        preparation.close()
    shutil.rmtree(building / "spill", ignore_errors=True)
    (building / WARNINGS).write_text("[]", encoding="utf-8")
    (building / CONTENTS).write_text(json.dumps(contents.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    for path in [p for p in building.rglob("*") if p.is_file()]:
        _flush(path)
    progress("Prepared", 1.0)


def _read(folder: Path) -> tuple[Descriptor, dict[str, pd.DataFrame]]:
    descriptor = read_descriptor(folder)
    tables: dict[str, pd.DataFrame] = {}
    for resource in descriptor.resources:
        raw = pd.read_csv(
            folder / resource.path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
        if resource.name not in TABLES:
            tables[resource.name] = raw
            continue
        for column in TABLES[resource.name].columns:
            if column.name in raw:
                text = raw[column.name]
                if column.type in ("integer", "number"):
                    raw[column.name] = pd.to_numeric(text)
                elif column.type == "boolean":
                    raw[column.name] = text.str.lower().map({"true": True, "false": False})
                elif column.type == "date":
                    raw[column.name] = pd.to_datetime(text, format="ISO8601")
        try:
            tables[resource.name] = TABLES[resource.name].typed(raw)
        except (TypeError, ValueError) as error:
            raise InvalidData(f"{resource.path}: {error}", "Run `allrise data check` on the folder.") from None
    if missing := [name for name in REQUIRED if name not in tables]:
        raise InvalidData(f"{folder} has no {missing[0]} table", "Run `allrise data check` on the folder.")
    return descriptor, tables


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
