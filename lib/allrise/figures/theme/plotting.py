"""The look for charts that people draw themselves, with matplotlib or seaborn, in the exploring notebooks.

The kit's own figures do not need it; they place everything themselves (:mod:`allrise.figures.sheet`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from allrise.figures.theme import Variant, font_files, tokens

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType


def rc(variant: Variant = "light") -> dict[RcKeyType, Any]:
    """Return the look as matplotlib settings: font, sizes, colours in their order, quiet axes."""
    from cycler import cycler

    t = tokens(variant)
    c = t.colour
    return {
        "font.family": [t.family, "DejaVu Sans"],
        "font.size": t.figure["text"],
        "axes.titlesize": t.figure["text"] + 3,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelcolor": c["muted"],
        "axes.edgecolor": c["edge"],
        "axes.facecolor": c["paper"],
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.prop_cycle": cycler(color=list(t.categories)) + cycler(marker=list(t.markers)),
        "figure.facecolor": c["paper"],
        "figure.figsize": (t.measure["column_points"] / 72, t.measure["column_points"] / 72 * 0.56),
        "figure.dpi": 96,
        "grid.color": c["rule"],
        "grid.linewidth": t.stroke["hair"],
        "lines.linewidth": t.stroke["line"],
        "lines.markersize": t.stroke["marker"],
        "text.color": c["ink"],
        "xtick.color": c["muted"],
        "ytick.color": c["muted"],
        "ytick.major.size": 0,
        "legend.frameon": False,
        "svg.fonttype": "none",
    }


@contextmanager
def applied(variant: Variant = "light") -> Generator[None]:
    """Draw in the kit's look inside a ``with`` block; matplotlib is as it was afterwards.

    Examples
    --------
    >>> with applied():
    ...     ax = frame.plot()  # doctest: +SKIP
    """
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    known = list(fontManager.ttflist)
    for face in font_files():
        fontManager.addfont(str(face.path))
    try:
        with mpl.rc_context(rc(variant)):
            yield
    finally:
        fontManager.ttflist[:] = known
