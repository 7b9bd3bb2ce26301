"""The bundled facts: sourced, valid, and honest about disagreement. And the kit's own folders."""

import json
from pathlib import Path

import pytest

from allrise import paths
from allrise.data.facts import FACTS, facts
from allrise.data.tables import CONTEXTS, COUNTRIES
from allrise.errors import AllriseError


def test_facts_are_valid_contexts_with_a_source_each():
    table = facts()
    CONTEXTS.schema().validate(table)
    FACTS.schema().validate(table)
    assert len(table) > 70
    assert set(table["country"]) - {""} == set(COUNTRIES)
    assert (table["source"].str.len() > 10).all()


def test_no_source_points_at_a_copy_or_a_machine():
    table = facts()
    for column in ("source", "note"):
        assert not table[column].str.contains("github|mirrored|/work|@", case=False).any()


def test_a_figure_that_was_counted_is_the_figure_of_the_file():
    table = facts().set_index(["country", "indicator", "time_period"])
    assert table.loc[("NZ", "Schools in a network", "2017-07"), "value"] == 1629
    assert table.loc[("NZ", "Schools in a network", "2021-09"), "value"] == 1885
    share = table.loc[("NZ", "Share of schools in a network", "2021-09"), "value"]
    assert share == pytest.approx(100 * 1885 / 2558, abs=0.05)


def test_where_sources_disagree_the_row_says_so():
    table = facts()
    disagree = table[table["note"].str.contains("Sources disagree")]
    assert {"PISA science"} < set(disagree["indicator"])
    assert len(disagree) == 3


def test_a_figure_that_the_source_does_not_give_stays_blank():
    table = facts()
    blank = table[table["value"].isna()]
    assert blank["indicator"].tolist() == ["Effect on attainment in the trial of the Schools Partnership Programme"]


def test_the_standard_error_is_kept_where_the_source_has_it():
    table = facts()
    pisa = table[table["indicator"].str.startswith("PISA") & (table["time_period"] == "2022")]
    assert pisa.loc[pisa["country"] != "GB-ENG", "se"].between(1, 5).all()
    assert pisa.loc[pisa["country"] == "GB-ENG", "se"].isna().all()


def test_the_descriptor_names_every_column():
    folder = paths.datasets() / "facts"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field["name"] for field in package["resources"][0]["schema"]["fields"]]
    assert fields == list(facts().columns)
    assert package["allrise"]["synthetic"] is False


def test_a_package_without_the_kit_around_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "lib" / "allrise" / "paths.py"))
    with pytest.raises(AllriseError, match="not inside a checkout"):
        paths.kit_root()


def test_a_checkout_without_a_part_names_the_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "lib" / "allrise" / "paths.py"))
    assert paths.datasets() == tmp_path / "datasets"
    with pytest.raises(AllriseError, match="notebooks is missing"):
        paths.notebooks()
