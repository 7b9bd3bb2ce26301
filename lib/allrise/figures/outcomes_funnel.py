"""F1: the cluster's schools among all, by number of pupils: how far apart would chance and ordinary variety put them?"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.panel import Panel
from allrise.figures.scales import scale, spread_out
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

#: More dots than this say no more and weigh more; an even sample is drawn and the note says so.
MOST_DOTS = 1000


def funnel(
    points: pd.DataFrame,
    limits: pd.DataFrame,
    subject: Subject,
    *,
    target: float,
    tau: float | None = None,
    name: str = "funnel",
) -> Figure:
    """Show schools by number of pupils and value, with the limits within which most schools would lie.

    Parameters
    ----------
    points
        ``school_id``, ``school``, ``letter``, ``in_cluster``, ``pupils``, ``value``, ``outside`` (``no``, ``95``, ``99.8``).
    limits
        ``pupils``, ``lower_95``, ``upper_95``, ``lower_998``, ``upper_998``, ``plain_lower_95``, ``plain_upper_95``.
    subject
        Cluster, measure, period (one year).
    target
        Level of the reference group, in the measure's unit: the line in the middle.
    tau
        Ordinary variety between schools, said in the note; None when the limits are of chance alone.
    """
    w, shared, n = subject.words("outcomes"), subject.words("shared"), subject.numbers
    title = w("funnel.title", measure=subject.measure, cluster=subject.cluster)
    ours = [r for r in c.records(points) if bool(r["in_cluster"]) and c.number(r["value"]) is not None]
    behind = [r for r in c.records(points) if not bool(r["in_cluster"]) and c.number(r["value"]) is not None]
    dots = behind[:: max(1, math.ceil(len(behind) / MOST_DOTS))]
    readings = _readings(subject, ours, target)
    alt = w("funnel.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, ours, dots, limits, target)

    sampled = (
        w("funnel.sample", shown=n.number(len(dots)), all=n.number(len(behind))) if len(dots) < len(behind) else ""
    )
    shown = pd.DataFrame(ours, columns=points.columns).assign(
        words=[w(f"funnel.outside.{key}") if (key := _outside(r)) else "" for r in ours]
    )
    middle = pd.DataFrame([{"letter": "", "school": c.sentence(subject.system), "value": target, "words": ""}])
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("funnel.subtitle", unit=c.sentence(c.unit_words(subject)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w(
                "funnel.note",
                schools=c.sentence(n.count(len(ours), "school")),
                others=n.count(len(behind), "other_school"),
            ),
            w("funnel.note_adjusted" if tau is not None else "funnel.note_plain"),
            w("funnel.tau", tau=n.number(tau, 3)) if tau is not None else "",
            sampled,
            interval=False,
        ),
        table=c.table(
            name,
            title,
            pd.concat([shown, middle], ignore_index=True) if len(shown) else middle.assign(pupils=None),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("pupils", shared("pupils"), "pupils", 0),
                TableColumn("value", w("value"), subject.unit, subject.places),
                TableColumn("words", w("funnel.outside_label")),
            ),
        ),
        framework_ids=("F1",),
        predict=w("funnel.predict", measure=subject.measure),
        look=w("funnel.look"),
        discuss=w.several("funnel.discuss"),
        explanations=_explanations(subject, ours),
    )


def _outside(record: dict[str, Any]) -> str:
    return {"no": "within", "95": "beyond_95", "99.8": "beyond_998"}.get(c.text(record["outside"]), "")


def _readings(subject: Subject, ours: list[dict[str, Any]], target: float) -> tuple[str, ...]:
    w, n = subject.words("outcomes"), subject.numbers
    said = [w("funnel.target", who=c.sentence(subject.system), value=subject.value(target))]
    if not ours:
        return (w("funnel.nothing"), *said)
    known = [r for r in ours if _outside(r)]
    for key in ("within", "beyond_95", "beyond_998"):
        count = sum(_outside(r) == key for r in known)
        if known and (count or key == "within"):
            said.append(w(f"funnel.count.{key}", n=count, number=n.number(count), all=n.count(len(known), "school")))
    pupils = [c.whole(r["pupils"]) for r in ours]
    said.append(
        w("school_levels.pupils", low=n.count(min(pupils), "pupil"), high=n.count(max(pupils), "pupil"))
        if len(pupils) > 1
        else w("funnel.single", school=c.text(ours[0]["school"]), pupils=n.count(pupils[0], "pupil"),
               value=subject.value(float(ours[0]["value"])))
    )  # fmt: skip
    return tuple(said)


def _explanations(subject: Subject, ours: list[dict[str, Any]]) -> Any:
    w, n = subject.words("outcomes"), subject.numbers
    beyond = sum(_outside(r) in {"beyond_95", "beyond_998"} for r in ours)
    return c.explanations(
        chance=w("funnel.chance", n=beyond, number=n.number(beyond), all=n.count(len(ours), "school")),
        intake=w("funnel.intake"),
    )


def _draw(
    sheet: Sheet,
    subject: Subject,
    ours: list[dict[str, Any]],
    behind: list[dict[str, Any]],
    limits: pd.DataFrame,
    target: float,
) -> None:
    small = sheet.small_size
    sheet.open(300 if sheet.compact else 330)
    w = subject.words("outcomes")
    everyone = [*ours, *behind]
    most = max([float(r["pupils"]) for r in everyone], default=max(c.finite(limits["pupils"]), default=100.0))
    across = scale([0.0, most], ticks=4 if sheet.compact else 6, minimum=0)
    up = scale(
        [float(r["value"]) for r in everyone] + c.finite(limits["lower_95"]) + c.finite(limits["upper_95"]),
        minimum=subject.bounds[0],
        maximum=subject.bounds[1],
        ticks=5,
        least=subject.least_span,
    )
    left = 8 + sheet.widest([subject.tick(t, up.decimals) for t in up.ticks], small)
    room = sheet.widest([w("funnel.line_95"), w("funnel.line_998")], small)
    panel = Panel(
        sheet, left, 14, sheet.width - (14 if sheet.compact else room + 10), sheet.height - 40,
        x=(0, most * 1.02 if most else 1), y=(up.lower, up.upper),
    )  # fmt: skip
    panel.grid_y(up.ticks, lambda t: subject.tick(t, up.decimals))
    for t in across.ticks:
        if panel.x(t) <= panel.right + 1:
            sheet.text(
                panel.x(t), panel.bottom + 14, subject.numbers.number(t), size=small, colour="muted", anchor="center"
            )
    sheet.text(panel.right, panel.bottom + 29, w("funnel.x_axis"), size=small, colour="muted", anchor="right")
    sheet.dots(
        [(panel.x(float(r["pupils"])), panel.y(float(r["value"]))) for r in behind],
        colour="reference_light",
        size=3.4,
        ring=False,
    )
    _limits(panel, subject, limits, target, up.lower, up.upper)
    at = [(panel.x(float(r["pupils"])), panel.y(float(r["value"]))) for r in ours]
    letters = [c.text(r["letter"]) for r in ours]
    places = letter_places(at, [sheet.widest([text], weight=700) for text in letters], panel)
    for (x, y), (to_x, to_y) in zip(at, places, strict=True):
        if math.hypot(to_x - x, to_y - y) > 13:
            sheet.segments([(x, y)], [(to_x, to_y)], stroke="accent", width=0.7)
    sheet.dots(at, colour="accent", size=7.5)
    for (x, y), letter in zip(places, letters, strict=True):
        sheet.text(x, y, letter, weight=700, colour="accent", anchor="center", middle=True, halo=True)


def _limits(panel: Panel, subject: Subject, limits: pd.DataFrame, target: float, low: float, high: float) -> None:
    sheet, w = panel.sheet, subject.words("outcomes")
    pupils = c.finite(limits["pupils"])
    ends: list[tuple[float, str, bool]] = [(panel.y(target), w("funnel.line_target", value=subject.tick(target)), True)]
    sheet.segments([(panel.left, panel.y(target))], [(panel.right, panel.y(target))], stroke="muted", width=1.2)
    for key, label, colour, dash, width in (
        ("plain_{}_95", "funnel.line_plain", "edge", "1.5 2.5", 0.9),
        ("{}_95", "funnel.line_95", "reference", "solid", 1.2),
        ("{}_998", "funnel.line_998", "reference", "5 3", 1.2),
    ):
        for side in ("lower", "upper"):
            ys = [v if low <= v <= high else math.nan for v in c.finite(limits[key.format(side)])]
            xs = [p if p <= panel.x_limits[1] else math.nan for p in pupils]
            kept = [y if math.isfinite(x) else math.nan for x, y in zip(xs, ys, strict=True)]
            panel.line(pupils, kept, colour=colour, width=width, dash=dash)
            last = next((v for v in reversed(kept) if math.isfinite(v)), None)
            if last is not None:
                ends.append((panel.y(last), w(label), False))
    if sheet.compact:  # no room beside the panel: the line is named under it
        y = panel.bottom + 26
        sheet.segments([(panel.left, y)], [(panel.left + 16, y)], stroke="muted", width=1.2)
        sheet.text(panel.left + 21, y, ends[0][1], size=sheet.small_size, weight=700, colour="muted", middle=True)
        return
    placed = spread_out([y for y, _, _ in ends], sheet.small_size + 2.5, 8, panel.bottom)
    for (_, label, strong), y in zip(ends, placed, strict=True):
        sheet.text(
            panel.right + 8, y, label, size=sheet.small_size, weight=700 if strong else 400, colour="muted", middle=True
        )


def letter_places(at: list[tuple[float, float]], widths: list[float], panel: Panel) -> list[tuple[float, float]]:
    """Return the middle of each letter: beside its dot, or further off where it would touch another letter or dot."""
    placed: list[tuple[float, float]] = []
    for i, ((x, y), width) in enumerate(zip(at, widths, strict=True)):
        half = width / 2
        tries = [
            (x + math.cos(angle) * (distance + half), y + math.sin(angle) * distance)
            for distance in (7.0, 12.0, 18.0, 26.0, 34.0, 46.0, 60.0, 80.0)
            for angle in (
                0,
                math.pi,
                -math.pi / 4,
                math.pi / 4,
                -3 * math.pi / 4,
                3 * math.pi / 4,
                -math.pi / 2,
                math.pi / 2,
            )
        ]
        free = (
            (a, b)
            for a, b in tries
            if panel.left + half < a < panel.right - half and panel.top < b < panel.bottom
            if all(
                abs(a - p) > half + other / 2 + 2 or abs(b - q) > 11
                for (p, q), other in zip(placed, widths, strict=False)
            )
            if all(abs(a - p) > half + 4.5 or abs(b - q) > 8.5 for k, (p, q) in enumerate(at) if k != i)
        )
        placed.append(next(free, tries[0]))
    return placed
