"""A region of a sheet with linear scales: lines, bands and grids in data units."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from allrise.figures.sheet import Floats, Sheet


class Panel:
    """A region of a sheet with linear scales."""

    def __init__(
        self,
        sheet: Sheet,
        left: float,
        top: float,
        right: float,
        bottom: float,
        *,
        x: tuple[float, float],
        y: tuple[float, float],
    ) -> None:
        self.sheet = sheet
        self.left, self.top, self.right, self.bottom = left, top, right, bottom
        self.x_limits, self.y_limits = x, y

    def x(self, value: float) -> float:
        """Return where a value lies, in points from the left edge of the sheet."""
        low, high = self.x_limits
        return self.left + (value - low) / ((high - low) or 1) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return where a value lies, in points from the top of the sheet."""
        low, high = self.y_limits
        return self.bottom - (value - low) / ((high - low) or 1) * (self.bottom - self.top)

    def points(self, xs: Floats, ys: Floats) -> list[tuple[float, float]]:
        """Return the finite points of two columns in sheet coordinates."""
        return [(self.x(a), self.y(b)) for a, b in zip(xs, ys, strict=True) if math.isfinite(a) and math.isfinite(b)]

    def line(self, xs: Floats, ys: Floats, *, colour: str, width: float | None = None, dash: str = "solid") -> None:
        """Draw a line; a missing value breaks it."""
        for run in _runs(ys):
            if len(run) > 1:
                self.sheet.path(
                    [(self.x(float(xs[i])), self.y(float(ys[i]))) for i in run],
                    stroke=colour,
                    width=width or self.sheet.look.stroke["line"],
                    dash=dash,
                )

    def band(self, xs: Floats, lower: Floats, upper: Floats, *, colour: str, opacity: float = 0.16) -> None:
        """Fill between two limits; a missing limit breaks it, and one year alone gets an upright interval."""
        both = np.asarray(lower, float) + np.asarray(upper, float)
        for run in _runs(both):
            if len(run) == 1:
                i = run[0]
                at = self.x(float(xs[i]))
                self.sheet.segments(
                    [(at, self.y(float(lower[i])))],
                    [(at, self.y(float(upper[i])))],
                    stroke=colour,
                    width=self.sheet.look.stroke["interval"],
                    opacity=0.5,
                )
                continue
            there = [(self.x(float(xs[i])), self.y(float(upper[i]))) for i in run]
            back = [(self.x(float(xs[i])), self.y(float(lower[i]))) for i in reversed(run)]
            self.sheet.path([*there, *back], fill=colour, opacity=opacity)

    def grid_y(self, ticks: Sequence[float], label: Callable[[float], str], *, zero: bool = False) -> None:
        """Draw fine horizontal lines with their labels left of the panel; ``zero`` makes the line at 0 dark."""
        sheet = self.sheet
        for strong in (False, True):
            at = [self.y(t) for t in ticks if (zero and t == 0) == strong]
            sheet.segments(
                [(self.left, y) for y in at],
                [(self.right, y) for y in at],
                stroke="muted" if strong else "rule",
                width=sheet.look.stroke["thin" if strong else "hair"],
            )
        for t in ticks:
            sheet.text(
                self.left - 6, self.y(t), label(t), size=sheet.small_size, colour="muted", anchor="right", middle=True
            )

    def grid_x(self, ticks: Sequence[float], label: Callable[[float], str], *, zero: bool = False) -> None:
        """Draw fine upright lines with their labels under the panel; ``zero`` makes the line at 0 dark."""
        sheet = self.sheet
        for strong in (False, True):
            at = [self.x(t) for t in ticks if (zero and t == 0) == strong]
            sheet.segments(
                [(x, self.top) for x in at],
                [(x, self.bottom) for x in at],
                stroke="muted" if strong else "rule",
                width=sheet.look.stroke["thin" if strong else "hair"],
            )
        y = self.bottom + 4 + sheet.small_size
        for t in ticks:
            sheet.text(self.x(t), y, label(t), size=sheet.small_size, colour="muted", anchor="center")


def _runs(values: Floats) -> list[list[int]]:
    """Return the runs of indices whose values are finite."""
    runs: list[list[int]] = []
    for i, v in enumerate(values):
        if not math.isfinite(v):
            continue
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs
