"""Everything that can be asked of a room, as values.

Each command carries a ``command_id`` that its client makes once and sends again with every retry (8 to 64 of
``A-Z a-z 0-9 _ -``). The service carries out the pair of id and content once: sent twice, late or out of order, it
changes nothing a second time, and its :class:`Receipt` is the first one again. The same id with another content is another
command, so that a form which the browser kept and a person changed is not taken for a retry.

A ``revision`` is a number that a client counts up with every change of an answer or vote. The highest one holds, so
that a late retry of an older answer never replaces a newer one. Clients without scripts send none: then the order of arrival
decides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from allrise.room.definition import SessionDefinition

AnswerValue = int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of all commands."""

    kind: ClassVar[str] = ""
    #: Fields that are never written into the log.
    unlogged: ClassVar[frozenset[str]] = frozenset({"command_id", "code", "token", "secret"})
    command_id: str

    def content(self) -> dict[str, Any]:
        """Return what the command says, without who says it."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in self.unlogged}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSession(Command):
    """Make a session from its definition. The receipt's result has ``code``.

    ``secret`` is made by the caller with :func:`allrise.room.keys.new_token`, so that a retry can still tell it.
    """

    kind: ClassVar[str] = "create_session"
    definition: SessionDefinition
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantCommand(Command):
    """A command of the person whose cookie holds ``token``, in the session with join code ``code``."""

    code: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(ParticipantCommand):
    """Come into the room, or change what one said about oneself; earlier answers keep what was said then.

    ``token`` is made by the server with :func:`allrise.room.keys.new_token` and set as a cookie before the form is
    sent, so that a retry is the same person. Blank ``country``, ``role`` or ``cluster``: rather not say.
    """

    kind: ClassVar[str] = "join"
    country: str = ""
    role: str = ""
    cluster: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(ParticipantCommand):
    """Answer items of one question.

    ``answers`` maps item names to whole numbers (also as text, as forms send them); ``None`` or ``""`` takes an answer
    back. Items that are not named stay as they are, but for ``choice`` (all others become "not chosen") and
    ``rank`` (all options, ranks 1 to n). Receipt result: ``saved`` and ``superseded`` (item names; superseded ones have
    a newer answer already), ``answered`` (how many items of the question have an answer now), ``revision`` (the
    highest one stored) and ``at``.
    """

    kind: ClassVar[str] = "submit"
    question: str
    answers: Mapping[str, AnswerValue]
    revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteStatement(ParticipantCommand):
    """Contribute a text to a ``text`` or ``statements`` question.

    ``replaces`` is the number of one's own earlier statement, which is withdrawn. Receipt result: ``number``, ``state``
    and ``same_as`` (number of a statement with the same words, or ``None``).
    """

    kind: ClassVar[str] = "write_statement"
    question: str
    text: str
    tags: tuple[str, ...] = ()
    replaces: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawStatement(ParticipantCommand):
    """Take one's own statement back."""

    kind: ClassVar[str] = "withdraw_statement"
    question: str
    statement: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote(ParticipantCommand):
    """Vote on a statement: 1 agree, -1 disagree, 0 pass; the last vote holds."""

    kind: ClassVar[str] = "cast_vote"
    question: str
    statement: int
    value: int
    revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitatorCommand(Command):
    """A command of someone who has the session's facilitator secret."""

    code: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion(FacilitatorCommand):
    """Open a question, or open it again, and put it on the stage. Other open questions stay open."""

    kind: ClassVar[str] = "open_question"
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseQuestion(FacilitatorCommand):
    """Close a question: answers are kept and can no longer be changed."""

    kind: ClassVar[str] = "close_question"
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTo(FacilitatorCommand):
    """Put a question on the stage without opening it, for example to look at results again."""

    kind: ClassVar[str] = "go_to"
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Next(FacilitatorCommand):
    """Close the question on the stage, and open the one after it.

    ``seen`` is the question that the facilitator saw on the stage (``""``: none yet); when another one is there by
    now, someone else was quicker and the command is refused, so that two presses never skip a question.
    """

    kind: ClassVar[str] = "next"
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowResults(FacilitatorCommand):
    """Show or hide the results of a question; hidden is where every question starts."""

    kind: ClassVar[str] = "show_results"
    question: str
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(FacilitatorCommand):
    """Lock the session (participants can read, not write) or unlock it."""

    kind: ClassVar[str] = "lock"
    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer(FacilitatorCommand):
    """Start the timer with a whole number of seconds, 1 to 14,400; it only shows time and closes nothing."""

    kind: ClassVar[str] = "start_timer"
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTimer(FacilitatorCommand):
    """Stop the timer; what is left stays on show."""

    kind: ClassVar[str] = "stop_timer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendTimer(FacilitatorCommand):
    """Give more time: seconds, 1 to 3,600. A timer that has run out runs again."""

    kind: ClassVar[str] = "extend_timer"
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderate(FacilitatorCommand):
    """Decide about a statement. Its author sees the decision and the reason.

    ``reject`` needs a reason; ``merge`` needs ``into``, the number of the statement that speaks for it. ``seen`` is
    the state that the facilitator saw; when it is another by now, the command is refused.
    """

    kind: ClassVar[str] = "moderate"
    question: str
    statement: int
    decision: Literal["approve", "reject", "merge"]
    reason: str = ""
    into: int | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedStatement(FacilitatorCommand):
    """Put a facilitator's own statement on a board; shown at once."""

    kind: ClassVar[str] = "seed_statement"
    question: str
    text: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteNote(FacilitatorCommand):
    """Write a note that only facilitators see. Receipt result: ``note`` (its id)."""

    kind: ClassVar[str] = "write_note"
    text: str
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNote(FacilitatorCommand):
    """Remove a note; can be undone."""

    kind: ClassVar[str] = "remove_note"
    note: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPaper(FacilitatorCommand):
    """Enter one person's answers from paper, also into closed questions; marked ``source=paper``.

    ``sheet`` names the sheet of paper: entering the same sheet again corrects it. ``answers`` maps questions to
    answers as in :class:`Submit`; ``statements`` maps text questions to texts, approved as they are entered.
    """

    kind: ClassVar[str] = "enter_paper"
    sheet: str
    country: str = ""
    role: str = ""
    cluster: str = ""
    answers: Mapping[str, Mapping[str, AnswerValue]]
    statements: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(FacilitatorCommand):
    """Undo the last facilitator's command that can be undone; again: the one before.

    ``seen`` is the event number of the command that the facilitator saw as the last one (see ``Desk.undoable``); when
    another is the last by now, the command is refused. Receipt result: ``undone`` (event number) and ``kind``.
    """

    kind: ClassVar[str] = "undo"
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a command; given only after the database has it safely on disk.

    Parameters
    ----------
    code
        Join code of the session.
    seq
        Number of its event in the session's log.
    at
        When it was recorded, milliseconds since 1970.
    changed
        False when the room already was as asked.
    replayed
        True when the command had been carried out before.
    result
        JSON-safe values; see each command.
    everyone
        Whether what everyone sees of the session has changed.
    """

    code: str
    seq: int
    at: int
    changed: bool
    replayed: bool
    result: Mapping[str, Any]
    everyone: bool = False
