"""Part 1: predict before you look. Claims C1 and C2, drivers D1 to D4, questions Q1.1 to Q1.5."""

from __future__ import annotations

from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.app import NO_DATA, App
from allrise.apps.predictions import Line, line
from allrise.apps.shown import COMING, column, markup, paragraphs, say, side
from allrise.apps.widgets import Prediction

#: What can be drawn, as people choose it.
SUBJECTS = (
    ("The gap between groups of pupils", "gap"),
    ("How far apart the schools are (claim C1)", "spread"),
    ("The level (claim C2)", "level"),
)
WHOSE = (("This cluster", "cluster"), ("All schools in the data", "system"))


class BigPicture(App):
    """Draw a line, then see the data's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.subject = w.Dropdown(description="What to predict", options=SUBJECTS, value="gap")
        self.whose = w.Dropdown(description="Whose", options=WHOSE, value="cluster")
        self.line = Prediction()
        self.show = w.Button(description="Show what happened", button_style="primary")
        self.said = markup("")
        self.evidence = markup("")
        for picker in (self.subject, self.whose):
            picker.observe(lambda _change: self._ask(), "value")
        self.when_chosen(self._ask)
        self.show.on_click(lambda _button: self._reveal())
        self._truth: Line | None = None
        self._ask()
        self.predict = column(
            side(column(self.cluster, self.subject, self.whose), column(self.line, self.show, self.said)), self.evidence
        )

    def _ask(self) -> None:
        self._truth = line(self.visit.source, str(self.cluster.value), str(self.subject.value), str(self.whose.value))
        say(self.evidence, "")
        self.show.disabled = self._truth is None
        if self._truth is None:
            say(self.said, paragraphs(NO_DATA))
            self.line.layout.display = "none"
            return
        self.line.layout.display = None
        say(
            self.said,
            paragraphs(
                f"The first year is told: {self._truth.values[0]:g} {self._truth.unit}. Move the other years to where you expect them.",
                kind="hint",
            ),
        )
        first = float(self._truth.values[0] or 0)
        with self.line.hold_sync():
            self.line.found = []
            self.line.title, self.line.unit, self.line.years = (
                self._truth.title,
                self._truth.unit,
                list(self._truth.years),
            )
            self.line.low, self.line.high, self.line.step = self._truth.low, self._truth.high, self._truth.step
            self.line.given = first
            self.line.guess = [first] * len(self._truth.years)

    def _reveal(self) -> None:
        if self._truth is None:
            return
        self.line.found = list(self._truth.values)
        say(self.said, paragraphs(*compared(self._truth, [float(v) for v in self.line.guess])))
        say(self.evidence, COMING)
        say(self.evidence, self.drawn(str(self.subject.value)))

    def claims(self) -> w.HTML:
        """Return drivers and claims as they are argued about, with a first prompt each."""
        entries = (*self.framework.drivers, *self.framework.claims[:2])
        html = "".join(
            f"<section><h3>{escape(e.label)}</h3>{paragraphs(e.statement)}{paragraphs(e.prompts[0], kind='ar-quiet-line')}</section>"
            for e in entries
        )
        return markup(f'<div class="ar-panel ar-claims">{html}</div>')


def compared(truth: Line, guess: list[float]) -> tuple[str, ...]:
    """Return how a drawn line and the data's differ, as a description and a question; never a verdict."""
    known = [(i, v) for i, v in enumerate(truth.values) if v is not None and i < len(guess)]
    last, value = known[-1]
    first = float(truth.values[0] or 0)

    def moved(difference: float) -> str:
        size = f"{abs(difference):.1f} {'percentage points' if truth.unit in ('%', 'points') else truth.unit}"
        return (
            "the same as at the beginning"
            if abs(difference) < 0.05
            else f"{size} {'higher' if difference > 0 else 'lower'}"
        )

    distance = sum(abs(guess[i] - v) for i, v in known[1:]) / max(1, len(known) - 1)
    return (
        (
            f"In {truth.years[last]} you expected it {moved(guess[last] - first)}; in the data it was {moved(value - first)}. "
            f"On average your line was {distance:.1f} away."
        ),
        "Small schools move a lot by chance: look at the interval below. What did you know that the data do not, and the other way round?",
    )
