"""The process that works results out: ``python -m allrise.room.server.counting``; asked by :mod:`.workings`.

One line of JSON a question on standard input, one line of JSON an answer on standard output; the first line says
where the database is. It reads the database itself and writes nothing. It ends when whoever asks is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from allrise.room.database import Database, open_for_reading, translated
from allrise.room.errors import RoomError
from allrise.room.frames import read_frames
from allrise.room.reading import read_state
from allrise.room.server.grouping import board_of
from allrise.room.server.reveal import reveal
from allrise.room.server.revealed import Revealed
from allrise.room.shown import QUESTION, read_shown


def counted(database: Database, code: str, question: str) -> dict[str, Any]:
    """Return what a question may show now.

    Returns
    -------
    ``version`` (last event counted), ``state`` (of the question), ``revision`` and ``before`` (what was shown last, None
    when nothing was), ``found`` (what may be shown now), ``changed`` (whether that must be remembered first).
    """
    try:
        with database.reader.connect() as connection, connection.begin():
            state = read_state(connection, code)
            frames = read_frames(connection, code, question)
            last = read_shown(connection, code, question, QUESTION)
    except SQLAlchemyError as error:
        raise translated(error, database.shown) from error
    before = Revealed.of(last.content) if last.content else None
    found = reveal(state, question, frames, before)
    asked = state.question(question)
    return {
        "version": frames.version, "state": asked.state if asked else "", "revision": last.revision,
        "before": before.plain() if before else None, "found": found.plain(),
        "changed": found.counted != (before.counted if before else 0),
    }  # fmt: skip


def answer(database: Database, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one line, or ``refused``, the kind of error, and its words.

    With ``board`` it is as :func:`~allrise.room.server.grouping.board_of` tells it, else as :func:`counted` does.
    """
    try:
        if asked.get("board"):
            return board_of(database, asked["code"], asked["question"])
        return counted(database, asked["code"], asked["question"])
    except RoomError as error:
        return {"refused": error.code, "what": error.what, "mend": error.mend}


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then lets go of this process
    if hasattr(os, "nice"):
        os.nice(10)  # phones come first
    database = open_for_reading(json.loads(sys.stdin.readline())["database"])
    try:
        for line in sys.stdin:
            print(json.dumps(answer(database, json.loads(line))), flush=True)
    finally:
        database.close()


if __name__ == "__main__":
    main()
