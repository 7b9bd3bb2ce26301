"""Which cluster an outcome belongs to: the one its school was in that year."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from allrise.data.store.dictionaries import codes_of, one_piece


def with_clusters(table: pa.Table, in_year: pa.Table) -> pa.Table:
    """Return outcomes with the cluster that each row's school was in that year; blank: in none.

    A row whose school was in two clusters that year, by the days of two countries, is there for each.
    """
    schools, years = (pd.Index(in_year.column(c).to_pandas().unique()) for c in ("school_id", "time_period"))
    clusters = pd.Index(in_year.column("cluster_id").to_pandas().unique())
    of = [
        index.get_indexer(pd.Index(in_year.column(c).to_pandas()))
        for index, c in ((schools, "school_id"), (years, "time_period"), (clusters, "cluster_id"))
    ]
    # One place a school and year, and one more of each for what is not there; the place of no cluster is the last.
    home = np.full((len(schools) + 1, len(years) + 1), len(clusters), dtype=np.int32)
    first = ~pd.DataFrame({"school": of[0], "year": of[1]}).duplicated().to_numpy()
    home[of[0][first], of[1][first]] = of[2][first]
    school, year = _places(table, "school_id", schools), _places(table, "time_period", years)
    mine = home[school, year]
    rows: list[npt.NDArray[np.intp]] = []
    others: list[npt.NDArray[np.int32]] = []
    for s, y, c in zip(*(places[~first].tolist() for places in of), strict=True):
        rows.append(np.flatnonzero((school == s) & (year == y)))
        others.append(np.full(len(rows[-1]), c, dtype=np.int32))
    if rows:
        table = table.take(pa.array(np.concatenate([np.arange(len(mine)), *rows])))
        mine = np.concatenate([mine, *others])
    names = pa.array([*clusters.tolist(), None], type=pa.string())
    return table.append_column("cluster_id", pa.DictionaryArray.from_arrays(pa.array(mine), names))


def _places(table: pa.Table, column: str, index: pd.Index) -> npt.NDArray[np.int32]:
    """Return by row where a column's value stands in ``index``; -1, the last place, when it does not."""
    whole = one_piece(table, column)
    place = index.get_indexer(pd.Index(whole.dictionary.to_pandas())).astype(np.int32)
    return place[codes_of(whole)] if len(whole) else np.zeros(0, dtype=np.int32)
