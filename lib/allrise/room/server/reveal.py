"""What a revealed question shows: results in small-group steps, as values that templates draw.

Given to the service as its ``compute``. It remembers, question by question, the result shown last, because a screen
may only be replaced by one that counts a step of people more.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from allrise.room.results.agreement import agreement, consensus, divisive
from allrise.room.results.disclosure import SmallGroups, released
from allrise.room.results.distributions import AGREEING, NOT_SAID, distribution, segments
from allrise.room.results.quadrants import quadrant_answers, quadrant_map
from allrise.room.results.rankings import ranking
from allrise.room.results.themes import themes

if TYPE_CHECKING:
    from allrise.room.frames import RoomFrames
    from allrise.room.server.opinions import Opinions
    from allrise.room.snapshots import QuestionState, SessionState

Row = dict[str, Any]

#: Texts on a screen, newest first.
MOST_TEXTS = 40


@dataclass(frozen=True, slots=True)
class Revealed:
    """Results of one question.

    Attributes
    ----------
    kind
        The question's.
    counted
        People whose answers these are; 0 when there are not enough.
    answered
        People who have answered so far.
    rows
        One a thing asked about, in the question's order, or best first; what is in it depends on the kind.
    values
        The values of the bars, in order.
    by
        Segmentation (``country``, ``role``) to its names and item to segment to cell; empty until the question is closed.
    agreed, divided
        Rows of agreement across countries and roles; None until it can be judged.
    themes, texts
        Of free texts: framework ids with people, and the texts that may be shown.
    """

    kind: str
    counted: int = 0
    answered: int = 0
    rows: tuple[Row, ...] = ()
    values: tuple[int, ...] = ()
    by: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    agreed: tuple[Row, ...] | None = None
    divided: tuple[Row, ...] | None = None
    themes: tuple[Row, ...] = ()
    texts: tuple[Row, ...] = ()


class Reveal:
    """Computes and remembers; called in reader threads.

    Parameters
    ----------
    rules
        Small-group rules of the room.
    opinions
        Where opinion groups of boards are worked out; None for none.
    """

    def __init__(self, rules: SmallGroups | None = None, opinions: Opinions | None = None) -> None:
        self.rules = rules or SmallGroups()
        self._opinions = opinions
        self._shown: dict[tuple[str, str], Revealed] = {}
        self._lock = threading.Lock()

    def __call__(self, state: SessionState, name: str, frames: RoomFrames) -> Revealed:
        """Return what a question may show now."""
        question = state.question(name)
        assert question is not None
        key = (state.code, name)
        closed = question.state == "closed"
        people = _first_answers(frames)
        with self._lock:
            before = self._shown.get(key) or Revealed(question.kind)
        count = released(len(people), closed=closed, shown=before.counted, rules=self.rules)
        if count == before.counted:
            found = replace(before, answered=len(people))
        else:
            found = self._compute(question, frames, people[:count], closed=closed, answered=len(people))
        if question.kind == "text":  # each text was read before it was approved; it needs no company
            found = replace(found, texts=_texts(frames))
        with self._lock:
            self._shown[key] = found
        if question.kind == "statements" and self._opinions is not None:
            self._opinions.offer(state.code, name, frames, closed=closed)
        return found

    def _compute(
        self, question: QuestionState, frames: RoomFrames, people: list[str], *, closed: bool, answered: int
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
                by, agreed, divided = self._segments(mine, AGREEING[kind])
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
            theme_rows = tuple(
                _plain(r) for r in themes(tagged).to_dict("records") if r["people"] >= self.rules.threshold
            )
        return Revealed(kind, count, answered, tuple(rows), values, by, agreed, divided, theme_rows)

    def _segments(
        self, answers: pd.DataFrame, agreeing: frozenset[int]
    ) -> tuple[dict[str, dict[str, Any]], tuple[Row, ...] | None, tuple[Row, ...] | None]:
        tables: list[pd.DataFrame] = []
        by: dict[str, dict[str, Any]] = {}
        for kind in ("country", "role"):
            if not bool(answers[kind].notna().any()):
                continue
            table = segments(answers, kind, agreeing, rules=self.rules)
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
