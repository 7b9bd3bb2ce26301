"""F1: the gap between two groups of pupils over years, and in each school."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import drawn
from allrise.figures.lines import beside_system, line_chart
from allrise.figures.outcomes_levels import instead
from allrise.figures.rows import Mark, Reference, Row, row_chart
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
    title = w("gap_trend.title", measure=subject.measure, cluster=subject.cluster, **_groups(subject))
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

    svg, width, height = drawn(name, draw, title=title, description=alt)
    unit, places = subject.unit, subject.places
    return Figure(
        name=name,
        title=title,
        subtitle=w(
            "gap_trend.subtitle",
            unit=c.sentence(c.unit_words(subject, difference=True)),
            period=subject.period,
            **_groups(subject),
        ),
        svg=svg,
        width=width,
        height=height,
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("gap_trend.note", **_groups(subject))),
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
        predict=w("gap_trend.predict", cluster=subject.cluster, period=subject.period, **_groups(subject)),
        look=w("gap_trend.look"),
        discuss=w.several("gap_trend.discuss"),
        explanations=_explanations(subject, series["cluster"]),
        headline=True,
    )


def _groups(subject: Subject) -> dict[str, str]:
    return {"low": subject.low_group.lower(), "high": subject.high_group.lower()}


def _gap(subject: Subject, record: dict[str, Any]) -> str:
    return subject.difference(*c.spans_known(record, "gap"))


def _trend_readings(subject: Subject, series: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    w, n = subject.words("gaps"), subject.numbers
    cluster, system = series["cluster"], series["system"]
    if not cluster:
        return (w("gap_trend.nothing", who=subject.cluster),)
    last = cluster[-1]
    year = n.year(c.whole(last["time_period"]))
    said = [w("gap_trend.now", year=year, who=subject.cluster, gap=_gap(subject, last))]
    values = [c.number(last[k]) for k in ("value_low", "value_high")]
    if values[0] is not None and values[1] is not None:
        said.append(
            w(
                "gap_trend.levels",
                **_groups(subject),
                value_low=subject.value(values[0]),
                value_high=subject.value(values[1]),
                pupils_low=n.count(c.whole(last["pupils_low"]), "pupil"),
                pupils_high=n.count(c.whole(last["pupils_high"]), "pupil"),
            )
        )
    beside = next((r for r in system if r["time_period"] == last["time_period"]), None)
    if beside:
        said.append(w("gap_trend.now", year=year, who=subject.system, gap=_gap(subject, beside)))
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
        w("gap_trend.chance_one", year=years["last_year"], gap=_gap(subject, last))
        if len(rows) == 1 and touching is not None
        else w(f"gap_trend.{key}", **years, first=_gap(subject, first), last=_gap(subject, last))
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


def school_gaps(
    gaps: pd.DataFrame,
    subject: Subject,
    *,
    cluster_gap: float | None = None,
    system_gap: float | None = None,
    name: str = "school_gaps",
) -> Figure:
    """Show each school's gap with its interval, in alphabetical order, around the line of no gap.

    Parameters
    ----------
    gaps
        ``school_id``, ``school``, ``letter``, ``pupils_low``, ``pupils_high``, ``gap``, ``lower``, ``upper``, ``status``.
    cluster_gap, system_gap
        Reference lines, from ``gap_trend`` of that year.
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    title = w("school_gaps.title", measure=subject.measure, cluster=subject.cluster, **_groups(subject))
    shown = [r for r in c.records(gaps) if c.number(r["gap"]) is not None]
    beside = [(subject.cluster, cluster_gap, "accent"), (subject.system, system_gap, "reference")]
    references = [
        Reference(
            v, f"{c.sentence(who)} {n.number(v, subject.places)}", colour, "5 3" if colour == "reference" else "solid"
        )
        for who, v, colour in beside
        if v is not None
    ]
    readings = _school_readings(subject, len(gaps), shown, [(who, v) for who, v, _ in beside if v is not None])
    alt = w("school_gaps.alt", readings=" ".join(readings))
    rows = [_school_row(subject, r) for r in c.records(gaps)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            references=references,
            note_label=w("school_gaps.note_label"),
            zero=True,
            least=subject.least_span,
        )

    svg, width, height = drawn(name, draw, title=title, description=alt)
    pupils = [c.whole(r["pupils_low"]) for r in shown]
    extra = pd.DataFrame(
        [{"letter": "", "school": c.sentence(who), "gap": v, "status": ""} for who, v, _ in beside if v is not None],
        columns=["letter", "school", "gap", "status"],
    )
    return Figure(
        name=name,
        title=title,
        subtitle=w(
            "school_gaps.subtitle", unit=c.sentence(c.unit_words(subject, difference=True)), period=subject.period
        ),
        svg=svg,
        width=width,
        height=height,
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("gap_trend.note", **_groups(subject)),
            w("school_gaps.note", **_groups(subject)),
            **c.left_out(gaps, "gap"),
        ),
        table=c.table(
            name,
            title,
            pd.concat([gaps.astype(object), extra.astype(object)], ignore_index=True),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("pupils_low", w("pupils_of", group=subject.low_group), "pupils", 0),
                TableColumn("pupils_high", w("pupils_of", group=subject.high_group), "pupils", 0),
                *c.value_columns(subject, "gap", w("gap"), difference=True),
            ),
            hiding=c.Hiding(("pupils_low", "pupils_high", "gap", "lower", "upper")),
        ),
        framework_ids=("F1",),
        predict=w("school_gaps.predict", **_groups(subject)),
        look=w("school_gaps.look"),
        discuss=w.several("school_gaps.discuss"),
        explanations=c.explanations(
            chance=w(
                "school_gaps.chance",
                low=subject.low_group.lower(),
                few=n.count(min(pupils), "pupil"),
                many=n.count(max(pupils), "pupil"),
            )
            if pupils
            else "",
            intake=w("school_gaps.intake", **_groups(subject)),
        ),
    )


def _school_row(subject: Subject, record: dict[str, Any]) -> Row:
    gap, lower, upper = c.spans(record, "gap")
    n = subject.numbers
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        (Mark(gap, lower, upper),) if gap is not None else (),
        instead=instead(subject, c.text(record.get("status"))),
        note=f"{n.number(c.whole(record['pupils_low']))} / {n.number(c.whole(record['pupils_high']))}"
        if gap is not None
        else "",
    )


def _school_readings(
    subject: Subject, schools: int, shown: list[dict[str, Any]], references: list[tuple[str, float]]
) -> tuple[str, ...]:
    w, n = subject.words("gaps"), subject.numbers
    if not shown:
        return (w("school_gaps.nothing"),)
    said: list[str] = []
    if len(shown) == 1:
        said.append(w("school_gaps.single", school=c.text(shown[0]["school"]), gap=_gap(subject, shown[0])))
    else:
        values = [float(r["gap"]) for r in shown]
        said.append(
            w(
                "school_gaps.range",
                shown=n.count(len(shown), "school"),
                low=subject.difference(min(values)),
                high=subject.difference(max(values)),
            )
        )
    known = [(low, high) for r in shown for _, low, high in [c.spans(r, "gap")] if low is not None and high is not None]
    if known:
        none = sum(low <= 0 <= high for low, high in known)
        said.append(w("school_gaps.zero", n=none, number=n.number(none)))
        for who, value in references:
            inside = sum(low <= value <= high for low, high in known)
            said.append(
                w("school_gaps.includes", n=inside, number=n.number(inside), who=who, gap=subject.difference(value))
            )
    hidden = schools - len(shown)
    if hidden:
        said.append(w("school_gaps.hidden", n=hidden, number=n.number(hidden)))
    return tuple(said)


def gap_decomposition(parts: pd.DataFrame, subject: Subject, *, name: str = "gap_decomposition") -> Figure:
    """Show the parts of the gap within and between schools, side by side, for cluster and system.

    Parameters
    ----------
    parts
        ``series`` (``cluster``, ``system``; without the column, the cluster), ``part`` (``within schools``, ``between schools``),
        ``gap_share`` (0..1 of the whole gap, missing when the gap is 0), ``value`` (in the unit).
    """
    w, shared, n = subject.words("gaps"), subject.words("shared"), subject.numbers
    if "series" not in parts:
        parts = parts.assign(series="cluster")
    who = {"cluster": c.sentence(subject.cluster), "system": c.sentence(subject.system)}
    named = {"within schools": w("gap_decomposition.within"), "between schools": w("gap_decomposition.between")}
    parts = parts.assign(
        who=[who[str(k)] for k in parts["series"]],
        part=[named[str(k)] for k in parts["part"]],
        share=[100 * v for v in c.finite(parts["gap_share"])],
    )
    title = w("gap_decomposition.title", measure=subject.measure, cluster=subject.cluster, **_groups(subject))
    known = [r for r in c.records(parts) if c.number(r["value"]) is not None]
    readings = tuple(
        w(
            "gap_decomposition.reading" if c.number(r["share"]) is not None else "gap_decomposition.no_share",
            who=str(r["who"]),
            part=str(r["part"]).lower(),
            value=subject.difference(float(r["value"])),
            **({"share": n.value(float(r["share"]), "percent", 0)} if c.number(r["share"]) is not None else {}),
        )
        for r in known
    ) or (w("gap_decomposition.nothing"),)
    alt = w("gap_decomposition.alt", readings=" ".join(readings))
    rows = [
        Row(
            "",
            subject.numbers.labelled(str(r["who"]), str(r["part"]).lower()),
            (
                Mark(
                    float(r["value"]),
                    min(0.0, float(r["value"])),
                    max(0.0, float(r["value"])),
                    "accent" if r["series"] == "cluster" else "reference",
                    "o" if r["series"] == "cluster" else "s",
                ),
            ),
            note=n.value(float(r["share"]), "percent", 0) if math.isfinite(float(r["share"])) else "",
        )
        for r in known
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            zero=True,
            note_label=w("gap_decomposition.note_label"),
            least=subject.least_span / 4,
        )

    svg, width, height = drawn(name, draw, title=title, description=alt)
    return Figure(
        name=name,
        title=title,
        subtitle=w(
            "gap_decomposition.subtitle",
            unit=c.sentence(c.unit_words(subject, difference=True)),
            period=subject.period,
        ),
        svg=svg,
        width=width,
        height=height,
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("gap_trend.note", **_groups(subject)), w("gap_decomposition.note"), interval=False),
        table=c.table(
            name,
            title,
            parts,
            (
                TableColumn("who", shared("who")),
                TableColumn("part", w("gap_decomposition.part")),
                TableColumn("value", w("gap"), subject.difference_unit, subject.places),
                TableColumn("share", w("gap_decomposition.share"), "percent", 0),
            ),
        ),
        framework_ids=("F1",),
        predict=w("gap_decomposition.predict", **_groups(subject)),
        look=w("gap_decomposition.look"),
        discuss=w.several("gap_decomposition.discuss"),
        explanations=c.explanations(intake=w("gap_decomposition.intake", **_groups(subject))),
    )
