"""Nothing is dropped or changed in silence: every cell of a damaged folder is in its table, or a finding names it.

A clean folder is damaged at random, in cells, rows, columns and bytes. What was written is known, so each cell can be
looked for in what was read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from clean_folder import Rows, as_csv, clean, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allrise.cli.screening_report import as_html
from allrise.data.screening import RULES, Finding, Screening, as_record, screen
from allrise.data.tables import REQUIRED, TABLES
from allrise.errors import UnreadableInput

MESS = [
    "", " ", "  x ", "NaN", "NULL", "n/a", "#N/A", "#REF!", "1,234", "1.234", "1,234.5", "62,5", "12%", "-3", "1e400", "12.0",
    "c", "k", "SUPP", "x", "2018/19", "01/02/2018", "21/02/2018", "42036", "2018-02-30", "2018-02-01", "true", "Yes", "Primary",
    "=1+1", "@x", "Ã©", "a\nb", 'say "hi"', "a,b", "a;b", "001", "1", "A", "ＡＢ", "\u00a0", "\ufeff", "𝟙", "İ", "0" * 40,
    "y" * 300, "school_id", "-", "'5", "\x1b[2J", "<b>", "\x7f", "٣", "5\u2028",
]  # fmt: skip
#: Findings that say a whole row was left out.
DROPPING = {"ragged-row", "broken-quotes", "blank-rows", "identical-row", "repeated-header"}
#: Findings that say a whole file or table was not read.
REFUSING = {
    "empty-file",
    "no-header",
    "unreadable-file",
    "missing-table",
    "two-files-one-table",
    "descriptor-file-missing",
}

few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@dataclass
class Written:
    """A table as it was written: its rows, the line in which each begins, and its bytes' form."""

    rows: Rows
    separator: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    above: list[str] = field(default_factory=list)

    def lines(self) -> list[int]:
        at = 1 + len(self.above)
        starts = []
        for row in self.rows:
            starts.append(at)
            # A carriage return or line feed inside a cell is a line of the file too.
            at += 1 + sum(c.replace("\r\n", "\n").replace("\r", "\n").count("\n") for c in row)
        return starts

    def content(self) -> bytes:
        text = "".join(line + "\n" for line in self.above) + as_csv(self.rows, self.separator)
        return text.replace("\n", self.newline).encode(self.encoding, errors="replace")


@st.composite
def damaged(draw) -> dict[str, Written]:
    others = st.sets(st.sampled_from([n for n in clean() if n not in REQUIRED]), min_size=2, max_size=3)
    chosen = {*REQUIRED, *draw(others)}
    tables = {name: Written(rows) for name, rows in clean().items() if name in chosen}
    for _ in range(draw(st.integers(1, 6))):
        t = tables[draw(st.sampled_from(sorted(tables)))]
        width = len(t.rows[0])
        row, column = draw(st.integers(1, max(1, len(t.rows) - 1))), draw(st.integers(0, width - 1))
        kind = draw(st.sampled_from(["cell"] * 6 + ["twice", "blank", "short", "long", "drop", "rename", "swap", "head",
                                     "title", "separator", "encoding", "crlf", "spare", "again", "empty"]))  # fmt: skip
        if kind in ("cell", "short", "long", "twice") and row >= len(t.rows):
            continue
        if kind == "cell" and column < len(t.rows[row]):
            t.rows[row][column] = draw(st.sampled_from(MESS) | st.text(max_size=6))
        elif kind == "twice":
            t.rows.insert(draw(st.integers(1, len(t.rows))), list(t.rows[row]))
        elif kind == "blank":
            t.rows.insert(row, [""] * width)
        elif kind == "short" and len(t.rows[row]) > 1:
            t.rows[row].pop()
        elif kind == "long":
            t.rows[row].append(draw(st.sampled_from(["", "more"])))
        elif kind == "drop" and width > 2:
            for r in t.rows:
                if column < len(r):
                    del r[column]
        elif kind == "rename":
            name = t.rows[0][column]
            t.rows[0][column] = draw(
                st.sampled_from([name.upper(), name.replace("_", " "), f" {name}", "own", "", "name"])
            )
        elif kind == "swap" and width > 1 and column:
            t.rows[0][0], t.rows[0][column] = t.rows[0][column], t.rows[0][0]
        elif kind == "head":
            del t.rows[0]
            if not t.rows:
                t.rows.append([""])
        elif kind == "title" and t.separator == ",":
            t.above = ["Our data, 2018"]
        elif kind == "separator":
            t.separator = draw(st.sampled_from(";\t|"))
        elif kind == "encoding":
            t.encoding = draw(st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]))
        elif kind == "crlf":
            t.newline = "\r\n"
        elif kind == "spare":
            for r in t.rows:
                r += ["", ""]
        elif kind == "again":
            t.rows.insert(row, list(t.rows[0]))
        elif kind == "empty":
            del t.rows[1:]
    return tables


def put(folder: Path, tables: dict[str, Written]) -> None:
    for name, written in tables.items():
        (folder / f"{name}.csv").write_bytes(written.content())


def as_written(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return str(value)


def same(cell: str, value: object) -> bool:
    """Whether a cell as written is the value in the table, by no more than another way of writing the same number."""
    held = as_written(value)
    if cell == held or (not cell.strip() and not held):  # white space alone is a blank
        return True
    if isinstance(value, bool | np.bool_):
        return cell.lower() in (held, "1" if value else "0")
    try:
        return isinstance(value, int | float | np.number) and cell.isascii() and float(cell) == float(value)
    except ValueError:
        return False


def account(name: str, written: Written, found: Screening) -> None:
    """Assert that every cell of a file is in its table or named in a finding."""
    here = [f for f in found.findings if f.file == f"{name}.csv"]
    if name not in found.tables:
        assert any(f.rule in REFUSING for f in found.findings if name in (f.table, f.file.removesuffix(".csv")))
        return
    frame = found.tables[name]
    by_place: dict[tuple[int | None, str | None], list[Finding]] = {}
    for f in here:
        by_place.setdefault((f.row, f.column), []).append(f)
    dropped = {f.row for f in here if f.rule in DROPPING}
    lines = written.lines()
    above = {f.row for f in here if f.rule == "title-lines"}
    heading = next(n for n, line in enumerate(lines) if line not in above)
    kept = [n for n in range(heading + 1, len(lines)) if lines[n] not in dropped]
    assert len(kept) == len(frame), (name, lines, sorted(dropped, key=str))
    named = columns_of(written.rows[heading], name)
    for position, n in enumerate(kept):
        for cell, column in zip(written.rows[n], named, strict=False):
            text = cell.encode(written.encoding, errors="replace").decode(written.encoding).replace("\0", "")
            if column is not None and column in frame:
                value = frame[column].iloc[position]
                assert same(text, value) or by_place.get((lines[n], column)), (name, lines[n], column, text, value)
            elif text.strip():
                assert any(f.column == column or column is None for f in here if f.row in (lines[n], None)), (
                    name,
                    text,
                )


def columns_of(heading: list[str], table: str) -> list[str | None]:
    """Return the column that each heading is kept as, by the documented rules, or None when that is not simple."""
    known = {"".join(c for c in n if c.isalnum()): n for n in TABLES[table].column_names}
    out: list[str | None] = []
    for position, words in enumerate(heading, start=1):
        bare = "".join(c for c in words.lower() if c.isalnum())
        name = known.get(bare) or words.strip() or f"unnamed_{position}"
        number = 2
        first = name
        while name in out:
            name = f"{first}_{number}"
            number += 1
        out.append(name)
    return out


@few
@given(damaged())
def test_every_cell_is_in_its_table_or_named_in_a_finding(tables):
    with TemporaryDirectory() as folder:
        put(Path(folder), tables)
        found = screen(Path(folder))
        for name, written in tables.items():
            account(name, written, found)
        for finding in found.findings:
            assert finding.rule in RULES
            assert finding.what
            assert finding.mend


@few
@given(damaged())
def test_the_quick_reader_and_the_careful_one_find_the_same(tables):
    with TemporaryDirectory() as folder:
        put(Path(folder), tables)
        careful, quick = screen(Path(folder)), screen(Path(folder), fast_from=0)
        assert quick.groups == careful.groups
        assert list(quick.tables) == list(careful.tables)
        for name, frame in quick.tables.items():
            pd.testing.assert_frame_equal(frame, careful.tables[name])


@few
@given(st.integers(0, 2**32), st.sampled_from(sorted(clean())), st.integers(1, 8))
def test_no_damage_to_the_bytes_is_more_than_a_finding(seed, name, times):
    chance = random.Random(seed)
    with TemporaryDirectory() as folder:
        tables = {n: rows for n, rows in clean().items() if n in (*REQUIRED, name)}
        path = write(Path(folder), tables) / f"{name}.csv"
        content = bytearray(path.read_bytes())
        for _ in range(times):
            at = chance.randrange(len(content)) if content else 0
            kind = chance.choice(["flip", "cut", "insert", "zeros", "end"])
            if kind == "flip" and content:
                content[at] = chance.randrange(256)
            elif kind == "cut":
                del content[at : at + chance.randrange(20)]
            elif kind == "insert":
                content[at:at] = chance.choice([b'"', b"\r", b"\n", b",", b"\0", b"\xff", b"\xe2\x80", b"\xef\xbb\xbf"])
            elif kind == "zeros":
                content[at:at] = bytes(chance.randrange(600))
            else:
                del content[at:]
        path.write_bytes(content)
        for fast_from in (0, 10**9):
            found = screen(Path(folder), fast_from=fast_from)
            as_record(found)
            assert as_html(found, "folder").startswith("<!DOCTYPE html>")
            for frame in found.tables.values():
                assert frame is not None


@pytest.mark.parametrize("name", ["clusters.csv", "datapackage.json", "book.xlsx", "outcomes.parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, bytes(range(256)) * 20, b"PK\x03\x04 nothing", b"PAR1", b'"' * 999]
)
def test_a_file_of_rubbish_is_a_finding(tmp_path, name, content):
    tables = clean()
    if name.endswith("parquet"):
        del tables["outcomes"]
    folder = write(tmp_path, tables, described=False)
    (folder / name).write_bytes(content)
    found = screen(folder)
    assert any(g.severity == "error" for g in found.groups)


def test_a_file_that_may_not_be_opened_is_a_finding(tmp_path, monkeypatch):
    folder = write(tmp_path, clean())
    usual = Path.open

    def refuse(self, *words, **more):
        if self.name == "ties.csv":
            raise PermissionError(13, "Permission denied")
        return usual(self, *words, **more)

    monkeypatch.setattr(Path, "open", refuse)
    (group,) = screen(folder).groups
    assert group.rule == "unreadable-file"
    assert "you may not open it" in group.findings[0].what


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
    import os

    folder = write(tmp_path, clean())
    (folder / "ties.csv").unlink()
    os.mkfifo(folder / "ties.csv")
    assert [g.rule for g in screen(folder).groups] == ["unreadable-file"]


def test_a_folder_of_nothing_that_can_be_a_table_is_refused(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(UnreadableInput):
        screen(tmp_path)
