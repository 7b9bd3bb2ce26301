"""Chapter 08: the record of a dialogue as evidence tables, read from the ``dialogue_*`` tables of the slice alone.

Every figure is one of ``dialogue_results``, or a sum of such: what the room hid stays hidden, because it is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from allrise.chapters.chapter import Chapter
from allrise.data.profiles import profile
from allrise.data.tables import TABLES
from allrise.errors import AllriseError
from allrise.evidence.intervals import wilson
from allrise.framework import said_in

#: Values that count as agreeing, by kind of question, as the room counts them (docs/record.md).
AGREEING: Final[dict[str, frozenset[str]]] = {
    "rating": frozenset({"4", "5"}),
    "contrast": frozenset({"1", "2", "3"}),
    "choice": frozenset({"1"}),
    "statements": frozenset({"agree"}),
}
#: Most items in the figure of agreement, and most items drawn apart.
MOST_AGREED, MOST_DIVIDED = 10, 3
_PLACES: Final = ("easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet")
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
NOTHING = pd.DataFrame()
#: Tables that this chapter reads besides the sessions: no answer of anyone, no vote of anyone.
_READ: Final = ("questions", "items", "participants", "statements", "results")

Row = dict[str, Any]


@dataclass(frozen=True)
class Dialogue:
    """One session's record.

    Parameters
    ----------
    session
        Its row of ``dialogue_sessions``; empty when there is no record.
    others
        Title and day of the other sessions of this cluster.
    tables
        The session's rows of the other tables, by name without ``dialogue_``.
    """

    session: Mapping[str, Any]
    others: tuple[tuple[str, pd.Timestamp], ...]
    tables: Mapping[str, pd.DataFrame]

    @cached_property
    def questions(self) -> list[Row]:
        """Questions that were opened, in order."""
        asked = self.tables["questions"]
        return _rows(asked.loc[asked["state"] != "draft"].sort_values("position"))

    def of_kind(self, *kinds: str) -> list[Row]:
        """Return the questions of some kinds that somebody answered, in order."""
        return [q for q in self.questions if q["kind"] in kinds and q["answered"]]

    def results(self, question: str, statistic: str) -> pd.DataFrame:
        """Return a question's results of one kind; blanks in place of missing texts."""
        found = self._results.get((question, statistic))
        return self.tables["results"].iloc[:0] if found is None else found

    @cached_property
    def _results(self) -> dict[tuple[str, str], pd.DataFrame]:
        """All results, parted once: chapters ask for them a hundred times."""
        table = self.tables["results"]
        parted = table.groupby(["question_id", "statistic"], sort=False)
        return {cast("tuple[str, str]", key): rows for key, rows in parted}

    @cached_property
    def items(self) -> dict[tuple[str, str], Row]:
        """What each answer is about, by question and item: ``code``, ``label``, ``framework_id``, ``left``, ``right``."""
        found: dict[tuple[str, str], Row] = {}
        for r in _rows(self.tables["items"].sort_values(["question_id", "position"])):
            found[r["question_id"], r["item_id"]] = {
                "code": code(r["framework_id"]), "label": told(r["wording"]) or r["item_id"], "framework_id": r["framework_id"],
                "left": told(r["left_pole"]), "right": told(r["right_pole"]),
            }  # fmt: skip
        for r in sorted(_rows(self.tables["statements"]), key=lambda r: (len(r["statement_id"]), r["statement_id"])):
            if r["state"] == "approved":
                found[r["question_id"], r["statement_id"]] = {
                    "code": r["statement_id"], "label": told(r["text"]), "framework_id": "", "left": "", "right": "",
                }  # fmt: skip
        return found


def code(framework_id: str) -> str:
    """Return what people point at: ``F3``; nothing for ids without a number."""
    return framework_id if framework_id[1:].isdigit() else ""


def told(text: str) -> str:
    """Return a text as its author wrote it: without the apostrophe that keeps spreadsheets from calculating."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def latest(chapter: Chapter) -> Dialogue:
    """Return the latest session of this cluster, or of all; without a record, one that has no session and no rows."""
    if not chapter.slice.has("dialogue_sessions"):
        empty = {name: TABLES[f"dialogue_{name}"].empty() for name in _READ}
        return Dialogue({}, (), empty)
    sessions = chapter.slice.table("dialogue_sessions").sort_values(["held_on", "session_id"], kind="stable")
    rows = _rows(sessions)
    session = rows[-1]
    ours = said_in(chapter.parameters.language)
    tables: dict[str, pd.DataFrame] = {}
    for name in _READ:
        table = chapter.slice.table(f"dialogue_{name}")
        table = table.loc[table["session_id"] == session["session_id"]]
        texts = [c for c in table.columns if pd.api.types.is_string_dtype(table[c])]
        table = table.assign(**{c: table[c].fillna("") for c in texts}).reset_index(drop=True)
        # The framework's own wording is said in the pack's language; what people wrote stays as they wrote it.
        asked = [c for c in ("wording", "left_pole", "right_pole", "text") if c in texts]
        tables[name] = table.assign(**{c: [ours.get(told(str(t)), t) for t in table[c]] for c in asked})
    others = tuple((told(r["title"]), r["held_on"]) for r in reversed(rows[:-1]))
    return Dialogue(session, others, tables)


def who(chapter: Chapter, dialogue: Dialogue) -> pd.DataFrame:
    """Return who took part: ``by``, ``key``, ``segment``, ``people``.

    Segments that the record does not tell are one row each by, ``key`` blank: people who did not say, and people of groups too
    few to show. The record hides so many that this row says nothing about any one of them.
    """
    people = dialogue.tables["participants"]
    rows: list[Row] = []
    for by in ("country", "role"):
        counts = Counter(str(k) for k in people[by])
        keys = sorted((k for k in counts if k), key=lambda k: segment_name(chapter, by, k))
        rows += [
            {"by": by, "key": k, "segment": segment_name(chapter, by, k), "people": counts[k]}
            for k in (*keys, *([""] if "" in counts else []))
        ]
    return pd.DataFrame(rows, columns=["by", "key", "segment", "people"])


def segment_name(chapter: Chapter, by: str, key: str) -> str:
    """Return what a country or role is called."""
    if key in ("", "not_said"):
        return chapter.texts["not_told" if not key else "not_said"]
    if by == "role":
        return chapter.words("roles").get(key, key.replace("_", " "))
    try:
        return profile(key).name(chapter.parameters.language)
    except AllriseError:
        return key


def agreement(chapter: Chapter, dialogue: Dialogue) -> pd.DataFrame:
    """Return every item with a verdict over countries and roles, firmest agreement first.

    Returns
    -------
    ``question`` (its number), ``question_id``, ``item_id``, ``code``, ``label``, ``framework_id``, ``verdict``, ``people``, ``share``,
    ``lower``, ``upper`` (of the whole room, percent), ``least`` (segment), ``least_share``, ``least_lower``, ``least_upper``,
    ``most_share``, ``gap``, ``segments`` (how many are shown), ``shares`` (tuple).
    """
    rows: list[Row] = []
    for q in dialogue.of_kind(*AGREEING):
        whole = {r["item_id"]: r for r in _rows(spread(dialogue, q))}
        parts = _by_item(segments(chapter, dialogue, q))
        for r in _rows(dialogue.results(q["question_id"], "agreement")):
            item, found = r["item_id"], dialogue.items.get((q["question_id"], r["item_id"]))
            shown = [s for s in parts.get(item, ()) if s["status"] == ""]
            if found is None or r["status"] or not shown or whole[item]["status"]:
                continue
            least = min(shown, key=lambda s: (s["share"], s["lower"], s["segment"]))
            if q["kind"] == "contrast" and found["left"]:
                found = {**found, "label": found["left"].rstrip(".")}
            shares = tuple(s["share"] for s in shown)
            rows.append({
                "question": q["position"], "question_id": q["question_id"], "item_id": item, **found, "verdict": r["text"],
                **{k: whole[item][k] for k in ("people", "share", "lower", "upper")},
                "least": least["segment"], "least_share": least["share"], "least_lower": least["lower"],
                "least_upper": least["upper"], "most_share": max(shares), "gap": 100 * float(r["value"]),
                "segments": len(shown), "shares": shares, "firm": min(s["lower"] for s in shown),
            })  # fmt: skip
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    rank = {"agreed": 0, "leaning": 1, "mixed": 2, "low": 3, "divided": 4}
    order = table.assign(_rank=[rank[v] for v in table["verdict"]]).sort_values(
        ["_rank", "firm", "question", "item_id"], ascending=[True, False, True, True], kind="stable"
    )
    return order.drop(columns=["_rank", "firm"]).reset_index(drop=True)


def agreed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the items that are agreed everywhere, or, when none is, those with more than half everywhere."""
    for verdict in ("agreed", "leaning"):
        found = table.loc[table["verdict"] == verdict] if len(table) else table
        if len(found):
            return found.head(MOST_AGREED).reset_index(drop=True)
    return table.iloc[:0]


def divided(table: pd.DataFrame) -> pd.DataFrame:
    """Return the items on which segments lie apart, the widest gap first."""
    if table.empty:
        return table
    found = table.loc[table["verdict"] == "divided"].sort_values("gap", ascending=False, kind="stable")
    return found.head(MOST_DIVIDED).reset_index(drop=True)


def segments(chapter: Chapter, dialogue: Dialogue, question: Row, item: str = "") -> pd.DataFrame:
    """Return ``item_id``, ``by``, ``segment`` (its name), ``people``, ``share``, ``lower``, ``upper`` (percent), ``status``."""
    table = dialogue.results(question["question_id"], "segment")
    if item:
        table = table.loc[table["item_id"] == item]
    named = [segment_name(chapter, b, s) for b, s in zip(table["by"], table["segment"], strict=True)]
    found = table.assign(segment=named, share=_percent(table, "value"), lower=_percent(table, "lower"),
                         upper=_percent(table, "upper"))  # fmt: skip
    columns = ["item_id", "by", "segment", "people", "share", "lower", "upper", "status"]
    return found.sort_values(["by", "segment"], kind="stable").loc[:, columns].reset_index(drop=True)


def spread(dialogue: Dialogue, question: Row) -> pd.DataFrame:
    """Return how the answers or votes on each item are spread, in the order of the items.

    Returns
    -------
    ``position`` and ``wording`` of the question, ``item_id``, ``code``, ``label``, ``framework_id``, ``left``, ``right``,
    ``people``, ``count_V`` for each value V, ``agree``, ``share`` that agrees with its Wilson limits (percent), ``mean``,
    ``status``, ``verdict``.
    """
    name, kind = question["question_id"], question["kind"]
    given = dialogue.results(name, "vote" if kind == "statements" else "distribution")
    verdicts = {r["item_id"]: r["text"] for r in _rows(dialogue.results(name, "agreement"))}
    by_item = _by_item(given)
    rows: list[Row] = []
    for item, found in _in_order(dialogue, name, set(by_item)):
        mine = by_item[item]
        hidden = any(r["status"] != "" for r in mine)
        counts = {str(r["option"]): 0 if hidden else int(r["count"]) for r in mine}
        people = 0 if hidden else int(mine[0]["people"])
        rows.append({
            "position": question["position"], "wording": told(question["wording"]), "item_id": item, **found,
            "people": people, **{f"count_{v}": n for v, n in counts.items()},
            "agree": sum(n for v, n in counts.items() if v in AGREEING[kind]), "mean": _mean(counts),
            "status": "c" if hidden else "", "verdict": verdicts.get(item, ""),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    people = table["people"].astype("float64").where(table["status"] == "")
    share = table["agree"].astype("float64") / people
    limits = wilson(share, people)
    return table.assign(share=100 * share, lower=100 * limits.lower, upper=100 * limits.upper)


def quadrants(dialogue: Dialogue, question: Row) -> pd.DataFrame:
    """Return a quadrant question's factors: counts of the four places, ``hard`` and ``in_place`` in percent, ``status``."""
    name = question["question_id"]
    given = dialogue.results(name, "quadrant")
    rows: list[Row] = []
    for item in dict.fromkeys(given["item_id"]):
        mine = _rows(given.loc[given["item_id"] == item])
        found = dialogue.items.get((name, f"{item}/ease"), {"code": "", "label": item, "framework_id": ""})
        hidden = any(r["status"] for r in mine)
        counts: Row = dict.fromkeys(_PLACES)
        people, hard, place = None, np.nan, np.nan
        if not hidden:
            counts = {str(r["option"]): int(r["count"]) for r in mine}
            people = int(mine[0]["people"])
            hard = 100 * (counts["hard_in_place"] + counts["hard_not_yet"]) / people
            place = 100 * (counts["easy_in_place"] + counts["hard_in_place"]) / people
        rows.append({"wording": told(question["wording"]), "item_id": item, **found, "people": people, **counts,
                     "hard": hard, "in_place": place, "status": "c" if hidden else ""})  # fmt: skip
    order = {item.split("/")[0]: k for k, (q, item) in enumerate(dialogue.items) if q == name}
    return pd.DataFrame(sorted(rows, key=lambda r: order.get(r["item_id"], 0)))


def options(dialogue: Dialogue, question: Row) -> pd.DataFrame:
    """Return a choice's or ranking's options: ``people``, ``count``, ``value`` with its limits (percent, or mean place)."""
    name = question["question_id"]
    chosen = question["kind"] == "choice"
    given = dialogue.results(name, "distribution" if chosen else "ranking")
    if chosen:
        given = given.loc[given["option"] == "1"]
    scale = 100 if chosen else 1
    by_item = {r["item_id"]: r for r in _rows(given)}
    rows = [
        {"position": question["position"], "wording": told(question["wording"]), "item_id": item, **found,
         **{k: by_item[item][k] for k in ("people", "count", "status")},
         **{k: scale * _float(by_item[item][k]) for k in ("value", "lower", "upper")}}
        for item, found in _in_order(dialogue, name, set(by_item))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def fates(dialogue: Dialogue) -> pd.DataFrame:
    """Return, for every question that asked for texts, what became of them: ``question``, and a count a fate."""
    rows: list[Row] = []
    for q in dialogue.of_kind("text", "statements"):
        texts = [r for r in _rows(dialogue.tables["statements"]) if r["question_id"] == q["question_id"]]
        fate = [r["state"] for r in texts if r["source"] != "facilitator"]
        rows.append({
            "question": q["position"], "wording": told(q["wording"]), "seeds": len(texts) - len(fate),
            "written": len(fate), **{f: fate.count(f) for f in FATES},
        })  # fmt: skip
    return pd.DataFrame(rows)


FATES: Final = ("approved", "merged", "rejected", "withdrawn", "pending")


def opinion_groups(dialogue: Dialogue) -> pd.DataFrame:
    """Return, for every board with votes, whether there are opinion groups: ``question``, ``groups``, ``people``, ``finding``."""
    rows = [
        {"question": q["position"], "question_id": q["question_id"], "wording": told(q["wording"]),
         "groups": int(r["value"]), "people": int(r["people"]), "finding": r["text"]}
        for q in dialogue.of_kind("statements")
        for r in _rows(dialogue.results(q["question_id"], "groups"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "question_id", "wording", "groups", "people", "finding"])


def group_sizes(dialogue: Dialogue, question_id: str) -> dict[str, int]:
    """Return the people in each opinion group of a board."""
    return {r["segment"]: int(r["count"]) for r in _rows(dialogue.results(question_id, "group"))}


def representative(dialogue: Dialogue, question_id: str) -> pd.DataFrame:
    """Return the statements that set each opinion group apart: ``group``, ``statement``, ``label``, ``direction``, ``people``, ``share``."""
    rows = [
        {"group": r["segment"], "statement": r["item_id"], "label": dialogue.items[question_id, r["item_id"]]["label"],
         "direction": r["option"], "people": int(r["people"]), "count": int(r["count"]), "share": 100 * float(r["value"])}
        for r in _rows(dialogue.results(question_id, "representative"))
        if not r["status"] and (question_id, r["item_id"]) in dialogue.items
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "statement", "label", "direction", "people", "count", "share"])


def themes(chapter: Chapter, dialogue: Dialogue) -> pd.DataFrame:
    """Return what approved free texts are about: ``question``, ``framework_id``, ``label``, ``people`` who used it, ``writers``."""
    rows: list[Row] = []
    for q in dialogue.of_kind("text"):
        found = dialogue.results(q["question_id"], "theme")
        for r in _rows(found.loc[found["by"] == ""]):
            key = r["option"]
            label = chapter.framework[key].label if key in chapter.framework else key
            rows.append({"question": q["position"], "framework_id": key, "label": label,
                         "people": int(r["count"]), "writers": int(r["people"])})  # fmt: skip
    table = pd.DataFrame(rows, columns=["question", "framework_id", "label", "people", "writers"])
    return table.loc[table["framework_id"] != ""].reset_index(drop=True)


def approved_texts(dialogue: Dialogue, question_id: str) -> list[Row]:
    """Return the approved texts of a question: ``text`` and ``framework_ids``; who wrote them is not told."""
    return [
        {"text": told(r["text"]), "framework_ids": r["framework_ids"].split()}
        for r in _rows(dialogue.tables["statements"])
        if r["question_id"] == question_id and r["state"] == "approved" and r["text"]
    ]


def commitments(dialogue: Dialogue) -> pd.DataFrame:
    """Return the closing board's statements that more than half of the room agrees with.

    The closing board is the question ``closing``, else the last board. A statement counts when the whole lower limit of its
    share lies above one half. Columns as :func:`spread`.
    """
    boards = dialogue.of_kind("statements")
    if not boards:
        return NOTHING
    board = next((q for q in boards if q["question_id"] == "closing"), boards[-1])
    table = spread(dialogue, board)
    return table if table.empty else table.loc[table["lower"] > 50].reset_index(drop=True)


def _in_order(dialogue: Dialogue, question: str, items: set[str]) -> list[tuple[str, Row]]:
    return [(item, found) for (q, item), found in dialogue.items.items() if q == question and item in items]


def _mean(counts: Mapping[str, int]) -> float:
    people = sum(counts.values())
    if not people or not all(v.isdigit() for v in counts):
        return np.nan
    return sum(int(v) * n for v, n in counts.items()) / people


def _percent(table: pd.DataFrame, key: str) -> list[float]:
    return [100 * _float(v) for v in table[key]]


def _float(value: Any) -> float:
    return np.nan if pd.isna(value) else float(value)


def _rows(table: pd.DataFrame) -> list[Row]:
    return cast("list[Row]", table.to_dict("records"))


def _by_item(table: pd.DataFrame) -> dict[str, list[Row]]:
    """Return the rows of each item, in order: one pass, where a filter for each item costs more than all the rest."""
    found: dict[str, list[Row]] = {}
    for row in _rows(table):
        found.setdefault(row["item_id"], []).append(row)
    return found
