"""The ``packs`` commands: build evidence packs, say how they stand, check their files."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Generator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from allrise.data.store import Progress
    from allrise.packs.model import Audience
    from allrise.packs.outcome import BuildResult, Watcher
    from allrise.packs.plan import BuildOptions


class AudienceChoice(StrEnum):
    """Who a pack is for."""

    cluster = "cluster"
    public = "public"
    both = "both"


class PaperChoice(StrEnum):
    """Size of printed pages."""

    a4 = "a4"
    letter = "letter"


def register(app: typer.Typer) -> None:
    """Add the ``packs`` group to ``app``."""
    packs = typer.Typer(
        help="Build evidence packs, see how they stand, check their files.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    packs.command("build", help="Build a pack for every cluster of a data folder.")(build)
    packs.command("status", help="What packs there are, and which are stale.")(status)
    packs.command("verify", help="Check every file of every pack against its manifest.")(verify)
    packs.command("publish", help="Put public packs where others can read them.")(publish)
    app.add_typer(packs, name="packs")


def build(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data folder, or `demo` for the bundled one.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the packs go.")] = Path("packs"),
    cluster: Annotated[
        list[str] | None, typer.Option("--cluster", metavar="ID", help="Only this cluster; may be given again.")
    ] = None,
    chapter: Annotated[
        list[str] | None,
        typer.Option(
            "--chapter", metavar="NAME", help="Only this chapter, as 02_outcomes, 02 or outcomes; may be given again."
        ),
    ] = None,
    add: Annotated[
        list[Path] | None,
        typer.Option(
            "--add",
            metavar="NOTEBOOK",
            help="A notebook of your own as a further chapter, as `allrise lab` saves them; may be given again.",
        ),
    ] = None,
    audience: Annotated[
        AudienceChoice,
        typer.Option(
            "--audience", help="cluster names schools; public does not; both makes DIR/cluster and DIR/public."
        ),
    ] = AudienceChoice.cluster,
    formats: Annotated[
        str,
        typer.Option("--format", metavar="LIST", help="html, pdf, pptx, slides, docx, xlsx, zip, with commas; or all."),
    ] = "html",
    release: Annotated[
        str, typer.Option("--release", metavar="LABEL", help="Of public packs: another label, other pseudonyms.")
    ] = "",
    minutes: Annotated[int, typer.Option("--minutes", min=10, max=480, help="Length of the meeting.")] = 60,
    language: Annotated[str, typer.Option("--language", help="Language of the packs.")] = "en",
    paper: Annotated[
        PaperChoice | None, typer.Option("--paper", help="Size of printed pages; the country's if not given.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Chapters at once; one a core if not given.")
    ] = None,
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler that spreads the work over machines.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Build also what is unchanged.")] = False,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="S", min=1, help="Seconds a chapter may take (600).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the record of the build as JSON, and nothing else.")
    ] = False,
) -> None:
    """Build packs; exit 1 when a chapter failed."""
    from allrise.packs import warm

    # Before anything else, which takes a while to import.
    warm.prestart_for(out, jobs=jobs, scheduler=scheduler, force=force)
    from allrise.packs.plan import BuildOptions

    options = BuildOptions(
        data=data,
        out=out,
        clusters=tuple(cluster or ()),
        chapters=tuple(chapter or ()),
        added=tuple(add or ()),
        audience="public" if audience is AudienceChoice.public else "cluster",
        release=release,
        formats=tuple(formats.split(",")),
        minutes=minutes,
        language=language,
        paper=paper.value if paper else "",
        jobs=jobs,
        scheduler=scheduler,
        force=force,
    )
    if time_limit is not None:
        options = replace(options, chapter_limit=time_limit, cell_limit=time_limit)
    builds = {"": options}
    if audience is AudienceChoice.both:
        both: tuple[Audience, ...] = ("cluster", "public")
        builds = {
            name: replace(options, audience=name, out=out / name, added=options.added if name == "cluster" else ())
            for name in both
        }
    results = {name: run_build(one, quiet=as_json) for name, one in builds.items()}
    if as_json:
        records = {name: result.to_json() for name, result in results.items()}
        typer.echo(json.dumps(records.get("", records), ensure_ascii=False, indent=1))
    else:
        for result in results.values():
            show_result(result)
    if not all(result.ok for result in results.values()):
        raise typer.Exit(1)


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the packs.")] = Path("packs"),
    why: Annotated[bool, typer.Option("--why", help="Say what changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how every pack stands against its data, notebooks and the kit as they are now."""
    from allrise.packs.status import standing_of_packs

    packs = standing_of_packs(folder)
    if as_json:
        typer.echo(json.dumps([p.to_json() for p in packs], ensure_ascii=False, indent=1))
        return
    from rich.table import Table
    from rich.text import Text

    console = _console()
    if not packs:
        console.print(f"There are no packs in {folder}.", markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Pack", "Name", "Status", "State", "Chapters", "Built"):
        table.add_column(heading)
    for pack in packs:
        r = pack.record
        good = r.counts["ok"]
        table.add_row(
            *map(Text, (r.folder, r.subject.name, r.status, pack.state, f"{good} of {len(r.chapters)}", r.finished))
        )
        if why:
            for reason in pack.in_short:
                table.add_row("", Text(reason, style="dim"))
    console.print(table)


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the packs.")] = Path("packs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check files against manifests; exit 1 when one is missing, changed or does not belong there."""
    from allrise.errors import UnreadableInput
    from allrise.packs.manifest import find_packs, verify_all

    if not folder.is_dir():
        raise UnreadableInput(f"{folder} does not exist", "Give the folder that `allrise packs build --out` wrote to.")
    findings, packs = verify_all(folder), find_packs(folder)
    if as_json:
        record = {
            "packs": len(packs),
            "ok": not findings,
            "findings": [{"pack": f.pack, "file": f.file, "problem": f.problem} for f in findings],
        }
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            typer.echo(str(finding))
        files = sum(len(m["outputs"]) for _, m in packs)
        if findings:
            typer.echo(f"{len(findings)} files are not as they were built. `allrise packs build` mends them.")
        else:
            typer.echo(f"{len(packs)} packs, {files} files: all as they were built.")
    if findings:
        raise typer.Exit(1)


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the packs.")],
    to: Annotated[
        str, typer.Option("--to", metavar="PLACE", help="A folder, or an address such as s3://bucket/packs.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write public packs to a place; exit 1, with nothing written, when one may not be published."""
    from allrise.packs.share import publish_packs

    published = publish_packs(folder, to)
    if as_json:
        record = {"to": published.to, "packs": list(published.packs), "files": published.files}
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{len(published.packs)} packs, {published.files} files: published to {published.to}.")


def run_build(options: BuildOptions, *, quiet: bool) -> BuildResult:
    """Build with live progress on a terminal; Ctrl-C stops at once and cleans up."""
    from allrise.packs.build import build as build_packs

    with _one_interrupt(), _progress(quiet=quiet) as (watch, preparing):
        return build_packs(options, watch, preparing)


def show_result(result: BuildResult) -> None:
    """Print what became of a build: a line of counts, and a table of what failed."""
    from rich.table import Table
    from rich.text import Text

    console = _console()
    for note in result.warnings:
        console.print(Text(note, style="dim"))
    failures = [(p, r) for p in result.packs for r in p.failures]
    whole = [p for p in result.packs if p.error]
    if failures or whole:
        table = Table(box=None, pad_edge=False, title="What failed", title_justify="left")
        for heading in ("Pack", "Chapter", "Cell", "Message"):
            table.add_column(heading, overflow="fold")
        for pack, run in failures:
            error = run.error
            cell = "" if error is None or error.cell is None else str(error.cell)
            message = "" if error is None else f"{error.kind}: {error.message}"
            table.add_row(*map(Text, (pack.folder, run.name, cell, message)))
        for pack in whole:
            table.add_row(*map(Text, (pack.folder, "", "", pack.error)))
        console.print(table)
    if result.problem:
        console.print(Text(result.problem))
    kept = [p.folder for p in result.packs if p.kept_older]
    if kept:
        console.print(Text(f"Failed, and the older pack still stands: {', '.join(kept)}"))
    words = [f"{n} {s}" for s in ("built", "unchanged", "partial", "failed") if (n := result.count(s))]
    console.print(Text(f"{len(result.packs)} packs: {', '.join(words)}, in {result.seconds:.1f} s."))
    console.print(Text(f"Open {result.out / 'index.html'}"), soft_wrap=True)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # Into a file or pipe, lines are as long as they are: somebody will search them.
    return Console(stderr=stderr, width=None if (sys.stderr if stderr else sys.stdout).isatty() else 240)


@contextlib.contextmanager
def _one_interrupt() -> Generator[None]:
    """Let the first Ctrl-C (or SIGTERM) stop the work, and no other disturb the cleaning up."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for name in kinds:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.getsignal(name) for name in kinds}
    for name in kinds:
        signal.signal(name, stop)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Generator[tuple[Watcher | None, Progress | None]]:
    console = _console(stderr=True)
    if quiet or not console.is_terminal:
        yield None, None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    from allrise.packs.outcome import Event

    marks = {"built": "built", "partial": "partial: a chapter failed", "failed": "failed", "unchanged": "unchanged"}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading the data", total=None, unit="")

        def watch(event: Event) -> None:
            done, known = event.packs
            progress.update(
                task,
                description=f"Packs {done} of {known}",
                completed=event.chapters[0],
                total=event.chapters[1] or None,
                unit="chapters",
            )
            if event.kind == "pack" and event.status != "unchanged":
                style = "" if event.status == "built" else "red"
                progress.console.print(Text(f"{event.pack}  {event.name}  {marks[event.status]}", style=style))

        def preparing(what: str, share: float) -> None:
            progress.update(task, description=what, completed=int(100 * share), total=100, unit="%")

        yield watch, preparing
