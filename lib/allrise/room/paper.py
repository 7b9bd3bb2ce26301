"""Paper answers from a CSV file: one row a sheet, one column a question and item.

Columns: ``sheet`` (its number), ``country``, ``role``, ``cluster`` where asked, and ``QUESTION:ITEM`` for each answer
(``Q2.1:F3``); a text question has one column of its own name (``Q2.2``). Empty cells are not answered. Entering a file
again corrects the sheets in it and adds none.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from allrise.errors import UnreadableInput
from allrise.room.commands import EnterPaper
from allrise.room.definition import ITEM_KINDS
from allrise.room.errors import RoomError
from allrise.room.service import Service
from allrise.room.snapshots import SessionState

ABOUT = ("sheet", "country", "role", "cluster")
LONGEST_FILE = 5_000_000


@dataclass(frozen=True, slots=True)
class Entered:
    """How many sheets were entered, and a line for each that was refused."""

    sheets: int
    refused: tuple[str, ...]


def enter_file(service: Service, code: str, secret: str, path: Path) -> Entered:
    """Enter every row of a CSV file as a sheet of paper.

    Raises
    ------
    UnreadableInput
        When the file or its headings cannot be read; nothing is entered then.
    RoomError
        When the session or the secret is wrong.
    """
    state = service.state_now(code)
    service.desk_now(code, secret)  # refuses a wrong secret before the first row
    rows = _rows(path, state)
    sheets = 0
    refused: list[str] = []
    for line, row in rows:
        try:
            service.execute(_command(state, secret, row))
            sheets += 1
        except RoomError as error:
            refused.append(f"{path} line {line}, sheet {row.get('sheet', '')!r}: {error.what} {error.mend}")
    return Entered(sheets, tuple(refused))


def columns(state: SessionState) -> tuple[str, ...]:
    """Return every column that a session's paper file may have."""
    answers = [
        name
        for q in state.questions
        for name in ([f"{q.name}:{item.name}" for item in q.items] if q.kind in ITEM_KINDS else [q.name])
    ]
    return (*ABOUT, *answers)


def _rows(path: Path, state: SessionState) -> list[tuple[int, dict[str, str]]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(
            f"{path}: cannot be read ({error.strerror or error}).", "Give the path of a CSV file."
        ) from error
    if len(raw) > LONGEST_FILE:
        raise UnreadableInput(f"{path}: has {len(raw):,} bytes.", "A file of paper answers is smaller than 5 MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{path}: is not UTF-8.", "Save it as CSV UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        table = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise UnreadableInput(f"{path} line {reader.line_num}: {error}.", "Mend the quotes of that line.") from error
    if not table or "sheet" not in table[0][1]:
        raise UnreadableInput(
            f"{path}: has no column named sheet.", f"Its columns are {', '.join(columns(state)[:6])}, ..."
        )
    header = table[0][1]
    known = set(columns(state))
    for name in header:
        if name not in known or header.count(name) > 1:
            raise UnreadableInput(
                f"{path}: the column {name!r} is not one of this session's, or stands there twice.",
                "Name columns QUESTION:ITEM, for example "
                + next((c for c in columns(state) if ":" in c), "Q2.1:F1") + ".",
            )  # fmt: skip
    found: list[tuple[int, dict[str, str]]] = []
    for line, row in table[1:]:
        if not any(row):
            continue
        if len(row) > len(header):
            raise UnreadableInput(f"{path} line {line}: has more cells than headings.", "Put quotes around commas.")
        found.append((line, dict(zip(header, row, strict=False))))
    return found


def _command(state: SessionState, secret: str, row: dict[str, str]) -> EnterPaper:
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    texts: dict[str, tuple[str, ...]] = {}
    for name, cell in row.items():
        if not cell or name in ABOUT:
            continue
        question, colon, item = name.partition(":")
        if colon:
            answers[question][item] = cell
        else:
            texts[question] = (cell,)
    about = {name: row.get(name, "") for name in ABOUT}
    content = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
    return EnterPaper(
        command_id=f"paper-{content[:40]}", code=state.code, secret=secret, answers=answers, statements=texts, **about
    )
