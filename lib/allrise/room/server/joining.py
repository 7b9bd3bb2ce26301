"""The way into a room, and on from there: the code, country and role, what is on now, and the poll that says what is new."""

from __future__ import annotations

import json
from typing import Any

from allrise.room import keys
from allrise.room.commands import Join
from allrise.room.errors import UnknownCode, UnknownParticipant
from allrise.room.server.forms import command_id_of
from allrise.room.server.pages import Page
from allrise.room.server.participant import RoomPage
from allrise.room.server.templating import visible
from allrise.room.server.wording import LANGUAGES
from allrise.room.snapshots import Mine


class Door(Page):
    """The first page: type the code."""

    async def get(self) -> None:
        typed = self.get_query_argument("code", "")
        if not typed:
            self.page("door.html", example=keys.shown_code("KM4PR7"))
            return
        state = await self.site.service.state(typed)
        self.onward(f"/r/{state.code}")

    def write_error(self, status_code: int, **given: Any) -> None:
        error = (given.get("exc_info") or (None, None, None))[1]
        if isinstance(error, UnknownCode):
            self.set_status(404)
            typed = visible(self.get_query_argument("code", ""))[:20]
            self.page(
                "door.html", example=keys.shown_code("KM4PR7"), typed=typed,
                wrong=f"{self.t('error.unknown_code', code=typed)} {self.t('error.unknown_code_mend')}",
            )  # fmt: skip
            return
        super().write_error(status_code, **given)


class JoinDoor(RoomPage):
    """Country, role, language; also to change them later."""

    async def get(self, code: str) -> None:
        state = await self.enter(code)
        if self.request.path != f"/r/{state.code}":
            self.onward(f"/r/{state.code}")
            return
        changing = self.get_query_argument("change", "") == "1"
        me: Mine | None = None
        if self.token:
            try:
                me = await self.mine()
            except UnknownParticipant:
                me = None
        if me is not None and not changing:
            self.onward(f"/r/{state.code}/now")
            return
        if me is None and state.languages and self.t.language not in [x.split("-")[0] for x in state.languages]:
            self.speak(state.languages[0])
        token = self.give_token(state.code)
        self.page("join.html", room=state, token=token, me=me)

    async def post(self, code: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        language = self.field("language", 12)
        await self.site.service.run(
            Join(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                country=self.field("country", 40), role=self.field("role", 40), cluster=self.field("cluster", 80),
                language=language,
            )
        )  # fmt: skip
        if language.split("-")[0] in LANGUAGES:
            self.set_cookie("lang", language.split("-")[0], path="/", samesite="Lax", httponly=True, expires_days=60)
        self.onward(f"/r/{state.code}/now")


class Now(RoomPage):
    """Whatever is on now."""

    async def get(self, code: str) -> None:
        state = await self.enter(code)
        me = await self.mine()
        question = state.question(state.current) if state.current else None
        if question is not None and question.state != "draft":
            self.onward(f"/r/{state.code}/q/{question.name}")
            return
        still_open = next((q for q in state.questions if q.state == "open"), None)
        if still_open is not None:
            self.onward(f"/r/{state.code}/q/{still_open.name}")
            return
        self.page("wait.html", room=state, token=self.token, me=me, question=None, poll=self.site.poll)


class News(RoomPage):
    """What has changed, for the poll of every phone; the same for all, and nothing about answers."""

    async def get(self, code: str) -> None:
        state = await self.enter(code)
        self.take(self.site.polls, self.token or "nobody")
        tag = f"{state.version}-{sum(q.board_version for q in state.questions)}"
        if f'"{tag}"' in self.request.headers.get("If-None-Match", ""):
            self.tagged(tag, b"", "")
            return
        now = self.site.service.clock.now()
        value = {
            "version": state.version,
            "current": state.current,
            "open": [q.name for q in state.questions if q.state == "open"],
            "closed": [q.name for q in state.questions if q.state == "closed"],
            "shown": [q.name for q in state.questions if q.results_shown],
            "boards": {q.name: q.board_version for q in state.questions if q.kind in ("text", "statements")},
            "locked": state.state == "locked",
            "timer": {"running": state.timer.running, "left": state.timer.remaining(now)},
        }
        self.tagged(tag, json.dumps(value).encode(), "application/json; charset=utf-8")
