"""``allrise data demo``: synthetic data of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(data_app: typer.Typer) -> None:
    """Add the command to ``allrise data``."""

    @data_app.command("demo")
    def _demo(  # pyright: ignore[reportUnusedFunction]
        out: Annotated[Path, typer.Option("--out", help="Folder to write.", file_okay=False)],
        clusters: Annotated[int, typer.Option(help="Clusters, over five countries.")] = 10,
        schools: Annotated[
            int | None, typer.Option(help="Schools in all, one in ten in no cluster. [default: ten a cluster]")
        ] = None,
        years: Annotated[int, typer.Option(help="School years, the last one 2018/19.")] = 5,
        seed: Annotated[int, typer.Option(help="The same seed and sizes give the same bytes.")] = 1,
        force: Annotated[bool, typer.Option("--force", help="Replace demo data that is there.")] = False,
    ) -> None:
        """Make synthetic data with known effects in it."""
        from rich.console import Console
        from rich.progress import Progress

        from allrise.data.demo import generate

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Making demo data", total=clusters)
            made = generate(
                out,
                clusters=clusters,
                schools=schools,
                years=years,
                seed=seed,
                force=force,
                progress=lambda done, _all: bar.update(task, completed=done),
            )
        print(f"{made.clusters} clusters and {made.schools} schools in {made.folder}")
        print("All of it is synthetic; README.md there says what is planted in it.")
