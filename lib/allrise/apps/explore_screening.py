"""My own data: a panel that takes files, screens them and says in plain words what to mend.

The files stay on this machine: they are put into a folder of the person's own, screened there, and nothing is changed
in them.
"""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from allrise.apps.explore import load
from allrise.apps.explore_saving import own_folder
from allrise.apps.pickers import FigureArea, Panel, controls, said_html, words
from allrise.data.screening import RULES, Group, Screening, screen
from allrise.data.tables import REQUIRED, TABLES
from allrise.errors import UnreadableInput

#: Lines of a file that are named for one kind of finding.
LINES = 8

#: Endings of files that hold tables.
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".json")

_WORDS = {"error": "must be mended", "warning": "look once", "note": "good to know"}


#: Three small files with five mistakes of the kind that people make.
_EXAMPLE = {
    "clusters.csv": "cluster_id,name,country,formed_on\nhill,Hill Schools Together,NZ,2015-02-01\n",
    "schools.csv": (
        "school_id,name,country,pupils\n"
        "001,Hillcrest School,NZ,212\n002,Valley School,NZ,about 90\n003,Ridge School,New Zealand,140\n"
    ),
    "memberships.csv": (
        "school_id,cluster_id,joined_on,left_on\n001,hill,01/02/2015,\n002,hill,2016-02-01,2015-02-01\n4,hill,2015-02-01,\n"
    ),
}


class MyData:
    """Takes files one drops in, or the path of a folder; shows what screening finds.

    Attributes
    ----------
    folder
        Where the files are: the person's own folder ``my_data``, or the folder whose path was given.
    screening
        What was found last, or ``None``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or own_folder() / "my_data"
        self.screening: Screening | None = None
        self._own = self.folder
        self._upload = widgets.FileUpload(accept=",".join(ENDINGS), multiple=True, description="Choose files")
        self._path = words("Or the path of a folder with your files", hint="/home/me/our_data")
        self._area = FigureArea()
        self._area.show(_before())
        self._upload.observe(self._take, names="value")
        self._path.observe(self._follow, names="value")
        again = widgets.Button(description="Check again")
        empty = widgets.Button(description="Take my files away")
        again.on_click(lambda _button: self.again())
        empty.on_click(lambda _button: self.empty())
        buttons = widgets.Box([again, empty])
        buttons.add_class("ar-buttons")
        self._panel = Panel([controls(self._upload, self._path), buttons, self._area.widget], lambda: self._area.html)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self._panel.bundle()

    @property
    def html(self) -> str:
        """What the panel shows now."""
        return self._area.html

    def take(self, files: dict[str, bytes]) -> None:
        """Put files into the folder and screen it; what an upload does.

        Parameters
        ----------
        files
            Contents by file name.
        """
        with self._area.working("Reading …"):
            self.folder = self._own
            put(files, self.folder)
            self._look()

    def check(self, folder: str | Path) -> None:
        """Screen a folder that is there; what a path does."""
        with self._area.working("Reading …"):
            self.folder = Path(folder).expanduser()
            self._look()

    def again(self) -> None:
        """Screen the same folder again, after something was mended in a file there."""
        with self._area.working("Reading …"):
            self._look()

    def empty(self) -> None:
        """Take the dropped files out of the person's own folder; a folder whose path was given is left alone."""
        with self._area.working("Taking away …"):
            self.folder, self.screening = self._own, None
            for path in self._own.iterdir() if self._own.is_dir() else ():
                if path.suffix.lower() in ENDINGS and path.is_file():
                    path.unlink()
            self._area.show(said_html("Your files were taken out of this folder.", str(self._own)) + _before())

    def load(self) -> Any:
        """Open the data to explore them, as :func:`allrise.load` does.

        Raises
        ------
        InvalidData
            When something must be mended first.
        """
        return load(self.folder)

    def _take(self, change: Any) -> None:
        if change["new"]:
            self.take({str(f["name"]): bytes(f["content"]) for f in change["new"]})

    def _follow(self, change: Any) -> None:
        path = str(change["new"]).strip().strip('"')
        if path:
            self.check(path)

    def _look(self) -> None:
        self.screening = screen(self.folder)
        self._area.show(screening_html(self.screening, self.folder), verdict(self.screening))


def example() -> Panel:
    """Return what screening says about three small files with a few mistakes in them."""
    with tempfile.TemporaryDirectory() as folder:
        put({name: text.encode() for name, text in _EXAMPLE.items()}, Path(folder))
        found = screen(Path(folder))
        area = FigureArea()
        area.show(screening_html(found, "an example"))
    return Panel([area.widget], lambda: area.html)


def put(files: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder, by the last part of their names only.

    Raises
    ------
    UnreadableInput
        When a file is not one that can hold a table, or the folder cannot be written to.
    """
    for name in files:
        if Path(name).suffix.lower() not in ENDINGS:
            raise UnreadableInput(
                f"{name} is not a file that can be read", f"Save it as CSV or Excel: {', '.join(ENDINGS)}."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / _file_name(name)).write_bytes(content)
    except OSError as error:
        raise UnreadableInput(
            f"The files cannot be put into {folder}: {error.strerror or error}",
            "Give the path of their folder instead.",
        ) from None


def verdict(screening: Screening) -> str:
    """Return in one sentence how the data stand."""
    counts = [f"{n:,} {word}{'s' if n != 1 else ''}" for word in _WORDS if (n := screening.count(word))]  # type: ignore[arg-type]
    found = f"Found: {', '.join(counts)}." if counts else "Nothing is wrong."
    return f"{'These data can be used.' if screening.usable else 'Some things must be mended first.'} {found}"


def screening_html(screening: Screening, folder: Path | str) -> str:
    """Return what screening found, as markup: what was read, then each kind of finding with where and what to do."""
    read = "".join(
        f"<li><b>{_e(i.file)}</b>: {_e(' and '.join(TABLES[t].label.lower() for t in i.tables) or 'not read')}, "
        f"{i.rows:,} row{'' if i.rows == 1 else 's'}</li>"
        for i in screening.inputs
    )
    by_rule: dict[str, list[Group]] = {}
    for group in screening.groups:
        by_rule.setdefault(group.rule, []).append(group)
    found = "".join(_rule(rule, groups) for rule, groups in by_rule.items())
    missing = [n for n in REQUIRED if n not in screening.tables]
    needs = _needs(missing) if missing else ""
    return (
        f"<p class='ar-verdict'>{_e(verdict(screening))}</p><p>Read from <code>{_e(folder)}</code>:</p>"
        f"<ul>{read or '<li>nothing</li>'}</ul>{needs}{found}"
    )


def _rule(rule_id: str, groups: list[Group]) -> str:
    rule = RULES[rule_id]
    first = groups[0].findings[0]
    places = "".join(f"<li>{_e(_place(g))}</li>" for g in groups[:LINES])
    more = f"<li>and {len(groups) - LINES} more places</li>" if len(groups) > LINES else ""
    return (
        f"<section class='ar-finding'><h4><span class='ar-severity ar-{rule.severity}'>{_WORDS[rule.severity]}</span>"
        f"{_e(rule.title)}</h4><p>{_e(_sentence(first.what))} {_e(rule.why)}</p><ul>{places}{more}</ul>"
        f"<p><b>What to do.</b> {_e(first.mend or rule.mend)}</p>"
        f"<details class='ar-numbers'><summary>In Excel</summary><p>{_e(rule.excel)}</p>"
        f"<p class='ar-note'>Example: {_e(rule.example)}</p></details></section>"
    )


def _place(group: Group) -> str:
    place = ", ".join(
        filter(None, (group.file or group.table or "the folder", group.column and f"column {group.column}"))
    )
    lines = [str(f.row) for f in group.findings if f.row is not None][:LINES]
    if lines:
        more = f" and {group.count - len(lines):,} more" if group.count > len(lines) else ""
        place += f", line{'s' if group.count > 1 else ''} {', '.join(lines)}{more}"
    value = group.findings[0].value
    return f"{place}: “{value}”" if value else place


def _needs(missing: list[str]) -> str:
    said = "".join(
        f"<li><code>{n}.csv</code>: {_e(TABLES[n].description)} Columns: "
        f"{', '.join(f'<code>{c.name}</code>' for c in TABLES[n].columns if c.mandatory)}</li>"
        for n in missing
    )
    return f"<p>Still missing, and needed:</p><ul>{said}</ul>"


def _before() -> str:
    known = ", ".join(f"<code>{n}</code>" for n in TABLES if not n.startswith("dialogue_"))
    return (
        f"<p>A file is known by its name, so <code>outcomes.csv</code> is read as outcomes. Names: {known}. One Excel file "
        "with a sheet for each table is fine too.</p>"
    )


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.\- ]+", "_", re.split(r"[\\/]", name)[-1]).lstrip(".") or "file.csv"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _e(text: object) -> str:
    """Return words as markup; names between backticks are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(text)))
