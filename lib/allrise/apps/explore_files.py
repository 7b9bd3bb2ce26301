"""The person's own folder: copies of the exploring notebooks to work in, so that the kit's own stay as they are."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from allrise import paths
from allrise.errors import UnreadableInput

#: Where notebooks stand in the person's folder, as they do in the kit.
INSIDE = Path("notebooks") / "explore"

#: Remembers, by notebook, which version of the kit's was copied.
LEDGER = ".allrise-copied.json"


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of the notebooks: brought, newer in the kit than the person's own, and kept under another name."""

    brought: tuple[str, ...]
    newer: tuple[str, ...]
    kept: tuple[str, ...]


def own_documents() -> Path:
    """Return the folder ``allrise`` in the user's documents."""
    from platformdirs import user_documents_path

    return user_documents_path() / "allrise"


def copy_notebooks(folder: Path, *, fresh: bool = False, source: Path | None = None) -> Copied:
    """Copy the exploring notebooks into a person's folder; never over work of theirs.

    A notebook of theirs whose cells are as they were copied follows the kit; running it changes nothing, editing does.

    Parameters
    ----------
    folder
        The person's folder; made when it is not there.
    fresh
        Bring every notebook as the kit has it; what the person has changed is kept under a new name.
    source
        Folder of the notebooks; the kit's own by default.

    Raises
    ------
    UnreadableInput
        When the folder cannot be written to.
    """
    source = source or paths.notebooks() / "explore"
    target = folder / INSIDE
    brought, newer, kept = list[str](), list[str](), list[str]()
    try:
        target.mkdir(parents=True, exist_ok=True)
        (folder / "my_data").mkdir(exist_ok=True)
        (folder / "for_packs").mkdir(exist_ok=True)
        ledger = _ledger(target)
        for path in sorted(source.glob("*.ipynb")):
            own, now = target / path.name, cells_hash(path)
            before, copied = (cells_hash(own) if own.exists() else ""), ledger.get(path.name, "")
            if before == now:
                ledger[path.name] = now
                continue
            if before and before != copied:
                if not fresh:
                    if now != copied:
                        newer.append(path.name)
                    continue
                aside = _free_name(own)
                own.rename(aside)
                kept.append(aside.name)
            shutil.copyfile(path, own)
            ledger[path.name] = now
            brought.append(path.name)
            _trust(own)
        (target / LEDGER).write_text(json.dumps(ledger, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnreadableInput(
            f"Notebooks cannot be copied to {folder}: {error.strerror or error}",
            "Give a folder that you may write to: allrise lab --folder DIR.",
        ) from None
    return Copied(tuple(brought), tuple(newer), tuple(kept))


def cells_hash(path: Path) -> str:
    """Return the sha256 of a notebook's cells without what they showed; of its bytes when it is not a notebook."""
    content = path.read_bytes()
    try:
        cells = [(c["cell_type"], "".join(c["source"])) for c in json.loads(content)["cells"]]
    except (ValueError, KeyError, TypeError):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def _ledger(target: Path) -> dict[str, str]:
    try:
        return dict(json.loads((target / LEDGER).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.stem}_mine_{number}{path.suffix}")).exists():
        number += 1
    return free


def _trust(path: Path) -> None:
    """Have JupyterLab show the kit's own outputs before the first run; it hides those of strangers."""
    notary = NotebookNotary()
    try:
        notary.sign(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()
