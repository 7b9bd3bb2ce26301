"""The protocol fits the meeting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allrise.chapters.discussion import share_out
from allrise.chapters.texts import chapter_names, figure_number, texts
from allrise.errors import UnknownName


@given(st.integers(20, 480), st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_minutes_are_shared_out_exactly_with_at_least_one_each(minutes, shares):
    parts = share_out(minutes, shares)
    assert sum(parts) == minutes
    assert min(parts) >= 1
    assert len(parts) == len(shares)


def test_a_longer_share_never_gets_less_time():
    parts = share_out(60, [s["share"] for s in texts("en")["09_discussion_guide"]["steps"]])
    shares = [s["share"] for s in texts("en")["09_discussion_guide"]["steps"]]
    for (a, p), (b, q) in zip(
        sorted(zip(shares, parts, strict=True)), sorted(zip(shares, parts, strict=True))[1:], strict=False
    ):
        assert p <= q or a == b


def test_too_few_minutes_are_refused():
    with pytest.raises(ValueError, match="cannot hold"):
        share_out(3, [1] * 6)


def test_every_chapter_says_what_it_asks_and_numbers_its_figures_once():
    for name in chapter_names():
        chapter = texts("en")[name]
        assert chapter["title"]
        assert chapter["question"].endswith("?")
        assert len(set(chapter["figures"])) == len(chapter["figures"])
        assert set(chapter.get("missing", {})) == set(chapter["figures"])
    assert figure_number("02_outcomes", "funnel") == "2.4"


def test_unknown_names_say_what_there_is():
    with pytest.raises(UnknownName, match=r"no figure 'pie'\nIt has: measures"):
        figure_number("02_outcomes", "pie")
    with pytest.raises(UnknownName, match="Choose one of: en"):
        texts("xx")
