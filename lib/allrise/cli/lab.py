"""``allrise lab``: JupyterLab with the exploring notebooks and the data ready, without a word to any other host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: The notebook that is opened.
FIRST = "notebooks/explore/start_here.ipynb"


def register(app: typer.Typer) -> None:
    """Add ``allrise lab``."""
    app.command("lab", help="Explore the data in JupyterLab: opens a guided notebook; works offline.")(lab)


def lab(
    data: Annotated[
        str, typer.Argument(metavar="[DATA]", help="A data folder, or `demo` for the bundled one.", show_default=False)
    ] = "demo",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="DIR",
            help="Your own folder: notebooks are copied there, figures saved there. Default: allrise in your documents.",
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65535, help="0 takes a free one.")] = 8888,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Where to listen; the default is this machine only.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Bring the kit's notebooks as they are now; yours are kept beside them.")
    ] = False,
) -> None:
    """Run JupyterLab until Ctrl-C; exit 2 when it cannot start."""
    import tempfile
    import threading

    from allrise.apps.explore_files import copy_notebooks, own_documents
    from allrise.apps.lab_server import LabServer, check_installed
    from allrise.cli.processes import ended_by_signals
    from allrise.data.store import open_store

    check_installed()
    chosen = data if data == "demo" else str(Path(data).expanduser().absolute())
    title = open_store(chosen).title  # says what is wrong with the data before anything is started
    own = (folder or own_documents()).expanduser().absolute()
    copied = copy_notebooks(own, fresh=fresh)
    ending = threading.Event()
    with tempfile.TemporaryDirectory(prefix="allrise-lab-") as runtime, ended_by_signals(ending):
        server = LabServer(own, chosen, host=host, port=port, runtime=Path(runtime), first=FIRST)
        server.start(ending)
        try:
            if ending.is_set():
                return
            typer.echo(f"\nJupyterLab:   {server.address}")
            typer.echo(f"Data:         {title}")
            typer.echo(f"Your folder:  {own}")
            for name in copied.newer:
                typer.echo(f"{name} is newer in the kit than yours; `allrise lab --fresh` brings it and keeps yours.")
            for name in copied.kept:
                typer.echo(f"Yours is kept as {name}.")
            typer.echo("\nThe address has the key in it: give it to nobody. Ctrl-C ends JupyterLab; save first.\n")
            if browser:
                server.open_browser()
            while not ending.wait(0.3):
                server.check_alive()
        finally:
            server.end()
    typer.echo("JupyterLab has ended.")
