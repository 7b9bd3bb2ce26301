"""Draw what you expect before you see it: a line over the years, by sliders, keys or a pointer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Prediction(anywidget.AnyWidget):
    """A line that a person draws over the years.

    Attributes
    ----------
    title, unit
        What is drawn and its unit, as the axis says it.
    years
        The years as the country writes them.
    low, high, step
        Ends of the axis.
    given
        Values that are told: the first year's; ``None`` where the person draws.
    guess
        The person's values, one a year; starts level with the first year.
    found
        What the data show, one a year, ``None`` where nothing is known; empty until it is revealed.
    found_label
        What the line of the data is called.
    """

    _esm = _HERE / "prediction.js"
    _css = _HERE / "prediction.css"

    title = t.Unicode("").tag(sync=True)
    unit = t.Unicode("").tag(sync=True)
    years = t.List(t.Unicode()).tag(sync=True)
    low = t.Float(0.0).tag(sync=True)
    high = t.Float(100.0).tag(sync=True)
    step = t.Float(1.0).tag(sync=True)
    given = t.Float(0.0).tag(sync=True)
    guess = t.List().tag(sync=True)
    found = t.List().tag(sync=True)
    found_label = t.Unicode("What happened").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        if not self.guess:
            self.guess = [self.given] * len(self.years)
