"""The CSV files: symbols kept, formulas disarmed, one file a table."""

from __future__ import annotations

import csv
import io

import pytest

from allrise.content.blocks import Hidden, Table, TableColumn, Text
from allrise.packs.model import ExecutedChapter
from allrise.packs.tables import csv_of, suppressed, table_files


def table(*rows, name="levels"):
    columns = tuple(TableColumn(k, k.title()) for k in ("a", "b"))
    return Table(name, "A title", columns, tuple(rows))


def read(content):
    return list(csv.reader(io.StringIO(content.decode())))


def test_a_hidden_cell_holds_its_symbol_and_a_missing_one_nothing():
    assert read(csv_of(table((Hidden("low"), None)))) == [["a", "b"], ["low", ""]]


def test_numbers_are_written_without_the_noise_of_binary_fractions():
    assert read(csv_of(table((0.1 + 0.2, -3), (True, 1e-9))))[1:] == [["0.3", "-3"], ["true", "1e-09"]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1", '=HYPERLINK("x")'])
def test_text_that_a_spreadsheet_would_calculate_gets_an_apostrophe(text):
    assert read(csv_of(table((text, "ok"))))[1] == [f"'{text}", "ok"]


def test_names_with_commas_quotes_line_breaks_and_accents_come_back_as_they_were():
    assert read(csv_of(table(('Kāhui, "Ako"', "two\nlines"))))[1] == ['Kāhui, "Ako"', "two\nlines"]


def test_files_are_named_by_chapter_and_table_and_two_of_one_name_stay_apart():
    chapters = (
        ExecutedChapter("02_outcomes", "ok", 1, blocks=(table((1, 2)), Text(("x",)), table((3, 4)), table((1, 2)))),
        ExecutedChapter("03_gaps", "ok", 1, blocks=(table((1, 2), name="../gap s"),)),
    )
    assert list(table_files(chapters)) == [
        "tables/02_levels.csv",
        "tables/02_levels-2.csv",
        "tables/03_gap-s.csv",
    ]


def test_hidden_cells_are_counted_by_reason():
    chapter = ExecutedChapter("02_outcomes", "ok", 1, blocks=(table((Hidden("c"), Hidden("low")), (Hidden("c"), 1)),))
    assert suppressed([chapter]) == {"c": 2, "low": 1}
