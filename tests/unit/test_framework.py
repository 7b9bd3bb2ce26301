"""The framework: complete, the same in every language, readable, and refusing what is not."""

import re

import pytest

from allrise.errors import InvalidData, UnknownName, UnreadableInput
from allrise.framework import LANGUAGES, SCALE_IDS, Framework, load, parse, reading


@pytest.fixture(params=LANGUAGES)
def framework(request: pytest.FixtureRequest) -> Framework:
    return load(request.param)


def texts(framework: Framework) -> list[tuple[str, str]]:
    """Every text of a framework with the id it belongs to."""
    found = [(name, text) for name, text in framework.headings.items()]
    for entry in framework.entries:
        found += [(entry.id, entry.label), (entry.id, entry.statement)]
        found += [(entry.id, prompt) for prompt in entry.prompts]
    for factor in framework.factors:
        found += [(factor.id, factor.predict), *((factor.id, line) for line in factor.evidence)]
    for contrast in framework.contrasts:
        found += [(contrast.id, contrast.transformational), (contrast.id, contrast.transactional)]
    return found + [(item.id, item.wording) for item in framework.items]


def test_every_part_of_the_paper_is_there_in_order(framework: Framework):
    ids = [entry.id for entry in framework.entries]
    assert len(ids) == len(set(ids)) == 71
    assert [f.id for f in framework.factors] == [f"F{i}" for i in range(1, 9)]
    assert [s.id for s in framework.skills] == [f"L{i}" for i in range(1, 11)]
    assert [t.id for t in framework.contrasts] == [f"T{i}" for i in range(1, 10)]
    assert [q.part for q in framework.questions] == [1] * 5 + [2] * 3 + [3] * 4
    assert [s.id for s in framework.stages] == ["collaboration", "co_responsibility", "shared_accountability"]


def test_languages_have_identical_ids_items_and_evidence():
    english = load("en")
    for language in LANGUAGES:
        other = load(language)
        assert [e.id for e in other.entries] == [e.id for e in english.entries]
        assert [(i.id, i.framework_id, i.reversed, i.perspective) for i in other.items] == [
            (i.id, i.framework_id, i.reversed, i.perspective) for i in english.items
        ]
        assert [q.evidence_from for q in other.questions] == [q.evidence_from for q in english.questions]
        assert [len(e.prompts) for e in other.entries] == [len(e.prompts) for e in english.entries]


def test_no_two_languages_share_a_statement():
    english, french = load("en"), load("fr")
    assert not {e.statement for e in english.entries} & {e.statement for e in french.entries}
    assert not {i.wording for i in english.items} & {i.wording for i in french.items}


def test_no_text_is_empty_or_padded(framework: Framework):
    assert [(where, text) for where, text in texts(framework) if text != text.strip() or not text] == []


def test_no_sentence_is_longer_than_35_words(framework: Framework):
    long = [
        (where, sentence)
        for where, text in texts(framework)
        for sentence in re.split(r"(?<=[.?!])\s", text)
        if len(sentence.split()) > 35
    ]
    assert long == []


def test_labels_are_short(framework: Framework):
    assert [e.label for e in framework.entries if len(e.label) > 56] == []


def test_prompts_ask(framework: Framework):
    prompts = [p for e in framework.entries for p in e.prompts] + [f.predict for f in framework.factors]
    assert [p for p in prompts if not p.endswith("?")] == []


def test_every_scale_has_items_and_some_are_reversed(framework: Framework):
    assert {i.framework_id for i in framework.items} == set(SCALE_IDS)
    assert all(2 <= len(framework.items_of(f.id)) <= 3 for f in framework.factors)
    assert [i.perspective for i in framework.items_of("L4")] == ["self", "other"]
    assert sum(i.reversed for i in framework.items) >= 6
    assert len({i.id for i in framework.items}) == len(framework.items)


def test_closing_statements_are_few_enough_to_vote_on(framework: Framework):
    assert 5 <= len(framework.closing) <= 7


def test_an_unknown_id_is_refused_with_close_ones():
    with pytest.raises(UnknownName, match=r"Did you mean F3"):
        _ = load()["f3"]
    with pytest.raises(UnknownName, match=r"Q3\.4"):
        _ = load()["Q34"]
    with pytest.raises(UnknownName, match="F1 to F8"):
        load().factor("L1")


def test_an_unknown_language_is_refused_and_a_regional_tag_is_not():
    with pytest.raises(UnknownName, match="en, fr"):
        load("de")
    assert load("fr-CA") == load("fr")


@pytest.fixture
def english_text() -> str:
    return (reading.files("allrise.framework") / "en.toml").read_text(encoding="utf-8")


def test_a_language_file_that_misses_an_id_is_refused(english_text: str):
    without = re.sub(r"\[skills\.L6\].*?(?=\[skills\.L7\])", "", english_text, flags=re.DOTALL)
    with pytest.raises(InvalidData, match=r"en\.toml: \[skills\] is missing L6"):
        parse(without, "en")


def test_a_language_file_with_an_empty_text_is_refused(english_text: str):
    with pytest.raises(InvalidData, match="F3 has no label"):
        parse(english_text.replace('label = "Trust"', 'label = " "'), "en")


def test_a_question_cannot_take_evidence_from_nowhere(english_text: str):
    with pytest.raises(InvalidData, match=r"Q1\.4 takes evidence from F9"):
        parse(english_text.replace('["C2", "F4", "F5", "F8", "L9"]', '["C2", "F9"]'), "en")


def test_a_file_that_is_no_toml_is_unreadable():
    with pytest.raises(UnreadableInput, match=r"fr\.toml"):
        parse("not toml", "fr")
