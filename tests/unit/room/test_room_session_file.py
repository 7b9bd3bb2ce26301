from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from allrise.framework import CONTRAST_IDS, FACTOR_IDS, QUESTION_IDS, SKILL_IDS, load
from allrise.room.definition import in_language
from allrise.room.session_file import SessionFileError, global_dialogue, parse_session, read_session, retitled

SMALL = """
title = "Our evening"
languages = ["en", "fr"]

[[question]]
name = "ring"
kind = "rating"
prompt = { en = "Does it ring true?", fr = "Est-ce juste?" }
items = ["F1-F3", { name = "own", label = "Our own factor" }]

[[question]]
name = "pick"
kind = "choice"
several = true
prompt = "Which of them?"
items = [{ name = "a", label = "A" }, { name = "b", label = "B" }]

[[question]]
kind = "text"
framework = "Q2.2"
tags = ["F1-F8"]
moderated = false
"""


def test_the_framework_session_asks_everything_the_framework_asks():
    session = global_dialogue()
    assert {q.framework_id for q in session.questions} >= set(QUESTION_IDS)
    by_name = {q.name: q for q in session.questions}
    assert [i.framework_id for i in by_name["Q2.1"].items] == list(FACTOR_IDS)
    assert [i.name for i in by_name["Q2.3"].items] == [f"{f}/{d}" for f in FACTOR_IDS for d in ("ease", "place")]
    assert [i.framework_id for i in by_name["Q3.2"].items] == list(SKILL_IDS)
    assert [i.framework_id for i in by_name["Q3.contrasts"].items] == list(CONTRAST_IDS)
    assert by_name["Q2.1.missing"].kind == "statements"
    assert by_name["Q2.2"].settings["tags"] == list(FACTOR_IDS)
    assert len(by_name["closing"].seeds) == 7
    assert {q.kind for q in session.questions} >= {"rating", "contrast", "quadrant", "rank", "text", "statements"}


def test_every_text_of_the_framework_session_is_there_in_both_languages():
    session = global_dialogue()
    texts = [session.title]
    for q in session.questions:
        texts += [q.prompt, q.part, *(t for t in (q.help, q.settings.get("low"), q.settings.get("high")) if t)]
        texts += [s.texts for s in q.seeds]
        for i in q.items:
            texts += [i.label, i.detail, *(t for t in (i.left_pole, i.right_pole) if t)]
    for text in texts:
        assert set(text) == {"en", "fr"}
        assert text["en"] != text["fr"]
        assert all(text.values())


def test_wording_comes_from_the_framework_and_a_file_may_say_it_otherwise():
    session = parse_session(SMALL, "small.toml")
    assert session.questions[0].items[0].label["fr"] == load("fr")["F1"].label
    assert session.questions[2].prompt == {code: load(code)["Q2.2"].statement for code in ("en", "fr")}
    assert session.questions[2].name == "Q2.2"
    assert session.questions[2].settings["moderated"] is False
    assert in_language(session.questions[1].prompt, "fr") == "Which of them?"  # there is no French: the first language
    assert session.questions[1].settings["several"] == 0


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (('title = "Our evening"', ""), 1, "title: is missing"),
        (('title = "Our evening"', 'titel = "x"'), 2, "Did you mean title?"),
        (('languages = ["en", "fr"]', 'languages = ["English"]'), 3, "list of languages"),
        (('kind = "rating"', 'kind = "ratings"'), 7, "Did you mean rating?"),
        (('kind = "rating"', ""), 5, "question 1, kind: is missing"),
        (('"F1-F3"', '"F1-F9"'), 9, "'F9' is not an id of the framework"),
        (('name = "own", ', ""), 9, "has no name"),
        (('name = "own"', 'name = "F1"'), 9, "more than once"),
        (('name = "pick"', 'name = "ring"'), 12, "'ring' is the name of an earlier question"),
        (('name = "pick"', 'name = "a b/c"'), 12, "not a name"),
        (("several = true", "several = 1"), 14, "not a whole number"),
        (("several = true", "severl = 2"), 14, "Did you mean several?"),
        ((', { name = "b", label = "B" }]', "]"), 16, "less than a choice of two"),
        (('fr = "Est-ce juste?"', 'de = "Ist es wahr?"'), 8, "de is not one of the session's languages"),
        (('en = "Does it ring true?"', 'en = ""'), 8, "is empty"),
        (('en = "Does it ring true?"', f'en = "{"x" * 700}"'), 8, "700 characters"),
        (('framework = "Q2.2"', 'framework = "Q9.9"'), 20, "'Q9.9' is not an id"),
        (("moderated = false", 'moderated = "no"'), 22, "not true or false"),
        (('tags = ["F1-F8"]', 'tags = "F1"'), 21, "is not a list"),
        (('kind = "choice"', 'kind = "text"'), 14, "several: is not a field here"),
        (('items = ["F1-F3", ', "items = [3, "), 9, "item 1 is not an id"),
    ],
)
def test_a_fault_is_named_by_line_and_field_with_what_to_do(change, line, said):
    assert change[0] in SMALL
    with pytest.raises(SessionFileError) as fault:
        parse_session(SMALL.replace(change[0], change[1], 1), "small.toml")
    assert f"small.toml, line {line}," in fault.value.what
    assert said in fault.value.what
    assert fault.value.exit_code == 2


def test_all_faults_are_told_at_once():
    text = SMALL.replace('kind = "rating"', 'kind = "x"').replace("several = true", "several = -1")
    with pytest.raises(SessionFileError, match="2 places"):
        parse_session(text, "small.toml")


def test_a_contrast_of_ones_own_has_two_poles():
    text = """title = "x"
[[question]]
name = "p"
kind = "contrast"
prompt = "Where?"
items = [{ name = "a", left = "Hot", right = "Cold" }, { name = "b", left = "Only one" }]
"""
    with pytest.raises(SessionFileError, match="b has not two poles"):
        parse_session(text, "x.toml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title = ", "end of document"),
        (b"title = 'x'\nlanguages = [", "Mend the TOML"),
        (b"title = 'x'\nlanguages = 1 2", "line 2"),
        (b"\xff\xfe", "not UTF-8"),
        (b"title = 'x'\n" + b"# " + b"x" * 600_000, "bytes"),
        (b"title = 'x'", "there is no question"),
        (b"title = 'x'\nquestion = 3", "there is no question"),
        (b"title = 'x'\n[[question]]\nname='a'\nkind='text'\nprompt='p'\n" * 1, ""),
    ],
)
def test_a_file_that_is_no_session_is_refused_in_plain_words(tmp_path, content, said):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    if not said:
        assert read_session(path).questions[0].name == "a"
        return
    with pytest.raises(SessionFileError) as fault:
        read_session(path)
    assert said in str(fault.value)
    assert "mine.toml" in str(fault.value)


def test_a_seed_that_looks_like_an_id_must_be_one():
    text = """title = "x"
[[question]]
name = "p"
kind = "statements"
prompt = "What next?"
seeds = ["S1", "S9", "We will meet."]
"""
    with pytest.raises(SessionFileError, match="line 6, question 1, seeds: 'S9' is not an id"):
        parse_session(text, "x.toml")
    seeds = parse_session(text.replace("S9", "S2"), "x.toml").questions[0].seeds
    assert [s.framework_id for s in seeds] == ["S1", "S2", ""]


def test_another_title_and_language_come_first():
    session = retitled(global_dialogue(), "  Our evening ", "fr")
    assert session.languages == ("fr", "en")
    assert session.title == {"fr": "Our evening", "en": "Our evening"}
    with pytest.raises(SessionFileError, match="no language 'de'"):
        retitled(global_dialogue(), language="de")


def test_the_guide_to_session_files_shows_one_that_works_and_every_field():
    guide = (files("allrise").joinpath("../../docs/sessions.md")).read_text(encoding="utf-8")
    example = guide.split("```toml")[1].split("```")[0]
    session = parse_session(example, "docs/sessions.md")
    assert {q.kind for q in session.questions} == {
        "rating", "contrast", "quadrant", "choice", "rank", "text", "statements"
    }  # fmt: skip
    assert tomllib.loads(example)
    from allrise.room import session_file, session_questions

    fields = {*session_file._SESSION_KEYS, *session_file._CLUSTER_KEYS, *session_questions._EVERY,
              *session_questions._ITEM_KEYS, *(k for keys in session_questions._BY_KIND.values() for k in keys)}  # fmt: skip
    missing = [field for field in fields if f"`{field}`" not in guide]
    assert not missing
