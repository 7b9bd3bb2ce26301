"""From the executed notebooks of one pack to its finished folder in the staging place. Runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from allrise.packs.disclosure import check_clean, for_public
from allrise.packs.extract import read_blocks
from allrise.packs.formats import FORMATS, write_all
from allrise.packs.handouts.zipped import zip_folder
from allrise.packs.manifest import MANIFEST, manifest_of, outputs_of
from allrise.packs.model import (
    Audience,
    ChapterRun,
    ExecutedChapter,
    ExecutedPack,
    InputFile,
    PackStatus,
    PackSubject,
    Paper,
    Parameter,
    Renderer,
)
from allrise.packs.publish import as_json
from allrise.packs.tables import suppressed, table_files


@dataclass(frozen=True, slots=True)
class AssembleJob:
    """Everything a pack's folder is made from.

    Parameters
    ----------
    staged
        The pack's folder in the staging place; its executed notebooks already stand in ``chapters/``.
    runs
        How each chapter went, in the pack's order.
    keys, page_key
        What it was made from, see :mod:`allrise.packs.keys`.
    data
        Fingerprint of the store.
    readings
        What each chapter read of the data, see :mod:`allrise.packs.readings`.
    chosen
        The chapters that were asked for by name; all when empty.
    added
        Notebooks that were added as chapters.
    renderer
        Makes the page instead of the kit's own.
    private
        What no file of a public pack may hold.
    """

    staged: Path
    folder: str
    subject: PackSubject
    audience: Audience
    period: str
    parameters: Mapping[str, Parameter]
    runs: tuple[ChapterRun, ...]
    formats: tuple[str, ...]
    versions: Mapping[str, str]
    keys: Mapping[str, Mapping[str, str]]
    page_key: Mapping[str, str]
    started: str
    data: Mapping[str, str] = field(default_factory=dict[str, str])
    readings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    inputs: tuple[InputFile, ...] = ()
    warnings: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    renderer: Renderer | None = None
    private: tuple[str, ...] = ()
    paper: Paper = ""


@dataclass(frozen=True, slots=True)
class Assembled:
    """What came of it: the pack's status, its manifest, and the formats that could not be written, in words."""

    status: PackStatus
    manifest: Mapping[str, Any] = field(repr=False)
    failed_formats: Mapping[str, str] = field(default_factory=dict[str, str])


def assemble(job: AssembleJob) -> Assembled:
    """Render a pack from its executed chapters, and write page, hand-outs, tables and, last, the manifest.

    Raises
    ------
    OSError
        When the disk is full or the folder cannot be written.
    WouldGiveAway
        When a public pack would hold what it must not.
    Exception
        What the page's renderer raises; the build then keeps the older pack. A hand-out that fails is only
        left out, and the manifest says so.
    """
    pack = ExecutedPack(
        subject=job.subject,
        folder=job.folder,
        audience=job.audience,
        period=job.period,
        parameters=job.parameters,
        chapters=tuple(_chapter(job.staged, run) for run in job.runs),
        versions=job.versions,
        inputs=job.inputs,
        warnings=job.warnings,
        caveats=job.caveats,
        generated=now(),
        paper=job.paper,
    )
    if job.audience == "public":
        pack = for_public(pack)
    files: dict[str, bytes] = dict(table_files(pack.chapters))
    if job.renderer is None:
        written = write_all(pack, job.formats)
    else:
        files |= job.renderer(pack)
        written = write_all(pack, [f for f in job.formats if f != "html"])
    for name, content in (files | dict(written.files)).items():
        path = job.staged / _inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest = manifest_of(
        pack,
        asked={"formats": list(job.formats), "chapters": list(job.chosen), "added": list(job.added)},
        data=job.data,
        keys=job.keys,
        readings=job.readings,
        page_key=job.page_key,
        suppressed=suppressed(pack.chapters),
        outputs=outputs_of(job.staged),
        started=job.started,
        finished=now(),
        failed_formats=dict.fromkeys(written.failed, "") if job.audience == "public" else written.failed,
    )
    if "zip" in job.formats:
        # With the manifest of what is in it: an unpacked pack can be verified. The folder's own lists the zip too.
        zip_folder(job.staged, job.staged / FORMATS["zip"].file, {MANIFEST: as_json(manifest)})
        manifest["outputs"] = outputs_of(job.staged)
    (job.staged / MANIFEST).write_bytes(as_json(manifest))
    if job.audience == "public":
        check_clean(job.staged, job.private)
    return Assembled(manifest["status"], manifest, written.failed)


def now() -> str:
    """Return the time in UTC as ISO text, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _chapter(staged: Path, run: ChapterRun) -> ExecutedChapter:
    notebook = staged / "chapters" / f"{run.name}.ipynb"
    chapter = ExecutedChapter(run.name, run.status, run.seconds, run.error)
    if not run.saved or not notebook.exists():
        return chapter
    blocks, problems = read_blocks(notebook)
    return replace(chapter, blocks=blocks, notebook=notebook, problems=problems)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or name == MANIFEST:
        msg = f"a renderer gave {name!r}, which is not a file inside the pack"
        raise ValueError(msg)
    return path
