"""What pages are drawn from: frozen values, read in one transaction each.

A snapshot carries the number of the last event it shows, so that pages can name it in an ETag and be told
"nothing new" without being drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ItemState:
    """An item as pages show it; see :class:`allrise.room.models.Item`."""

    name: str
    framework_id: str
    dimension: str
    label: Texts
    detail: Texts
    left_pole: Texts
    right_pole: Texts
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class QuestionState:
    """A question, its wording and its state (``draft``, ``open`` or ``closed``).

    ``board_version`` is the last event that changed which statements are shown.
    """

    name: str
    position: int
    part: Texts
    kind: str
    framework_id: str
    prompt: Texts
    help: Texts
    settings: Mapping[str, Any]
    state: str
    results_shown: bool
    board_version: int
    items: tuple[ItemState, ...]


@dataclass(frozen=True, slots=True)
class TimerState:
    """The timer. While it runs it ends at ``ends_at`` (room time, ms since 1970); stopped, ``left_ms`` remain."""

    running: bool
    seconds: int
    ends_at: int
    left_ms: int

    def remaining(self, now: int) -> int:
        """Return the milliseconds left at a room time."""
        return max(0, self.ends_at - now) if self.running else self.left_ms


@dataclass(frozen=True, slots=True)
class SessionState:
    """What everyone in the room may see of a session, without answers.

    Parameters
    ----------
    version
        Grows whenever anything here changes; answers and votes do not change it.
    seq
        Last event of the log when this was read; it may be behind by answers, which change nothing here.
    state
        ``live`` or ``locked``.
    current
        Name of the question on the stage, ``""`` before the first one.
    asks
        ``country`` and ``role``: ids to choose from; ``cluster``: ``{"id", "name", "country"}``.
    """

    code: str
    version: int
    seq: int
    title: Texts
    languages: tuple[str, ...]
    asks: Mapping[str, Any]
    state: str
    current: str
    timer: TimerState
    questions: tuple[QuestionState, ...]
    created_at: int

    def question(self, name: str) -> QuestionState | None:
        """Return a question by its name, or ``None``."""
        return next((q for q in self.questions if q.name == name), None)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many have joined, are present now, and have answered each question (or written or voted in it)."""

    joined: int
    present: int
    answered: Mapping[str, int]
    pending: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatementState:
    """A statement as its author, a board or a facilitator sees it.

    ``texts`` has the same in other languages, for facilitators' statements; ``fate`` is ``pending``, ``approved``, ``rejected``, ``merged`` or ``withdrawn``. The votes count only on boards and desks.
    """

    number: int
    text: str
    texts: Texts
    tags: tuple[str, ...]
    fate: str
    reason: str
    merged_into: int | None
    language: str
    source: str
    at: int
    agree: int = 0
    disagree: int = 0
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Mine:
    """What one participant has said: to fill their own forms, and to tell them the fate of their statements.

    Parameters
    ----------
    answers
        Question to item to value; withdrawn answers are left out.
    revisions
        Question to the highest revision stored; a client counts on from there.
    saved_at
        Question to the time of the last answer saved.
    votes
        Question to statement number to vote.
    statements
        Question to one's own statements, oldest first.
    """

    country: str
    role: str
    cluster: str
    language: str
    answers: Mapping[str, Mapping[str, int]]
    revisions: Mapping[str, int]
    saved_at: Mapping[str, int]
    votes: Mapping[str, Mapping[int, int]]
    statements: Mapping[str, tuple[StatementState, ...]]


@dataclass(frozen=True, slots=True)
class NoteState:
    """A facilitator's note; ``question`` is ``""`` for a note on the whole session."""

    note: int
    question: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Done:
    """A facilitator's command in the list of what was done last."""

    seq: int
    kind: str
    question: str
    at: int
    can_be_undone: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What only facilitators see.

    ``statements`` has every statement of every question, whatever its fate; ``undoable`` is the event an undo would
    take back; ``done`` are the last 30 commands, newest first.
    """

    seq: int
    statements: Mapping[str, tuple[StatementState, ...]]
    notes: tuple[NoteState, ...]
    undoable: Done | None
    done: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list."""

    code: str
    title: Texts
    state: str
    created_at: int
    questions: int
    participants: int
    answers: int
