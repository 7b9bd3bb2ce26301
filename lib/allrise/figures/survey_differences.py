"""F2 to F8: how far schools lie apart, and how differently two roles see the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.scales import Scale
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import code, framework, full_name, label, mean_text, role

_SCORES = Scale(1.0, 5.0, (1.0, 2.0, 3.0, 4.0, 5.0), 0)


def school_range(
    schools: pd.DataFrame, profile: pd.DataFrame, subject: Subject, *, name: str = "school_range"
) -> Figure:
    """Show, for each factor, where the means of schools lie, with the cluster's mean on its interval.

    Parameters
    ----------
    schools
        ``framework_id``, ``school_id``, ``school``, ``letter``, ``respondents``, ``mean``, ``lower``, ``upper``, ``hidden``.
    profile
        ``framework_id``, ``mean``, ``lower``, ``upper``, ``respondents`` of the cluster.
    """
    w, shared, n = subject.words("survey"), subject.words("shared"), subject.numbers
    of_cluster = {str(r["framework_id"]): r for r in c.records(profile) if c.number(r["mean"]) is not None}
    ids = [str(f) for f in dict.fromkeys(schools["framework_id"])]
    shown = {
        f: [
            r
            for r in c.records(schools[schools["framework_id"] == f])
            if c.number(r["mean"]) is not None and not bool(r["hidden"])
        ]
        for f in ids
    }
    title = w("school_range.title", cluster=subject.cluster)
    readings = _range_readings(subject, shown)
    alt = w("school_range.alt", readings=" ".join(readings))
    rows = [
        Row(
            code(f),
            label(subject, f),
            tuple(Mark(*c.spans_known(of_cluster[f], "mean")) for _ in range(f in of_cluster)),
            beside=tuple(float(r["mean"]) for r in shown[f]),
            instead=w("too_few"),
            note=n.number(len(shown[f])),
        )
        for f in ids
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            axis=_SCORES,
            key=((w("school_range.cluster"), Mark(0, 0, 0)),),
            beside_label=w("school_range.school"),
            note_label=shared("schools"),
        )

    hidden = sum(bool(h) for h in schools["hidden"])
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("school_range.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("school_range.note"), hidden=hidden),
        table=c.table(
            name,
            title,
            schools.assign(
                factor=[label(subject, str(f)) for f in schools["framework_id"]],
                status=["c" if bool(h) else "" for h in schools["hidden"]],
            ),
            (
                TableColumn("framework_id", w("id")),
                TableColumn("factor", w("factor")),
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("respondents", w("people"), "", 0),
                TableColumn("mean", w("mean"), "score", 1),
                TableColumn("lower", shared("lower"), "score", 1, interval_of="mean"),
                TableColumn("upper", shared("upper"), "score", 1, interval_of="mean"),
            ),
            hiding=c.Hiding(("respondents", "mean", "lower", "upper")),
        ),
        framework_ids=tuple(ids),
        predict=w("school_range.predict", cluster=subject.cluster),
        look=w("school_range.look"),
        discuss=w.several("school_range.discuss"),
        explanations=c.explanations(chance=w("school_range.chance"), practice=w("school_range.practice")),
    )


def _range_readings(subject: Subject, shown: dict[str, list[dict[str, Any]]]) -> tuple[str, ...]:
    w, n = subject.words("survey"), subject.numbers
    spans = [
        {"id": f, "first": rows[0], "schools": len(rows), "low": min(values), "high": max(values)}
        for f, rows in shown.items()
        if (values := [float(r["mean"]) for r in rows])
    ]

    def say(r: dict[str, Any]) -> str:
        factor = full_name(subject, r["id"])
        if r["schools"] == 1:
            mean = mean_text(subject, r["first"])
            return w("school_range.single", factor=factor, school=c.text(r["first"]["school"]), mean=mean)
        schools, low, high = n.count(r["schools"], "school"), n.number(r["low"], 1), n.number(r["high"], 1)
        return w("school_range.row", factor=factor, schools=schools, low=low, high=high)

    said = c.told(subject, spans, say, lambda r: r["high"] - r["low"], ends=("nearest", "furthest"))
    return tuple(said) or (w("school_range.nothing"),)


def role_gaps(
    gaps: pd.DataFrame, subject: Subject, *, roles: tuple[str, str] | None = None, name: str = "role_gaps"
) -> Figure:
    """Show, for each factor, the difference between two roles with its interval, around the line of no difference.

    Parameters
    ----------
    gaps
        ``framework_id``, ``role_a``, ``role_b``, ``respondents_a``, ``respondents_b``, ``mean_a``, ``mean_b``, ``gap`` (a less b),
        ``lower``, ``upper``.
    roles
        The pair to show; the one with most people behind it where none is given.
    """
    w, shared, n = subject.words("survey"), subject.words("shared"), subject.numbers
    a, b = roles or _largest_pair(gaps)
    chosen = gaps.loc[(gaps["role_a"] == a) & (gaps["role_b"] == b), :].reset_index(drop=True)
    names = {"a": role(subject, a) if a else w("role_gaps.none"), "b": role(subject, b) if b else w("role_gaps.none")}
    shown = [r for r in c.records(chosen) if c.number(r["gap"]) is not None]
    title = w("role_gaps.title", cluster=subject.cluster, **names)
    readings = _gap_readings(subject, shown, names)
    alt = w("role_gaps.alt", readings=" ".join(readings), **names)
    rows = [
        Row(
            code(str(r["framework_id"])),
            label(subject, str(r["framework_id"])),
            (Mark(*c.spans_known(r, "gap")),),
            note=f"{n.number(c.whole(r['respondents_a']))} / {n.number(c.whole(r['respondents_b']))}",
        )
        for r in shown
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(sheet, rows, tick=n.number, zero=True, least=2.0, note_label=w("people"))

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("role_gaps.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("role_gaps.note", **names)),
        table=c.table(
            name,
            title,
            chosen.assign(factor=[label(subject, str(f)) for f in chosen["framework_id"]]),
            (
                TableColumn("framework_id", w("id")),
                TableColumn("factor", w("factor")),
                TableColumn("respondents_a", w("role_gaps.people", role=names["a"]), "", 0),
                TableColumn("respondents_b", w("role_gaps.people", role=names["b"]), "", 0),
                TableColumn("mean_a", w("role_gaps.mean", role=names["a"]), "score", 1),
                TableColumn("mean_b", w("role_gaps.mean", role=names["b"]), "score", 1),
                TableColumn("gap", w("role_gaps.gap"), "score", 1),
                TableColumn("lower", shared("lower"), "score", 1, interval_of="gap"),
                TableColumn("upper", shared("upper"), "score", 1, interval_of="gap"),
            ),
        ),
        framework_ids=tuple(str(f) for f in chosen["framework_id"]),
        predict=w("role_gaps.predict", **names),
        look=w("role_gaps.look"),
        discuss=w.several("role_gaps.discuss"),
        explanations=c.explanations(chance=_gap_chance(subject, shown), practice=w("role_gaps.practice")),
    )


def _largest_pair(gaps: pd.DataFrame) -> tuple[str, str]:
    """Return the pair of roles that rests on most people in its smaller role; two empty names without any."""
    least: dict[tuple[str, str], int] = {}
    for r in c.records(gaps):
        pair = (str(r["role_a"]), str(r["role_b"]))
        few = min(c.whole(r["respondents_a"]), c.whole(r["respondents_b"]))
        least[pair] = max(least.get(pair, 0), few)
    return max(least, key=lambda pair: (least[pair], pair), default=("", ""))


def _gap_readings(subject: Subject, shown: list[dict[str, Any]], names: dict[str, str]) -> tuple[str, ...]:
    w, n = subject.words("survey"), subject.numbers

    def say(r: dict[str, Any]) -> str:
        return w(
            "role_gaps.row",
            factor=full_name(subject, str(r["framework_id"])),
            mean_a=n.number(float(r["mean_a"]), 1),
            mean_b=n.number(float(r["mean_b"]), 1),
            gap=n.interval(*c.spans_known(r, "gap"), "score", 1),
            **names,
        )

    said = c.told(subject, shown, say, lambda r: abs(float(r["gap"])), ends=("nearest", "furthest"))
    return tuple(said) or (w("role_gaps.nothing"),)


def _gap_chance(subject: Subject, shown: list[dict[str, Any]]) -> str:
    w, n = subject.words("survey"), subject.numbers
    apart = sum(float(r["lower"]) > 0 or float(r["upper"]) < 0 for r in shown if c.number(r["lower"]) is not None)
    return w("role_gaps.chance", n=apart, number=n.number(apart), all=n.number(len(shown))) if shown else ""


def contrasts(
    profile: pd.DataFrame, subject: Subject, *, ids: Sequence[str] | None = None, name: str = "contrasts"
) -> Figure:
    """Show T1 to T9 between their poles: the mean with its interval, transformational to the right.

    Parameters
    ----------
    profile
        ``framework_id``, ``respondents``, ``mean``, ``lower``, ``upper``: the ``factor_profile`` of the T items, or ``poles``, of which
        the rows of all roles together (blank ``role``) are shown.
    ids
        Which contrasts; all of the table's where none are given.
    """
    w, shared, n = subject.words("survey"), subject.words("shared"), subject.numbers
    known = framework(subject.language)
    wanted = [t.id for t in known.contrasts if ids is None or t.id in ids]
    if "role" in profile:
        profile = profile.loc[[not c.text(r) for r in profile["role"]], :]
    table = profile.loc[profile["framework_id"].isin(wanted), :].reset_index(drop=True)
    table = table.assign(
        left=[known.contrast(str(f)).transactional for f in table["framework_id"]],
        right=[known.contrast(str(f)).transformational for f in table["framework_id"]],
        factor=[label(subject, str(f)) for f in table["framework_id"]],
    )
    shown = [r for r in c.records(table) if c.number(r["mean"]) is not None]
    title = w("contrasts.title", cluster=subject.cluster)

    def say(r: dict[str, Any]) -> str:
        people = n.count(c.whole(r["respondents"]), "person")
        return w(
            "contrasts.row",
            factor=full_name(subject, str(r["framework_id"])),
            mean=mean_text(subject, r),
            people=people,
        )

    readings = tuple(c.told(subject, shown, say, lambda r: float(r["mean"]))) or (w("factor_profile.nothing"),)
    alt = w("contrasts.alt", readings=" ".join(readings))
    rows = [
        Row(
            str(r["framework_id"]),
            str(r["factor"]),
            (Mark(*c.spans_known(r, "mean")),) if c.number(r["mean"]) is not None else (),
            instead=w("too_few"),
            note=n.number(c.whole(r["respondents"])) if c.number(r["mean"]) is not None else "",
        )
        for r in c.records(table)
    ]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet, rows, tick=n.number, axis=_SCORES, note_label=w("people"),
            poles=(w("contrasts.left"), w("contrasts.right")),
        )  # fmt: skip

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("contrasts.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("mean_note"), hidden=len(table) - len(shown)),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("framework_id", w("id")),
                TableColumn("factor", w("contrasts.contrast")),
                TableColumn("left", w("contrasts.left")),
                TableColumn("right", w("contrasts.right")),
                TableColumn("respondents", w("people"), "", 0),
                TableColumn("mean", w("mean"), "score", 1),
                TableColumn("lower", shared("lower"), "score", 1, interval_of="mean"),
                TableColumn("upper", shared("upper"), "score", 1, interval_of="mean"),
            ),
        ),
        framework_ids=tuple(str(f) for f in table["framework_id"]),
        predict=w("contrasts.predict"),
        look=w("contrasts.look"),
        discuss=w.several("contrasts.discuss"),
        explanations=c.explanations(data=w("contrasts.data")),
    )
