"""``allrise data import``: real open data into a data folder, with an account of every row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from allrise.data.importers import Imported, Importer, Options

_SOURCES = "england-ks2, nz-directory, nsw-schools, ontario-schools, tidy-csv"


def register(app: typer.Typer) -> None:
    """Add ``import`` to the ``data`` group."""
    app.command("import")(import_)


def import_(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=f"One of {_SOURCES}.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files as their publisher made them.")],
    out: Annotated[Path, typer.Option("--out", metavar="DATA", help="Data folder to make.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the data folder when it is there.")] = False,
    year: Annotated[
        int | None,
        typer.Option("--year", help="Start year of the school year, for files without one in their name."),
    ] = None,
    date: Annotated[
        list[str] | None,
        typer.Option("--date", metavar="YYYY-MM-DD", help="Day of each directory, in the order of the files."),
    ] = None,
    min_schools: Annotated[
        int | None, typer.Option("--min-schools", min=1, help="Fewest schools that make a group a cluster.")
    ] = None,
    clusters: Annotated[
        str | None, typer.Option("--clusters", help="england-ks2: trusts or authorities; default is what is there.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="tidy-csv: TOML that says which column is what.")
    ] = None,
) -> None:
    """Make a data folder from open data; every row is kept or accounted for."""
    from allrise.data.importers import Options, importer, write_import
    from allrise.data.importers.writing import refuse_to_overwrite

    chosen = importer(source)
    options = Options(year, _dates(date or []), min_schools, clusters, mapping)
    _refuse_foreign_options(chosen, options)
    refuse_to_overwrite(out, force=force)
    imported = chosen.read(files, options)
    write_import(imported, out, force=force)
    for line in summary(imported):
        typer.echo(line)
    typer.echo(f"Written to {out}. Next: allrise data check {out}")


def summary(imported: Imported) -> list[str]:
    """Return the account of an import, one line a fact."""
    lines = [f"{imported.title}: {imported.rows_in:,} rows read, {imported.rows_kept:,} kept."]
    lines += [f"  {x.rows:,} left out: {x.reason}." for x in imported.left_out]
    sizes = [f"{len(frame):,} {name}" for name, frame in imported.tables.items()]
    lines.append(f"Tables: {', '.join(sizes)}.")
    lines += imported.notes
    lines += [f"Caveat ({c.table or 'all tables'}): {c.text}" for c in imported.caveats]
    return lines


def _dates(texts: list[str]) -> tuple[dt.date, ...]:
    from allrise.errors import UnreadableInput

    try:
        return tuple(dt.date.fromisoformat(text) for text in texts)
    except ValueError:
        raise UnreadableInput(f"--date {' '.join(texts)} is not a date", "Write it as 2017-07-01.") from None


def _refuse_foreign_options(chosen: Importer, options: Options) -> None:
    from dataclasses import fields

    from allrise.errors import UnreadableInput

    for field in fields(options):
        if getattr(options, field.name) not in (None, ()) and field.name not in chosen.options:
            takes = ", ".join(map(_flag, chosen.options))
            raise UnreadableInput(
                f"{_flag(field.name)} is not an option of {chosen.name}", f"It takes {takes or 'no options'}."
            )


def _flag(option: str) -> str:
    return "--date" if option == "dates" else f"--{option.replace('_', '-')}"
