"""Connected autonomy: two axes, each measured; neither alone will do, and never one number."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.outcomes_funnel import letter_places
from allrise.figures.panel import Panel
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

_AXES = ("autonomy", "connectedness")


def connected_autonomy(schools: pd.DataFrame, subject: Subject, *, name: str = "connected_autonomy") -> Figure:
    """Show schools by autonomy and connectedness, with intervals both ways, and the cluster among them.

    Parameters
    ----------
    schools
        ``school_id`` (blank for the cluster), ``school``, ``letter``, ``respondents``, ``autonomy``, ``autonomy_lower``,
        ``autonomy_upper``, ``connectedness``, ``connectedness_lower``, ``connectedness_upper``, ``hidden``.
    """
    w, shared = subject.words("practice"), subject.words("shared")
    known = [r for r in c.records(schools) if all(c.number(r[a]) is not None for a in _AXES) and not bool(r["hidden"])]
    ours = [r for r in known if c.text(r["school_id"])]
    whole = next((r for r in known if not c.text(r["school_id"])), None)
    title = w("autonomy.title", cluster=subject.cluster)
    readings = _readings(subject, ours, whole)
    alt = w("autonomy.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, ours, whole)

    hidden = sum(bool(h) for h in schools["hidden"])
    return draw_figure(
        name, draw,
        title=title,
        subtitle=w("autonomy.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("autonomy.note"), hidden=hidden),
        table=c.table(
            name,
            title,
            schools.assign(
                school=[c.text(r["school"]) or subject.cluster for r in c.records(schools)],
                status=["c" if bool(h) else "" for h in schools["hidden"]],
            ),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("respondents", w("people"), "", 0),
                *(
                    TableColumn(f"{axis}{end}", w(f"autonomy.{axis}") if not end else shared(end[1:]), "score", 1,
                                interval_of=axis if end else "")
                    for axis in _AXES for end in ("", "_lower", "_upper")
                ),
            ),
            hiding=c.Hiding(("respondents", *(f"{a}{e}" for a in _AXES for e in ("", "_lower", "_upper")))),
        ),
        framework_ids=("connected_autonomy", "autonomy", "connectedness"),
        predict=w("autonomy.predict", cluster=subject.cluster),
        look=w("autonomy.look"),
        discuss=w.several("autonomy.discuss"),
        explanations=c.explanations(chance=w("autonomy.chance"), practice=w("autonomy.practice")),
    )  # fmt: skip


def _readings(subject: Subject, ours: list[dict[str, Any]], whole: dict[str, Any] | None) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    said: list[str] = []
    if whole:
        said.append(
            w(
                "autonomy.whole",
                cluster=subject.cluster,
                people=n.count(c.whole(whole["respondents"]), "person"),
                **{a: _mean(subject, whole, a) for a in _AXES},
            )
        )
    for axis in _AXES:
        values = [float(r[axis]) for r in ours]
        if len(values) > 1:
            said.append(
                w(
                    "autonomy.range",
                    axis=w(f"autonomy.{axis}"),
                    shown=n.count(len(values), "school"),
                    low=n.number(min(values), 1),
                    high=n.number(max(values), 1),
                )
            )
    return tuple(said) or (w("autonomy.nothing"),)


def _mean(subject: Subject, record: dict[str, Any], axis: str) -> str:
    low, high = c.number(record[f"{axis}_lower"]), c.number(record[f"{axis}_upper"])
    return subject.numbers.interval(float(record[axis]), low, high, "score", 1)


def _draw(sheet: Sheet, subject: Subject, ours: list[dict[str, Any]], whole: dict[str, Any] | None) -> None:
    w, n, small = subject.words("practice"), subject.numbers, sheet.small_size
    side = 226.0 if sheet.compact else 300.0
    left = 30.0 if sheet.compact else (sheet.width - side) / 2
    sheet.open(side + 62)
    panel = Panel(sheet, left, 22, left + side, 22 + side, x=(1, 5), y=(1, 5))
    ticks = (1.0, 2.0, 3.0, 4.0, 5.0)
    panel.grid_x(ticks, n.number)
    panel.grid_y(ticks, n.number)
    sheet.text(max(left - 14, 0), 10, w("autonomy.y_axis"), size=small, colour="muted")
    sheet.text(panel.right, panel.bottom + 30, w("autonomy.x_axis"), size=small, colour="muted", anchor="right")
    for r, colour in [*((r, "reference") for r in ours), *([(whole, "accent")] if whole else [])]:
        x, y = panel.x(float(r["autonomy"])), panel.y(float(r["connectedness"]))
        for axis in _AXES:
            low, high = c.number(r[f"{axis}_lower"]), c.number(r[f"{axis}_upper"])
            if low is None or high is None:
                continue
            flat = axis == "autonomy"
            sheet.segments(
                [(panel.x(low), y) if flat else (x, panel.y(low))],
                [(panel.x(high), y) if flat else (x, panel.y(high))],
                stroke=colour,
                width=2.0 if colour == "accent" else 1.0,
                opacity=0.6 if colour == "accent" else 0.35,
            )
    at = [(panel.x(float(r["autonomy"])), panel.y(float(r["connectedness"]))) for r in ours]
    letters = [c.text(r["letter"]) for r in ours]
    # the cluster's mark comes first, as if it had a letter too, so that no school's letter hides it
    first = [(panel.x(float(whole["autonomy"])), panel.y(float(whole["connectedness"])))] if whole else []
    widths = [*([0.0] * len(first)), *(sheet.widest([text], weight=700) for text in letters)]
    places = letter_places([*first, *at], widths, panel)[len(first) :]
    sheet.dots(at, colour="reference", size=6.5)
    for (x, y), letter in zip(places, letters, strict=True):
        sheet.text(x, y, letter, weight=700, colour="muted", anchor="center", middle=True, halo=True)
    if whole:
        x, y = panel.x(float(whole["autonomy"])), panel.y(float(whole["connectedness"]))
        sheet.dots([(x, y)], colour="accent", marker="D", size=9.0)
        if sheet.compact:
            sheet.text(
                panel.left + 6,
                panel.bottom - 8,
                w("autonomy.key", cluster=w("autonomy.cluster")),
                size=small,
                colour="accent",
                weight=700,
                halo=True,
            )
        else:
            sheet.text(
                panel.right + 12,
                y,
                w("autonomy.cluster"),
                size=small,
                colour="accent",
                weight=700,
                middle=True,
                halo=True,
            )
            sheet.segments([(x + 7, y)], [(panel.right + 9, y)], stroke="accent", width=0.6)
