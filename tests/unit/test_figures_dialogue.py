"""Figures of a dialogue: drawn from the simulated session in the demo data, from hidden results, and from texts nobody would choose."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from figure_claims import check

from allrise.chapters import dialogue as record
from allrise.chapters import dialogue_shown as shown
from allrise.chapters.chapter import Chapter, open_chapter
from allrise.content.blocks import Figure, Hidden
from allrise.figures.dialogue_agreement import room_agreement, room_division
from allrise.figures.dialogue_answers import spread_of_answers
from allrise.figures.dialogue_map import quadrant_map
from allrise.figures.dialogue_order import chosen
from allrise.room.simulation.people import AGREED, DIVIDED
from allrise.room.simulation.people import COUNTRIES as CAME

KINDS = {"rating": "rating", "contrast": "contrast", "statements": "votes"}


@pytest.fixture(scope="module")
def chapter() -> Chapter:
    return open_chapter("08_dialogue", "demo", "")


@pytest.fixture(scope="module")
def room(chapter) -> record.Dialogue:
    return record.latest(chapter)


def names(room: record.Dialogue, about: Any, *more: str) -> list[str]:
    labels = [i["label"] for i in room.items.values()] + [i["left"] for i in room.items.values()]
    asked = [q["wording"] for q in room.questions]
    return [*labels, *(text.rstrip(".") for text in labels), *asked, about.period, about.source, about.cluster, *more]


def figures(chapter: Chapter, room: record.Dialogue) -> list[Figure]:
    about = shown.subject(chapter, room)
    table = record.agreement(chapter, room)
    made = [room_agreement(record.agreed(table), about)]
    for item in record.divided(table).to_dict("records"):
        asked = next(q for q in room.questions if q["question_id"] == item["question_id"])
        rows = record.segments(chapter, room, asked, item["item_id"])
        made.append(room_division(rows.assign(item=item["label"], framework_id="", whole=item["share"]), about))
    for kind, how in KINDS.items():
        made += [spread_of_answers(record.spread(room, q), about, how, name=how) for q in room.of_kind(kind)]
    made += [quadrant_map(record.quadrants(room, q), about) for q in room.of_kind("quadrant")]
    return made + [chosen(record.options(room, q), about, "rank", name="rank") for q in room.of_kind("rank")]


def test_every_figure_says_only_what_its_table_holds(chapter, room):
    made = figures(chapter, room)
    assert len(made) == 1 + 3 + 4 + 1 + 5 + 1 + 1
    about = shown.subject(chapter, room)
    for figure in made:
        positions = {str(q["position"]) for q in room.questions}
        numbers = {str(r["code"]) for r in figure.table.records() if r.get("code")} | {"4", "5"}
        check(figure, names=names(room, about), allowed=positions | numbers)


def test_what_is_planted_is_found(chapter, room):
    table = record.agreement(chapter, room)
    agreed = set(table.loc[table["verdict"] == "agreed", "framework_id"])
    assert agreed == AGREED - {"S3"}
    assert set(record.divided(table)["framework_id"]) == set(DIVIDED)
    groups = record.opinion_groups(room).set_index("question_id")["groups"]
    assert groups[groups > 0].to_dict() == {"Q3.4": 2}
    assert len(groups) == 5


def test_people_are_counted_by_country_and_small_roles_are_one_line(chapter, room):
    who = record.who(chapter, room)
    countries = who[who["by"] == "country"].set_index("key")["people"].to_dict()
    assert countries == CAME
    roles = who[who["by"] == "role"].set_index("key")["people"]
    assert roles[""] == 10
    assert not {"family", "governor"} & set(roles.index)


def test_a_hidden_item_is_a_row_without_numbers(chapter, room):
    about = shown.subject(chapter, room)
    question = room.of_kind("rating")[1]
    table = record.spread(room, question)
    counts = [c for c in table if c.startswith("count_")]
    hidden = table.assign(
        status="c", people=0, share=float("nan"), lower=float("nan"), upper=float("nan"), **dict.fromkeys(counts, 0)
    )
    half = pd.concat([table.head(4), hidden.tail(4)], ignore_index=True)
    figure = spread_of_answers(half, about, "rating", name="half")
    check(figure, names=names(room, about), allowed={"4", "5", "7"})
    last = list(figure.table.records())[-1]
    assert all(isinstance(last[k], Hidden) for k in ("people", "share", "mean", *counts))
    assert "too few people to show" in figure.svg
    assert len(figure.readings) == 4
    nobody = spread_of_answers(hidden, about, "rating", name="nobody")
    assert nobody.readings == ("Too few people to show.",)


@pytest.mark.parametrize(
    "text", ["w" * 280, "<script>alert(1)</script> {item} %s onerror=x", "مرحبا 你好 🙂 e\u0301" * 8, "a b " * 70]
)
def test_any_text_fits_its_drawing(chapter, room, text):
    about = shown.subject(chapter, room)
    table = record.spread(room, room.of_kind("statements")[0]).assign(label=text, wording=text)
    figure = spread_of_answers(table, about, "votes", name="odd")
    from figure_claims import check_drawing

    check_drawing(figure)
    assert "<script>" not in figure.svg
    agreed = record.agreed(record.agreement(chapter, room)).assign(label=text, framework_id="", least=text)
    check_drawing(room_agreement(agreed, about))


def test_without_enough_people_nothing_is_said_to_be_agreed(chapter, room):
    table = record.agreement(chapter, room)
    none = record.agreed(table[table["verdict"] == "mixed"])
    assert none.empty
    leaning = record.agreed(table[table["verdict"].isin(["leaning", "mixed"])])
    assert set(leaning["verdict"]) == {"leaning"}
    figure = room_agreement(leaning, shown.subject(chapter, room))
    assert "No item is agreed in every country and role" in figure.readings[0]


def test_the_discussion_guide_hears_the_room(chapter):
    said = shown.headline_readings(open_chapter("09_discussion_guide", "demo", ""))
    assert any(line.startswith("Figure 8.1: Peer review (F4): 95%") for line in said["F4"])
    assert any(line.startswith("Figure 8.2") for line in said["F6"])
    assert any(line.startswith("Figure 8.5") for line in said["F8"])
