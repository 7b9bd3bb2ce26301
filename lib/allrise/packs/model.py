"""The values that pass between planning, executing, rendering and publishing.

Plan -> :class:`ChapterJob` -> :class:`ChapterRun` -> :class:`ExecutedPack` -> files -> :class:`PackRecord`.
All are frozen and picklable: they cross process borders, and with ``--scheduler`` machine borders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from allrise.content.blocks import Block

#: Version of ``manifest.json``.
MANIFEST_SCHEMA = 1

#: A value that survives papermill unchanged: JSON's own scalars, nothing else.
Parameter = str | int | float | bool | None

Audience = Literal["cluster", "public"]

#: Size of printed pages; ``""`` for the one of the cluster's country.
Paper = Literal["a4", "letter", ""]

#: ``ok``; ``failed`` a cell raised; ``timeout`` a limit passed; ``died`` the kernel or its worker ended by itself;
#: ``cancelled`` the build was stopped before or while it ran.
ChapterStatus = Literal["ok", "failed", "timeout", "died", "cancelled"]

#: ``built`` every chapter is ok; ``partial`` some are; ``failed`` none is.
PackStatus = Literal["built", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class CellError:
    """Why a chapter did not finish, as seen by whoever ran it.

    Parameters
    ----------
    cell
        Number of the cell in the chapter's notebook, counted from 1 over all its cells, as a reader of
        ``notebooks/pack`` counts them (the cell that papermill injects is not counted); ``None`` when no cell
        was running, for example when the kernel did not start.
    kind
        Name of the exception, or ``TimeLimit``, ``DeadKernel``, ``DeadWorker``, ``Cancelled``.
    message
        What it said, plain text without terminal codes.
    line
        Line within the cell, counted from 1, where it is known.
    source
        The text of that line, or the first line of the cell.
    """

    cell: int | None
    kind: str
    message: str
    line: int | None = None
    source: str = ""

    def __str__(self) -> str:
        place = "" if self.cell is None else f"cell {self.cell}"
        if self.line is not None:
            place += f", line {self.line}"
        text = f"{self.kind}: {self.message}" if self.message else self.kind
        return f"{place}: {text}" if place else text


@dataclass(frozen=True, slots=True)
class ExecutedChapter:
    """One chapter of one pack after its notebook ran.

    Parameters
    ----------
    name
        The notebook's stem, ``02_outcomes``.
    status, seconds, error
        How it went; ``seconds`` is wall clock with the kernel's start.
    blocks
        What it shows, in order, also what it showed before it failed.
    notebook
        The executed notebook, or ``None`` when there is none.
    problems
        Outputs that should have been blocks and could not be read, one line each.
    """

    name: str
    status: ChapterStatus
    seconds: float
    error: CellError | None = None
    blocks: tuple[Block, ...] = ()
    notebook: Path | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the data folder: its name there, its hash, and how many of its rows this pack used."""

    file: str
    sha256: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class PackSubject:
    """Whom a pack is about: the cluster's own words, as in the table ``clusters``.

    The system pack (``notebooks/system``) is about all clusters: its ``cluster_id`` is ``""``.
    """

    cluster_id: str
    name: str
    country: str = ""
    region: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ExecutedPack:
    """Everything a renderer may use: chapters' blocks, and the record of how they came about.

    ``versions`` maps package names to versions, ``period`` is the school year the pack is about (``""`` for the
    latest), ``generated`` an ISO time in UTC, ``caveats`` what these data cannot show, ``warnings`` what a reader
    should know about how the pack was made, ``paper`` the size of printed pages.
    """

    subject: PackSubject
    folder: str
    audience: Audience
    period: str
    parameters: Mapping[str, Parameter]
    chapters: tuple[ExecutedChapter, ...]
    versions: Mapping[str, str]
    inputs: tuple[InputFile, ...] = ()
    warnings: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    generated: str = ""
    paper: Paper = ""

    @property
    def status(self) -> PackStatus:
        """Return the pack's state from its chapters'."""
        good = sum(c.status == "ok" for c in self.chapters)
        if good == len(self.chapters) and good:
            return "built"
        return "partial" if good else "failed"

    @property
    def failed(self) -> tuple[ExecutedChapter, ...]:
        """Return the chapters that did not finish."""
        return tuple(c for c in self.chapters if c.status != "ok")


class Renderer(Protocol):
    """Makes the files of a pack from its blocks; must be picklable (a module-level function is)."""

    def __call__(self, pack: ExecutedPack, /) -> Mapping[str, bytes]:
        """Return relative POSIX path -> content, for example ``{"index.html": b"..."}``."""
        ...


@dataclass(frozen=True, slots=True)
class PackRecord:
    """One pack as the top-level page and ``packs status`` list it: read back from its ``manifest.json``.

    ``chapters`` maps each chapter's name to its status; ``files`` are relative to the pack folder;
    ``finished`` is an ISO time in UTC.
    """

    subject: PackSubject
    folder: str
    audience: Audience
    period: str
    status: PackStatus
    chapters: Mapping[str, ChapterStatus]
    files: tuple[str, ...] = ()
    finished: str = ""
    errors: tuple[str, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """Return how many chapters have each status."""
        return Counter(self.chapters.values())


class IndexRenderer(Protocol):
    """Makes the page that lists every pack; must be picklable."""

    def __call__(self, records: Sequence[PackRecord], /) -> bytes:
        """Return the whole HTML page, self-contained and offline; a pack's page is ``<folder>/index.html``."""
        ...


@dataclass(frozen=True, slots=True)
class ChapterJob:
    """One notebook to run with its parameters: all a worker needs to know.

    Parameters
    ----------
    pack, name
        Folder of the pack and stem of the notebook; together they name the job within a build.
    notebook, output
        Absolute paths: the notebook to run, and where the executed one goes.
    parameters
        What is injected; JSON scalars only.
    cell_limit, chapter_limit
        Wall-clock seconds; ``None`` for no limit.
    weight
        Expected seconds, for longest first.
    environment
        Variables set for the kernel on top of the worker's own.
    notes_variable
        Variable that tells the kernel the file in which it notes what it reads of the data; ``""`` for none.
    """

    pack: str
    name: str
    notebook: Path
    output: Path
    parameters: Mapping[str, Parameter]
    cell_limit: float | None = None
    chapter_limit: float | None = None
    weight: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    notes_variable: str = ""


@dataclass(frozen=True, slots=True)
class ChapterRun:
    """The truthful record of one run, written by the process that saw it end.

    ``saved`` says that the executed notebook stands at the job's ``output``; ``log`` is the end of what the
    kernel's process wrote outside of cells (crash reports of C libraries, for example); ``notes`` are the lines in
    which it noted what it read.
    """

    pack: str
    name: str
    status: ChapterStatus
    seconds: float
    error: CellError | None = None
    saved: bool = False
    log: str = ""
    notes: str = ""
