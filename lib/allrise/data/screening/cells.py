"""What one cell of one column means, whatever is written in it."""

from __future__ import annotations

import re
from dataclasses import replace

from allrise.data.columns import Column
from allrise.data.profiles import profiles
from allrise.data.screening import texts as read
from allrise.data.screening.texts import Reading
from allrise.data.tables import ROLES, STATUSES

#: Columns whose unit is the measure's, in which a percent sign may stand.
MEASURED = frozenset({"value", "lower", "upper", "baseline", "target"})
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
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


def read_text(text: str, column: Column) -> Reading:
    """Return what one cell of ``column`` means."""
    clean = text.strip().strip(INVISIBLE).strip()
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
        return bounded(_number(text, column), column)
    if column.type == "date":
        return read.date(text)
    if column.type == "boolean":
        return read.boolean(text)
    return _word(text, column) if column.enum else _free(text, column)


def _number(text: str, column: Column) -> Reading:
    year = read.school_year(text) if column.name == "time_period" else None
    return year or read.number(text, whole=column.type == "integer", percent=column.name in MEASURED)


def bounded(reading: Reading, column: Column) -> Reading:
    """Return a reading with a note when its value is outside the column's bounds."""
    value = reading.value
    if value is None:
        return reading
    low, high = column.minimum, column.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = " to ".join(f"{b:g}" for b in (low, high) if b is not None)
        note = ("out-of-range", f"{column.label} is {value:g}; it can be {bounds}")
        return replace(reading, notes=(*reading.notes, note))
    return reading


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


def symbol_of(text: str, table: str, column: Column) -> str:
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
