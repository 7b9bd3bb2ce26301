"""F1: the cluster's outcome over years beside the system's."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.lines import beside_system, line_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def cluster_trend(trend: pd.DataFrame, subject: Subject, *, name: str = "cluster_trend") -> Figure:
    """Show the cluster's value by year, with the system's in grey.

    Parameters
    ----------
    trend
        ``series`` (``cluster`` or ``system``), ``time_period``, ``schools``, ``pupils``, ``value``, ``lower``, ``upper``; value and
        limits in the measure's unit, missing where not known.
    subject
        Cluster, measure, period.
    name
        File name, when a chapter shows the figure for several measures.
    """
    w, shared = subject.words("outcomes"), subject.words("shared")
    trend = trend.sort_values(["series", "time_period"], ignore_index=True)
    who = {"cluster": subject.cluster, "system": subject.system}
    series = {key: _known(trend, key) for key in who}
    title = w(
        "cluster_trend.title",
        measure=subject.measure,
        cluster=subject.cluster,
    )
    readings = _readings(subject, series)
    alt = w(
        "cluster_trend.alt",
        measure=subject.measure,
        lines=" ".join(_alt_line(subject, who[k], rows) for k, rows in series.items() if rows)
        or w("cluster_trend.nothing", who=subject.cluster),
    )
    lines = beside_system(who, {k: c.records(trend[trend["series"] == k]) for k in who}, "value", "lower", "upper")

    def draw(sheet: Sheet) -> None:
        line_chart(
            sheet,
            lines,
            tick=subject.tick,
            value=subject.tick,
            year=subject.numbers.year,
            bounds=subject.bounds,
            least=subject.least_span,
        )

    latest = series["cluster"][-1] if series["cluster"] else None
    note = (
        w(
            "cluster_trend.note",
            who=subject.cluster,
            pupils=subject.numbers.count(c.whole(latest["pupils"]), "pupil"),
            schools=subject.numbers.count(c.whole(latest["schools"]), "school"),
            year=subject.numbers.year(int(latest["time_period"])),
        )
        if latest and c.number(latest["pupils"]) is not None
        else ""
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("cluster_trend.subtitle", unit=c.sentence(c.unit_words(subject)), period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, note),
        table=c.table(
            name,
            title,
            trend.assign(who=[c.sentence(who[str(k)]) for k in trend["series"]]),
            (
                TableColumn("who", shared("who")),
                TableColumn("time_period", shared("year")),
                TableColumn("schools", shared("schools"), "schools", 0),
                TableColumn("pupils", shared("pupils"), "pupils", 0),
                *c.value_columns(subject, "value", w("value")),
            ),
        ),
        framework_ids=("F1",),
        predict=w("cluster_trend.predict", measure=subject.measure, cluster=subject.cluster, period=subject.period),
        look=w("cluster_trend.look"),
        discuss=w.several("cluster_trend.discuss"),
        explanations=_explanations(subject, series["cluster"]),
        headline=True,
    )


def _known(trend: pd.DataFrame, series: str) -> list[dict[str, Any]]:
    rows = trend[(trend["series"] == series) & trend["value"].notna()]
    return c.records(rows)


def _readings(subject: Subject, series: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    w, n = subject.words("outcomes"), subject.numbers
    cluster, system = series["cluster"], series["system"]
    if not cluster:
        return (w("cluster_trend.nothing", who=subject.cluster),)
    last = cluster[-1]
    year = n.year(int(last["time_period"]))
    said: list[str] = []
    counted = c.number(last["pupils"]) is not None
    said.append(
        w(
            "cluster_trend.now" if counted else "cluster_trend.now_system",
            year=year,
            who=subject.cluster,
            value=subject.interval(*c.spans_known(last)),
            **(
                {
                    "pupils": n.count(c.whole(last["pupils"]), "pupil"),
                    "schools": n.count(c.whole(last["schools"]), "school"),
                }
                if counted
                else {}
            ),
        )
    )
    beside = next((r for r in system if r["time_period"] == last["time_period"]), None)
    if beside:
        said.append(
            w("cluster_trend.now_system", year=year, who=subject.system, value=subject.interval(*c.spans_known(beside)))
        )
    for who, rows in ((subject.cluster, cluster), (subject.system, system)):
        if len(rows) > 1:
            said.append(
                c.sentence(
                    w(
                        "cluster_trend.then",
                        who=who,
                        first=subject.value(float(rows[0]["value"])),
                        first_year=n.year(int(rows[0]["time_period"])),
                        last=subject.value(float(rows[-1]["value"])),
                        last_year=n.year(int(rows[-1]["time_period"])),
                    )
                )
            )
    if len(cluster) == 1:
        said.append(w("cluster_trend.one_year", who=subject.cluster, year=year))
    years = {int(r["time_period"]) for r in cluster}
    absent = tuple(n.year(y) for y in range(min(years), max(years)) if y not in years)
    if absent:
        said.append(w("cluster_trend.gap_in_years", who=subject.cluster, years=n.listed(absent)))
    return tuple(said)


def _alt_line(subject: Subject, who: str, rows: list[dict[str, Any]]) -> str:
    w, n = subject.words("outcomes"), subject.numbers
    shown = rows if len(rows) <= 4 else [rows[0], rows[len(rows) // 2], rows[-1]]
    values = tuple(
        w("cluster_trend.alt_value", value=subject.value(float(r["value"])), year=n.year(int(r["time_period"])))
        for r in shown
    )
    return c.sentence(w("cluster_trend.alt_line", who=who, values=n.listed(values)))


def _explanations(subject: Subject, rows: list[dict[str, Any]]) -> Any:
    w, n = subject.words("outcomes"), subject.numbers
    if not rows:
        return ()
    first, last = rows[0], rows[-1]
    years = {"first_year": n.year(int(first["time_period"])), "last_year": n.year(int(last["time_period"]))}
    said = {
        "first": subject.interval(*c.spans_known(first)),
        "last": subject.interval(*c.spans_known(last)),
    }
    touching = c.overlap(c.spans(first)[1:], c.spans(last)[1:])
    if touching is None:
        chance = w("cluster_trend.chance_none")
    elif len(rows) == 1:
        chance = w("cluster_trend.chance_one", year=years["last_year"], value=said["last"])
    else:
        chance = w("cluster_trend.chance_overlap" if touching else "cluster_trend.chance_apart", **years, **said)
    schools = {
        "first": n.count(c.whole(first["schools"]), "school"),
        "last": n.count(c.whole(last["schools"]), "school"),
    }
    counted = c.number(first["pupils"]) is not None and c.number(last["pupils"]) is not None
    intake = w(
        "cluster_trend.intake",
        **years,
        first=n.count(c.whole(first["pupils"]), "pupil"),
        last=n.count(c.whole(last["pupils"]), "pupil"),
    )
    changed = schools["first"] != schools["last"]
    return c.explanations(
        chance=chance,
        intake=intake if counted and len(rows) > 1 else "",
        practice=w("cluster_trend.practice", **years) if len(rows) > 1 else "",
        data=w("cluster_trend.data_one", year=years["last_year"], schools=schools["last"])
        if len(rows) == 1
        else w("cluster_trend.data_changed", **years, **schools)
        if changed
        else w("cluster_trend.data_same", last=schools["last"]),
    )
