"""`allrise data check`: what it prints, the JSON, the report and the exit codes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from clean_folder import as_csv, clean, write
from typer.testing import CliRunner

from allrise.cli import build_app, main
from allrise.data.screening import LISTED


def run(*words: str, **environment: str):
    return CliRunner(env={"COLUMNS": "100", **environment}).invoke(build_app(), ["data", "check", *words])


def damaged(folder, **cells: tuple[int, int, str]):
    tables = clean()
    for table, (row, column, value) in cells.items():
        tables[table][row][column] = value
    return write(folder, tables)


def test_a_clean_folder_ends_with_0_and_says_so(tmp_path):
    result = run(str(write(tmp_path, clean())))
    assert result.exit_code == 0
    assert "nothing is wrong" in result.stdout


def test_warnings_alone_end_with_0(tmp_path):
    result = run(str(damaged(tmp_path, schools=(1, 5, "1,140"))))
    assert result.exit_code == 0
    assert "1 warning. It can be used." in result.stdout


def test_an_error_ends_with_1_and_says_rule_place_value_and_mend(tmp_path):
    result = run(str(damaged(tmp_path, memberships=(1, 2, "01/02/2015"))))
    assert result.exit_code == 1
    for words in ("error", "ambiguous-date", "memberships.csv joined_on", "line 2", "01/02/2015", "Write dates as"):
        assert words in result.stdout


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_what_is_printed_keeps_to_the_width_of_the_terminal(tmp_path, width):
    damaged(tmp_path, schools=(1, 0, "x" * 300), memberships=(1, 2, "01/02/2015"))
    lines = run(str(tmp_path), COLUMNS=str(width)).stdout.splitlines()
    assert max(len(line) for line in lines[:-1]) <= width


def test_no_colour_is_printed_when_it_is_not_wanted(tmp_path):
    damaged(tmp_path, memberships=(1, 2, "01/02/2015"))
    assert "\x1b" not in run(str(tmp_path), NO_COLOR="1", TERM="xterm-256color").stdout


def test_text_of_a_file_cannot_write_over_the_screen(tmp_path):
    result = run(str(damaged(tmp_path, schools=(1, 5, "\x1b[2J9"))))
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout


def test_json_is_all_that_is_printed_and_has_every_part_of_a_finding(tmp_path):
    result = run(str(damaged(tmp_path, memberships=(1, 2, "01/02/2015"))), "--json")
    assert result.exit_code == 1
    record = json.loads(result.stdout)
    assert record["counts"] == {"error": 1, "warning": 0, "note": 0}
    (finding,) = record["findings"]
    assert finding | {"what": "", "mend": ""} == {
        "rule": "ambiguous-date",
        "severity": "error",
        "table": "memberships",
        "file": "memberships.csv",
        "row": 2,
        "column": "joined_on",
        "value": "01/02/2015",
        "what": "",
        "mend": "",
        "read_as": None,
    }
    outcomes = next(i for i in record["inputs"] if i["file"] == "outcomes.csv")
    assert outcomes["rows"] == len(clean()["outcomes"]) - 1
    assert re.fullmatch("[0-9a-f]{64}", outcomes["sha256"])


def test_many_findings_of_one_kind_are_counted_truly_and_listed_to_a_limit(tmp_path):
    tables = clean()
    row = tables["stages"][1]
    tables["stages"] += [[row[0], str(1900 + i % 200), f"word {i}"] for i in range(LISTED + 700)]
    record = json.loads(run(str(write(tmp_path, tables)), "--json").stdout)
    (group,) = [g for g in record["groups"] if g["rule"] == "not-in-list"]
    assert (group["count"], group["listed"]) == (LISTED + 700, LISTED)
    assert sum(f["rule"] == "not-in-list" for f in record["findings"]) == LISTED


@pytest.mark.parametrize("make", ["nothing", "file", "empty"])
def test_what_is_no_data_folder_ends_with_2_and_a_mend(tmp_path, make, monkeypatch, capsys):
    path = tmp_path / "data"
    if make == "file":
        path.write_text("x")
    elif make == "empty":
        path.mkdir()
        (path / "README.txt").write_text("x")
    monkeypatch.setattr("sys.argv", ["allrise", "data", "check", str(path)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert not said.out
    assert "clusters.csv" in said.err
    assert "Traceback" not in said.err


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] != "style":
            self.text += data


def report(folder, out) -> tuple[str, Page]:
    run(str(folder), "--report", str(out))
    html = out.read_text(encoding="utf-8")
    return html, Page(html)


def test_the_report_says_first_whether_the_folder_can_be_used(tmp_path):
    _, page = report(damaged(tmp_path / "d", memberships=(1, 2, "01/02/2015")), tmp_path / "r.html")
    assert "Not ready yet: one thing must be mended." in page.text
    assert "What to do first" in page.text
    assert "In Excel" in page.text
    assert "yyyy-mm-dd" in page.text
    _, page = report(write(tmp_path / "clean", clean()), tmp_path / "r.html")
    assert "Ready to use: nothing is wrong." in page.text


def test_the_report_escapes_what_stands_in_the_files(tmp_path):
    evil = "<script>alert(1)</script>"
    tables = clean()
    tables["schools"][1][5] = evil
    tables["schools"][0].append(evil)
    for row in tables["schools"][1:]:
        row.append("=1")
    html, page = report(write(tmp_path / "d", tables, described=False), tmp_path / "r.html")
    assert evil in page.text
    assert "<script" not in html


def test_the_report_needs_nothing_from_outside(tmp_path):
    html, page = report(damaged(tmp_path / "d", schools=(1, 5, "x")), tmp_path / "r.html")
    assert not re.findall(r"https?:|@import|url\((?!data:)", html)
    assert all(not a.get("src") and tag not in ("link", "script", "iframe") for tag, a in page.tags)


def test_headings_of_the_report_go_down_one_step_at_a_time_and_tables_have_headers(tmp_path):
    _, page = report(damaged(tmp_path / "d", schools=(1, 5, "x"), memberships=(1, 2, "1/2/15")), tmp_path / "r.html")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert levels.count(1) == 1
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(a["href"][1:] in ids for tag, a in page.tags if tag == "a")
    assert sum(tag == "table" for tag, _ in page.tags) == sum(tag == "caption" for tag, _ in page.tags)
    assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")


def test_a_report_that_cannot_be_written_is_said(tmp_path, monkeypatch, capsys):
    write(tmp_path / "d", clean())
    words = ["allrise", "data", "check", str(tmp_path / "d"), "--report", str(tmp_path / "no" / "r.html")]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "report cannot be written" in capsys.readouterr().err


def test_a_folder_is_not_changed_by_checking_it(tmp_path):
    folder = damaged(tmp_path / "d", schools=(1, 5, "1,140"))
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    run(str(folder), "--report", str(tmp_path / "r.html"))
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before
    assert as_csv(clean()["schools"]) != (folder / "schools.csv").read_text(encoding="utf-8")
