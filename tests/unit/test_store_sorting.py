"""Tables of codes become sorted files: every row once, in order, a cluster in one file only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allrise.data.store import sorting
from allrise.data.store.dictionaries import arrow_tables
from allrise.data.store.sorting import write_sorted
from allrise.data.store.years import with_clusters

CLUSTERS = ["C10", "C9", "é", "Ω", "C1", None]


def table(rows: int = 400) -> pd.DataFrame:
    chance = np.random.default_rng(5)
    days = pd.Series(pd.to_datetime("2018-01-01") + pd.to_timedelta(chance.integers(0, 9, rows), unit="D"))
    return pd.DataFrame(
        {
            "cluster_id": pd.array(chance.choice(np.array(CLUSTERS, dtype=object), rows), dtype="str"),
            "n": pd.array(chance.choice([10, 9, 2, -1], rows), dtype="Int64"),
            "day": days.dt.as_unit("us").where(chance.random(rows) > 0.2),
            "value": pd.Series(chance.choice([0.5, np.nan, -2.0], rows)),
            "row": pd.array(range(rows), dtype="Int64"),
        }
    )


def written(folder: Path, parts: tuple[sorting.Part, ...]) -> pd.DataFrame:
    return pa.concat_tables([pq.read_table(folder / p.file) for p in parts]).to_pandas()


@pytest.mark.parametrize("part", [1, 50, 10_000])
def test_rows_come_out_sorted_with_blanks_last_and_each_cluster_in_one_file(tmp_path: Path, part: int):
    (tmp_path / "whole").mkdir()
    frame = table()
    coded = arrow_tables({"t": frame})["t"]
    parts = write_sorted(tmp_path / "whole", "t", coded, ("n", "day"), by="cluster_id", part=part)
    found = written(tmp_path, parts)
    expected = frame.sort_values(["cluster_id", "n", "day"], kind="stable", na_position="last")
    assert found["row"].tolist() == expected["row"].tolist()
    assert found["cluster_id"].fillna("-").tolist() == expected["cluster_id"].fillna("-").tolist()
    assert found["value"].fillna(99).tolist() == expected["value"].fillna(99).tolist()
    assert len(parts) == {1: 6, 50: 6, 10_000: 1}[part]
    for cluster in CLUSTERS:
        holding = [p for p in parts if p.may_hold(cluster)]
        assert len(holding) == 1
        here = pq.read_table(tmp_path / holding[0].file).to_pandas()["cluster_id"]
        wanted = here.isna() if cluster is None else here == cluster
        named = frame["cluster_id"].isna() if cluster is None else frame["cluster_id"] == cluster
        assert int(wanted.sum()) == int(named.sum()) > 0
    assert not any(p.may_hold("C5") for p in parts) or part > 1


def test_columns_too_many_for_one_number_are_sorted_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    frame = table(200)
    coded = arrow_tables({"t": frame})["t"]
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few = write_sorted(tmp_path / "few", "t", coded, ("value", "n"))
    monkeypatch.setattr(sorting, "prod", lambda counts: 2**63)
    many = write_sorted(tmp_path / "many", "t", coded, ("value", "n"))
    pd.testing.assert_frame_equal(written(tmp_path, few), written(tmp_path, many))


def test_a_table_without_rows_is_a_file_with_its_columns(tmp_path: Path):
    (tmp_path / "whole").mkdir()
    coded = arrow_tables({"t": table(3).iloc[:0]})["t"]
    (only,) = write_sorted(tmp_path / "whole", "t", coded, ("n",), by="cluster_id")
    assert pq.read_schema(tmp_path / only.file).names == list(table(1).columns)
    assert not only.may_hold("C1")
    assert not only.may_hold(None)


def test_a_school_in_two_clusters_of_a_year_by_two_countries_days_counts_in_both():
    outcomes = pd.DataFrame({"school_id": ["a", "b", "a", "c"], "time_period": [2017, 2017, 2018, 2017]})
    in_year = pa.table(
        {
            "school_id": ["a", "a", "b", "a"],
            "time_period": [2017, 2017, 2017, 2018],
            "cluster_id": ["X", "Y", "X", "Y"],
        }
    )
    made = with_clusters(arrow_tables({"t": outcomes})["t"], in_year).to_pydict()
    rows = [made["school_id"], made["time_period"], [c or "-" for c in made["cluster_id"]]]
    assert sorted(zip(*rows, strict=True)) == [
        ("a", 2017, "X"), ("a", 2017, "Y"), ("a", 2018, "Y"), ("b", 2017, "X"), ("c", 2017, "-"),
    ]  # fmt: skip
