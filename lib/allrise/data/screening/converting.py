"""Columns of text to columns of values, each distinct text once."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from allrise.data.columns import Column
from allrise.data.profiles import profiles
from allrise.data.screening import texts as read
from allrise.data.screening.coded import Coded, Codes, Mask, Raw
from allrise.data.screening.findings import Ledger
from allrise.data.screening.texts import Reading
from allrise.data.tables import ROLES, STATUSES

#: Columns whose unit is the measure's, in which a percent sign may stand.
MEASURED = frozenset({"value", "lower", "upper", "baseline", "target"})
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_BREAKS = 20
_SYMBOL = 8
_GARBLED = re.compile("[\u0080-\u009f\ufffd]|[ÃÂÄÅÐ][\u0080-\u00bf]|â€|[ÄÅ][ÿĀŸž]")
_FORMULA = re.compile(r"[=+\-@].")
#: Other words for those on a list: names and older codes of the kit's countries, and what people call the roles.
_ALSO: dict[str, str] = {
    "canada": "CA",
    "can": "CA",
    "usa": "US",
    "united states": "US",
    "united states of america": "US",
    "new zealand": "NZ",
    "nzl": "NZ",
    "australia": "AU",
    "aus": "AU",
    "england": "GB-ENG",
    "all through": "all-through",
    **{label.lower(): role for role, label in ROLES.items()},
}


@dataclass(frozen=True, slots=True)
class Converted:
    """One column as values: ``distinct[codes[i]]`` is the value of row ``i``; missing where blank or refused.

    ``blank`` and ``bad`` are by distinct text: nothing stood there; something stood there and was refused.
    ``symbols`` are status symbols that stand in a number's place, by number of the text.
    """

    column: Column
    codes: Codes
    distinct: Any
    blank: Mask
    bad: Mask
    percent: Mask
    symbols: dict[int, str] = field(default_factory=dict)

    def is_blank(self) -> Mask:
        """Return per row whether nothing stood there."""
        return self.blank[self.codes] if len(self.blank) else np.zeros(0, dtype=bool)

    def is_missing(self) -> Mask:
        """Return per row whether there is no value, for whatever reason."""
        missing = np.asarray(pd.isna(self.distinct), dtype=bool)
        return missing[self.codes] if len(missing) else np.zeros(0, dtype=bool)

    def numbers(self) -> npt.NDArray[np.float64]:
        """Return the values of a column of numbers by row, with nan where missing."""
        by_text = pd.Series(self.distinct).astype("float64").to_numpy()
        return by_text[self.codes] if len(by_text) else np.zeros(0)

    def days(self) -> npt.NDArray[np.datetime64]:
        """Return the values of a column of dates by row."""
        by_text = pd.Series(self.distinct).to_numpy(dtype="datetime64[D]")
        return by_text[self.codes] if len(by_text) else np.zeros(0, dtype="datetime64[D]")

    def labels(self) -> tuple[Codes, list[Any]]:
        """Return (codes, distinct values): equal values have equal codes; -1 is missing."""
        codes, distinct = pd.factorize(pd.Series(self.distinct, dtype="object"), use_na_sentinel=True)
        by_text = codes.astype(np.int32)
        return (by_text[self.codes] if len(by_text) else np.zeros(0, dtype=np.int32)), list(distinct)

    def series(self) -> pd.Series:
        """Return the typed column."""
        return pd.Series(self.distinct.take(self.codes), name=self.column.name)

    def keep(self, rows: Mask) -> Converted:
        return self if rows.all() else replace(self, codes=self.codes[rows])


def convert(raw: Raw, column: Column, ledger: Ledger) -> Converted:
    """Return ``column`` of ``raw`` as values, and write down every text that was mended or refused."""
    coded = raw.columns[column.name]
    readings: list[Reading] = []
    blank = np.zeros(len(coded.texts), dtype=bool)
    symbols: dict[int, str] = {}
    for i, text in enumerate(coded.texts):
        reading = read_text(text, column)
        if reading.value is None and reading.notes and reading.notes[-1][0] == "wrong-type":
            symbol = _symbol(text, raw.table.name, column)
            if symbol in STATUSES:
                symbols[i] = symbol
                reading = Reading(None)
            elif symbol:
                reading = Reading(None, (("unknown-symbol", foreign_symbol(symbol)),))
        blank[i] = _nothing(reading)
        readings.append(reading)
    if column.type in ("number", "integer"):
        readings = _settle(readings, coded, column)
    _report(raw, column, coded, readings, ledger)
    values = [r.value for r in readings]
    bad = np.array(
        [v is None and not b and i not in symbols for i, (v, b) in enumerate(zip(values, blank, strict=True))],
        dtype=bool,
    )
    return Converted(
        column,
        coded.codes,
        _typed(values, column),
        blank,
        bad,
        np.array([r.percent for r in readings], dtype=bool),
        symbols,
    )


def _typed(values: list[Any], column: Column) -> Any:
    if column.type == "number":
        return pd.Series(np.array([np.nan if v is None else v for v in values], dtype="float64")).array
    if column.type == "date":
        return pd.Series(np.array([v or "NaT" for v in values], dtype="datetime64[us]"), dtype=column.dtype).array
    return pd.array(values, dtype=column.dtype)


def _nothing(reading: Reading) -> bool:
    return reading.value is None and all(rule in ("missing-marker", "space-around") for rule, _ in reading.notes) and (
        reading.evidence != "either"
    )  # fmt: skip


def read_text(text: str, column: Column) -> Reading:
    """Return what one cell of ``column`` means."""
    clean = text.strip().strip(_INVISIBLE).strip()
    around = () if clean == text else (("space-around", "Blanks around the value were taken away"),)
    if not text.strip():
        around = ()  # white space alone is a blank, as anybody would read it
    reading = _read_clean(clean, column)
    return replace(reading, notes=(*around, *reading.notes)) if around else reading


def _read_clean(text: str, column: Column) -> Reading:
    if not text:
        return Reading(None)
    typed = column.type != "string"
    if text in read.EXCEL_ERRORS or (text.startswith("##") and not text.strip("#")):
        return Reading(None, (("excel-error", "The cell holds Excel's own error, so its value is lost"),))
    listed = bool(column.enum) and column.enum != tuple(STATUSES)
    if text in read.NOTHING_ANYWHERE or ((typed or listed) and text.lower() in read.NOTHING):
        return Reading(None, (("missing-marker", "The word was read as blank"),))
    if column.type in ("number", "integer"):
        return _bounded(_number(text, column), column)
    if column.type == "date":
        return read.date(text)
    if column.type == "boolean":
        return read.boolean(text)
    return _word(text, column) if column.enum else _free(text, column)


def _number(text: str, column: Column) -> Reading:
    year = read.school_year(text) if column.name == "time_period" else None
    return year or read.number(text, whole=column.type == "integer", percent=column.name in MEASURED)


def _bounded(reading: Reading, column: Column) -> Reading:
    value = reading.value
    if value is None:
        return reading
    low, high = column.minimum, column.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = " to ".join(f"{b:g}" for b in (low, high) if b is not None)
        note = ("out-of-range", f"{column.label} is {value:g}; it can be {bounds}")
        return replace(reading, notes=(*reading.notes, note))
    return reading


def _settle(readings: list[Reading], coded: Coded, column: Column) -> list[Reading]:
    """Decide what ``1,234`` means from the other texts of the column, or refuse it."""
    whole = column.type == "integer"
    shown = {r.evidence for r in readings}
    comma, point = "comma" in shown, "point" in shown or whole
    settled: list[Reading] = []
    for reading, text in zip(readings, coded.texts, strict=True):
        clean = text.strip().strip(_INVISIBLE).strip().replace("\N{MINUS SIGN}", "-")
        body = clean.rstrip("%").rstrip()
        if reading.evidence == "either" and comma != point:
            chosen = (read.as_decimal_comma if comma else read.as_thousands)(body, whole=whole)
            made = replace(chosen, notes=(*reading.notes, *chosen.notes), percent=reading.percent)
            settled.append(_bounded(made, column))
        elif reading.evidence == "either" or (comma and read.is_either(body)):
            note = ("ambiguous-number", "The sign inside the number may be a decimal or a thousands separator")
            settled.append(Reading(None, (*(n for n in reading.notes if n[0] == "space-around"), note)))
        else:
            settled.append(reading)
    return settled


def _word(text: str, column: Column) -> Reading:
    if text in column.enum:
        note = (
            (("legacy-symbol", "k is the older symbol for low"),)
            if column.enum == tuple(STATUSES) and text == "k"
            else ()
        )
        return Reading(text, note)
    low = re.sub(r"[\s_-]+", " ", text.lower())
    for word in column.enum:
        if re.sub(r"[\s_-]+", " ", word.lower()) == low or _ALSO.get(low) == word:
            return Reading(word, (("word-spelling", f"The word was read as {word}"),))
    if column.enum == tuple(STATUSES):
        return Reading(None, (("unknown-symbol", foreign_symbol(text)),))
    return Reading(None, (("not-in-list", f"The word is none of {', '.join(column.enum)}"),))


def _free(text: str, column: Column) -> Reading:
    notes: list[tuple[str, str]] = []
    if _FORMULA.match(text):
        notes.append(("formula-text", "The text looks like a formula; it was kept as text"))
    if _GARBLED.search(text):
        notes.append(("garbled-text", "The letters look garbled; the text was kept as it is"))
    breaks = text.count("\n") + text.count("\r")
    if breaks > _BREAKS or (breaks and (column.filled or column.name.endswith("_id"))):
        notes.append(("line-break", "The cell spans several lines; it was kept"))
    return Reading(text, tuple(notes))


def _symbol(text: str, table: str, column: Column) -> str:
    """Return what stands in a number's place in outcomes and is no number but may be a symbol, or a blank."""
    if table != "outcomes" or column.name not in ("value", "lower", "upper", "pupils"):
        return ""
    clean = text.strip()
    if clean.lower() in STATUSES:
        return clean.lower()
    return clean if len(clean) <= _SYMBOL and not any(c.isdigit() for c in clean) else ""


def foreign_symbol(symbol: str) -> str:
    """Say that a symbol is not one of the kit's, and what publishers mean by it."""
    means: dict[str, list[str]] = {}
    for country in profiles():
        for place in (country, *(country.for_region(r) for r in country.regions)):
            if symbol in place.symbols:
                means.setdefault(place.symbols[symbol], []).append(place.region or place.name())
    said = f"{symbol!r} is none of {', '.join(STATUSES)}"
    if not means:
        return said
    meanings = [f"{status} in {'/'.join(dict.fromkeys(places))}" for status, places in means.items()]
    return f"{said}; it is {' or '.join(meanings)}"


def _report(raw: Raw, column: Column, coded: Coded, readings: list[Reading], ledger: Ledger) -> None:
    by_rule: dict[str, dict[int, str]] = defaultdict(dict)
    for i, reading in enumerate(readings):
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
                _read_as(readings[coded.codes[i]], coded.texts[coded.codes[i]]),
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
