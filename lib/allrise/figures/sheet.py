"""A sheet of fixed width on which a chart puts marks and texts, every position in points from designed margins.

Nothing is measured twice and no tight box is needed: the sheet's width is given, its height is set by the chart, text widths are
known before (:mod:`allrise.figures.measuring`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from allrise.figures.measuring import text_width
from allrise.figures.theme import Tokens, font_files, tokens

#: Height of capitals, as a share of the size: what a text is centred by.
CAP_HEIGHT = 0.668

Anchor = Literal["left", "center", "right"]
Floats = Sequence[float] | np.ndarray[Any, Any]

#: matplotlib's path codes.
MOVE, LINE, CLOSE = int(Path.MOVETO), int(Path.LINETO), int(Path.CLOSEPOLY)

_IDENTITY = IdentityTransform()


class _Shape(Artist):
    """A path with one fill and one stroke: what matplotlib's ``PathPatch`` is without its many settings."""

    def __init__(
        self,
        path: Path,
        *,
        fill: str | None,
        stroke: str | None,
        width: float,
        dash: tuple[float, ...] | None,
        opacity: float,
        cap: Literal["butt", "round"],
    ) -> None:
        super().__init__()
        self._path, self._fill, self._stroke = path, fill, stroke
        self._width, self._dash, self._opacity = width, dash, opacity
        self._cap: Literal["butt", "round"] = cap

    def draw(self, renderer: RendererBase) -> None:
        gc: GraphicsContextBase = renderer.new_gc()
        gc.set_linewidth(self._width if self._stroke else 0)
        if self._stroke:
            gc.set_foreground(self._stroke)
        if self._opacity < 1:
            gc.set_alpha(self._opacity)
        if self._dash:
            gc.set_dashes(0, self._dash)
        gc.set_capstyle(self._cap)
        gc.set_joinstyle("round")
        renderer.draw_path(gc, self._path, _IDENTITY, to_rgba(self._fill) if self._fill else None)
        gc.restore()


class _Label(Artist):
    """One line of text at a known place, anchored left, in the middle or right.

    matplotlib's own ``Text`` measures every line before it writes it, which takes longer than all else a chart needs;
    a label is placed by its anchor, so nothing has to be measured.
    """

    def __init__(self, x: float, y: float, text: str, font: FontProperties, colour: str, anchor: Anchor) -> None:
        super().__init__()
        self.set_zorder(3)  # over the marks
        self._at, self._text, self._prop, self._colour = (x, y), text, font, colour
        self._anchor: Anchor = anchor

    def get_unitless_position(self) -> tuple[float, float]:
        """Return the anchor's place in points."""
        return self._at

    def get_ha(self) -> Anchor:
        """Return the anchor."""
        return self._anchor

    def draw(self, renderer: RendererBase) -> None:
        gc: GraphicsContextBase = renderer.new_gc()
        gc.set_foreground(self._colour)
        renderer.open_group("text", gid=self.get_gid())
        x, y = self._at
        _, height = renderer.get_canvas_width_height()
        renderer.draw_text(gc, x, height - y, self._text, self._prop, 0, False, mtext=self)  # pyright: ignore[reportArgumentType]
        renderer.close_group("text")
        gc.restore()


@lru_cache(maxsize=64)
def _font(size: float, weight: int) -> FontProperties:
    path = next(f.path for f in font_files() if f.weight == weight and f.style == "normal")
    return FontProperties(fname=str(path), size=size, weight=weight)


class Sheet:
    """A page of fixed width to draw on, in points; y is counted downwards from the top.

    Parameters
    ----------
    width
        Points.
    compact
        True on the phone's sheet: names above their marks, fewer ticks.
    """

    def __init__(self, width: float, *, compact: bool = False, look: Tokens | None = None) -> None:
        self.width = width
        self.compact = compact
        self.height = 0.0
        self.look = look or tokens()
        self.figure = Figure(dpi=72)
        self.figure.patch.set_visible(False)  # the page is the ground

    def open(self, height: float) -> None:
        """Set the height; before anything is drawn."""
        self.height = math.ceil(height)
        self.figure.set_size_inches(self.width / 72, self.height / 72)

    def colour(self, name: str) -> str:
        return self.look.colour[name]

    @property
    def text_size(self) -> float:
        return self.look.figure["text"]

    @property
    def small_size(self) -> float:
        return self.look.figure["small"]

    def widest(self, texts: Iterable[str], size: float | None = None, weight: int = 400) -> float:
        """Return the width of the widest of some texts; 0 for none."""
        return max((text_width(t, size or self.text_size, weight) for t in texts), default=0.0)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float | None = None,
        weight: int = 400,
        colour: str = "ink",
        anchor: Anchor = "left",
        middle: bool = False,
        halo: bool = False,
    ) -> None:
        """Write a text with its baseline at ``y``, or its capitals centred there (``middle``); ``halo`` clears what is behind."""
        if not text:
            return
        size = size or self.text_size
        if middle:
            y += CAP_HEIGHT * size / 2
        label = _Label(x, self.height - y, text, _font(size, weight), self.colour(colour), anchor)
        label.set_transform(_IDENTITY)
        label.set_gid("halo" if halo else None)
        self.figure.add_artist(label)

    def path(
        self,
        points: Floats | Sequence[tuple[float, float]],
        codes: Sequence[int] | None = None,
        *,
        stroke: str | None = None,
        width: float = 1.0,
        fill: str | None = None,
        opacity: float = 1.0,
        dash: str = "solid",
        round_ends: bool = False,
    ) -> None:
        """Draw one path from points (x, y downwards) and matplotlib path codes."""
        at = np.asarray(points, float)
        if not len(at):
            return
        path = Path(np.column_stack([at[:, 0], self.height - at[:, 1]]), codes)
        if round_ends:
            path.should_simplify = False
        self.figure.add_artist(
            _Shape(
                path,
                fill=self.colour(fill) if fill else None,
                stroke=self.colour(stroke) if stroke else None,
                width=width,
                dash=None if dash == "solid" else tuple(float(d) * max(width, 1) / 1.5 for d in dash.split()),
                opacity=opacity,
                cap="round" if round_ends else "butt",
            )
        )

    def segments(
        self,
        starts: Iterable[tuple[float, float]],
        ends: Iterable[tuple[float, float]],
        *,
        stroke: str,
        width: float,
        dash: str = "solid",
        opacity: float = 1.0,
    ) -> None:
        """Draw separate lines as one path."""
        points = [p for pair in zip(starts, ends, strict=True) for p in pair]
        self.path(
            points,
            [MOVE, LINE] * (len(points) // 2),
            stroke=stroke,
            width=width,
            dash=dash,
            opacity=opacity,
        )

    def dots(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str,
        size: float | None = None,
        marker: str = "o",
        hollow: bool = False,
        ring: bool = True,
        opacity: float = 1.0,
    ) -> None:
        """Draw markers of one kind: ``o`` circle, ``s`` square, ``^`` and ``v`` triangles, ``D`` diamond, ``P`` cross.

        A circle is a line of no length with round ends: a few bytes each, however many there are. ``ring`` keeps
        markers apart from what lies behind them.
        """
        if not len(points):
            return
        size = size or self.look.stroke["marker"]
        if marker == "o":
            layers = [(colour, size)]
            if ring:
                layers.insert(0, ("paper", size + 2))
            if hollow:
                layers.append(("paper", max(size - 2.6, 1)))
            for name, width in layers:
                ends = [(x + 0.01, y) for x, y in points]
                flat = [p for pair in zip(points, ends, strict=True) for p in pair]
                self.path(
                    flat,
                    [MOVE, LINE] * len(points),
                    stroke=name,
                    width=width,
                    round_ends=True,
                    opacity=opacity,
                )
            return
        outline = np.array(_OUTLINES[marker]) * size / 2
        every = [(x + dx, y + dy) for x, y in points for dx, dy in (*outline, outline[0])]
        codes = ([MOVE] + [LINE] * (len(outline) - 1) + [CLOSE]) * len(points)
        if ring and not hollow:
            self.path(every, codes, stroke="paper", width=2, fill=colour)
        self.path(
            every,
            codes,
            stroke=colour if hollow else None,
            width=1.3,
            fill="paper" if hollow else colour,
            opacity=opacity,
        )

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, *, fill: str, opacity: float = 1.0
    ) -> None:
        """Fill a rectangle."""
        self.path(
            [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)],
            [MOVE, LINE, LINE, LINE, CLOSE],
            fill=fill,
            opacity=opacity,
        )


#: Corners of the markers in half sizes, y downwards, areas about alike.
_OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "s": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "^": ((0, -1.15), (1.1, 0.8), (-1.1, 0.8)),
    "v": ((0, 1.15), (1.1, -0.8), (-1.1, -0.8)),
    "D": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    "P": ((-0.35, -1.1), (0.35, -1.1), (0.35, -0.35), (1.1, -0.35), (1.1, 0.35), (0.35, 0.35), (0.35, 1.1), (-0.35, 1.1),
          (-0.35, 0.35), (-1.1, 0.35), (-1.1, -0.35), (-0.35, -0.35)),
}  # fmt: skip
