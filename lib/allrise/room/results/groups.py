"""Opinion groups on the statement board, and the rules by which a room may be told that it has any.

People who vote at random look like "3-4 groups" to a clustering, so groups are reported only when they are tighter
than chance, stable, and large enough to hide in. Otherwise the answer is that there are none, and why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pandas as pd

from allrise.room.results.clustering import adjusted_rand, kmeans, silhouettes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from allrise.room.results.votes import VoteMatrix

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

#: How statements are judged; see ``statements.py``. Stamped into every result.
Mode = Literal["polis", "standard"]

#: Version of the method, stamped into exports together with the mode.
METHOD = "opinion-groups/1"

NO_GROUPS = "no distinct opinion groups in this room"

Reason = Literal["found", "too_few_people", "no_spread", "not_beyond_chance", "unstable", "group_too_small"]


@dataclass(frozen=True, slots=True)
class GroupRules:
    """When groups may be told.

    Attributes
    ----------
    least_people
        People with enough votes.
    least_group
        People in the smallest group: the small-group threshold of the room.
    least_votes
        Votes a person needs, or the number of statements if there are fewer.
    largest_k
        Groups looked for: 2 to this.
    restarts
        k-means starts a clustering of the room itself.
    repeat_restarts
        Starts for nulls and for rooms with people left out. Fewer do: on 500 x 100 random votes the 95th percentile
        of the nulls moved by less than 0.001 between 5 and 20 starts.
    nulls
        Rooms with every column permuted; at least 99.
    quantile
        The silhouette must exceed this quantile of the nulls' best silhouettes.
    left_out, rounds, least_agreement
        Share of people left out, how often, and the mean adjusted Rand index that makes groups stable.
    """

    least_people: int = 30
    least_group: int = 10
    least_votes: int = 7
    largest_k: int = 5
    restarts: int = 20
    repeat_restarts: int = 5
    nulls: int = 99
    quantile: float = 0.95
    left_out: float = 0.1
    rounds: int = 20
    least_agreement: float = 0.7


@dataclass(frozen=True, slots=True)
class OpinionGroups:
    """Where people stand, and the groups if there are any that may be told.

    Attributes
    ----------
    found
        Whether groups may be told. When false, ``people["group"]`` is missing throughout.
    reason
        Why not, or ``found``.
    sentence
        The same for people, in English.
    people
        One row a participant with enough votes: participant, x, y, votes, group (0 is the largest).
    k, silhouette
        The best clustering looked at, told or not; NaN where none could be made.
    null_quantile, null_maximum
        Of the best silhouettes of column-permuted rooms.
    agreement
        Mean adjusted Rand index when people are left out; NaN when it was not reached.
    explained
        Share of variance of the two axes.
    mode, method, seed
        How it was made.
    """

    found: bool
    reason: Reason
    sentence: str
    people: pd.DataFrame
    k: int
    silhouette: float
    null_quantile: float
    null_maximum: float
    agreement: float
    explained: tuple[float, float]
    mode: Mode
    method: str
    seed: int


def project(matrices: Floats) -> tuple[Floats, Floats]:
    """Place people on two axes of opinion.

    Missing votes are filled with the mean of their statement, the columns are centred, and people are projected on
    the first two principal components, scaled by sqrt(statements / own votes): a person with few votes would
    otherwise sit near the middle only because most of the row is filled in.

    Parameters
    ----------
    matrices
        Shape (rooms, people, statements), NaN where there is no vote.

    Returns
    -------
    Places, shape (rooms, people, 2), and the share of variance of each axis, shape (rooms, 2).

    Notes
    -----
    Small, Bjorkegren, Erkkila, Shaw and Megill (2021), Polis: scaling deliberation by mapping high dimensional
    opinion spaces.
    """
    voted = ~np.isnan(matrices)
    counts = voted.sum(1, keepdims=True)
    means = np.where(voted, matrices, 0).sum(1, keepdims=True) / np.maximum(counts, 1)
    centred = np.where(voted, matrices - means, 0.0)
    rooms, _, statements = matrices.shape
    if statements < 2:
        pad = np.zeros((*matrices.shape[:2], 2))
        pad[:, :, :statements] = centred
        return pad, np.tile([1.0, 0.0], (rooms, 1))
    spread = centred.transpose(0, 2, 1) @ centred
    strengths, axes = np.linalg.eigh(spread)
    axes = axes[:, :, ::-1][:, :, :2]
    # The sign of an axis is arbitrary; the largest loading is made positive so that a map does not flip as votes come.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None, :], axis=1)
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    total = np.maximum(strengths.sum(1, keepdims=True), 1e-12)
    scale = np.sqrt(statements / np.maximum(voted.sum(2), 1))
    return centred @ axes * scale[:, :, None], strengths[:, ::-1][:, :2] / total


def permuted_columns(values: Floats, rooms: int, rng: np.random.Generator) -> Floats:
    """Return rooms in which each statement's votes are dealt anew to the people who voted on it.

    Who voted on what stays, so that a null keeps everything of the room but the ties between statements.
    """
    out = np.tile(values, (rooms, 1, 1))
    for column in range(values.shape[1]):
        rows = np.flatnonzero(~np.isnan(values[:, column]))
        if rows.size > 1:
            out[:, rows, column] = rng.permuted(np.tile(values[rows, column], (rooms, 1)), axis=1)
    return out


def _best(places: Floats, largest_k: int, restarts: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return the labels and silhouette of the best k a room."""
    labels = np.stack([kmeans(places, k, restarts=restarts, rng=rng) for k in range(2, largest_k + 1)], axis=1)
    scores = silhouettes(places, labels)
    top = scores.argmax(1)
    rows = np.arange(len(places))
    return labels[rows, top], scores[rows, top]


def _by_size(labels: Ints) -> Ints:
    """Number groups from the largest."""
    order = np.argsort(-np.bincount(labels), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return cast("Ints", rank[labels])


def opinion_groups(
    matrix: VoteMatrix, *, mode: Mode = "polis", rules: GroupRules | None = None, seed: int = 0
) -> OpinionGroups:
    """Look for opinion groups and say whether the room may be told of them.

    Parameters
    ----------
    matrix
        Last votes on the approved statements.
    mode
        How statements will be judged against the groups; carried along.
    rules
        Thresholds; the defaults are the kit's.
    seed
        The same seed and votes give the same result.
    """
    rules = rules or GroupRules()
    need = min(rules.least_votes, len(matrix.statements))
    counted = matrix.voted.sum(1)
    kept = matrix.keep(counted >= max(need, 1))
    people = len(kept.participants)
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "participant": list(kept.participants),
            "x": np.zeros(people),
            "y": np.zeros(people),
            "votes": kept.voted.sum(1).astype(np.int64) if people else np.zeros(0, dtype=np.int64),
            "group": pd.array([pd.NA] * people, dtype="Int64"),
        }
    )
    nothing = float("nan")
    result = OpinionGroups(
        found=False, reason="too_few_people", sentence="", people=table, k=0, silhouette=nothing, null_quantile=nothing,
        null_maximum=nothing, agreement=nothing, explained=(0.0, 0.0), mode=mode, method=METHOD, seed=seed,
    )  # fmt: skip
    if people < 3 or len(kept.statements) == 0:
        return _told(result, rules)
    places, explained = project(kept.cells[None])
    table = table.assign(x=places[0, :, 0], y=places[0, :, 1])
    result = replace(result, people=table, explained=(float(explained[0, 0]), float(explained[0, 1])))
    if people < rules.least_people:
        return _told(result, rules)
    distinct = len(np.unique(np.round(places[0], 9), axis=0))
    if distinct < 2:
        return _told(replace(result, reason="no_spread"), rules)
    largest_k = min(rules.largest_k, distinct)

    labels, scores = _best(places, largest_k, rules.restarts, rng)
    own, score = _by_size(labels[0]), float(scores[0])
    null_scores = _null_silhouettes(kept.cells, largest_k, rules, rng)
    bar = float(np.quantile(null_scores, rules.quantile, method="higher"))
    result = replace(
        result, k=int(own.max()) + 1, silhouette=score, null_quantile=bar, null_maximum=float(null_scores.max())
    )
    if score <= bar:
        return _told(replace(result, reason="not_beyond_chance"), rules)
    agreement = _stability(kept.cells, own, largest_k, rules, rng)
    result = replace(result, agreement=agreement)
    if agreement < rules.least_agreement:
        return _told(replace(result, reason="unstable"), rules)
    if int(np.bincount(own).min()) < rules.least_group:
        return _told(replace(result, reason="group_too_small"), rules)
    table = table.assign(group=pd.array(own, dtype="Int64"))
    return _told(replace(result, found=True, reason="found", people=table), rules)


def _null_silhouettes(values: Floats, largest_k: int, rules: GroupRules, rng: np.random.Generator) -> Floats:
    """Return the best silhouette of each permuted room; in portions, so that a big room stays small in memory."""
    portion = max(1, 1_000_000 // max(values.size, 1))
    places: list[Floats] = []
    left = rules.nulls
    while left > 0:
        rooms = min(portion, left)
        places.append(project(permuted_columns(values, rooms, rng))[0])
        left -= rooms
    return _best(np.concatenate(places), largest_k, rules.repeat_restarts, rng)[1]


def _stability(values: Floats, own: Ints, largest_k: int, rules: GroupRules, rng: np.random.Generator) -> float:
    """Return the mean adjusted Rand index between the groups and those found without a tenth of the people."""
    people = len(values)
    stay = people - max(1, round(rules.left_out * people))
    rows = np.stack([np.sort(rng.permutation(people)[:stay]) for _ in range(rules.rounds)])
    places = np.concatenate([project(values[r][None])[0] for r in rows])
    labels, _ = _best(places, largest_k, rules.repeat_restarts, rng)
    return float(np.mean([adjusted_rand(own[r], found) for r, found in zip(rows, labels, strict=True)]))


def _told(result: OpinionGroups, rules: GroupRules) -> OpinionGroups:
    """Add the sentence for people."""
    people = len(result.people)
    if result.found:
        sizes = ", ".join(str(n) for n in result.people["group"].value_counts().sort_index())
        sentence = f"{result.k} opinion groups of {sizes} people"
    else:
        why = {
            "too_few_people": f"{people} people cast enough votes, {rules.least_people} are needed",
            "no_spread": "everyone voted the same way",
            "not_beyond_chance": "the votes fall no further apart than chance would have it",
            "unstable": "the groups change when a tenth of the people is left out",
            "group_too_small": f"a group would have fewer than {rules.least_group} people",
        }[result.reason]
        sentence = f"{NO_GROUPS}: {why}"
    return replace(result, sentence=sentence)
