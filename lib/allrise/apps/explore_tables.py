"""Tables as people explore them: frames that carry their labels and units, and the dictionary that explains them.

Labels, units and descriptions come from :mod:`allrise.data.tables`, so that a frame in a notebook, the data dictionary
and the reference page say the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from allrise.apps.explore_style import table_style
from allrise.data.columns import Column, Table
from allrise.data.tables import PUPIL_GROUPS, ROLES, STATUSES, TABLES
from allrise.errors import UnknownName

#: What the words of an enumerated column mean, where the tables say it.
MEANINGS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("outcomes", "status"): STATUSES,
    ("outcomes", "pupil_group"): PUPIL_GROUPS,
    ("survey", "role"): ROLES,
    ("ties", "role"): ROLES,
}


def labelled(frame: pd.DataFrame, name: str, measures: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return ``frame`` with what its columns mean in ``.attrs``.

    Parameters
    ----------
    frame
        Rows of a table.
    name
        The table's name.
    measures
        The table ``measures``, whose labels and units stand beside outcomes.

    Returns
    -------
    DataFrame
        The same rows. ``attrs`` has ``table``, ``label``, ``description`` (texts), ``labels``, ``units``, ``descriptions``
        (by column; a column without a unit is not in ``units``) and, for outcomes, ``measures`` (label and unit by
        ``measure_id``: the unit of ``value`` is that of its measure).
    """
    table = TABLES.get(name)
    attrs: dict[str, Any] = {"table": name}
    if table is not None:
        columns = [c for c in table.columns if c.name in frame]
        attrs |= {
            "label": table.label,
            "description": table.description,
            "labels": {c.name: c.label for c in columns},
            "units": {c.name: c.unit for c in columns if c.unit},
            "descriptions": {c.name: c.description for c in columns},
        }
    if name == "outcomes" and measures is not None:
        attrs["measures"] = {
            str(m): {"label": str(label), "unit": str(unit)}
            for m, label, unit in zip(measures["measure_id"], measures["label"], measures["unit"], strict=True)
        }
    found = frame.copy(deep=False)
    found.attrs.clear()
    found.attrs.update(attrs)
    return found


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What one table holds, column by column; shows itself as a table.

    Parameters
    ----------
    table
        The table as :mod:`allrise.data.tables` describes it.
    rows
        How many rows the data have, when that is known.
    """

    table: Table
    rows: int | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The same as a frame: ``column``, ``label``, ``type``, ``unit``, ``needed``, ``meaning``, ``values``."""
        return pd.DataFrame(
            [
                {
                    "column": c.name,
                    "label": c.label,
                    "type": c.type,
                    "unit": c.unit or "",
                    "needed": _needed(c),
                    "meaning": c.description,
                    "values": values_of(self.table, c),
                }
                for c in self.table.columns
            ]
        )

    def __repr__(self) -> str:
        lines = [f"{self.table.name}: {self.table.description}"]
        width = max(len(c.name) for c in self.table.columns)
        for c in self.table.columns:
            unit = f" [{c.unit}]" if c.unit else ""
            values = values_of(self.table, c)
            lines.append(f"  {c.name:<{width}}  {c.description}{unit}{'  ' + values if values else ''}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'><code>{_e(c.name)}</code></th><td>{_e(c.label)}</td><td>{_e(c.type)}"
            f"{_unit(c)}</td><td>{_e(_needed(c))}</td>"
            f"<td>{_e(c.description)}{_more(values_of(self.table, c))}</td></tr>"
            for c in self.table.columns
        )
        count = "" if self.rows is None else f" {self.rows:,} rows here." if self.rows else " Not in these data."
        return (
            f"{table_style()}<div class='allrise ar-paper'><h3 class='ar-data-title'>{_e(self.table.label)} "
            f"<code>{_e(self.table.name)}</code></h3><p>{_e(self.table.description)}{count} "
            f"One row for each {_e(_and([self.table[k].label.lower() for k in self.table.key]))}.</p>"
            "<table class='ar-grid ar-dictionary'><thead><tr><th scope='col'>Column</th><th scope='col'>Label</th>"
            "<th scope='col'>Type</th><th scope='col'>Needed</th><th scope='col'>What it means</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


def dictionary(name: str, rows: int | None = None) -> Dictionary:
    """Return the dictionary of a table.

    Raises
    ------
    UnknownName
        When the kit knows no such table.
    """
    if name not in TABLES:
        raise UnknownName(f"There is no table {name!r}", f"The tables are {', '.join(TABLES)}.")
    return Dictionary(TABLES[name], rows)


def values_of(table: Table, column: Column) -> str:
    """Return in words what a column may hold, or a blank: its values, bounds, or the table it points to."""
    meanings = MEANINGS.get((table.name, column.name), {})
    if meanings:
        return "; ".join(f"{k}: {v}" for k, v in meanings.items())
    if column.enum:
        return ", ".join(column.enum)
    if column.refers_to:
        return f"must be in {column.refers_to[0]}.{column.refers_to[1]}"
    if column.minimum is not None and column.maximum is not None:
        return f"{column.minimum:g} to {column.maximum:{'g' if column.maximum < 10_000 else ',g'}}"
    return f"{column.minimum:,g} or more" if column.minimum is not None else ""


def _needed(column: Column) -> str:
    if column.filled and column.mandatory:
        return "in every row"
    return "the column" if column.mandatory else "no"


def _unit(column: Column) -> str:
    return f" <span class='ar-unit'>in {_e(column.unit)}</span>" if column.unit else ""


def _more(words: str) -> str:
    return f"<br><span class='ar-unit'>{_e(words)}</span>" if words else ""


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _e(words: object) -> str:
    """Return words as markup; names between backticks are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(words)))
