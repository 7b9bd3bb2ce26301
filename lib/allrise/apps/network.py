"""F7, F8 and connected autonomy: a cluster's ties, and what is lost when the busiest step out."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from allrise.apps.app import NO_DATA, App, sliders
from allrise.apps.predictions import losses
from allrise.apps.shown import COMING, column, markup, paragraphs, say, side


class NetworkApp(App):
    """Guess, look, argue."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ties = self.reveal(
            "network", "Show who works with whom", "Before you look: how many of the schools work with every other one?"
        )
        self.axes = self.reveal(
            "axes",
            "Show both axes",
            "Neither axis alone will do. Where would you place your own school: free, joined up, both?",
        )
        self.roles = self.reveal(
            "participation", "Show whose work the ties are", "If headteachers stopped tomorrow, which ties would go on?"
        )
        self.guess = sliders("What would be lost?", [])
        self.show = w.Button(description="Let them step out", button_style="primary")
        self.said = markup("")
        self.show.on_click(lambda _b: self._reveal())
        self.when_chosen(self._ask)
        self._ask()
        self.stepping = side(column(self.cluster, self.show), column(self.guess, self.said))
        self.autonomy = self.ask("Q3.4")

    def _ask(self) -> None:
        self._lost = losses(self.visit.source, str(self.cluster.value))
        say(self.said, "" if self._lost else paragraphs(NO_DATA))
        self.show.disabled = not self._lost
        names = {"school": "the busiest school", "role": "the busiest role"}
        self.guess.items = [
            {"name": r["what"], "label": f"Ties lost when {names[r['what']]} steps out", "detail": f"of {r['ties']} inside the cluster",
             "low": 0, "high": r["ties"], "start": 0}
            for r in self._lost
        ]  # fmt: skip
        self.guess.values = {r["what"]: 0 for r in self._lost}

    def _reveal(self) -> None:
        names = {"school": "the busiest school", "role": "the busiest role"}
        lines = [
            f"When {names[r['what']]} steps out, you expected {int(self.guess.values.get(r['what'], 0))} of {r['ties']} ties to go; in the data it is {r['lost']}."
            for r in self._lost
        ]
        say(self.said, paragraphs(*lines) + COMING)
        say(
            self.said,
            paragraphs(*lines)
            + self.drawn("stepping")
            + paragraphs("Which of these ties would people rebuild within a term, and who would do it?"),
        )
