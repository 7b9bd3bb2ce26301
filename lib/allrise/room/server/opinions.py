"""Opinion groups of a statement board, worked out in a process of their own.

The honesty rules cluster the room more than a hundred times. In the server's process that would keep 500 phones waiting, so
the votes go to a short-lived process and the groups come back; until then the last ones are shown.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from allrise.room.frames import RoomFrames

log = logging.getLogger(__name__)

#: Least seconds between two workings of one board.
REST_SECONDS = 10.0
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Board:
    """What a board's votes say: JSON-safe values for the page.

    Attributes
    ----------
    version, closed
        Event up to which votes count; whether the question was closed. Groups are told of closed questions only: while
        people vote, two maps could be subtracted.
    found, k, reason, method, mode, people
        As in :class:`allrise.room.results.groups.OpinionGroups`; ``people`` is the number placed.
    places
        x, y, group (-1 for none) of each person placed, only when groups may be told.
    sizes
        People a group.
    consensus, split
        Statements most agreed with by all groups, and those that split the room most: statement, agrees, disagrees,
        passes, votes.
    telling
        Group to what tells it apart: statement, direction, share.
    extremity
        Statement to its extremity, for the order in which statements are offered.
    shown
        Statement to the counts that screens may show, in small-group steps.
    """

    version: int
    closed: bool
    found: bool
    k: int
    reason: str
    method: str
    mode: str
    people: int
    places: tuple[tuple[float, float, int], ...]
    sizes: tuple[int, ...]
    consensus: tuple[dict[str, Any], ...]
    split: tuple[dict[str, Any], ...]
    telling: dict[str, list[dict[str, Any]]]
    extremity: dict[str, float]
    shown: dict[str, dict[str, int]]


class Opinions:
    """Starts the workings and keeps the last result of each board; safe to call from any thread."""

    def __init__(self, rest: float = REST_SECONDS) -> None:
        self._rest = rest
        self._last: dict[tuple[str, str], Board] = {}
        self._begun: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._busy = False
        self._lock = threading.Lock()

    def last(self, code: str, question: str) -> Board | None:
        """Return the last result, or None before the first."""
        return self._last.get((code, question))

    def offer(self, code: str, question: str, frames: RoomFrames, *, closed: bool) -> None:
        """Have a board worked out, unless that was just done; returns at once."""
        key = (code, question)
        last = self._last.get(key)
        if last is not None and last.version >= frames.version and last.closed == closed:
            return
        sent = json.dumps(
            {"version": frames.version, "closed": closed, "shown": last.shown if last else {},
             "votes": {c: frames.votes[c].tolist() for c in ("participant", "statement", "vote", "order")},
             "statements": [int(n) for n, s in zip(frames.statements["statement"], frames.statements["state"], strict=True)
                            if s == "approved"]}
        ).encode()  # fmt: skip
        with self._lock:
            self._waiting[key] = (frames.version, sent)
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._work, name="allrise-room-opinions", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                key = min(self._waiting, key=lambda k: self._begun.get(k, 0.0))
                sent = b""
                wait = self._begun.get(key, float("-inf")) + self._rest - time.monotonic()
                if wait <= 0:
                    _, sent = self._waiting.pop(key)
                    self._begun[key] = time.monotonic()
            if wait > 0:
                time.sleep(min(wait, 1.0))
                continue
            try:
                self._last[key] = _worked_out(sent)
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                log.warning("opinion groups of %s could not be worked out: %s", key[1], error)


def _worked_out(sent: bytes) -> Board:
    """Run this module as a process and read its answer."""
    done = subprocess.run(
        [sys.executable, "-m", "allrise.room.server.opinions"],
        input=sent, capture_output=True, timeout=LONGEST_SECONDS, check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    value: dict[str, Any] = json.loads(done.stdout)
    fields: dict[str, Any] = {
        **value,
        "places": tuple((p[0], p[1], p[2]) for p in value["places"]),
        **{name: tuple(value[name]) for name in ("sizes", "consensus", "split")},
    }
    return Board(**fields)


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
    from allrise.room.results.disclosure import released

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
    votes: pd.DataFrame, statements: list[int], version: int, *, closed: bool, shown: dict[str, dict[str, int]]
) -> dict[str, Any]:
    """Return the fields of a :class:`Board`."""
    from allrise.room.results.groups import opinion_groups
    from allrise.room.results.routing import extremities
    from allrise.room.results.statements import group_informed_consensus, representative_statements
    from allrise.room.results.votes import vote_matrix

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
    if closed:
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
        "consensus": [counts[s] for s in best[:5]], "split": [counts[s] for s in split[:5]],
    }  # fmt: skip


def main() -> None:
    """Read votes from standard input and write the board to standard output."""
    if hasattr(os, "nice"):
        os.nice(5)
    sent = json.load(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"))
    votes = pd.DataFrame(sent["votes"], columns=["participant", "statement", "vote", "order"])
    board = work_out(votes, sent["statements"], sent["version"], closed=sent["closed"], shown=sent["shown"])
    json.dump(board, sys.stdout)


if __name__ == "__main__":
    main()
