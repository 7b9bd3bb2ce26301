"""What may be shown of the room's answers, and where the room agrees."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allrise.errors import AllriseError
from allrise.room.results.agreement import agreement, consensus, divisive
from allrise.room.results.disclosure import SmallGroups, hidden_cells, hidden_segments, released
from allrise.room.results.distributions import choice_items, distribution, segments
from allrise.room.results.quadrants import quadrant_answers, quadrant_map
from allrise.room.results.rankings import ranking
from allrise.room.results.routing import next_statement, priorities
from allrise.room.results.themes import theme_segments, themes
from allrise.room.results.votes import VoteMatrix

COUNTS = st.dictionaries(st.sampled_from(["CA", "US", "NZ", "AU", "GB-ENG", "not_said"]), st.integers(0, 40))


def answers(spec, item="F1"):
    """Make answers from {(country, role): [values]}."""
    rows = [{"item_id": item, "value": v, "country": c, "role": r} for (c, r), values in spec.items() for v in values]
    return pd.DataFrame(rows).assign(participant=lambda t: [f"{item}-{i}" for i in range(len(t))])


@settings(max_examples=300)
@given(COUNTS)
def test_no_hidden_segment_can_be_derived_from_the_total_and_the_shown_ones(people):
    rules = SmallGroups()
    hidden = hidden_segments(people, rules)
    assert all(s in hidden for s, n in people.items() if 0 < n < rules.threshold)
    assert all(people[s] > 0 for s in hidden)
    if not hidden or sum(people.values()) < rules.threshold:
        return  # nothing hidden, or no total to subtract from
    # What anyone knows: the total, and each shown segment. A segment is derived when its unit vector is in the span.
    names = [s for s, n in people.items() if n > 0]
    known = [np.ones(len(names))] + [np.eye(len(names))[i] for i, s in enumerate(names) if s not in hidden]
    rank = np.linalg.matrix_rank(np.array(known))
    for i, s in enumerate(names):
        if s in hidden:
            assert np.linalg.matrix_rank(np.array([*known, np.eye(len(names))[i]])) > rank
    assert sum(people[s] for s in hidden) >= rules.threshold


CROSSED = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwx")), st.integers(0, 30), min_size=1, max_size=16
)


@settings(max_examples=200, deadline=None)
@given(CROSSED)
def test_no_hidden_crossed_cell_can_be_derived_from_margins_and_total(people):
    hidden = hidden_cells(people)
    names = [c for c, n in people.items() if n > 0]
    assert all(c in hidden for c in names if people[c] < 10)
    if sum(people.values()) < 10:
        return
    known = [np.ones(len(names))] + [np.eye(len(names))[i] for i, c in enumerate(names) if c not in hidden]
    for side in (0, 1):
        totals = {m: sum(people[c] for c in names if c[side] == m) for m in {c[side] for c in names}}
        unseen = hidden_segments(totals)
        known += [np.array([float(c[side] == m) for c in names]) for m in totals if m not in unseen]
    if not names:
        return
    rank = np.linalg.matrix_rank(np.array(known))
    if len(hidden) < len(names):  # with every cell hidden only the margins are shown, and they have their own rule
        for i, c in enumerate(names):
            if c in hidden:
                assert np.linalg.matrix_rank(np.array([*known, np.eye(len(names))[i]])) > rank


def test_one_small_segment_hides_the_next_smallest_too():
    assert hidden_segments({"CA": 30, "NZ": 12, "US": 4}) == {"US": "small", "NZ": "complementary"}


def test_a_threshold_under_five_is_refused():
    with pytest.raises(AllriseError, match="threshold is 4"):
        SmallGroups(threshold=4)


@settings(max_examples=200)
@given(st.lists(st.integers(0, 4), max_size=60), st.booleans())
def test_two_screens_one_after_another_never_differ_by_fewer_people_than_the_step(arrivals, reopened):
    rules = SmallGroups()
    answered = shown = 0
    screens = [0]
    for i, more in enumerate(arrivals):
        answered += more
        closed = reopened and i % 7 == 6
        shown = released(answered, closed=closed, shown=shown, rules=rules)
        screens.append(shown)
    screens.append(released(answered, closed=True, shown=shown, rules=rules))
    steps = np.diff(screens)
    assert ((steps == 0) | (steps >= rules.step)).all()
    assert all(s == 0 or s >= rules.threshold for s in screens)


def test_closing_shows_everyone_when_the_question_was_open_only_once():
    shown = 0
    for n in range(1, 24):
        shown = released(n, closed=False, shown=shown)
    assert shown == 15
    assert released(23, closed=True, shown=shown) == 23


def test_a_distribution_lists_values_nobody_gave():
    table = distribution(answers({("CA", "leader"): [5, 5, 4, 1]}), range(1, 6)).set_index("value")
    assert table["n"].to_dict() == {1: 1, 2: 0, 3: 0, 4: 1, 5: 2}
    assert table.loc[5, "share"] == 0.5
    assert table.loc[5, "lower"] == pytest.approx(0.150039, abs=1e-6)
    assert table.loc[2, "upper"] > 0


def test_hidden_segments_carry_no_number_at_all():
    table = segments(
        answers({("CA", "leader"): [5] * 20, ("NZ", "leader"): [4] * 12, ("US", "leader"): [1] * 3}), "country", {4, 5}
    ).set_index("segment")
    assert table.loc["US", "hidden"] == "small"
    assert table.loc["NZ", "hidden"] == "complementary"
    assert table.loc[["US", "NZ"], ["answered", "agree", "share", "lower", "upper"]].isna().all(axis=None)
    assert table.loc["CA", "agree"] == 20
    assert table.loc["CA", "lower"] == pytest.approx(0.838875, abs=1e-6)


def test_people_who_did_not_say_are_a_segment():
    spec = {("CA", "leader"): [5] * 12, (None, "leader"): [2] * 11, ("", "leader"): [2] * 2}
    table = segments(answers(spec), "country", {4, 5}).set_index("segment")
    assert table.loc["not_said", "answered"] == 13


def test_country_by_role_is_off_unless_the_room_allows_it():
    table = answers({("CA", "leader"): [5] * 12, ("CA", "teacher"): [2] * 12})
    with pytest.raises(ValueError, match="off"):
        segments(table, "country_role", {4, 5})
    crossed = segments(table, "country_role", {4, 5}, rules=SmallGroups(crossed=True))
    assert set(crossed["segment"]) == {"CA leader", "CA teacher"}


def test_consensus_is_agreed_in_every_country_and_role_and_divided_items_are_not():
    agreed = {(c, r): [5] * 15 + [2] for c in ("CA", "NZ") for r in ("leader", "teacher")}
    parted = {("CA", r): [5] * 16 for r in ("leader", "teacher")} | {("NZ", r): [2] * 16 for r in ("leader", "teacher")}
    low = {(c, r): [2] * 16 for c in ("CA", "NZ") for r in ("leader", "teacher")}
    data = pd.concat([answers(agreed, "F1"), answers(parted, "F2"), answers(low, "F3")])
    judged = agreement(pd.concat([segments(data, by, {4, 5}) for by in ("country", "role")]))
    assert judged.set_index("item_id")["verdict"].to_dict() == {"F1": "agreed", "F2": "divided", "F3": "low"}
    assert consensus(judged)["item_id"].tolist() == ["F1"]
    row = divisive(judged).iloc[0]
    assert (row["item_id"], row["lowest"], row["highest"], row["gap"]) == ("F2", "NZ", "CA", 1.0)


def test_one_segment_with_enough_people_is_no_agreement_across_segments():
    judged = agreement(segments(answers({("CA", "leader"): [5] * 30}), "country", {4, 5}))
    assert judged["verdict"].tolist() == ["too_few"]


def test_a_choice_of_several_counts_people_not_ticks():
    chosen = pd.DataFrame(
        {
            "participant": ["a", "a", "b", "c"],
            "item_id": "Q",
            "value": ["x", "y", "x", "z"],
            "country": "CA",
            "role": "leader",
        }
    )
    table = choice_items(chosen, ["x", "y", "z", "w"])
    shares = distribution(table, [1]).set_index("item_id")
    assert shares["n"].to_dict() == {"Q:x": 2, "Q:y": 1, "Q:z": 1, "Q:w": 0}
    assert set(shares["answered"]) == {3}


def test_ranking_finds_the_order_and_a_partial_ranking_is_no_vote_against_the_rest():
    orders = pd.DataFrame(
        [(p, o, i) for p in "abcd" for i, o in enumerate(["x", "y", "z"], 1)] + [("e", "z", 1)],
        columns=["participant", "option", "position"],
    )
    table = ranking(orders, ["x", "y", "z"]).set_index("option")
    assert list(table.index) == ["x", "y", "z"]
    assert table.loc["x", "mean_position"] == pytest.approx((4 * 1 + 2.5) / 5)
    assert table.loc["x", "preferred_to"] == 2
    assert table.loc["z", "first"] == 1


def test_the_quadrant_map_leaves_out_half_answers():
    data = pd.DataFrame(
        {
            "participant": ["a", "b", "c", "d"],
            "item_id": "F3",
            "difficulty": ["hard", "hard", "easy", None],
            "progress": ["not_yet", "in_place", "in_place", "in_place"],
        }
    )
    row = quadrant_map(data).iloc[0]
    assert (row["answered"], row["hard_not_yet"], row["easy_in_place"]) == (3, 1, 1)
    assert row["hard"] == pytest.approx(2 / 3)
    assert row["in_place_lower"] < 2 / 3 < row["in_place_upper"]


def test_the_rooms_two_answers_a_factor_make_one_place_on_the_map():
    recorded = pd.DataFrame(
        [("a", "F3/ease", 2), ("a", "F3/place", 1), ("b", "F3/ease", 1)], columns=["participant", "item_id", "value"]
    )
    pairs = quadrant_answers(recorded)
    assert pairs.loc[0].tolist() == ["a", "F3", "hard", "in_place"]
    assert quadrant_map(pairs)["answered"].tolist() == [1]


def test_themes_count_people_once_and_keep_untagged_texts():
    texts = pd.DataFrame(
        {
            "text_id": [1, 2, 3, 4],
            "participant": ["a", "a", "b", "c"],
            "framework_ids": ["F1;F3", "F1", ["F3"], ""],
            "country": ["CA", "CA", "NZ", "NZ"],
        }
    )
    table = themes(texts).set_index("framework_id")
    assert table.loc["F1", ["texts", "people"]].tolist() == [2, 1]
    assert table.loc["F3", "people"] == 2
    assert table.loc["untagged", "texts"] == 1
    by = theme_segments(texts, "country")
    assert (by["hidden"] == "small").all()
    assert by["people"].isna().all()


def board(seed=0):
    rng = np.random.default_rng(seed)
    values = rng.choice([1.0, -1.0, 0.0], size=(60, 8))
    values[:, 5] = np.where(rng.random(60) < 0.9, 0.0, 1.0)  # nearly everyone passes
    values[3:, 6] = np.nan  # new
    return VoteMatrix(tuple(range(60)), tuple("abcdefgh"), values)


def test_routing_is_not_uniform_new_statements_come_first_and_passed_ones_last():
    table = priorities(board())
    rng = np.random.default_rng(7)
    drawn = pd.Series([next_statement(table, [], rng) for _ in range(4000)]).value_counts()
    expected = (table.set_index("statement")["priority"] / table["priority"].sum() * 4000).reindex(drawn.index)
    uniform = ((drawn - 500) ** 2 / 500).sum()
    fit = ((drawn - expected) ** 2 / expected).sum()
    assert uniform > 24.3  # chi-squared, 7 degrees of freedom, p = 0.001
    assert fit < 24.3  # and it is the priority that it follows
    assert drawn.idxmax() == "g"
    assert drawn.get("f", 0) < 200


def test_priority_by_hand():
    row = priorities(board()).set_index("statement").loc["a"]
    s, a, p = row["votes"], row["agrees"], row["passes"]
    importance = (1 - (p + 1) / (s + 2)) * (row["extremity"] + 1) * (a + 1) / (s + 2)
    assert row["priority"] == pytest.approx((importance * (1 + 8 * 2 ** (-s / 5))) ** 2)


def test_the_next_statement_is_never_one_seen_and_is_the_same_for_the_same_seed():
    table = priorities(board())
    one = [next_statement(table, ["g", "a"], np.random.default_rng(i)) for i in range(50)]
    assert one == [next_statement(table, ["g", "a"], np.random.default_rng(i)) for i in range(50)]
    assert not {"g", "a"} & set(one)
    assert next_statement(table, list("abcdefgh"), np.random.default_rng(0)) is None


def test_a_board_without_votes_still_gives_statements():
    table = priorities(VoteMatrix((), ("a", "b"), np.empty((0, 2))))
    assert next_statement(table, [], np.random.default_rng(0)) in {"a", "b"}
