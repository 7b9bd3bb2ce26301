"""The demo data in datasets/demo: made by its own command, small, valid, and covering what packs need."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from allrise import paths
from allrise.data.demo import generate
from allrise.data.demo.readme import demo_page
from allrise.data.package import read_descriptor
from allrise.data.screening import screen
from allrise.data.tables import COUNTRIES, TABLES
from allrise.room.database import open_database
from allrise.room.export import export_session
from allrise.room.simulation import simulate

DEMO = paths.datasets() / "demo"
DATA = dict(TABLES)


def table(name: str) -> pd.DataFrame:
    raw = pd.read_csv(DEMO / f"{name}.csv", dtype="str", keep_default_na=False, encoding="utf-8")
    for column in TABLES[name].columns:
        if column.type in ("integer", "number"):
            raw[column.name] = pd.to_numeric(raw[column.name].mask(raw[column.name] == ""))
        elif column.type == "date":
            raw[column.name] = pd.to_datetime(raw[column.name].mask(raw[column.name] == ""))
        elif column.type == "boolean":
            raw[column.name] = raw[column.name].map({"true": True, "false": False})
        else:
            raw[column.name] = raw[column.name].mask(raw[column.name] == "")
    return TABLES[name].typed(raw)


def files(folder: Path) -> dict[str, bytes]:
    """Return files without the version of the kit that counted the dialogue's results."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: re.sub(rb"allrise \d[\w.+-]*;", b"allrise;", content) for name, content in found.items()}


@pytest.mark.slow
def test_the_bundled_data_are_made_again_byte_for_byte_by_their_commands(tmp_path: Path):
    record = json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))
    size = {key: record[key] for key in ("clusters", "schools", "seed")}
    made = generate(tmp_path / "again", **size, years=len(record["years"]))
    room = tmp_path / "room.db"
    played = simulate(open_database(room), record["seed"])
    export_session(open_database(room), played.code, made.folder, with_data=made.folder)
    here, again = files(DEMO), files(made.folder)
    assert list(here) == list(again)
    assert [name for name in here if here[name] != again[name]] == []


def test_the_readme_gives_the_command_that_made_the_data():
    record = json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))
    command = f"--clusters {record['clusters']} --schools {record['schools']} --years 5 --seed {record['seed']}"
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    assert command in text
    assert f"allrise room simulate --seed {record['seed']}" in text


def test_the_bundled_data_are_small_enough_to_carry_along():
    assert sum(len(content) for content in files(DEMO).values()) < 2_200_000


@pytest.mark.parametrize("name", DATA)
def test_every_table_is_there_and_valid(name: str):
    frame = table(name)
    assert len(frame) > 0
    TABLES[name].schema().validate(frame)


def test_the_descriptor_says_that_the_data_are_synthetic_and_names_every_table():
    descriptor = read_descriptor(DEMO)
    assert descriptor.synthetic
    assert [resource.name for resource in descriptor.resources] == list(DATA)
    assert any("synthetic" in text for text in descriptor.caveats_of("outcomes"))
    assert any("real and cited" in text for text in descriptor.caveats_of("contexts"))


def test_every_reference_leads_somewhere():
    for name, definition in DATA.items():
        for column in definition.columns:
            if column.refers_to:
                there, key = column.refers_to
                used = set(table(name)[column.name].dropna())
                assert used <= set(table(there)[key]), f"{name}.{column.name}"


def test_all_five_countries_have_a_cluster_of_a_size_worth_a_pack():
    clusters, spells = table("clusters"), table("memberships")
    assert set(clusters["country"]) == set(COUNTRIES)
    now = spells[spells["left_on"].isna()].groupby("cluster_id").size()
    assert now.between(6, 14).all()
    assert len(now) == len(clusters)


def test_some_schools_are_in_no_cluster_and_some_came_or_went():
    schools, spells = table("schools"), table("memberships")
    assert len(set(schools["school_id"]) - set(spells["school_id"])) >= 4
    assert spells["left_on"].notna().any()
    assert spells["school_id"].duplicated().any()
    formed = table("clusters").set_index("cluster_id")["formed_on"]
    assert (spells["joined_on"] > spells["cluster_id"].map(formed)).any()


def test_the_survey_has_enough_people_of_the_main_roles_in_every_cluster():
    answers = table("survey").drop_duplicates(["response_id", "wave"])
    last = answers[answers["wave"] == "2018"]
    counts = pd.crosstab(last["cluster_id"], last["role"])
    assert (counts["teacher"] >= 10).all()
    assert (counts["leader"] >= 5).all()


def test_no_two_clusters_have_one_purpose_or_one_question():
    clusters = table("clusters")
    assert clusters["purpose"].is_unique
    assert clusters["enquiry_question"].is_unique


def test_some_commitments_leave_out_a_mark():
    commitments = table("commitments")
    for mark in ("measure_id", "who", "where"):
        assert 0 < commitments[mark].isna().mean() < 0.6, mark


def test_the_page_about_the_demo_data_is_made_from_the_code():
    record = json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))
    page = paths.kit_root() / "docs" / "demo-data.md"
    assert page.read_text(encoding="utf-8") == demo_page(record)


def test_screening_finds_nothing_in_the_bundled_data():
    found = screen(DEMO)
    assert found.usable
    assert found.findings == ()


def test_only_leaders_are_asked_about_themselves():
    answers = table("survey")
    assert set(answers.loc[answers["item_id"].str.endswith("_self"), "role"]) == {"leader"}
    assert "leader" not in set(answers.loc[answers["item_id"].str.endswith("_other"), "role"])
