"""Results as inline SVG: bars, intervals and maps, drawn with the page's own colours.

Colours come from classes, so that they follow the phone's dark mode and the projector. Every drawing has a text
that says the same, and stands beside a table with the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from allrise.room.server.placing import LINE, Box, labels

if TYPE_CHECKING:
    from allrise.room.server.board import Board
    from allrise.room.server.wording import Wording

WIDTH = 600
HEIGHT = 40
#: Least share of a bar in which its number has room, in percent.
ROOM_FOR_NUMBER = 7.5
#: Shapes of groups on the map, so that nothing hangs on colour.
SHAPES = ("circle", "square", "triangle", "diamond", "cross")


def _steps(kind: str, count: int) -> list[str]:
    """Return the classes of a bar's parts: five steps of agreement, seven for a contrast."""
    if kind == "contrast":
        return ["s5", "s5", "s4", "s3", "s2", "s1", "s1"]
    if kind == "votes":
        return ["s1", "s3", "s5"]
    return [f"s{i}" for i in range(1, count + 1)]


def bar(cells: Sequence[dict[str, Any]], label: str, kind: str, t: Wording) -> Markup:
    """Return one bar of 100%, a part for each value, with its percentage inside where there is room."""
    if kind == "choice":
        return share_bar(cells[0]["share"], label)
    values = ", ".join(f"{c['value']}: {100 * c['share']:.0f}%" for c in cells)
    parts: list[str] = []
    x = 0.0
    for cell, step in zip(cells, _steps(kind, len(cells)), strict=True):
        width = WIDTH * (cell["share"] or 0)
        if width <= 0:
            continue
        parts.append(f'<rect class="{step}" x="{x:.1f}" y="0" width="{width:.1f}" height="{HEIGHT}"/>')
        if 100 * cell["share"] >= ROOM_FOR_NUMBER:
            parts.append(f'<text class="on-{step}" x="{x + width / 2:.1f}" y="27">{100 * cell["share"]:.0f}</text>')
        if x > 0:
            parts.append(f'<path class="gap" d="M{x:.1f} 0v{HEIGHT}"/>')
        x += width
    title = escape(t("results.bar_alt", label=label, values=values))
    return Markup(  # noqa: S704 - numbers and escaped text
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{title}</title>{"".join(parts)}</svg>'
    )


def share_bar(share: float | None, label: str) -> Markup:
    """Return one share as a bar from the left."""
    width = WIDTH * (share or 0)
    title = escape(f"{label}: {100 * (share or 0):.0f}%")
    return Markup(  # noqa: S704 - numbers and escaped text
        f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{title}</title><rect class="track" width="{WIDTH}" height="{HEIGHT}"/><rect class="s5" width="{width:.1f}" height="{HEIGHT}"/></svg>'
    )


def vote_bar(row: dict[str, Any], t: Wording) -> Markup:
    """Return a statement's votes as one bar: disagree, pass, agree."""
    cells = [
        {"value": t(f"results.{name}"), "share": row[count] / row["votes"]}
        for name, count in (("disagree", "disagrees"), ("pass", "passes"), ("agree", "agrees"))
    ]
    return bar(cells, t("statements.statement_n", n=row["statement"]), "votes", t)


def _shape(name: str, x: float, y: float, size: float, extra: str) -> str:
    s = size
    if name == "circle":
        return f'<circle {extra} cx="{x:.1f}" cy="{y:.1f}" r="{s:.1f}"/>'
    path = {
        "square": f"M{x - s:.1f} {y - s:.1f}h{2 * s:.1f}v{2 * s:.1f}h{-2 * s:.1f}z",
        "triangle": f"M{x:.1f} {y - 1.2 * s:.1f}l{1.2 * s:.1f} {2.1 * s:.1f}h{-2.4 * s:.1f}z",
        "diamond": f"M{x:.1f} {y - 1.4 * s:.1f}l{1.3 * s:.1f} {1.4 * s:.1f}l{-1.3 * s:.1f} {1.4 * s:.1f}l{-1.3 * s:.1f} {-1.4 * s:.1f}z",
        "cross": f"M{x - s:.1f} {y:.1f}H{x + s:.1f}M{x:.1f} {y - s:.1f}V{y + s:.1f}",
    }[name]
    return f'<path {extra} d="{path}"/>'


def opinion_map(board: Board, t: Wording) -> Markup:
    """Return the map of who votes alike, groups by shape and colour and named in place."""
    xs, ys = [p[0] for p in board.places], [p[1] for p in board.places]
    wide, high = max(max(xs) - min(xs), 1e-9), max(max(ys) - min(ys), 1e-9)
    width, height, edge = 640, 440, 40

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            edge + (width - 2 * edge) * (x - min(xs)) / wide,
            height - edge - (height - 2 * edge) * (y - min(ys)) / high,
        )

    marks: list[str] = []
    names: list[str] = []
    for group, size in enumerate(board.sizes):
        members = [at(x, y) for x, y, g in board.places if g == group]
        marks += [_shape(SHAPES[group], x, y, 8, f'class="person c{group + 1}"') for x, y in members]
        cx, cy = sum(p[0] for p in members) / len(members), max(24.0, min(p[1] for p in members) - 16)
        name = escape(f"{t('results.group', n=group + 1)}: {t('results.group_size', n=size)}")
        names.append(f'<text class="name" x="{min(max(cx, 90), width - 90):.1f}" y="{cy:.1f}">{name}</text>')
    groups = ", ".join(
        f"{t('results.group', n=i + 1)}: {t('results.group_size', n=n)}" for i, n in enumerate(board.sizes)
    )
    title = escape(t("results.map_alt", n=board.people, groups=groups))
    return Markup(  # noqa: S704 - numbers and escaped text
        f'<svg class="map" viewBox="0 0 {width} {height}" role="img"><title>{title}</title>{"".join(marks)}{"".join(names)}</svg>'
    )


def quadrant(rows: Sequence[dict[str, Any]], t: Wording) -> Markup:
    """Return the map of easy to hard by not yet to in place, items named in place."""
    width, height, left, top = 640, 480, 40, 40
    inner_w, inner_h = width - 2 * left, height - 2 * top
    parts = [
        f'<rect class="field" x="{left}" y="{top}" width="{inner_w}" height="{inner_h}"/>',
        f'<path class="axis" d="M{left + inner_w / 2} {top}v{inner_h}M{left} {top + inner_h / 2}h{inner_w}"/>',
    ]
    middle_x, middle_y = width / 2, top + inner_h / 2
    for key, x, y, anchor in (
        ("answer.easy", left + 8, middle_y - 8, "start"), ("answer.hard", width - left - 8, middle_y - 8, "end"),
        ("answer.in_place", middle_x, 26, "middle"), ("answer.not_yet", middle_x, height - 12, "middle"),
    ):  # fmt: skip
        parts.append(f'<text class="end" text-anchor="{anchor}" x="{x:.1f}" y="{y:.1f}">{escape(t(key))}</text>')
    points: list[tuple[str, float, float]] = []
    marks: list[str] = []
    for row in rows:
        x = left + inner_w * (row["hard"] or 0)
        y = top + inner_h * (1 - (row["in_place"] or 0))
        low_x, high_x = left + inner_w * row["hard_lower"], left + inner_w * row["hard_upper"]
        low_y, high_y = (top + inner_h * (1 - row[f"in_place_{e}"]) for e in ("upper", "lower"))
        points.append((row["item_id"], x, y))
        parts.append(f'<path class="range" d="M{low_x:.1f} {y:.1f}H{high_x:.1f}M{x:.1f} {low_y:.1f}V{high_y:.1f}"/>')
        marks.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="8"/>')
    ends = (
        Box(left, middle_y - 36, left + 90, middle_y),
        Box(width - left - 110, middle_y - 36, width - left, middle_y),
    )
    for label in labels(points, Box(left, top, width - left, height - top), ends):
        if label.far:
            parts.append(
                f'<path class="range" d="M{label.x:.1f} {label.y:.1f}L{label.place[0]:.1f} {label.place[1]:.1f}"/>'
            )
        marks += [
            f'<text class="name at-{label.anchor}" x="{label.x:.1f}" y="{label.y + LINE * i:.1f}">{escape(line)}</text>'
            for i, line in enumerate(label.lines)
        ]
    parts += marks
    title = escape(t("results.quadrant_alt", n=len(rows)))
    return Markup(  # noqa: S704 - numbers and escaped text
        f'<svg class="map" viewBox="0 0 {width} {height}" role="img"><title>{title}</title>{"".join(parts)}</svg>'
    )
