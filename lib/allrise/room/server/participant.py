"""Base of the pages inside a room: who asks, in which session, and which of its questions they may see."""

from __future__ import annotations

from allrise.room.errors import UnknownQuestion
from allrise.room.server.pages import Page
from allrise.room.server.wording import LANGUAGES
from allrise.room.snapshots import Mine, QuestionState, SessionState


class RoomPage(Page):
    """Base of the pages inside a room."""

    purpose = "participant"
    state: SessionState
    token: str

    async def enter(self, code: str) -> SessionState:
        """Find the session and the phone's token.

        Raises
        ------
        UnknownCode
            When there is no such session.
        """
        self.state = await self.site.service.state(code)
        self.token = self.token_for(self.state.code)
        if self.token:
            self.site.service.heard(self.state.code, self.token)
        return self.state

    async def mine(self) -> Mine:
        """Return what this phone has said, and speak its language.

        Raises
        ------
        UnknownParticipant
            When it has not joined.
        """
        found = await self.site.service.mine(self.state.code, self.token)
        if found.language in LANGUAGES and not self.get_query_argument("lang", ""):
            self.speak(found.language)
        return found

    def question_of(self, name: str) -> QuestionState:
        """Return a question that participants may see.

        Raises
        ------
        UnknownQuestion
            When there is none of this name, or it has not been opened yet.
        """
        question = self.state.question(name)
        if question is None or question.state == "draft":
            raise UnknownQuestion("There is no such question.", "Go to the question that is on now.")
        return question

    def begin_write(self) -> None:
        """Check form and allowance before anything is written."""
        self.check_form(self.token)
        self.take(self.site.writes, self.token)
