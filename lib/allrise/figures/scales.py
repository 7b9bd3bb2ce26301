"""Axes as values: round ticks, and labels moved apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The span of an axis and its ticks, in data units."""

    lower: float
    upper: float
    ticks: tuple[float, ...]
    decimals: int


def scale(
    values: Iterable[float | None],
    *,
    ticks: int = 5,
    minimum: float | None = None,
    maximum: float | None = None,
    include: Sequence[float] = (),
    least: float = 0.0,
) -> Scale:
    """Return round ticks around values.

    Parameters
    ----------
    values
        Everything that is drawn, limits of intervals too; None and NaN are left out.
    ticks
        About how many steps.
    minimum, maximum
        Where the unit ends (0 and 100 for percentages); the axis never goes beyond.
    include
        Values that must be on the axis, for example 0.
    least
        Smallest span: small differences are not blown up to fill the chart.
    """
    finite = [v for v in (*values, *include) if v is not None and math.isfinite(v)]
    unknown = (0.0 if minimum is None else minimum, 1.0 if maximum is None else maximum)
    low, high = (min(finite), max(finite)) if finite else unknown
    least = max(least, 1e-9, abs(high) * 1e-6)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    if minimum is not None and low < minimum:
        low, high = minimum, max(high, min(minimum + least, maximum if maximum is not None else math.inf))
    if maximum is not None and high > maximum:
        low, high = min(low, max(maximum - least, minimum if minimum is not None else -math.inf)), maximum
    step = _round_step((high - low) / max(ticks, 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step * 10**decimals) % 1 or not math.isclose(step, round(step, decimals)):
        decimals += 1
    marks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Scale(marks[0], marks[-1], marks, decimals)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    for nice in (1, 2, 5, 10):
        if rough <= nice * power * 1.0001:
            return nice * power
    return 10 * power


def spread_out(wanted: Sequence[float], gap: float, lower: float, upper: float) -> list[float]:
    """Move positions apart so that neighbours are at least ``gap`` apart, each as near as possible to where it wants to be.

    Positions keep their order and stay between ``lower`` and ``upper`` where there is room. Groups that touch are
    centred on their members' mean (pooling of adjacent violators).
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[tuple[list[int], float]] = []  # members, and the position of the first
    for i in order:
        members, start = [i], wanted[i]
        while blocks and blocks[-1][1] + len(blocks[-1][0]) * gap > start:
            before, _ = blocks.pop()
            members = before + members
            start = sum(wanted[m] - k * gap for k, m in enumerate(members)) / len(members)
        start = max(lower, min(start, upper - (len(members) - 1) * gap))
        while blocks and blocks[-1][1] + len(blocks[-1][0]) * gap > start:
            before, first = blocks.pop()
            members = before + members
            start = max(lower, min(first, upper - (len(members) - 1) * gap))
        blocks.append((members, start))
    placed = [0.0] * len(wanted)
    for members, start in blocks:
        for k, m in enumerate(members):
            placed[m] = start + k * gap
    return placed


def spaced(places: Sequence[float], widths: Sequence[float], gap: float = 6.0) -> list[int]:
    """Return which of some centred labels to write, from the last backwards, so that none touches the next."""
    kept: list[int] = []
    for i in reversed(range(len(places))):
        if not kept or places[i] + widths[i] / 2 + gap <= places[kept[-1]] - widths[kept[-1]] / 2:
            kept.append(i)
    return kept[::-1]
