"""Parts of the room server that need no server."""

import itertools
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from allrise.room.errors import InvalidAnswer
from allrise.room.server import forms
from allrise.room.server.assets import as_the_reader_likes, build_assets
from allrise.room.server.grouping import stepped_counts, work_out
from allrise.room.server.limits import TokenBuckets
from allrise.room.server.qr import qr_svg, qr_terminal
from allrise.room.server.refusals import STATUSES
from allrise.room.server.results_page import agreed_and_split
from allrise.room.server.templating import SCRIPT_WORDS
from allrise.room.server.wording import LANGUAGES, bound, preferred, wording

SERVER = Path(forms.__file__).parent


def test_every_language_has_every_text_with_the_same_values():
    english = wording("en").texts
    for language in LANGUAGES[1:]:
        other = wording(language).texts
        assert set(other) == set(english)
        for key, text in english.items():
            assert set(re.findall(r"\{\w+\}", other[key])) == set(re.findall(r"\{\w+\}", text)), key
            assert other[key].strip()


def test_every_text_that_pages_ask_for_exists_and_every_text_is_used():
    source = "".join(
        p.read_text("utf-8") for folder in ("templates", ".") for p in (SERVER / folder).glob("*.[hp]*") if p.is_file()
    )
    asked = set(re.findall(r"""t\(f?['"]([a-z_]+\.[a-z_A-Z-]+)['"]""", source))
    texts = wording("en").texts
    assert {a for a in asked if not a.endswith("_")} <= set(texts)
    begun = tuple(a for a in asked if a.endswith("_"))
    said_by_script = {f"{part}.{key}" for part, keys in SCRIPT_WORDS.items() for key in keys}
    named = {"country", "role", "did", "error", "language"}
    unused = {
        k for k in texts
        if k not in asked | said_by_script and k.partition(".")[0] not in named
        and not k.startswith(begun) and f'"{k}"' not in source and f"'{k.partition('.')[2]}'" not in source
    }  # fmt: skip
    assert not unused


def test_every_error_of_the_room_has_words_and_a_mend():
    from allrise.room import errors

    codes = {e.code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.RoomError)}
    for code in (codes - {"room_error"}) | set(STATUSES):
        assert wording("en").has(f"error.{code}"), code
        assert wording("en").has(f"error.{code}_mend"), code
        assert code in STATUSES, code


@pytest.mark.parametrize(
    ("header", "language"),
    [("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de,en;q=0.5", "en"), ("", "en"), ("fr;q=0.1,en;q=0.9", "en"), ("fr;q=x", "en")],
)  # fmt: skip
def test_the_browsers_language_is_spoken_when_there_is_one(header, language):
    assert preferred(header) == language


def test_tokens_have_buckets_of_their_own_that_fill_again():
    now = [0.0]
    buckets = TokenBuckets(rate=2, burst=3, now=lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]
    assert buckets.take("b")
    now[0] = 0.5
    assert buckets.take("a")
    assert not buckets.take("a")


def test_buckets_of_those_who_left_are_forgotten():
    buckets = TokenBuckets(rate=1, burst=1, most=10, now=lambda: 0.0)
    for i in range(100):
        buckets.take(str(i))
    assert len(buckets._buckets) == 10


def test_a_forms_text_is_bound_to_token_and_purpose():
    text = forms.csrf_text("t" * 32, "participant")
    assert forms.csrf_holds("t" * 32, "participant", text)
    assert not forms.csrf_holds("t" * 32, "facilitator", text)
    assert not forms.csrf_holds("u" * 32, "participant", text)
    assert not forms.csrf_holds("", "participant", forms.csrf_text("", "participant"))
    assert not forms.csrf_holds("t" * 32, "participant", "é")


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "९", "9" * 40, "abc", " 1"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(InvalidAnswer):
        forms.whole_number(text, name="The vote")


@pytest.mark.parametrize(
    ("move", "order"),
    [("b:up", "bac"), ("b:down", "acb"), ("a:up", "abc"), ("c:down", "abc"), ("x:up", "abc"), ("", "abc")],
)
def test_move_buttons(move, order):
    assert "".join(forms.moved(list("abc"), move)) == order


def test_the_qr_code_says_the_join_address():
    svg = qr_svg("http://192.168.1.20:8800/r/KM4PR7", "Join <here>")
    assert "<title>Join &lt;here&gt;</title>" in svg
    assert qr_terminal("http://192.168.1.20:8800/r/KM4PR7").count("\n") > 10


def test_type_follows_the_size_of_text_that_a_reader_has_set():
    assert as_the_reader_likes("--size-note:14px;--size-body:17.5px;--radius-m:8px") == (
        "--size-note:0.8rem;--size-body:109.375%;--radius-m:8px"
    )


def test_a_line_of_french_never_ends_before_a_colon_or_inside_quotation_marks():
    assert bound("Terminez : « Nous allons », 5 %", "fr") == "Terminez\u00a0: «\u00a0Nous allons\u00a0», 5\u00a0%"
    assert bound("Where : there", "en") == "Where : there"


def test_a_statement_that_most_agree_with_is_not_among_those_that_split_the_room():
    def row(n, agrees, disagrees):
        return {"statement": n, "agrees": agrees, "disagrees": disagrees, "passes": 0, "votes": agrees + disagrees}

    one, two, three = row(1, 14, 6), row(2, 9, 11), row(3, 18, 2)
    agreed, split = agreed_and_split(SimpleNamespace(consensus=(three, one, two), split=(two, one, three)))
    assert [r["statement"] for r in agreed] == [3, 1]
    assert [r["statement"] for r in split] == [2]


def test_assets_change_their_address_with_their_content_and_name_no_other_host():
    assets = build_assets()
    assert {"room.css", "room.js", "stage.js", "desk.js", "icon.svg"} <= set(assets.addresses)
    css = assets.files[assets.addresses["room.css"].rpartition("/")[2]]
    assert b"data:font" not in css.body
    assert b"url(/assets/font-regular-" in css.body
    assert all(
        not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", a.body)
        for n, a in assets.files.items()
        if not n.endswith("woff")
    )


def test_the_phones_script_and_style_stay_small():
    assets = build_assets()
    sizes = {n: len(a.packed or a.body) for n, a in assets.files.items()}
    assert sum(size for name, size in sizes.items() if name.startswith(("room-",))) < 16_000, sizes


def test_counts_on_a_board_move_in_steps_and_the_last_step_is_no_single_person():
    import pandas as pd

    shown, seen = {}, []
    for n in range(1, 31):
        votes = pd.DataFrame(
            {
                "participant": [f"p{i}" for i in range(n)],
                "statement": 1,
                "vote": [1, -1, 0] * 10 and [(i % 3) - 1 for i in range(n)],
                "order": range(n),
            }
        )
        shown = stepped_counts(votes, [1], shown, closed=n == 30)
        seen.append(shown.get("1", {}).get("votes", 0))
    steps = [b - a for a, b in itertools.pairwise(seen) if b != a]
    assert all(step >= 5 for step in steps), seen
    assert seen[-1] == 30


def test_groups_are_told_of_closed_boards_only():
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    rows = [
        {
            "participant": f"p{i}",
            "statement": s,
            "vote": (1 if (s + (i < 25)) % 2 else -1) if rng.random() < 0.9 else 0,
            "order": i * 10 + s,
        }
        for i in range(50)
        for s in range(10)
    ]
    votes = pd.DataFrame(rows)
    still = work_out(votes, list(range(10)), 1, closed=False, shown={})
    assert not still["found"]
    assert not still["places"]
    told = work_out(votes, list(range(10)), 2, closed=True, shown={})
    assert told["found"]
    assert sorted(told["sizes"]) == [25, 25]
    assert len(told["places"]) == 50
