"""F1: the gap between two groups of pupils over years."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.lines import beside_system, line_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def gap_trend(trend: pd.DataFrame, subject: Subject, *, name: str = "gap_trend") -> Figure:
    """Show the gap (high group less low group) of the cluster by year, with the system's in grey.

    Parameters
    ----------
    trend
        ``series`` (``cluster``, ``system``), ``time_period``, ``pupils_low``, ``pupils_high``, ``value_low``, ``value_high``, ``gap``,
        ``lower``, ``upper``.
    subject
        Needs ``low_group`` and ``high_group``.
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    trend = trend.sort_values(["series", "time_period"], ignore_index=True)
    who = {"cluster": subject.cluster, "system": subject.system}
    series = {k: [r for r in c.records(trend[trend["series"] == k]) if c.number(r["gap"]) is not None] for k in who}
    title = w("gap_trend.title", measure=subject.measure, cluster=subject.cluster, **group_names(subject))
    readings = _trend_readings(subject, series)
    alt = w("gap_trend.alt", readings=" ".join(readings))
    lines = beside_system(who, series, "gap", "lower", "upper")

    def draw(sheet: Sheet) -> None:
        line_chart(
            sheet,
            lines,
            tick=n.number,
            value=lambda v: n.number(v, subject.places),
            year=n.year,
            zero=True,
            least=subject.least_span,
        )

    unit, places = subject.unit, subject.places
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "gap_trend.subtitle",
            unit=c.sentence(c.unit_words(subject, difference=True)),
            period=subject.period,
            **group_names(subject),
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("gap_trend.note", **group_names(subject))),
        table=c.table(
            name,
            title,
            trend.assign(who=[c.sentence(who[str(k)]) for k in trend["series"]]),
            (
                TableColumn("who", shared("who")),
                TableColumn("time_period", shared("year")),
                TableColumn("pupils_low", w("pupils_of", group=subject.low_group), "pupils", 0),
                TableColumn("pupils_high", w("pupils_of", group=subject.high_group), "pupils", 0),
                TableColumn("value_low", c.sentence(subject.low_group), unit, places),
                TableColumn("value_high", c.sentence(subject.high_group), unit, places),
                *c.value_columns(subject, "gap", w("gap"), difference=True),
            ),
        ),
        framework_ids=("F1", "C1"),
        predict=w("gap_trend.predict", cluster=subject.cluster, period=subject.period, **group_names(subject)),
        look=w("gap_trend.look"),
        discuss=w.several("gap_trend.discuss"),
        explanations=_explanations(subject, series["cluster"]),
        headline=True,
    )


def group_names(subject: Subject) -> dict[str, str]:
    """Return the names of the two groups of pupils as they stand in a sentence."""
    return {"low": subject.low_group.lower(), "high": subject.high_group.lower()}


def gap_words(subject: Subject, record: dict[str, Any]) -> str:
    """Return a record's gap in words, with its interval where that is known."""
    return subject.difference(*c.spans_known(record, "gap"))


def _trend_readings(subject: Subject, series: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    w, n = subject.words("gaps"), subject.numbers
    cluster, system = series["cluster"], series["system"]
    if not cluster:
        return (w("gap_trend.nothing", who=subject.cluster),)
    last = cluster[-1]
    year = n.year(c.whole(last["time_period"]))
    said = [w("gap_trend.now", year=year, who=subject.cluster, gap=gap_words(subject, last))]
    values = [c.number(last[k]) for k in ("value_low", "value_high")]
    if values[0] is not None and values[1] is not None:
        said.append(
            w(
                "gap_trend.levels",
                **group_names(subject),
                value_low=subject.value(values[0]),
                value_high=subject.value(values[1]),
                pupils_low=n.count(c.whole(last["pupils_low"]), "pupil"),
                pupils_high=n.count(c.whole(last["pupils_high"]), "pupil"),
            )
        )
    beside = next((r for r in system if r["time_period"] == last["time_period"]), None)
    if beside:
        said.append(w("gap_trend.now", year=year, who=subject.system, gap=gap_words(subject, beside)))
    for who, rows in ((subject.cluster, cluster), (subject.system, system)):
        if len(rows) > 1:
            said.append(
                c.sentence(
                    w(
                        "gap_trend.then",
                        who=who,
                        first=subject.difference(float(rows[0]["gap"])),
                        first_year=n.year(c.whole(rows[0]["time_period"])),
                        last=subject.difference(float(rows[-1]["gap"])),
                        last_year=n.year(c.whole(rows[-1]["time_period"])),
                    )
                )
            )
    if len(cluster) == 1:
        said.append(w("gap_trend.one_year", who=subject.cluster, year=year))
    return tuple(said)


def _explanations(subject: Subject, rows: list[dict[str, Any]]) -> Any:
    w, n = subject.words("gaps"), subject.numbers
    if not rows:
        return ()
    first, last = rows[0], rows[-1]
    years = {
        "first_year": n.year(c.whole(first["time_period"])),
        "last_year": n.year(c.whole(last["time_period"])),
    }
    touching = c.overlap(c.spans(first, "gap")[1:], c.spans(last, "gap")[1:])
    key = "chance_none" if touching is None else "chance_overlap" if touching else "chance_apart"
    chance = (
        w("gap_trend.chance_one", year=years["last_year"], gap=gap_words(subject, last))
        if len(rows) == 1 and touching is not None
        else w(f"gap_trend.{key}", **years, first=gap_words(subject, first), last=gap_words(subject, last))
        if touching is not None
        else w("gap_trend.chance_none")
    )
    pupils = {
        "first": n.count(c.whole(first["pupils_low"]), "pupil"),
        "last": n.count(c.whole(last["pupils_low"]), "pupil"),
    }
    return c.explanations(
        chance=chance,
        intake=w("gap_trend.intake", low=subject.low_group.lower(), **years, **pupils),
        practice=w("gap_trend.practice", low=subject.low_group.lower()),
        data=w("gap_trend.data", low=subject.low_group.lower()),
    )
