"""The ``kernels`` commands: install the fast kernel, see its servers, stop them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the ``kernels`` group to ``app``."""
    kernels = typer.Typer(
        help="Fast kernels: forks of a process that has everything imported.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    kernels.command("install", help="Let Jupyter find the kernel allrise-warm.")(install)
    kernels.command("status", help="The servers that run, and their kernels.")(status)
    kernels.command("stop", help="End the servers once their last kernel has ended.")(stop)
    app.add_typer(kernels, name="kernels")


def install(
    user: Annotated[bool, typer.Option("--user", help="For this user, not only this environment.")] = False,
    prefix: Annotated[
        Path | None, typer.Option("--prefix", metavar="DIR", help="Into another environment's folder.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The kernel's name.")] = "allrise-warm",
    warm: Annotated[
        list[str] | None,
        typer.Option(
            "--warm",
            metavar="MODULE[:FUNCTION]",
            help="Import this, and call the function; may be given again. Without it, what the kit's chapters use.",
        ),
    ] = None,
    watch: Annotated[
        list[str] | None,
        typer.Option("--watch", metavar="PACKAGE", help="A change in it needs a new server; may be given again."),
    ] = None,
) -> None:
    """Write the kernelspec; exit 2 when its folder cannot be written."""
    from allrise.errors import AllriseError
    from allrise.kernels.client import supported
    from allrise.kernels.kernelspec import install as write
    from allrise.kernels.settings import WarmSettings
    from allrise.packs.warm import WARM

    settings = WARM if not warm else WarmSettings(warm=tuple(warm))
    settings = replace(settings, watch=(*settings.watch, *(watch or ())))
    try:
        folder = write(settings, name=name, prefix=str(prefix) if prefix else None, user=user)
    except (OSError, ValueError) as error:
        raise AllriseError(
            f"the kernel {name} cannot be installed: {error}", "Give --user, or a --prefix that you may write to."
        ) from error
    typer.echo(f"installed {name} in {folder}")
    if reason := supported():
        typer.echo(f"here it starts normal kernels, since {reason}")


def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the servers of this user."""
    from allrise.kernels.servers import list_servers

    _require_support()
    servers = list_servers()
    if as_json:
        typer.echo(json.dumps([{**s.details, "socket": str(s.socket)} for s in servers], indent=2))
        return
    if not servers:
        typer.echo("no server runs; the first kernel starts one")
    for server in servers:
        if server.process is None:
            typer.echo(f"{server.socket}: nobody answers there")
            continue
        said = server.details
        minutes = (time.time() - said["started"]) / 60
        changed = f"; out of date: {', '.join(said['changed'])} changed" if said["changed"] else ""
        typer.echo(
            f"process {server.process}: {len(said['kernels'])} kernels now, {said['forked']} in {minutes:.0f} minutes; "
            f"{len(said['warm'])} entries warm after {said['warm_seconds']:.1f} s{changed}"
        )
        for failure in said["not_warm"]:
            typer.echo(f"  not warm: {failure}")


def stop(
    now: Annotated[bool, typer.Option("--now", help="Kill the kernels that run, too.")] = False,
) -> None:
    """Tell every server of this user to end."""
    from allrise.kernels.servers import stop_servers

    _require_support()
    told = [s for s in stop_servers(now=now) if s.process is not None]
    typer.echo(f"{len(told)} servers told to end" if told else "no server runs")


def _require_support() -> None:
    from allrise.kernels.client import supported

    if reason := supported():
        typer.echo(f"there are no servers here, since {reason}")
        raise typer.Exit
