"""``allrise demo``: evidence packs for the bundled demo data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``allrise demo``."""
    app.command("demo", help="Build evidence packs for the bundled demo data, then say where to look.")(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the packs go.")] = Path("packs"),
) -> None:
    """Build the demo's packs; exit 1 when a chapter failed."""
    from allrise.cli.packs import run_build, show_result
    from allrise.packs.plan import BuildOptions

    result = run_build(BuildOptions(data="demo", out=out), quiet=False)
    show_result(result)
    first = next((p for p in result.packs if p.cluster_id and p.status != "failed"), None)
    if first is not None:
        typer.echo(f"One pack:  {result.out / first.folder / 'index.html'}")
    typer.echo(f"Next:      allrise packs status {out}    allrise data check DATA    allrise serve demo")
    if not result.ok:
        raise typer.Exit(1)
