"""Part 2: the eight factors. Rate them, place them, give evidence; the room beside the cluster's own survey."""

from __future__ import annotations

from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.app import NO_DATA, App
from allrise.apps.predictions import together
from allrise.apps.shown import COMING, column, markup, paragraphs, results, say, side, two
from allrise.framework import FACTOR_IDS


class SuccessFactors(App):
    """The factors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rate = self.ask("Q2.1", kind="rating", ids=FACTOR_IDS)
        self.place = self.ask(
            "Q2.3",
            kind="quadrant",
            ids=FACTOR_IDS,
            prompt="Where you work: which factors are in place, and which are hard?",
        )
        self.missing = self.ask(
            "Q2.1.missing", framework_id="Q2.1", prompt="Is the list complete? What is missing, and what should go?"
        )
        self.evidence = self.ask("Q2.2")
        self._room = markup("")
        self._survey = markup(paragraphs("Rate the factors first; then hold both views beside each other."))
        self.show = w.Button(description="Show our survey beside the room", button_style="primary")
        self.show.on_click(lambda _b: self._beside())
        self.beside = column(
            w.HBox([self.cluster, self.show]),
            two(column(markup("<h3>The room</h3>"), self._room), column(markup("<h3>Our survey</h3>"), self._survey)),
        )
        self.room.live.tell(self._news)
        labels = [(f"{i}  {self.framework[i].label}", i) for i in FACTOR_IDS]
        self.taken = w.Dropdown(description="Without", options=labels, value="F4")
        self.taken.observe(lambda _c: self._without(), "value")
        self._rest = markup("")
        self._open = False
        self.when_chosen(self._chosen_again)
        say(self._rest, paragraphs("Say first: which of the others would suffer most? Then look."))
        look = w.Button(description="Look what goes with it", button_style="primary")
        look.on_click(lambda _b: self._look())
        self.without = side(column(self.taken, look), self._rest)

    def _news(self, look: dict[str, Any]) -> None:
        found = look.get("results", {}).get("Q2.1")
        waiting = (
            "Shown here when the facilitator shows the results." if self.visit.has_room else "No session is running."
        )
        say(self._room, results(found["html"]) if found else paragraphs(waiting))

    def _beside(self) -> None:
        self._shown = True
        say(self._survey, COMING)
        say(self._survey, self.drawn("profile") + self.drawn("weakest"))
        if not self.visit.has_room:
            say(self._room, paragraphs("No session is running."))

    def _look(self) -> None:
        self._open = True
        self._without()

    def _chosen_again(self) -> None:
        if self._open:
            self._without()
        if getattr(self, "_shown", False):
            self._beside()

    def _without(self) -> None:
        if not self._open:
            return
        say(self._rest, COMING)
        say(self._rest, moves_with(self, str(self.taken.value)))


def moves_with(app: App, factor: str) -> str:
    """Return how the other factors move with one, as bars with intervals, described and asked about."""
    found = together(app.visit.source, str(app.cluster.value))
    rows = [
        (p["b"] if p["a"] == factor else p["a"], p["rho"], p["lower"], p["upper"])
        for p in found["pairs"] if factor in (p["a"], p["b"])
    ]  # fmt: skip
    if not rows:
        return paragraphs(NO_DATA)
    rows.sort(key=lambda r: -r[1])
    lines = "".join(_row(app.framework[i].label, i, rho, low, high) for i, rho, low, high in rows)
    clear = [app.framework[i].label for i, _, low, _ in rows if low > 0]
    name = app.framework[factor].label
    said = (
        f"Where {name} is answered low, {' and '.join(clear)} tend{'s' if len(clear) == 1 else ''} to be answered low too: there the interval lies above zero."
        if clear
        else f"For no other factor does the interval lie clear of zero: these answers do not show that others go with {name}."
    )
    more = "That two things move together does not say that one brings the other. What would you expect to break first here, and how would you notice?"
    head = (
        f'<p class="ar-fig-number">{escape(factor)}</p><h3 class="ar-fig-title">What moves with {escape(name)}</h3>'
        f'<p class="ar-fig-subtitle">Rank correlation with 95% interval, {found["n"]} {escape(found["units"])}</p>'
    )
    table = f'<table class="ar-grid"><thead><tr><th scope="col">Factor</th><th scope="col">From −1 to 1</th><th scope="col" class="ar-n">Value and interval</th></tr></thead><tbody>{lines}</tbody></table>'
    return f'<div class="ar-figure">{head}{table}</div>{paragraphs(said, more)}'


def _row(label: str, factor: str, rho: float, low: float, high: float) -> str:
    def x(value: float) -> float:
        return 100 * (value + 1) / 2

    drawing = (
        f'<svg viewBox="0 0 100 12" width="160" height="20" preserveAspectRatio="none" aria-hidden="true" style="display:block;width:100%;min-width:7rem">'
        f'<path d="M50 0V12" stroke="var(--edge)" stroke-width=".4"/><path d="M{x(low):.1f} 6H{x(high):.1f}" stroke="var(--reference)" stroke-width="1.6"/>'
        f'<path d="M{x(rho) - 1:.1f} 1V11H{x(rho) + 1:.1f}V1Z" fill="var(--accent)"/></svg>'
    )
    return (
        f'<tr><th scope="row">{escape(factor)} {escape(label)}</th><td>{drawing}</td>'
        f'<td class="ar-n">{rho:.2f} <span class="ar-interval">{low:.2f} to {high:.2f}</span></td></tr>'.replace(
            "-0.", "−0."
        )
    )
