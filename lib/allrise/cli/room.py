"""The ``room`` commands: sessions without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from allrise.room.database import Database

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="File, sqlite:///file or postgresql://user@host/name; else the user's own file.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the ``room`` group to ``app``."""
    room = typer.Typer(
        help="Create dialogue sessions, list them, and write down what a room said.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    room.command("list", help="List the sessions of a database.")(list_sessions)
    room.command("create", help="Create a session; prints its join code and its facilitator secret.")(create)
    room.command("export", help="Write a session's record as a data folder that `packs build` takes.")(export)
    room.command("simulate", help="Play a session with invented people, to rehearse with its results.")(simulate)
    room.command("paper", help="Enter answers from paper: a CSV file, one row a sheet.")(paper)
    app.add_typer(room, name="room")


def list_sessions(database: DatabaseOption = None) -> None:
    """List sessions, newest first."""
    import datetime as dt

    from allrise.room.definition import in_language
    from allrise.room.keys import shown_code
    from allrise.room.reading import read_sessions

    opened = _open(database)
    with opened.reader.connect() as connection:
        sessions = read_sessions(connection)
    if not sessions:
        typer.echo(f"There is no session in {opened.shown} yet. Create one: allrise room create")
    else:
        typer.echo(f"{'code':<8} {'created (UTC)':<16} {'state':<7} {'people':>6} {'answers':>8}  title")
    for s in sessions:
        created = dt.datetime.fromtimestamp(s.created_at / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")
        title = in_language(s.title, "en")
        typer.echo(f"{shown_code(s.code):<8} {created:<16} {s.state:<7} {s.participants:>6} {s.answers:>8}  {title}")
    opened.close()


def create(
    session: Annotated[
        str, typer.Option("--session", metavar="FILE", help="A session file (TOML), or global-dialogue.")
    ] = "global-dialogue",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Another title than the file's.")] = "",
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Language that comes first; one of the file's.")
    ] = "",
    database: DatabaseOption = None,
) -> None:
    """Create a session."""
    from allrise.room import keys
    from allrise.room.commands import CreateSession
    from allrise.room.service import Service
    from allrise.room.session_file import read_session, retitled

    definition = retitled(read_session(session), title, language)
    secret = keys.new_token()
    with Service(_open(database)) as service:
        made = service.execute(CreateSession(command_id=keys.new_command_id(), definition=definition, secret=secret))
    typer.echo(f"Session:             {next(iter(definition.title.values()))} ({len(definition.questions)} questions)")
    typer.echo(f"Join code:           {keys.shown_code(made.code)}")
    typer.echo(f"Facilitator secret:  {secret}")
    typer.echo("")
    where = f" --database {database}" if database else ""
    typer.echo(f"Open the room with: allrise serve{where}")
    typer.echo("Keep the secret: it is not stored and cannot be shown again. Whoever has it can run the session.")


def export(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Join code of the session.")],
    out: Annotated[Path, typer.Option("--out", metavar="DATA", help="The data folder to write.")],
    with_data: Annotated[
        Path | None,
        typer.Option(
            "--with", metavar="DATA", help="A data folder whose tables are taken along; may be the same folder."
        ),
    ] = None,
    cluster: Annotated[
        str, typer.Option("--cluster", metavar="ID", help="Cluster whose dialogue it was; else it is of all.")
    ] = "",
    least: Annotated[int, typer.Option("--least", min=5, help="Fewest people behind a result that is shown.")] = 10,
    database: DatabaseOption = None,
) -> None:
    """Write the record."""
    from allrise.room.export import export_session
    from allrise.room.results.disclosure import SmallGroups

    opened = _open(database)
    written = export_session(
        opened, code, out, with_data=with_data, cluster_id=cluster, rules=SmallGroups(threshold=least)
    )
    opened.close()
    typer.echo(
        f"{written.folder}: {written.participants} people, {written.answers} answers, {written.statements} statements, "
        f"{written.votes} votes of session {written.code}."
    )
    typer.echo(f"Next: allrise data check {written.folder}   and   allrise packs build {written.folder}")


def simulate(
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=999, help="The same seed gives the same people and the same record.")
    ] = 83,
    database: DatabaseOption = None,
) -> None:
    """Play a simulated session."""
    from allrise.room import keys
    from allrise.room.simulation import simulate as play

    opened = _open(database)
    played = play(opened, seed)
    where = f" --database {database}" if database else ""
    typer.echo(
        f"Session {keys.shown_code(played.code)}: {len(played.people)} invented people have answered everything."
    )
    typer.echo(f"Facilitator secret:  {played.secret}")
    typer.echo(f"Next: allrise room export {keys.shown_code(played.code)} --out FOLDER{where}")


def paper(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Join code of the session.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: sheet, country, role, and a column a question and item.")
    ],
    secret: Annotated[
        str, typer.Option("--secret", metavar="SECRET", help="The facilitator secret.", prompt=True, hide_input=True)
    ],
    database: DatabaseOption = None,
) -> None:
    """Enter paper answers; exit 1 when a row was refused."""
    from allrise.room.paper import enter_file
    from allrise.room.service import Service

    with Service(_open(database)) as service:
        entered = enter_file(service, code, secret, file)
    for refusal in entered.refused:
        typer.echo(refusal, err=True)
    typer.echo(f"{entered.sheets} sheets entered, {len(entered.refused)} refused.")
    if entered.refused:
        raise typer.Exit(1)


def _open(url: str | None) -> Database:
    import importlib.util

    from allrise.errors import AllriseError

    if importlib.util.find_spec("sqlalchemy") is None or importlib.util.find_spec("alembic") is None:
        raise AllriseError(
            "The room's packages are not installed.", "Install them with: pip install 'allrise[workshop]'"
        )
    from allrise.room.database import open_database

    return open_database(url)
