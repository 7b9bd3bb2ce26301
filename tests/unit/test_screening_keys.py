"""Rows told apart by several columns, with and without room for every possible key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allrise.data.screening import keys
from allrise.data.screening.coded import Coded, narrowest
from allrise.data.screening.keys import Keys

rows = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=40)


@pytest.fixture(params=["an array over all keys", "keys numbered by hashing"])
def way(request, monkeypatch):
    if request.param != "an array over all keys":
        monkeypatch.setattr(keys, "_ALWAYS", 0)
        monkeypatch.setattr(keys, "_SPARSE", 0)
    monkeypatch.setattr(keys, "_SPAN", 7)  # so that a key's rows are met in several spans
    return request.param


def made(table: list[tuple[int, int, int]]) -> tuple[Keys, list[tuple[int, int]], np.ndarray]:
    first, second, value = (np.array(c, dtype=np.int8) for c in zip(*table, strict=True))
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    return Keys([(first, 4), (second, 3)], len(table)), pairs, value


def test_repeated_keys_are_found_with_every_row_that_has_them(way):
    @settings(max_examples=60, deadline=None)
    @given(rows)
    def check(table):
        found, pairs, _ = made(table)
        assert found.repeated().tolist() == [i for i, p in enumerate(pairs) if pairs.count(p) > 1]

    check()


def test_a_key_s_second_value_is_named_with_the_row_of_its_first(way):
    @settings(max_examples=60, deadline=None)
    @given(rows)
    def check(table):
        found, pairs, value = made(table)
        expected: dict[int, int] = {}
        first: dict[tuple[int, int], int] = {}
        met: set[tuple[tuple[int, int], int]] = set()
        for i, (pair, v) in enumerate(zip(pairs, value.tolist(), strict=True)):
            if v < 0:
                continue
            if pair in first and (pair, v) not in met:
                expected[i] = first[pair]
            first.setdefault(pair, i)
            met.add((pair, v))
        assert found.further(value, value >= 0) == expected

    check()


def test_the_largest_value_of_a_key_counts_only_the_rows_asked_for(way):
    found, pairs, _ = made([(0, 0, 0), (0, 0, 0), (0, 1, 0), (-1, 0, 0), (0, 0, 0)])
    largest = found.largest(np.array([1.0, np.nan, 5.0, 2.0, 9.0]), np.array([True, True, True, True, False]))
    here = dict(zip(pairs, largest[found.at(np.arange(5))].tolist(), strict=True))
    assert here == {(0, 0): 1.0, (0, 1): 5.0, (-1, 0): 2.0}


@pytest.mark.parametrize(("texts", "width"), [(127, 1), (128, 2), (32_767, 2), (32_768, 4)])
def test_codes_are_no_wider_than_the_number_of_texts_needs(texts: int, width: int):
    assert narrowest(texts).itemsize == width
    held = Coded(np.array([texts - 1], dtype=np.int64), [str(i) for i in range(texts)])
    assert held.codes.itemsize == width
    assert held.texts[held.codes[0]] == str(texts - 1)
