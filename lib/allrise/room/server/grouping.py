"""Works a statement board out: what it may show, with what must be remembered before it is shown.

While a board is open that is quickly done, beside the other results (:mod:`.counting`). The groups of a closed one take
long: then it runs as ``python -m allrise.room.server.grouping``, reads from standard input where the database is and
which question is meant, and writes to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import pandas as pd

from allrise.room.database import Database, open_for_reading
from allrise.room.frames import read_frames
from allrise.room.reading import read_state
from allrise.room.results.disclosure import SmallGroups, released
from allrise.room.results.groups import opinion_groups
from allrise.room.results.routing import extremities
from allrise.room.results.statements import group_informed_consensus, representative_statements
from allrise.room.results.votes import vote_matrix
from allrise.room.shown import BOARD, read_shown


def stepped_counts(
    votes: pd.DataFrame, statements: list[int], shown: dict[str, dict[str, int]], *, closed: bool
) -> dict[str, dict[str, int]]:
    """Return each statement's counts as screens may show them: the first votes cast, in small-group steps.

    Parameters
    ----------
    votes
        Last votes: participant, statement, vote, order.
    statements
        Approved ones.
    shown
        The counts shown last.
    """
    ordered: Any = votes.sort_values("order", kind="stable")
    cast: dict[int, list[int]] = {s: [] for s in statements}
    for statement, vote in zip(ordered["statement"], ordered["vote"], strict=True):
        if statement in cast:
            cast[int(statement)].append(int(vote))
    out: dict[str, dict[str, int]] = {}
    for statement, values in cast.items():
        before = shown.get(str(statement), {})
        count = released(len(values), closed=closed, shown=before.get("votes", 0))
        if not count:
            continue
        if count == before.get("votes"):
            out[str(statement)] = before
            continue
        first = values[:count]
        out[str(statement)] = {
            "statement": statement, "votes": count, "agrees": first.count(1), "disagrees": first.count(-1),
            "passes": first.count(0),
        }  # fmt: skip
    return out


def work_out(
    votes: pd.DataFrame,
    statements: list[int],
    version: int,
    *,
    closed: bool,
    shown: dict[str, dict[str, int]],
    told_last: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the fields of a :class:`~allrise.room.server.board.Board`.

    Parameters
    ----------
    votes, statements, shown
        As :func:`stepped_counts` takes them.
    version
        Event up to which votes count.
    closed
        Whether the question takes no more votes.
    told_last
        ``voters`` and ``told`` of the last working that told of groups. A question that was opened again and closed
        with fewer than a step of people more keeps its groups: two maps could be subtracted.
    """
    matrix = vote_matrix(votes, list(statements))
    counts = stepped_counts(votes, statements, shown, closed=closed)
    far = {str(s): float(e) for s, e in zip(matrix.statements, extremities(matrix), strict=True)}
    shares = {s: (c["agrees"] / c["votes"], min(c["agrees"], c["disagrees"]) / c["votes"]) for s, c in counts.items()}
    best = sorted(counts, key=lambda s: -shares[s][0])
    split = sorted((s for s in counts if shares[s][1] > 0), key=lambda s: -shares[s][1])
    told: dict[str, Any] = {
        "found": False, "k": 0, "reason": "open", "method": "", "mode": "polis", "people": 0, "places": [], "sizes": [],
        "telling": {},
    }  # fmt: skip
    voters = len(set(votes["participant"]))
    kept = told_last is not None and abs(voters - int(told_last["voters"])) < SmallGroups().step
    if closed and told_last is not None and kept:
        told = dict(told_last["told"])
        best = [s for s in told.pop("best") if s in counts]
        told["telling"] = {  # a statement may have been taken back since
            group: [row for row in rows if str(row["statement"]) in counts] for group, rows in told["telling"].items()
        }
    elif closed:
        groups = opinion_groups(matrix, mode="polis")
        people: Any = groups.people
        told |= {"found": groups.found, "k": groups.k, "reason": groups.reason, "method": groups.method,
                 "people": len(people)}  # fmt: skip
        ranked: Any = group_informed_consensus(matrix, groups)
        best = [str(s) for s in ranked["statement"] if str(s) in counts]
        if groups.found:
            telling: dict[str, list[dict[str, Any]]] = {}
            for row in representative_statements(matrix, groups, most=3).to_dict("records"):
                telling.setdefault(str(row["group"]), []).append(
                    {"statement": int(row["statement"]), "direction": row["direction"], "share": float(row["share"])}
                )
            # Shuffled: the order of people must not say who came when.
            mixed = people.sample(frac=1, random_state=0)
            told |= {
                "places": [[round(float(x), 3), round(float(y), 3), int(g)]
                           for x, y, g in zip(mixed["x"], mixed["y"], mixed["group"], strict=True)],
                "sizes": [int(n) for n in people["group"].value_counts().sort_index()],
                "telling": telling,
            }  # fmt: skip
    return {
        "version": version, "closed": closed, **told, "extremity": far, "shown": counts,
        "best": best, "consensus": [counts[s] for s in best[:5]], "split": [counts[s] for s in split[:5]],
    }  # fmt: skip


def board_of(database: Database, code: str, question: str) -> dict[str, Any]:
    """Return ``revision`` (of what was shown last) and ``content`` (to be shown and remembered) of a board.

    ``content`` has ``board``, the fields of a :class:`~allrise.room.server.board.Board`, and ``told_last``.
    """
    with database.reader.connect() as connection, connection.begin():
        state = read_state(connection, code).question(question)
        frames = read_frames(connection, code, question)
        last = read_shown(connection, code, question, BOARD)
    before = last.content or {"board": {"shown": {}}, "told_last": None}
    closed = state is not None and state.state == "closed"
    approved: Any = frames.statements[frames.statements["state"] == "approved"]
    statements = [int(n) for n in approved["statement"]]
    board = work_out(
        frames.votes, statements, frames.version, closed=closed, shown=before["board"]["shown"],
        told_last=before["told_last"],
    )  # fmt: skip
    told_last = before["told_last"]
    if closed:
        names = ("found", "k", "reason", "method", "mode", "people", "places", "sizes", "telling")
        told = {name: board[name] for name in names} | {"best": board.pop("best")}
        if (
            told_last is None
            or told_last["told"]["places"] != told["places"]
            or told_last["told"]["reason"] != told["reason"]
        ):
            told_last = {"voters": len(set(frames.votes["participant"])), "told": told}
    else:
        board.pop("best")
    return {"revision": last.revision, "content": {"board": board, "told_last": told_last}}


def main() -> None:
    """Read a question from standard input and write its board to standard output."""
    if hasattr(os, "nice"):
        os.nice(10)
    asked = json.load(sys.stdin)
    database = open_for_reading(asked["database"])
    try:
        json.dump(board_of(database, asked["code"], asked["question"]), sys.stdout)
    finally:
        database.close()


if __name__ == "__main__":
    main()
