"""F6: stages over the years, and public commitments with their four marks and how they stand."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, Table, TableColumn
from allrise.content.numbers import Numbers, decimals_for
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import text_width, wrapped
from allrise.figures.panel import Panel
from allrise.figures.scales import spaced
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject
from allrise.figures.survey_profile import label

MARKS = ("what", "how", "who", "where")
STAGES = ("collaboration", "co_responsibility", "shared_accountability")


def stages_over_time(stages: pd.DataFrame, subject: Subject, *, name: str = "stages_over_time") -> Figure:
    """Show the stage that the cluster says it has reached, year by year, as steps.

    Parameters
    ----------
    stages
        ``time_period``, ``stage``, ``step`` (1..3), ``moved``.
    """
    w, shared, n = subject.words("practice"), subject.words("shared"), subject.numbers
    rows = c.records(stages.sort_values("time_period"))
    title = w("stages.title", cluster=subject.cluster)
    said = [
        w(
            "stages.now" if i == len(rows) - 1 else "stages.then",
            year=n.year(c.whole(r["time_period"])),
            stage=label(subject, str(r["stage"])),
            step=n.number(c.whole(r["step"])),
        )
        for i, r in enumerate(rows)
    ]
    readings = tuple(reversed(said)) or (w("stages.nothing"),)
    alt = w("stages.alt", readings=" ".join(said) or readings[0])

    def draw(sheet: Sheet) -> None:
        _draw_steps(sheet, subject, rows)

    last = rows[-1] if rows else None
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("stages.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("stages.note"), interval=False),
        table=c.table(
            name,
            title,
            stages.assign(said=[label(subject, str(s)) for s in stages["stage"]]),
            (
                TableColumn("time_period", shared("year")),
                TableColumn("said", w("stages.stage")),
                TableColumn("step", w("stages.step"), "", 0),
            ),
        ),
        framework_ids=("F6",),
        predict=w("stages.predict", cluster=subject.cluster),
        look=w("stages.look"),
        discuss=w.several("stages.discuss"),
        explanations=c.explanations(
            practice=w(
                "stages.practice", step=n.number(c.whole(last["step"])), year=n.year(c.whole(last["time_period"]))
            )
            if last
            else "",
            data=w("stages.data"),
        ),
    )


def _draw_steps(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]]) -> None:
    size, small, n = sheet.text_size, sheet.small_size, subject.numbers
    names = [label(subject, s) for s in STAGES]
    texts = [wrapped(t, 84.0 if sheet.compact else 150.0, size, lines=2) for t in names]
    left = sheet.widest([line for t in texts for line in t]) + 14
    sheet.open(170)
    years = [c.whole(r["time_period"]) for r in rows]
    first, last = (years[0], years[-1]) if len(set(years)) > 1 else ((years or [0])[0] - 1, (years or [0])[0] + 1)
    edge = sheet.widest([n.year(y) for y in years], small) / 2 + 2
    panel = Panel(sheet, left + edge, 16, sheet.width - edge, 140, x=(first, last), y=(0.6, 3.4))
    for step, text in enumerate(texts, 1):
        y = panel.y(step)
        sheet.segments([(left, y)], [(sheet.width, y)], stroke="rule", width=0.6)
        for k, line in enumerate(text):
            sheet.text(0, y + 12.5 * (k - (len(text) - 1) / 2), line, middle=True)
    points = [(panel.x(c.whole(r["time_period"])), panel.y(c.whole(r["step"]))) for r in rows]
    path: list[tuple[float, float]] = []
    for point in points:  # a step is taken when it is said, not between two years
        path += [(point[0], path[-1][1]), point] if path else [point]
    if len(path) > 1:
        sheet.path(path, stroke="accent", width=2.2)
    sheet.dots(points, colour="accent", size=8.0)
    places = [panel.x(y) for y in years]
    for i in spaced(places, [text_width(n.year(y), small) for y in years]):
        sheet.text(places[i], 158, n.year(years[i]), size=small, colour="muted", anchor="center")


def commitment_marks(marks: pd.DataFrame, subject: Subject, *, name: str = "commitment_marks") -> Figure:
    """Show for each public commitment which of the four marks of going public it has.

    Parameters
    ----------
    marks
        ``commitment_id``, ``what``, ``who``, ``where``, ``due_on``, ``status``, ``has_what``, ``has_how``, ``has_who``, ``has_where``,
        ``marks``, ``overdue``.
    """
    w = subject.words("practice")
    rows = c.records(marks)
    letters = tuple(chr(65 + i) if i < 26 else f"A{chr(39 + i)}" for i in range(len(rows)))
    title = w("marks.title", cluster=subject.cluster)
    readings = _mark_readings(subject, rows)
    alt = w("marks.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw_marks(sheet, subject, rows, letters)

    words = {True: w("marks.said"), False: w("marks.left_open")}
    table = marks.assign(
        what=[c.text(r["what"]) or w("not_said") for r in rows],
        letter=letters,
        due=[subject.numbers.day(c.text(r["due_on"])) for r in rows],
        state=[w(key) if (key := f"marks.state.{c.text(r['status'])}") in w else c.text(r["status"]) for r in rows],
        **{f"said_{m}": [words[bool(v)] for v in marks[f"has_{m}"]] for m in MARKS},
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("marks.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("marks.note"), interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("letter", subject.words("shared")("row")),
                TableColumn("what", w("progress.commitment")),
                *(TableColumn(f"said_{m}", w(f"marks.{m}")) for m in MARKS),
                TableColumn("due", w("marks.due")),
                TableColumn("state", w("marks.status")),
            ),
        ),
        framework_ids=("F6", *MARKS),
        predict=w("marks.predict"),
        look=w("marks.look"),
        discuss=w.several("marks.discuss"),
        explanations=c.explanations(practice=w("marks.practice")),
    )


def _mark_readings(subject: Subject, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    if not rows:
        return (w("marks.nothing"),)
    every = n.count(len(rows), "commitment")
    full = sum(all(bool(r[f"has_{m}"]) for m in MARKS) for r in rows)
    open_ = {m: sum(not bool(r[f"has_{m}"]) for r in rows) for m in MARKS}
    most = max(MARKS, key=lambda m: open_[m])
    late = sum(bool(r["overdue"]) for r in rows)
    said = [w("marks.all_four", n=full, number=n.number(full), all=every)]
    if open_[most]:
        said.append(
            w("marks.open", mark=w(f"marks.{most}").lower(), number=n.number(open_[most]), all=n.number(len(rows)))
        )
    said.append(w("marks.overdue", n=late, number=n.number(late)))
    return tuple(said)


def _draw_marks(sheet: Sheet, subject: Subject, rows: list[dict[str, Any]], letters: tuple[str, ...]) -> None:
    w, small = subject.words("practice"), sheet.small_size
    cell = 34.0 if sheet.compact else 56.0
    code = sheet.widest(letters, weight=700) + 8
    right = sheet.width - cell * len(MARKS)
    names = [wrapped(c.text(r["what"]) or w("not_said"), right - code - 8, sheet.text_size, lines=3) for r in rows]
    heights = [max(24.0, 12.5 * len(t) + 10) for t in names]
    top = small + 10
    sheet.open(top + sum(heights) + 6)
    for k, m in enumerate(MARKS):
        sheet.text(right + cell * (k + 0.5), small + 1, w(f"marks.{m}"), size=small, colour="muted", anchor="center")
    y = top
    for r, letter, text, height in zip(rows, letters, names, heights, strict=True):
        middle = y + height / 2
        for k, line in enumerate(text):
            sheet.text(code, middle + 12.5 * (k - (len(text) - 1) / 2), line, middle=True)
        sheet.text(0, middle - 12.5 * (len(text) - 1) / 2, letter, weight=700, middle=True)
        for k, m in enumerate(MARKS):
            said = bool(r[f"has_{m}"])
            sheet.dots(
                [(right + cell * (k + 0.5), middle)],
                colour="accent" if said else "reference",
                size=11.0,
                hollow=not said,
            )
        y += height
        sheet.segments([(0, y)], [(sheet.width, y)], stroke="rule", width=0.6)


def progress_table(progress: pd.DataFrame, subject: Subject, *, name: str = "commitment_progress") -> Table:
    """Return how each commitment with a measure stands: when made, now with its interval, to reach, and what can be said.

    Units differ from row to row, so values are texts with their units.

    Parameters
    ----------
    progress
        ``commitment_id``, ``what``, ``pupil_group``, ``unit``, ``baseline``, ``target``, ``due_on``, ``time_period``, ``value``,
        ``lower``, ``upper``, ``way_share``, ``target_within``, ``baseline_within``.
    """
    w, n = subject.words("practice"), subject.numbers
    rows = c.records(progress)
    table = progress.assign(
        what=[c.text(r["what"]) or w("not_said") for r in rows],
        now=[_now(n, r) for r in rows],
        when_made=[_value(n, r, "baseline") for r in rows],
        to_reach=[_value(n, r, "target") for r in rows],
        due=[subject.numbers.day(c.text(r["due_on"])) for r in rows],
        reading=[w(f"progress.{_standing(r)}") for r in rows],
    )
    return c.table(
        name,
        w("progress.title", cluster=subject.cluster, period=subject.period),
        table,
        (
            TableColumn("what", w("progress.commitment")),
            TableColumn("when_made", w("progress.baseline")),
            TableColumn("now", w("progress.now")),
            TableColumn("to_reach", w("progress.target")),
            TableColumn("due", w("progress.by")),
            TableColumn("reading", w("progress.reading")),
        ),
        notes=(w("progress.note"),),
    )


def _value(numbers: Numbers, record: dict[str, Any], key: str) -> str:
    unit, value = c.text(record["unit"]), c.number(record[key])
    return "" if value is None else numbers.value(value, unit, decimals_for(unit))


def _now(numbers: Numbers, record: dict[str, Any]) -> str:
    unit, value = c.text(record["unit"]), c.number(record["value"])
    if value is None:
        return ""
    said = numbers.interval(value, c.number(record["lower"]), c.number(record["upper"]), unit, decimals_for(unit))
    return f"{said}, {numbers.year(c.whole(record['time_period']))}"


def _standing(record: dict[str, Any]) -> str:
    """Say how a commitment stands; a change that could be chance is never said to be one."""
    if c.number(record["value"]) is None:
        return "none"
    way, inside, still = (
        c.number(record["way_share"]),
        c.cell(record["target_within"]),
        c.cell(record["baseline_within"]),
    )
    if way is not None and way >= 1:
        return "beyond"
    if inside is True:
        return "within"
    return "chance" if still is not False else "moved"
