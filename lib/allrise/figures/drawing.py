"""Draws charts with matplotlib and writes them as small, inert SVG.

A chart is a function of a :class:`~allrise.figures.sheet.Sheet`. It is drawn twice, for a column of 680 px and for a phone; see
:mod:`allrise.figures.encoding`. Only matplotlib's ``Figure`` and SVG renderer are used: no pyplot, and no settings left behind.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG

from allrise.content.blocks import Explanation, Figure, Table
from allrise.figures.encoding import joined
from allrise.figures.sheet import Sheet
from allrise.figures.theme import tokens

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

#: Settings under which charts are written; applied in a context around each one.
RC: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "allrise",
    "svg.id": None,
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
    "path.sketch": None,
    "text.usetex": False,
    "text.parse_math": False,
    "figure.dpi": 72,
}


def drawn(name: str, draw: Callable[[Sheet], None], *, title: str, description: str) -> tuple[str, float, float]:
    """Draw a chart on both sheets and write it as one SVG.

    Parameters
    ----------
    name
        Begins the ids of the drawing.
    draw
        Draws on a sheet of any width.
    title, description
        What a screen reader says.

    Returns
    -------
    svg, width, height
        The whole ``<svg>`` element, and the size of the wide drawing in points.
    """
    look = tokens()
    wide = Sheet(look.measure["column_points"], look=look)
    narrow = Sheet(look.measure["compact_points"], compact=True, look=look)
    written: list[str] = []
    with mpl.rc_context(RC):
        for sheet in (wide, narrow):
            draw(sheet)
            out = io.StringIO()
            FigureCanvasSVG(sheet.figure).print_svg(out, metadata={"Date": None})
            written.append(out.getvalue())
    svg = joined(
        name,
        written[0],
        written[1],
        sizes=((wide.width, wide.height), (narrow.width, narrow.height)),
        title=title,
        description=description,
    )
    return svg, wide.width, wide.height


def draw_figure(
    name: str,
    draw: Callable[[Sheet], None],
    *,
    title: str,
    subtitle: str,
    alt: str,
    readings: tuple[str, ...],
    notes: tuple[str, ...],
    table: Table,
    framework_ids: tuple[str, ...] = (),
    predict: str = "",
    look: str = "",
    discuss: tuple[str, ...] = (),
    explanations: tuple[Explanation, ...] = (),
    headline: bool = False,
) -> Figure:
    """Draw a chart and return it with everything that belongs to it; a screen reader says its title and ``alt``.

    Parameters
    ----------
    name, draw
        As :func:`drawn` takes them.
    title, subtitle, alt, readings, notes, table, framework_ids, predict, look, discuss, explanations, headline
        As :class:`~allrise.content.blocks.Figure` has them.
    """
    svg, width, height = drawn(name, draw, title=title, description=alt)
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        svg=svg,
        width=width,
        height=height,
        alt=alt,
        readings=readings,
        notes=notes,
        table=table,
        framework_ids=framework_ids,
        predict=predict,
        look=look,
        discuss=discuss,
        explanations=explanations,
        headline=headline,
    )
