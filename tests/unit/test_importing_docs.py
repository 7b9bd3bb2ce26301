"""docs/importing.md says everything there is, and its example works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from allrise.data.importers import SOURCES, Options, importer, write_import
from allrise.data.importers.mapping import KEYS, PACKAGE_KEYS
from allrise.data.screening import screen

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_every_source_and_option_is_documented(source):
    section = PAGE.split(f"## {source.name}\n")[1].split("\n## ")[0]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{source.name}` |"))
    for option in source.options:
        flag = "--date" if option == "dates" else f"--{option.replace('_', '-')}"
        assert f"`{flag}`" in row
        assert flag in section


def test_every_key_of_a_mapping_is_documented():
    rows = "".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert [key for key in (*KEYS, *PACKAGE_KEYS) if f"`{key}" not in rows] == []


def test_the_example_of_a_mapping_works_and_screens_clean(tmp_path: Path):
    for name, kind in (("results.csv", "csv"), ("mapping.toml", "toml")):
        text = re.search(rf"`{name}`:\n\n```{kind}\n(.*?)```", PAGE, re.DOTALL)
        assert text
        (tmp_path / name).write_text(text[1], encoding="utf-8")
    imported = importer("tidy-csv").read([tmp_path / "results.csv"], Options(mapping=tmp_path / "mapping.toml"))
    write_import(imported, tmp_path / "data")
    screening = screen(tmp_path / "data")
    assert screening.usable, screening.findings
    assert screening.tables["outcomes"]["status"].fillna("").tolist() == ["", "c", ""]
