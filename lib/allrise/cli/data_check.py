"""``allrise data check``: screens a data folder and says what is wrong, where, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from allrise.data.screening import Group, Screening

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_LINES = 5


def register(data_app: typer.Typer) -> None:
    """Add ``allrise data check``."""
    data_app.command("check", help="Screen a data folder: what is wrong, where, and how to mend it.")(check)


def check(
    data: Annotated[Path, typer.Argument(help="The data folder, or `demo`.", metavar="DATA")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Also write a report to read, print and pass on.", metavar="FILE.html"),
    ] = None,
) -> None:
    """Screen a folder; exit 1 when there is an error, 2 when the folder cannot be read at all."""
    from allrise.data.screening import as_record, screen

    screening = screen(_folder(data))
    if report is not None:
        _write_report(report, screening, str(data))
    if as_json:
        typer.echo(json.dumps({"folder": str(data), **as_record(screening)}, ensure_ascii=False, indent=2))
    else:
        _print(screening, str(data))
        if report is not None:
            typer.echo(f"Report: {report}")
    if not screening.usable:
        raise typer.Exit(1)


def _folder(data: Path) -> Path:
    if str(data) != "demo" or data.exists():
        return data
    from allrise.paths import datasets

    return datasets() / "demo"


def _write_report(path: Path, screening: Screening, folder: str) -> None:
    from allrise.cli.screening_report import as_html
    from allrise.errors import UnreadableInput

    try:
        path.write_text(as_html(screening, folder), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UnreadableInput(
            f"The report cannot be written to {path}: {error.strerror}",
            "Choose a file in a folder that you may write to.",
        ) from None


def _print(screening: Screening, folder: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    by_rule: dict[str, list[Group]] = {}
    for group in screening.groups:
        by_rule.setdefault(group.rule, []).append(group)
    if by_rule:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), expand=True)
        table.add_column("Found", overflow="fold", ratio=3, min_width=26 if console.width >= 72 else None)
        table.add_column("Where", overflow="fold", ratio=3)
        table.add_column("What to do", overflow="fold", ratio=4)
        for groups in by_rule.values():
            table.add_row(*_row(groups))
        console.print(table)
    console.print(Text(_verdict(screening, folder), style="bold"), soft_wrap=True)


def _row(groups: list[Group]) -> tuple[Text, Text, Text]:
    from rich.text import Text

    from allrise.data.screening import RULES

    rule = RULES[groups[0].rule]
    found = Text.assemble((f"{rule.severity}  ", _STYLES[rule.severity]), (rule.title, "bold"), "\n", (rule.id, "dim"))
    where = Text("\n").join(Text(_place(g)) for g in groups)
    do = Text(_printable(groups[0].findings[0].what) + ".\n" + _printable(groups[0].findings[0].mend))
    return found, where, do


def _place(group: Group) -> str:
    place = " ".join(filter(None, (group.file or group.table or "the folder", group.column)))
    rows = [f.row for f in group.findings if f.row is not None]
    if rows:
        more = group.count - min(len(rows), _LINES)
        place += f", line{'s' if group.count > 1 else ''} {', '.join(map(str, rows[:_LINES]))}"
        place += f" and {more:,} more" if more else ""
    value = group.findings[0].value
    return _printable(place + (f": {value!r}" if value else ""))


def _printable(words: str) -> str:
    """Return words without control characters, which a file's text could use to write over the screen."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def _verdict(screening: Screening, folder: str) -> str:
    counts = [
        f"{n:,} {word}{'s' if n != 1 else ''}" for word in ("error", "warning", "note") if (n := screening.count(word))
    ]
    if not counts:
        return f"{folder}: nothing is wrong."
    end = "It can be used." if screening.usable else "Mend the errors, then check again."
    return f"{folder}: {', '.join(counts)}. {end}"
