"""The moment from which a page hears what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget

#: Seconds between the first widget that is there and the last one, on a slow phone.
SETTLING = 0.3


class Arrival(anywidget.AnyWidget):
    """Hears from the page that it holds its widgets; shows nothing, and need not be shown.

    A page asks for the state of all widgets once, and then builds them. What a widget is told in between is lost, on a busy
    machine for seconds: so nothing is told until the page is here.
    """

    _esm = Path(__file__).parent / "arrival.js"

    def __init__(self) -> None:
        super().__init__()
        self._here = asyncio.Event()
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, Mapping) and content.get("here"):
            self._here.set()

    async def wait(self, longest: float = 20.0) -> None:
        """Return once the page is here, or after ``longest`` seconds, whatever it said."""
        try:
            await asyncio.wait_for(self._here.wait(), longest)
        except TimeoutError:
            return
        await asyncio.sleep(SETTLING)
