"""Pages on phones: the door, one question a screen, the statement board, and the poll that says what is new."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Hashable, Mapping
from typing import Any

from allrise.framework import LANGUAGES as FRAMEWORK_LANGUAGES
from allrise.framework import load
from allrise.room import keys
from allrise.room.apply_statements import LONGEST_TEXT
from allrise.room.commands import CastVote, Join, Submit, WithdrawStatement, WriteStatement
from allrise.room.errors import UnknownCode, UnknownParticipant, UnknownQuestion
from allrise.room.results.priority import drawn, priority
from allrise.room.server.forms import answers_of, command_id_of, revision_of, whole_number
from allrise.room.server.pages import Page, clock_time, visible
from allrise.room.server.results_page import results_values
from allrise.room.server.wording import LANGUAGES
from allrise.room.snapshots import Mine, QuestionState, SessionState, StatementState


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


class RoomPage(Page):
    """Base of the pages inside a room."""

    purpose = "participant"
    state: SessionState
    token: str

    async def enter(self, code: str) -> SessionState:
        """Find the session and the phone's token.

        Raises
        ------
        UnknownCode
            When there is no such session.
        """
        self.state = await self.site.service.state(code)
        self.token = self.token_for(self.state.code)
        if self.token:
            self.site.service.heard(self.state.code, self.token)
        return self.state

    async def mine(self) -> Mine:
        """Return what this phone has said, and speak its language.

        Raises
        ------
        UnknownParticipant
            When it has not joined.
        """
        found = await self.site.service.mine(self.state.code, self.token)
        if found.language in LANGUAGES and not self.get_query_argument("lang", ""):
            self.speak(found.language)
        return found

    def question_of(self, name: str) -> QuestionState:
        """Return a question that participants may see.

        Raises
        ------
        UnknownQuestion
            When there is none of this name, or it has not been opened yet.
        """
        question = self.state.question(name)
        if question is None or question.state == "draft":
            raise UnknownQuestion("There is no such question.", "Go to the question that is on now.")
        return question

    def begin_write(self) -> None:
        """Check form and allowance before anything is written."""
        self.check_form(self.token)
        self.take(self.site.writes, self.token)


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


class Question(RoomPage):
    """One question, as a form; and what comes back from it."""

    async def get(self, code: str, name: str) -> None:
        state = await self.enter(code)
        me = await self.mine()
        question = self.question_of(name)
        values = await self.values(state, question, me)
        key = page_key(values)
        if key is None:
            self.page("question.html", **values)
            return
        values.pop("token")
        self.html(self.draw_shared("question.html", key, self.token, **values))

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        receipt = await self.site.service.run(
            Submit(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, answers=answers_of(question, self.fields()),
                revision=revision_of(self.field("revision", 20)),
            )
        )  # fmt: skip
        if self.wants_json:
            total = items_of(question)
            said = {name: receipt.result[name] for name in ("answered", "revision") if name in receipt.result}
            # A retry of what an older version took: then only the time is known.
            self.json({"at": receipt.at, "total": total, **said} if said else {"at": receipt.at})
            return
        move = self.field("move", 200).rpartition(":")[0]
        self.onward(f"/r/{state.code}/q/{question.name}" + (f"#move-{move}" if move else "#status"))

    async def values(
        self, state: SessionState, question: QuestionState, me: Mine, *, results: bool = True
    ) -> dict[str, Any]:
        """Return what the page of a question needs; a part of it may do without the results."""
        saved, total = answered_of(question, me)
        order = list(state.questions).index(question)
        values: dict[str, Any] = {
            "room": state, "token": self.token, "me": me, "question": question, "poll": self.site.poll,
            "answers": me.answers.get(question.name, {}), "saved_at": me.saved_at.get(question.name, 0),
            "revision": me.revisions.get(question.name, 0), "answered": saved, "total": total,
            "number": order + 1, "open": question.state == "open" and state.state == "live",
            "written": me.statements.get(question.name, ()), "tags": tag_labels(question, self.t.language),
            "longest": int(question.settings.get("longest") or LONGEST_TEXT.get(question.kind, 280)),
            "left_ms": state.timer.remaining(self.site.service.clock.now()) if state.timer.seconds else None,
            "results": None, "sent": None, "same": None,
        }  # fmt: skip
        if question.kind == "rank":
            values["ordered"] = sorted(question.items, key=lambda i: values["answers"].get(i.name, 1000))
        if question.kind == "statements":
            values |= await self.board_values(question, me)
        same = self.get_query_argument("same", "")
        if same and question.kind == "statements":
            board = await self.site.boards.get((state.code, question.name))
            values["same"] = next((s for s in board if str(s.number) == same), None)
        sent = self.get_query_argument("sent", "")
        if sent:
            values["sent"] = next((s for s in values["written"] if str(s.number) == sent), None)
        if results and question.results_shown:
            values["results"] = await results_values(self, state, question, "room")
        return values

    async def board_values(self, question: QuestionState, me: Mine) -> dict[str, Any]:
        """Return the next statement and how far one is through the board."""
        board = await self.site.boards.get((self.state.code, question.name))
        votes = me.votes.get(question.name, {})
        own = {s.number for s in me.statements.get(question.name, ())}
        shown = choose(
            board, {*votes, *own}, self.site.opinions.last(self.state.code, question.name), f"{self.token} {len(votes)}"
        )
        others = [s for s in board if s.number not in own]
        return {
            "statement": shown, "voted": sum(1 for s in others if s.number in votes), "board_total": len(others),
            "board": {s.number: s for s in board},
        }  # fmt: skip


class Vote(Question):
    """A vote on a statement."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        await self.site.service.run(
            CastVote(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, statement=whole_number(self.field("statement", 20), name="The statement"),
                value=whole_number(self.field("vote", 20), name="The vote"),
                revision=revision_of(self.field("revision", 20)),
            )
        )  # fmt: skip
        if self.wants_json:
            me = await self.mine()
            values = await self.values(state, question, me, results=False)
            self.json({"html": self.draw("_vote.html", **values), "at": me.saved_at.get(name, 0)})
            return
        self.onward(f"/r/{state.code}/q/{question.name}#vote")


class Write(Question):
    """A text, or a statement for the board."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        tags = [tag for tag in self.fields().get("tags", []) if tag][:8]
        receipt = await self.site.service.run(
            WriteStatement(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, text=self.field("text"), tags=tuple(tags),
            )
        )  # fmt: skip
        if self.wants_json:
            me = await self.mine()
            values = await self.values(state, question, me, results=False)
            values["sent"] = next((s for s in values["written"] if s.number == receipt.result["number"]), None)
            values["same"] = values.get("board", {}).get(receipt.result.get("same_as"))
            self.json({"html": self.draw("_mine.html", **values), "at": receipt.at})
            return
        same = receipt.result.get("same_as")
        query = f"sent={receipt.result['number']}" + (f"&same={same}" if same else "")
        self.onward(f"/r/{state.code}/q/{question.name}?{query}#mine")


class Withdraw(Question):
    """Take one's own text back."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        await self.site.service.run(
            WithdrawStatement(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, statement=whole_number(self.field("statement", 20), name="The statement"),
            )
        )  # fmt: skip
        self.onward(f"/r/{state.code}/q/{question.name}#mine")


class Fragment(Question):
    """A part of a question's page that holds nothing anyone types: to bring it up to date without a reload."""

    async def get(self, code: str, name: str, part: str = "mine") -> None:
        state = await self.enter(code)
        self.take(self.site.polls, self.token)
        me = await self.mine()
        question = self.question_of(name)
        values = await self.values(state, question, me, results=part == "results")
        if part == "results" and values["results"] is None:
            self.finish()  # hidden again since the phone heard of them
            return
        if part == "results" and values["results"]["key"] is not None:  # everyone looks when they are revealed
            key = (state.version, values["results"]["key"])
            values.pop("token")
            self.html(self.draw_shared("_results.html", key, self.token, **values))
            return
        self.page(f"_{part}.html", **values)


def page_key(values: Mapping[str, Any]) -> Hashable | None:
    """Return all that a question's page shows, but for who asks; None when it is not worth keeping."""
    if values["sent"] or values["same"] or (values["results"] and values["results"]["key"] is None):
        return None
    state, me, statement = values["room"], values["me"], values.get("statement")
    return (
        state.version,
        None if values["left_ms"] is None else values["left_ms"] // 1000,
        tuple(sorted(values["answers"].items())),
        values["revision"],
        values["saved_at"] and clock_time(values["saved_at"]),
        frozenset(me.saved_at),
        frozenset(me.statements),
        tuple((s.number, s.fate, s.reason, s.merged_into) for s in values["written"]),
        (statement and statement.number, values.get("voted"), values.get("board_total")),
        values["results"] and values["results"]["key"],
    )


def answered_of(question: QuestionState, me: Mine) -> tuple[int, int]:
    """Return how many of a question's items one has answered, and how many there are."""
    answers = me.answers.get(question.name, {})
    if question.kind in ("text", "statements"):
        return len(me.statements.get(question.name, ())) + len(me.votes.get(question.name, {})), 0
    return (int(any(answers.values())) if question.kind == "choice" else len(answers)), items_of(question)


def items_of(question: QuestionState) -> int:
    """Return how many answers a question wants: of a choice, one."""
    return 1 if question.kind == "choice" else len(question.items)


def tag_labels(question: QuestionState, language: str) -> list[tuple[str, str]]:
    """Return the framework ids a text may be tagged with, and their names."""
    framework = load(language if language in FRAMEWORK_LANGUAGES else "en")
    ids = [str(tag) for tag in question.settings.get("tags", [])]
    return [(i, framework[i].label if i in framework else i) for i in ids]


def choose(board: tuple[StatementState, ...], seen: set[int], opinions: Any, who: str) -> StatementState | None:
    """Return the statement a phone sees next, by priority; the same again when the page is loaded again.

    Parameters
    ----------
    board
        Approved statements with their votes.
    seen
        Numbers that the phone has voted on, or wrote.
    opinions
        The last working of the board, for how far statements tell people apart; None before the first.
    who
        Seed: the phone and how far it is.
    """
    left = [s for s in board if s.number not in seen]
    if not left:
        return None
    weights = [
        priority(s.agree + s.disagree + s.skip, s.agree, s.skip, opinions.extremity.get(str(s.number), 0.0) if opinions else 0.0)
        for s in left
    ]  # fmt: skip
    seed = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big")
    return left[drawn(weights, random.Random(seed).random())]  # noqa: S311 - fair, not secret
