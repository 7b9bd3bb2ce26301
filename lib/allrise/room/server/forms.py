"""What the forms of a page send, as commands of the room.

Every form carries a ``csrf`` text (made from the cookie's token, so that it survives a restart of the server and no
other site can know it) and a ``command_id`` (so that a form sent twice counts once).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping

from allrise.room import keys
from allrise.room.commands import AnswerValue
from allrise.room.errors import InvalidAnswer, InvalidCommand
from allrise.room.snapshots import QuestionState

Field = Callable[[str], str]


def csrf_text(token: str, purpose: str) -> str:
    """Return the text that proves that a form came from our page."""
    return hmac.new(token.encode(), f"form of {purpose}".encode(), hashlib.sha256).hexdigest()[:32]


def csrf_holds(token: str, purpose: str, sent: str) -> bool:
    """Return whether the text sent is the one of our page, in constant time."""
    return bool(token) and hmac.compare_digest(csrf_text(token, purpose).encode(), sent.encode())


def whole_number(text: str, *, name: str) -> int:
    """Return a form's whole number.

    Raises
    ------
    InvalidAnswer
        When it is none, or far too long.
    """
    if re.fullmatch(r"-?[0-9]{1,17}", text) is None:
        raise InvalidAnswer(f"{name} is not a whole number.", "Load the page again.")
    return int(text)


def revision_of(text: str) -> int | None:
    """Return the revision a script sent; None without scripts."""
    return whole_number(text, name="The revision") if text else None


def command_id_of(text: str) -> str:
    """Return the form's command id.

    Raises
    ------
    InvalidCommand
        When it is missing or malformed.
    """
    if not keys.is_command_id(text):
        raise InvalidCommand("The form has no command id.", "Load the page again and try once more.")
    return text


def answers_of(question: QuestionState, fields: Mapping[str, list[str]]) -> dict[str, AnswerValue]:
    """Return the answers of a question's form, item to value, as :class:`allrise.room.commands.Submit` takes them.

    Field names are ``a:`` and the item's name; ``choice`` holds the items chosen; ``order`` the items of a ranking from
    the top, and ``move`` one of them with ``up`` or ``down`` (the buttons that work without scripts). ``clear`` takes
    everything back. Items whose field was not sent are not touched.

    Raises
    ------
    InvalidAnswer
        When a ranking does not hold every option once, or one thing was sent several times.
    """
    names = [item.name for item in question.items]
    if fields.get("clear"):
        return dict.fromkeys(names)
    if question.kind == "choice":
        chosen = fields.get("choice", [])
        return {name: 1 for name in chosen if name}
    if question.kind == "rank":
        order = moved(fields.get("order", []), (fields.get("move") or [""])[0])
        if sorted(order) != sorted(names):
            raise InvalidAnswer("The order does not hold every option once.", "Load the page again and order anew.")
        return {name: place for place, name in enumerate(order, 1)}
    found: dict[str, AnswerValue] = {}
    for key, values in fields.items():
        if key.startswith("a:"):
            if len(values) > 1:
                raise InvalidAnswer("One item was answered twice.", "Load the page again and answer anew.")
            found[key[2:]] = values[0]
    return found


def moved(order: list[str], move: str) -> list[str]:
    """Return an order after one press of a move button (``option:up``)."""
    option, _, direction = move.rpartition(":")
    if option not in order:
        return list(order)
    place = order.index(option)
    other = place + (-1 if direction == "up" else 1)
    changed = list(order)
    if 0 <= other < len(order):
        changed[place], changed[other] = changed[other], changed[place]
    return changed
