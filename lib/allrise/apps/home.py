"""The first page: what is on now, and the ways in."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from allrise.apps.app import App
from allrise.apps.questions import in_english
from allrise.apps.shown import markup, say

#: Notebook, name, what it is for.
DOORS = (
    ("big_picture", "The big picture", "Draw what you expect the gap to have done. Then see what it did."),
    (
        "success_factors",
        "Eight success factors",
        "Rate them, place them, and hold the room's view beside your cluster's survey.",
    ),
    ("network", "The network", "Who works with whom, and what is lost when the busiest step out."),
    ("leadership", "Leading in the middle", "Ten skills for yourself alone, nine contrasts for the system."),
    ("over_to_you", "Over to you", "Vote on closing statements, and say what your cluster will do."),
    ("explore", "Explore the data", "Any measure, group, cluster and year, with its interval. Take the numbers home."),
)

#: The way to built packs, where ``allrise serve`` was given some.
PACKS = ("/packs/index.html", "Your evidence pack", "What your cluster's own pack says, to read and to print.")


class Home(App):
    """What is on, and the doors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        ways = [(f"{name}.ipynb", title, text) for name, title, text in DOORS]
        if self.visit.packs:
            ways.append(PACKS)
        doors = "".join(
            f'<li><a href="{address}"><strong>{escape(title)}</strong><span>{escape(text)}</span></a></li>'
            for address, title, text in ways
        )
        self.doors = markup(f'<ul class="doors">{doors}</ul>')
        self.now = markup("")
        self.room.live.tell(self._news)

    def _news(self, look: dict[str, Any]) -> None:
        question = self.room.question(look["state"]["current"])
        counts = look["counts"]
        if question is None:
            text = "The session has not begun. Look around; it opens here when it does."
        else:
            text = f"On now: {in_english(question['prompt'])}"
        joined = f"{counts['present']} here now, {counts['joined']} joined."
        link = ""
        if self.visit.join:
            address = f"{self.visit.join}/r/{look['state']['code']}/now"
            link = f' <a href="{escape(address)}">Answer it on one screen, as on a phone</a>'
        say(self.now, f'<div class="ar-now"><p><strong>{escape(text)}</strong></p><p>{escape(joined)}{link}</p></div>')
