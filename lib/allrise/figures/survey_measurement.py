"""How the survey measures: reliability and agreement as a table with words, and how factors move together as a chart."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, Table, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import code, full_name, label


def reliability_table(reliability: pd.DataFrame, subject: Subject, *, name: str = "reliability") -> Table:
    """Return the reliability of each factor's questions, with a warning in words.

    Parameters
    ----------
    reliability
        ``framework_id``, ``items``, ``respondents``, ``alpha``, ``omega``, ``warning`` (blank, ``one item``, ``few respondents``, ``low``).
    """
    w = subject.words("survey")
    said = [c.text(v).replace(" ", "_") for v in reliability["warning"]]
    table = reliability.assign(
        factor=[full_name(subject, str(f)) for f in reliability["framework_id"]],
        said=[w(f"reliability.warning.{v}") if f"reliability.warning.{v}" in w else "" for v in said],
    )
    return c.table(
        name,
        w("reliability.title", cluster=subject.cluster, period=subject.period),
        table,
        (
            TableColumn("factor", w("factor")),
            TableColumn("items", w("reliability.items"), "", 0),
            TableColumn("respondents", w("people"), "", 0),
            TableColumn("alpha", w("reliability.alpha"), "", 2),
            TableColumn("omega", w("reliability.omega"), "", 2),
            TableColumn("said", w("reliability.note_label")),
        ),
        notes=(w("reliability.note"),),
    )


def agreement_table(agreement: pd.DataFrame, subject: Subject, *, name: str = "agreement") -> Table:
    """Return how far people agree on each factor.

    Parameters
    ----------
    agreement
        ``framework_id``, ``respondents``, ``a`` (van der Eijk), ``rwg``, ``rwg_within_schools``, ``schools``.
    """
    w, shared = subject.words("survey"), subject.words("shared")
    return c.table(
        name,
        w("agreement.title", cluster=subject.cluster, period=subject.period),
        agreement.assign(factor=[full_name(subject, str(f)) for f in agreement["framework_id"]]),
        (
            TableColumn("factor", w("factor")),
            TableColumn("respondents", w("people"), "", 0),
            TableColumn("a", w("agreement.a"), "", 2),
            TableColumn("rwg", w("agreement.rwg"), "", 2),
            TableColumn("rwg_within_schools", w("agreement.within"), "", 2),
            TableColumn("schools", shared("schools"), "", 0),
        ),
        notes=(w("agreement.note"),),
    )


def interdependence(pairs: pd.DataFrame, subject: Subject, *, name: str = "interdependence") -> Figure:
    """Show how every two factors move together: a small axis with the correlation and its interval in each cell.

    Parameters
    ----------
    pairs
        ``a``, ``b``, ``rho``, ``lower``, ``upper``, and ``clusters`` (or ``respondents``): how many the correlation rests on.
    """
    w, shared = subject.words("survey"), subject.words("shared")
    counted = "clusters" if "clusters" in pairs else "respondents"
    shown = [r for r in c.records(pairs) if c.number(r["rho"]) is not None]
    ids = [str(f) for f in dict.fromkeys([*pairs["a"], *pairs["b"]])]
    title = w(f"interdependence.title_{counted}", cluster=subject.cluster)
    readings = _readings(subject, shown, counted)
    alt = w("interdependence.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, ids, c.records(pairs))

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("interdependence.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("interdependence.note"),
            w("interdependence.note_names", names="; ".join(f"{f} {label(subject, f)}" for f in ids if code(f))),
            missing=len(pairs) - len(shown),
        ),
        table=c.table(
            name,
            title,
            pairs.assign(
                first=[full_name(subject, str(f)) for f in pairs["a"]],
                second=[full_name(subject, str(f)) for f in pairs["b"]],
            ),
            (
                TableColumn("first", w("interdependence.first")),
                TableColumn("second", w("interdependence.second")),
                TableColumn("rho", w("interdependence.rho"), "correlation", 2),
                TableColumn("lower", shared("lower"), "correlation", 2, interval_of="rho"),
                TableColumn("upper", shared("upper"), "correlation", 2, interval_of="rho"),
                TableColumn(counted, w(f"interdependence.{counted}"), "", 0),
            ),
        ),
        framework_ids=tuple(ids),
        predict=w("interdependence.predict"),
        look=w("interdependence.look"),
        discuss=w.several("interdependence.discuss"),
        explanations=c.explanations(
            chance=_chance(subject, shown, counted),
            data=w("interdependence.data"),
        ),
    )


def _readings(subject: Subject, shown: list[dict[str, Any]], counted: str) -> tuple[str, ...]:
    w, n = subject.words("survey"), subject.numbers
    if not shown:
        return (w("interdependence.nothing"),)
    many = [c.whole(r[counted]) for r in shown]
    apart = [r for r in shown if c.number(r["lower"]) is not None and (float(r["lower"]) > 0 or float(r["upper"]) < 0)]
    said = [
        w(
            "interdependence.rests",
            pairs=n.number(len(shown)),
            many=n.span(min(many), max(many)),
            counted=w(f"interdependence.{counted}").lower(),
        ),
        w("interdependence.apart", n=len(apart), number=n.number(len(apart)), all=n.number(len(shown))),
    ]
    for key, chosen in (("highest", max), ("lowest", min)):
        r = chosen(shown, key=lambda r: float(r["rho"]))
        said.append(
            w(
                f"interdependence.{key}",
                a=full_name(subject, str(r["a"])),
                b=full_name(subject, str(r["b"])),
                rho=n.interval(*c.spans_known(r, "rho"), "correlation", 2),
            )
        )
        if len(shown) == 1:
            break
    return tuple(said)


def _chance(subject: Subject, shown: list[dict[str, Any]], counted: str) -> str:
    """Say how wide the widest interval is, and on how many the correlations rest."""
    known = [(float(r["lower"]), float(r["upper"])) for r in shown if c.number(r["lower"]) is not None]
    if not known:
        return ""
    w, n = subject.words("survey"), subject.numbers
    low, high = max(known, key=lambda pair: pair[1] - pair[0])
    most = max(c.whole(r[counted]) for r in shown)
    return w("interdependence.chance", number=n.number(most), low=n.number(low, 2), high=n.number(high, 2))


def _draw(sheet: Sheet, subject: Subject, ids: list[str], pairs: list[dict[str, Any]]) -> None:
    """Draw the lower triangle: a row for each factor but the first, a column for each but the last."""
    small, size, n = sheet.small_size, sheet.text_size, subject.numbers
    count = max(len(ids) - 1, 1)
    names = [code(f) or label(subject, f) for f in ids]
    left = sheet.widest(names, size, 700) + 8
    cell = (sheet.width - left) / count
    tall = min(46.0, max(32.0, cell * 0.7))
    top = small + 8
    sheet.open(top + tall * count + 22)
    known = {frozenset((str(r["a"]), str(r["b"]))): r for r in pairs}
    for i, below in enumerate(ids[1:]):
        y = top + tall * i
        sheet.text(0, y + tall / 2, names[i + 1], weight=700, middle=True)
        for k, across in enumerate(ids[: i + 1]):
            x = left + cell * k
            record = known.get(frozenset((below, across)))
            _cell(sheet, record, (x, y, cell, tall), n.number)
    for k, title in enumerate(names[:-1]):
        sheet.text(left + cell * (k + 0.5), small + 1, title, weight=700, anchor="center")
    y = top + tall * count + 13
    x = left + 3
    sheet.text(x, y, n.number(-1), size=small, colour="muted")
    sheet.text(left + cell / 2, y, "0", size=small, colour="muted", anchor="center")
    sheet.text(left + cell - 3, y, "1", size=small, colour="muted", anchor="right")


def _cell(sheet: Sheet, record: dict[str, Any] | None, box: tuple[float, float, float, float], number: Any) -> None:
    x, y, wide, tall = box
    pad = 4.0
    low, middle, high = x + pad, x + wide / 2, x + wide - pad
    axis = y + tall - 10
    sheet.path(
        [(x + 1, y + 1), (x + wide - 1, y + 1), (x + wide - 1, y + tall - 1), (x + 1, y + tall - 1), (x + 1, y + 1)],
        fill="wash",
    )
    sheet.segments([(low, axis), (middle, axis - 4)], [(high, axis), (middle, axis + 4)], stroke="edge", width=0.6)
    rho = c.number(record["rho"]) if record else None
    if record is None or rho is None:
        sheet.text(middle, y + 14, "–", size=sheet.small_size, colour="muted", anchor="center")
        return
    lower, upper = c.number(record["lower"]), c.number(record["upper"])
    sure = lower is not None and upper is not None and (lower > 0 or upper < 0)

    def at(value: float) -> float:
        return low + (max(-1.0, min(1.0, value)) + 1) / 2 * (high - low)

    colour = "accent" if sure else "reference"
    if lower is not None and upper is not None and math.isfinite(lower):
        sheet.segments([(at(lower), axis)], [(at(upper), axis)], stroke=colour, width=2.0, opacity=0.6)
    sheet.dots([(at(rho), axis)], colour=colour, size=5.0, hollow=not sure)
    sheet.text(
        middle, y + 14, number(rho, 2), size=sheet.small_size, weight=700 if sure else 400,
        colour="accent" if sure else "muted", anchor="center",
    )  # fmt: skip
