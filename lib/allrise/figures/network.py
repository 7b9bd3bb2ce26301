"""F7 and F8: who works with whom, as reported; no school is ranked by how central it is."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from allrise.content.blocks import Figure, TableColumn
from allrise.figures import composing as c
from allrise.figures.drawing import draw_figure
from allrise.figures.sheet import Sheet
from allrise.figures.subject import Subject


def school_network(
    pairs: pd.DataFrame, schools: pd.DataFrame, subject: Subject, *, name: str = "school_network"
) -> Figure:
    """Show the cluster's schools on a circle in alphabetical order, and the ties between them.

    The order says nothing but the alphabet, so no layout makes a school look central.

    Parameters
    ----------
    pairs
        ``a``, ``b``, ``letter_a``, ``letter_b``, ``inside``, ``said_by_a``, ``said_by_b``, ``confirmed``, ``kinds``, ``strength``.
    schools
        ``school_id``, ``school``, ``letter``, ``ties``, ``outward``, ``status`` (``tied``, ``no tie reported``, ``no response``,
        ``named by others only``).
    """
    w, shared = subject.words("practice"), subject.words("shared")
    inside = [r for r in c.records(pairs) if bool(r["inside"])]
    title = w("network.title", cluster=subject.cluster)
    readings = _readings(subject, inside, c.records(schools))
    alt = w("network.alt", readings=" ".join(readings))

    def draw(sheet: Sheet) -> None:
        _draw(sheet, subject, inside, c.records(schools))

    table = schools.assign(
        said=[
            w(key) if (key := f"network.status.{c.text(s).replace(' ', '_')}") in w else "" for s in schools["status"]
        ]
    )
    return draw_figure(
        name,
        draw,
        title=title,
        subtitle=w("network.subtitle", period=subject.period),
        alt=alt,
        readings=readings,
        notes=c.notes(subject, w("network.note"), interval=False),
        table=c.table(
            name,
            title,
            table,
            (
                TableColumn("letter", shared("row")),
                TableColumn("school", shared("school")),
                TableColumn("ties", w("network.inside"), "", 0),
                TableColumn("outward", w("network.outward"), "", 0),
                TableColumn("said", w("network.said")),
            ),
        ),
        framework_ids=("F7", "F8"),
        predict=w("network.predict"),
        look=w("network.look"),
        discuss=w.several("network.discuss"),
        explanations=c.explanations(practice=w("network.practice"), data=w("network.data")),
    )


def _readings(subject: Subject, inside: list[dict[str, Any]], schools: list[dict[str, Any]]) -> tuple[str, ...]:
    w, n = subject.words("practice"), subject.numbers
    status = [c.text(r["status"]) for r in schools]
    tied = sum(c.whole(r["ties"]) > 0 for r in schools)
    outward = sum(c.whole(r["outward"]) > 0 for r in schools)
    said = [
        w("network.tied", n=tied, number=n.number(tied), all=n.count(len(schools), "school")),
        w("network.outward_reading", n=outward, number=n.number(outward)),
    ]
    for key in ("no tie reported", "no response"):
        count = status.count(key)
        if count:
            said.append(w(f"network.{key.replace(' ', '_')}", n=count, number=n.number(count)))
    if not inside:
        said.insert(0, w("network.nothing"))
    return tuple(said)


def _draw(sheet: Sheet, subject: Subject, inside: list[dict[str, Any]], schools: list[dict[str, Any]]) -> None:
    w, small = subject.words("practice"), sheet.small_size
    side = 250.0 if sheet.compact else 320.0
    key = 34.0
    sheet.open(side + key)
    middle_x, middle_y, radius = sheet.width / 2, key + side / 2, side / 2 - 34
    place: dict[str, tuple[float, float]] = {}
    angle: dict[str, float] = {}
    for i, r in enumerate(schools):
        turn = -math.pi / 2 + 2 * math.pi * i / max(len(schools), 1)
        angle[c.text(r["letter"])] = turn
        place[c.text(r["letter"])] = (middle_x + radius * math.cos(turn), middle_y + radius * math.sin(turn))
    ends = [(c.text(r["letter_a"]), c.text(r["letter_b"]), bool(r["confirmed"])) for r in inside]
    for confirmed, colour, dash in ((False, "reference", "4 3"), (True, "accent", "solid")):
        chosen = [(a, b) for a, b, both in ends if both == confirmed and a in place and b in place]
        sheet.segments(
            [place[a] for a, _ in chosen],
            [place[b] for _, b in chosen],
            stroke=colour,
            width=1.6 if confirmed else 1.0,
            dash=dash,
            opacity=0.75,
        )
    for r in schools:
        letter = c.text(r["letter"])
        x, y = place[letter]
        turn, outward = angle[letter], c.whole(r["outward"])
        if outward:  # a short stub outwards says that ties leave the cluster, its number how many
            far = (middle_x + (radius + 17) * math.cos(turn), middle_y + (radius + 17) * math.sin(turn))
            sheet.segments([(x, y)], [far], stroke="category_2", width=1.4)
            sheet.text(
                middle_x + (radius + 25) * math.cos(turn), middle_y + (radius + 25) * math.sin(turn),
                f"+{outward}", size=small, colour="muted", anchor="center", middle=True,
            )  # fmt: skip
        silent = c.text(r["status"]) in {"no response", "named by others only"}
        sheet.dots([(x, y)], colour="accent", size=19.0, hollow=silent)
        sheet.text(
            x,
            y,
            letter,
            size=small,
            weight=700,
            colour="accent" if silent else "on_accent",
            anchor="center",
            middle=True,
        )
    _key(sheet, [w("network.key_confirmed"), w("network.key_one"), w("network.key_outward"), w("network.key_silent")])


def _key(sheet: Sheet, labels: list[str]) -> None:
    x, y = 0.0, 8.0
    for k, label in enumerate(labels):
        width = 30 + sheet.widest([label], sheet.small_size) + 14
        if x and x + width - 14 > sheet.width:
            x, y = 0.0, y + 14
        if k == 3:
            sheet.dots([(x + 11, y)], colour="accent", size=10.0, hollow=True)
        else:
            sheet.segments([(x, y)], [(x + 22, y)], stroke=("accent", "reference", "category_2")[k],
                           width=1.6, dash="4 3" if k == 1 else "solid")  # fmt: skip
        sheet.text(x + 27, y, label, size=sheet.small_size, colour="muted", middle=True)
        x += width
