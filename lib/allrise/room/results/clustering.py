"""k-means and silhouettes for many small point sets at once.

A room has at most some hundreds of points in two dimensions, while the honesty rules ask for a thousand
clusterings (permuted nulls, participants left out). One call a clustering would spend its time on overhead, so
all point sets and restarts are one array here and move together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def _seed_centres(sets: Floats, k: int, restarts: int, rng: np.random.Generator) -> Floats:
    """Return k-means++ starting centres, shape (sets, restarts, k, 2)."""
    b, n, d = sets.shape
    centres = np.empty((b, restarts, k, d))
    rows = np.arange(b)[:, None]
    first = rng.integers(0, n, size=(b, restarts))
    centres[:, :, 0] = sets[rows, first]
    nearest = ((sets[:, None] - centres[:, :, 0][:, :, None]) ** 2).sum(-1)
    for j in range(1, k):
        edges = np.cumsum(nearest, axis=-1)
        draw = rng.random((b, restarts, 1)) * edges[..., -1:]
        chosen = np.minimum((edges < draw).sum(-1), n - 1)
        centres[:, :, j] = sets[rows, chosen]
        nearest = np.minimum(nearest, ((sets[:, None] - centres[:, :, j][:, :, None]) ** 2).sum(-1))
    return centres


def _distances(sets: Floats, centres: Floats) -> Floats:
    """Return squared distances up to a constant a point, shape (sets, restarts, k, n)."""
    b, r, k, d = centres.shape
    cross = centres.reshape(b, r * k, d) @ sets.transpose(0, 2, 1)
    return ((centres**2).sum(-1)[..., None]) - 2 * cross.reshape(b, r, k, -1)


def kmeans(sets: Floats, k: int, *, restarts: int = 20, rng: np.random.Generator, most_steps: int = 60) -> Ints:
    """Cluster each of several point sets by k-means (Lloyd) from k-means++ seeds; the best restart is kept.

    Parameters
    ----------
    sets
        Shape (sets, points, dimensions).
    k
        Number of clusters.
    restarts
        Starts a set; the one with the smallest within-cluster sum of squares wins.
    rng
        Source of the seeds; the same generator state gives the same clusters.
    most_steps
        Lloyd steps after which a start that still moves is taken as it is.

    Returns
    -------
    Labels, shape (sets, points). A cluster may be empty when points coincide.

    Notes
    -----
    Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    b, n, d = sets.shape
    centres = _seed_centres(sets, k, restarts, rng).reshape(b * restarts, 1, k, d)
    owner = np.repeat(np.arange(b), restarts)
    labels = np.full((b * restarts, n), -1, dtype=np.int8)
    inertia = np.zeros(b * restarts)
    alive = np.arange(b * restarts)
    names = np.arange(k, dtype=np.int8)
    for _ in range(most_steps):
        points = sets[owner[alive]]
        distances = _distances(points, centres[alive])[:, 0]
        found = distances.argmin(1).astype(np.int8)
        inertia[alive] = distances.min(1).sum(-1)
        moved = (found != labels[alive]).any(1)
        labels[alive] = found
        alive = alive[moved]
        if not alive.size:
            break
        member = (found[moved][:, None, :] == names[None, :, None]).astype(np.float64)
        sizes = member.sum(-1)
        means = (member @ points[moved]) / np.maximum(sizes, 1)[..., None]
        # An emptied cluster keeps its centre: moving it would make a start depend on the order of the points.
        centres[alive, 0] = np.where(sizes[..., None] > 0, means, centres[alive, 0])
    best = inertia.reshape(b, restarts).argmin(1)
    return labels.reshape(b, restarts, n)[np.arange(b), best].astype(np.int64)


def silhouettes(sets: Floats, labels: Ints) -> Floats:
    """Return the mean silhouette of each labelled point set.

    Parameters
    ----------
    sets
        Shape (sets, points, dimensions).
    labels
        Shape (sets, clusterings, points), small whole numbers.

    Returns
    -------
    Shape (sets, clusterings); -1 where fewer than two clusters hold points. Points alone in their cluster count 0.

    Notes
    -----
    Rousseeuw (1987), silhouettes: a graphical aid to the interpretation and validation of cluster analysis.
    """
    b, c, n = labels.shape
    k = int(labels.max()) + 1
    out = np.empty((b, c))
    for s in range(b):
        points = sets[s]
        squares = (points**2).sum(-1)
        far = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * points @ points.T, 0))
        np.fill_diagonal(far, 0.0)
        member = (labels[s][:, :, None] == np.arange(k)).astype(np.float64)  # clusterings, points, k
        sums = (far @ member.transpose(1, 0, 2).reshape(n, c * k)).reshape(n, c, k).transpose(1, 0, 2)
        sizes = member.sum(1)
        own = labels[s]
        own_size = np.take_along_axis(sizes, own, axis=1)
        own_sum = np.take_along_axis(sums, own[..., None], axis=2)[..., 0]
        inside = own_sum / np.maximum(own_size - 1, 1)
        means = np.where(sizes[:, None] > 0, sums / np.maximum(sizes[:, None], 1), np.inf)
        np.put_along_axis(means, own[..., None], np.inf, axis=2)
        outside = means.min(-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = (outside - inside) / np.maximum(outside, inside)
        value = np.where((own_size > 1) & np.isfinite(value), value, 0.0)
        out[s] = np.where((sizes > 0).sum(-1) > 1, value.mean(-1), -1.0)
    return out


def adjusted_rand(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the adjusted Rand index of two labellings of the same points, 1 when they are one partition.

    Notes
    -----
    Hubert and Arabie (1985), comparing partitions. Written out because scikit-learn would double the memory of the
    room server for these lines; a test holds the two together.
    """
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    every = a.size * (a.size - 1) / 2
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
