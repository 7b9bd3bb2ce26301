"""Every rule has words, a place in the documentation, and a case in which it is found where it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from clean_folder import as_csv, clean, write

from allrise.data.screening import RULES, rules_page, screen

ROOT = Path(__file__).parents[2]
#: What a case does to the folder, and where the finding must be: (file, row, column).
Place = tuple[str, int | None, str | None]
CASES: dict[str, list[tuple[Callable[[Path], None], Place]]] = {}


def case(rule: str, file: str, row: int | None = None, column: str | None = None):
    def take(damage: Callable[[Path], None]):
        CASES.setdefault(rule, []).append((damage, (file, row, column)))
        return damage

    return take


def text(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / f"{name}.csv"
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8", newline="")


def cell(rule: str, table: str, row: int, column: str, value: str) -> None:
    """Make a case: one cell of a clean table (row 2 is the first beneath the headings) gets another value."""

    def damage(folder: Path) -> None:
        rows = clean()[table]
        rows[row - 1][rows[0].index(column)] = value
        (folder / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")

    CASES.setdefault(rule, []).append((damage, (f"{table}.csv", row, column)))


def append(rule: str, table: str, values: list[str], column: str | None) -> None:
    """Make a case: one more row at the end of a clean table."""

    def damage(folder: Path) -> None:
        rows = [*clean()[table], values]
        (folder / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")

    CASES.setdefault(rule, []).append((damage, (f"{table}.csv", len(clean()[table]) + 1, column)))


@case("missing-table", "")
def _(folder):
    (folder / "memberships.csv").unlink()
    (folder / "datapackage.json").unlink()


@case("descriptor-missing", "")
def _(folder):
    (folder / "datapackage.json").unlink()


@case("descriptor-unreadable", "datapackage.json")
def _(folder):
    (folder / "datapackage.json").write_text("{")


@case("descriptor-file-missing", "stages.csv")
def _(folder):
    (folder / "stages.csv").unlink()


def descriptor(folder, change):
    path = folder / "datapackage.json"
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


@case("descriptor-disagrees", "stages.csv")
def _(folder):
    descriptor(folder, lambda raw: raw.update(resources=[r for r in raw["resources"] if r["name"] != "stages"]))


@case("descriptor-disagrees", "schools.csv", None, "pupils")
def _(folder):
    def change(raw):
        fields = next(r for r in raw["resources"] if r["name"] == "schools")["schema"]["fields"]
        next(f for f in fields if f["name"] == "pupils")["type"] = "string"

    descriptor(folder, change)


@case("descriptor-disagrees", "schools.csv", None, "roll")
def _(folder):
    text(folder, "schools", lambda t: t.replace("longitude\n", "longitude,roll\n").replace("174.8\n", "174.8,1\n")
         .replace("174.9\n", "174.9,1\n").replace("170.5\n", "170.5,1\n").replace(",,,\n", ",,,,\n"))  # fmt: skip


@case("descriptor-disagrees", "clusters.csv", None, "formed_on")
def _(folder):
    text(
        folder, "clusters", lambda t: t.replace(",formed_on", "").replace(",2015-02-01", "").replace(",2016-02-01", "")
    )


@case("unknown-table", "outcome.csv")
def _(folder):
    (folder / "outcome.csv").write_text("x,y\n1,2\n")


@case("two-files-one-table", "schools.tsv")
def _(folder):
    (folder / "schools.tsv").write_text(as_csv(clean()["schools"], "\t"), encoding="utf-8")


@case("two-files-one-table", "book.xlsx [stages]")
def _(folder):
    book(folder / "book.xlsx", {"stages": clean()["stages"], "notes": [["x"]]})


@case("unreadable-file", "schools.xls")
def _(folder):
    (folder / "schools.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


@case("unreadable-file", "ties.csv")
def _(folder):
    (folder / "ties.csv").unlink()
    (folder / "ties.csv").mkdir()


@case("unreadable-file", "ties.csv")
def _(folder):
    (folder / "ties.csv").unlink()
    (folder / "ties.csv").symlink_to("ties.csv")


@case("empty-file", "ties.csv")
def _(folder):
    (folder / "ties.csv").write_bytes(b"")


@case("empty-file", "ties.csv")
def _(folder):
    (folder / "ties.csv").write_bytes(b"\xef\xbb\xbf\r\n ,,\r\n")


@case("no-rows", "ties.csv")
def _(folder):
    (folder / "ties.csv").write_text(as_csv(clean()["ties"][:1]))


@case("no-header", "ties.csv")
def _(folder):
    (folder / "ties.csv").write_text(as_csv(clean()["ties"][1:]))


@case("title-lines", "schools.csv", 1)
def _(folder):
    text(folder, "schools", lambda t: "Our schools in 2018,,\n\n" + t)


@case("encoding", "schools.csv")
def _(folder):
    (folder / "schools.csv").write_text(as_csv(clean()["schools"]), encoding="cp1252")


@case("encoding", "schools.csv")
def _(folder):
    (folder / "schools.csv").write_text(as_csv(clean()["schools"]), encoding="utf-16")


@case("encoding", "schools.csv")
def _(folder):
    (folder / "schools.csv").write_text(as_csv(clean()["schools"]), encoding="utf-16-be")


@case("byte-order-mark", "schools.csv")
def _(folder):
    (folder / "schools.csv").write_text(as_csv(clean()["schools"]), encoding="utf-8-sig")


@case("nul-bytes", "schools.csv")
def _(folder):
    text(folder, "schools", lambda t: t.replace("Hill School", "Hill\0School"))


@case("separator", "schools.csv")
def _(folder):
    text(folder, "schools", lambda _: as_csv(clean()["schools"], ";"))


@case("ragged-row", "schools.csv", 2)
def _(folder):
    text(folder, "schools", lambda t: t.replace("Hill School", "Hill School, Upper"))


@case("ragged-row", "schools.csv", 6)
def _(folder):
    text(folder, "schools", lambda t: t + "Source: the ministry\n")


@case("broken-quotes", "schools.csv", 3)
def _(folder):
    text(folder, "schools", lambda t: t.replace("Lake School", '"Lake School'))


@case("broken-quotes", "schools.csv", 3)
def _(folder):
    text(folder, "schools", lambda t: t.replace("Lake School", "Lake" * 50_000))


@case("blank-rows", "schools.csv", 3)
def _(folder):
    text(folder, "schools", lambda t: t.replace("002,", ",,,,,,,\n002,"))


@case("blank-columns", "ties.csv")
def _(folder):
    text(folder, "ties", lambda t: t.replace("\n", ",,\n"))


@case("repeated-header", "schools.csv", 6)
def _(folder):
    text(folder, "schools", lambda t: t + t.splitlines()[0] + "\n")


@case("very-wide", "ties.csv", 1)
def _(folder):
    rows = [[*r, *(f"x{i}" if n == 0 else "1" for i in range(200))] for n, r in enumerate(clean()["ties"])]
    (folder / "ties.csv").write_text(as_csv(rows))


@case("merged-cells", "memberships.csv", 3, "school_id")
def _(folder):
    text(folder, "memberships", lambda t: t.replace("002,A", ",A").replace("002,B", ",B"))


def book(path: Path, sheets: dict[str, list[list[object]]], change=None) -> None:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(made)
    made.save(path)


@case("merged-cells-filled", "stages.xlsx [stages]", 2)
def _(folder):
    (folder / "stages.csv").unlink()
    rows = [["cluster_id", "time_period", "stage"], ["A", 2017, "collaboration"], [None, 2018, "co_responsibility"]]
    book(folder / "stages.xlsx", {"stages": rows}, lambda b: b["stages"].merge_cells("A2:A3"))


@case("formula-without-value", "stages.xlsx [stages]", 2, "time_period")
def _(folder):
    (folder / "stages.csv").unlink()
    book(
        folder / "stages.xlsx", {"stages": [["cluster_id", "time_period", "stage"], ["A", "=2017+1", "collaboration"]]}
    )


@case("header-spelling", "schools.csv", 1, "school_id")
def _(folder):
    text(folder, "schools", lambda t: t.replace("school_id", "School ID"))


@case("missing-column", "schools.csv", 1, "country")
def _(folder):
    text(folder, "schools", lambda t: t.replace("country", "land"))


@case("duplicate-column", "schools.csv", 1, "pupils")
def _(folder):
    text(folder, "schools", lambda t: t.replace("phase", "Pupils"))


@case("column-without-name", "schools.csv", 2, "unnamed_4")
def _(folder):
    text(folder, "schools", lambda t: t.replace("region", " "))


@case("unknown-column", "schools.csv", 1, "latitide")
def _(folder):
    text(folder, "schools", lambda t: t.replace("latitude", "latitide"))


@case("swapped-columns", "memberships.csv", None, "school_id")
def _(folder):
    text(folder, "memberships", lambda t: t.replace("school_id,cluster_id", "cluster_id,school_id"))


@case("swapped-columns", "schools.csv", None, "phase")
def _(folder):
    text(folder, "schools", lambda t: t.replace("phase,pupils", "pupils,phase"))


cell("wrong-type", "schools", 2, "pupils", "about 140")
cell("wrong-type", "schools", 2, "pupils", "140.5")
cell("wrong-type", "outcomes", 2, "value", "6e999")
cell("wrong-type", "outcomes", 6, "value", "4.2%")
cell("wrong-type", "memberships", 2, "joined_on", "2015-02-30")
cell("wrong-type", "memberships", 2, "joined_on", "spring 2015")
cell("wrong-type", "memberships", 2, "joined_on", "2015")
cell("wrong-type", "outcomes", 2, "time_period", "2017/19")
cell("wrong-type", "outcomes", 2, "pupils", "٤٠")
cell("wrong-type", "measures", 2, "higher_is_better", "perhaps")
cell("out-of-range", "schools", 2, "pupils", "-3")
cell("out-of-range", "schools", 2, "longitude", "1748")
cell("out-of-range", "survey", 2, "score", "6")
cell("out-of-range", "memberships", 2, "joined_on", "0215-02-01")
cell("blank-cell", "schools", 3, "name", " ")
cell("blank-cell", "outcomes", 3, "school_id", "")
cell("missing-marker", "schools", 2, "pupils", "NULL")
cell("missing-marker", "memberships", 2, "left_on", "n/a")
cell("excel-error", "outcomes", 2, "value", "#REF!")
cell("excel-error", "memberships", 2, "joined_on", "########")
cell("space-around", "memberships", 2, "school_id", "001\u00a0")
cell("space-around", "outcomes", 2, "value", " 62.5")
cell("thousands-separator", "schools", 2, "pupils", "1,140")
cell("thousands-separator", "schools", 2, "pupils", "1\u202f140")
cell("thousands-separator", "outcomes", 6, "value", "1,234")
cell("decimal-comma", "outcomes", 2, "value", "62,5")
cell("ambiguous-number", "contexts", 2, "value", "1,234")
cell("ambiguous-number", "schools", 2, "pupils", "1.140")
cell("number-as-decimal", "schools", 2, "pupils", "140.0")
cell("percent-sign", "outcomes", 2, "value", "62.5 %")
cell("date-format", "memberships", 2, "joined_on", "21/02/2015")
cell("date-format", "memberships", 2, "joined_on", "1 Feb 2015")
cell("date-format", "memberships", 2, "joined_on", "2015-02-01 00:00:00")
cell("ambiguous-date", "memberships", 2, "joined_on", "01/02/2015")
cell("ambiguous-date", "memberships", 2, "joined_on", "01-Feb-15")
cell("excel-serial", "memberships", 2, "joined_on", "42036")
cell("school-year", "outcomes", 2, "time_period", "2017/18")
cell("school-year", "outcomes", 2, "time_period", "201718")
cell("word-spelling", "schools", 2, "phase", "Primary")
cell("word-spelling", "survey", 2, "role", "Headteacher or principal")
cell("word-spelling", "measures", 2, "higher_is_better", "Yes")
cell("not-in-list", "survey", 2, "role", "boss")
cell("not-in-list", "clusters", 2, "country", "GB")
cell("formula-text", "schools", 2, "name", "=HYPERLINK(1)")
cell("garbled-text", "schools", 4, "name", "RÃ\u00ado School")
cell("line-break", "schools", 2, "name", "Hill\nSchool")
append("identical-row", "outcomes", clean()["outcomes"][1], None)
append("duplicate-key", "outcomes", ["001", "2017", "M", "all", "40", "70", "", "", ""], "school_id")
append("one-id-one-name", "schools", ["001", "Other School", "NZ", "North", "", "", "", ""], "name")
append("one-name-two-ids", "schools", ["009", "Hill School", "NZ", "North", "", "", "", ""], "name")
cell("symbol-in-value", "outcomes", 2, "value", "c")
cell("unknown-symbol", "outcomes", 2, "value", "SUPP")
cell("unknown-symbol", "outcomes", 5, "status", "SP")
cell("unknown-symbol", "outcomes", 5, "value", "x")
cell("legacy-symbol", "outcomes", 5, "status", "k")
cell("value-with-status", "outcomes", 5, "value", "61")
cell("blank-without-status", "outcomes", 5, "status", "")
cell("percent-out-of-range", "outcomes", 3, "value", "163.4")
cell("percent-out-of-range", "commitments", 2, "target", "-1")


@case("percent-as-fraction", "outcomes.csv", None, "value")
def _(folder):
    text(folder, "outcomes", lambda t: t.replace("62.5,55.0,70.0", "0.625,0.55,0.7").replace("63.4", "0.634")
         .replace("65.0", "0.65"))  # fmt: skip


cell("value-without-denominator", "outcomes", 3, "pupils", "")
cell("limits-order", "outcomes", 2, "value", "71")
cell("small-number-shown", "outcomes", 4, "pupils", "3")
cell("group-larger-than-all", "outcomes", 4, "pupils", "44")
cell("spell-order", "memberships", 2, "left_on", "2014-02-01")
cell("overlapping-memberships", "memberships", 4, "joined_on", "2017-06-01")
append("overlapping-memberships", "memberships", ["003", "A", "2019-01-01", "2019-06-01"], "school_id")
CASES["overlapping-memberships"][0] = (CASES["overlapping-memberships"][0][0], ("memberships.csv", 4, "school_id"))
cell("review-order", "reviews", 2, "ended_on", "2018-03-01")
cell("actions-done-exceed", "reviews", 2, "actions_done", "6")
cell("self-tie", "ties", 2, "to_id", "001")
cell("self-tie", "reviews", 3, "reviewed_id", "A")
cell("unknown-id", "memberships", 2, "school_id", "1")
cell("unknown-id", "memberships", 2, "cluster_id", "Z")
cell("unknown-id", "outcomes", 2, "measure_id", "Q")
cell("unknown-id", "survey", 2, "item_id", "I9")
cell("unknown-id", "reviews", 3, "reviewer_id", "001")
cell("unknown-id", "ties", 3, "to_id", "900")


@case("unknown-id", "outcomes.csv", None, "measure_id")
def _(folder):
    (folder / "measures.csv").unlink()


@case("survey-without-items", "survey.csv")
def _(folder):
    (folder / "items.csv").unlink()


cell("unknown-framework-id", "items", 2, "framework_id", "F9")
cell("response-changes-role", "survey", 3, "role", "teacher")


@case("cluster-without-schools", "clusters.csv", 4, "cluster_id")
def _(folder):
    text(folder, "clusters", lambda t: t + "C,Gamma,NZ,\n")


def test_a_clean_folder_has_no_findings(tmp_path):
    assert screen(write(tmp_path, clean())).groups == ()


@pytest.mark.parametrize(("rule", "number"), [(rule, n) for rule, cases in CASES.items() for n in range(len(cases))])
def test_a_breach_is_found_where_it_is_and_says_how_to_mend_it(tmp_path, rule, number):
    damage, place = CASES[rule][number]
    damage(write(tmp_path, clean()))
    found = screen(tmp_path)
    places = [(f.file, f.row, f.column) for f in found.findings if f.rule == rule]
    assert place in places, [(f.rule, f.file, f.row, f.column, f.what) for f in found.findings]
    for finding in found.findings:
        assert finding.what
        assert finding.mend.endswith(".")
        assert finding.severity == RULES[finding.rule].severity


def test_every_rule_has_a_case():
    assert set(CASES) == set(RULES)


def test_every_rule_has_its_section_in_the_documentation():
    page = (ROOT / "docs/screening-rules.md").read_text(encoding="utf-8")
    assert page == rules_page(), "write it again: allrise.data.screening.rules_page()"
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(RULES)


def test_a_rule_says_everything_that_people_need():
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
        for words in (rule.meaning, rule.why, rule.mend, rule.excel):
            assert words.endswith(".")
        assert " -> " in rule.example
