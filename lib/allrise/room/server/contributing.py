"""What participants write and how they vote on it."""

from __future__ import annotations

from allrise.room.commands import CastVote, WithdrawStatement, WriteStatement
from allrise.room.server.asking import Question
from allrise.room.server.forms import command_id_of, revision_of, whole_number


class Vote(Question):
    """A vote on a statement."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        await self.site.service.run(
            CastVote(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, statement=whole_number(self.field("statement", 20), name="The statement"),
                value=whole_number(self.field("vote", 20), name="The vote"),
                revision=revision_of(self.field("revision", 20)),
            )
        )  # fmt: skip
        if self.wants_json:
            me = await self.mine()
            values = await self.values(state, question, me, results=False)
            self.json({"html": self.draw("_vote.html", **values), "at": me.saved_at.get(name, 0)})
            return
        self.onward(f"/r/{state.code}/q/{question.name}#vote")


class Write(Question):
    """A text, or a statement for the board."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        tags = [tag for tag in self.fields().get("tags", []) if tag][:8]
        receipt = await self.site.service.run(
            WriteStatement(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, text=self.field("text"), tags=tuple(tags),
            )
        )  # fmt: skip
        if self.wants_json:
            me = await self.mine()
            values = await self.values(state, question, me, results=False)
            values["sent"] = next((s for s in values["written"] if s.number == receipt.result["number"]), None)
            values["same"] = values.get("board", {}).get(receipt.result.get("same_as"))
            self.json({"html": self.draw("_mine.html", **values), "at": receipt.at})
            return
        same = receipt.result.get("same_as")
        query = f"sent={receipt.result['number']}" + (f"&same={same}" if same else "")
        self.onward(f"/r/{state.code}/q/{question.name}?{query}#mine")


class Withdraw(Question):
    """Take one's own text back."""

    async def post(self, code: str, name: str) -> None:
        state = await self.enter(code)
        self.begin_write()
        question = self.question_of(name)
        await self.site.service.run(
            WithdrawStatement(
                command_id=command_id_of(self.field("command_id", 80)), code=state.code, token=self.token,
                question=question.name, statement=whole_number(self.field("statement", 20), name="The statement"),
            )
        )  # fmt: skip
        self.onward(f"/r/{state.code}/q/{question.name}#mine")
