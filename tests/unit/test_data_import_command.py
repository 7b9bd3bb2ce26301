"""``allrise data import`` on the command line: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from allrise.cli import data_import
from allrise.errors import UnreadableInput


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    data_import.register(app)
    return app


def table(folder: Path) -> Path:
    path = folder / "ks2_2017.csv"
    path.write_text(
        "RECTYPE,LEA,ESTAB,URN,SCHNAME,TELIG,PTRWM_EXP\n1,850,1,101,Ash,30,70%\n2,850,2,102,Oak,8,0%\n",
        encoding="utf-8",
    )
    return path


def test_every_row_is_accounted_for_in_the_summary(app: typer.Typer, tmp_path: Path):
    done = CliRunner().invoke(app, ["import", "england-ks2", str(table(tmp_path)), "--out", str(tmp_path / "data")])
    assert done.exit_code == 0, done.output
    assert "2 rows read, 1 kept." in done.output
    assert "1 left out: special school (RECTYPE 2)." in done.output
    assert "1 clusters, 1 schools, 1 memberships, 1 measures, 1 outcomes" in done.output
    assert (tmp_path / "data" / "datapackage.json").is_file()


def test_an_option_of_another_source_is_refused(app: typer.Typer, tmp_path: Path):
    arguments = ["import", "nsw-schools", str(table(tmp_path)), "--out", str(tmp_path / "data"), "--year", "2017"]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, UnreadableInput)
    assert str(done.exception).startswith("--year is not an option of nsw-schools")
    assert not (tmp_path / "data").exists()


def test_a_folder_that_is_there_is_refused_before_anything_is_read(app: typer.Typer, tmp_path: Path):
    arguments = ["import", "england-ks2", str(tmp_path / "missing.csv"), "--out", str(tmp_path)]
    table(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert "is not empty" in str(done.exception)
