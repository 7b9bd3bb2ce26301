"""The facilitator's console: run the session by keys, read statements, and put evidence beside the answers."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.gallery import PICTURES, clusters
from allrise.apps.questions import Room, in_english
from allrise.apps.room_link import RoomAway, RoomRefused
from allrise.apps.scene import Scene, read_scene, set_scene
from allrise.apps.shown import column, markup, paragraphs, press, results, say
from allrise.apps.stage import VIEWS
from allrise.apps.visit import Visit
from allrise.apps.widgets import Form, Keys, Rows

KEYS = (
    ("n", "next question"), ("c", "close or open the question on the stage"), ("r", "show or hide results"),
    ("t", "start or stop the timer"), ("z", "undo"), ("e", "evidence on or off"), ("1 to 5", "how results are seen"),
)  # fmt: skip
VIEW_NAMES = {
    "room": "The whole room",
    "country": "By country",
    "role": "By role",
    "agreement": "Where we agree and part",
    "map": "Opinion map",
}
NOT_YOURS = "This page is for the facilitator. Open the console's address as allrise serve printed it."


class Console:
    """The console."""

    def __init__(self, visit: Visit | None = None) -> None:
        self.visit = visit or Visit.of()
        self.room = Room(self.visit, every=0.8)
        self.status = markup("", "ar-quiet-line")
        self.now = markup(paragraphs("Looking for the session." if self.visit.secret else NOT_YOURS))
        self.results = markup("")
        self.next = press("Next question", lambda: self._key("n"), main=True)
        self.open = press("Open", lambda: self._key("c"))
        self.show = press("Show results", lambda: self._key("r"))
        self.minutes = w.Dropdown(description="Minutes", options=[1, 2, 3, 5, 8, 10, 15, 20, 30], value=5)
        self.timer = press("Start the timer", lambda: self._key("t"))
        self.more = press("One minute more", lambda: self._do("extend_timer", seconds=60))
        self.undo = press("Undo", lambda: self._key("z"))
        self.lock = press("Lock the session", self._lock)
        self.run = Rows(self._row, label="Questions")
        self.reading = Rows(self._decide, label="Statements to read", empty="Nothing to read.")
        self.decided = Rows(self._decide, label="Statements on the boards")
        self.notes = Rows(lambda i, _do, _f: self._do("remove_note", note=int(i)), label="Notes")
        field = [{"name": "text", "label": "A note that only facilitators see", "rows": 2, "longest": 2000}]
        self.note = Form(self._note, kind="text", legend="Note", settings={"fields": field}, words={"send": "Keep"})
        seed = [{"name": "text", "label": "A statement of your own for the board", "rows": 2, "longest": 280}]
        self.seed = Form(
            self._seed,
            kind="text",
            legend="Statement",
            settings={"fields": seed},
            words={"send": "Put it on the board"},
        )
        pictures = [("None", ""), *((label, name) for name, (_, label, _) in PICTURES.items())]
        self.evidence = w.Dropdown(description="Evidence", options=pictures, value="")
        self.cluster = w.Dropdown(description="Of cluster", options=clusters(self.visit.source))
        self.view = w.Dropdown(
            description="Results seen", options=[(v, k) for k, v in VIEW_NAMES.items()], value="room"
        )
        self.keys = Keys(self._key, wanted=["n", "c", "r", "t", "z", "e", *VIEWS])
        self._scene = Scene()
        for widget in (self.evidence, self.cluster, self.view):
            widget.observe(lambda _c: self._staged(), "value")
        self.room.live.tell(self._news)
        self.room.live.refused = lambda _error: say(self.now, paragraphs(NOT_YOURS))
        names = "".join(f"<p><strong>{escape(k)}</strong> {escape(v)}</p>" for k, v in KEYS)
        left = column(
            self.now, w.HBox([self.next, self.open, self.show]), self.status, self.results,
            markup("<h2>To read</h2>"), self.reading, self.seed,
        )  # fmt: skip
        right = column(
            markup("<h2>Beside it on the stage</h2>"), column(self.evidence, self.cluster, self.view),
            markup("<h2>Time</h2>"), w.HBox([self.minutes, self.timer, self.more]),
            markup("<h2>Questions</h2>"), self.run, w.HBox([self.undo, self.lock]),
            markup("<h2>Notes</h2>"), self.notes, self.note,
            markup(f'<h2>Keys</h2><div class="ar-quiet-line">{names}</div>'),
        )  # fmt: skip
        self.whole = w.Box([left, right, self.keys])
        self.whole.add_class("ar-two")
        self.boards = column(markup("<h2>On the boards</h2>"), self.decided)

    def start(self) -> None:
        """Begin to follow the room; only for who has the secret."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        if self.visit.secret:
            self._scene = read_scene(self.visit.code)
            self._show_scene()
            self.room.live.start()

    # What the facilitator does ----------------------------------------------------------------------------------

    @property
    def _current(self) -> dict[str, Any] | None:
        return self.room.question(self.room.live.last.get("state", {}).get("current", ""))

    def _key(self, key: str) -> None:
        state, question = self.room.live.last.get("state"), self._current
        if state is None:
            return
        if key == "n":
            self._do("next", seen=state["current"])
        elif key == "c" and question:
            self._do("close_question" if question["state"] == "open" else "open_question", question=question["name"])
        elif key == "r" and question:
            self._do("show_results", question=question["name"], shown=not question["results_shown"])
        elif key == "t":
            if state["timer"]["running"]:
                self._do("stop_timer")
            else:
                self._do("start_timer", seconds=60 * int(self.minutes.value or 5))
        elif key == "z":
            undoable = (self.room.live.last.get("desk") or {}).get("undoable")
            if undoable:
                self._do("undo", seen=undoable["seq"])
            else:
                say(self.status, paragraphs("There is nothing to undo."))
        elif key == "e":
            self.evidence.value = "" if self.evidence.value else self._fitting()
        elif key in VIEWS:
            self.view.value = VIEWS[key]

    def _fitting(self) -> str:
        """Return the picture that goes with the question on the stage."""
        question = self._current or {}
        name = str(question.get("framework_id", ""))
        part = {"Q1": "gap", "Q2": "profile", "Q3": "skills"}.get(name[:2], "profile")
        return {"Q3.3": "contrasts", "Q3.4": "axes"}.get(name, part)

    def _lock(self) -> None:
        state = self.room.live.last.get("state")
        if state:
            self._do("lock", locked=state["state"] != "locked")

    def _row(self, name: str, do: str, _fields: dict[str, str]) -> None:
        if do in ("open_question", "close_question", "go_to"):
            self._do(do, question=name)

    def _decide(self, key: str, do: str, fields: dict[str, str]) -> None:
        question, _, number = key.rpartition("#")
        if do not in ("approve", "reject", "merge"):
            return
        typed = fields.get("reason", "")
        into = int(typed) if do == "merge" and typed.isdigit() else None
        if do == "reject" and not typed:
            say(self.status, paragraphs("Type the reason first: its author sees it."))
            return
        if do == "merge" and into is None:
            say(self.status, paragraphs("Type the number of the statement that says the same."))
            return
        self._do(
            "moderate", question=question, statement=int(number), decision=do, reason="" if do == "merge" else typed, into=into,
            seen=self._fate(question, int(number)),
        )  # fmt: skip

    def _fate(self, question: str, number: int) -> str:
        statements = (self.room.live.last.get("desk") or {}).get("statements", {}).get(question, [])
        return next((str(s["fate"]) for s in statements if s["number"] == number), "")

    def _note(self, values: dict[str, Any]) -> None:
        current = self._current
        self._do(
            "write_note",
            then=lambda: self._emptied(self.note),
            text=str(values["text"]),
            question=current["name"] if current else "",
        )

    def _seed(self, values: dict[str, Any]) -> None:
        current = self._current
        if current is None or current["kind"] != "statements":
            self.seed.status = "The question on the stage is not a board."
            return
        self._do(
            "seed_statement", then=lambda: self._emptied(self.seed), question=current["name"], text=str(values["text"])
        )

    @staticmethod
    def _emptied(form: Form) -> None:
        form.values = {"text": " "}
        form.values = {"text": ""}

    def _do(self, kind: str, then: Callable[[], None] | None = None, **fields: Any) -> None:
        self.room.send(self._done(kind, then, fields))

    async def _done(self, kind: str, then: Callable[[], None] | None, fields: dict[str, Any]) -> None:
        try:
            await self.room.link.do(kind, **fields)
        except (RoomAway, RoomRefused) as error:
            say(self.status, paragraphs(str(error)))
            return
        if then is not None:
            then()
        say(self.status, "")
        self.room.live.soon()

    def _staged(self) -> None:
        scene = Scene(str(self.evidence.value), str(self.cluster.value or ""), str(self.view.value))
        self.room.live.view = scene.view
        if scene != self._scene:
            self._scene = scene
            set_scene(self.visit.code, scene)
            self.room.live.soon()

    def _show_scene(self) -> None:
        scene = self._scene
        self.evidence.value, self.view.value = scene.evidence, scene.view
        if scene.cluster_id in [i for _, i in clusters(self.visit.source)]:
            self.cluster.value = scene.cluster_id

    # News of the room -------------------------------------------------------------------------------------------

    def _news(self, look: dict[str, Any]) -> None:
        state, counts, desk = look["state"], look["counts"], look.get("desk")
        if desk is None:
            say(self.now, paragraphs(NOT_YOURS))
            return
        question = self._current
        wanted = [question["name"]] if question else []
        if self.room.live.questions != wanted:
            self.room.live.questions = wanted
            self.room.live.soon()
        locked = state["state"] == "locked"
        title = in_english(question["prompt"]) if question else in_english(state["title"])
        answered = counts["answered"].get(question["name"], 0) if question else 0
        says = "locked" if locked else (question["state"] if question else "not begun")
        line = f"{answered} answered · {counts['present']} here now · {counts['joined']} joined · {says}"
        say(
            self.now,
            f'<p class="ar-kick">On the stage</p><p class="ar-asks">{escape(title)}</p><p class="ar-big">{escape(line)}</p>',
        )
        self.open.description = "Close" if question and question["state"] == "open" else "Open"
        self.show.description = "Hide results" if question and question["results_shown"] else "Show results"
        self.open.disabled = self.show.disabled = question is None
        self.timer.description = "Stop the timer" if state["timer"]["running"] else "Start the timer"
        self.lock.description = "Unlock the session" if locked else "Lock the session"
        undoable = desk["undoable"]
        self.undo.description = f"Undo: {undoable['kind'].replace('_', ' ')}" if undoable else "Undo"
        self.undo.disabled = undoable is None
        found = look.get("results", {}).get(question["name"]) if question else None
        head = "As the hall sees it" if question and question["results_shown"] else "Only you see this"
        say(self.results, results(found["html"], head) if found else "")
        self.run.rows = [_question_row(i, q, state["current"], counts) for i, q in enumerate(state["questions"], 1)]
        texts = [(q["name"], s) for q in state["questions"] for s in desk["statements"].get(q["name"], [])]
        self.reading.rows = [_statement_row(q, s) for q, s in texts if s["fate"] == "pending"]
        self.decided.rows = [
            _statement_row(q, s) for q, s in reversed(texts) if s["fate"] in ("approved", "rejected", "merged")
        ][:60]
        self.notes.rows = [
            {"id": n["note"], "title": n["text"], "detail": _clock(n["at"]), "actions": [{"do": "remove", "label": "Remove"}]}
            for n in desk["notes"]
        ]  # fmt: skip


def _question_row(place: int, question: dict[str, Any], current: str, counts: dict[str, Any]) -> dict[str, Any]:
    name, opened = question["name"], question["state"] == "open"
    actions = [{"do": "close_question" if opened else "open_question", "label": "Close" if opened else "Open"}]
    if name != current:
        actions.append({"do": "go_to", "label": "Look"})
    detail = f"{name} · {question['state']} · {counts['answered'].get(name, 0)} answered"
    if counts["pending"].get(name):
        detail += f" · {counts['pending'][name]} to read"
    return {
        "id": name, "title": f"{place}. {in_english(question['prompt'])}", "detail": detail, "on": name == current, "actions": actions,
    }  # fmt: skip


def _statement_row(question: str, statement: dict[str, Any]) -> dict[str, Any]:
    detail = f"{question} · number {statement['number']} · {statement['fate']}"
    if statement["reason"]:
        detail += f": {statement['reason']}"
    if statement["fate"] == "approved":
        detail += f" · {statement['agree']} agree, {statement['disagree']} disagree, {statement['skip']} pass"
    actions = [{"do": "approve", "label": "Approve", "main": True}] if statement["fate"] != "approved" else []
    actions += [{"do": "reject", "label": "Not shown"}] if statement["fate"] != "rejected" else []
    actions += [{"do": "merge", "label": "Merge"}] if statement["fate"] != "merged" else []
    return {
        "id": f"{question}#{statement['number']}", "title": statement["text"], "detail": detail,
        "fields": [{"name": "reason", "label": "Reason, or number to merge with"}], "actions": actions,
    }  # fmt: skip


def _clock(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000).astimezone().strftime("%H:%M")
