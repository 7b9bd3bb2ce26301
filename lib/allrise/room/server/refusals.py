"""What the room server refuses by itself, and the HTTP status of every refusal."""

from __future__ import annotations

from collections.abc import Mapping

from allrise.room.errors import RoomError

STATUSES: Mapping[str, int] = {
    "unknown_code": 404, "unknown_question": 404, "unknown_page": 404, "unknown_participant": 403, "not_facilitator": 403,
    "session_locked": 409, "question_closed": 409, "wrong_state": 409, "invalid_answer": 400, "invalid_command": 400,
    "too_large": 413, "too_many": 429, "busy": 503, "disk_full": 507, "read_only": 503, "unavailable": 503, "stopped": 503,
    "csrf": 403, "too_fast": 429, "fault": 500,
}  # fmt: skip


class BadForm(RoomError):
    """A form that is not from our page, or whose cookie was blocked."""

    code = "csrf"


class TooFast(RoomError):
    """More than one phone may ask for in a moment."""

    code = "too_fast"
    retry = True


class UnknownPage(RoomError):
    """An address that leads nowhere."""

    code = "unknown_page"
