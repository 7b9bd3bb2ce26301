"""Cited figures about the five countries, bundled with the kit in ``datasets/facts``."""

from __future__ import annotations

import hashlib
import io

import pandas as pd

from allrise.data.columns import Column, Table
from allrise.data.store.reads import Read, note_to_file
from allrise.data.tables import CONTEXTS
from allrise.errors import UnreadableInput
from allrise.paths import datasets

#: The table ``contexts`` with what the bundled facts add: standard error, kind of source, and a note.
FACTS = Table(
    "contexts",
    CONTEXTS.label,
    CONTEXTS.description,
    (
        *CONTEXTS.columns,
        Column("se", "number", "Standard error", "Standard error of the value, where the source gives it."),
        Column("source_kind", "string", "Kind of source", "Official, secondary, or counted from a file.", filled=True),
        Column("note", "string", "Note", "What a reader must know, such as sources that disagree."),
    ),
    key=CONTEXTS.key,
)


#: How reading them is noted, see :mod:`allrise.data.store.reads`.
FACTS_READ: Read = ("facts",)


def facts() -> pd.DataFrame:
    """Return the bundled facts.

    Returns
    -------
    DataFrame
        One figure a row: country, region, indicator, time_period, value, unit, source (as in ``contexts``), and
        se, source_kind, note. Blank country is a group of countries, named in ``region``. The value is missing
        where the source says that there is none.

    Raises
    ------
    UnreadableInput
        When the kit is not a checkout, or the file is missing.
    """
    content = facts_file()
    if note := note_to_file("", ""):
        note(FACTS_READ, hashlib.sha256(content).hexdigest())
    raw = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False, encoding="utf-8")
    for column in FACTS.columns:
        if column.type == "number":
            raw[column.name] = pd.to_numeric(raw[column.name].mask(raw[column.name] == ""))
    return FACTS.typed(raw)


def facts_file() -> bytes:
    """Return the file of the facts as it is.

    Raises
    ------
    UnreadableInput
        As :func:`facts` does.
    """
    path = datasets() / "facts" / "contexts.csv"
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be read: {error}", "Restore it from the kit's repository.") from error
