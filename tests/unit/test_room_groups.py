"""Opinion groups are told only when they are there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from allrise.errors import InvalidData
from allrise.room.results.clustering import adjusted_rand, kmeans, silhouettes
from allrise.room.results.groups import GroupRules, opinion_groups, permuted_columns, project
from allrise.room.results.statements import group_informed_consensus, representative_statements
from allrise.room.results.votes import VoteMatrix, vote_matrix


def room(values):
    return VoteMatrix(tuple(f"p{i}" for i in range(len(values))), tuple(range(values.shape[1])), values)


def random_room(seed, people=30, statements=20, missing=0.0):
    rng = np.random.default_rng(seed)
    values = rng.choice([1.0, -1.0, 0.0], size=(people, statements), p=[0.5, 0.35, 0.15])
    values[rng.random(values.shape) < missing] = np.nan
    return room(values)


def two_camps(seed, sizes=(40, 25), statements=16, noise=0.12):
    rng = np.random.default_rng(seed)
    camp = np.repeat([0, 1], sizes)
    side = np.where(np.arange(statements) % 2 == 0, 1.0, -1.0)
    values = np.where(camp[:, None] == 0, side, -side)
    values[:, 0] = 1.0  # everyone agrees with the first statement
    values[rng.random(values.shape) < noise] = 0.0
    values[rng.random(values.shape) < 0.2] = np.nan
    return room(values), camp


def test_thirty_people_voting_at_random_have_no_groups_in_19_of_20_draws():
    told = [opinion_groups(random_room(seed)).found for seed in range(20)]
    assert sum(told) <= 1


def test_random_voters_who_answer_only_half_have_no_groups_either():
    assert sum(opinion_groups(random_room(s, people=60, missing=0.5)).found for s in range(20)) <= 1


def test_planted_camps_are_found_and_numbered_from_the_largest():
    matrix, camp = two_camps(1)
    groups = opinion_groups(matrix)
    assert groups.found
    assert groups.k == 2
    found = groups.people["group"].astype(int).to_numpy()
    kept = [matrix.participants.index(p) for p in groups.people["participant"]]
    assert adjusted_rand(found, camp[kept]) > 0.95
    assert np.bincount(found)[0] > np.bincount(found)[1]
    assert groups.sentence.startswith("2 opinion groups")


def test_the_same_seed_and_votes_give_the_same_groups():
    matrix, _ = two_camps(2)
    a, b = opinion_groups(matrix, seed=5), opinion_groups(matrix, seed=5)
    pd.testing.assert_frame_equal(a.people, b.people)
    assert (a.silhouette, a.null_quantile, a.agreement) == (b.silhouette, b.null_quantile, b.agreement)


def test_groups_do_not_depend_on_the_order_in_which_people_came():
    matrix, _ = two_camps(3)
    order = np.random.default_rng(0).permutation(len(matrix.participants))
    turned = VoteMatrix(tuple(matrix.participants[i] for i in order), matrix.statements, matrix.cells[order])
    a = opinion_groups(matrix).people.set_index("participant")["group"]
    b = opinion_groups(turned).people.set_index("participant")["group"]
    assert adjusted_rand(a.to_numpy(), b.reindex(a.index).to_numpy()) == 1


@pytest.mark.parametrize(("sizes", "reason"), [((15, 14), "too_few_people"), ((60, 6), "group_too_small")])
def test_a_small_room_or_a_small_group_is_not_told(sizes, reason):
    matrix, _ = two_camps(4, sizes=sizes)
    groups = opinion_groups(matrix)
    assert not groups.found
    assert groups.reason == reason
    assert groups.people["group"].isna().all()
    assert groups.sentence.startswith("no distinct opinion groups in this room: ")


def test_a_room_of_one_mind_has_no_groups():
    groups = opinion_groups(room(np.ones((50, 10))))
    assert groups.reason == "no_spread"


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 4), (40, 0), (40, 1), (40, 2)])
def test_empty_and_tiny_boards_give_an_answer(shape):
    rng = np.random.default_rng(1)
    groups = opinion_groups(room(rng.choice([1.0, -1.0], size=shape)))
    assert groups.reason != "found" or groups.k >= 2
    assert groups.sentence


def test_people_with_fewer_than_seven_votes_are_not_placed():
    matrix, _ = two_camps(5)
    matrix.cells[0, :] = np.nan
    matrix.cells[0, :6] = 1.0
    assert "p0" not in set(opinion_groups(matrix).people["participant"])


def test_a_board_of_four_statements_asks_for_four_votes():
    rng = np.random.default_rng(2)
    values = rng.choice([1.0, -1.0], size=(40, 4))
    values[3, 1] = np.nan
    assert set(opinion_groups(room(values)).people["participant"]) == {f"p{i}" for i in range(40) if i != 3}


def test_sparse_voters_are_scaled_by_the_square_root_of_statements_over_votes():
    matrix, _ = two_camps(6)
    places, _ = project(matrix.cells[None])
    voted = matrix.voted
    means = np.nanmean(matrix.cells, axis=0)
    centred = np.where(voted, matrix.cells - means, 0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ axes[:2].T * np.sqrt(16 / voted.sum(1))[:, None]
    np.testing.assert_allclose(np.abs(places[0]), np.abs(expected), atol=1e-9)


def test_permuted_rooms_keep_each_statements_votes_and_who_voted():
    matrix, _ = two_camps(7)
    rooms = permuted_columns(matrix.cells, 5, np.random.default_rng(0))
    for one in rooms:
        assert (np.isnan(one) == np.isnan(matrix.cells)).all()
        np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(matrix.cells, axis=0))
    assert not np.array_equal(rooms[0], rooms[1], equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_silhouettes_and_rand_index_are_scikit_learns(seed, k):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(25, 2)) + rng.integers(0, k, size=(25, 1)) * 3
    labels = kmeans(points[None], k, rng=rng)[0]
    other = rng.integers(0, k, size=25)
    assert silhouettes(points[None], labels[None, None])[0, 0] == pytest.approx(silhouette_score(points, labels))
    assert adjusted_rand(labels, other) == pytest.approx(adjusted_rand_score(labels, other))


def test_kmeans_is_as_tight_as_scikit_learns():
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(3)
    points = rng.normal(size=(120, 2))
    for k in (2, 3, 4, 5):
        labels = kmeans(points[None], k, restarts=20, rng=np.random.default_rng(1))[0]
        inertia = sum(((points[labels == g] - points[labels == g].mean(0)) ** 2).sum() for g in range(k))
        assert inertia <= KMeans(k, n_init=20, random_state=1).fit(points).inertia_ * 1.001


def test_the_last_vote_wins_whatever_the_order_of_rows():
    votes = pd.DataFrame(
        {"participant": ["a", "a", "b"], "statement": [1, 1, 1], "vote": [-1, 1, 0], "order": [9, 2, 3]}
    )
    matrix = vote_matrix(votes)
    assert matrix.cells[matrix.participants.index("a"), 0] == -1


def test_a_vote_of_two_is_refused():
    with pytest.raises(InvalidData, match="2 is not a vote"):
        vote_matrix(pd.DataFrame({"participant": ["a"], "statement": [1], "vote": [2], "order": [1]}))


@pytest.mark.parametrize("mode", ["polis", "standard"])
def test_consensus_names_what_both_camps_agree_with_and_representatives_what_parts_them(mode):
    matrix, _ = two_camps(8)
    groups = opinion_groups(matrix, mode=mode)
    consensus = group_informed_consensus(matrix, groups)
    assert consensus["statement"].iloc[0] == 0
    assert (consensus["mode"] == mode).all()
    telling = representative_statements(matrix, groups)
    assert 0 not in set(telling["statement"])
    assert set(telling["group"]) == {0, 1}
    assert (telling[["z_share", "z_difference"]] > 1.2816).all(axis=None)
    assert (telling.groupby("group").size() <= 5).all()
    first = telling[telling["group"] == 0]
    assert {(s, d) for s, d in zip(first["statement"], first["direction"], strict=True)} <= {
        (s, "agree" if s % 2 == 0 else "disagree") for s in range(1, 16)
    }


def test_consensus_by_hand():
    values = np.array([[1.0], [1], [1], [-1], [1], [np.nan]] * 10)
    matrix = room(np.hstack([values, two_camps(9, sizes=(30, 30))[0].cells]))
    groups = opinion_groups(matrix, rules=GroupRules(nulls=99))
    assert groups.found
    row = group_informed_consensus(matrix, groups).set_index("statement").loc[0]
    member = dict(zip(groups.people["participant"], groups.people["group"], strict=True))
    product = 1.0
    for g in range(groups.k):
        mine = [v for p, v in zip(matrix.participants, matrix.cells[:, 0], strict=True) if member.get(p) == g]
        product *= (sum(v == 1 for v in mine) + 1) / (sum(not np.isnan(v) for v in mine) + 2)
    assert row["product"] == pytest.approx(product)
    assert row["geometric_mean"] == pytest.approx(product ** (1 / groups.k))


def test_polis_tests_by_hand():
    # 8 of 10 agree inside, 3 of 12 outside; one is added to counts and votes.
    from allrise.room.results.statements import _tests

    share, others, z_share, z_difference = _tests(
        np.array([8.0]), np.array([10.0]), np.array([3.0]), np.array([12.0]), "polis"
    )
    assert share[0] == pytest.approx(9 / 12)
    assert others[0] == pytest.approx(4 / 14)
    assert z_share[0] == pytest.approx(2 * 11**0.5 * (9 / 11 - 0.5))
    pooled = 13 / 24
    assert z_difference[0] == pytest.approx((9 / 11 - 4 / 13) / (pooled * (1 - pooled) * (1 / 11 + 1 / 13)) ** 0.5)
