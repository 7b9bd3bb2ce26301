"""Figures about practice: reviews, network, autonomy, accountability, leadership, adoption."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from figure_claims import check
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from allrise.content.blocks import Hidden
from allrise.figures.accountability import commitment_marks, progress_table, stages_over_time
from allrise.figures.adoption import membership_over_time
from allrise.figures.autonomy import connected_autonomy
from allrise.figures.leadership import leader_skills
from allrise.figures.network import school_network
from allrise.figures.peer_review import coverage_matrix, review_actions
from allrise.figures.subject import Subject

SUBJECT = Subject(cluster="Maplewind Family of Schools", period="2014/15 to 2018/19", source="The cluster's records")
LONG = "St Bartholomew's Church of England Voluntary Aided Primary School"
NAMES = [SUBJECT.cluster, SUBJECT.period, SUBJECT.system, LONG]
NAN = float("nan")

few = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
sizes = st.sampled_from([1, 2, 3, 8, 25])


def letters(count):
    return [chr(65 + i) if i < 26 else f"A{chr(39 + i)}" for i in range(count)]


@few
@given(sizes, st.randoms(use_true_random=False))
def test_a_coverage_matrix_says_what_its_table_holds(count, random):
    rows = [
        (a, LONG, a, b, LONG, b, random.choice([0, 0, 0, 1, 3]), pd.Timestamp("2018-03-01"))
        for a, b in itertools.permutations(letters(count), 2)
    ]
    columns = [
        "reviewer_id",
        "reviewer",
        "reviewer_letter",
        "reviewed_id",
        "reviewed",
        "reviewed_letter",
        "reviews",
        "last_on",
    ]
    check(coverage_matrix(pd.DataFrame(rows, columns=columns), SUBJECT), names=[*NAMES, *_lists(count)])


def _lists(count):
    """Letters of rows are names, not numbers."""
    return [f"{a} and {b}" for a, b in itertools.pairwise(letters(count))]


def test_mutual_reviews_are_counted_as_pairs():
    rows = [("a", "A", "A", "b", "B", "B", 1, None), ("b", "B", "B", "a", "A", "A", 2, None)]
    columns = [
        "reviewer_id",
        "reviewer",
        "reviewer_letter",
        "reviewed_id",
        "reviewed",
        "reviewed_letter",
        "reviews",
        "last_on",
    ]
    figure = coverage_matrix(pd.DataFrame(rows, columns=columns), SUBJECT)
    assert figure.readings == (
        "Of 2 schools 2 have been reviewed.",
        "2 have reviewed another.",
        "2 schools have reviewed, and been reviewed by, the same school.",
    )
    assert figure.table.rows == (("A", "A", 2, "B", 1, "B", 1), ("B", "B", 1, "A", 2, "A", 1))


@few
@given(sizes, st.randoms(use_true_random=False))
def test_actions_say_what_their_table_holds(count, random):
    rows = []
    for letter in letters(count):
        reviews = random.choice([0, 1, 4])
        recorded = random.choice([True, True, False]) and reviews > 0
        agreed = random.randint(0, 20) if recorded else None
        done = random.randint(0, agreed) if recorded else None
        rows.append((letter, LONG, letter, reviews, int(recorded) * reviews, agreed, done, random.randint(0, reviews)))
    columns = [
        "school_id",
        "school",
        "letter",
        "reviews",
        "with_actions",
        "actions_agreed",
        "actions_done",
        "followed_up",
    ]
    check(review_actions(pd.DataFrame(rows, columns=columns), SUBJECT), names=NAMES)


@few
@given(sizes, st.randoms(use_true_random=False))
def test_a_network_says_what_its_table_holds(count, random):
    pairs = [
        (a, b, a, b, True, True, both, both, "visits", 2)
        for a, b in itertools.combinations(letters(count), 2)
        if random.random() < 0.3
        for both in [random.choice([True, False])]
    ]
    status = ["tied", "no tie reported", "no response", "named by others only"]
    schools = [(x, LONG, x, random.randint(0, 4), random.randint(0, 7), random.choice(status)) for x in letters(count)]
    figure = school_network(
        pd.DataFrame(
            pairs,
            columns=[
                "a",
                "b",
                "letter_a",
                "letter_b",
                "inside",
                "said_by_a",
                "said_by_b",
                "confirmed",
                "kinds",
                "strength",
            ],
        ),
        pd.DataFrame(schools, columns=["school_id", "school", "letter", "ties", "outward", "status"]),
        SUBJECT,
    )
    check(figure, names=NAMES)
    assert "central" not in " ".join(figure.readings)


def test_a_silent_school_is_not_called_a_school_without_ties():
    columns = ["a", "b", "letter_a", "letter_b", "inside", "said_by_a", "said_by_b", "confirmed", "kinds", "strength"]
    schools = pd.DataFrame(
        [("a", "Ashfield", "A", 0, 0, "no response")],
        columns=["school_id", "school", "letter", "ties", "outward", "status"],
    )
    figure = school_network(pd.DataFrame([], columns=columns), schools, SUBJECT)
    assert "One school is not known to have answered; its ties are not known." in figure.readings
    assert not any("reported no tie" in r for r in figure.readings)
    assert next(figure.table.records())["said"] == "did not answer"


@few
@given(sizes, st.randoms(use_true_random=False))
def test_autonomy_says_what_its_table_holds(count, random):
    rows = []
    for i, letter in enumerate(["", *letters(count)]):
        hidden = random.random() < 0.2
        low, mid, high = sorted(random.uniform(1, 5) for _ in range(3))
        values = [NAN] * 6 if hidden else [mid, low, high, mid, low, high]
        rows.append((letter, LONG if i else "", letter, None if hidden else 12, *values, hidden))
    columns = ["school_id", "school", "letter", "respondents"]
    columns += [f"{a}{e}" for a in ("autonomy", "connectedness") for e in ("", "_lower", "_upper")]
    figure = connected_autonomy(pd.DataFrame(rows, columns=[*columns, "hidden"]), SUBJECT)
    check(figure, names=NAMES)
    assert sum(isinstance(r[3], Hidden) for r in figure.table.rows) == sum(r[-1] for r in rows)


@few
@given(st.lists(st.tuples(*[st.floats(1, 5)] * 6, st.booleans()), min_size=1, max_size=10))
def test_leader_skills_say_what_their_table_holds(values):
    rows = []
    for i, (*v, hidden) in enumerate(values, 1):
        a, b = sorted(v[:3]), sorted(v[3:])
        shown = [12, a[1], a[0], a[2], 60, b[1], b[0], b[2], a[1] - b[1], a[1] - b[1] - 0.3, a[1] - b[1] + 0.3]
        rows.append((f"L{i}", *(shown if not hidden else [None, *[NAN] * 3, None, *[NAN] * 6]), hidden))
    columns = ["framework_id"]
    for side in ("self", "others"):
        columns += [f"respondents_{side}", f"{side}_mean", f"{side}_lower", f"{side}_upper"]
    frame = pd.DataFrame(rows, columns=[*columns, "difference", "lower", "upper", "hidden"])
    check(leader_skills(frame, SUBJECT), names=NAMES)


@few
@given(st.lists(st.tuples(st.integers(2008, 2020), st.integers(1, 3)), max_size=8, unique_by=lambda t: t[0]))
def test_stages_say_what_their_table_holds(years):
    names = ["collaboration", "co_responsibility", "shared_accountability"]
    frame = pd.DataFrame(
        [(y, names[s - 1], s, None) for y, s in years], columns=["time_period", "stage", "step", "moved"]
    )
    check(stages_over_time(frame, SUBJECT), names=NAMES, allowed=["3"])


@few
@given(st.lists(st.tuples(*[st.booleans()] * 5), max_size=30))
def test_commitments_say_what_their_table_holds(marks):
    rows = [
        (
            f"c{i}",
            "Every child reads" if m[0] else None,
            None,
            None,
            pd.Timestamp("2019-07-01"),
            "under_way",
            *m[:4],
            sum(m[:4]),
            m[4],
        )
        for i, m in enumerate(marks)
    ]
    columns = ["commitment_id", "what", "who", "where", "due_on", "status"]
    columns += ["has_what", "has_how", "has_who", "has_where", "marks", "overdue"]
    figure = commitment_marks(pd.DataFrame(rows, columns=columns), SUBJECT)
    check(figure, names=NAMES)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((80.0, 76.0, 84.0, 1.2, False, False), "the value now is at or past what was promised"),
        ((74.0, 70.0, 78.0, 0.7, True, False), "the interval holds what was promised"),
        ((72.0, 71.0, 73.0, 0.4, False, False), "moved, by more than chance alone would often do"),
        ((72.0, 65.0, 74.0, 0.4, False, True), "the change could be chance"),
        ((72.0, NAN, NAN, 0.4, None, None), "the change could be chance"),
        ((NAN, NAN, NAN, NAN, None, None), "no value yet"),
    ],
)
def test_what_is_said_of_a_commitment_never_calls_chance_a_change(row, said):
    value, lower, upper, way, target_within, baseline_within = row
    frame = pd.DataFrame(
        [
            {"what": "Every child reads", "unit": "percent", "baseline": 70.0, "target": 75.0, "due_on": pd.Timestamp("2019-07-01"),
             "time_period": 2018, "value": value, "lower": lower, "upper": upper, "way_share": way,
             "target_within": target_within, "baseline_within": baseline_within}
        ]
    )  # fmt: skip
    assert progress_table(frame, SUBJECT).rows[0][-1] == said


@few
@given(st.lists(st.integers(0, 900), max_size=10))
def test_adoption_says_what_its_table_holds(members):
    frame = pd.DataFrame(
        {
            "time_period": range(2012, 2012 + len(members)),
            "schools": 900,
            "members": members,
            "share": np.array(members, float) / 900,
            "clusters": 90,
            "joined": 5,
            "left": 1,
            "moved": 0,
        }
    )
    check(membership_over_time(frame, SUBJECT), names=NAMES)
