"""What a public pack must not carry beside its figures: where it was made, from which files, and whose they are.

The figures are safe because chapters ran on a public store (:mod:`allrise.data.disclosure`). Here the rest goes:
injected parameters, paths, tracebacks, whatever a cell printed. Last, every file is searched for what must not be
in it, and a pack that holds any of it is not published.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from allrise.errors import AllriseError
from allrise.packs.model import CellError, ChapterRun, ExecutedChapter, ExecutedPack, PackRecord, Parameter
from allrise.packs.pdf_words import words_of

_INJECTED = "injected-parameters"
_KEPT_OUTPUTS = ("display_data", "execute_result")
_PRIVATE = ("data", "cluster_id")
_FAILED = "What it said is not published; build for the cluster to read it."
#: Fonts and pictures: letters in them mean nothing.
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\s\\n]+")
_TAG = re.compile(r"<[^<>]*>")
_WORDS = re.compile(r"[^\W_]+")
#: More words than this are not looked for by one pattern.
_FEW = 300


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
    """Search every file of a pack for what must not be in it: its name, its text, and what a reader sees of it.

    Office files and zips are opened, markup is also read without its tags, and PDFs are read page by page.

    Parameters
    ----------
    private
        Names and ids of schools, and paths. Short numbers are found only where they stand alone.

    Raises
    ------
    WouldGiveAway
        With the file and what it holds, and for a PDF in which no word can be read.
    """
    words = sorted({w for w in private if len(w) > 3})
    if not words:
        return
    find = _few(words) if len(words) <= _FEW else _many(words)
    seen: set[bytes] = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        for text in (name, *_texts(path.read_bytes(), seen)):
            if (found := find(_EMBEDDED.sub("", text))) is not None:
                raise WouldGiveAway(
                    f"the public pack {folder.name} is not published: {name} would hold {found!r}",
                    "Take it out of the data folder's texts (purpose, question, commitments, labels, caveats).",
                )


def _few(words: list[str]) -> Callable[[str], str | None]:
    either = "|".join(f"{re.escape(form)}" for w in words for form in sorted({w, html.escape(w), _in_json(w)}))
    pattern = re.compile(rf"(?<![\w.+-])(?:{either})(?!\w|\.\d)", re.IGNORECASE)

    def find(text: str) -> str | None:
        found = pattern.search(text)
        return None if found is None else found[0]

    return find


def _many(words: list[str]) -> Callable[[str], str | None]:
    """Return a search for thousands of names: by whole words, whatever stands between them."""
    parts = {tuple(_WORDS.findall(w.casefold())) for w in words} - {()}
    longest: dict[str, int] = {}
    for part in parts:
        longest[part[0]] = max(len(part), longest.get(part[0], 0))

    def find(text: str) -> str | None:
        said = _WORDS.findall(text.casefold())
        for start, word in enumerate(said):
            for end in range(start + 1, min(start + longest.get(word, 0), len(said)) + 1):
                if tuple(said[start:end]) in parts:
                    return " ".join(said[start:end])
        return None

    return find


def _texts(content: bytes, seen: set[bytes]) -> Iterator[str]:
    digest = hashlib.sha256(content).digest()
    if digest in seen:
        return  # a zip holds the other files once more
    seen.add(digest)
    if content.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.namelist():
                yield part
                yield from _texts(parts.read(part), seen)
    elif content.startswith(b"%PDF"):
        any_word = False
        for text in words_of(content):
            any_word = any_word or bool(text.strip())
            yield _line(text)
        if not any_word:
            raise WouldGiveAway("a PDF of the public pack cannot be searched", "Build without the format pdf.")
    else:
        text = content.decode("utf-8", "replace")
        yield text
        if "<" in text:  # a name may go on in the next line of a drawing, or in the next run of a document
            yield _line(html.unescape(_TAG.sub(" ", text)))


def _line(text: str) -> str:
    return " ".join(text.split())


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _clean_notebook(path: Path, shown: Mapping[str, Parameter]) -> None:
    import nbformat  # takes seconds to import, and a build of packs for a cluster never comes here

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
