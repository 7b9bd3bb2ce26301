"""One question a screen: its form, the answers that come back, and the parts that are brought up to date."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from allrise.framework import LANGUAGES as FRAMEWORK_LANGUAGES
from allrise.framework import load
from allrise.room.apply_statements import LONGEST_TEXT
from allrise.room.commands import Submit
from allrise.room.server.forms import answers_of, command_id_of, revision_of
from allrise.room.server.next_statement import choose
from allrise.room.server.pages import clock_time
from allrise.room.server.participant import RoomPage
from allrise.room.server.results_page import results_values
from allrise.room.snapshots import Mine, QuestionState, SessionState


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
