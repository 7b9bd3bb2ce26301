"""C1 and C2: how far apart schools are, year by year, with chance taken out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.lines import beside_system, line_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject

#: Two schools have one distance: an interval around a spread seen once runs from nothing to twice the scale.
FEWEST_FOR_INTERVAL = 3


def spread_trend(trend: pd.DataFrame, subject: Subject, *, name: str = "spread_trend") -> Figure:
    """Show the standard deviation between schools by year, of the cluster and in grey of its system.

    Where no year has ``sd_between``, the raw spread is drawn and said to be raw.

    Parameters
    ----------
    trend
        ``series``, ``time_period``, ``schools``, ``sd_raw``, ``sd_between``, ``sd_lower``, ``sd_upper``, ``icc``, ``noise_share`` (0..1).
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    trend = trend.sort_values(["series", "time_period"], ignore_index=True)
    few = trend["schools"] < FEWEST_FOR_INTERVAL
    trend = trend.assign(sd_lower=trend["sd_lower"].mask(few), sd_upper=trend["sd_upper"].mask(few))
    trend = trend.assign(
        noise=[100 * v for v in c.finite(trend["noise_share"])], icc_share=[100 * v for v in c.finite(trend["icc"])]
    )
    who = {"cluster": subject.cluster, "system": subject.system}
    key = "sd_between" if any(c.number(v) is not None for v in trend["sd_between"]) else "sd_raw"
    series = {k: [r for r in c.records(trend[trend["series"] == k]) if c.number(r[key]) is not None] for k in who}
    title = w("spread_trend.title", measure=subject.measure, cluster=subject.cluster)
    readings = _readings(subject, series, key)
    alt = w("spread_trend.alt", readings=" ".join(readings))
    lines = beside_system(who, series, key, "sd_lower", "sd_upper")
    places = max(1, subject.places)

    def draw(sheet: Sheet) -> None:
        line_chart(
            sheet,
            lines,
            tick=n.number,
            value=lambda v: n.number(v, places),
            year=n.year,
            bounds=(0.0, None),
            zero=True,
            least=subject.least_span / 4,
        )

    unit = subject.difference_unit
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "spread_trend.subtitle",
            unit=c.sentence(c.unit_words(subject, difference=True)),
            period=subject.period,
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("spread_trend.note" if key == "sd_between" else "spread_trend.note_raw"),
            interval=key != "sd_raw",
        ),
        table=c.table(
            name,
            title,
            trend.assign(who=[c.sentence(who[str(k)]) for k in trend["series"]]),
            (
                TableColumn("who", shared("who")),
                TableColumn("time_period", shared("year")),
                TableColumn("schools", shared("schools"), "schools", 0),
                TableColumn("sd_raw", w("spread_trend.sd_raw"), unit, places),
                TableColumn("sd_between", w("spread_trend.sd"), unit, places),
                TableColumn("sd_lower", shared("lower"), unit, places, interval_of="sd_between"),
                TableColumn("sd_upper", shared("upper"), unit, places, interval_of="sd_between"),
                TableColumn("noise", w("spread_trend.noise"), "percent", 0),
                TableColumn("icc_share", w("spread_trend.icc"), "percent", 0),
            ),
        ),
        framework_ids=("C1", "C2", "F1"),
        predict=w("spread_trend.predict", cluster=subject.cluster, period=subject.period),
        look=w("spread_trend.look"),
        discuss=w.several("spread_trend.discuss"),
        explanations=_explanations(subject, series["cluster"]),
    )


def _too_few(record: dict[str, Any]) -> bool:
    return (c.whole(record["schools"]) or 0) < FEWEST_FOR_INTERVAL


def _said(subject: Subject, record: dict[str, Any], key: str, *, interval: bool = True) -> str:
    lower, upper = c.number(record["sd_lower"]), c.number(record["sd_upper"])
    if key == "sd_raw" or not interval:
        lower = upper = None
    return subject.numbers.interval(float(record[key]), lower, upper, subject.difference_unit, max(1, subject.places))


def _readings(subject: Subject, series: dict[str, list[dict[str, Any]]], key: str) -> tuple[str, ...]:
    w, n = subject.words("gaps"), subject.numbers
    cluster = series["cluster"]
    if not cluster:
        return (w("spread_trend.nothing"),)
    last = cluster[-1]
    year = n.year(c.whole(last["time_period"]))
    said: list[str] = []
    for who, rows in ((subject.cluster, cluster), (subject.system, series["system"])):
        now = next((r for r in rows if r["time_period"] == last["time_period"]), None)
        if now is None:
            continue
        if key == "sd_raw":
            said.append(w("spread_trend.raw_only", year=year, who=who, value=_said(subject, now, key)))
        else:
            schools = n.count(c.whole(now["schools"]), "school")
            said.append(
                w("spread_trend.now_two", year=year, who=who)
                if _too_few(now)
                else w("spread_trend.now", year=year, who=who, value=_said(subject, now, key), schools=schools)
            )
    if c.number(last["noise"]) is not None and not _too_few(last):
        said.append(w("spread_trend.noise_reading", year=year, share=n.value(float(last["noise"]), "percent", 0)))
    for who, rows in ((subject.cluster, cluster), (subject.system, series["system"])):
        if len(rows) > 1 and not _too_few(rows[0]) and not _too_few(rows[-1]):
            said.append(
                c.sentence(
                    w(
                        "spread_trend.then",
                        who=who,
                        first=_said(subject, rows[0], key, interval=False),
                        first_year=n.year(c.whole(rows[0]["time_period"])),
                        last=_said(subject, rows[-1], key, interval=False),
                        last_year=n.year(c.whole(rows[-1]["time_period"])),
                    )
                )
            )
    return tuple(said)


def _explanations(subject: Subject, rows: list[dict[str, Any]]) -> Any:
    w, n = subject.words("gaps"), subject.numbers
    if not rows:
        return ()
    first, last = rows[0], rows[-1]
    year = n.year(c.whole(last["time_period"]))
    noise = None if _too_few(last) else c.number(last["noise"])
    return c.explanations(
        chance=w("spread_trend.chance", year=year, share=n.value(noise, "percent", 0))
        if noise is not None
        else w("spread_trend.chance_two" if _too_few(last) else "spread_trend.chance_none"),
        data=w(
            "spread_trend.data",
            first_year=n.year(c.whole(first["time_period"])),
            last_year=year,
            first=n.count(c.whole(first["schools"]), "school"),
            last=n.count(c.whole(last["schools"]), "school"),
        )
        if len(rows) > 1
        else "",
    )
