"""One folder, saved in every way in which people save tables, is the same folder."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from clean_folder import Rows, as_csv, clean, write

from allrise.data.screening import Screening, screen
from allrise.data.tables import TABLES


def as_cell(text: str, table: str, column: str) -> object:
    """Return what Excel holds for a text that is typed into a cell."""
    kind = TABLES[table][column].type
    if not text:
        return None
    if kind in ("integer", "number"):
        return float(text)
    if kind == "date":
        return dt.datetime.fromisoformat(text)
    return text == "true" if kind == "boolean" else text


def cells(table: str, rows: Rows) -> list[list[object]]:
    return [list(rows[0]), *([as_cell(t, table, c) for t, c in zip(r, rows[0], strict=True)] for r in rows[1:])]


def workbook(path: Path, sheets: dict[str, list[list[object]]], change=None) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(book)
    book.save(path)


def one_workbook(folder: Path) -> None:
    workbook(folder / "Our cluster 2018.xlsx", {name.title(): cells(name, rows) for name, rows in clean().items()})


def a_workbook_a_table(folder: Path) -> None:
    for name, rows in clean().items():
        workbook(folder / f"{name}.xlsx", {"Sheet1": cells(name, rows)})


def parquet(folder: Path) -> None:
    write(folder, clean(), described=False)
    found = screen(folder)
    for name in clean():
        (folder / f"{name}.csv").unlink()
        found.tables[name].to_parquet(folder / f"{name}.parquet")


def csv(
    folder: Path, name_ending: str = ".csv", encoding: str = "utf-8", separator: str = ",", newline: str = "\n"
) -> None:
    for name, rows in clean().items():
        text = as_csv(rows, separator)
        (folder / f"{name}{name_ending}").write_text(text, encoding=encoding, newline=newline)


FORMS = {
    "one workbook": one_workbook,
    "a workbook a table": a_workbook_a_table,
    "parquet": parquet,
    "tabs": lambda f: csv(f, ".tsv", separator="\t"),
    "semicolons": lambda f: csv(f, separator=";"),
    "CRLF and a byte order mark": lambda f: csv(f, encoding="utf-8-sig", newline="\r\n"),
    "carriage returns": lambda f: csv(f, newline="\r"),
    "UTF-16": lambda f: csv(f, encoding="utf-16"),
    "UTF-16 without a mark": lambda f: csv(f, encoding="utf-16-le"),
    "UTF-32": lambda f: csv(f, encoding="utf-32"),
    "capitals in file names": lambda f: [
        (f / f"{n.upper()}.CSV").write_text(as_csv(rows), encoding="utf-8") for n, rows in clean().items()
    ],
}


def same_tables(one: Screening, other: Screening) -> None:
    assert set(one.tables) == set(other.tables)
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, other.tables[name])


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_in_any_form_is_the_same_folder(tmp_path, form):
    FORMS[form](tmp_path)
    found = screen(tmp_path)
    same_tables(found, screen(write(tmp_path / "plain", clean())))
    assert found.usable
    allowed = {"descriptor-missing", "encoding", "separator", "byte-order-mark"}
    assert {g.rule for g in found.groups} <= allowed, found.findings
    assert sum(i.rows for i in found.inputs) == sum(len(rows) - 1 for rows in clean().values())


@pytest.mark.parametrize("name", sorted(clean()))
def test_every_table_has_every_column_typed_as_documented(tmp_path, name):
    frame = screen(write(tmp_path, clean())).tables[name]
    assert [*frame.columns] == [*TABLES[name].column_names]
    assert {c: str(t) for c, t in frame.dtypes.items()} == {c.name: c.dtype for c in TABLES[name].columns}
    TABLES[name].schema().validate(frame)


def test_a_cell_that_excel_shows_as_a_percentage_is_read_as_it_is_shown(tmp_path):
    write(tmp_path, {n: r for n, r in clean().items() if n != "outcomes"})
    rows = cells("outcomes", clean()["outcomes"])
    rows[1][5] = 0.625

    def show(book):
        book["outcomes"]["F2"].number_format = "0.0%"

    workbook(tmp_path / "outcomes.xlsx", {"outcomes": rows}, show)
    found = screen(tmp_path)
    assert found.tables["outcomes"]["value"].iloc[0] == 62.5
    (finding,) = [f for f in found.findings if f.rule == "percent-sign"]
    assert (finding.file, finding.row, finding.value, finding.read_as) == (
        "outcomes.xlsx [outcomes]",
        2,
        "62.5%",
        "62.5",
    )


def test_zeros_that_excel_took_from_an_id_are_suggested(tmp_path):
    tables = clean()
    for row in tables["memberships"][1:]:
        row[0] = row[0].lstrip("0")
    found = screen(write(tmp_path, tables))
    (group,) = [g for g in found.groups if g.rule == "unknown-id"]
    assert group.count == 4
    assert "Is it '001'?" in group.findings[0].mend


def test_a_sheet_that_is_no_table_is_named_and_passed_over(tmp_path):
    sheets = {name: cells(name, rows) for name, rows in clean().items()}
    workbook(tmp_path / "book.xlsx", {**sheets, "Notes to self": [["x", "y"], [1, 2]]})
    found = screen(tmp_path)
    assert [f.file for f in found.findings if f.rule == "unknown-table"] == ["book.xlsx [Notes to self]"]
    assert set(found.tables) == set(clean())


def test_a_workbook_made_to_fill_the_memory_is_not_opened(tmp_path):
    write(tmp_path, clean(), described=False)
    (tmp_path / "ties.csv").unlink()
    with (
        zipfile.ZipFile(tmp_path / "ties.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file,
    ):
        block = b" " * 1_000_000
        for _ in range(401):
            file.write(block)
    found = screen(tmp_path)
    assert [f.rule for f in found.findings if f.file == "ties.xlsx"] == ["unreadable-file"]


def test_columns_and_tables_of_ones_own_are_kept_and_passed_over(tmp_path):
    tables = clean()
    tables["schools"][0].append("roll band")
    for row in tables["schools"][1:]:
        row.append("=U2")
    folder = write(tmp_path, {**tables, "buses": [["bus", "seats"], ["1", "40"]]})
    found = screen(folder)
    assert found.groups == ()
    assert found.tables["schools"]["roll band"].tolist() == ["=U2"] * 4


def test_what_the_description_says_stands_for_nothing_is_read_so_and_said(tmp_path):
    tables = clean()
    tables["contexts"][1][4] = "-99"
    folder = write(tmp_path, tables)
    path = folder / "datapackage.json"
    path.write_text(
        path.read_text().replace('"missingValues": [\n          ""', '"missingValues": [\n          "", "-99"')
    )
    found = screen(folder)
    assert pd.isna(found.tables["contexts"]["value"].iloc[0])
    assert [(f.rule, f.row, f.column, f.value, f.read_as) for f in found.findings] == [
        ("missing-marker", 2, "value", "-99", "")
    ]


def test_a_bundled_folder_has_no_errors():
    demo = Path(__file__).parents[2] / "datasets" / "demo"
    found = screen(demo)
    assert found.usable, found.findings[:3]
    assert found.descriptor.synthetic
