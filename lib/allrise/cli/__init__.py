"""The command line: one module a command group, thin; prints, and turns errors into exit codes.

0 done, 1 finished but something failed or was found wrong, 2 could not start. A user's mistake never gives
a traceback.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Annotated

import typer

from allrise import __version__
from allrise.errors import AllriseError

#: Modules that add their commands, in the order of the help page. Each has ``register(app)``.
GROUPS = ("demo", "data", "packs", "serve", "room", "lab", "kernels", "doctor")


def build_app() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="allrise",
        help="Evidence packs and live dialogue for networks of schools.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name in GROUPS:
        if importlib.util.find_spec(f"allrise.cli.{name}") is not None:
            importlib.import_module(f"allrise.cli.{name}").register(app)

    @app.callback(invoke_without_command=True)
    def _root(  # pyright: ignore[reportUnusedFunction]
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
    ) -> None:
        if version:
            typer.echo(f"allrise {__version__}")
        elif context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return app


def main() -> None:
    """Run the command line; the console script's entry point."""
    try:
        build_app()()
    except AllriseError as error:
        print(f"allrise: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
