"""``allrise serve``: a workshop from one laptop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from allrise.room.service import Service


def register(app: typer.Typer) -> None:
    """Add ``allrise serve``."""
    app.command("serve", help="Run a live session: prints the join address, a QR code and the facilitator address.")(
        serve
    )


def serve(
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="Data folder for the workshop's apps.", show_default=False)
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Where to listen; the default is every network of this machine.")
    ] = "0.0.0.0",  # noqa: S104 - phones come over the network
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65535, help="0 takes a free one.")] = 8800,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="File, sqlite:///file or postgresql://user@host/name; else the user's own file.",
        ),
    ] = None,
    packs: Annotated[
        Path | None, typer.Option("--packs", metavar="DIR", help="Built packs to show in the apps, at /packs/.")
    ] = None,
    session: Annotated[
        str,
        typer.Option(
            "--session",
            metavar="WHAT",
            help="Join code of a session to go on with, or a session file or global-dialogue for a new one. "
            "Else the newest session that is not locked goes on.",
        ),
    ] = "",
    address: Annotated[
        str,
        typer.Option("--address", metavar="URL", help="How phones reach this machine, when it cannot tell itself."),
    ] = "",
    apps: Annotated[
        bool,
        typer.Option("--apps/--no-apps", help="The workshop's Voila apps beside the room; they take the next port."),
    ] = True,
    apps_port: Annotated[
        int,
        typer.Option(
            "--apps-port", metavar="P", min=0, max=65535, help="Port of the apps, 0 for the one after the room's."
        ),
    ] = 0,
    audience: Annotated[
        str,
        typer.Option(
            "--audience",
            metavar="WHO",
            help="Evidence in the apps: public (schools unnamed, small numbers hidden) or cluster (schools named).",
        ),
    ] = "public",
    most: Annotated[
        int,
        typer.Option(
            "--most", metavar="N", min=0, help="Apps open at once; others wait in line. 0 finds out from the memory."
        ),
    ] = 0,
) -> None:
    """Run a live session until Ctrl-C; exit 2 when it cannot start."""
    import sys
    import threading

    from platformdirs import user_log_path

    from allrise.cli.facilitators import Facilitators
    from allrise.cli.processes import Part, PartFailed, ended_by_signals, watch
    from allrise.errors import AllriseError, UnreadableInput
    from allrise.paths import workshop

    for folder in (data, packs):
        if folder is not None and (str(folder) != "demo" or folder is packs) and not folder.is_dir():
            raise UnreadableInput(f"allrise serve: there is no folder {folder}.", "Give a folder, or leave it out.")
    if audience not in ("public", "cluster"):
        raise UnreadableInput(f"allrise serve: --audience is {audience!r}.", "Use public or cluster.")
    if packs is not None and not apps:
        raise UnreadableInput("allrise serve: packs are shown by the apps.", "Leave --no-apps or --packs out.")
    _check_installed()
    if packs is not None:
        from allrise.apps.server.packs import checked_packs

        packs = checked_packs(packs, audience)
    from allrise.room.server.qr import qr_terminal
    from allrise.room.service import Service

    with Service.open(database) as service:
        kept = Facilitators.beside(service.database.shown)
        code, secret = _session(service, session, kept)

    def room(said: dict[str, Any] | None) -> list[str]:
        line = [sys.executable, "-m", "allrise.room.server", "--host", host]
        line += ["--port", str(said["port"] if said else port)]
        line += ["--database", database] if database else []
        return line + (["--address", address] if address else [])

    def workshop_apps(said: dict[str, Any] | None) -> list[str]:
        told = parts[0].said or {}
        wanted = said["port"] if said else apps_port or (told["port"] + 1 if port else 0)
        line = [sys.executable, "-m", "allrise.apps.server", "--workshop", str(workshop()), "--host", host]
        line += ["--port", str(wanted), "--data", str(data.resolve() if data and data.is_dir() else data or "demo")]
        line += ["--room", f"http://{here_of(host)}:{told['port']}", "--code", code, "--join", told["address"]]
        line += ["--packs", str(packs)] if packs else []
        return [*line, "--log", str(log_file), "--most", str(most), "--audience", audience, "--ahead"]

    log_file = user_log_path("allrise", appauthor=False) / "apps.log"
    parts = [Part("room", room)]
    if apps:
        parts.append(Part("apps", workshop_apps))
    ending = threading.Event()
    with ended_by_signals(ending):
        where = parts[0].start()
        try:
            there = parts[1].start() if apps else None
        except PartFailed:
            parts[0].end()
            raise
        typer.echo(_welcome(where["address"], where["port"], code, secret, qr_terminal))
        if there is not None:
            typer.echo(_apps_welcome(where["address"], there["port"], secret, str(log_file)))
        watch(parts, lambda sentence: typer.echo(sentence, err=True), ending)
    typer.echo("The session has ended. Everything saved is in the database.")
    if parts[0].process is not None and parts[0].process.returncode not in (0, -15):
        raise AllriseError("The room did not end by itself and was stopped.", "Nothing that was saved is lost.")


def _check_installed() -> None:
    import importlib.util

    from allrise.errors import AllriseError

    missing = [
        name
        for name in ("sqlalchemy", "alembic", "tornado", "segno", "voila", "anywidget")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise AllriseError(
            f"The room's packages are not installed: {', '.join(missing)}.",
            "Install them with: pip install 'allrise[workshop]'",
        )


def _session(service: Service, wanted: str, kept: Any) -> tuple[str, str]:
    """Return the join code and, where it is known, the facilitator secret of the session to run."""
    from allrise.room import keys
    from allrise.room.commands import CreateSession
    from allrise.room.session_file import read_session

    sessions = service.sessions_now()
    codes = [s.code for s in sessions]
    if keys.normal_code(wanted) in codes:
        code = keys.normal_code(wanted)
        return code, kept.secret(code)
    if not wanted:
        live = next((s for s in sessions if s.state == "live"), None)
        if live is not None:
            return live.code, kept.secret(live.code)
    secret = keys.new_token()
    definition = read_session(wanted or "global-dialogue")
    made = service.execute(CreateSession(command_id=keys.new_command_id(), definition=definition, secret=secret))
    kept.keep(made.code, secret)
    return made.code, secret


def here_of(host: str) -> str:
    """Return where this machine itself reaches a server bound to ``host``."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::", "localhost") else host  # noqa: S104 - compared, not bound


def _apps_welcome(room: str, port: int, secret: str, log_file: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(room)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    there = f"{parts.scheme}://{name}:{port}"
    console = f"{there}/console/{secret}" if secret else f"{there}/console/SECRET"
    return "\n".join(
        (
            f"Apps:         {there}   (laptops and tablets)",
            f"Stage app:    {there}/voila/render/stage.ipynb   (answers beside evidence; F fills the screen)",
            f"Console app:  {console}",
            f"Check:        {there}/check   (open it in the hall, on a phone too)",
            f"Log:          {log_file}",
            "",
        )
    )


def _welcome(address: str, port: int, code: str, secret: str, qr: Any) -> str:
    from allrise.room.keys import shown_code

    join = f"{address}/r/{code}"
    here = f"http://127.0.0.1:{port}" if not address.startswith("http://127.") else address
    desk = f"{address}/desk/{code}/{secret}" if secret else (
        "the secret of this session was told when it was created: "
        f"{address}/desk/{code}/SECRET"
    )  # fmt: skip
    return "\n".join(
        (
            qr(join),
            f"Join:         {join}",
            f"              or {address} and the code {shown_code(code)}",
            f"Stage:        {here}/stage/{code}   (projector; F fills the screen)",
            f"Facilitator:  {desk}",
            "",
            "Whoever has the facilitator address can run the session. Ctrl-C ends it; nothing saved is lost.",
            "",
        )
    )
