"""Ids become folder names that are safe everywhere and never change."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allrise.packs.folders import folder_names, is_plain

SAFE = set(string.ascii_letters + string.digits + "._-")


@pytest.mark.parametrize("name", ["c1", "AU-NSW-042", "trust_7.2", "x"])
def test_a_plain_id_is_its_own_folder(name):
    assert folder_names([name]) == {name: name}


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "..\\b",
        "nul",
        "COM1",
        "aux.txt",
        "a.",
        "-x",
        "_system",
        "é",
        "a\n",
        "index.html",
        "a" * 65,
    ],
)
def test_any_other_id_is_not_plain_and_its_folder_is(name):
    assert not is_plain(name)
    assert is_plain(folder_names([name])[name])


def test_a_readable_part_of_the_id_stays():
    assert folder_names(["Kāhui Ako/7"])["Kāhui Ako/7"].startswith("Kahui-Ako-7-")


def test_ids_that_differ_only_in_case_get_different_folders_on_every_system():
    names = folder_names(["Abc", "abc", "d"])
    assert len({n.casefold() for n in names.values()}) == 3
    assert names["d"] == "d"


def test_a_folder_does_not_depend_on_the_order_or_on_unlike_ids():
    few, many = folder_names(["a/b", "c"]), folder_names(["z", "c", "é", "a/b"])
    assert few["a/b"] == many["a/b"]


@settings(suppress_health_check=[HealthCheck.too_slow])  # texts are slow to make on a busy machine
@given(st.lists(st.text(max_size=80), unique=True, max_size=8))
def test_every_set_of_ids_has_distinct_safe_folders(ids):
    names = folder_names(ids)
    assert len({n.casefold() for n in names.values()}) == len(ids)
    for name in names.values():
        assert set(name) <= SAFE
        assert name[0] not in "._-"
        assert not name.endswith(".")
        assert len(name) <= 100
