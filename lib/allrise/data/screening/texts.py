"""One cell's text to one value: what can only mean one thing is read, with a note; the rest is refused.

Every function takes the text without blanks around it and returns a :class:`Reading`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SPACED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f\u2009'’]\d{3})+(?:[.,]\d+)?", re.ASCII)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3}){2,}(?:\.\d+)?|,\d{3}\.\d+)", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_ONE_COMMA_GROUP = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_ONE_POINT_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_EIGHT = re.compile(r"((?:18|19|20)\d\d)(\d\d)(\d\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d\d)", re.ASCII)
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.0+)?", re.ASCII)
_SCHOOL_YEAR = re.compile(r"(\d{4})(?:\s*[/–-]\s*)?(\d{4}|\d\d)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: What programs and people write where nothing is known, in a column of numbers, dates or listed words.
NOTHING = frozenset({"nan", "null", "na", "n/a", "#n/a", "none", "nil", "-", "--", "–", "—", ".", "..", "...", "missing",
                     "(blank)", "<na>", "nat"})  # fmt: skip
#: Of these, the ones that no person writes as a text.
NOTHING_ANYWHERE = frozenset({"NaN", "nan", "NULL", "null", "#N/A", "<NA>", "NaT"})
EXCEL_ERRORS = frozenset(
    {"#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
_EXACT_WHOLE = 2**53


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and what to say of it: (rule, what) pairs. ``value`` is ``None`` when the text was refused.

    ``evidence`` tells what the text shows of the column's way with numbers: ``point`` or ``comma`` for the decimal sign;
    ``either`` is a text that needs such evidence.
    """

    value: Any
    notes: tuple[tuple[str, str], ...] = ()
    evidence: str = ""
    percent: bool = False


# One object for all of them: a file can hold millions.
_NOT_WHOLE = Reading(None, (("wrong-type", "The cell does not hold a whole number"),))
_NO_NUMBER = Reading(None, (("wrong-type", "The cell does not hold a number"),))


def number(text: str, *, whole: bool, percent: bool) -> Reading:
    """Read a number. ``whole`` for a column of whole numbers; ``percent`` where a % sign may stand."""
    text = text.replace("\N{MINUS SIGN}", "-")
    if percent and text.endswith("%"):
        inner = number(text[:-1].rstrip(), whole=whole, percent=False)
        if inner.value is None and inner.evidence != "either":
            return Reading(None, inner.notes, inner.evidence)
        note = ("percent-sign", "The percent sign was taken away")
        return Reading(inner.value, (*inner.notes, note), inner.evidence, percent=True)
    if _PLAIN.fullmatch(text):
        if whole and _ONE_POINT_GROUP.fullmatch(text):
            return Reading(None, (("ambiguous-number", "The point may be a decimal point or a thousands separator"),))
        return _plain(text, whole=whole)
    if _SPACED.fullmatch(text) or _COMMA_GROUPS.fullmatch(text) or _POINT_GROUPS.fullmatch(text):
        return _grouped(text, whole=whole)
    if _ONE_COMMA_GROUP.fullmatch(text):
        return Reading(None, (), "either")
    if _COMMA.fullmatch(text):
        return as_decimal_comma(text, whole=whole)
    return _NOT_WHOLE if whole else _NO_NUMBER


def _plain(text: str, *, whole: bool) -> Reading:
    value = float(text)
    if value in (float("inf"), float("-inf")) or (whole and abs(value) >= _EXACT_WHOLE):
        return Reading(None, (("wrong-type", "The number is too large to be held"),))
    evidence = "point" if "." in text else ""
    if not whole:
        return Reading(value, (), evidence)
    if not value.is_integer():
        return Reading(None, (("wrong-type", "The cell does not hold a whole number"),), evidence)
    notes = () if text.lstrip("+-").isdigit() else (("number-as-decimal", "A whole number written with decimals"),)
    return Reading(int(value), notes, evidence)


def _grouped(text: str, *, whole: bool) -> Reading:
    body = re.sub(r"[ \u00a0\u202f\u2009'’]", "", text)
    notes = [("thousands-separator", "The thousands separators were taken away")]
    if _POINT_GROUPS.fullmatch(text):
        body = body.replace(".", "")
    elif _COMMA_GROUPS.fullmatch(text):
        body = body.replace(",", "")
    comma = "," in body
    if comma:
        body = body.replace(",", ".")
        notes.append(("decimal-comma", "The comma was read as a decimal point"))
    inner = _plain(body, whole=whole)
    # 1.234.567 and 1.234,5 show that a point separates thousands here.
    evidence = "comma" if comma or _POINT_GROUPS.fullmatch(text) else ""
    evidence = "point" if _COMMA_GROUPS.fullmatch(text) else evidence
    return Reading(inner.value, (*notes, *inner.notes), evidence)


def as_thousands(text: str, *, whole: bool) -> Reading:
    """Read ``1,234`` as 1234."""
    inner = _plain(text.replace(",", ""), whole=whole)
    return Reading(inner.value, (("thousands-separator", "The thousands separator was taken away"), *inner.notes))


def as_decimal_comma(text: str, *, whole: bool) -> Reading:
    """Read ``63,5`` as 63.5."""
    inner = _plain(text.replace(",", "."), whole=whole)
    if inner.value is None:
        return Reading(None, inner.notes, "comma")
    return Reading(inner.value, (("decimal-comma", "The comma was read as a decimal point"), *inner.notes), "comma")


def is_either(text: str) -> bool:
    """Whether ``text`` is like ``1.234``, which a column of decimal commas would mean as 1234."""
    return _ONE_POINT_GROUP.fullmatch(text) is not None


def school_year(text: str) -> Reading | None:
    """Read ``2018/19``, ``2018-2019`` or ``201819`` as 2018, or return ``None`` when it is not a school year."""
    match = _SCHOOL_YEAR.fullmatch(text)
    if match is None or int(match[1][:2]) not in (19, 20):
        return None
    first, second = int(match[1]), match[2]
    if int(second) != (first + 1 if len(second) == 4 else (first + 1) % 100):
        return None
    return Reading(first, (("school-year", f"The school year was read as its start year, {first}"),))


def date(text: str) -> Reading:
    """Read a date."""
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]), plain=True)
    if match := _CLOCK.search(text):
        inner = date(text[: match.start()]) if match.end() == len(text) else Reading(None, (_NO_DATE,))
        if inner.value is None:
            return inner
        return Reading(inner.value, (("date-format", "The time of day was left out"),))
    if (match := _YEAR_FIRST.fullmatch(text)) or (match := _EIGHT.fullmatch(text)):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR_LAST.fullmatch(text):
        return _year_last(int(match[1]), int(match[3]), match[4])
    if match := _NAMED.fullmatch(text):
        return _named(match[1], match[2], match[3])
    if match := _NAMED_FIRST.fullmatch(text):
        return _named(match[2], match[1], match[3])
    if _SERIAL.fullmatch(text) and 20_000 <= float(text) <= 60_000:
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
        return Reading(day, (("excel-serial", f"Excel's day number was read as {day.isoformat()}"),))
    return Reading(None, (_NO_DATE,))


_NO_DATE = ("wrong-type", "The cell does not hold a date")


def _year_last(first: int, second: int, year: str) -> Reading:
    if len(year) == 2:
        return Reading(None, (("ambiguous-date", "The year has two digits, so its century is not known"),))
    if first > 12 or first == second:
        return _day(int(year), second, first)
    if second > 12:
        return _day(int(year), first, second)
    if not (first >= 1 and second >= 1):
        return Reading(None, (_NO_DATE,))
    one, other = dt.date(int(year) or 1, second, first), dt.date(int(year) or 1, first, second)
    return Reading(None, (("ambiguous-date", f"The date may be {one.isoformat()} or {other.isoformat()}"),))


def _named(day: str, month: str, year: str) -> Reading:
    if month[:3].lower() not in _MONTHS:
        return Reading(None, (_NO_DATE,))
    if len(year) == 2:
        return Reading(None, (("ambiguous-date", "The year has two digits, so its century is not known"),))
    return _day(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day))


def _day(year: int, month: int, day: int, *, plain: bool = False) -> Reading:
    try:
        value = dt.date(year, month, day)
    except ValueError:
        return Reading(None, (("wrong-type", "There is no such day"),))
    if not 1800 <= year <= 2100:
        return Reading(value, (("out-of-range", "The year is not between 1800 and 2100"),))
    return Reading(value, () if plain else (("date-format", f"The date was read as {value.isoformat()}"),))


_YES = frozenset({"yes", "y", "t", "oui", "ja"})
_NO = frozenset({"no", "n", "f", "non", "nein"})


def boolean(text: str) -> Reading:
    """Read a yes or no."""
    low = text.lower()
    if low in ("true", "1", "false", "0"):
        return Reading(low in ("true", "1"))
    if low in _YES or low in _NO or low in ("1.0", "0.0"):
        value = low in _YES or low == "1.0"
        return Reading(value, (("word-spelling", f"The word was read as {str(value).lower()}"),))
    return Reading(None, (("wrong-type", "The cell holds neither true nor false"),))
