"""French packs: every word of the kit has its French, with the same places, set as French is set, and judging nobody."""

import re
import tomllib
from importlib.resources import files

import pytest

from allrise.chapters.texts import texts
from allrise.content.language import catalogue
from allrise.content.numbers import Numbers
from allrise.content.wording import judging_words
from allrise.data.facts import facts

ROOMS = {
    "allrise.chapters": "texts/en.toml",
    "allrise.content": "*.en.toml",
    "allrise.figures": "words/*.en.toml",
    "allrise.framework": "en.toml",
    "allrise.packs": "**/*.en.toml",
}
ENGLISH = [(room, path) for room, pattern in ROOMS.items() for path in sorted(files(room).glob(pattern))]
#: Words that French does not have; a sentence with one of them was not translated.
UNTRANSLATED = re.compile(
    r"\b(the|of|and|with|from|which|their|this|that|is|was|were|pupils?|people|each|between|shown?|years?|schools?)\b",
    re.IGNORECASE,
)
#: Names of tables, figures and facts, which no reader sees.
NO_SENTENCE = re.compile(
    r"/(facts|framework_ids|figures|headlines|caveats_of|evidence_from)\[|/stands_on|could\[\d\]\[1\]"
)
#: Names that are the same in both languages.
THE_SAME = {"Schools Partnership Programme", "Kāhui Ako"}
#: What the framework says in the paper's words, and what is said to the reader of an answer, not of a school.
NAMES = (
    "Mauvais moteurs",
    "mauvais moteurs",
    "Une bonne évaluation",
    "De bonnes données",
    "bons et mauvais",
    "d'un bon pas",
    "à prouver",
    "un échec",
    "le meilleur argument",
    "pas de mauvaise réponse",
    "de bons partenaires",
)


def flat(value, place=""):
    """Yield every text of a TOML file with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from flat(inner, f"{place}[{number}]")
    else:
        yield place, value


def both(english):
    french = english.with_name(english.name.replace("en.toml", "fr.toml"))
    return tuple(dict(flat(tomllib.loads(p.read_text("utf-8")))) for p in (english, french))


def french_texts():
    for _, english in ENGLISH:
        for place, text in both(english)[1].items():
            if isinstance(text, str) and "/cited/" not in place and not NO_SENTENCE.search(place):
                yield f"{english.parent.name}/{english.name} {place}", text


def shapes(said):
    """Places without those that only one language needs: texts of cited facts, numbers of prompts and items."""
    return {p for p in said if "/cited/" not in p}


@pytest.mark.parametrize(("room", "english"), ENGLISH, ids=[f"{room} {path.name}" for room, path in ENGLISH])
def test_french_has_the_keys_and_places_of_english(room, english):
    en, fr = both(english)
    assert len(en) > 10
    assert shapes(en) == shapes(fr)
    for place, text in en.items():
        if isinstance(text, str):
            found = [sorted(set(re.findall(r"\{\w*\}", t))) for t in (text, fr[place])]
            assert found[0] == found[1], place
        else:
            assert text == fr[place], place


def test_nothing_is_left_in_english():
    left = []
    for place, text in french_texts():
        for name in THE_SAME:
            text = text.replace(name, "")  # noqa: PLW2901
        left += [(place, text) for _ in UNTRANSLATED.findall(re.sub(r"\{\w*\}", "", text))]
    assert left == []


def test_french_is_set_as_french():
    for place, text in french_texts():
        plain = re.sub(r"\{\w*\}", "x", text)
        assert not re.search(r"(?<!\xa0)[:%](?=\s|$)|« | »|[“”]|\s[?!;]", plain), (place, text)


def test_french_words_judge_nobody():
    said = [(place, judging_words(text, "fr", NAMES)) for place, text in french_texts()]
    assert [s for s in said if s[1]] == []


def test_french_words_that_judge_are_found():
    for text in (
        "une école performante",
        "des résultats médiocres",
        "à la traîne",
        "en tête du palmarès",
        "grâce au réseau",
    ):
        assert judging_words(text, "fr-CA"), text


def test_a_count_takes_its_french_form():
    n = Numbers("fr-CA")
    assert n.value(0.4, "percentage points", 1) == "0,4 point de pourcentage"
    assert n.value(1.5, "points", 1) == "1,5 point"
    assert n.value(2, "points", 1) == "2,0 points"
    assert n.value(12.5, "percent", 1) == "12,5\xa0%"
    assert [n.count(k, "review") for k in (0, 1, 2)] == ["aucune évaluation", "1 évaluation", "2 évaluations"]
    for package, name in (("allrise.figures", "words/outcomes"), ("allrise.figures", "words/practice")):
        for key, message in catalogue(package, name, "fr").messages.items():
            # 0 is singular in French: a table of forms without `none` would say "one" of nothing
            assert (
                isinstance(message, str)
                or "none" in message
                or {"network.no_tie_reported", "network.no_response"} & {key}
            )


def test_every_cited_text_that_a_pack_shows_has_its_french():
    said = texts("fr")["15_drivers"]
    asked = {name for driver in said["driver"].values() for name in driver.get("facts", ())}
    shown = facts()
    shown = shown[shown["indicator"].isin(asked)]
    missing = {t for c in ("indicator", "region", "note") for t in shown[c].dropna() if t and t not in said["cited"]}
    units = {u for u in shown["unit"] if Numbers("fr").unit(u) == u and u not in {*said["cited"], "points"}}
    assert (missing, units) == (set(), set())


def test_a_countrys_french_reads_the_same_file():
    assert texts("fr-CA") is texts("fr")
