"""Where names stand on a map of points, so that none covers another: points in one place share a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Points nearer to each other than this are one place, in units of the drawing.
SAME_PLACE = 17.0
#: Width of a letter and height of a line, in units, in the largest type that a map's names are drawn in: the phone's.
LETTER, LINE = 17.0, 29.0
#: Letters of a line of names.
LONGEST_LINE = 12
#: How far from its place a label stands: as near as it can.
DISTANCES = (13.0, 34.0, 58.0, 86.0)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the drawing that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> float:
        """Return how much of another box this one covers, in square units."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)


@dataclass(frozen=True, slots=True)
class Label:
    """Names that stand at one place.

    Attributes
    ----------
    lines
        The names, in lines.
    x, y
        Where the first line is drawn: its start, middle or end by ``anchor``, on its base line.
    anchor
        ``start``, ``middle`` or ``end``.
    far
        Whether it stands so far off that a line should lead to its place.
    place
        x and y of the place.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    anchor: str
    far: bool
    place: tuple[float, float]


def lines_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return names side by side, in as few lines of :data:`LONGEST_LINE` letters as they need."""
    lines = [names[0]]
    for name in names[1:]:
        if len(lines[-1]) + 1 + len(name) <= LONGEST_LINE:
            lines[-1] += f" {name}"
        else:
            lines.append(name)
    return tuple(lines)


def places_of(points: Sequence[tuple[str, float, float]]) -> list[tuple[list[str], float, float]]:
    """Return points gathered by place: their names, and where the first of them is."""
    places: list[tuple[list[str], float, float]] = []
    for name, x, y in points:
        near = next((p for p in places if (p[1] - x) ** 2 + (p[2] - y) ** 2 < SAME_PLACE**2), None)
        if near is None:
            places.append(([name], x, y))
        else:
            near[0].append(name)
    return places


def _choices(x: float, y: float, wide: float, high: float) -> Iterator[tuple[Box, str, float]]:
    for off in DISTANCES:
        slant = 0.7 * off
        for anchor, left, top in (
            ("start", x + off, y - high / 2), ("end", x - off - wide, y - high / 2),
            ("middle", x - wide / 2, y - off - high), ("middle", x - wide / 2, y + off),
            ("start", x + slant, y - slant - high), ("start", x + slant, y + slant),
            ("end", x - slant - wide, y - slant - high), ("end", x - slant - wide, y + slant),
        ):  # fmt: skip
            yield Box(left, top, left + wide, top + high), anchor, off


def labels(points: Sequence[tuple[str, float, float]], within: Box, taken: Sequence[Box] = ()) -> list[Label]:
    """Return a label for each place, where it covers no point and no other label as far as there is room.

    Parameters
    ----------
    points
        Name, x and y of each point, in units of the drawing, y downwards.
    within
        The part of the drawing that labels stay in.
    taken
        What else they must not cover.
    """
    places = places_of(points)
    marks = [Box(x - 9, y - 9, x + 9, y + 9) for _, x, y in places]
    standing = list(taken)
    out: list[Label] = []
    for names, x, y in places:
        lines = lines_of(names)
        wide, high = LETTER * max(map(len, lines)), LINE * len(lines)
        best: tuple[float, Box, str, float] | None = None
        for box, anchor, off in _choices(x, y, wide, high):
            inside = within.covers(box) >= 0.999 * wide * high
            bad = sum(box.covers(other) for other in (*marks, *standing)) + (0 if inside else 10 * wide * high)
            if best is None or bad < best[0]:
                best = (bad, box, anchor, off)
            if not bad:
                break
        assert best is not None  # there is at least one choice
        _, box, anchor, off = best
        standing.append(box)
        at = {"start": box.left, "middle": (box.left + box.right) / 2, "end": box.right}[anchor]
        out.append(Label(lines, at, box.top + 0.76 * LINE, anchor, off > DISTANCES[0], (x, y)))
    return out
