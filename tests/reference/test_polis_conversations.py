"""Real conversations go through our own path and reach the published groups.

Data: The Computational Democracy Project, CC BY 4.0, kept beside the project and never in it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allrise.room.results.clustering import adjusted_rand, kmeans, silhouettes
from allrise.room.results.groups import opinion_groups, project
from allrise.room.results.statements import group_informed_consensus, representative_statements
from allrise.room.results.votes import vote_matrix

POLIS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "polis"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not POLIS.is_dir(), reason="the real Polis conversations are not beside the project"),
]


def conversation(name):
    votes = pd.read_csv(POLIS / name / "votes.csv").rename(
        columns={"voter-id": "participant", "comment-id": "statement", "timestamp": "order"}
    )
    comments = pd.read_csv(POLIS / name / "comments.csv")
    published = pd.read_csv(POLIS / name / "participants-votes.csv").set_index("participant")["group-id"].dropna()
    approved = sorted(comments.loc[comments["moderated"] != -1, "comment-id"])
    return vote_matrix(votes, approved), vote_matrix(votes), published


@pytest.mark.parametrize("name", ["brexit", "biodiversity"])
def test_restarts_at_the_published_k_reach_the_published_groups(name):
    _, matrix, published = conversation(name)
    kept = matrix.keep(matrix.voted.sum(1) >= 7)
    places, _ = project(kept.cells[None])
    both = np.array([p in published.index for p in kept.participants])
    theirs = published.reindex([p for p, b in zip(kept.participants, both, strict=True) if b]).to_numpy()
    k = published.nunique()
    starts = [kmeans(places, k, restarts=1, rng=np.random.default_rng(s))[0][both] for s in range(20)]
    assert max(adjusted_rand(theirs, own) for own in starts) >= 0.87


def test_brexit_stands_out_from_permuted_rooms_by_the_known_margin():
    matrix, _, _ = conversation("brexit")
    groups = opinion_groups(matrix)
    assert groups.silhouette == pytest.approx(0.436, abs=0.002)
    assert groups.null_maximum == pytest.approx(0.41, abs=0.02)
    assert groups.silhouette > groups.null_quantile
    assert groups.agreement >= 0.7
    assert groups.found


@pytest.mark.parametrize("name", ["brexit", "biodiversity"])
def test_representative_statements_tell_the_groups_apart(name):
    matrix, _, _ = conversation(name)
    for mode in ("polis", "standard"):
        groups = opinion_groups(matrix, mode=mode)
        telling = representative_statements(matrix, groups)
        assert set(telling["group"]) == set(range(groups.k))
        assert (telling["share"] > telling["share_others"]).all()
        best = group_informed_consensus(matrix, groups)
        assert best["score"].is_monotonic_decreasing


def test_votes_dealt_anew_give_no_groups():
    from allrise.room.results.groups import permuted_columns
    from allrise.room.results.votes import VoteMatrix

    matrix, _, _ = conversation("brexit")
    rooms = permuted_columns(matrix.cells, 10, np.random.default_rng(11))
    told = [opinion_groups(VoteMatrix(matrix.participants, matrix.statements, v)).found for v in rooms]
    assert sum(told) <= 2
    assert silhouettes(project(rooms[:1])[0], np.zeros((1, 1, 204), dtype=np.int64))[0, 0] == -1
