"""F1: each school's value, with its interval; never in the order of the values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.rows import Mark, Reference, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def school_levels(
    levels: pd.DataFrame,
    subject: Subject,
    *,
    cluster_value: float | None = None,
    system_value: float | None = None,
    name: str = "school_levels",
) -> Figure:
    """Show each school's value as a dot on its interval, in alphabetical order, beside cluster and system.

    Parameters
    ----------
    levels
        ``school_id``, ``school``, ``letter``, ``pupils``, ``value``, ``lower``, ``upper``, ``status``; rows in the order of their
        letters. A row with a status shows its symbol and no value.
    subject
        Cluster, measure, period (one year).
    cluster_value, system_value
        The two reference lines, from ``cluster_trend`` of that year.
    """
    w, shared = subject.words("outcomes"), subject.words("shared")
    title = w("school_levels.title", measure=subject.measure, cluster=subject.cluster)
    shown = [r for r in c.records(levels) if c.number(r["value"]) is not None]
    between = [(subject.cluster, cluster_value, "accent"), (subject.system, system_value, "reference")]
    references = [
        Reference(v, f"{c.sentence(who)} {subject.tick(v)}", colour, "5 3" if colour == "reference" else "solid")
        for who, v, colour in between
        if v is not None
    ]
    readings = _readings(subject, levels, shown, [(who, v) for who, v, _ in between if v is not None])
    alt = w("school_levels.alt", readings=" ".join(readings))
    counted = not shown or any(c.number(r["pupils"]) is not None for r in shown)
    rows = [school_row(subject, r, "value", counted=counted) for r in c.records(levels)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=subject.tick,
            references=references,
            note_label=shared("pupils") if counted else "",
            bounds=subject.bounds,
            least=subject.least_span,
        )

    together = sum(c.whole(r["pupils"]) for r in shown)
    note = w(
        "school_levels.note",
        schools=c.sentence(subject.numbers.count(len(shown), "school")),
        pupils=subject.numbers.count(together, "pupil"),
    )
    smallest = min((c.whole(r["pupils"]) for r in shown if c.number(r["pupils"]) is not None), default=0)
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w(
            "school_levels.subtitle_public" if subject.audience == "public" else "school_levels.subtitle",
            unit=c.sentence(c.unit_words(subject)),
            period=subject.period,
        ),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            note if counted else w("school_levels.no_pupils"),
            interval=any(c.number(r["lower"]) is not None for r in shown),
        ),
        table=c.table(
            name,
            title,
            with_references(levels, between),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("pupils", shared("pupils"), "pupils", 0),
                *c.value_columns(subject, "value", w("value")),
            ),
            hiding=c.Hiding(("pupils", "value", "lower", "upper")),
        ),
        framework_ids=("F1",),
        predict=w("school_levels.predict", measure=subject.measure, cluster=subject.cluster),
        look=w(
            "school_levels.look"
            if any(c.number(r["lower"]) is not None for r in shown)
            else "school_levels.look_no_interval"
        ),
        discuss=w.several("school_levels.discuss"),
        explanations=c.explanations(
            chance=w("school_levels.chance", low=subject.numbers.count(smallest, "pupil")) if counted else "",
            intake=w("school_levels.intake"),
            data="" if counted else w("school_levels.no_pupils"),
        ),
    )


def school_row(subject: Subject, record: dict[str, Any], key: str, *, counted: bool = True) -> Row:
    """Return the row of a school with one value, or with what is said instead."""
    value = c.number(record[key])
    pupils = c.number(record.get("pupils"))
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        (Mark(value, c.number(record["lower"]), c.number(record["upper"])),) if value is not None else (),
        instead=instead(subject, c.text(record.get("status"))),
        note=subject.numbers.number(pupils) if counted and pupils is not None and value is not None else "",
    )


def instead(subject: Subject, status: str) -> str:
    """Return what stands in a row without a value: why, and its symbol."""
    shared = subject.words("shared")
    status = status or "x"
    key = f"shown.{status}"
    return f"{shared(key if key in shared else 'shown.hidden')} [{status}]"


def with_references(
    frame: pd.DataFrame, references: list[tuple[str, float | None, str]], *, value: str = "value"
) -> pd.DataFrame:
    """Add the reference lines as last rows, so that the table holds all that the chart shows."""
    rows = [
        {"letter": "", "school": c.sentence(who), value: number, "status": ""}
        for who, number, _ in references
        if number is not None
    ]
    if not rows:
        return frame
    extra = pd.DataFrame(rows).reindex(columns=frame.columns)
    kept = {k: t for k, t in frame.dtypes.items() if k in extra}
    return pd.concat([frame, extra.astype(kept)], ignore_index=True)


def _readings(
    subject: Subject, levels: pd.DataFrame, shown: list[dict[str, Any]], references: list[tuple[str, float]]
) -> tuple[str, ...]:
    w, n = subject.words("outcomes"), subject.numbers
    said: list[str] = []
    if not shown:
        said.append(w("school_levels.nothing"))
    elif len(shown) == 1:
        only = shown[0]
        said.append(
            w("school_levels.single", school=c.text(only["school"]), value=subject.interval(*c.spans_known(only)))
        )
    else:
        values = [float(r["value"]) for r in shown]
        said.append(
            w(
                "school_levels.range",
                shown=n.count(len(shown), "school"),
                low=subject.value(min(values)),
                high=subject.value(max(values)),
            )
        )
        pupils = [c.whole(r["pupils"]) for r in shown if c.number(r["pupils"]) is not None]
        if pupils:
            said.append(
                w(
                    "school_levels.pupils",
                    low=n.count(min(pupils), "pupil"),
                    high=n.count(max(pupils), "pupil"),
                )
            )
    known = [(low, high) for r in shown for _, low, high in [c.spans(r)] if low is not None and high is not None]
    if known:
        for who, value in references:
            inside = sum(low <= value <= high for low, high in known)
            said.append(
                w("school_levels.includes", n=inside, number=n.number(inside), who=who, value=subject.value(value))
            )
    hidden = len(levels) - len(shown)
    if hidden and shown:
        said.append(w("school_levels.hidden", n=hidden, number=n.number(hidden)))
    return tuple(said)
