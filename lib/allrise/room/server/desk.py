"""The facilitator's pages, behind the secret address: run the session, moderate, take notes, type in paper.

Everything is a form, so that a session can be run with nothing but a browser; the script only adds keys and keeps
counts fresh.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
from collections.abc import Mapping
from typing import Any

from allrise.room import keys
from allrise.room.commands import (
    CloseQuestion,
    EnterPaper,
    ExtendTimer,
    FacilitatorCommand,
    GoTo,
    Lock,
    Moderate,
    Next,
    OpenQuestion,
    RemoveNote,
    SeedStatement,
    ShowResults,
    StartTimer,
    StopTimer,
    Undo,
    WriteNote,
)
from allrise.room.errors import InvalidCommand, NotFacilitator, Unavailable
from allrise.room.server.apart import run_apart
from allrise.room.server.forms import command_id_of, whole_number
from allrise.room.server.pages import COOKIE_DAYS, Page
from allrise.room.server.results_page import results_values
from allrise.room.server.templating import visible
from allrise.room.snapshots import Desk as DeskState
from allrise.room.snapshots import QuestionState, SessionState

log = logging.getLogger(__name__)

#: Longest time that packing a record may take, in seconds.
LONGEST_PACKING = 120.0


class DeskPage(Page):
    """Base of the facilitator's pages."""

    purpose = "facilitator"
    state: SessionState
    secret: str

    async def enter(self, code: str) -> DeskState:
        """Find the session and check the secret.

        Raises
        ------
        UnknownCode, NotFacilitator
            When there is no such session, or the cookie is not its facilitator's.
        """
        self.state = await self.site.service.state(code)
        secret = self.get_cookie(f"desk_{self.state.code}", "") or ""
        if not keys.is_token(secret):
            raise NotFacilitator("This page is for the facilitator.", "Open the facilitator address.")
        self.secret = secret
        return await self.site.service.desk(self.state.code, secret)


class DeskDoor(DeskPage):
    """The secret address: sets the cookie, and leaves the secret out of the address from there on."""

    async def get(self, code: str, secret: str) -> None:
        state = await self.site.service.state(code)
        if not keys.is_token(secret):
            raise NotFacilitator("This address is not complete.", "Copy the whole facilitator address.")
        await self.site.service.desk(state.code, secret)
        self.set_cookie(
            f"desk_{state.code}", secret, path=f"/desk/{state.code}", httponly=True, samesite="Lax",
            expires_days=COOKIE_DAYS,
        )  # fmt: skip
        self.onward(f"/desk/{state.code}")


class Desk(DeskPage):
    """The console."""

    async def values(self, desk: DeskState) -> dict[str, Any]:
        """Return what the console draws."""
        state = self.state
        counts = await self.site.service.counts(state.code)
        current = state.question(state.current) if state.current else None
        place = state.questions.index(current) if current else -1
        values: dict[str, Any] = {
            "room": state, "token": self.secret, "desk": desk, "counts": counts, "current": current,
            "following": state.questions[place + 1] if place + 1 < len(state.questions) else None,
            "preceding": state.questions[place - 1] if place > 0 else None,
            "pending": [(q, s) for q in state.questions for s in desk.statements.get(q.name, ()) if s.fate == "pending"],
            "decided": [(q, s) for q in state.questions for s in desk.statements.get(q.name, ())
                        if s.fate in ("approved", "rejected", "merged")][::-1][:60],
            "left_ms": state.timer.remaining(self.site.service.clock.now()) if state.timer.seconds else None,
            "results": None, "done": desk.done[0] if desk.done else None,
            "boards": [q for q in state.questions if q.kind == "statements" and q.state != "draft"],
            "address": self.site.address,
        }  # fmt: skip
        if current is not None:
            values["results"] = await results_values(self, state, current, self.get_query_argument("view", "room")[:20])
        return values

    async def get(self, code: str) -> None:
        desk = await self.enter(code)
        if not self.get_cookie("lang", ""):
            self.speak(self.state.languages[0])
        self.page("desk.html", **(await self.values(desk)))


class DeskLive(Desk):
    """The parts of the console that hold no field: for the page's own poll."""

    async def get(self, code: str) -> None:
        desk = await self.enter(code)
        self.take(self.site.polls, self.secret)
        self.page("_desk_live.html", **(await self.values(desk)))


class DeskDo(DeskPage):
    """Every button of the console."""

    async def post(self, code: str) -> None:
        self.state = await self.site.service.state(code)
        self.secret = self.get_cookie(f"desk_{self.state.code}", "") or ""
        if not keys.is_token(self.secret):
            raise NotFacilitator("This page is for the facilitator.", "Open the facilitator address.")
        self.check_form(self.secret)
        self.take(self.site.writes, self.secret)
        await self.site.service.run(self.command())
        anchor = self.field("anchor", 40)
        self.onward(f"/desk/{self.state.code}" + (f"#{anchor}" if anchor.isidentifier() else ""))

    def command(self) -> FacilitatorCommand:
        """Return the button's command.

        Raises
        ------
        InvalidCommand
            When there is no such button.
        """
        who: dict[str, Any] = {
            "command_id": command_id_of(self.field("command_id", 80)), "code": self.state.code, "secret": self.secret,
        }  # fmt: skip
        question = self.field("question", 80)

        def number(name: str) -> int:
            return whole_number(self.field(name, 20), name=name)

        match self.field("do", 40):
            case "open":
                return OpenQuestion(**who, question=question)
            case "close":
                return CloseQuestion(**who, question=question)
            case "go_to":
                return GoTo(**who, question=question)
            case "next":
                return Next(**who, seen=self.field("seen", 80))
            case "show" | "hide" as asked:
                return ShowResults(**who, question=question, shown=asked == "show")
            case "lock" | "unlock" as asked:
                return Lock(**who, locked=asked == "lock")
            case "start_timer":
                return StartTimer(**who, seconds=60 * number("minutes"))
            case "stop_timer":
                return StopTimer(**who)
            case "extend_timer":
                return ExtendTimer(**who, seconds=60)
            case "approve" | "reject" | "merge" as decision:
                return Moderate(
                    **who, question=question, statement=number("statement"), decision=decision,
                    reason=self.field("reason", 1_000), into=number("into") if decision == "merge" else None,
                    seen=self.field("seen", 20),
                )  # fmt: skip
            case "seed":
                return SeedStatement(**who, question=question, text=self.field("text"))
            case "note":
                return WriteNote(**who, text=self.field("text"), question=question)
            case "remove_note":
                return RemoveNote(**who, note=number("note"))
            case "undo":
                return Undo(**who, seen=number("seen"))
            case _:
                raise InvalidCommand("There is no such button.", "Load the page again.")


class Paper(DeskPage):
    """Answers on paper, one sheet at a time."""

    async def get(self, code: str) -> None:
        await self.enter(code)
        self.page(
            "paper.html", room=self.state, token=self.secret, saved=visible(self.get_query_argument("saved", ""))[:40]
        )

    async def post(self, code: str) -> None:
        await self.enter(code)
        self.check_form(self.secret)
        self.take(self.site.writes, self.secret)
        fields = self.fields()
        sheet = self.field("sheet", 60)
        answers: dict[str, Mapping[str, int | str | None]] = {}
        statements: dict[str, tuple[str, ...]] = {}
        for question in self.state.questions:
            sent = paper_answers(question, fields)
            if sent:
                answers[question.name] = sent
            text = self.field(f"t:{question.name}")
            if text:
                statements[question.name] = (text,)
        await self.site.service.run(
            EnterPaper(
                command_id=command_id_of(self.field("command_id", 80)), code=self.state.code, secret=self.secret,
                sheet=sheet, country=self.field("country", 40), role=self.field("role", 40),
                cluster=self.field("cluster", 80), answers=answers, statements=statements,
            )
        )  # fmt: skip
        self.onward(f"/desk/{self.state.code}/paper", saved=sheet)


class Record(DeskPage):
    """The session's record as a download: the data folder that ``allrise room export`` writes, in a zip archive."""

    async def get(self, code: str) -> None:
        await self.enter(code)
        self.take(self.site.writes, self.secret)
        asked = {"database": self.site.service.database.address, "code": self.state.code}
        async with self.site.packing:  # one at a time: each takes a process of its own
            try:
                archive = await asyncio.to_thread(
                    run_apart,
                    "allrise.room.server.packing",
                    json.dumps(asked).encode(),
                    LONGEST_PACKING,
                    arrow=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                said = getattr(error, "stderr", None) or b""
                log.warning(
                    "the record of %s could not be packed: %s %s",
                    self.state.code,
                    error,
                    said.decode("utf-8", "replace"),
                )
                raise Unavailable("The record could not be packed.", "Try again.") from error
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f'attachment; filename="dialogue-{self.state.code}.zip"')
        self.set_header("Cache-Control", "no-store")
        self.finish(archive)


def paper_answers(question: QuestionState, fields: Mapping[str, list[str]]) -> dict[str, int | str | None]:
    """Return a sheet's answers to one question, item to value; empty when the sheet says nothing to it."""
    if question.kind == "choice":
        return {item: 1 for item in fields.get(f"c:{question.name}", []) if item}
    found: dict[str, int | str | None] = {}
    for item in question.items:
        value = (fields.get(f"a:{question.name}:{item.name}") or [""])[0]
        if value:
            found[item.name] = value
    return found
