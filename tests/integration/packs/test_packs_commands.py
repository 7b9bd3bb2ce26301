"""The ``packs`` and ``demo`` commands: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allrise.cli import build_app
from allrise.errors import AllriseError

SAY = "from allrise.content.blocks import Text\nText(({},))"


@pytest.fixture
def allrise(place, monkeypatch):
    monkeypatch.setattr("allrise.paths.notebooks", lambda: place.root / "notebooks")
    monkeypatch.setenv("COLUMNS", "240")
    runner = CliRunner()

    def run(*arguments):
        result = runner.invoke(build_app(), [str(a) for a in arguments])
        if result.exception and not isinstance(result.exception, SystemExit | AllriseError):
            raise result.exception
        return result

    return run


def test_build_status_and_verify_tell_one_story(place, allrise):
    place.chapter("01_overview", SAY.format("cluster_id"))
    built = allrise("packs", "build", place.data, "--out", place.out, "--jobs", "2")
    assert built.exit_code == 0
    assert "2 packs: 2 built" in built.stdout
    assert str(place.out / "index.html") in built.stdout
    status = allrise("packs", "status", place.out)
    assert status.stdout.count("current") == 2
    assert "2 packs" in allrise("packs", "verify", place.out).stdout
    place.chapter("01_overview", SAY.format("'changed'"))
    why = allrise("packs", "status", place.out, "--why", "--json")
    assert json.loads(why.stdout)[0]["reasons"] == ["01_overview: the chapter's notebook changed"]
    (place.out / "c1" / "index.html").write_text("x")
    wrong = allrise("packs", "verify", place.out)
    assert wrong.exit_code == 1
    assert "c1/index.html: changed" in wrong.stdout
    assert json.loads(allrise("packs", "verify", place.out, "--json").stdout)["findings"] == [
        {"pack": "c1", "file": "index.html", "problem": "changed"}
    ]


def test_json_is_all_that_stands_on_standard_output(place, allrise):
    place.chapter("01_overview", SAY.format("cluster_id"), "1/0")
    result = allrise("packs", "build", place.data, "--out", place.out, "--cluster", "c2", "--json")
    record = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [p["folder"] for p in record["packs"]] == ["c2"]
    assert record["packs"][0]["chapters"][0]["error"]["kind"] == "ZeroDivisionError"


def test_a_failed_chapter_is_told_with_pack_chapter_cell_and_message(place, allrise):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter("02_levels", "raise ValueError('no schools [red]here[/red]')")
    result = allrise("packs", "build", place.data, "--out", place.out, "--cluster", "c1")
    assert result.exit_code == 1
    line = next(row for row in result.stdout.splitlines() if "02_levels" in row)
    assert line.split(None, 3) == ["c1", "02_levels", "3", "ValueError: no schools [red]here[/red]"]


def test_a_format_that_cannot_be_made_ends_with_1_says_why_and_costs_no_other(place, allrise, monkeypatch, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "docx.py").write_text("raise ImportError('its library is damaged')")
    place.chapter("01_overview", SAY.format("cluster_id"))
    build = ("packs", "build", place.data, "--out", place.out, "--cluster", "c1", "--format", "docx,xlsx")
    with monkeypatch.context() as here:
        here.setenv("PYTHONPATH", f"{broken}{os.pathsep}{os.environ['PYTHONPATH']}")
        result = allrise(*build)
    assert result.exit_code == 1
    line = next(row for row in result.stdout.splitlines() if "docx" in row)
    assert "its library is damaged" in line
    files = {f.name for f in (place.out / "c1").iterdir()}
    assert {"index.html", "tables.xlsx"} <= files
    assert "handout.docx" not in files
    assert place.manifest("c1")["status"] == "partial"
    assert allrise(*build).exit_code == 0
    assert (place.out / "c1" / "handout.docx").stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--cluster", "c9"), "There is no cluster `c9`"),
        (("--chapter", "nine"), "There is no chapter `nine`"),
        (("--format", "html,odt"), "There is no format `odt`"),
        (("--language", "mi"), "chapters are not written in 'mi'"),
        (("--scheduler", "tcp://127.0.0.1:1"), "there is no Dask scheduler"),
    ],
)
def test_what_cannot_start_ends_with_2_and_says_why(place, allrise, arguments, words, monkeypatch):
    monkeypatch.setattr("allrise.packs.scheduler._CONNECT_SECONDS", 1)
    place.chapter("01_overview", SAY.format("cluster_id"))
    result = allrise("packs", "build", place.data, "--out", place.out, *arguments)
    assert isinstance(result.exception, AllriseError)
    assert result.exception.exit_code == 2
    assert words in str(result.exception)


def test_folders_that_are_not_there_are_refused(place, allrise):
    place.chapter("01_overview", SAY.format("cluster_id"))
    for arguments in (("build", place.root / "no"), ("status", place.root / "no"), ("verify", place.root / "no")):
        result = allrise("packs", *arguments)
        assert isinstance(result.exception, AllriseError)
        assert result.exception.exit_code == 2


def test_the_demo_says_where_to_look(place, allrise):
    place.chapter("01_overview", SAY.format("cluster_id"))
    result = allrise("demo", "--out", place.out)
    assert result.exit_code == 0
    assert str(place.out / "index.html") in result.stdout
    pages = [line.split()[-1] for line in result.stdout.splitlines() if line.startswith("One pack:")]
    assert len(pages) == 1
    assert "<html" in Path(pages[0]).read_text(encoding="utf-8")
