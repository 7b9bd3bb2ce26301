"""How the answers to a question are spread: a bar an item, parted into answers, with the counts in the table."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.dialogue_agreement import MOST_READ, called, limits
from allrise.figures.drawing import draw_figure
from allrise.figures.parted_bars import PartedRow, parted_bars
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

Kind = Literal["rating", "contrast", "votes"]
#: Words of each kind, and the values of the parts in the order in which they are drawn.
_PARTS: dict[Kind, tuple[str, tuple[str, ...]]] = {
    "rating": ("ratings", ("1", "2", "3", "4", "5")),
    "contrast": ("contrasts", ("1", "2", "3", "4", "5", "6", "7")),
    "votes": ("votes", ("disagree", "pass", "agree")),
}


def spread_of_answers(answers: pd.DataFrame, subject: Subject, kind: Kind, *, name: str) -> Figure:
    """Show a question's answers.

    Parameters
    ----------
    answers
        ``code``, ``label``, ``framework_id``, ``left``, ``right``, ``people``, ``count_V`` for every value V, ``share`` that agrees
        with ``lower`` and ``upper``, ``mean``, ``status``; for votes ``verdict``. One question's ``position`` and ``wording``.
    kind
        ``rating`` (1 to 5), ``contrast`` (1 left pole to 7) or ``votes``.
    """
    w, n = subject.words("dialogue"), subject.numbers
    group, values = _PARTS[kind]
    every = c.records(answers)
    shown = [r for r in every if not c.text(r["status"])]
    position, wording = n.number(c.whole(every[0]["position"])), c.text(every[0]["wording"])
    title = w("votes.title" if kind == "votes" else "ratings.title", position=position)
    readings = _readings(subject, shown, group)
    alt = w(f"{group}.alt", readings=" ".join(readings))
    rows = [_row(subject, r, kind, values) for r in every]

    def draw(sheet: Sheet) -> None:
        parted_bars(sheet, rows, key=_key(subject, kind), note_label=w("people"), number=n.number)

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("votes.subtitle" if kind == "votes" else "ratings.subtitle", wording=wording, period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("votes.note") if kind == "votes" else "",
            w("source"),
            interval=False,
            hidden=len(every) - len(shown),
        ),
        table=_table(name, title, answers, subject, kind),
        framework_ids=tuple(dict.fromkeys(c.text(r["framework_id"]) for r in every if c.text(r["framework_id"]))),
        look=w(f"{group}.look"),
        discuss=w.several(f"{group}.discuss"),
        explanations=c.explanations(practice=w("votes.practice" if kind == "votes" else "ratings.practice")),
    )


def _row(subject: Subject, record: dict[str, Any], kind: Kind, values: tuple[str, ...]) -> PartedRow:
    w, n = subject.words("dialogue"), subject.numbers
    hidden = bool(c.text(record["status"]))
    people = c.whole(record["people"])
    poles = (c.text(record["left"]), c.text(record["right"]))
    return PartedRow(
        c.text(record["code"]),
        c.text(record["label"]),
        () if hidden or not people else tuple(100.0 * c.whole(record[f"count_{v}"]) / people for v in values),
        poles if kind == "contrast" and any(poles) else None,
        "" if hidden else n.number(people),
        w("hidden"),
    )


def _key(subject: Subject, kind: Kind) -> tuple[str, ...]:
    w = subject.words("dialogue")
    if kind == "votes":
        return w("votes.disagree"), w("votes.pass"), w("votes.agree")
    if kind == "rating":
        return w("ratings.one", low=w("ratings.low")), "2", "3", "4", w("ratings.five", high=w("ratings.high"))
    return w("contrasts.left"), "", "", w("contrasts.middle"), "", "", w("contrasts.right")


def _readings(subject: Subject, shown: list[dict[str, Any]], group: str) -> tuple[str, ...]:
    """Return a sentence an item; of many items, the lowest and the highest."""
    w = subject.words("dialogue")
    if not shown:
        return (c.sentence(w("hidden")) + ".",)
    if len(shown) <= MOST_READ:
        return tuple(_reading(subject, r, group) for r in shown)
    ordered = sorted(shown, key=lambda r: float(r["share"]))
    ends = (("lowest", ordered[0]), ("highest", ordered[-1]))
    return tuple(w(f"spread.{end}", row=_reading(subject, r, group)) for end, r in ends)


def _reading(subject: Subject, record: dict[str, Any], group: str) -> str:
    w, n = subject.words("dialogue"), subject.numbers
    return w(
        f"{group}.row",
        item=called(record, subject),
        **({"number": c.text(record["code"])} if group == "votes" else {}),
        share=n.interval(*c.spans_known(record, "share"), "percent", 0),
        people=n.count(c.whole(record["people"]), "person"),
    )


def _table(name: str, title: str, answers: pd.DataFrame, subject: Subject, kind: Kind) -> Any:
    w, shared = subject.words("dialogue"), subject.words("shared")
    group, values = _PARTS[kind]
    counts = [
        TableColumn(f"count_{v}", w(f"votes.count_{v}") if kind == "votes" else w("ratings.answered_1", value=v), "", 0)
        for v in (reversed(values) if kind == "votes" else values)
    ]
    columns = [
        TableColumn("code", w("id")),
        TableColumn("label", w("item")),
        TableColumn("people", w("people"), "", 0),
        *counts,
        *limits("share", w("share") if kind == "votes" else w(f"{group}.agree"), shared),
    ]
    if kind == "votes":
        columns.append(TableColumn("verdict", w("votes.across")))
        answers = answers.assign(verdict=[w(f"short.{v}") if c.text(v) else "" for v in answers["verdict"]])
    else:
        columns.append(TableColumn("mean", w("ratings.mean"), "score", 1))
    hidden = tuple(x.key for x in columns if x.key not in ("code", "label", "verdict"))
    return c.table(name, title, answers, tuple(columns), hiding=c.Hiding(hidden))
