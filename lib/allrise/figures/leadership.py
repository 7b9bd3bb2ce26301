"""L1 to L10: leaders about themselves, beside all others about them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.scales import Scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import code, full_name, label

_SCORES = Scale(1.0, 5.0, (1.0, 2.0, 3.0, 4.0, 5.0), 0)


def leader_skills(skills: pd.DataFrame, subject: Subject, *, name: str = "leader_skills") -> Figure:
    """Show each skill's mean as leaders rate themselves and as others rate them, each with its interval.

    Parameters
    ----------
    skills
        ``framework_id``, ``respondents_self``, ``self_mean``, ``self_lower``, ``self_upper``, ``respondents_others``, ``others_mean``,
        ``others_lower``, ``others_upper``, ``difference``, ``lower``, ``upper``, ``hidden``.
    """
    w, shared, n = subject.words("practice"), subject.words("shared"), subject.numbers
    shown = [
        r
        for r in c.records(skills)
        if not bool(r["hidden"]) and None not in (c.number(r["self_mean"]), c.number(r["others_mean"]))
    ]
    title = w("skills.title", cluster=subject.cluster)
    readings = _readings(subject, shown, len(skills))
    alt = w("skills.alt", readings=" ".join(readings))
    rows = [
        Row(
            code(str(r["framework_id"])),
            label(subject, str(r["framework_id"])),
            _marks(r) if r in shown else (),
            instead=w("skills.hidden"),
            note=f"{n.number(c.whole(r['respondents_self']))} / {n.number(c.whole(r['respondents_others']))}"
            if r in shown
            else "",
        )
        for r in c.records(skills)
    ]

    def draw(sheet: Sheet) -> None:
        own, others = Mark(0, 0, 0, "category_2", "s"), Mark(0, 0, 0)
        row_chart(
            sheet, rows, tick=n.number, axis=_SCORES, note_label=w("people"),
            key=((w("skills.self"), own), (w("skills.others"), others)),
        )  # fmt: skip

    sides = (
        ("self", w("skills.self"), w("skills.people_self")),
        ("others", w("skills.others"), w("skills.people_others")),
    )
    columns = [
        TableColumn("framework_id", subject.words("survey")("id")),
        TableColumn("skill", subject.words("survey")("factor")),
    ]
    for side, words, people in sides:
        columns += [
            TableColumn(f"respondents_{side}", people, "", 0),
            TableColumn(f"{side}_mean", words, "score", 1),
            TableColumn(f"{side}_lower", shared("lower"), "score", 1, interval_of=f"{side}_mean"),
            TableColumn(f"{side}_upper", shared("upper"), "score", 1, interval_of=f"{side}_mean"),
        ]
    columns += [
        TableColumn("difference", w("skills.difference"), "score", 1),
        TableColumn("lower", shared("lower"), "score", 1, interval_of="difference"),
        TableColumn("upper", shared("upper"), "score", 1, interval_of="difference"),
    ]
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("skills.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("skills.note"), hidden=len(skills) - len(shown)),
        table=c.table(
            name,
            title,
            skills.assign(
                skill=[label(subject, str(f)) for f in skills["framework_id"]],
                status=["c" if bool(h) else "" for h in skills["hidden"]],
            ),
            tuple(columns),
            hiding=c.Hiding(tuple(t.key for t in columns[2:])),
        ),
        framework_ids=tuple(str(f) for f in skills["framework_id"]),
        predict=w("skills.predict"),
        look=w("skills.look"),
        discuss=w.several("skills.discuss"),
        explanations=c.explanations(chance=_chance(subject, shown), practice=w("skills.practice")),
    )


def _marks(record: dict[str, Any]) -> tuple[Mark, ...]:
    own, others = (
        (float(record[f"{side}_mean"]), c.number(record[f"{side}_lower"]), c.number(record[f"{side}_upper"]))
        for side in ("self", "others")
    )
    return Mark(*own, colour="category_2", marker="s"), Mark(*others)


def _readings(subject: Subject, shown: list[dict[str, Any]], rows: int) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    if not shown:
        return (w("skills.nothing"),)

    def say(r: dict[str, Any]) -> str:
        return w(
            "skills.row",
            skill=full_name(subject, str(r["framework_id"])),
            own=n.number(float(r["self_mean"]), 1),
            others=n.number(float(r["others_mean"]), 1),
            difference=n.interval(*c.spans_known(r, "difference"), "score", 1),
        )

    said = c.told(subject, shown, say, lambda r: abs(float(r["difference"])), ends=("nearest", "furthest"))
    said.append(w("skills.hidden_reading", n=rows - len(shown), number=n.number(rows - len(shown))))
    return tuple(s for s in said if s)


def _chance(subject: Subject, shown: list[dict[str, Any]]) -> str:
    w, n = subject.words("practice"), subject.numbers
    apart = sum(c.number(r["lower"]) is not None and (float(r["lower"]) > 0 or float(r["upper"]) < 0) for r in shown)
    return w("skills.chance", n=apart, number=n.number(apart), all=n.number(len(shown))) if shown else ""
