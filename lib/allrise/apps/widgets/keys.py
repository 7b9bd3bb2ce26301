"""Keys of the keyboard for facilitators' apps, and the full screen for the projector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

_HERE = Path(__file__).parent


class Keys(anywidget.AnyWidget):
    """Listens to the whole page; shows nothing.

    Attributes
    ----------
    wanted
        Keys that are handed on: ``n``, ``ArrowRight``. They do nothing while someone types, or with Ctrl, Alt or Meta.
    fullscreen
        The key that fills the screen, blank for none.
    timer
        Milliseconds left when this was sent, and a number that changes when the timer is set anew; the browser counts.
    """

    _esm = _HERE / "keys.js"

    wanted = t.List(t.Unicode()).tag(sync=True)
    fullscreen = t.Unicode("").tag(sync=True)
    timer = t.List(t.Float(), default_value=[0.0, 0.0]).tag(sync=True)

    def __init__(self, pressed: Callable[[str], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._pressed = pressed
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, Mapping) and content.get("key") in self.wanted:
            self._pressed(str(content["key"]))
