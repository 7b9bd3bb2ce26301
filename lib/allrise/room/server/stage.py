"""The projector's page: the question large, code and QR in a corner, results when they are revealed.

The page asks for its inner part every second and keeps the last good one whatever happens: the hall never
sees a spinner or an error.
"""

from __future__ import annotations

import hashlib
from typing import Any

from allrise.room import keys
from allrise.room.server.pages import Page
from allrise.room.server.qr import qr_svg
from allrise.room.server.results_page import results_values
from allrise.room.snapshots import SessionState


class Stage(Page):
    """The whole page."""

    def _chosen_language(self) -> str:
        return self.get_query_argument("lang", "") or "en"

    async def values(self, state: SessionState) -> dict[str, Any]:
        """Return what the stage draws."""
        if not self.get_query_argument("lang", ""):
            self.speak(state.languages[0])
        counts = await self.site.service.counts(state.code)
        question = state.question(state.current) if state.current else None
        address = f"{self.site.address}/r/{state.code}"
        view = self.get_query_argument("view", "room")[:20]
        values: dict[str, Any] = {
            "room": state, "question": question, "counts": counts, "view_asked": view,
            "answered": counts.answered.get(question.name, 0) if question else 0,
            "address": self.site.address.partition("://")[2], "code": keys.shown_code(state.code),
            "qr": qr_svg(address, f"{self.t('stage.join_at')} {address}"),
            "left_ms": state.timer.remaining(self.site.service.clock.now()) if state.timer.seconds else None,
            "running": state.timer.running, "results": None,
            "number": (state.questions.index(question) + 1) if question else 0,
        }  # fmt: skip
        if question is not None and question.results_shown:
            values["results"] = await results_values(self, state, question, view)
        return values

    async def get(self, code: str) -> None:
        state = await self.site.service.state(code)
        self.page("stage.html", **(await self.values(state)))


class StageView(Stage):
    """The inner part, for the page's own poll."""

    async def get(self, code: str) -> None:
        state = await self.site.service.state(code)
        body = self.draw("_stage.html", **(await self.values(state))).encode()
        self.tagged(hashlib.sha256(body).hexdigest()[:20], body, "text/html; charset=utf-8")
