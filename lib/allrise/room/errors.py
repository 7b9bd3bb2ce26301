"""What can go wrong in a room: typed, in plain language, with what to do.

Every error has a stable :attr:`RoomError.code`, so that a page in another language can say the same thing in
its own words, and :attr:`RoomError.details` with the values that such a sentence needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allrise.errors import AllriseError


class RoomError(AllriseError):
    """A command that was refused, or could not be carried out; nothing of it was written.

    Parameters
    ----------
    what, mend
        What is wrong, and what to do about it.
    details
        JSON-safe values named in the message, for pages in other languages.
    """

    #: Stable name of the kind of error.
    code = "room_error"
    #: Whether the same command may succeed later, unchanged; clients retry these and keep the draft.
    retry = False
    exit_code = 1

    def __init__(self, what: str, mend: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(what, mend)
        self.details: dict[str, Any] = dict(details or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.what, self.mend, self.details))


class UnknownCode(RoomError):
    """No session has this join code."""

    code = "unknown_code"
    exit_code = 2


class UnknownQuestion(RoomError):
    """The session has no such question, item or statement."""

    code = "unknown_question"


class UnknownParticipant(RoomError):
    """The token does not belong to anyone in this session (forged, or never joined)."""

    code = "unknown_participant"


class NotFacilitator(RoomError):
    """The facilitator secret is not this session's."""

    code = "not_facilitator"


class SessionLocked(RoomError):
    """The session is locked: it can be read and not changed by participants."""

    code = "session_locked"


class QuestionClosed(RoomError):
    """The question takes no answers now; ``details["draft"]`` holds what was sent, so nothing typed is lost."""

    code = "question_closed"


class WrongState(RoomError):
    """The command does not fit the state the room is in, often because someone else was quicker."""

    code = "wrong_state"


class InvalidAnswer(RoomError):
    """A value that the question does not take."""

    code = "invalid_answer"


class InvalidCommand(RoomError):
    """A command that no page of ours sends: a malformed id, token or setting."""

    code = "invalid_command"


class TooLarge(RoomError):
    """A text or a list longer than the room takes."""

    code = "too_large"


class TooMany(RoomError):
    """More statements or participants than the room takes."""

    code = "too_many"


class Busy(RoomError):
    """The database is in use or the queue is full; nothing was saved, and trying again will do."""

    code = "busy"
    retry = True


class DiskFull(RoomError):
    """There is no space left on the disk; nothing was saved."""

    code = "disk_full"
    retry = True


class ReadOnly(RoomError):
    """The database cannot be written; nothing was saved."""

    code = "read_only"
    retry = True


class Unavailable(RoomError):
    """The database cannot be reached or read."""

    code = "unavailable"
    retry = True
    exit_code = 2


class Stopped(RoomError):
    """The service has been closed."""

    code = "stopped"
    retry = True
