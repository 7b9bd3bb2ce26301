"""The parts that every figure has: its table from a frame, its notes, its whole block.

A figure's table holds each number that its title, readings and alt text say, with the decimals they are said with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

import pandas as pd

from allrise.content.blocks import Cell, Explanation, Hidden, Table, TableColumn
from allrise.figures.subject import Subject

#: Rows whose sentences all stand under a chart.
MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Hiding:
    """What stands in place of values when a row's ``status`` column is filled, and in which columns."""

    columns: tuple[str, ...]
    status: str = "status"


def table(
    name: str,
    title: str,
    frame: pd.DataFrame,
    columns: Sequence[TableColumn],
    *,
    hiding: Hiding | None = None,
    letters: bool = False,
    notes: tuple[str, ...] = (),
) -> Table:
    """Make a block's table from the columns of a frame.

    A missing number is an empty cell; where the row has a status, the columns of ``hiding`` hold that symbol instead.
    """
    rows: list[tuple[Cell, ...]] = []
    for record in records(frame):
        symbol = text(record.get(hiding.status)) if hiding else ""
        rows.append(
            tuple(
                Hidden(symbol) if symbol and hiding and c.key in hiding.columns else cell(record[c.key])
                for c in columns
            )
        )
    return Table(name, title, tuple(columns), tuple(rows), notes, row_letters=letters)


def records(frame: Any) -> list[dict[str, Any]]:
    """Return a frame's rows as mappings."""
    return [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]


def cell(value: Any) -> Cell:
    """Return a frame's value as a table's cell: plain Python, None for a missing one."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return cast("Cell", value)


def text(value: Any) -> str:
    """Return a frame's text; an empty one for a missing value."""
    found = cell(value)
    return "" if found is None else str(found)


def number(value: Any) -> float | None:
    """Return a frame's number; None for a missing value."""
    found = cell(value)
    return float(found) if isinstance(found, int | float) else None


def whole(value: Any) -> int:
    """Return a frame's count; 0 for a missing value."""
    found = number(value)
    return 0 if found is None else round(found)


def finite(values: Any) -> list[float]:
    """Return a column as floats, NaN where missing."""
    return [math.nan if (v := number(x)) is None else v for x in values]


def value_columns(subject: Subject, key: str, label: str, *, difference: bool = False) -> tuple[TableColumn, ...]:
    """Return the columns of a value and its limits: ``key``, ``lower``, ``upper``."""
    w = subject.words("shared")
    unit = subject.difference_unit if difference else subject.unit
    return (
        TableColumn(key, label, unit, subject.places),
        TableColumn("lower", w("lower"), unit, subject.places, interval_of=key),
        TableColumn("upper", w("upper"), unit, subject.places, interval_of=key),
    )


def notes(subject: Subject, *first: str, interval: bool = True, missing: int = 0, hidden: int = 0) -> tuple[str, ...]:
    """Return the notes under a figure: its own first, then interval, source, missing, hidden, synthetic.

    ``missing`` and ``hidden`` are what the figure's own table shows; the subject may know of more.
    """
    missing, hidden = max(missing, subject.missing), max(hidden, subject.suppressed)
    w = subject.words("shared")
    said = [n for n in first if n]
    if interval:
        said.append(w("intervals"))
    if subject.source:
        said.append(w("source", source=subject.source.rstrip(".")))
    said.append(
        w(
            "left_out",
            missing=w("missing", n=missing, number=subject.numbers.number(missing)),
            hidden=w("hidden", n=hidden, number=subject.numbers.number(hidden)),
        )
    )
    if subject.synthetic:
        said.append(w("synthetic"))
    return tuple(said)


class LeftOut(TypedDict):
    """How many rows of a figure's table have no value, and how many are hidden."""

    missing: int
    hidden: int


def left_out(frame: pd.DataFrame, key: str = "value") -> LeftOut:
    """Return how many rows of a frame are missing and how many hidden, as ``notes`` takes them."""
    without = [text(r.get("status")) for r in records(frame) if number(r[key]) is None]
    missing = sum(status in {"", "x", "z"} for status in without)
    return {"missing": missing, "hidden": len(without) - missing}


def told(
    subject: Subject,
    rows: Sequence[dict[str, Any]],
    say: Callable[[dict[str, Any]], str],
    by: Callable[[dict[str, Any]], float],
    *,
    ends: tuple[str, str] = ("lowest", "highest"),
) -> list[str]:
    """Return a sentence a row where there are few; of more, the two ends: nobody reads ten numbers in a row.

    Parameters
    ----------
    rows
        Rows that are shown.
    say, by
        A row's sentence, and the number that finds the ends.
    ends
        What the two are called: ``lowest, highest`` or ``nearest, furthest``.
    """
    if len(rows) <= MOST_TOLD:
        return [say(r) for r in rows]
    ordered = sorted(rows, key=by)
    w = subject.words("shared")
    return [w(f"ends.{end}", row=say(r)) for end, r in zip(ends, (ordered[0], ordered[-1]), strict=True)]


def explanations(**about: str) -> tuple[Explanation, ...]:
    """Return explanations in the order given, without empty ones; keys are ``chance``, ``intake``, ``practice``, ``data``."""
    return tuple(Explanation(cast("Any", key), said) for key, said in about.items() if said)


def spans(record: Mapping[str, Any], key: str = "value") -> tuple[float | None, float | None, float | None]:
    """Return value, lower and upper of a row."""
    return number(record[key]), number(record["lower"]), number(record["upper"])


def overlap(a: tuple[float | None, float | None], b: tuple[float | None, float | None]) -> bool | None:
    """Return whether two intervals overlap; None when one is not there."""
    if None in (*a, *b):
        return None
    (a_low, a_high), (b_low, b_high) = cast("Any", a), cast("Any", b)
    return bool(a_low <= b_high and b_low <= a_high)


def sentence(text: str) -> str:
    """Return a text with its first letter large."""
    return text[:1].upper() + text[1:]


def spans_known(record: Mapping[str, Any], key: str = "value") -> tuple[float, float | None, float | None]:
    """Return value, lower and upper of a row whose value is known."""
    value, lower, upper = spans(record, key)
    if value is None:
        msg = f"{key} is missing in a row that was to be read"
        raise ValueError(msg)
    return value, lower, upper


def unit_words(subject: Subject, *, difference: bool = False) -> str:
    """Return the unit as a subtitle says it."""
    w = subject.words("shared")
    unit = subject.difference_unit if difference else subject.unit
    key = f"unit.{unit.replace(' ', '_')}"
    return w(key) if key in w else unit
