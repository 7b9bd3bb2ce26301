"""C3 on real data: schools of New Zealand in a Community of Learning."""

import datetime as dt

import pandas as pd
import pytest
from conftest import shared

from allrise.data.tables import MEMBERSHIPS, SCHOOLS
from allrise.evidence.adoption import membership_over_time

pytestmark = pytest.mark.reference


@pytest.mark.parametrize(
    ("vintage", "school", "community", "members", "schools", "clusters"),
    [
        ("2017-07", "School ID", "Community of Learning: ID", 1629, 2539, 197),
        ("2021-09", "School Number", "Community of Learning ID", 1885, 2558, 220),
    ],
)
def test_not_all_schools_had_joined(vintage, school, community, members, schools, clusters):
    raw = pd.read_csv(shared(f"nz/schools_{vintage}.csv"), encoding="utf-8-sig")
    raw = raw.loc[raw[school].notna()]
    ids = raw[school].astype(int).astype(str)
    everyone = SCHOOLS.typed(pd.DataFrame({"school_id": ids, "name": "school", "country": "NZ"}))
    spells = pd.DataFrame({"school_id": ids, "cluster_id": raw[community], "joined_on": None, "left_on": None})
    spells = spells.loc[spells["cluster_id"].notna()].astype({"cluster_id": "str"})
    table = membership_over_time(MEMBERSHIPS.typed(spells), everyone, [int(vintage[:4])], lambda p: dt.date(p, 7, 1))
    row = table.iloc[0]
    assert (row["members"], row["schools"], row["clusters"]) == (members, schools, clusters)
    assert round(100 * row["share"], 1) == {2539: 64.2, 2558: 73.7}[schools]
