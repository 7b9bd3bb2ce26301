"""The room for programs: what the workshop's apps read and send, with the same rights and rules as the pages.

Who asks is said in a header, never in a cookie (``X-Room-Token``: a participant's, ``X-Room-Secret``: the
facilitator's), so that no page of another site can send anything in someone's name. Everything written goes through
the room's one service; results are the ones that the stage and the phones show.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from allrise.room import keys
from allrise.room.commands import (
    CastVote,
    CloseQuestion,
    Command,
    EnterPaper,
    ExtendTimer,
    GoTo,
    Join,
    Lock,
    Moderate,
    Next,
    OpenQuestion,
    RemoveNote,
    SeedStatement,
    ShowResults,
    StartTimer,
    StopTimer,
    Submit,
    Undo,
    WithdrawStatement,
    WriteNote,
    WriteStatement,
)
from allrise.room.errors import InvalidCommand, NotFacilitator, UnknownParticipant
from allrise.room.server.next_statement import choose
from allrise.room.server.pages import Page
from allrise.room.server.results_page import results_values
from allrise.room.snapshots import Mine, QuestionState, SessionState

PARTICIPANT: Mapping[str, Callable[..., Command]] = {
    c.kind: c for c in (Join, Submit, WriteStatement, WithdrawStatement, CastVote)
}
FACILITATOR: Mapping[str, Callable[..., Command]] = {
    c.kind: c
    for c in (
        OpenQuestion, CloseQuestion, GoTo, Next, ShowResults, Lock, StartTimer, StopTimer, ExtendTimer, Moderate,
        SeedStatement, WriteNote, RemoveNote, EnterPaper, Undo,
    )
}  # fmt: skip


#: Questions whose results one look may ask for.
MOST_QUESTIONS = 12


class Api(Page):
    """Base: who asks, and answers in JSON."""

    @property
    def wants_json(self) -> bool:
        return True

    def _header(self, name: str) -> str:
        value = self.request.headers.get(name, "")
        return value if keys.is_token(value) else ""

    @property
    def token(self) -> str:
        """The participant's token, blank when none was sent."""
        return self._header("X-Room-Token")

    @property
    def secret(self) -> str:
        """The facilitator's secret, blank when none was sent."""
        return self._header("X-Room-Secret")


class Look(Api):
    """Everything that an app shows of a session now; each ``?q=`` adds a question's results, seen by ``?view=``."""

    async def get(self, code: str) -> None:
        state = await self.site.service.state(code)
        self.take(self.site.polls, self.token or self.secret or "nobody")
        shown = _plain(state)
        if not self.secret:  # what is still in the drawer is the facilitator's
            shown["questions"] = [q for q in shown["questions"] if q["state"] != "draft"]
        value: dict[str, Any] = {"state": shown, "mine": None, "desk": None, "results": {}, "vote": {}}
        if self.token:
            self.site.service.heard(state.code, self.token)
            try:
                mine = await self.site.service.mine(state.code, self.token)
                value["mine"] = _plain(mine)
            except UnknownParticipant:
                mine = None
        else:
            mine = None
        if self.secret:
            value["desk"] = _plain(await self.site.service.desk(state.code, self.secret))
        if not (mine and mine.language) and not self.get_query_argument("lang", ""):
            self.speak(state.languages[0])
        value["counts"] = _plain(await self.site.service.counts(state.code))
        for asked in self.get_query_arguments("q")[:MOST_QUESTIONS]:
            question = state.question(asked)
            if question is None or (question.state == "draft" and not self.secret):
                continue
            if found := await self._results(state, question):
                value["results"][question.name] = found
            if question.kind == "statements" and mine is not None:
                value["vote"][question.name] = await self._next(state, question, mine)
        body = json.dumps(value, ensure_ascii=False, default=str).encode()
        self.tagged(hashlib.sha256(body).hexdigest()[:24], body, "application/json; charset=utf-8")

    async def _results(self, state: SessionState, question: QuestionState) -> dict[str, Any] | None:
        if not question.results_shown and not self.secret:
            return None
        values = await results_values(self, state, question, self.get_query_argument("view", "room")[:20])
        html = self.draw("_results.html", question=question, results=values, room=state)
        found = values["found"]
        return {
            "question": question.name, "html": html, "views": values["views"], "view": values["view"],
            "rows": list(found.rows), "counted": found.counted, "answered": found.answered,
        }  # fmt: skip

    async def _next(self, state: SessionState, question: QuestionState, mine: Mine) -> dict[str, Any]:
        board = await self.site.service.board(state.code, question.name)
        votes = mine.votes.get(question.name, {})
        own = {s.number for s in mine.statements.get(question.name, ())}
        others = [s for s in board if s.number not in own]
        shown = choose(
            board, {*votes, *own}, self.site.opinions.last(state.code, question.name), f"{self.token} {len(votes)}"
        )
        return {
            "number": shown.number if shown else None,
            "text": (self.wording_of(shown.texts) if shown.texts else shown.text) if shown else "",
            "voted": sum(1 for s in others if s.number in votes),
            "total": len(others),
        }


class Do(Api):
    """Carries a command out: JSON with ``kind``, ``command_id`` and the command's own fields."""

    async def post(self, code: str) -> None:
        state = await self.site.service.state(code)
        try:
            sent = json.loads(self.request.body)
            kind, fields = str(sent.pop("kind")), dict(sent)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidCommand("This is not a command.", "Load the page again.") from error
        self.take(self.site.writes, self.token or self.secret or "nobody")
        if kind in PARTICIPANT:
            if not self.token:
                raise UnknownParticipant("Nobody has joined from here.", "Join first.")
            who, make = {"token": self.token}, PARTICIPANT[kind]
        elif kind in FACILITATOR:
            if not self.secret:
                raise NotFacilitator("This is for the facilitator.", "Open the facilitator address.")
            who, make = {"secret": self.secret}, FACILITATOR[kind]
        else:
            raise InvalidCommand("There is no such command.", "Load the page again.")
        for name in ("tags",):
            if isinstance(fields.get(name), list):
                fields[name] = tuple(fields[name])
        try:
            command = make(code=state.code, **who, **fields)
        except TypeError as error:
            raise InvalidCommand("The command's fields are not right.", "Load the page again.") from error
        receipt = await self.site.service.run(command)
        self.json(
            {"at": receipt.at, "changed": receipt.changed, "replayed": receipt.replayed, "result": receipt.result}
        )


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value
