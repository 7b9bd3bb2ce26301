"""What one cell is read as: what can mean one thing is read and said, what cannot is refused and said."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from clean_folder import clean, write

from allrise.data.screening import screen

NUMBERS = [
    ("62.5", 62.5, ()),
    ("+62.5", 62.5, ()),
    ("-62.5", -62.5, ()),
    ("\N{MINUS SIGN}62.5", -62.5, ()),
    (".5", 0.5, ()),
    ("5.", 5.0, ()),
    ("6.25e1", 62.5, ()),
    ("062.5", 62.5, ()),
    ("  62.5", 62.5, ("space-around",)),
    ("62.5\u00a0", 62.5, ("space-around",)),
    ("\u200b62.5", 62.5, ("space-around",)),
    ("62,5", 62.5, ("decimal-comma",)),
    ("-0,5", -0.5, ("decimal-comma",)),
    ("0,625", 0.625, ("decimal-comma",)),
    ("62,55555", 62.55555, ("decimal-comma",)),
    ("1 234", 1234.0, ("thousands-separator",)),
    ("1\u00a0234", 1234.0, ("thousands-separator",)),
    ("1\u202f234,5", 1234.5, ("decimal-comma", "thousands-separator")),
    ("1'234.5", 1234.5, ("thousands-separator",)),
    ("1,234.5", 1234.5, ("thousands-separator",)),
    ("1,234,567", 1234567.0, ("thousands-separator",)),
    ("1.234,5", 1234.5, ("decimal-comma", "thousands-separator")),
    ("1.234.567", 1234567.0, ("thousands-separator",)),
    ("62.5%", 62.5, ("percent-sign",)),
    ("62,5 %", 62.5, ("decimal-comma", "percent-sign")),
    ("1,234", None, ("ambiguous-number",)),
    ("12,345", None, ("ambiguous-number",)),
    ("", None, ()),
    ("   ", None, ()),
    ("NaN", None, ("missing-marker",)),
    ("NULL", None, ("missing-marker",)),
    ("#N/A", None, ("missing-marker",)),
    ("n/a", None, ("missing-marker",)),
    ("-", None, ("missing-marker",)),
    ("..", None, ("missing-marker",)),
    ("#REF!", None, ("excel-error",)),
    ("#DIV/0!", None, ("excel-error",)),
    ("#####", None, ("excel-error",)),
    ("inf", None, ("wrong-type",)),
    ("1e999", None, ("wrong-type",)),
    ("0x10", None, ("wrong-type",)),
    ("1_000", None, ("wrong-type",)),
    ("1,2,3", None, ("wrong-type",)),
    ("1,23,456", None, ("wrong-type",)),
    ("12 34", None, ("wrong-type",)),
    ("1.2.3", None, ("wrong-type",)),
    ("--5", None, ("wrong-type",)),
    ("(5)", None, ("wrong-type",)),
    ("$5", None, ("wrong-type",)),
    ("£5", None, ("wrong-type",)),
    ("<5", None, ("wrong-type",)),
    ("=5", None, ("wrong-type",)),
    ("5*", None, ("wrong-type",)),
    ("5\n6", None, ("wrong-type",)),
    ("٥", None, ("wrong-type",)),
    ("½", None, ("wrong-type",)),
    ("five", None, ("wrong-type",)),
    ("O", None, ("wrong-type",)),
    ("12%%", None, ("wrong-type",)),
    ("%", None, ("wrong-type",)),
]

WHOLE = [
    ("140", 140, ()),
    ("0140", 140, ()),
    ("140.0", 140, ("number-as-decimal",)),
    ("1.4e2", 140, ("number-as-decimal",)),
    ("1,140", 1140, ("thousands-separator",)),
    ("1 140", 1140, ("thousands-separator",)),
    ("140.5", None, ("wrong-type",)),
    ("1.140", None, ("ambiguous-number",)),
    ("140,5", None, ("wrong-type",)),
    ("140%", None, ("wrong-type",)),
    ("-1", -1, ("out-of-range",)),
    ("50001", 50001, ("out-of-range",)),
    ("1e18", None, ("wrong-type",)),
    ("True", None, ("wrong-type",)),
    ("2015-02-01", None, ("wrong-type",)),
]

FIRST = dt.date(2015, 2, 1)
DATES = [
    ("2015-02-01", FIRST, ()),
    ("2015-2-1", FIRST, ("date-format",)),
    ("2015/02/01", FIRST, ("date-format",)),
    ("2015.02.01", FIRST, ("date-format",)),
    ("20150201", FIRST, ("date-format",)),
    ("2015-02-01 00:00:00", FIRST, ("date-format",)),
    ("2015-02-01T00:00:00Z", FIRST, ("date-format",)),
    ("2015-02-01T09:30", FIRST, ("date-format",)),
    ("1 February 2015", FIRST, ("date-format",)),
    ("1 Feb 2015", FIRST, ("date-format",)),
    ("1st Feb 2015", FIRST, ("date-format",)),
    ("01-Feb-2015", FIRST, ("date-format",)),
    ("Feb 1, 2015", FIRST, ("date-format",)),
    ("February 1 2015", FIRST, ("date-format",)),
    ("21/02/2015", dt.date(2015, 2, 21), ("date-format",)),
    ("02/21/2015", dt.date(2015, 2, 21), ("date-format",)),
    ("21.02.2015", dt.date(2015, 2, 21), ("date-format",)),
    ("02/02/2015", dt.date(2015, 2, 2), ("date-format",)),
    ("42036", FIRST, ("excel-serial",)),
    ("42036.0", FIRST, ("excel-serial",)),
    (" 2015-02-01", FIRST, ("space-around",)),
    ("1/2/2015", None, ("ambiguous-date",)),
    ("01/02/2015", None, ("ambiguous-date",)),
    ("01-02-2015", None, ("ambiguous-date",)),
    ("21/02/15", None, ("ambiguous-date",)),
    ("01-Feb-15", None, ("ambiguous-date",)),
    ("2015-02-29", None, ("wrong-type",)),
    ("2015-13-01", None, ("wrong-type",)),
    ("31/11/2015", None, ("wrong-type",)),
    ("00/00/2015", None, ("wrong-type",)),
    ("0/5/2015", None, ("wrong-type",)),
    ("32/13/2015", None, ("wrong-type",)),
    ("0000-00-00", None, ("wrong-type",)),
    ("01/01/0000", None, ("wrong-type",)),
    ("2015", None, ("wrong-type",)),
    ("2015-02", None, ("wrong-type",)),
    ("15000", None, ("wrong-type",)),
    ("420360", None, ("wrong-type",)),
    ("42036.5", None, ("wrong-type",)),
    ("1 Foo 2015", None, ("wrong-type",)),
    ("today", None, ("wrong-type",)),
    ("2015-02-01 and later", None, ("wrong-type",)),
    ("12:30", None, ("wrong-type",)),
    ("0215-02-01", dt.date(215, 2, 1), ("out-of-range",)),
    ("9999-12-31", dt.date(9999, 12, 31), ("out-of-range",)),
    ("N/A", None, ("missing-marker",)),
]

YEARS = [
    ("2018", 2018, ()),
    ("2018.0", 2018, ("number-as-decimal",)),
    ("2018/19", 2018, ("school-year",)),
    ("2018-19", 2018, ("school-year",)),
    ("2018–19", 2018, ("school-year",)),
    ("2018/2019", 2018, ("school-year",)),
    ("2018 / 19", 2018, ("school-year",)),
    ("201819", 2018, ("school-year",)),
    ("1999/00", 1999, ("school-year",)),
    ("1999-2000", 1999, ("school-year",)),
    ("2018/18", None, ("wrong-type",)),
    ("2018/20", None, ("wrong-type",)),
    ("201820", 201820, ("out-of-range",)),
    ("18", 18, ("out-of-range",)),
    ("18/19", None, ("wrong-type",)),
    ("2,018", 2018, ("thousands-separator",)),
    ("2018-09-01", None, ("wrong-type",)),
]

YES = [
    ("true", True, ()),
    ("TRUE", True, ()),
    ("1", True, ()),
    ("0", False, ()),
    ("False", False, ()),
    ("yes", True, ("word-spelling",)),
    ("N", False, ("word-spelling",)),
    ("1.0", True, ("word-spelling",)),
    ("2", None, ("wrong-type",)),
    ("maybe", None, ("wrong-type",)),
]

WORDS = [
    ("leader", "leader", ()),
    ("Leader", "leader", ("word-spelling",)),
    ("middle leader", "middle_leader", ("word-spelling",)),
    ("MIDDLE-LEADER", "middle_leader", ("word-spelling",)),
    ("Board or governor", "governor", ("word-spelling",)),
    (" leader ", "leader", ("space-around",)),
    ("headmaster", None, ("not-in-list",)),
    ("none", None, ("missing-marker",)),
    ("leader, teacher", None, ("not-in-list",)),
]

TEXTS = [
    ("Te Kura o Ōtaki", "Te Kura o Ōtaki", ()),
    ("NA", "NA", ()),
    ("None", "None", ()),
    ("NULL", None, ("missing-marker",)),
    ("#NAME?", None, ("excel-error",)),
    ("=1+1", "=1+1", ("formula-text",)),
    ("@SUM(A1)", "@SUM(A1)", ("formula-text",)),
    ("+64 6 364", "+64 6 364", ("formula-text",)),
    ("-", "-", ()),
    ("Ã‰cole", "Ã‰cole", ()),
    ("Ã©cole", "Ã©cole", ("garbled-text",)),
    ("St Maryâ€™s", "St Maryâ€™s", ("garbled-text",)),
    ("K\ufffdhui", "K\ufffdhui", ("garbled-text",)),
    ("a\tb", "a\tb", ()),
    ('a "b" c', 'a "b" c', ()),
    ("1,234", "1,234", ()),
    ("true", "true", ()),
    ("007", "007", ()),
    ("x" * 5000, "x" * 5000, ()),
    ("one\n" * 30, ("one\n" * 30).strip(), ("line-break", "space-around")),
]

COLUMNS = [
    ("contexts", "value", NUMBERS),
    ("schools", "pupils", WHOLE),
    ("memberships", "joined_on", DATES),
    ("stages", "time_period", YEARS),
    ("items", "reversed", YES),
    ("survey", "role", WORDS),
    ("commitments", "what", TEXTS),
]


@pytest.mark.parametrize(
    ("table", "column", "text", "value", "rules"),
    [(t, c, *row) for t, c, rows in COLUMNS for row in rows],
)
def test_a_cell_is_read_or_refused_and_it_is_said(tmp_path, table, column, text, value, rules):
    tables = {n: rows for n, rows in clean().items() if n in ("clusters", "schools", "memberships", table)}
    tables[table] = tables[table][:2]
    tables[table][1][tables[table][0].index(column)] = text
    found = screen(write(tmp_path, tables))
    here = [f for f in found.findings if f.table == table and f.column == column]
    about = {"blank-cell", "spell-order", "overlapping-memberships", "unknown-id"}
    assert tuple(sorted({f.rule for f in here} - about)) == tuple(sorted(rules))
    for f in here:
        if f.rule not in about:
            assert f.row == 2
            assert f.value is not None
            assert text.startswith(f.value.removesuffix("…"))
    got = found.tables[table][column].iloc[0]
    if value is None:
        assert pd.isna(got)
    elif isinstance(value, dt.date):
        assert got == pd.Timestamp(value)
    else:
        assert got == value
        assert isinstance(got, bool | str) == isinstance(value, bool | str) or column == "reversed"


def test_what_a_comma_means_is_decided_by_the_other_cells_of_the_column(tmp_path):
    def read(*texts: str) -> tuple[list[float | None], set[str]]:
        tables = clean()
        head, row = tables["contexts"]
        at = head.index("value")
        tables["contexts"] = [head, *([*row[:3], str(2000 + i), t, *row[at + 1 :]] for i, t in enumerate(texts))]
        found = screen(write(tmp_path, tables))
        values = found.tables["contexts"]["value"]
        return [None if pd.isna(v) else v for v in values], {f.rule for f in found.findings}

    assert read("1,234", "62,5") == ([1.234, 62.5], {"decimal-comma"})
    assert read("1,234", "62.5") == ([1234.0, 62.5], {"thousands-separator"})
    assert read("1,234", "1,234,567") == ([1234.0, 1234567.0], {"thousands-separator"})
    assert read("1,234", "62,5", "62.5") == ([None, 62.5, 62.5], {"ambiguous-number", "decimal-comma"})
    assert read("1.234", "62,5") == ([None, 62.5], {"ambiguous-number", "decimal-comma"})
