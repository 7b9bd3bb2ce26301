"""Blocks as HTML fragments: the same markup in JupyterLab and in a pack page.

Everything from data is escaped by Jinja2; the only markup passed through is a figure's drawing, which the
theme made and :func:`safe_drawing` checks again, since a pack may be rebuilt from a notebook that was edited.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allrise.content.blocks import Block, Cell, Figure, Hidden, Table, TableColumn
from allrise.content.language import catalogue
from allrise.content.numbers import Numbers

_FORBIDDEN = re.compile(
    r"<\s*(script|foreignObject|iframe|object|embed|image|style\s+src)|\son\w+\s*=|javascript:|(?:href|src)\s*=\s*[\"'](?!#)",
    re.IGNORECASE,
)
#: A tag with its attributes; quoted values may hold angle brackets.
_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")


#: A school year or a day with hyphens, at which a browser would end a line.
_PERIOD = re.compile(r"(?<![\w-])(?:19|20)\d\d-\d\d(?:\d\d|-\d\d)?(?![\w-])")
_NOT_TEXT = re.compile(r"(<svg\b.*?</svg>|<style\b.*?</style>|<[^<>]*>)", re.DOTALL)

#: Rows of a table that is printed although it is closed on screen, or stands behind a chart.
MOST_PRINTED = 14


class UnsafeDrawing(ValueError):
    """A drawing holds a script, an event handler or an outside reference."""


def fragment(block: Block, *, language: str = "en", prefix: str = "") -> str:
    """Return a block as an HTML fragment.

    Parameters
    ----------
    block
        Any block of :mod:`allrise.content.blocks`.
    language
        Language of the words around the block; the block's own text is not translated.
    prefix
        Put before element ids, so that several chapters can stand on one page.

    Raises
    ------
    UnsafeDrawing
        When a figure's drawing could run code or fetch something.
    """
    macro = getattr(_macros(language), block.kind)
    return unbroken(str(macro(block, prefix)))


def unbroken(markup: str) -> str:
    """Return markup in whose text no line ends inside a school year, ``2018-19``; the text itself stays as it is."""
    if not _PERIOD.search(markup):
        return markup
    parts = _NOT_TEXT.split(markup)
    parts[::2] = (_PERIOD.sub(r'<span class="ar-whole">\g<0></span>', text) for text in parts[::2])
    return "".join(parts)


@functools.cache
def block_css() -> str:
    """Return the styles of blocks; colours and sizes come from the theme's custom properties."""
    return resources.files("allrise.content").joinpath("templates", "blocks.css").read_text("utf-8")


@functools.cache
def environment(language: str) -> Environment:
    """Return the Jinja2 environment of blocks (escaping, strict) with the words of a language."""
    env = Environment(
        loader=PackageLoader("allrise.content"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = catalogue("allrise.content", "words", language)
    own_words: dict[str, Any] = {"w": words.messages}
    env.globals.update(own_words)
    own: dict[str, Any] = {
        "drawing": safe_drawing,
        "rows": functools.partial(page_rows, numbers=Numbers(language)),
        "columns": functools.partial(page_columns, numbers=Numbers(language)),
        "statuses": statuses,
        "anchor": anchor,
        "labelled": Numbers(language).labelled,
        "told": told_in_words,
        "long": too_long_for_paper,
    }
    env.filters.update(own)
    return env


@functools.cache
def _macros(language: str) -> Any:
    return environment(language).get_template("blocks.html.j2").module


def safe_drawing(figure: Figure) -> Markup:
    """Return a figure's drawing, checked to be inert.

    Raises
    ------
    UnsafeDrawing
        When it holds a script, an event handler, an embedded document or an outside reference.

    Notes
    -----
    Only tags are looked at: people's own words stand between them as text, escaped, and may say what they like.
    """
    tags = "".join(_TAG.findall(figure.svg))
    found = _FORBIDDEN.search(tags) or re.search("<!", tags) or re.search("<", _TAG.sub("", figure.svg))
    if found:
        msg = f"the drawing of figure {figure.name} holds {found.group(0)!r}; drawings are made by the kit's theme only"
        raise UnsafeDrawing(msg)
    return Markup(figure.svg)  # noqa: S704  checked above


def told_in_words(figure: Figure) -> bool:
    """Return whether a figure's readings tell its table: a sentence for every row that shows a value, or a series' two ends."""
    if figure.table.columns and any(c.key == "time_period" for c in figure.table.columns):
        return True
    shown = sum(not any(isinstance(v, Hidden) for v in row) for row in figure.table.rows)
    return shown <= len(figure.readings)


def too_long_for_paper(table: Table) -> bool:
    """Return whether a table that is closed on screen has more rows than anybody carries to a meeting."""
    return table.folded and len(table.rows) > MOST_PRINTED


def anchor(text: str) -> str:
    """Return a text as an element id: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def page_columns(table: Table, *, numbers: Numbers) -> list[TableColumn]:
    """Return the columns that a page shows, units in its language; limits of an interval stand in their value's cell."""
    return [replace(c, unit=numbers.unit(c.unit)) for c in table.columns if c.in_page and not c.interval_of]


def page_rows(table: Table, *, numbers: Numbers) -> list[list[dict[str, Any]]]:
    """Return the rows of a table as a page shows them.

    Each cell is a mapping with ``text``, ``interval`` (or empty), ``number`` (bool) and ``symbol`` (or empty).
    """
    limits = _limits(table)
    shown = [i for i, c in enumerate(table.columns) if c.in_page and not c.interval_of]
    rows: list[list[dict[str, Any]]] = []
    for row in table.rows:
        cells: list[dict[str, Any]] = []
        for i in shown:
            column, value = table.columns[i], row[i]
            interval = ""
            pair = limits.get(column.key)
            if pair is not None and isinstance(value, int | float):
                low, high = row[pair[0]], row[pair[1]]
                if isinstance(low, int | float) and isinstance(high, int | float):
                    interval = numbers.words(
                        "range", low=_number(low, column, numbers), high=_number(high, column, numbers)
                    )
            cells.append(
                {
                    "text": cell_text(value, column, numbers),
                    "interval": interval,
                    "number": isinstance(value, int | float) and not isinstance(value, bool),
                    "symbol": value.status if isinstance(value, Hidden) else "",
                }
            )
        rows.append(cells)
    return rows


def statuses(table: Table) -> list[str]:
    """Return the symbols that stand in a table, in order."""
    return sorted({v.status for row in table.rows for v in row if isinstance(v, Hidden)})


def cell_text(value: Cell, column: TableColumn, numbers: Numbers) -> str:
    """Return a cell as readers see it: a number with its column's decimals, a symbol in brackets."""
    if value is None:
        return ""
    if isinstance(value, Hidden):
        return f"[{value.status}]"
    if isinstance(value, bool):
        return catalogue("allrise.content", "words", numbers.language)("yes" if value else "no")
    if isinstance(value, int | float):
        return _number(value, column, numbers)
    return value


def _number(value: float, column: TableColumn, numbers: Numbers) -> str:
    if column.key == "time_period":
        return str(int(value))
    decimals = column.decimals if column.decimals is not None else (0 if isinstance(value, int) else 2)
    return numbers.number(value, decimals)


def _limits(table: Table) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = {}
    for i, c in enumerate(table.columns):
        if c.interval_of:
            found.setdefault(c.interval_of, []).append(i)
    return {k: (v[0], v[1]) for k, v in found.items() if len(v) == 2}
