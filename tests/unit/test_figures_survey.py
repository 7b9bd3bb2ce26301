"""Survey figures: what they say is what their table holds, and hidden people stay hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
from figure_claims import all_text, check
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from allrise.content.blocks import Hidden
from allrise.content.wording import judging_words
from allrise.figures.subject import Subject
from allrise.figures.survey_differences import contrasts, role_gaps, school_range
from allrise.figures.survey_measurement import agreement_table, interdependence, reliability_table
from allrise.figures.survey_profile import by_role, factor_profile
from allrise.framework import load

SUBJECT = Subject(
    cluster="Maplewind Family of Schools", period="autumn 2018", source="Survey of the cluster", synthetic=True
)
NAMES = [SUBJECT.cluster, SUBJECT.period, "Ashfield"]
SHARES = ["s1", "s2", "s3", "s4", "s5"]
ROLES = ["leader", "middle_leader", "teacher", "assistant", "governor", "student", "family", "community"]

few = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
score = st.floats(1, 5)


def shares(draw):
    parts = np.array([draw(st.integers(0, 20)) for _ in range(5)], float)
    return tuple(parts / parts.sum()) if parts.sum() else (0.0, 0.0, 1.0, 0.0, 0.0)


@st.composite
def profiles(draw, ids=tuple(f"F{i}" for i in range(1, 9))):
    rows = []
    for f in ids:
        low, mean, high = sorted(draw(st.tuples(score, score, score)))
        if draw(st.integers(0, 5)) == 0:
            rows.append((f, draw(st.integers(0, 4)), 1, 3, *[float("nan")] * 9))
            continue
        part = shares(draw)
        rows.append(
            (f, draw(st.integers(5, 400)), draw(st.integers(1, 30)), 3, mean, low, high, part[3] + part[4], *part)
        )
    columns = ["framework_id", "respondents", "schools", "items", "mean", "lower", "upper", "agree_share", *SHARES]
    return pd.DataFrame(rows, columns=columns).astype({"respondents": "Int64", "schools": "Int64"})


@few
@given(profiles(), st.sets(st.sampled_from(["F1", "F6", "F8"])), st.booleans())
def test_a_profile_says_what_its_table_holds(profile, weakest, invited):
    if invited:
        profile = profile.assign(invited=500, response_rate=profile["respondents"].astype(float) / 500)
        rates = {f"{100 * r:.0f}" for r in profile["response_rate"]}
        figure = factor_profile(profile, SUBJECT, weakest=sorted(weakest))
        said = [e.text for e in figure.explanations if e.about == "data"]
        assert all(any(r in text for r in rates) for text in said)
        profile = profile.drop(columns=["invited", "response_rate"])
    check(factor_profile(profile, SUBJECT, weakest=sorted(weakest)), names=NAMES)


@few
@given(profiles(ids=tuple(ROLES)))
def test_roles_say_what_their_table_holds(profile):
    roles = profile.rename(columns={"framework_id": "role"}).assign(framework_id="F3", hidden=profile["mean"].isna())
    check(by_role(roles, SUBJECT, "F3"), names=NAMES)


@few
@given(profiles(), profiles())
def test_a_range_of_schools_says_what_its_table_holds(first, second):
    schools = pd.concat([first.assign(letter="A"), second.assign(letter="B")]).sort_values("framework_id")
    schools = schools.assign(school_id=schools["letter"], school="Ashfield", hidden=schools["mean"].isna())
    check(school_range(schools, first, SUBJECT), names=NAMES)


@few
@given(st.lists(st.tuples(st.sampled_from(ROLES[:3]), score, score, st.floats(0, 2)), max_size=8))
def test_role_gaps_say_what_their_table_holds(rows):
    found = [
        (f"F{i}", "leader", b, 8, 20, x, y, x - y, x - y - half, x - y + half)
        for i, (b, x, y, half) in enumerate(rows, 1)
        if b != "leader"
    ]
    columns = [
        "framework_id",
        "role_a",
        "role_b",
        "respondents_a",
        "respondents_b",
        "mean_a",
        "mean_b",
        "gap",
        "lower",
        "upper",
    ]
    check(role_gaps(pd.DataFrame(found, columns=columns), SUBJECT), names=NAMES)


@few
@given(profiles(ids=tuple(f"T{i}" for i in range(1, 10))))
def test_contrasts_say_what_their_table_holds(profile):
    figure = contrasts(profile, SUBJECT)
    check(figure, names=NAMES)
    assert "Transactional" in figure.svg
    assert next(figure.table.records())["right"] == load("en").contrast("T1").transformational


@few
@given(
    st.lists(st.tuples(*[st.floats(-1, 1)] * 3), min_size=1, max_size=28), st.sampled_from(["clusters", "respondents"])
)
def test_interdependence_says_what_its_table_holds(values, counted):
    ids = [f"F{i}" for i in range(1, 9)]
    pairs = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]]
    rows = [(a, b, *(sorted(v)[k] for k in (1, 0, 2)), 14) for (a, b), v in zip(pairs, values, strict=False)]
    table = pd.DataFrame(rows, columns=["a", "b", "rho", "lower", "upper", counted])
    check(interdependence(table, SUBJECT), names=NAMES)


def test_too_few_clusters_give_a_sentence_and_no_number():
    nan = float("nan")
    table = pd.DataFrame([("F1", "F2", nan, nan, nan, 4)], columns=["a", "b", "rho", "lower", "upper", "clusters"])
    figure = interdependence(table, SUBJECT)
    assert figure.readings == ("No correlation can be given: it takes eight or more to rest on.",)


def test_a_hidden_role_shows_nothing_but_its_name():
    nan = float("nan")
    rows = [
        ("F3", "teacher", 20, 0.0, 0.1, 0.2, 0.4, 0.3, 3.9, 3.5, 4.2, False),
        ("F3", "student", 4, nan, nan, nan, nan, nan, nan, nan, nan, True),
    ]
    table = pd.DataFrame(
        rows, columns=["framework_id", "role", "respondents", *SHARES, "mean", "lower", "upper", "hidden"]
    )
    figure = by_role(table, SUBJECT, "F3")
    assert figure.readings == (
        "Teachers: 70% of answers agree; mean 3.9 (3.5 to 4.2), 20 people.",
        "One role is hidden: too few people.",
    )
    assert "hidden to protect people [c]" in figure.svg
    assert figure.table.rows[1][1:] == tuple([Hidden("c")] * 10)
    assert "One value is hidden." in " ".join(figure.notes)
    assert figure.notes[0] == "20 people in 1 role."


def test_one_lowest_factor_brings_the_frameworks_own_question():
    profile = profiles_of(("F3", 3.9), ("F8", 2.1))
    figure = factor_profile(profile, SUBJECT, weakest=("F8",))
    assert load("en")["F8"].prompts[0] in figure.discuss
    assert "Outward-facing (F8)" in figure.readings[2]
    assert not set(load("en")["F8"].prompts) & set(factor_profile(profile, SUBJECT, weakest=("F3", "F8")).discuss)


def profiles_of(*means):
    rows = [(f, 20, 4, 3, m, m - 0.2, m + 0.2, 0.5, 0.1, 0.2, 0.2, 0.3, 0.2) for f, m in means]
    columns = ["framework_id", "respondents", "schools", "items", "mean", "lower", "upper", "agree_share", *SHARES]
    return pd.DataFrame(rows, columns=columns)


def test_the_profile_is_never_added_up():
    figure = factor_profile(profiles_of(("F1", 4.0), ("F2", 2.0)), SUBJECT)
    assert len(figure.table.rows) == 2
    assert "3.0" not in " ".join(all_text(figure))


def test_a_french_profile_has_french_names_and_numbers():
    french = Subject(cluster="Famille d'écoles", period="automne 2018", language="fr-CA")
    figure = factor_profile(profiles_of(("F3", 3.9)), french)
    assert load("fr")["F3"].label in figure.svg
    assert "3,9" in figure.readings[0]


def test_tables_of_reliability_warn_in_words():
    frame = pd.DataFrame(
        [
            ("F3", 3, 40, 0.63, 0.65, "low"),
            ("T1", 1, 38, float("nan"), float("nan"), "one item"),
            ("F1", 3, 39, 0.8, 0.8, ""),
        ],
        columns=["framework_id", "items", "respondents", "alpha", "omega", "warning"],
    )
    table = reliability_table(frame, SUBJECT)
    assert [r[-1] for r in table.rows] == ["below 0.7", "one question only: cannot be said", ""]
    assert table.rows[1][3] is None
    assert judging_words(" ".join(table.notes)) == []


def test_agreement_stands_beside_its_number_of_people():
    frame = pd.DataFrame(
        [("F3", 40, 0.6, 0.9, 0.85, 5)],
        columns=["framework_id", "respondents", "a", "rwg", "rwg_within_schools", "schools"],
    )
    assert agreement_table(frame, SUBJECT).rows == (("Trust (F3)", 40, 0.6, 0.9, 0.85, 5),)
