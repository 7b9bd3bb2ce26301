"""The map of a quadrant question: how many find a factor hard, by how many have it in place."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.dialogue_agreement import called
from allrise.figures.drawing import draw_figure
from allrise.figures.outcomes_funnel import letter_places
from allrise.figures.panel import Panel
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

PLACES = ("easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet")


def quadrant_map(factors: pd.DataFrame, subject: Subject, *, name: str = "quadrants") -> Figure:
    """Show where the room puts each factor.

    Parameters
    ----------
    factors
        ``code``, ``label``, ``framework_id``, ``people``, a count for each of :data:`PLACES`, ``hard`` and ``in_place`` (percent),
        ``status``, and the question's ``wording``.
    """
    w = subject.words("dialogue")
    every = c.records(factors)
    shown = [r for r in every if not c.text(r["status"])]
    title = w("quadrant.title")
    readings = _readings(subject, shown)
    alt = w("quadrant.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, shown)

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("quadrant.subtitle", wording=c.text(every[0]["wording"]), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("quadrant.note"), interval=False, hidden=len(every) - len(shown)),
        table=c.table(
            name,
            title,
            factors,
            (
                TableColumn("code", w("id")),
                TableColumn("label", w("item")),
                TableColumn("people", w("people"), "", 0),
                *(TableColumn(p, c.sentence(w(f"quadrant.{p}")), "", 0) for p in PLACES),
                TableColumn("hard", w("quadrant.hard"), "percent", 0),
                TableColumn("in_place", w("quadrant.in_place"), "percent", 0),
            ),
            hiding=c.Hiding(("people", *PLACES, "hard", "in_place")),
        ),
        framework_ids=tuple(c.text(r["framework_id"]) for r in every if c.text(r["framework_id"])),
        look=w("quadrant.look"),
        discuss=w.several("quadrant.discuss"),
        explanations=c.explanations(chance=w("quadrant.chance"), practice=w("quadrant.practice")),
    )


def _readings(subject: Subject, shown: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return which factors lie in which quarter of the map."""
    w, n = subject.words("dialogue"), subject.numbers
    if not shown:
        return (c.sentence(w("hidden")) + ".",)
    at: dict[str, list[str]] = {place: [] for place in (*PLACES, "middle")}
    for r in shown:
        hard, place = float(r["hard"]), float(r["in_place"])
        key = f"{'hard' if hard > 50 else 'easy'}_{'in_place' if place > 50 else 'not_yet'}"
        at["middle" if 50 in (hard, place) else key].append(called(r, subject))
    return tuple(w(f"quadrant.at_{key}", items=n.listed(tuple(names))) for key, names in at.items() if names)


def _draw(sheet: Sheet, subject: Subject, shown: list[dict[str, Any]]) -> None:
    w, n, small = subject.words("dialogue"), subject.numbers, sheet.small_size
    side = 218.0 if sheet.compact else 320.0
    left = 34.0 if sheet.compact else (sheet.width - side) / 2
    sheet.open(side + 62)
    panel = Panel(sheet, left, 22, left + side, 22 + side, x=(0, 100), y=(0, 100))
    ticks = (0.0, 25.0, 50.0, 75.0, 100.0)
    panel.grid_x(ticks, n.number)
    panel.grid_y(ticks, n.number)
    sheet.segments(
        [(panel.x(50), panel.top), (panel.left, panel.y(50))],
        [(panel.x(50), panel.bottom), (panel.right, panel.y(50))],
        stroke="muted",
        width=1.0,
    )
    sheet.text(max(left - 24, 0), 10, w("quadrant.y_axis"), size=small, colour="muted")
    sheet.text(panel.right, panel.bottom + 30, w("quadrant.x_axis"), size=small, colour="muted", anchor="right")
    for place, x, y, right in (
        ("easy_in_place", panel.left + 5, panel.top + 12, False),
        ("hard_in_place", panel.right - 5, panel.top + 12, True),
        ("easy_not_yet", panel.left + 5, panel.bottom - 6, False),
        ("hard_not_yet", panel.right - 5, panel.bottom - 6, True),
    ):
        sheet.text(x, y, w(f"quadrant.{place}"), size=small, colour="muted", anchor="right" if right else "left")
    at = [(panel.x(float(r["hard"])), panel.y(float(r["in_place"]))) for r in shown]
    codes = [c.text(r["code"]) for r in shown]
    places = letter_places(at, [sheet.widest([text], weight=700) for text in codes], panel)
    sheet.dots(at, colour="accent")
    for (x, y), text in zip(places, codes, strict=True):
        sheet.text(x, y, text, weight=700, anchor="center", middle=True, halo=True)
