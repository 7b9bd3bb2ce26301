"""Real open data, imported: the counts and suppression facts that are known of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from allrise.data.importers import Imported, Options, importer, write_import
from allrise.data.screening import screen
from allrise.data.store import open_store

pytestmark = pytest.mark.reference

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PANEL = "england/ks2_hampshire_surrey_2016_2018_with_trust.csv"
RAW = ("england/dfe_ks2_2017_850_raw.csv", "england/dfe_ks2_2018_850_raw.csv")
NZ = ("nz/schools_2017-07.csv", "nz/schools_2021-09.csv")
SOURCES = {
    "panel": ("england-ks2", (PANEL,)),
    "raw": ("england-ks2", RAW),
    "nz": ("nz-directory", NZ),
    "nsw": ("nsw-schools", ("nsw/government_schools_2025-12.csv",)),
    "ontario": ("ontario-schools", ("ontario/school_information_2023_24.csv",)),
}


def shared(path: str) -> Path:
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"real data not at hand: {path} (looked beside the project's folder)")
    return found


def imported(name: str) -> Imported:
    source, files = SOURCES[name]
    return importer(source).read([shared(f) for f in files], Options())


@pytest.fixture(scope="module")
def panel() -> Imported:
    return imported("panel")


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_of_a_source_is_kept_or_accounted_for(name: str):
    result = imported(name)
    rows = sum(len(pd.read_csv(shared(f), dtype=str, encoding="utf-8-sig")) for f in SOURCES[name][1])
    assert result.rows_in == rows
    assert result.rows_kept == rows - sum(x.rows for x in result.left_out)


def test_the_english_panel_has_nine_trusts_of_five_to_fourteen_schools_with_results(panel: Imported):
    outcomes, memberships = panel.tables["outcomes"], panel.tables["memberships"]
    counted = set(outcomes.loc[outcomes["pupils"].notna(), "school_id"])
    sizes = memberships[memberships["school_id"].isin(counted)].groupby("cluster_id").size()
    assert sorted(sizes) == [5, 5, 5, 6, 7, 10, 12, 12, 14]
    assert panel.tables["clusters"]["cluster_id"].tolist() == sorted(sizes.index)


def test_only_mainstream_schools_are_kept(panel: Imported):
    raw = pd.read_csv(shared(PANEL), dtype=str)
    special = set(raw.loc[raw["RECTYPE"] == "2", "URN2"])
    assert not special & set(panel.tables["schools"]["school_id"])
    assert len(panel.tables["schools"]) == raw.loc[raw["RECTYPE"] == "1", "URN2"].nunique() == 535


def test_every_english_value_on_one_to_five_pupils_is_suppressed_and_none_on_six_or_more(panel: Imported):
    outcomes = panel.tables["outcomes"].query("measure_id == 'rwm_expected'")
    few = outcomes["pupils"].between(1, 5)
    everyone, disadvantaged = (outcomes["pupil_group"] == g for g in ("all", "disadvantaged"))
    hidden = outcomes["status"] == "c"
    # of mainstream schools; with the special schools of the file these are 26 and 533 (see the next test)
    assert (int((few & everyone).sum()), int((few & everyone & hidden).sum())) == (7, 7)
    assert (int((few & disadvantaged).sum()), int((few & disadvantaged & hidden).sum())) == (496, 496)
    assert int((everyone & (outcomes["pupils"] >= 6) & hidden).sum()) == 0


def test_the_suppression_of_the_whole_file_with_its_special_schools():
    """The published rule, read from the raw file: 26 of 26, 533 of 533, none of 1,619, complements 558 of 564."""
    raw = pd.read_csv(shared(PANEL), dtype=str)
    eligible = pd.to_numeric(raw["TELIG"], errors="coerce")
    few = pd.to_numeric(raw["TFSM6CLA1A"], errors="coerce").between(1, 5)
    hidden, hidden_few = raw["PTRWM_EXP"] == "SUPP", raw["PTRWM_EXP_FSM6CLA1A"] == "SUPP"
    complement = raw["PTRWM_EXP_NotFSM6CLA1A"] == "SUPP"
    assert (int(eligible.between(1, 5).sum()), int((eligible.between(1, 5) & hidden).sum())) == (26, 26)
    assert (int(few.sum()), int((few & hidden_few).sum())) == (533, 533)
    assert (int((eligible >= 6).sum()), int(((eligible >= 6) & hidden).sum())) == (1619, 0)
    assert (int(hidden_few.sum()), int((hidden_few & complement).sum())) == (564, 558)


def test_raw_tables_and_panel_agree_on_what_both_have(panel: Imported):
    key = ["time_period", "measure_id", "pupil_group", "name"]
    frames = []
    for result in (panel, imported("raw")):
        names = result.tables["schools"].set_index("school_id")["name"]
        outcomes = result.tables["outcomes"]
        frames.append(outcomes.assign(name=outcomes["school_id"].map(names)).drop_duplicates(key, keep=False))
    both = frames[0].merge(frames[1], on=key, suffixes=("", "_raw"))
    assert len(both) > 5000
    assert both["status"].equals(both["status_raw"])
    pd.testing.assert_series_equal(both["value"], both["value_raw"], check_names=False)
    pd.testing.assert_series_equal(both["pupils"], both["pupils_raw"], check_names=False)


def test_the_raw_tables_have_girls_boys_and_language_learners():
    groups = set(imported("raw").tables["outcomes"]["pupil_group"])
    assert groups == {"all", "disadvantaged", "not_disadvantaged", "girls", "boys", "language_learners"}


def test_new_zealand_counts_of_2017_and_2021():
    result = imported("nz")
    assert result.notes == (
        "2017-07-01: 1,629 of 2,539 schools (64.2%) in 197 communities.",
        "2021-09-01: 1,885 of 2,558 schools (73.7%) in 220 communities.",
        (
            "Of the schools in both directories 290 joined, 34 left and 21 moved; 7 new schools are in a community, "
            "and 7 members are no longer in the directory."
        ),
    )
    spells = result.tables["memberships"]
    assert int(spells["joined_on"].isna().sum()) == 1629
    assert int(spells["left_on"].isna().sum()) == 1885


def test_new_south_wales_has_114_networks_and_one_unassigned_school():
    """The column names 115; one of them is `Unassigned`, which is no network."""
    result = imported("nsw")
    assert len(result.tables["schools"]) == 2216
    assert len(result.tables["clusters"]) == 114
    assert len(result.tables["memberships"]) == 2215


def test_ontario_has_83_boards_and_no_denominators():
    result = imported("ontario")
    assert len(result.tables["schools"]) == 4930
    assert len(result.tables["clusters"]) == 83
    outcomes = result.tables["outcomes"]
    assert outcomes["pupils"].isna().all()
    assert outcomes["status"].value_counts().to_dict() == {"": 21304, "c": 1002, "x": 201}
    pupils = result.tables["schools"]["pupils"].dropna()
    assert (pupils % 5 == 0).all()


@pytest.mark.parametrize("name", SOURCES)
def test_an_import_screens_without_error_and_can_be_sliced(name: str, tmp_path: Path):
    write_import(imported(name), tmp_path / "data")
    assert screen(tmp_path / "data").count("error") == 0
    store = open_store(tmp_path / "data", cache=tmp_path / "cache")
    clusters = store.clusters()
    biggest = clusters.sort_values("n_schools").iloc[-1]
    part = store.slice(biggest["cluster_id"])
    assert len(part.table("schools")) >= biggest["n_schools"]
    assert part.has("outcomes") == store.has("outcomes")
    assert store.caveats
