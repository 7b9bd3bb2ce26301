"""What a public pack must not carry beside its figures: where it was made, from which files, and whose they are.

The figures are safe because chapters ran on a public store (:mod:`allrise.data.disclosure`). Here the rest goes:
injected parameters, paths, tracebacks, whatever a cell printed. Last, every file is searched for what must not be
in it, and a pack that holds any of it is not published.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import nbformat

from allrise.errors import AllriseError
from allrise.packs.model import CellError, ChapterRun, ExecutedChapter, ExecutedPack, PackRecord, Parameter

_INJECTED = "injected-parameters"
_KEPT_OUTPUTS = ("display_data", "execute_result")
_PRIVATE = ("data", "cluster_id")
_FAILED = "What it said is not published; build for the cluster to read it."
#: Fonts and pictures: letters in them mean nothing.
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\s\\n]+")


class WouldGiveAway(AllriseError):
    """A public pack would have held something that must not be public."""

    exit_code = 1


def published_parameters(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters that say nothing of a place, a file or a cluster."""
    return {k: v for k, v in parameters.items() if k not in _PRIVATE}


def for_public(pack: ExecutedPack) -> ExecutedPack:
    """Return a pack without what only its makers may see; its executed notebooks are rewritten in their places.

    Raises
    ------
    OSError
        When a notebook cannot be written.
    """
    shown = published_parameters(pack.parameters)
    for chapter in pack.chapters:
        if chapter.notebook is not None:
            _clean_notebook(chapter.notebook, shown)
    return replace(
        pack, parameters=shown, chapters=tuple(_clean_chapter(c) for c in pack.chapters), inputs=(), warnings=()
    )


def clean_run(run: ChapterRun) -> ChapterRun:
    """Return the record of a chapter without what its code said."""
    return replace(run, error=_clean_error(run.error), log="")


def clean_record(record: PackRecord) -> PackRecord:
    """Return a pack's record as the list of packs may show it."""
    return replace(record, errors=())


def check_clean(folder: Path, private: Iterable[str]) -> None:
    """Search every file of a pack for what must not be in it, also inside the parts of office files.

    Parameters
    ----------
    private
        Names and ids of schools, and paths. Short numbers are found only where they stand alone.

    Raises
    ------
    WouldGiveAway
        With the file and what it holds.
    """
    words = sorted({w for w in private if len(w) > 3})
    if not words:
        return
    either = "|".join(f"{re.escape(form)}" for w in words for form in sorted({w, html.escape(w), _in_json(w)}))
    pattern = re.compile(rf"(?<![\w.+-])(?:{either})(?!\w|\.\d)", re.IGNORECASE)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        for text in (name, *_texts(path.read_bytes())):
            if found := pattern.search(_EMBEDDED.sub("", text)):
                raise WouldGiveAway(
                    f"the public pack {folder.name} is not published: {name} would hold {found[0]!r}",
                    "Take it out of the data folder's texts (purpose, question, commitments, labels, caveats).",
                )


def _texts(content: bytes) -> Iterator[str]:
    if content.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.namelist():
                yield part
                yield parts.read(part).decode("utf-8", "replace")
    else:
        yield content.decode("utf-8", "replace")


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _clean_notebook(path: Path, shown: Mapping[str, Parameter]) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if o.output_type in _KEPT_OUTPUTS]
        if _INJECTED in cell.metadata.get("tags", ()):
            lines = ["# Parameters; the data and the cluster's id are not published."]
            cell.source = "\n".join([*lines, *(f"{k} = {v!r}" for k, v in sorted(shown.items()))])
    if "papermill" in notebook.metadata:
        version = notebook.metadata["papermill"].get("version", "")
        notebook.metadata["papermill"] = {"parameters": dict(sorted(shown.items())), "version": version}
    error = notebook.metadata.get("allrise", {}).get("error")
    if error:
        notebook.metadata["allrise"]["error"] = {"cell": error.get("cell"), "kind": error.get("kind")}
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def _clean_chapter(chapter: ExecutedChapter) -> ExecutedChapter:
    return replace(chapter, error=_clean_error(chapter.error), problems=())


def _clean_error(error: CellError | None) -> CellError | None:
    return None if error is None else CellError(error.cell, error.kind, _FAILED)
