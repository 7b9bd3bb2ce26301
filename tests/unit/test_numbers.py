"""Numbers read the same in a sentence, a chart and a table."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allrise.content.blocks import TableColumn
from allrise.content.html import cell_text
from allrise.content.language import catalogue
from allrise.content.numbers import Numbers, decimals_for, rounded
from allrise.content.wording import judging_words

EN, FR = Numbers(), Numbers("fr-CA")


def test_interval_of_a_percentage():
    assert EN.interval(58.2, 51.9, 64.4, "percent") == "58% (52% to 64%)"
    assert (
        FR.interval(58.2, 51.9, 64.4, "percent")
        == "58\N{NO-BREAK SPACE}% (52\N{NO-BREAK SPACE}% à 64\N{NO-BREAK SPACE}%)"
    )


def test_an_interval_of_words_says_its_unit_once():
    assert EN.interval(103.24, 101, 105.4, "points") == "103.2 points (101.0 to 105.4)"


def test_a_value_without_limits_gets_no_made_up_interval():
    assert EN.interval(58.2, None, None, "percent") == "58%"
    assert EN.interval(58.2, math.nan, 60, "percent") == "58%"


def test_a_difference_of_percentages_is_in_percentage_points():
    assert EN.difference(-3.2, "percent") == "−3 percentage points"
    assert EN.difference(1.2, "percent", signed=True) == "+1 percentage point"
    assert EN.difference(0.2, "percent", signed=True) == "0 percentage points"
    assert EN.difference(2.25, "points", signed=True) == "+2.2 points"


@pytest.mark.parametrize(("n", "text"), [(0, "no schools"), (1, "1 school"), (7, "7 schools"), (1204, "1,204 schools")])
def test_counts_are_grammatical(n, text):
    assert EN.count(n, "school") == text


def test_french_counts_and_grouping():
    assert FR.count(0, "school") == "aucune école"
    assert FR.count(1204, "pupil") == "1\N{NO-BREAK SPACE}204 élèves"
    assert FR.number(1234.5, 1) == "1\N{NO-BREAK SPACE}234,5"


def test_one_is_singular_only_when_it_reads_as_one():
    assert EN.value(1, "days", 0) == "1 day"
    assert EN.value(1.04, "days", 1) == "1.0 days"


def test_a_unit_nobody_foresaw_is_written_after_the_value():
    assert EN.value(12.25, "furlongs") == "12.2\N{NO-BREAK SPACE}furlongs"
    assert decimals_for("furlongs") == 1


def test_school_years():
    assert EN.year(2018) == "2018/19"
    assert EN.year(1999) == "1999/00"
    assert Numbers(year_form="2018").years(2018, 2021) == "2018 to 2021"
    assert EN.years(2018, 2018) == "2018/19"


def test_lists():
    assert EN.listed(("A",)) == "A"
    assert EN.listed(("A", "B", "C")) == "A, B and C"
    assert FR.listed(("A", "B")) == "A et B"


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_a_sentence_and_a_table_round_alike(value, decimals):
    column = TableColumn("v", "V", decimals=decimals)
    assert EN.number(value, decimals) == cell_text(value, column, EN)
    assert FR.number(value, decimals) == cell_text(value, column, FR)


def test_zero_is_never_negative():
    assert rounded(-0.04, 1) == "0.0"
    assert EN.number(-0.4) == "0"


def test_a_missing_value_is_never_written():
    with pytest.raises(ValueError, match="nan"):
        EN.number(math.nan)


def test_both_languages_have_the_same_words_and_places():
    en, fr = catalogue("allrise.content", "numbers", "en"), catalogue("allrise.content", "numbers", "fr")
    assert fr.language == "fr"
    assert set(en.messages) == set(fr.messages)


def test_a_language_without_a_file_speaks_english():
    assert catalogue("allrise.content", "numbers", "mi").language == "en"
    assert Numbers("mi").count(1, "school") == "1 school"


def test_a_plural_message_needs_its_count():
    with pytest.raises(KeyError, match="needs n"):
        catalogue("allrise.content", "numbers")("noun.school")


def test_judging_words_are_found_and_names_are_left_alone():
    assert judging_words("The best school outperformed a failing one.") == ["best", "outperformed", "failing"]
    assert judging_words("Good Shepherd Primary: 58%", names=["Good Shepherd Primary"]) == []
    assert judging_words("The weakest factor is Trust; goodness knows.") == []
    assert judging_words("La meilleure école", "fr-CA") == ["meilleure"]
