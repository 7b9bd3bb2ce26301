"""Saves a figure for the pack: as files to use anywhere, and in a notebook that becomes a chapter.

``for_packs/20_our_own_figures.ipynb`` holds every saved figure with the cluster it was saved for. It is a chapter like
the kit's own: ``allrise packs build DATA --add for_packs/20_our_own_figures.ipynb``.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from allrise.content.blocks import Figure, Hidden
from allrise.errors import UnreadableInput
from allrise.whole import write_whole

#: Names the folder of the person's own files; ``allrise lab`` sets it.
ENVIRONMENT = "ALLRISE_FOLDER"

#: The chapter that saved figures are put into.
CHAPTER = "20_our_own_figures.ipynb"

_HEAD = """\
# Figures of our own

**What did we find when we looked ourselves?** Saved in the exploring notebooks. To take out a figure, delete its cell."""
_PARAMETERS = """\
data: str = "demo"  # a data folder, or "demo" for the data that come with the kit
cluster_id: str = ""  # a cluster of the table clusters; blank takes the first
audience: str = "cluster"  # these figures are for the cluster alone
language: str = "en"  # language of the chapter"""
_OPEN = """\
from allrise.chapters.own import open_own_chapter

chapter = open_own_chapter(data, cluster_id, audience, language)"""
_CLOSE = "chapter.close()"


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a figure was saved: the chapter's notebook, and the files beside it."""

    chapter: Path
    files: tuple[Path, ...]
    figures: int

    def command(self) -> str:
        """Return what builds a pack with it."""
        data = os.environ.get("ALLRISE_DATA") or "demo"
        return f"allrise packs build {_quoted(data)} --add {_quoted(str(self.chapter))}"

    def __repr__(self) -> str:
        return (
            f"Saved as {', '.join(p.name for p in self.files)} in {self.files[0].parent}.\n"
            f"A pack with your {'figure' if self.figures == 1 else f'{self.figures} figures'}:  {self.command()}"
        )


def own_folder() -> Path:
    """Return the person's own folder: the one ``allrise lab`` made, else where the notebook stands."""
    return Path(os.environ.get(ENVIRONMENT) or Path.cwd())


def folder_for_packs() -> Path:
    """Return the folder for saved figures."""
    return own_folder() / "for_packs"


def save(figure: Figure, cluster_id: str, note: str = "", *, folder: Path | None = None) -> Saved:
    """Save a figure for a cluster's pack. A figure of the same name and cluster is replaced.

    Parameters
    ----------
    figure
        What ``ask`` answered with, or :func:`allrise.apps.explore_own.own_figure` made.
    note
        What you want to say about it; stands beneath it in the pack.
    folder
        Where; :func:`folder_for_packs` by default.

    Returns
    -------
    Saved
        The chapter ``20_our_own_figures.ipynb`` and, in a folder of the cluster, the drawing (SVG), its numbers (CSV) and
        its words (TXT).

    Raises
    ------
    UnreadableInput
        When the folder cannot be written to, or holds a chapter that cannot be read.
    """
    folder = folder or folder_for_packs()
    chapter = folder / CHAPTER
    try:
        own = folder / _safe(cluster_id)
        own.mkdir(parents=True, exist_ok=True)
        files = {".svg": figure.svg, ".csv": _csv(figure), ".txt": _words(figure, note)}
        written = tuple((own / f"{_safe(figure.name)}{ending}") for ending in files)
        for path, content in zip(written, files.values(), strict=True):
            path.write_text(content, encoding="utf-8", newline="\n")
        notebook = _notebook(chapter)
        key = f"{cluster_id}/{figure.name}"
        cell = nbformat.v4.new_code_cell(_code(figure, cluster_id, note), metadata=_hidden(key))
        cells = [c for c in notebook.cells if c.metadata.get("allrise") != key]
        notebook.cells = [*cells[:-1], cell, cells[-1]]
        write_whole(chapter, nbformat.writes(notebook) + "\n")
    except OSError as error:
        raise UnreadableInput(
            f"The figure cannot be saved in {folder}: {error.strerror or error}",
            f"Set {ENVIRONMENT} to a folder that you may write to.",
        ) from None
    count = sum(1 for c in notebook.cells if str(c.metadata.get("allrise", "")).startswith(f"{cluster_id}/"))
    return Saved(chapter, written, count)


def _notebook(path: Path) -> Any:
    if not path.exists():
        cells = [
            nbformat.v4.new_markdown_cell(_HEAD),
            nbformat.v4.new_code_cell(_PARAMETERS, metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(_OPEN),
            nbformat.v4.new_code_cell(_CLOSE),
        ]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    try:
        notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise UnreadableInput(
            f"{path} is not a notebook: {error}", "Move it away; a new one is made when you save again."
        ) from None
    if not notebook.cells or notebook.cells[-1].source.strip() != _CLOSE:
        notebook.cells.append(nbformat.v4.new_code_cell(_CLOSE))
    return notebook


def _code(figure: Figure, cluster_id: str, note: str) -> str:
    block = json.dumps(figure.to_json(), ensure_ascii=False)
    lines = (f"# {figure.title}", "import json", f"chapter.saved({cluster_id!r}, {note!r}, json.loads({block!r}))")
    return "\n".join(lines)


def _hidden(key: str) -> dict[str, Any]:
    return {"allrise": key, "jupyter": {"source_hidden": True}}


def _csv(figure: Figure) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow([c.key for c in figure.table.columns])
    for row in figure.table.rows:
        out.writerow(["" if v is None else f"[{v.status}]" if isinstance(v, Hidden) else v for v in row])
    return text.getvalue()


def _words(figure: Figure, note: str) -> str:
    lines = (figure.title, figure.subtitle, "", figure.alt, "", *figure.readings, *figure.notes, "", note)
    return "\n".join(lines).strip() + "\n"


def _safe(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return kept or "_"


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
