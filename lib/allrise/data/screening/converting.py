"""Columns of text to columns of values: plain texts all at once, the others one by one and with care."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from allrise.data.columns import Column
from allrise.data.screening import texts as read
from allrise.data.screening.cells import INVISIBLE, bounded, foreign_symbol, read_text, symbol_of
from allrise.data.screening.coded import Coded, Raw
from allrise.data.screening.converted import Converted
from allrise.data.screening.findings import Ledger
from allrise.data.screening.plain import Plain, plain
from allrise.data.screening.texts import Reading
from allrise.data.tables import STATUSES

_DESCRIBED = Reading(None, (("missing-marker", "datapackage.json says that this stands for nothing"),))


def convert(raw: Raw, column: Column, ledger: Ledger, missing: tuple[str, ...] = ()) -> Converted:
    """Return ``column`` of ``raw`` as values, and write down every text that was mended or refused.

    ``missing`` are texts that the folder's description says stand for nothing.
    """
    coded = raw.columns[column.name]
    easy = plain(coded.texts, column)
    if missing:
        nothing = [i for i, text in enumerate(coded.texts) if text in missing]
        easy.mask[nothing], easy.numbers[nothing] = False, np.nan
    symbols: dict[int, str] = {}
    readings: dict[int, Reading] = {}
    for i in np.flatnonzero(~easy.mask).tolist():
        text = coded.texts[i]
        reading = _DESCRIBED if text in missing else read_text(text, column)
        if reading.value is None and reading.notes and reading.notes[-1][0] == "wrong-type":
            symbol = symbol_of(text, raw.table.name, column)
            if symbol in STATUSES:
                symbols[i] = symbol
                reading = Reading(None)
            elif symbol:
                reading = Reading(None, (("unknown-symbol", foreign_symbol(symbol)),))
        readings[i] = reading
    if column.type in ("number", "integer"):
        readings = _settle(readings, easy, coded, column)
    _report(raw, column, coded, readings, ledger)
    blank, bad, percent = (np.zeros(len(coded.texts), dtype=bool) for _ in range(3))
    for i, reading in readings.items():
        blank[i] = i not in symbols and _nothing(reading)
        bad[i] = reading.value is None and not blank[i] and i not in symbols
        percent[i] = reading.percent
    return Converted(column, coded.codes, _typed(easy, readings, coded, column), blank, bad, percent, symbols)


def _typed(easy: Plain, readings: Mapping[int, Reading], coded: Coded, column: Column) -> Any:
    if column.type in ("number", "integer"):
        values = easy.numbers.copy()
        for i, reading in readings.items():
            values[i] = np.nan if reading.value is None else reading.value
        if column.type == "number":
            return pd.Series(values).array
        missing = np.isnan(values)
        return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)
    if column.type == "string":
        words: list[str | None] = list(coded.texts)
        for i, reading in readings.items():
            words[i] = reading.value
        return pd.array(words, dtype="str")
    found = [readings[i].value for i in range(len(coded.texts))]
    if column.type == "date":
        return pd.Series(np.array([v or "NaT" for v in found], dtype="datetime64[us]"), dtype=column.dtype).array
    return pd.array(found, dtype=column.dtype)


def _nothing(reading: Reading) -> bool:
    return reading.value is None and all(rule in ("missing-marker", "space-around") for rule, _ in reading.notes) and (
        reading.evidence != "either"
    )  # fmt: skip


def _settle(readings: Mapping[int, Reading], easy: Plain, coded: Coded, column: Column) -> dict[int, Reading]:
    """Decide what ``1,234`` means from the other texts of the column, or refuse it."""
    whole = column.type == "integer"
    shown = {r.evidence for r in readings.values()}
    comma, point = "comma" in shown, "point" in shown or easy.point or whole
    settled = dict(readings)
    if comma:  # then 1.234 among the plain numbers may mean 1234
        settled |= {i: read_text(coded.texts[i], column) for i in easy.point_groups(coded.texts)}
    for i, reading in list(settled.items()):
        if reading.evidence != "either" and not comma:
            continue
        body = _body(coded.texts[i])
        if reading.evidence == "either" and comma != point:
            chosen = (read.as_decimal_comma if comma else read.as_thousands)(body, whole=whole)
            made = replace(chosen, notes=(*reading.notes, *chosen.notes), percent=reading.percent)
            settled[i] = bounded(made, column)
        elif reading.evidence == "either" or read.is_either(body):
            note = ("ambiguous-number", "The sign inside the number may be a decimal or a thousands separator")
            settled[i] = Reading(None, (*(n for n in reading.notes if n[0] == "space-around"), note))
    return settled


def _body(text: str) -> str:
    clean = text.strip().strip(INVISIBLE).strip().replace("\N{MINUS SIGN}", "-")
    return clean.rstrip("%").rstrip()


def _report(raw: Raw, column: Column, coded: Coded, readings: Mapping[int, Reading], ledger: Ledger) -> None:
    by_rule: dict[str, dict[int, str]] = defaultdict(dict)
    for i, reading in readings.items():
        for rule, what in reading.notes:
            by_rule[rule][i] = what
    for rule, which in by_rule.items():
        ledger.rows(
            rule,
            raw.place,
            coded.where(which),
            lambda i, which=which: (
                raw.line(i),
                coded.texts[coded.codes[i]],
                which[int(coded.codes[i])],
                "",
                _read_as(readings[int(coded.codes[i])], coded.texts[coded.codes[i]]),
            ),
            column=column.name,
        )


def _read_as(reading: Reading, text: str) -> str | None:
    """Return what a text was read as when that is not how it is written."""
    if _nothing(reading):
        return ""
    if reading.value is None:
        return None
    value = reading.value
    said = (
        str(value).lower() if isinstance(value, bool) else f"{value:.12g}" if isinstance(value, float) else str(value)
    )
    return None if said == text else said
