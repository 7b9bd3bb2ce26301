"""Works out what a revealed question shows: results in small-group steps.

A screen may only be replaced by one that counts a step of people more, so the result shown last is part of the
question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from allrise.room.results.agreement import agreement, consensus, divisive
from allrise.room.results.disclosure import SmallGroups, released
from allrise.room.results.distributions import AGREEING, NOT_SAID, distribution, segments
from allrise.room.results.quadrants import quadrant_answers, quadrant_map
from allrise.room.results.rankings import ranking
from allrise.room.results.themes import themes
from allrise.room.server.revealed import Revealed, Row

if TYPE_CHECKING:
    from allrise.room.frames import RoomFrames
    from allrise.room.snapshots import QuestionState, SessionState

#: Texts on a screen, newest first.
MOST_TEXTS = 40


def reveal(
    state: SessionState, name: str, frames: RoomFrames, before: Revealed | None, rules: SmallGroups | None = None
) -> Revealed:
    """Return what a question may show now.

    Parameters
    ----------
    state
        The session, as it was when the frames were read.
    name
        Of the question.
    frames
        Its answers.
    before
        What was shown last; None when nothing was.
    rules
        Small-group rules of the room.
    """
    rules = rules or SmallGroups()
    question = state.question(name)
    assert question is not None
    closed = question.state == "closed"
    people = _first_answers(frames)
    before = before or Revealed(question.kind)
    count = released(len(people), closed=closed, shown=before.counted, rules=rules)
    if count == before.counted:
        found = replace(before, answered=len(people))
    else:
        found = _computed(question, frames, people[:count], rules, closed=closed, answered=len(people))
    if question.kind == "text":  # each text was read before it was approved; it needs no company
        found = replace(found, texts=_texts(frames))
    return found


def _computed(
    question: QuestionState,
    frames: RoomFrames,
    people: list[str],
    rules: SmallGroups,
    *,
    closed: bool,
    answered: int,
) -> Revealed:
    count = len(people)
    mine: Any = frames.answers[frames.answers["participant"].isin(people)]
    kind = question.kind
    rows: list[Row]
    values: tuple[int, ...] = ()
    by: dict[str, dict[str, Any]] = {}
    agreed = divided = None
    if kind in AGREEING:
        items = [item.name for item in question.items]
        values = (1,) if kind == "choice" else tuple(range(question.items[0].lowest, question.items[0].highest + 1))
        mine = _choices_with_zeroes(mine, items) if kind == "choice" else mine
        rows = _bars(mine, items, values, AGREEING[kind])
        if closed:
            by, agreed, divided = _segments(mine, AGREEING[kind], rules)
    elif kind == "quadrant":
        table = quadrant_map(quadrant_answers(mine))
        rows = [_plain(row) for row in table.to_dict("records")]
    elif kind == "rank":
        orders = mine.rename(columns={"item_id": "option", "value": "position"})
        rows = [_plain(r) for r in ranking(orders, [i.name for i in question.items]).to_dict("records")]
    else:
        rows = []
    theme_rows: tuple[Row, ...] = ()
    if kind == "text":
        shown: Any = frames.statements[frames.statements["state"] == "approved"]
        tagged = shown[shown["participant"].isin(people)].rename(columns={"statement": "text_id"})
        theme_rows = tuple(_plain(r) for r in themes(tagged).to_dict("records") if r["people"] >= rules.threshold)
    return Revealed(kind, count, answered, tuple(rows), values, by, agreed, divided, theme_rows)


def _segments(
    answers: pd.DataFrame, agreeing: frozenset[int], rules: SmallGroups
) -> tuple[dict[str, dict[str, Any]], tuple[Row, ...] | None, tuple[Row, ...] | None]:
    tables: list[pd.DataFrame] = []
    by: dict[str, dict[str, Any]] = {}
    for kind in ("country", "role"):
        if not bool(answers[kind].notna().any()):
            continue
        table = segments(answers, kind, agreeing, rules=rules)
        tables.append(table)
        cells: dict[str, dict[str, Row]] = {}
        for row in table.to_dict("records"):
            cells.setdefault(str(row["item_id"]), {})[str(row["segment"])] = _plain(row)
        names = sorted({str(s) for s in table["segment"]}, key=lambda s: (s == NOT_SAID, s))
        by[kind] = {"names": names, "cells": cells, "sizes": _sizes(names, cells)}
    if not tables:
        return by, None, None
    judged = agreement(pd.concat(tables))
    if bool((judged["verdict"] == "too_few").all()):
        return by, None, None
    return (
        by,
        tuple(_plain(r) for r in consensus(judged).to_dict("records")),
        tuple(_plain(r) for r in divisive(judged).to_dict("records")),
    )


def _sizes(names: list[str], cells: dict[str, dict[str, Row]]) -> dict[str, str]:
    """Return people who answered by segment, over all items: ``13`` or ``12–13``; blank where all is hidden."""
    out: dict[str, str] = {}
    for name in names:
        shown = sorted({row[name]["answered"] for row in cells.values() if name in row and not row[name]["hidden"]})
        out[name] = f"{shown[0]}–{shown[-1]}" if len(shown) > 1 else str(shown[0]) if shown else ""
    return out


def _texts(frames: RoomFrames) -> tuple[Row, ...]:
    shown: Any = frames.statements[frames.statements["state"] == "approved"]
    newest = shown.sort_values("order", ascending=False).head(MOST_TEXTS)
    return tuple({"number": int(n), "text": str(t)} for n, t in zip(newest["statement"], newest["text"], strict=True))


def _first_answers(frames: RoomFrames) -> list[str]:
    """Return who has answered, voted or written, in the order of their answers as they stand."""
    parts = [frames.answers[["participant", "order"]], frames.votes[["participant", "order"]]]
    written: Any = frames.statements
    written = written[(written["participant"] != "") & (written["state"] != "withdrawn")]
    parts.append(written[["participant", "order"]])
    everyone: Any = pd.concat(parts)
    return [str(p) for p in everyone.groupby("participant")["order"].min().sort_values(kind="stable").index]


def _choices_with_zeroes(answers: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Return one row a person and option; an option not taken may be absent from the room's answers."""
    people: Any = answers.drop_duplicates("participant")
    taken = {
        (p, i) for p, i, v in zip(answers["participant"], answers["item_id"], answers["value"], strict=True) if v == 1
    }
    return pd.concat(
        [people.assign(item_id=i, value=[int((p, i) in taken) for p in people["participant"]]) for i in items],
        ignore_index=True,
    )


def _bars(answers: pd.DataFrame, items: list[str], values: tuple[int, ...], agreeing: frozenset[int]) -> list[Row]:
    spread: dict[str, list[Row]] = {}
    for row in distribution(answers, values).to_dict("records"):
        spread.setdefault(str(row["item_id"]), []).append(_plain(row))
    flagged: Any = answers.assign(value=answers["value"].isin(list(agreeing)).astype("int64"))
    share = {str(r["item_id"]): _plain(r) for r in distribution(flagged, [1]).to_dict("records")}
    return [
        {"item_id": item, "cells": spread[item], "answered": share[item]["answered"], "agree": share[item]["n"],
         "share": share[item]["share"], "lower": share[item]["lower"], "upper": share[item]["upper"]}
        for item in items if item in spread
    ]  # fmt: skip


def _plain(row: dict[Any, Any]) -> Row:
    """Return plain numbers, and None for what is missing."""
    return {str(key): None if pd.isna(value) else _python(value) for key, value in row.items()}


def _python(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
