"""Over to you: closing statements, where the room agrees and parts, and what a cluster will do."""

from __future__ import annotations

from typing import Any

from allrise.apps.app import App
from allrise.apps.questions import NO_ROOM
from allrise.apps.room_link import RoomAway, RoomRefused
from allrise.apps.shown import markup, paragraphs, say
from allrise.apps.widgets import Form

#: The four marks of going public, as a form; together as long as a statement may be.
MARKS = (
    ("what", "What will change for learners", "One outcome, so plain that a parent would understand it.", 90),
    ("how", "How we will know", "The measure, where it stands now and where it should be.", 60),
    ("who", "Who answers for it", "A role, not a name.", 35),
    ("where", "Where it can be read", "A place that people outside your cluster can reach.", 40),
)


class OverToYou(App):
    """Vote, commit, look back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.closing = self.ask("closing", prompt="What should change, and what will we do?")
        self.priority = self.ask(
            "priority", prompt="Which way of holding each other to account should your cluster begin with?"
        )
        self.promised = self.reveal("commitments", "Show what was promised last time")
        fields = [
            {"name": n, "label": lab, "hint": h, "rows": 2 if n in ("what", "how") else 0, "longest": m}
            for n, lab, h, m in MARKS
        ]
        self.commit = Form(
            self._send, kind="text", legend="Our commitment", settings={"fields": fields}, words={"send": "Make it public to the room"},
        )  # fmt: skip
        self.kept = markup("")
        self._made: list[str] = []

    def _send(self, values: dict[str, Any]) -> None:
        text = commitment(values)
        if not self.visit.has_room:
            self._made.append(text)
            say(self.kept, paragraphs(*self._made))
            self.commit.status = NO_ROOM
            return
        self.room.send(self._write(text))

    async def _write(self, text: str) -> None:
        try:
            await self.room.link.do("write_statement", question="closing", text=text, tags=["F6"])
        except (RoomAway, RoomRefused) as error:
            self.commit.status = f"Not sent: {error}"
            return
        self._made.append(text)
        say(self.kept, paragraphs(*self._made))
        self.commit.values = {n: "" for n, *_ in MARKS}
        self.commit.status = (
            "Sent. It goes on the board once the facilitator has read it, and into the record for the next pack."
        )
        self.room.live.soon()


def commitment(values: dict[str, Any]) -> str:
    """Return a commitment as one statement that others can agree with or not, at most 280 characters."""
    what, how, who, where = (str(values.get(k, "")).strip().rstrip(".") for k in ("what", "how", "who", "where"))
    return f"We will: {what}. Known by: {how}. Answers for it: {who}. Public at: {where}."
