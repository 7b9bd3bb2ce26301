"""An import into a data folder in one step: a reader finds the old folder or the new one, never a mixture."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from allrise.data.importers.imported import Imported
from allrise.data.package import DESCRIPTOR, About, write_folder
from allrise.errors import UnreadableInput


def refuse_to_overwrite(out: Path, *, force: bool) -> None:
    """Raise when ``out`` must not be replaced.

    Raises
    ------
    UnreadableInput
        When ``out`` is a file, holds something and ``force`` is false, or is not a data folder.
    """
    if out.exists() and not out.is_dir():
        raise UnreadableInput(f"{out} is a file", "Give the name of a folder to make.")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not force:
        raise UnreadableInput(f"{out} is not empty", "Give another folder, or --force to replace this one.")
    if not (out / DESCRIPTOR).is_file():
        raise UnreadableInput(
            f"{out} is not empty and is no data folder (it has no {DESCRIPTOR})",
            "Give another folder; --force replaces data folders only.",
        )


def write_import(imported: Imported, out: Path, *, force: bool = False) -> None:
    """Write ``imported`` as the data folder ``out``.

    The folder is made beside its place and moved there when it is whole.

    Raises
    ------
    UnreadableInput
        As :func:`refuse_to_overwrite` does.
    """
    out = out.absolute()
    refuse_to_overwrite(out, force=force)
    fresh = out.with_name(f".{out.name}.{os.getpid()}.new")
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        write_folder(
            fresh,
            imported.tables,
            About(
                imported.name,
                imported.title,
                imported.licences,
                imported.sources,
                imported.caveats,
                description=imported.description,
                synthetic=imported.synthetic,
            ),
        )
        if out.exists():
            out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
