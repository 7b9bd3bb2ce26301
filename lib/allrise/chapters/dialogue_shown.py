"""Chapter 08: the record of a dialogue, shown as figures, tables and sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from babel.dates import format_date

from allrise.chapters import dialogue as record
from allrise.chapters.chapter import Chapter
from allrise.chapters.dialogue import Dialogue, Row
from allrise.content.blocks import Block, Cell, Figure, Notice, Table, TableColumn, Text
from allrise.content.language import locale_of
from allrise.content.numbers import Numbers
from allrise.figures.composing import number, records
from allrise.figures.composing import table as table_of
from allrise.figures.dialogue_agreement import called, room_agreement, room_division
from allrise.figures.dialogue_answers import Kind, spread_of_answers
from allrise.figures.dialogue_map import quadrant_map
from allrise.figures.dialogue_order import chosen
from allrise.figures.subject import Subject

#: Texts quoted under one question.
MOST_QUOTED = 3


def subject(chapter: Chapter, dialogue: Dialogue) -> Subject:
    """Return what the figures need to know: the day of the session in place of school years."""
    about = chapter.subject(source="dialogue_results")
    title = record.told(dialogue.session["title"])
    return replace(about, cluster=title, period=_day(chapter, dialogue.session["held_on"]), measure="", unit="percent",
                   source=f"{title}, {dialogue.session['session_id']}")  # fmt: skip


def who(chapter: Chapter, dialogue: Dialogue) -> tuple[Block, ...]:
    """Return who took part: the session in a sentence, people by country and role, and the questions."""
    if not dialogue.session:
        return ()
    say, n, session = chapter.texts, Numbers(chapter.parameters.language), dialogue.session
    said = [
        say["session"].format(
            title=record.told(session["title"]), day=_day(chapter, session["held_on"]),
            people=n.count(int(session["participants"]), "person"), paper=n.number(int(session["on_paper"])),
        )
    ]  # fmt: skip
    if dialogue.others:
        others = tuple(say["session_other"].format(title=t, day=_day(chapter, d)) for t, d in dialogue.others)
        said.append(say["session_others"].format(others=n.listed(others)))
    people = record.who(chapter, dialogue)
    for by, line in say["who_said"].items():
        named = tuple(f"{r['segment']} {n.number(r['people'])}" for r in records(people) if r["by"] == by and r["key"])
        said += [line.format(named=n.listed(named))] if named else []
    if "" in list(people["key"]):
        said.append(say["untold_by"])
    shown = people.assign(by=[say["who_by"][b] for b in people["by"]])
    asked = pd.DataFrame(
        [
            {"question": q["position"], "wording": record.told(q["wording"]),
             "kind": say["kinds"][q["kind"]], "answered": q["answered"]}
            for q in dialogue.questions
        ],
        columns=["question", "wording", "kind", "answered"],
    )  # fmt: skip
    return (
        *chapter.heading("who"),
        Text(tuple(said), role="reading"),
        replace(_table(chapter, "who", shown, {"people": 0}), folded=True),
        replace(_table(chapter, "asked", asked, {"answered": 0}), folded=True),
    )


def agreement(chapter: Chapter, dialogue: Dialogue, table: pd.DataFrame) -> None:
    """Show what is agreed across countries and roles, after the count of verdicts."""
    if not dialogue.session:
        return
    chapter.show(*chapter.heading("agreement"))
    if len(table):
        n, given = Numbers(chapter.parameters.language), [str(v) for v in table["verdict"]]
        verdicts = {v: n.number(given.count(v)) for v in ("agreed", "leaning", "mixed", "low", "divided")}
        said = chapter.texts["verdicts"].format(items=n.number(len(table)), **verdicts)
        chapter.show(Text((said,), role="reading"))
    found = record.agreed(table)
    if len(table) and found.empty:
        chapter.show(Notice("no_data", chapter.texts["none_agreed"]))
        return
    chapter.figure("agreement", room_agreement, found, subject(chapter, dialogue))


def divided(chapter: Chapter, dialogue: Dialogue, table: pd.DataFrame) -> None:
    """Show the items on which countries or roles lie furthest apart, a figure each; the widest distance is open."""
    if not dialogue.session or table.empty:
        return
    chapter.show(*chapter.heading("divided"))
    found = records(record.divided(table))
    if not found:
        chapter.show(Notice("no_data", chapter.texts["none_divided"]))
    for part, item in enumerate(found, 1):
        asked = next(q for q in dialogue.questions if q["question_id"] == item["question_id"])
        rows = record.segments(chapter, dialogue, asked, item["item_id"]).assign(
            item=called(item, subject(chapter, dialogue)), framework_id=item["framework_id"], whole=item["share"]
        )
        figure = room_division(rows, subject(chapter, dialogue))
        _place(chapter, figure, "divided", part, len(found), f"{item['question_id']}_{item['item_id']}")


def spreads(chapter: Chapter, dialogue: Dialogue, kind: Kind) -> None:
    """Show how the answers to every question of a kind are spread, folded: that whose items lie furthest apart first."""
    places = {"rating": "ratings", "contrast": "contrasts", "votes": "votes"}
    asked = "statements" if kind == "votes" else kind

    def draw(table: pd.DataFrame, about: Subject, place: str) -> Figure:
        return spread_of_answers(table, about, kind, name=place)

    _each(chapter, dialogue, (asked,), places[kind], record.spread, draw)


def quadrants(chapter: Chapter, dialogue: Dialogue) -> None:
    """Show what is in place and what is hard."""

    def draw(table: pd.DataFrame, about: Subject, place: str) -> Figure:
        return quadrant_map(table, about, name=place)

    _each(chapter, dialogue, ("quadrant",), "quadrants", record.quadrants, draw)


def choices(chapter: Chapter, dialogue: Dialogue) -> None:
    """Show choices and rankings."""

    def choice(table: pd.DataFrame, about: Subject, place: str) -> Figure:
        return chosen(table, about, "choice", name=place)

    def rank(table: pd.DataFrame, about: Subject, place: str) -> Figure:
        return chosen(table, about, "rank", name=place)

    if dialogue.of_kind("choice", "rank"):
        chapter.show(*chapter.heading("choices"))
    _each(chapter, dialogue, ("choice",), "choices", record.options, choice, heading=False)
    _each(chapter, dialogue, ("rank",), "rankings", record.options, rank, heading=False)


def fates(chapter: Chapter, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return what became of what people wrote, as counts."""
    if table.empty:
        return ()
    shown = _table(chapter, "fates", table, dict.fromkeys(chapter.texts["fates_columns"], 0))
    return (replace(shown, folded=True),)


def groups(chapter: Chapter, dialogue: Dialogue, found: pd.DataFrame) -> tuple[Block, ...]:
    """Return opinion groups with what sets them apart, or that there are none, board by board."""
    if not dialogue.session or found.empty:
        return ()
    say, n = chapter.texts, Numbers(chapter.parameters.language)
    blocks: list[Block] = list(chapter.heading("groups"))
    apart: list[Block] = []
    said: list[str] = []
    without: dict[str, list[str]] = {}
    for r in records(found):
        if not r["groups"]:
            without.setdefault(record.told(r["finding"]), []).append(str(r["question"]))
            continue
        sizes = record.group_sizes(dialogue, r["question_id"])
        named = tuple(say["group_size"].format(group=g, people=n.count(k, "person")) for g, k in sizes.items())
        said.append(
            say["groups_found"].format(question=r["question"], groups=n.number(r["groups"]), sizes=n.listed(named),
                                       people=n.count(r["people"], "person"))
        )  # fmt: skip
        table = record.representative(dialogue, r["question_id"])
        table = table.assign(
            label=_numbered(chapter, table, "statement"),
            direction=[say["directions"].get(d, d) for d in table["direction"]],
        )
        title = say["representative_title"].format(question=r["question"])
        shown = _table(chapter, "representative", table, {"people": 0, "count": 0, "share": 0}, title,
                       name=f"representative_{_safe(r['question_id'])}")  # fmt: skip
        apart.append(replace(shown, folded=True))
    for finding, asked in without.items():
        said.append(
            say["groups_none" if len(asked) == 1 else "groups_none_many"].format(
                questions=n.listed(tuple(asked)), finding=finding
            )
        )
    if apart:
        apart.append(Text((say["group_letters"],), role="note"))
    return (*blocks, Text(tuple(said), role="reading"), *apart)


def texts(chapter: Chapter, dialogue: Dialogue, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return what free texts are about, as counts, and a few of them word for word."""
    if not dialogue.session or not dialogue.of_kind("text"):
        return ()
    say = chapter.texts
    blocks: list[Block] = list(chapter.heading("texts"))
    if len(table):
        blocks.append(_theme_table(chapter, table))
    if chapter.parameters.audience == "public":
        return (*blocks, Text((say["texts_not_public"],), role="note"))
    quotes, more = _quotes(dialogue)
    if quotes:
        labels = say["quotes_columns"]
        columns = tuple(TableColumn(k, labels[k]) for k in ("question", "text", "about"))
        notes = (say["more_texts"].format(number=more),) if more else ()
        blocks.append(Table("quotes", say["quotes_title"], columns, tuple(quotes), notes, folded=True))
    return tuple(blocks)


def _quotes(dialogue: Dialogue) -> tuple[list[tuple[Cell, ...]], int]:
    """Return rows of question, text, what it is about, and how many approved texts are left out."""
    rows: list[tuple[Cell, ...]] = []
    more = 0
    for q in dialogue.of_kind("text"):
        approved = record.approved_texts(dialogue, q["question_id"])
        more += max(0, len(approved) - MOST_QUOTED)
        asked = f"{q['position']}. {record.told(q['wording'])}"
        for i, t in enumerate(approved[:MOST_QUOTED]):
            rows.append(("" if i else asked, t["text"], ", ".join(t["framework_ids"])))
    return rows, more


def commitments(chapter: Chapter, dialogue: Dialogue, table: pd.DataFrame) -> tuple[Block, ...]:
    """Return the closing statements that the room carries."""
    if not dialogue.session or not dialogue.of_kind("statements"):
        return ()
    say = chapter.texts
    if table.empty:
        return (*chapter.heading("commitments"), Notice("no_data", say["commitments_none"]))
    verdicts = subject(chapter, dialogue).words("dialogue")
    shown = table.assign(
        label=_numbered(chapter, table, "code"), disagree=table["count_disagree"], share_percent=table["share"], lower_percent=table["lower"],
        upper_percent=table["upper"], across=[verdicts(f"short.{v}") if v else "" for v in table["verdict"]],
        **{"pass": table["count_pass"]},
    )  # fmt: skip
    numbers = ("agree", "disagree", "pass", "share_percent", "lower_percent", "upper_percent")
    return (
        *chapter.heading("commitments"),
        _table(chapter, "commitments", shown, dict.fromkeys(numbers, 0)),
        Text((say["across_note"], say["commitments_next"]), role="note"),
    )


def method(chapter: Chapter, dialogue: Dialogue) -> tuple[Block, ...]:
    """Return how the results were counted, with the version that did it."""
    if not dialogue.session:
        return ()
    session = dialogue.session
    said = chapter.texts["method"].format(
        code=session["session_id"], event=Numbers(chapter.parameters.language).number(int(session["last_event"])),
        method=record.told(session["method"]).rstrip("."),
    )  # fmt: skip
    return (*chapter.heading("method"), Text((said,), role="method"))


def headline_readings(chapter: Chapter) -> dict[str, tuple[str, ...]]:
    """Return what the room said of each framework id, each sentence with its figure's number."""
    from allrise.chapters.texts import texts as all_texts

    if not chapter.slice.has("dialogue_sessions"):
        return {}
    told = _Telling(chapter, all_texts(chapter.parameters.language)["08_dialogue"])
    return told.sentences()


class _Telling:
    """The room's sentences for another chapter, which has words of its own."""

    def __init__(self, chapter: Chapter, say: dict[str, Any]) -> None:
        self.chapter, self.say = chapter, say
        self.room = Chapter("08_dialogue", chapter.store, chapter.slice, chapter.parameters)
        self.said: dict[str, list[str]] = {}

    def sentences(self) -> dict[str, tuple[str, ...]]:
        """Return sentences by framework id."""
        dialogue = record.latest(self.room)
        if not dialogue.session:
            return {}
        about, n = subject(self.room, dialogue), Numbers(self.chapter.parameters.language)
        words = about.words("dialogue")
        table = record.agreement(self.room, dialogue)
        for place, found in (("agreement", record.agreed(table)), ("divided", record.divided(table))):
            for r in records(found):
                share = n.interval(r["share"], r["lower"], r["upper"], "percent", 0)
                self._add(place, r["framework_id"], self.say["reading_agreement"].format(
                    figure="{figure}", item=called(r, about), share=share, people=n.count(int(r["people"]), "person"),
                    verdict=words(f"verdict.{r['verdict']}")))  # fmt: skip
        for q in dialogue.of_kind("quadrant"):
            for r in records(record.quadrants(dialogue, q)):
                if not r["status"]:
                    self._add("quadrants", r["framework_id"], self.say["reading_quadrant"].format(
                        figure="{figure}", item=called(r, about), hard=n.value(r["hard"], "percent", 0),
                        place=n.value(r["in_place"], "percent", 0), people=n.count(int(r["people"]), "person")))  # fmt: skip
        return {key: tuple(lines) for key, lines in self.said.items()}

    def _add(self, place: str, framework_id: str, line: str) -> None:
        if framework_id:
            label = self.room.figure_label("08_dialogue", place)
            self.said.setdefault(framework_id, []).append(line.replace("{figure}", label, 1))


def _theme_table(chapter: Chapter, table: pd.DataFrame) -> Table:
    """Return a row a theme with a column a question: how many people named it."""
    say, n = chapter.texts, Numbers(chapter.parameters.language)
    rows = records(table)
    writers = {int(r["question"]): int(r["writers"]) for r in rows}
    named = {(str(r["framework_id"]), int(r["question"])): int(r["people"]) for r in rows}
    labels = {str(r["framework_id"]): str(r["label"]) for r in rows}
    order = sorted(labels, key=lambda k: (k[:1], len(k), k))
    frame = pd.DataFrame({"label": [f"{labels[k]} ({k})" for k in order]})
    columns = [TableColumn("label", say["themes_columns"]["label"])]
    for q in sorted(writers):
        frame[f"question_{q}"] = [named.get((k, q)) for k in order]
        columns.append(TableColumn(f"question_{q}", say["themes_question"].format(question=q), "", 0))
    wrote = tuple(say["themes_wrote"].format(people=n.count(writers[q], "person"), question=q) for q in sorted(writers))
    note = say["themes_note"].format(wrote=n.listed(wrote))
    found = table_of("themes", say["themes_title"], frame, tuple(columns), notes=(note,))
    return replace(found, folded=True)


def _numbered(chapter: Chapter, table: pd.DataFrame, code: str) -> list[str]:
    """Return statements with their numbers before them."""
    say = chapter.texts["numbered"]
    return [say.format(code=r[code], label=r["label"]) for r in records(table)]


def _each(
    chapter: Chapter,
    dialogue: Dialogue,
    kinds: Sequence[str],
    place: str,
    evidence: Callable[[Dialogue, Row], pd.DataFrame],
    draw: Callable[[pd.DataFrame, Subject, str], Figure],
    *,
    heading: bool = True,
    open_first: bool = False,
) -> None:
    """Show a figure for each question of some kinds that has results."""
    if not dialogue.session:
        return
    tables = [(str(q["question_id"]), evidence(dialogue, q)) for q in dialogue.of_kind(*kinds)]
    tables = sorted(((name, table) for name, table in tables if len(table)), key=lambda t: -_range(t[1]))
    if tables and heading:
        chapter.show(*chapter.heading(place))
    if len(tables) > 1 and heading and place != "votes":  # once is enough
        chapter.show(Text((chapter.texts["widest_first"],), role="note"))
    for part, (name, table) in enumerate(tables, 1):
        _place(
            chapter,
            draw(table, subject(chapter, dialogue), place),
            place,
            part,
            len(tables),
            name,
            open_first=open_first,
        )


def _range(table: pd.DataFrame) -> float:
    """Return how far apart a question's items lie, in the shares that agree; 0 where there is no such share."""
    shares = [s for s in (number(r.get("share")) for r in records(table)) if s is not None]
    return max(shares) - min(shares) if shares else 0.0


def _place(
    chapter: Chapter, figure: Figure, place: str, part: int, parts: int, question: str, *, open_first: bool = True
) -> None:
    """Place one of several figures: folded, but for the first where a chapter that long can bear to draw it."""
    number_of = part if parts > 1 else 0
    folded = part > 1 or not open_first
    chapter.place(figure, place, part=number_of, name=f"{place}_{_safe(question)}", folded=folded)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name)


def _day(chapter: Chapter, day: Any) -> str:
    return format_date(date.fromisoformat(str(day)[:10]), "d MMMM y", locale=locale_of(chapter.parameters.language))


def _table(
    chapter: Chapter, key: str, frame: pd.DataFrame, decimals: dict[str, int], title: str = "", *, name: str = ""
) -> Table:
    """Return a table whose headings stand in the chapter's words; columns with decimals hold numbers."""
    labels: dict[str, str] = chapter.texts[f"{key}_columns"]
    percent = {k for k in labels if k.endswith("_percent") or k == "share"}
    limits = {"lower_percent": "share_percent", "upper_percent": "share_percent"}
    columns = tuple(
        TableColumn(k, labels[k], "%" if k in percent else "", decimals.get(k), interval_of=limits.get(k, ""))
        for k in labels
    )
    if "question" in labels:
        frame = frame.assign(question=frame["question"].astype("str"))  # a question's number is its name
    return table_of(name or key, title or chapter.texts[f"{key}_title"], frame, columns)
