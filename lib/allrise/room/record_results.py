"""The results of a session as rows of ``dialogue_results``: counted as the stage counts, hidden as the stage hides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from allrise import __version__
from allrise.data.dialogue import DIALOGUE_RESULTS
from allrise.evidence.intervals import wilson
from allrise.room.frames import RoomFrames
from allrise.room.results.agreement import agreement
from allrise.room.results.disclosure import SmallGroups
from allrise.room.results.distributions import AGREEING, distribution, segments
from allrise.room.results.groups import GroupRules, opinion_groups
from allrise.room.results.quadrants import quadrant_answers, quadrant_map
from allrise.room.results.rankings import ranking
from allrise.room.results.statements import group_informed_consensus, representative_statements
from allrise.room.results.themes import theme_segments, themes
from allrise.room.results.votes import vote_matrix
from allrise.room.snapshots import QuestionState, SessionState

#: Segments by which results are told.
BY = ("country", "role")

Row = dict[str, Any]


#: Of shares and their limits in a record.
DECIMALS = 6


def method(rules: SmallGroups) -> str:
    """Return the line that says how results were computed."""
    return (
        f"allrise {__version__}; Wilson intervals at 95%; results from {rules.threshold} people, complementary hiding; "
        "opinion groups: polis mode, PCA and k-means, told only beyond column-permuted nulls and when stable"
    )


def results_table(state: SessionState, frames: RoomFrames, rules: SmallGroups) -> pd.DataFrame:
    """Return a session's results.

    Parameters
    ----------
    state
        The session and its questions.
    frames
        All of its answers, votes and statements.
    rules
        The room's small-group rules.

    Returns
    -------
    The table :data:`allrise.data.dialogue.DIALOGUE_RESULTS`; a hidden figure has ``status`` "c" and no numbers.
    """
    rows: list[Row] = []
    for question in state.questions:
        place = {"session_id": state.code, "question_id": question.name}
        rows += [{**place, **_whole_row(row)} for row in _question(question, frames, rules)]
    columns = list(DIALOGUE_RESULTS.column_names)
    table = DIALOGUE_RESULTS.typed(pd.DataFrame(rows, columns=columns))
    # the last digits of a number differ from one machine to another; a record is the same everywhere
    return table.round(dict.fromkeys(("value", "lower", "upper"), DECIMALS))


def _whole_row(row: Row) -> Row:
    blank: Row = {"item_id": "", "by": "", "segment": "", "option": "", "text": "", "status": ""}
    return {**blank, "people": None, "count": None, "value": None, "lower": None, "upper": None, **row}


def _question(question: QuestionState, frames: RoomFrames, rules: SmallGroups) -> Iterator[Row]:
    answers: Any = frames.answers[frames.answers["question"] == question.name]
    if question.kind in AGREEING:
        lowest, highest = question.items[0].lowest, question.items[0].highest
        yield from _distribution(answers, range(lowest, highest + 1), rules)
        yield from _segments(answers, AGREEING[question.kind], rules)
    elif question.kind == "quadrant":
        yield from _quadrant(answers, rules)
    elif question.kind == "rank":
        yield from _ranking(answers, [item.name for item in question.items], rules)
    else:
        texts: Any = frames.statements[
            (frames.statements["question"] == question.name) & (frames.statements["state"] == "approved")
        ]
        yield from _themes(texts, rules)
        if question.kind == "statements":
            votes: Any = frames.votes[frames.votes["question"] == question.name]
            yield from _votes(votes, rules)
            yield from _groups(votes, texts["statement"].tolist(), rules)


def _distribution(answers: pd.DataFrame, values: range, rules: SmallGroups) -> Iterator[Row]:
    for r in distribution(answers, values).to_dict("records"):
        yield _figure("distribution", r["item_id"], r["answered"], rules, option=str(r["value"]),
                      count=r["n"], value=r["share"], lower=r["lower"], upper=r["upper"])  # fmt: skip


def _segments(answers: pd.DataFrame, agreeing: frozenset[int], rules: SmallGroups) -> Iterator[Row]:
    if answers.empty:
        return
    parts = [segments(answers, by, agreeing, rules=rules) for by in BY]
    told = pd.concat(parts, ignore_index=True)
    for r in told.to_dict("records"):
        hidden = bool(r["hidden"])
        yield {
            "statistic": "segment", "item_id": r["item_id"], "by": r["by"], "segment": r["segment"],
            "status": "c" if hidden else "",
            **({} if hidden else {"people": r["answered"], "count": r["agree"], "value": r["share"],
                                  "lower": r["lower"], "upper": r["upper"]}),
        }  # fmt: skip
    for r in agreement(told).to_dict("records"):
        yield {"statistic": "agreement", "item_id": r["item_id"], "text": r["verdict"], "value": _number(r["gap"]),
               "status": "c" if r["verdict"] == "too_few" else ""}  # fmt: skip


def _quadrant(answers: pd.DataFrame, rules: SmallGroups) -> Iterator[Row]:
    places = ("easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet")
    for r in quadrant_map(quadrant_answers(answers)).to_dict("records"):
        counts = pd.Series([r[place] for place in places], dtype="float64")
        limits = wilson(counts / r["answered"], pd.Series([r["answered"]] * 4, dtype="float64"), 0.95)
        for n, place in enumerate(places):
            yield _figure("quadrant", r["item_id"], r["answered"], rules, option=place, count=r[place],
                          value=r[place] / r["answered"], lower=list(limits.lower)[n], upper=list(limits.upper)[n])  # fmt: skip


def _ranking(answers: pd.DataFrame, options: list[str], rules: SmallGroups) -> Iterator[Row]:
    if answers.empty:
        return
    orders = answers.rename(columns={"item_id": "option", "value": "position"})
    for r in ranking(orders, options).to_dict("records"):
        yield _figure("ranking", r["option"], r["n"], rules, count=r["first"], value=r["mean_position"],
                      lower=r["lower"], upper=r["upper"])  # fmt: skip


def _themes(texts: pd.DataFrame, rules: SmallGroups) -> Iterator[Row]:
    written: Any = texts[texts["participant"] != ""]
    if written.empty:
        return
    written = written.assign(text_id=written["statement"].astype("str"))
    for r in themes(written).to_dict("records"):
        yield {"statistic": "theme", "option": r["framework_id"], "people": written["participant"].nunique(),
               "count": r["people"], "value": r["share"]}  # fmt: skip
    for by in BY:
        for r in theme_segments(written, by, rules=rules).to_dict("records"):
            yield {"statistic": "theme", "option": r["framework_id"], "by": by, "segment": r["segment"],
                   "count": None if r["hidden"] else r["people"], "status": "c" if r["hidden"] else ""}  # fmt: skip


def _votes(votes: pd.DataFrame, rules: SmallGroups) -> Iterator[Row]:
    if votes.empty:
        return
    cast = votes.assign(item_id=votes["statement"].astype("str"), value=votes["vote"])
    words = {1: "agree", -1: "disagree", 0: "pass"}
    for r in distribution(cast, words).to_dict("records"):
        yield _figure("vote", r["item_id"], r["answered"], rules, option=words[r["value"]],
                      count=r["n"], value=r["share"], lower=r["lower"], upper=r["upper"])  # fmt: skip
    yield from _segments(cast, frozenset({1}), rules)


def _groups(votes: pd.DataFrame, statements: list[Any], rules: SmallGroups) -> Iterator[Row]:
    if votes.empty:
        return
    matrix = vote_matrix(votes, statements)
    found = opinion_groups(matrix, rules=GroupRules(least_group=rules.threshold))
    yield {"statistic": "groups", "text": found.sentence, "value": float(found.k if found.found else 0),
           "people": len(found.people)}  # fmt: skip
    consensus = group_informed_consensus(matrix, found)
    for r in consensus.to_dict("records"):
        yield _figure("group_consensus", str(r["statement"]), r["votes"], rules, count=r["agrees"], value=r["score"])
    if not found.found:
        return
    members = found.people["group"].dropna().astype("int64")
    for group, people in members.value_counts(sort=False).sort_index().items():
        yield {"statistic": "group", "by": "opinion_group", "segment": _letter(group), "people": len(members),
               "count": int(people), "value": people / len(members)}  # fmt: skip
    for r in representative_statements(matrix, found).to_dict("records"):
        yield {
            **_figure("representative", str(r["statement"]), r["votes"], rules, option=r["direction"],
                      count=r["count"], value=_number(r["share"])),
            "by": "opinion_group", "segment": _letter(r["group"]),
        }  # fmt: skip


def _letter(group: Any) -> str:
    return "ABCDEFGH"[int(group)]


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _figure(statistic: str, item: str, people: int, rules: SmallGroups, *, option: str = "", **figures: Any) -> Row:
    """Return a row of the whole room, without its figures when too few people stand behind them."""
    row: Row = {"statistic": statistic, "item_id": item, "option": option}
    if people < rules.threshold:
        return {**row, "status": "c"}
    return {**row, "people": people, **{name: None if pd.isna(v) else v for name, v in figures.items()}}
