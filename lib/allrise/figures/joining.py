"""Change around joining: years before and after, against schools that have not yet joined. Never one number alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import text_width
from allrise.figures.panel import Panel
from allrise.figures.scales import scale, spaced
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def joining_effects(
    events: pd.DataFrame,
    subject: Subject,
    *,
    overall: tuple[float, float, float] | None = None,
    before_p: float | None = None,
    pooled: bool = False,
    name: str = "joining_effects",
) -> Figure:
    """Show the difference in change between schools that joined and schools not yet in a cluster, by years since joining.

    Parameters
    ----------
    events
        ``event_time`` (0 is the first year in), ``before``, ``effect``, ``lower``, ``upper``, ``band_lower``, ``band_upper``,
        ``schools``: :attr:`allrise.evidence.adoption.Joining.events`.
    overall
        Mean over the years in, with its interval.
    before_p
        How likely differences before joining as large as these are by chance.
    pooled
        Several countries, each compared with itself and averaged.
    """
    w, shared = subject.words("system"), subject.words("shared")
    table = events.sort_values("event_time", ignore_index=True)
    if overall is not None:
        total = {"event_time": None, "effect": overall[0], "lower": overall[1], "upper": overall[2]}
        full = [*c.records(table), {**dict.fromkeys(table.columns), **total}]
    else:
        full = c.records(table)
    rows = [r for r in c.records(table) if c.number(r["effect"]) is not None]
    title = w("joining.title", measure=subject.measure, cluster=subject.cluster)
    readings = _readings(subject, rows, overall, before_p)
    alt = w("joining.alt", readings=" ".join(readings))
    places = subject.places + 1  # differences of changes are small

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, rows)

    unit = subject.difference_unit
    every = [_when(subject, r["event_time"]) for r in full]
    shown = pd.DataFrame(full, columns=list(table.columns)).assign(when=every)
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("joining.subtitle", unit=c.sentence(c.unit_words(subject, difference=True)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("joining.note"), w("joining.note_pooled") if pooled else "", interval=False),
        table=c.table(
            name,
            title,
            shown,
            (
                TableColumn("when", w("joining.event")),
                TableColumn("schools", shared("schools"), "schools", 0),
                TableColumn("effect", w("joining.effect"), unit, places),
                TableColumn("lower", shared("lower"), unit, places, interval_of="effect"),
                TableColumn("upper", shared("upper"), unit, places, interval_of="effect"),
                TableColumn("band_lower", w("joining.band_lower"), unit, places),
                TableColumn("band_upper", w("joining.band_upper"), unit, places),
            ),
            notes=tuple(r for r in readings if "(p " in r),
        ),
        framework_ids=("C3", "F1"),
        predict=w("joining.predict"),
        look=w("joining.look"),
        discuss=w.several("joining.discuss"),
        explanations=c.explanations(
            chance=w("joining.chance"), intake=w("joining.intake"), practice=w("joining.practice")
        ),
        headline=True,
    )


def _when(subject: Subject, event: Any) -> str:
    if c.number(event) is None:
        return subject.words("system")("joining.all_years")
    return subject.numbers.signed(c.whole(event))


def _readings(
    subject: Subject,
    rows: list[dict[str, Any]],
    overall: tuple[float, float, float] | None,
    before_p: float | None,
) -> tuple[str, ...]:
    w, n = subject.words("system"), subject.numbers
    places = subject.places + 1  # differences of changes are small
    said: list[str] = []
    after = [r for r in rows if not r["before"]]
    for row in after[:1] + after[-1:] if len(after) > 1 else after:
        event = c.whole(row["event_time"])
        words = {
            "value": n.interval(*c.spans_known(row, "effect"), subject.difference_unit, places),
            "schools": n.count(c.whole(row["schools"]), "school"),
        }
        said.append(w("joining.now_first", **words) if event == 0 else w("joining.now", n=event, **words))
    if overall is not None:
        said.append(w("joining.overall", value=n.interval(*overall, subject.difference_unit, places)))
    if before_p is None:
        said.append(w("joining.pre_none"))
    else:
        p = n.number(before_p, 2) if before_p >= 0.005 else w("joining.tiny")
        said.append(w("joining.pre_small" if before_p >= 0.05 else "joining.pre_large", p=p))
    return tuple(said)


def _draw(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]]) -> None:
    w, n = subject.words("system"), subject.numbers
    small = sheet.small_size
    sheet.open(252 if sheet.compact else 262)
    keys = ("effect", "band_lower", "band_upper")
    axis = scale((c.number(r[k]) for r in rows for k in keys), include=(0.0,), least=subject.least_span / 4, ticks=4)
    events = [c.whole(r["event_time"]) for r in rows] or [0]
    first, last = min(*events, -1), max(*events, 1)
    left = 8 + sheet.widest([n.signed(t, axis.decimals) for t in axis.ticks], small)
    panel = Panel(
        sheet, left, 28, sheet.width - 8, sheet.height - 40, x=(first - 0.4, last + 0.4), y=(axis.lower, axis.upper)
    )
    panel.grid_y(axis.ticks, lambda t: n.signed(t, axis.decimals), zero=True)
    border = panel.x(-0.5)
    sheet.segments([(border, 4)], [(border, panel.bottom)], stroke="edge", width=0.8, dash="3 3")
    sheet.text(border - 8, 14, w("joining.before"), size=small, colour="muted", anchor="right")
    sheet.text(border + 8, 14, w("joining.after"), size=small, colour="muted")
    for row in rows:
        x, colour = panel.x(c.whole(row["event_time"])), "muted" if row["before"] else "accent"
        band = c.number(row["band_lower"]), c.number(row["band_upper"])
        inner = c.number(row["lower"]), c.number(row["upper"])
        if band[0] is not None and band[1] is not None:
            sheet.rectangle(x - 8, panel.y(band[1]), x + 8, panel.y(band[0]), fill=colour, opacity=0.16)
        if inner[0] is not None and inner[1] is not None:
            sheet.segments(
                [(x, panel.y(inner[0]))], [(x, panel.y(inner[1]))], stroke=colour, width=sheet.look.stroke["interval"]
            )
        sheet.dots([(x, panel.y(float(row["effect"])))], colour=colour, hollow=bool(row["before"]), size=8.0)
    labels = [n.signed(e) for e in events]
    places = [panel.x(e) for e in events]
    for i in spaced(places, [text_width(t, small) for t in labels]):
        sheet.text(places[i], panel.bottom + 15, labels[i], size=small, colour="muted", anchor="center")
    sheet.text(
        (panel.left + panel.right) / 2,
        panel.bottom + 31,
        w("joining.years"),
        size=small,
        colour="muted",
        anchor="center",
    )
