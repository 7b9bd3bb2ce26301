from __future__ import annotations

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from allrise.room import errors, keys
from allrise.room.apply_statements import wording_key
from allrise.room.clock import Clock
from allrise.room.definition import in_language
from allrise.room.errors import InvalidAnswer, RoomError, TooLarge
from allrise.room.plain_text import cleaned, for_spreadsheet
from allrise.room.presence import MOST_PHONES, PRESENT_SECONDS, Presence
from allrise.room.shared import Shared

# Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two   words \r\n next\tline ", "two words\nnext line"),
        ("e\u0301cole", "école"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("bell\x07 and nul\x00", "bell and nul"),
        ("half \ud83d pair", "half pair"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("e" + "\u0323\u0324\u0325\u0326\u0327" * 30, None),
        ("👩‍👩‍👧 👍🏽", "👩‍👩‍👧 👍🏽"),
        ("שלום, नमस्ते, Māori", "שלום, नमस्ते, Māori"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_text_is_kept_as_typed_but_for_what_nobody_types(typed, kept):
    found = cleaned(typed, 200)
    assert found == cleaned(found, 200)
    if kept is None:
        assert len(found) < 8
    else:
        assert found == kept


def test_a_text_too_long_says_how_long_it_may_be():
    assert cleaned("x" * 10, 10) == "x" * 10
    with pytest.raises(TooLarge, match="11 characters; at most 10") as error:
        cleaned("x" * 11, 10)
    assert error.value.details == {"length": 11, "longest": 10}
    with pytest.raises(TooLarge):
        cleaned("\u200b" * 10_000_000, 10)
    with pytest.raises(InvalidAnswer):
        cleaned(3, 10)  # type: ignore[arg-type]


def test_a_spreadsheet_takes_no_text_for_a_formula():
    assert for_spreadsheet("=1+1") == "'=1+1"
    assert for_spreadsheet("\t=1\n+1") == "'=1 +1"
    assert for_spreadsheet("we = us") == "we = us"


def test_the_same_words_have_one_key_and_other_words_another():
    assert wording_key("Trust, first!") == wording_key("  trust FIRST ") == wording_key("Trúst—first…")
    assert wording_key("Trust last") != wording_key("Trust first")


def test_a_wording_falls_back_to_the_language_that_there_is():
    assert in_language({"en": "yes", "fr": "oui"}, "fr-CA") == "oui"
    assert in_language({"en": "yes"}, "fr") == "yes"
    assert in_language({}, "fr") == ""


# Keys ------------------------------------------------------------------------------------------------------------


def test_codes_are_typed_in_many_ways():
    assert keys.normal_code(" km4–pr7\n") == keys.normal_code("KM4PR7") == "KM4PR7"
    assert keys.shown_code("KM4PR7") == "KM4-PR7"
    for typed in ("", "a\0b", "x" * 100, "ÄÖÜ", None):
        assert keys.normal_code(typed) == ""  # type: ignore[arg-type]


def test_a_token_is_stored_as_a_hash_and_matches_only_itself():
    token = keys.new_token()
    assert keys.is_token(token)
    assert keys.matches(token, keys.hashed(token))
    assert not keys.matches(keys.new_token(), keys.hashed(token))
    assert token not in keys.hashed(token)


# Errors ----------------------------------------------------------------------------------------------------------


def test_every_error_has_a_code_of_its_own_and_survives_pickling():
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, RoomError) and k is not RoomError
    ]
    assert len({k.code for k in kinds}) == len(kinds) > 12
    error = pickle.loads(pickle.dumps(errors.QuestionClosed("It is closed.", "Wait.", {"draft": {"F1": 3}})))
    assert (type(error), error.what, error.mend, error.details) == (
        errors.QuestionClosed, "It is closed.", "Wait.", {"draft": {"F1": 3}},
    )  # fmt: skip


# Clock and presence ----------------------------------------------------------------------------------------------


def test_the_clock_never_goes_back():
    steady = [10.0]
    clock = Clock(lambda: 1000.0, lambda: steady[0])
    assert clock.now() == 1_000_000
    steady[0] = 12.5
    assert clock.now() == 1_002_500
    steady[0] = 11.0  # not even when the system's steady clock is not steady
    assert clock.now() == 1_002_500
    clock.not_before(2_000_000)
    assert clock.now() == 2_000_000
    clock.not_before(5)
    assert clock.now() == 2_000_000


def test_a_phone_that_falls_silent_is_no_longer_counted():
    now = [0.0]
    presence = Presence(lambda: now[0])
    presence.heard("A", "one")
    now[0] = PRESENT_SECONDS - 1
    presence.heard("A", "two")
    assert presence.count("A") == 2
    now[0] = PRESENT_SECONDS + 1
    assert presence.count("A") == 1
    assert presence.count("B") == 0


def test_made_up_tokens_do_not_fill_the_memory():
    presence = Presence(lambda: 0.0)
    for n in range(MOST_PHONES + 50):
        presence.heard("A", f"token {n}")
    assert presence.count("A") == MOST_PHONES


# Shared values ---------------------------------------------------------------------------------------------------


@pytest.fixture
def pool():
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_readers_that_come_at_once_share_one_load(pool):
    loads: list[str] = []
    go = threading.Event()

    def load(key: str) -> int:
        loads.append(key)
        go.wait(5)
        return len(loads)

    shared: Shared[str, int] = Shared(load, pool)
    futures = [shared.get("a") for _ in range(100)]
    go.set()
    assert {f.result(5) for f in futures} == {1}
    assert loads == ["a"]


def test_a_reader_after_a_change_never_gets_what_was_loaded_before_it(pool):
    value = ["old"]
    slow, started = threading.Event(), threading.Event()

    def load(_key: str) -> str:
        found = value[0]
        started.set()
        if found == "old":
            slow.wait(5)
        return found

    shared: Shared[str, str] = Shared(load, pool, recheck=100)
    first = shared.get("a")
    started.wait(5)
    value[0] = "new"
    shared.changed(lambda key: key == "a")
    second = shared.get("a")  # while the first is still loading
    assert second.result(5) == "new"
    slow.set()
    assert first.result(5) == "old"
    assert shared.get("a").result(5) == "new"  # the late one does not replace it


def test_a_value_rests_between_loads_and_is_looked_at_again_after_a_while(pool):
    now = [0.0]
    loads: list[float] = []

    def load(_key: str) -> int:
        loads.append(now[0])
        return len(loads)

    shared: Shared[str, int] = Shared(load, pool, recheck=10, rest=1, now=lambda: now[0])
    assert shared.get("a").result(5) == 1
    shared.changed(lambda _key: True)
    now[0] = 0.5
    assert shared.get("a").result(5) == 1
    now[0] = 1.5
    assert shared.get("a").result(5) == 2
    now[0] = 11.0
    assert shared.get("a").result(5) == 2
    now[0] = 12.0
    assert shared.get("a").result(5) == 2, "nobody waits for what another process may have written"
    deadline = time.monotonic() + 5
    while shared.get("a").result(5) != 3:
        assert time.monotonic() < deadline
    now[0] = 40.0
    assert shared.get("a").result(5) == 4, "but what is old is not shown"


def test_when_a_load_fails_the_last_value_is_shown_and_without_one_the_error(pool):
    fails = [False]

    def load(_key: str) -> int:
        if fails[0]:
            raise errors.Unavailable("Away.", "Wait.")
        return 1

    shared: Shared[str, int] = Shared(load, pool, recheck=0)
    assert shared.get("a").result(5) == 1
    fails[0] = True
    time.sleep(0.01)
    assert shared.get("a").result(5) == 1
    with pytest.raises(errors.Unavailable):
        shared.get("b").result(5)
    fails[0] = False
    assert shared.get("b").result(5) == 1
