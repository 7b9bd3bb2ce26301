"""A question of the session as a part of an app: its form, what one said before, and the room's results.

What is chosen here and on a phone is one answer: both go to the room's one service under the same token.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine
from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.live import Live
from allrise.apps.room_link import RoomAway, RoomLink, RoomRefused
from allrise.apps.shown import asked, column, markup, paragraphs, results, say
from allrise.apps.visit import Visit
from allrise.apps.widgets import Arrival, Form
from allrise.framework import Contrast, load

#: What a page says when it is used without a session, as with plain Voila.
NO_ROOM = "No session is running. What you choose stays on this page."
NOT_JOINED = "Say who you are first, at the top of this page; then your answers count with everyone's."

NOT_OPEN = "Not open yet. The facilitator opens it."

FATES = {
    "pending": "Waiting to be read", "approved": "Shown", "withdrawn": "Taken back by you",
    "rejected": "Not shown: {reason}", "merged": "Merged with statement {into}, which says the same",
}  # fmt: skip


def in_english(texts: Any) -> str:
    """Return a session's own text in English, else in the first language it has."""
    return str(texts.get("en") or next(iter(texts.values()), "")) if texts else ""


class Room:
    """A page's place in the room: who visits, the line, the live look, and the errands under way."""

    def __init__(self, visit: Visit, *, every: float = 0.9) -> None:
        self.visit = visit
        self.link = RoomLink(visit)
        self.arrival = Arrival()
        self.live = Live(self.link, every=every, arrived=self.arrival.wait)
        self._errands: set[asyncio.Task[None]] = set()

    def send(self, errand: Coroutine[Any, Any, None]) -> None:
        """Carry out an errand beside everything else."""
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    @property
    def joined(self) -> bool:
        """Whether this visitor has joined the session, as far as the last look knows."""
        return bool(self.live.last.get("mine"))

    def question(self, name: str) -> dict[str, Any] | None:
        """Return a question as of the last look."""
        questions = self.live.last.get("state", {}).get("questions", [])
        return next((q for q in questions if q["name"] == name), None)


class QuestionPanel(w.VBox):
    """One question.

    Parameters
    ----------
    room
        The page's place in the room.
    name
        Name of the question in the session: ``Q2.1``.
    framework_id
        Where its wording is when no session runs; the name by default.
    kind, ids
        Form to show without a session: ``rating`` of these framework ids, ``contrast``, ``quadrant``; none for texts.
    private
        Keep answers on the page until they are shared with a press.
    quiet
        Leave the question's own heading out.
    """

    def __init__(
        self, room: Room, name: str, *, framework_id: str = "", kind: str = "", ids: tuple[str, ...] = (),
        prompt: str = "", low: str = "Not at all", high: str = "Completely", private: bool = False, quiet: bool = False,
        show_results: bool = True,
    ) -> None:  # fmt: skip
        self.room, self.name, self.private = room, name, private
        self._framework = load("en")
        self._revision = 0
        self._drawn: tuple[Any, ...] = ()
        self._unsent: dict[str, Any] = {}
        self._under_way = 0  # answers on their way to the room: until they are there, its news are older
        shown = framework_id or name
        text = prompt or (self._framework[shown].statement if shown in self._framework else "")
        self.heading = markup("" if quiet else asked(shown if shown in self._framework else "", text))
        self._quiet = quiet
        self.form = Form(self._answered, legend=text, words={"low": low, "high": high}, kind=kind or "text")
        self.board = Form(self._voted, kind="vote", legend="Do you agree?")
        self.mine = markup("", "ar-quiet-line")
        self.results = markup("")
        self.share = w.Button(description="Share with the room", button_style="primary")
        self.share.on_click(lambda _b: self._share())
        if kind in ("rating", "contrast", "quadrant"):
            self.form.items = [_item(self._framework, i) for i in ids]
            self.form.status = NO_ROOM if not room.visit.has_room else ""
        elif not room.visit.has_room:
            self.form.layout.display = "none"
            say(self.mine, paragraphs("With a session running, you answer here and see what others say."))
        for widget in (self.board, *(() if private else (self.share,))):
            widget.layout.display = "none"
        parts = [self.heading, self.board, self.form, self.share, self.mine, *([self.results] if show_results else [])]
        super().__init__(parts)
        self.add_class("ar-question-panel")
        if name not in room.live.questions:
            room.live.questions.append(name)
        room.live.tell(self._news)

    # News of the room ------------------------------------------------------------------------------------------

    def _news(self, look: dict[str, Any]) -> None:
        question, mine = self.room.question(self.name), look.get("mine")
        if question is None:
            self.form.locked = self.form.kind in ("rating", "contrast", "quadrant") and not self.private
            self.form.status = NOT_OPEN if not self.private else "Only you see this."
            if self.form.kind not in ("rating", "contrast", "quadrant"):
                self.form.layout.display = "none"
                say(self.mine, paragraphs(NOT_OPEN))
            return
        self._draw(question)
        open_ = question["state"] == "open" and look["state"]["state"] == "live"
        can = open_ and mine is not None
        self.form.locked = not can and not self.private
        self.share.disabled = not can or not self._unsent
        if mine is not None and not self.private:
            answers = mine["answers"].get(self.name, {})
            self._revision = max(self._revision, mine["revisions"].get(self.name, 0))
            if self.form.kind not in ("text", "vote") and not self._under_way:
                self.form.values = dict(answers)
        if not open_:
            self.form.status = (
                "Closed: answers are kept." if question["state"] == "closed" else "The session is locked."
            )
        elif mine is None:
            self.form.status = NOT_JOINED
        elif self.form.status in (NOT_JOINED, "Closed: answers are kept.", NOT_OPEN):
            self.form.status = "Only you see this." if self.private else ""
        self._say_mine(mine)
        self._say_vote(look.get("vote", {}).get(self.name), can=can)
        found = look.get("results", {}).get(self.name)
        say(self.results, results(found["html"]) if found else "")

    def _draw(self, question: dict[str, Any]) -> None:
        seen = (question["kind"], tuple(i["name"] for i in question["items"]))
        if seen == self._drawn:
            return
        self._drawn = seen
        kind, settings = question["kind"], question["settings"]
        prompt, more = in_english(question["prompt"]), in_english(question["help"])
        if not self._quiet:
            say(self.heading, asked(question["framework_id"], prompt, more))
        self.form.layout.display = None
        with self.form.hold_sync():
            self.form.legend = prompt
            self.form.items = _items(question)
            self.form.words = {
                "low": in_english(settings.get("low")) or "Not at all", "high": in_english(settings.get("high")) or "Completely",
            }  # fmt: skip
            if kind in ("text", "statements"):
                tags = [(i, self._framework[i].label) for i in settings.get("tags", []) if i in self._framework]
                longest = int(settings.get("longest") or (280 if kind == "statements" else 1000))
                label = "Add a statement" if kind == "statements" else "Your words"
                hint = "Please name no person and no school."
                self.form.settings = {
                    "tags": tags, "longest": longest,
                    "fields": [{"name": "text", "label": label, "rows": 3, "longest": longest, "hint": hint}],
                }  # fmt: skip
                self.form.kind = "text"
            else:
                self.form.settings = {"most": settings.get("most", 0)}
                self.form.kind = kind

    def _say_mine(self, mine: dict[str, Any] | None) -> None:
        written = (mine or {}).get("statements", {}).get(self.name, [])
        lines = [
            f'<p>“{escape(s["text"])}” <span class="fate">'
            f"{escape(str(FATES.get(s['fate'], s['fate'])).format(reason=s['reason'], into=s['merged_into']))}</span></p>"
            for s in reversed(written) if s["fate"] != "withdrawn"
        ]  # fmt: skip
        say(self.mine, "".join(lines[:6]))

    def _say_vote(self, vote: dict[str, Any] | None, *, can: bool) -> None:
        if not vote or not vote["total"]:
            self.board.layout.display = "none"
            return
        self.board.layout.display = None
        item = [{
            "name": vote["number"], "label": vote["text"],
            "detail": f"Statement {vote['number']} · you voted on {vote['voted']} of {vote['total']}",
        }] if vote["number"] is not None else []  # fmt: skip
        if self.board.items != item:
            self.board.items = item
        self.board.locked = not can

    # What the person does --------------------------------------------------------------------------------------

    def _answered(self, values: dict[str, Any]) -> None:
        if "text" in values:
            self.room.send(self._write(str(values["text"]), [str(t) for t in values.get("tags", [])]))
            return
        if self.private:
            self._unsent.update(values)
            self.share.disabled = not self.room.joined or self.room.question(self.name) is None
            self.form.status = "Only you see this. Nothing is sent until you share it."
            return
        if not self.room.visit.has_room:
            self.form.status = NO_ROOM
            return
        self._revision += 1
        self.room.send(self._submit(values, self._revision))

    def _share(self) -> None:
        if self._unsent:
            self._revision += 1
            sent, self._unsent = dict(self._unsent), {}
            self.share.disabled = True
            self.room.send(self._submit(sent, self._revision))

    def _voted(self, values: dict[str, Any]) -> None:
        self._revision += 1
        self.room.send(self._vote(int(values["statement"]), int(values["vote"])))

    async def _submit(self, values: dict[str, Any], revision: int) -> None:
        self._under_way += 1
        said = await self._tried(self.room.link.do("submit", question=self.name, answers=values, revision=revision))
        self._under_way -= 1
        self.room.live.again()
        if said:
            self.form.status = f"Saved {_clock(said['at'])}"
        elif self.private:
            self._unsent = values | self._unsent
            self.share.disabled = False

    async def _vote(self, statement: int, value: int) -> None:
        said = await self._tried(
            self.room.link.do(
                "cast_vote", question=self.name, statement=statement, value=value, revision=self._revision
            )
        )
        self.board.status = f"Saved {_clock(said['at'])}" if said else self.form.status
        self.room.live.soon()

    async def _write(self, text: str, tags: list[str]) -> None:
        said = await self._tried(self.room.link.do("write_statement", question=self.name, text=text, tags=tags))
        if not said:
            return
        self.form.values = {"text": " "}
        self.form.values = {"text": ""}
        shown = said["result"].get("state") == "approved"
        after = "It is on the board now." if shown else "It is shown once the facilitator has read it."
        self.form.status = f"Sent {_clock(said['at'])}. {after}"
        self.room.live.soon()

    async def _tried(self, errand: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return await errand
        except RoomAway:
            self.form.status = "Not saved: the room cannot be reached. Choose again when it is back."
        except RoomRefused as error:
            self.form.status = f"Not saved: {error}"
        return None


def join_panel(room: Room) -> w.VBox:
    """Return who one is in the room: shown until one has joined, then one quiet line."""
    line = markup("", "ar-quiet-line")
    country = w.Dropdown(description="Country", options=[("Rather not say", "")])
    role = w.Dropdown(description="Role", options=[("Rather not say", "")])
    go = w.Button(description="Join", button_style="primary")
    ask = w.HBox([country, role, go])
    ask.layout.display = "none"
    say(line, paragraphs(NO_ROOM if not room.visit.has_room else "Looking for the session."))
    names = {k: v for part in ("country", "role") for k, v in _segment_names(part).items()}

    async def join() -> None:
        try:
            await room.link.do("join", country=country.value, role=role.value, language="en")
        except (RoomAway, RoomRefused) as error:
            say(line, paragraphs(str(error)))
            return
        room.live.soon()

    def news(look: dict[str, Any]) -> None:
        state, mine = look["state"], look.get("mine")
        if mine is None:
            for widget, part in ((country, "country"), (role, "role")):
                options = [("Rather not say", ""), *((names.get(i, i), i) for i in state["asks"].get(part, []))]
                if tuple(widget.options) != tuple(options):
                    widget.options = options
            ask.layout.display = None if room.visit.token else "none"
            say(
                line,
                paragraphs(f"{in_english(state['title'])}. Nobody learns who you are; country and role are optional."),
            )
            return
        ask.layout.display = "none"
        who = ", ".join(names.get(str(x), str(x)) for x in (mine["role"], mine["country"]) if x)
        say(
            line,
            paragraphs(
                f"You take part in {in_english(state['title'])}{f' as: {who}' if who else ''}. Here and on the phone page in this browser you are the same person."
            ),
        )

    go.on_click(lambda _b: room.send(join()))
    room.live.tell(news)
    panel = column(line, ask)
    panel.add_class("ar-now")
    return panel


def _segment_names(part: str) -> dict[str, str]:
    from allrise.room.server.wording import wording

    return {k.partition(".")[2]: v for k, v in wording("en").texts.items() if k.startswith(f"{part}.")}


def _item(framework: Any, framework_id: str) -> dict[str, Any]:
    entry = framework[framework_id]
    if isinstance(entry, Contrast):
        return {"name": entry.id, "label": entry.label, "left": entry.transformational, "right": entry.transactional}
    return {"name": entry.id, "label": entry.label, "detail": entry.statement}


def _items(question: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for i in question["items"]:
        name = i["name"]
        if question["kind"] == "quadrant":
            name, _, dimension = name.rpartition("/")
            if dimension != "ease":
                continue
        items.append({
            "name": name, "label": in_english(i["label"]), "detail": in_english(i["detail"]),
            "left": in_english(i["left_pole"]), "right": in_english(i["right_pole"]),
        })  # fmt: skip
    return items


def _clock(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000).astimezone().strftime("%H:%M")
