"""The generator of demo data: repeatable, of any size, valid, and with names and numbers that hold together."""

import datetime as dt
import importlib
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from allrise.cli import build_app
from allrise.data.demo import NEUTRAL, FolderInUse, ImpossibleSize, PlantedEffects, generate, plan
from allrise.data.demo.block import NEVER, make_block
from allrise.data.demo.words import locales
from allrise.data.package import read_descriptor
from allrise.data.profiles import profile
from allrise.data.tables import COMPLEMENTS, COUNTRIES, TABLES
from allrise.errors import UnknownName

#: A room makes the dialogue tables; the generator makes all others.
DATA = [name for name in TABLES if not name.startswith("dialogue_")]


def read(folder: Path, name: str) -> pd.DataFrame:
    raw = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""], dtype={"status": "str"})
    return raw.assign(status=raw["status"].fillna("")) if name == "outcomes" else raw


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def middling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two blocks: 120 clusters."""
    return generate(tmp_path_factory.mktemp("demo") / "middling", clusters=120, years=5, seed=11).folder


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path):
    one = contents(generate(tmp_path / "one", clusters=5, seed=4).folder)
    again = contents(generate(tmp_path / "again", clusters=5, seed=4).folder)
    other = contents(generate(tmp_path / "other", clusters=5, seed=5).folder)
    assert one == again
    assert one["outcomes.csv"] != other["outcomes.csv"]


def test_a_system_has_the_size_that_was_asked_for(tmp_path: Path):
    made = generate(tmp_path / "d", clusters=7, schools=71, years=3, seed=2)
    assert (made.clusters, made.schools) == (7, 71)
    assert len(read(made.folder, "schools")) == 71
    assert read(made.folder, "outcomes")["time_period"].unique().tolist() == [2016, 2017, 2018]
    assert made.rows["clusters"] == 7


@pytest.mark.parametrize(
    ("clusters", "schools", "years", "seed"), [(0, None, 5, 1), (10, 20, 5, 1), (2, 400, 5, 1), (5, 50, 1, 1), (5, 50, 5, -1)]
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path, clusters: int, schools: int | None, years: int, seed: int
):
    with pytest.raises(ImpossibleSize):
        generate(tmp_path / "d", clusters=clusters, schools=schools, years=years, seed=seed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("clusters", "schools"), [(10, 20), (3, 100)])
def test_the_mend_for_an_impossible_size_is_possible(clusters: int, schools: int):
    with pytest.raises(ImpossibleSize) as error:
        plan(clusters, schools, 5, 1)
    least, most = (int(word) for word in error.value.mend.split() if word.isdigit())
    for possible in (least, most):
        assert plan(clusters, possible, 5, 1).schools == possible
    for impossible in (least - 1, most + 1):
        with pytest.raises(ImpossibleSize):
            plan(clusters, impossible, 5, 1)


def test_data_that_are_not_demo_data_are_never_replaced(tmp_path: Path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "precious.csv").write_text("a\n1\n")
    with pytest.raises(FolderInUse, match="there already"):
        generate(mine, clusters=5)
    with pytest.raises(FolderInUse, match="does not hold demo data"):
        generate(mine, clusters=5, force=True)
    assert (mine / "precious.csv").read_text() == "a\n1\n"


def test_demo_data_are_replaced_whole_when_forced(tmp_path: Path):
    first = generate(tmp_path / "d", clusters=6, seed=1)
    generate(tmp_path / "d", clusters=5, seed=2, force=True)
    assert len(read(first.folder, "clusters")) == 5
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_a_run_that_fails_leaves_nothing_behind(tmp_path: Path):
    def stop(done: int, _: int) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "d", clusters=5, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_where_and_that_it_is_synthetic(tmp_path: Path):
    command = ["data", "demo", "--out", str(tmp_path / "d"), "--clusters", "5", "--schools", "55", "--seed", "9"]
    result = CliRunner().invoke(build_app(), command)
    assert result.exit_code == 0
    assert "5 clusters and 55 schools" in result.stdout
    assert "synthetic" in result.stdout
    refused = CliRunner().invoke(build_app(), command)
    assert isinstance(refused.exception, FolderInUse)


@pytest.mark.parametrize("name", DATA)
def test_every_table_of_two_blocks_is_valid(middling: Path, name: str):
    frame = read(middling, name)
    for column in TABLES[name].columns:
        if column.type == "date":
            frame[column.name] = pd.to_datetime(frame[column.name])
        elif column.type == "string":
            frame[column.name] = (
                frame[column.name].astype("str").mask(frame[column.name].isna() | (frame[column.name] == ""))
            )
    TABLES[name].schema().validate(TABLES[name].typed(frame))


def test_names_of_schools_and_clusters_never_repeat(middling: Path):
    assert read(middling, "schools")["name"].is_unique
    assert read(middling, "clusters")["name"].is_unique


@pytest.mark.parametrize("country", COUNTRIES)
def test_places_never_run_out(country: str):
    for locale in locales(country):
        assert len({locale.place(number, 5) for number in range(40_000)}) == 40_000


def test_no_real_school_is_named(middling: Path):
    shared = Path(__file__).parents[3] / "shared" / "data"
    if not shared.is_dir():
        pytest.skip("the real school lists in ../shared/data are not here")
    real: set[str] = set()
    for path in (*shared.glob("england/*panel*.csv"), *shared.glob("england/ks2_*.csv"), *shared.glob("n*/*.csv"),
                 *shared.glob("ontario/*.csv")):  # fmt: skip
        frame = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
        for column in frame.columns:
            if "name" in column.lower():
                real |= set(frame[column].dropna().str.casefold())
    assert len(real) > 5000
    assert not real & set(read(middling, "schools")["name"].str.casefold())


def test_pupil_groups_add_up_to_all_pupils(middling: Path):
    frame = read(middling, "outcomes")
    pupils = frame.pivot_table(index=["school_id", "time_period", "measure_id"], columns="pupil_group", values="pupils")
    assert (pupils["disadvantaged"] + pupils["not_disadvantaged"] == pupils["all"]).all()
    reading = pupils.xs("reading_expected", level="measure_id")
    assert (reading["girls"] + reading["boys"] == reading["all"]).all()


@pytest.mark.parametrize("pair", [("disadvantaged", "not_disadvantaged"), ("girls", "boys")])
def test_pupils_who_met_the_standard_add_up(middling: Path, pair: tuple[str, str]):
    frame = read(middling, "outcomes").query("measure_id == 'reading_expected' and pupils < 900")
    met = (frame["value"] * frame["pupils"] / 100).round()
    wide = frame.assign(met=met).pivot_table(index=["school_id", "time_period"], columns="pupil_group", values="met")
    both = wide[[*pair, "all"]].dropna()
    assert len(both) > 1000
    assert (both[pair[0]] + both[pair[1]] == both["all"]).all()


def test_means_of_groups_add_up_to_the_mean_of_all(middling: Path):
    frame = read(middling, "outcomes").query("measure_id in ['progress_reading', 'attendance'] and status == ''")
    frame = frame.assign(total=frame["value"] * frame["pupils"])
    wide = frame.pivot_table(
        index=["school_id", "time_period", "measure_id"], columns="pupil_group", values=["total", "pupils"]
    ).dropna()
    mean = (wide["total", "disadvantaged"] + wide["total", "not_disadvantaged"]) / wide["pupils", "all"]
    assert np.abs(mean - wide["total", "all"] / wide["pupils", "all"]).max() < 0.11  # one decimal each


def test_values_are_hidden_exactly_as_the_profile_says(middling: Path):
    schools = read(middling, "schools").set_index("school_id")
    threshold = {s: profile(r["country"]).for_region(r["region"]).threshold for s, r in schools.iterrows()}
    frame = read(middling, "outcomes")
    limit = frame["school_id"].map(threshold)
    small = (frame["pupils"] > 0) & (frame["pupils"] < limit)
    assert set(limit) == {6, 10}
    assert not frame.loc[small, "value"].notna().any()
    assert set(frame.loc[small, "status"]) <= {"c", "u", "x"}
    # What is hidden and not small has a small complement.
    keys = ["school_id", "time_period", "measure_id"]
    partner = {a: b for pair in COMPLEMENTS for a, b in (pair, pair[::-1])}
    other = frame.assign(pupil_group=frame["pupil_group"].map(partner), small=small)[[*keys, "pupil_group", "small"]]
    joined = frame.assign(own=small).merge(other, on=[*keys, "pupil_group"], how="left")
    hidden = joined[joined["status"] == "c"]
    assert (hidden["own"] | hidden["small"].fillna(value=False).astype(bool)).all()


def test_no_hidden_group_follows_from_all_pupils_and_the_other_group(middling: Path):
    frame = read(middling, "outcomes")
    wide = frame.pivot_table(
        index=["school_id", "time_period", "measure_id"], columns="pupil_group", values="status", aggfunc="first"
    )
    for one, other in (("disadvantaged", "not_disadvantaged"), ("girls", "boys")):
        pair = wide[[one, other]].dropna()
        alone = pair[(pair == "c").sum(axis=1) == 1]
        assert len(pair) > 1000
        # The other group has no pupils at all, so that there is nothing to subtract.
        assert ((alone == "z").sum(axis=1) == 1).all()
        assert (wide.loc[alone.index, "all"] == "c").all()


def test_a_missing_value_always_has_a_status_and_a_shown_one_never(middling: Path):
    frame = read(middling, "outcomes")
    assert (frame["value"].isna() == (frame["status"] != "")).all()
    assert {"c", "x", "u", "z"} <= set(frame["status"])
    limits = frame[frame["measure_id"] == "progress_reading"]
    assert (limits["lower"].notna() == limits["value"].notna()).all()


def test_dates_of_membership_say_what_the_effects_were_made_from():
    system = plan(60, None, 6, 21)
    span = next(iter(system.blocks()))
    block = make_block(system, 0, span, PlantedEffects())
    spells = block.memberships_table
    number = {cluster: i for i, cluster in enumerate(block.cluster_ids)}
    assert (block.joined == NEVER).any()
    for year, period in enumerate(system.years):
        read_off = np.full(len(block.school_ids), -1)
        day = [pd.Timestamp(profile(x.country).membership_day(int(period))) for x in block.locales]
        for i, school in enumerate(block.school_ids):
            own = spells[spells["school_id"] == school]
            there = own[(own["joined_on"] <= day[block.home[i]]) & ~(own["left_on"] <= day[block.home[i]])]
            assert len(there) <= 1
            if len(there):
                read_off[i] = number[there["cluster_id"].iloc[0]]
        assert read_off.tolist() == block.member[:, year].tolist()


def test_schools_join_over_several_years_and_some_leave_or_move(middling: Path):
    spells = read(middling, "memberships")
    years = pd.to_datetime(spells["joined_on"]).dt.year
    assert years.nunique() >= 6
    assert 0.01 < spells["left_on"].notna().mean() < 0.12
    moved = spells[spells["school_id"].duplicated(keep=False)].sort_values(["school_id", "joined_on"])
    assert len(moved) >= 4
    for _, pair in moved.groupby("school_id"):
        assert pair["left_on"].iloc[0] <= pair["joined_on"].iloc[1]


def test_clusters_have_five_to_twenty_schools_and_one_school_in_ten_is_in_none():
    system = plan(500, 5000, 5, 3)
    assert system.inside.min() >= 5
    assert system.inside.max() <= 20
    assert system.outside.sum() == 500
    assert np.unique(system.inside).size >= 10


def test_some_schools_are_small_and_sizes_differ_by_phase(middling: Path):
    schools = read(middling, "schools")
    assert (schools["pupils"] < 100).mean() > 0.05
    assert (
        schools.groupby("phase")["pupils"].median()["secondary"]
        > 2 * schools.groupby("phase")["pupils"].median()["primary"]
    )


def test_reviews_run_forward_in_time_and_nobody_reviews_itself(middling: Path):
    reviews = read(middling, "reviews")
    assert (reviews["reviewer_id"] != reviews["reviewed_id"]).all()
    assert set(reviews["level"]) == {"school", "cluster"}
    for column in ("started_on", "ended_on", "followed_up_on"):
        reviews[column] = pd.to_datetime(reviews[column])
    done = reviews.dropna(subset=["ended_on"])
    assert (done["ended_on"] >= done["started_on"]).all()
    followed = reviews.dropna(subset=["followed_up_on"])
    assert (followed["followed_up_on"] > followed["ended_on"]).all()
    assert followed["followed_up_on"].max() < pd.Timestamp(dt.date(2019, 9, 1))
    assert (done["actions_done"] <= done["actions_agreed"]).all()
    assert reviews["ended_on"].isna().any()
    order = reviews.sort_values(["reviewed_id", "cycle"])
    assert (order.groupby("reviewed_id")["cycle"].diff().dropna() == 1).all()


def test_ties_are_reported_by_one_end_or_both_and_by_nobody_else(middling: Path):
    ties = read(middling, "ties")
    assert ((ties["reported_by"] == ties["from_id"]) | (ties["reported_by"] == ties["to_id"])).all()
    assert (ties["from_id"] != ties["to_id"]).all()
    reports = ties.groupby(["from_id", "to_id", "time_period", "kind"]).size()
    assert set(reports) == {1, 2}


def test_answers_come_from_people_of_the_cluster_and_some_are_blank(middling: Path):
    survey = read(middling, "survey")
    assert 0.01 < survey["score"].isna().mean() < 0.04
    assert survey["school_id"].isna().any()
    people = survey.drop_duplicates("response_id")["role"].value_counts()
    assert people["teacher"] > people["leader"] > people["community"]
    asked = survey.groupby("role")["item_id"].nunique()
    assert asked["student"] < asked["assistant"] < asked["teacher"]


def test_an_effect_is_switched_off_by_its_name(tmp_path: Path):
    effects = PlantedEffects().without(*NEUTRAL)
    made = generate(tmp_path / "d", clusters=5, seed=1, effects=effects)
    truth = pd.read_csv(made.folder / "truth" / "schools.csv")
    assert (truth["school_effect"] == 0).all()
    assert effects.role_shift("leader") == 0
    with pytest.raises(UnknownName, match="joining"):
        PlantedEffects().without("jioning")


def test_every_name_that_can_be_switched_off_is_an_effect():
    assert set(NEUTRAL) <= set(PlantedEffects.__dataclass_fields__)


def test_planted_correlations_are_possible():
    assert np.linalg.eigvalsh(PlantedEffects().factor_correlations()).min() > 0.05


def test_the_descriptor_of_a_generated_folder_describes_every_column(middling: Path):
    descriptor = read_descriptor(middling)
    for resource in descriptor.resources:
        assert resource.fields is not None
        header = list(pd.read_csv(middling / resource.path, nrows=0).columns)
        assert [name for name, _ in resource.fields] == header == list(TABLES[resource.name].column_names)


@pytest.mark.slow
def test_memory_follows_the_size_of_a_block_and_not_the_number_of_clusters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importlib.import_module("allrise.data.demo.plan"), "BLOCK", 20)

    def peak(clusters: int) -> int:
        tracemalloc.start()
        generate(tmp_path / str(clusters), clusters=clusters, years=3, seed=1)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(5)  # what is loaded once
    assert peak(160) < 1.25 * peak(40)
