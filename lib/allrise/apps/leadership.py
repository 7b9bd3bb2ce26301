"""Part 3: L1 to L10 for oneself, T1 to T9 for the system, beside the room and the cluster's survey."""

from __future__ import annotations

from typing import Any

from allrise.apps.app import App
from allrise.apps.shown import markup, paragraphs, say
from allrise.framework import CONTRAST_IDS, SKILL_IDS


class Leadership(App):
    """A look at oneself, private unless shared; a look at the system."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.myself = self.ask(
            "Q3.2", kind="rating", ids=SKILL_IDS, low="Not yet", high="Always", private=True,
            prompt="The leader in the middle: how far do you do each of these yourself?",
        )  # fmt: skip
        self.mirror = markup(paragraphs("Your own profile stands here as soon as you have rated three skills."))
        self.myself.form.observe(lambda _c: self._mirror(), "values")
        self.system = self.ask(
            "Q3.contrasts", framework_id="Q3.3", kind="contrast", ids=CONTRAST_IDS,
            prompt="How is your system led today? Choose the place between the two poles.",
        )  # fmt: skip
        self.skills = self.reveal(
            "skills", "Show how others see it", "Before you look: on which skill do leaders and others differ most?"
        )
        self.contrasts = self.reveal(
            "contrasts",
            "Show our survey",
            "Before you look: which of the nine will people place nearest the left pole?",
        )
        self.develop = self.ask("Q3.2.develop", framework_id="Q3.2")
        self.partners = self.ask("Q3.3")

    def _mirror(self) -> None:
        own = {k: int(v) for k, v in self.myself.form.values.items() if k in SKILL_IDS}
        if len(own) < 3:
            return
        high, low = max(own.values()), min(own.values())
        names = lambda value: ", ".join(self.framework[i].label for i in SKILL_IDS if own.get(i) == value)  # noqa: E731
        lines = (
            [f"You do most: {names(high)}.", f"You do least so far: {names(low)}."]
            if high > low
            else ["You rated all alike."]
        )
        say(self.mirror, paragraphs(*lines, "Who could tell you whether they see it the same way?"))
