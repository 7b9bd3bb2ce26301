"""People's own charts as blocks: a matplotlib drawing and the numbers behind it become a figure of a pack."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from allrise.content.blocks import Figure, Table, TableColumn
from allrise.content.html import UnsafeDrawing, safe_drawing
from allrise.errors import AllriseError
from allrise.figures.composing import cell
from allrise.figures.theme.plotting import applied

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

_SAID_BY_MATPLOTLIB = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def own_figure(
    drawing: Axes | Drawing,
    table: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    alt: str = "",
    note: str = "",
    name: str = "",
) -> Figure:
    """Return a chart that you drew as a figure for a pack.

    Parameters
    ----------
    drawing
        What matplotlib, pandas or seaborn gave: an Axes or a Figure. It is closed, so that it is not shown twice.
    table
        The numbers behind it, as a tidy frame; labels and units are taken from its ``attrs`` where it has them.
    title, subtitle
        What is shown; unit and period.
    alt
        What the chart shows, for people who do not see it; title and subtitle when blank.
    note
        Source, how many pupils, what is missing.
    name
        File name; made from the title when blank.

    Raises
    ------
    AllriseError
        When it has no title, or holds pictures made of pixels (``imshow``), which packs do not take.
    """
    if not title.strip():
        raise AllriseError("The figure has no title", "Say in a few words what it shows.")
    name = name or file_name(title)
    svg, width, height = _svg(drawing, name)
    made = Figure(
        name=name,
        title=title.strip(),
        subtitle=subtitle.strip(),
        svg=svg,
        width=width,
        height=height,
        alt=alt.strip() or ". ".join(filter(None, (title.strip(), subtitle.strip()))),
        readings=(),
        notes=(note.strip(),) if note.strip() else (),
        table=table_block(table, name, title.strip()),
    )
    try:
        safe_drawing(made)
    except UnsafeDrawing as error:
        raise AllriseError(
            f"The drawing cannot be put into a pack: {error}",
            "Draw with lines, bars and marks; pictures made of pixels (imshow, rasterized) are not taken.",
        ) from None
    return made


def table_block(table: pd.DataFrame, name: str, title: str) -> Table:
    """Return a frame as a table block; an index with a name becomes its first column."""
    attrs = dict(table.attrs)
    if any(n is not None for n in table.index.names):
        table = table.reset_index()
    labels: dict[str, str] = attrs.get("labels", {})
    units: dict[str, str] = attrs.get("units", {})
    columns = tuple(
        TableColumn(
            str(c), labels.get(str(c), str(c).replace("_", " ")), units.get(str(c), ""), _decimals(str(c), values)
        )
        for c, values in table.items()
    )
    rows = tuple(tuple(cell(_plain(v)) for v in row) for row in table.itertuples(index=False))
    return Table(name, title, columns, rows)


def file_name(words: str) -> str:
    """Return words as a file name: small letters, digits and ``_``."""
    return re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:60] or "figure"


def _svg(drawing: Any, name: str) -> tuple[str, float, float]:
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    figure: Any = drawing if hasattr(drawing, "savefig") else drawing.get_figure()
    text = io.StringIO()
    with applied(), mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        width, height = figure.get_size_inches() * 72
    if plt.fignum_exists(getattr(figure, "number", -1)):
        plt.close(figure)
    svg = text.getvalue()
    svg = _SAID_BY_MATPLOTLIB.sub("", svg[svg.index("<svg") :]).strip()
    # several drawings stand on one page, and every one of them calls its parts axes_1, text_1 ...
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\1{name}-", svg)
    svg = svg.replace("<svg ", '<svg class="ar-own" ', 1)
    return svg, float(width), float(height)


def _decimals(name: str, column: pd.Series) -> int | None:
    if pd.api.types.is_float_dtype(column):
        return 1
    return 0 if pd.api.types.is_integer_dtype(column) and name not in ("time_period", "year") else None


def _plain(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value
