"""Reading one cluster's rows out of a long sorted file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allrise.data.store.parquet import read_cluster

CLUSTERS = ["A"] * 3 + ["B"] * 25 + ["é"] * 4 + ["Ω"] * 9 + [None] * 12


def write(path: Path, *, statistics: bool) -> Path:
    table = pa.table({"cluster_id": pa.array(CLUSTERS, pa.string()), "n": list(range(len(CLUSTERS)))})
    pq.write_table(table, path, row_group_size=10, write_statistics=statistics)
    return path


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("cluster", ["A", "B", "é", "Ω", None, "AA", "Z"])
def test_exactly_a_cluster_s_rows_are_read_in_order(tmp_path: Path, cluster: str | None, statistics: bool):
    found = read_cluster(write(tmp_path / "t.parquet", statistics=statistics), "cluster_id", cluster)
    assert found.column("n").to_pylist() == [i for i, c in enumerate(CLUSTERS) if c == cluster]


def test_only_row_groups_that_can_hold_the_cluster_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[list[int]] = []
    read = pq.ParquetFile.read_row_groups

    def noted(self: pq.ParquetFile, groups: list[int], **more: bool) -> pa.Table:
        asked.append(groups)
        return read(self, groups, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    path = write(tmp_path / "t.parquet", statistics=True)
    for cluster in ("A", "B", "Ω", None, "Z"):
        read_cluster(path, "cluster_id", cluster)
    assert asked == [[0], [0, 1, 2], [3, 4], [4, 5], [2]]
