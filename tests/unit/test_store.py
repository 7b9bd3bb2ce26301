"""The store: what a slice holds, that it holds nothing else, and that preparing is safe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from allrise.data.package import About, Licence, Source, write_folder
from allrise.data.store import Store, open_store
from allrise.errors import InvalidData, UnknownName, UnreadableInput


def tables() -> dict[str, pd.DataFrame]:
    """Two clusters in England and one in New Zealand; school b moved from X to Y in September 2018."""
    clusters = pd.DataFrame(
        {"cluster_id": ["Y", "X", "N"], "name": ["Yarrow", "Xanthe", "Ngaio"], "country": ["GB-ENG", "GB-ENG", "NZ"]}
    )
    clusters["formed_on"] = [None, "2015-09-01", None]
    schools = pd.DataFrame({"school_id": list("abcdn"), "name": ["A", "B", "C", "D", "N"]})
    schools["country"] = ["GB-ENG"] * 4 + ["NZ"]
    memberships = pd.DataFrame(
        [
            ("a", "X", None, None),
            ("b", "X", None, "2018-09-01"),
            ("b", "Y", "2018-09-01", None),
            ("c", "Y", None, None),
            ("n", "N", "2018-05-01", None),
        ],
        columns=["school_id", "cluster_id", "joined_on", "left_on"],
    )
    measures = pd.DataFrame({"measure_id": ["m"], "label": ["M"], "unit": ["percent"], "higher_is_better": [True]})
    outcomes = pd.DataFrame(
        [(s, y, "m", "all", 30, 50.0 + y - 2017, "") for s in "abcdn" for y in (2017, 2018)],
        columns=["school_id", "time_period", "measure_id", "pupil_group", "pupils", "value", "status"],
    )
    ties = pd.DataFrame(
        [("a", "b", 2018, "visits"), ("c", "d", 2018, "visits"), ("a", "n", 2018, "calls")],
        columns=["from_id", "to_id", "time_period", "kind"],
    )
    reviews = pd.DataFrame(
        [
            ("1", "a", "c", "school", "2018-02-01", "2018-02-02"),
            ("2", "X", "Y", "cluster", "2018-03-01", None),
            ("3", "n", "n", "school", "2018-02-01", None),
        ],
        columns=["review_id", "reviewer_id", "reviewed_id", "level", "started_on", "ended_on"],
    )
    contexts = pd.DataFrame(
        [("GB-ENG", "i", "2018", 1.0, "s"), ("NZ", "i", "2018", 2.0, "s"), (None, "i", "2018", 3.0, "s")],
        columns=["country", "indicator", "time_period", "value", "source"],
    )
    stages = pd.DataFrame([("X", 2018, "collaboration")], columns=["cluster_id", "time_period", "stage"])
    return {
        "clusters": clusters,
        "schools": schools,
        "memberships": memberships,
        "measures": measures,
        "outcomes": outcomes,
        "ties": ties,
        "reviews": reviews,
        "contexts": contexts,
        "stages": stages,
    }


def write(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    write_folder(folder, frames, About("t", "Test", (Licence("CC0-1.0"),), (Source("us"),)))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "data", tables())


@pytest.fixture
def store(data: Path, tmp_path: Path) -> Store:
    return open_store(data, cache=tmp_path / "cache")


def pairs(frame: pd.DataFrame, *columns: str) -> set[tuple[object, ...]]:
    return set(frame[list(columns)].itertuples(index=False, name=None))


def test_a_school_that_moved_counts_in_the_cluster_it_was_in(store: Store):
    x = store.slice("X").table("outcomes")
    y = store.slice("Y").table("outcomes")
    assert pairs(x, "school_id", "time_period") == {("a", 2017), ("a", 2018), ("b", 2017)}
    assert pairs(y, "school_id", "time_period") == {("b", 2018), ("c", 2017), ("c", 2018)}


def test_a_southern_school_year_belongs_to_the_cluster_of_its_july(store: Store):
    assert pairs(store.slice("N").table("outcomes"), "school_id", "time_period") == {("n", 2018)}


def test_whole_outcomes_say_the_cluster_of_that_year_and_keep_schools_in_none(store: Store):
    outcomes = store.table("outcomes")
    assert len(outcomes) == 10
    assert pairs(outcomes[outcomes["school_id"] == "b"], "time_period", "cluster_id") == {(2017, "X"), (2018, "Y")}
    assert outcomes.loc[outcomes["school_id"] == "d", "cluster_id"].isna().all()


def test_schools_of_a_slice_are_all_that_were_ever_members(store: Store):
    assert list(store.slice("X").table("schools")["school_id"]) == ["a", "b"]
    assert list(store.slice("Y").table("schools")["school_id"]) == ["b", "c"]


def test_current_schools_are_counted(store: Store):
    clusters = store.clusters().set_index("cluster_id")
    assert clusters["n_schools"].to_dict() == {"N": 1, "X": 1, "Y": 2}


def test_ties_and_reviews_of_either_end_are_in_the_slice(store: Store):
    x = store.slice("X")
    assert pairs(x.table("ties"), "from_id", "to_id") == {("a", "b"), ("a", "n")}
    assert list(x.table("reviews")["review_id"]) == ["1", "2"]
    y = store.slice("Y")
    assert pairs(y.table("ties"), "from_id", "to_id") == {("a", "b"), ("c", "d")}


def test_other_schools_are_named_with_their_cluster(store: Store):
    others = store.slice("X").table("other_schools").set_index("school_id")
    assert list(others.index) == ["c", "n"]
    assert others.loc["c"].to_dict() == {"name": "C", "cluster_id": "Y", "cluster_name": "Yarrow"}
    assert store.slice("X").table("other_clusters")["name"].tolist() == ["Yarrow"]
    d = store.slice("Y").table("other_schools").set_index("school_id").loc["d"]
    assert pd.isna(d["cluster_id"])


def test_contexts_are_those_of_the_country_and_of_several(store: Store):
    assert sorted(store.slice("X").table("contexts")["value"]) == [1.0, 3.0]


def test_slice_tables_have_the_dtypes_of_their_description(store: Store):
    from allrise.data.tables import TABLES

    s = store.slice("X")
    for name in ("outcomes", "schools", "memberships", "ties", "reviews", "measures", "contexts", "stages", "survey"):
        assert {c.name: c.dtype for c in TABLES[name].columns} == s.table(name).dtypes.astype(str).to_dict(), name


def test_an_absent_table_is_typed_and_empty(store: Store):
    s = store.slice("X")
    assert not s.has("survey")
    assert s.has("stages")
    assert not store.slice("Y").has("stages")
    assert s.table("survey").empty
    assert store.table("survey", ["score"]).columns.tolist() == ["score"]
    with pytest.raises(UnknownName, match="grades"):
        s.table("grades")


def test_of_a_whole_table_only_the_wanted_rows_are_read(store: Store):
    outcomes = store.table("outcomes")
    schools = sorted(str(s) for s in outcomes["school_id"].unique())[:2]
    wanted = store.table("outcomes", ["time_period", "value"], {"school_id": schools})
    expected = outcomes.loc[outcomes["school_id"].isin(schools), ["time_period", "value"]].reset_index(drop=True)
    assert 0 < len(wanted) < len(outcomes)
    pd.testing.assert_frame_equal(wanted, expected)
    assert store.table("outcomes", ["value"], {"school_id": []}).empty
    with pytest.raises(UnknownName, match="no column 'colour'"):
        store.table("outcomes", None, {"colour": ["red"]})


def test_an_unknown_cluster_is_answered_with_close_ones(store: Store):
    with pytest.raises(UnknownName, match=r"Did you mean X \(Xanthe\)"):
        store.slice("xanthi")


def test_the_key_of_a_slice_changes_only_with_its_own_content(data: Path, tmp_path: Path):
    frames = tables()
    before = open_store(data, cache=tmp_path / "cache")
    frames["outcomes"].loc[0, "value"] = 51.0  # school a, in X
    frames["outcomes"] = frames["outcomes"].iloc[::-1]
    after = open_store(write(tmp_path / "later", frames), cache=tmp_path / "cache")
    assert before.fingerprint != after.fingerprint
    assert before.slice("X").key() != after.slice("X").key()
    assert before.slice("Y").key() == after.slice("Y").key()


def test_the_same_content_elsewhere_is_the_same_store(data: Path, tmp_path: Path):
    import shutil

    shutil.copytree(data, tmp_path / "copy")
    first = open_store(data, cache=tmp_path / "cache")
    calls: list[str] = []
    second = open_store(tmp_path / "copy", cache=tmp_path / "cache", progress=lambda what, share: calls.append(what))
    assert second.path == first.path
    assert calls == []
    assert open_store(first.path).fingerprint == first.fingerprint


def test_a_derived_table_is_computed_once_a_version_and_sliced(store: Store):
    asked: list[int] = []

    def build(s: Store) -> pd.DataFrame:
        asked.append(1)
        return s.table("outcomes").groupby(["cluster_id", "measure_id"], as_index=False)["value"].mean()

    first = store.derived("means", build, version="1")
    again = Store(store.path).derived("means", build, version="1")
    pd.testing.assert_frame_equal(first, again)
    assert len(asked) == 1
    store.derived("means", build, version="2")
    assert len(asked) == 2
    assert store.derived_slice("means", "Y")["value"].tolist() == pytest.approx([50 + 2 / 3])
    with pytest.raises(UnknownName, match="computed"):
        store.derived_slice("medians", "Y")


def test_a_store_that_cannot_be_written_to_computes_every_time(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("allrise.data.store.store._can_write", lambda folder: False)
    asked: list[int] = []
    for _ in range(2):
        table = store.derived("n", lambda s: pd.DataFrame({"n": [asked.append(1) or len(asked)]}), version="1")
        assert table["n"].tolist() == [len(asked)]
    assert len(asked) == 2


def test_warnings_of_screening_stay_with_the_store(data: Path, tmp_path: Path):
    frames = tables()
    frames["outcomes"].loc[:2, "pupils"] = None
    store = open_store(write(tmp_path / "other", frames), cache=tmp_path / "cache")
    groups = {group.rule: group.count for group in Store(store.path).warning_groups}
    assert groups["value-without-denominator"] == 3
    assert {finding.severity for finding in store.warnings} <= {"warning", "note"}


def test_a_dialogue_belongs_to_its_cluster_and_one_of_no_cluster_to_all(tmp_path: Path):
    frames = tables()
    frames["dialogue_sessions"] = pd.DataFrame(
        [(i, c, "T", "en", "2019-01-01", "locked", 9, 0, 1, "1") for i, c in (("s1", "X"), ("s2", "Y"), ("s3", None))],
        columns=[
            "session_id", "cluster_id", "title", "languages", "held_on", "state", "participants", "on_paper", "last_event", "method",
        ],
    )  # fmt: skip
    frames["dialogue_results"] = pd.DataFrame(
        [(s, "q", None, "vote", None, None, "agree", 9, 5, 0.5, None, None, None, "") for s in ("s1", "s2", "s3")],
        columns=[
            "session_id", "question_id", "item_id", "statistic", "by", "segment", "option", "people", "count", "value", "lower",
            "upper", "text", "status",
        ],
    )  # fmt: skip
    frames["dialogue_questions"] = pd.DataFrame(
        [(s, "q", 1, "statements", "W", "closed", True, 9) for s in ("s1", "s2", "s3")],
        columns=["session_id", "question_id", "position", "kind", "wording", "state", "results_shown", "answered"],
    )
    frames["dialogue_questions"]["part"] = frames["dialogue_questions"]["framework_id"] = None
    store = open_store(write(tmp_path / "data", frames), cache=tmp_path / "cache")
    for name in ("dialogue_sessions", "dialogue_results"):
        assert store.slice("X").table(name)["session_id"].tolist() == ["s1", "s3"]
        assert store.slice("N").table(name)["session_id"].tolist() == ["s3"]
        assert len(store.table(name)) == 3
    assert "_slice_of" not in store.table("dialogue_results")
    assert store.slice("X").table("dialogue_answers").empty


def test_a_slice_can_travel_to_another_process(store: Store):
    import pickle

    part = store.slice("X")
    there = pickle.loads(pickle.dumps(part))
    assert there.key() == part.key()
    pd.testing.assert_frame_equal(there.table("outcomes"), part.table("outcomes"))


def test_changing_a_table_of_a_slice_changes_nothing_for_the_next_reader(store: Store):
    part = store.slice("X")
    outcomes = part.table("outcomes")
    outcomes["value"] = 0.0
    outcomes.loc[0, "status"] = "c"
    assert (part.table("outcomes")["value"] > 0).all()
    assert part.table("outcomes")["status"].isna().all()


def test_reading_a_slice_imports_neither_pandera_nor_duckdb(store: Store):
    code = (
        "import sys; from allrise.data.store import open_store; "
        f"open_store({str(store.path)!r}).slice('X').key(); "
        "print([m for m in ('pandera', 'duckdb', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_no_data_folder_is_said_so(tmp_path: Path):
    with pytest.raises(UnreadableInput, match="no data folder"):
        open_store(tmp_path / "nowhere", cache=tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableInput, match="holds no tables"):
        open_store(tmp_path / "empty", cache=tmp_path / "cache")


def test_a_cache_that_cannot_be_written_to_is_named_with_the_way_out(data: Path, tmp_path: Path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(UnreadableInput, match=r"cannot be written to .*\n.*ALLRISE_CACHE"):
        open_store(data, cache=tmp_path / "cache")


def test_invalid_data_are_not_prepared_and_the_first_findings_are_told(data: Path, tmp_path: Path):
    rows = (data / "outcomes.csv").read_text().replace("a,2017,m,all,30,", "a,2017,m,all,-30,")
    (data / "outcomes.csv").write_text(rows)
    with pytest.raises(InvalidData, match=r"outcomes.csv line 2, pupils '-30'.*\n`allrise data check"):
        open_store(data, cache=tmp_path / "cache")
    assert not any((tmp_path / "cache" / "stores").glob("*"))


def test_preparing_tells_how_far_it_is_and_never_goes_back(data: Path, tmp_path: Path):
    told: list[tuple[str, float]] = []
    open_store(data, cache=tmp_path / "cache", progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert {"Checking outcomes.csv", "Preparing outcomes"} <= {what for what, _ in told}


def test_a_long_table_in_several_files_gives_the_same_slices(
    data: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    from allrise.data.store import prepare, sorting

    short = lambda *given, **more: sorting.write_sorted(*given, **{"part": 2, **more})  # noqa: E731
    monkeypatch.setattr(prepare, "write_sorted", short)
    parted = open_store(data, cache=tmp_path / "parted")
    assert len(list((parted.path / "whole").glob("outcomes-*.parquet"))) > 2
    for cluster in ("X", "Y", "N"):
        assert parted.slice(cluster).key() == store.slice(cluster).key()
    pd.testing.assert_frame_equal(parted.table("outcomes"), store.table("outcomes"))
