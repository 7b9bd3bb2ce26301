"""Rows with buttons: the run of a session, statements to read, notes. What is typed in a row stays while others change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Rows(anywidget.AnyWidget):
    """Rows, each with what can be done about it.

    Attributes
    ----------
    label
        Names the list for screen readers.
    rows
        ``id``, ``title``, ``detail``, ``on`` (it is the present one), ``actions`` (``do``, ``label``, ``main``) and
        ``fields`` (``name``, ``label``). All texts are set as text.
    empty
        What stands there without rows.
    """

    _esm = _HERE / "rows.js"
    _css = _HERE / "rows.css"

    label = t.Unicode("").tag(sync=True)
    rows = t.List(t.Dict()).tag(sync=True)
    empty = t.Unicode("").tag(sync=True)

    def __init__(self, pressed: Callable[[str, str, dict[str, str]], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._pressed = pressed
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, Mapping) and "do" in content:
            fields = content.get("fields")
            given = {str(k): str(v) for k, v in fields.items()} if isinstance(fields, Mapping) else {}
            self._pressed(str(content.get("id", "")), str(content["do"]), given)
