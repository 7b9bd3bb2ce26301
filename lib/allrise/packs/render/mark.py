"""The kit's mark: lines that rise together, one of them ours. Drawn from a formula, so it is never an asset."""

from __future__ import annotations

import math

from markupsafe import Markup


def rising_lines(*, lines: int = 9, width: int = 600, height: int = 480) -> Markup:
    """Return the mark as an inline, decorative SVG; styled by the page (``.cover-mark``)."""
    paths: list[str] = []
    for i in range(lines):
        spread = (i - (lines - 1) / 2) / ((lines - 1) / 2)
        points: list[str] = []
        for step in range(41):
            t = step / 40
            # Apart at the left, drawn towards a common rising curve at the right.
            base = height * (0.86 - 0.62 * t**1.35)
            apart = spread * height * 0.36 * (1 - t) ** 1.5
            wave = math.sin(t * math.pi * 2.2 + i * 1.3) * height * 0.028 * (1 - t) + spread * height * 0.05 * t
            points.append(f"{width * t:.1f} {base + apart + wave:.1f}")
        ours = " class='us'" if i == lines // 2 else ""
        paths.append(f"<path{ours} d='M{' L'.join(points)}'/>")
    svg = (
        f"<svg class='cover-mark' viewBox='0 0 {width} {height}' preserveAspectRatio='xMaxYMid slice' aria-hidden='true' "
        f"focusable='false'>{''.join(paths)}</svg>"
    )
    return Markup(svg)  # noqa: S704  numbers only
