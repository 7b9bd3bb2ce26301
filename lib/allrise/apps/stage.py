"""The projector: the question large, the way in always in a corner, answers and evidence side by side.

Whatever happens, the last good picture stays: the hall never sees a spinner or an error.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.app import drawn
from allrise.apps.gallery import clusters
from allrise.apps.questions import Room, in_english
from allrise.apps.scene import Scene, read_scene, set_scene
from allrise.apps.shown import markup, paragraphs, results, say
from allrise.apps.visit import Visit
from allrise.apps.widgets import Keys
from allrise.room.keys import shown_code

log = logging.getLogger(__name__)

#: Views of results and their keys, as on the room server's stage.
VIEWS = {"1": "room", "2": "country", "3": "role", "4": "agreement", "5": "map"}


#: Said below the whole room's results when a view has nothing that may be shown.
NOT_SEEN = {
    "country": "By country: nothing to show with fewer than 10 people in each.",
    "role": "By role: nothing to show with fewer than 10 people in each.",
    "agreement": "Where groups agree: nothing to show with fewer than 10 people in each.",
    "map": "There is no opinion map for this question yet.",
}


class Stage:
    """The stage."""

    def __init__(self, visit: Visit | None = None) -> None:
        self.visit = visit or Visit.of()
        self.room = Room(self.visit, every=0.4)
        self.asks = markup("")
        self.answers = markup("")
        self.evidence = markup("")
        self.corner = markup("")
        self.beside = w.Box([self.answers, self.evidence])
        self.beside.add_class("ar-beside")
        self.keys = Keys(self._pressed, wanted=[*VIEWS, "e"], fullscreen="f")
        main = w.VBox([self.asks, self.beside])
        self.whole = w.Box([main, self.corner, self.keys])
        self.whole.add_class("ar-stage")
        self._main = main
        self._scene = Scene()
        self._qr = self._code_picture()
        self._timer: tuple[Any, ...] = ()
        self.room.live.tell(self._news)
        if not self.visit.has_room:
            say(self.asks, paragraphs("No session is running. Start one with: allrise serve", kind="ar-asks"))

    def start(self) -> None:
        """Begin to follow the room and the console."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self.room.live.start()
        if self.visit.has_room:
            self._watching = loop.create_task(self._watch())

    async def _watch(self) -> None:
        await self.room.arrival.wait()
        while True:
            scene = read_scene(self.visit.code)
            if scene != self._scene:
                try:
                    await self._set(scene)
                except Exception:  # the hall keeps the last good picture, and the next scene is tried again
                    log.exception("the stage could not be set")
            await asyncio.sleep(0.3)

    async def _set(self, scene: Scene) -> None:
        old, self._scene = self._scene, scene
        self.room.live.view = scene.view
        self.room.live.soon()
        if (old.evidence, old.cluster_id) != (scene.evidence, scene.cluster_id):
            # Beside the loop: answers go on arriving while a picture is drawn for the first time.
            say(self.evidence, await asyncio.to_thread(self._picture, scene) if scene.evidence else "")
        self._arrange()

    def _picture(self, scene: Scene) -> str:
        return drawn(self.visit.source, scene.cluster_id or clusters(self.visit.source)[0][1], scene.evidence)

    def _arrange(self) -> None:
        for name, wanted in (("one", not (self.answers.value and self.evidence.value)),):
            (self.beside.add_class if wanted else self.beside.remove_class)(name)
        busy = bool(self.answers.value or self.evidence.value)
        (self._main.add_class if busy else self._main.remove_class)("small")

    def _news(self, look: dict[str, Any]) -> None:
        state, counts = look["state"], look["counts"]
        question = self.room.question(state["current"])
        wanted = [question["name"]] if question else []
        if self.room.live.questions != wanted:
            self.room.live.questions = wanted
            say(self.answers, "")
            self.room.live.soon()
        if question is None:
            say(self.asks, paragraphs(in_english(state["title"]), kind="ar-asks"))
        else:
            text = in_english(question["prompt"])
            kick = in_english(question["part"])
            said = f'<p class="ar-kick">{escape(kick)}</p><p class="ar-asks">{escape(text)}</p>'
            say(self.asks, said)
            found = look.get("results", {}).get(question["name"])
            say(self.answers, results(found["html"]) + _instead(found["view"], self._scene.view) if found else "")
        self._arrange()
        answered = counts["answered"].get(question["name"], 0) if question else 0
        here = f"<strong>{counts['present']}</strong> here"
        count = f"<strong>{answered}</strong> answered<br>{here}" if question else here
        timer = state["timer"]
        left = '<p class="left" data-clock></p>' if timer["running"] else ""
        marks = (timer["running"], timer["ends_at"])
        if marks != self._timer:
            self._timer = marks
            self.keys.timer = [float(_left(timer)), float(timer["ends_at"] % 1e9)]
        say(
            self.corner,
            f'<div class="stage-corner">{left}<div class="qr">{self._qr}</div>'
            f'<p class="where">{escape(self.visit.join.partition("://")[2])}</p><p class="code">{escape(shown_code(state["code"]))}</p>'
            f'<p class="count">{count}</p></div>',
        )

    def _code_picture(self) -> str:
        if not self.visit.join:
            return ""
        from allrise.room.server.qr import qr_svg

        address = f"{self.visit.join}/r/{self.visit.code}"
        return str(qr_svg(address, f"Join at {address}"))

    def _pressed(self, key: str) -> None:
        if key == "e":
            scene = read_scene(self.visit.code)
            set_scene(self.visit.code, Scene("" if scene.evidence else "profile", scene.cluster_id, scene.view))
        else:
            scene = read_scene(self.visit.code)
            set_scene(self.visit.code, Scene(scene.evidence, scene.cluster_id, VIEWS[key]))


def _instead(seen: str, wanted: str) -> str:
    """Return why the hall sees the whole room when another view was asked for; blank when it sees what was asked for."""
    return paragraphs(NOT_SEEN.get(wanted, ""), kind="ar-said") if seen != wanted else ""


def _left(timer: dict[str, Any]) -> int:
    import time

    return max(0, int(timer["ends_at"] - time.time() * 1000)) if timer["running"] else 0
