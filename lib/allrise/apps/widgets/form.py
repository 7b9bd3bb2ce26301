"""A form of native inputs: ratings, contrasts, quadrants, choices, rankings and texts.

One widget a form, however many items it has: a page of eight ratings is one model and not forty. Everything is a
fieldset with a legend and native inputs, so that keyboards and screen readers know it. Texts are set as text, never as
HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Form(anywidget.AnyWidget):
    """A form.

    Attributes
    ----------
    kind
        ``rating``, ``contrast``, ``quadrant``, ``choice``, ``rank``, ``text`` or ``vote``.
    items
        What is asked about: ``name``, ``label``, ``detail``, ``left``, ``right``.
    words
        Words of the scale and of the buttons.
    values
        Item to value, as the person chose; ``text``: what is typed, kept over redraws.
    status
        One line under the form, spoken politely.
    locked
        Whether it takes no answers now.
    """

    _esm = _HERE / "form.js"
    _css = _HERE / "form.css"

    kind = t.Unicode("rating").tag(sync=True)
    legend = t.Unicode("").tag(sync=True)
    items = t.List(t.Dict()).tag(sync=True)
    words = t.Dict().tag(sync=True)
    settings = t.Dict().tag(sync=True)
    values = t.Dict().tag(sync=True)
    status = t.Unicode("").tag(sync=True)
    locked = t.Bool(False).tag(sync=True)

    def __init__(self, changed: Callable[[dict[str, Any]], None] | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self._changed = changed
        self.on_msg(self._heard)

    def on_change(self, changed: Callable[[dict[str, Any]], None]) -> None:
        """Call ``changed`` with what the person did: item to value, or the text they send."""
        self._changed = changed

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, Mapping) and content.get("event") == "change" and self._changed is not None:
            given = content.get("values")
            if isinstance(given, Mapping):
                self._changed(dict(given))


def ratings(items: Sequence[tuple[str, str, str]], *, legend: str, low: str, high: str, **more: Any) -> Form:
    """Return a form of ratings 1 to 5; items are name, label, detail."""
    return Form(
        kind="rating", legend=legend, items=[{"name": n, "label": lab, "detail": d} for n, lab, d in items],
        words={"low": low, "high": high}, **more,
    )  # fmt: skip
