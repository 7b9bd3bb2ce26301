"""F4 and F5: who has reviewed whom, and what became of what was agreed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.measuring import shortened
from allrise.figures.rows import Mark, Row, row_chart
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def coverage_matrix(matrix: pd.DataFrame, subject: Subject, *, name: str = "coverage_matrix") -> Figure:
    """Show which schools reviewed which: a dot, and how often.

    Parameters
    ----------
    matrix
        ``reviewer_id``, ``reviewer``, ``reviewer_letter``, ``reviewed_id``, ``reviewed``, ``reviewed_letter``, ``reviews``, ``last_on``;
        every ordered pair of two schools.
    """
    w, shared, n = subject.words("practice"), subject.words("shared"), subject.numbers
    cells = c.records(matrix)
    names = {c.text(r["reviewer_letter"]): c.text(r["reviewer"]) for r in cells}
    names |= {c.text(r["reviewed_letter"]): c.text(r["reviewed"]) for r in cells}
    letters = sorted(names, key=lambda text: (len(text), text))
    done = [r for r in cells if c.whole(r["reviews"]) > 0]
    counts = {(c.text(r["reviewer_letter"]), c.text(r["reviewed_letter"])): c.whole(r["reviews"]) for r in done}
    title = w("coverage.title", cluster=subject.cluster)
    readings = _coverage_readings(subject, letters, counts)
    alt = w("coverage.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw_matrix(sheet, subject, letters, names, counts)

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("coverage.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(
            subject,
            w("coverage.note", schools=c.sentence(n.count(len(letters), "school"))),
            interval=False,
        ),
        table=c.table(
            name,
            title,
            _school_table(letters, names, counts),
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("received", w("coverage.times_received"), "", 0),
                TableColumn("by", w("coverage.by")),
                TableColumn("given", w("coverage.times_given"), "", 0),
                TableColumn("of", w("coverage.of")),
                TableColumn("both_ways", w("coverage.both_ways"), "", 0),
            ),
        ),
        framework_ids=("F4", "F5"),
        predict=w("coverage.predict"),
        look=w("coverage.look"),
        discuss=w.several("coverage.discuss"),
        explanations=c.explanations(practice=w("coverage.practice"), data=w("coverage.data")),
        headline=True,
    )


def _school_table(letters: list[str], names: dict[str, str], counts: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Return a row a school: how often it was reviewed and by whom, how often it reviewed and whom."""
    rows: list[dict[str, Any]] = []
    for x in letters:
        by, of = [a for a in letters if (a, x) in counts], [b for b in letters if (x, b) in counts]
        rows.append(
            {
                "letter": x,
                "school": names[x],
                "received": sum(counts[a, x] for a in by),
                "by": ", ".join(by),
                "given": sum(counts[x, b] for b in of),
                "of": ", ".join(of),
                "both_ways": sum(b in by for b in of),
            }
        )
    return pd.DataFrame(rows, columns=["letter", "school", "received", "by", "given", "of", "both_ways"])


def _coverage_readings(subject: Subject, letters: list[str], counts: dict[tuple[str, str], int]) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    if not counts:
        return (w("coverage.nothing"),)
    reviewed, reviewing = {b for _, b in counts}, {a for a, _ in counts}
    mutual = {a for a, b in counts if (b, a) in counts}
    every = n.count(len(letters), "school")
    said = [
        w("coverage.received", n=len(reviewed), number=n.number(len(reviewed)), all=every),
        w("coverage.gave", n=len(reviewing), number=n.number(len(reviewing)), all=every),
        w("coverage.mutual", n=len(mutual), number=n.number(len(mutual))),
    ]
    absent = tuple(x for x in letters if x not in reviewed)
    if absent and len(absent) <= 6:
        said.append(w("coverage.absent", rows=n.listed(absent)))
    return tuple(said)


def _draw_matrix(
    sheet: Sheet, subject: Subject, letters: list[str], names: dict[str, str], counts: dict[tuple[str, str], int]
) -> None:
    w = subject.words("practice")
    size, small, count = sheet.text_size, sheet.small_size, max(len(letters), 1)
    code = sheet.widest(letters, size, 700) + 7
    room = 0.0 if sheet.compact else min(220.0 if count <= 10 else 170.0, sheet.widest(names.values(), small))
    left = code + (room + 10 if room else 0)
    cell = min(26.0, (sheet.width - left) / count)
    top = small * 2 + 14
    sheet.open(top + cell * count + 8)
    if sheet.compact:
        sheet.text(0, small, w("coverage.axes"), size=small, colour="muted")
    else:
        sheet.text(left, small, w("coverage.axis_column"), size=small, colour="muted")
        sheet.text(0, top - 8, w("coverage.axis_row"), size=small, colour="muted")
    narrow = cell < sheet.widest(letters, small, 700) + 2
    for i, letter in enumerate(letters):
        x, y = left + cell * (i + 0.5), top + cell * (i + 0.5)
        if not narrow or i % 2 == 0:
            sheet.text(x, top - 6, letter, size=small, weight=700, anchor="center")
        sheet.text(0, y, letter, size=small if narrow else size, weight=700, middle=True)
        if room:
            sheet.text(code, y, shortened(names[letter], room, small), size=small, middle=True)
        sheet.rectangle(left + cell * i + 0.5, top + cell * i + 0.5, left + cell * (i + 1) - 0.5,
                        top + cell * (i + 1) - 0.5, fill="rule")  # fmt: skip
    lines = [left + cell * i for i in range(count + 1)]
    sheet.segments(
        [*((x, top) for x in lines), *((left, top + x - left) for x in lines)],
        [*((x, top + cell * count) for x in lines), *((left + cell * count, top + x - left) for x in lines)],
        stroke="rule",
        width=0.6,
    )
    at = {letter: i for i, letter in enumerate(letters)}
    for (a, b), times in counts.items():
        x, y = left + cell * (at[b] + 0.5), top + cell * (at[a] + 0.5)
        sheet.dots([(x, y)], colour="accent", size=min(cell - 4, 16.0), ring=False)
        if times > 1 and cell >= 14:
            sheet.text(x, y, str(times), size=small, weight=700, colour="on_accent", anchor="center", middle=True)


def review_actions(actions: pd.DataFrame, subject: Subject, *, name: str = "review_actions") -> Figure:
    """Show for each reviewed school how many actions were agreed, and how many of them are done.

    Parameters
    ----------
    actions
        ``school_id``, ``school``, ``letter``, ``reviews``, ``with_actions``, ``actions_agreed``, ``actions_done``, ``done_share``,
        ``followed_up``, ``median_days_to_follow_up``.
    """
    w, shared, n = subject.words("practice"), subject.words("shared"), subject.numbers
    title = w("actions.title", cluster=subject.cluster)
    shown = [
        r for r in c.records(actions) if c.number(r["actions_agreed"]) is not None and c.whole(r["with_actions"]) > 0
    ]
    readings = _action_readings(subject, shown, c.records(actions))
    alt = w("actions.alt", readings=" ".join(readings))
    agreed, done = Mark(0, colour="reference", hollow=True, size=7.0), Mark(0)
    rows = [_action_row(subject, r) for r in c.records(actions)]

    def draw(sheet: Sheet) -> None:
        row_chart(
            sheet,
            rows,
            tick=n.number,
            key=((w("actions.agreed"), agreed), (w("actions.done"), done)),
            note_label=w("actions.followed"),
            bounds=(0.0, None),
            zero=True,
            least=5.0,
        )

    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("actions.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("actions.note"), interval=False),
        table=c.table(
            name,
            title,
            actions,
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("reviews", w("actions.reviews"), "", 0),
                TableColumn("actions_agreed", w("actions.agreed"), "", 0),
                TableColumn("actions_done", w("actions.done"), "", 0),
                TableColumn("followed_up", w("actions.followed"), "", 0),
            ),
        ),
        framework_ids=("F5", "F4"),
        predict=w("actions.predict"),
        look=w("actions.look"),
        discuss=w.several("actions.discuss"),
        explanations=c.explanations(practice=w("actions.practice"), data=w("actions.data")),
    )


def _action_row(subject: Subject, record: dict[str, Any]) -> Row:
    w, n = subject.words("practice"), subject.numbers
    agreed, done = c.number(record["actions_agreed"]), c.number(record["actions_done"])
    known = agreed is not None and done is not None and c.whole(record["with_actions"]) > 0
    reviews = c.whole(record["reviews"])
    return Row(
        c.text(record["letter"]),
        c.text(record["school"]),
        (Mark(agreed or 0.0, colour="reference", hollow=True, size=7.0), Mark(done or 0.0)) if known else (),
        instead=w("actions.unknown" if reviews else "actions.not_reviewed"),
        note=w("actions.of", some=n.number(c.whole(record["followed_up"])), all=n.number(reviews)) if reviews else "",
        arrow=known,
    )


def _action_readings(subject: Subject, shown: list[dict[str, Any]], every: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    if not shown:
        return (w("actions.nothing"),)
    agreed = [c.whole(r["actions_agreed"]) for r in shown]
    done = sum(c.whole(r["actions_done"]) == a for r, a in zip(shown, agreed, strict=True))
    said = [
        w("actions.range", low=n.number(min(agreed)), high=n.number(max(agreed)), shown=n.count(len(shown), "school"))
        if len(shown) > 1
        else w("actions.single", school=c.text(shown[0]["school"]), agreed=n.count(agreed[0], "action"),
               done=n.number(c.whole(shown[0]["actions_done"]))),
        w("actions.all_done", n=done, number=n.number(done)),
    ]  # fmt: skip
    absent = sum(c.whole(r["reviews"]) == 0 for r in every)
    said.append(w("actions.without", n=absent, number=n.number(absent)))
    return tuple(s for s in said if s)
