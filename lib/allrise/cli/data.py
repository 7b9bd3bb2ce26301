"""The ``data`` commands: check a data folder, import open data, make demo data.

Each command is a module beside this one with ``register(data_app)``.
"""

from __future__ import annotations

import importlib
import importlib.util

import typer

#: Modules that add a command to ``allrise data``, in the order of the help page.
COMMANDS = ("data_check", "data_import", "data_demo")


def register(app: typer.Typer) -> None:
    """Add the ``data`` group and every command of it to ``app``."""
    data_app = typer.Typer(
        help="Check a data folder, import open data, make demo data.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    for name in COMMANDS:
        if importlib.util.find_spec(f"allrise.cli.{name}") is not None:
            importlib.import_module(f"allrise.cli.{name}").register(data_app)
    app.add_typer(data_app, name="data")
