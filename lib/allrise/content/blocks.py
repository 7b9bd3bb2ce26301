"""The blocks of a chapter: frozen values with a lossless JSON form.

A block displays itself in Jupyter as a bundle of ``text/plain`` (short, stable, what nbval compares),
``text/html`` (the same markup as the pack page) and :data:`MIME` (the block itself, which every hand-out is
made from). Text is plain text: no markup in it, escaped where it is put into a page.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

#: Media type under which a block stands in an executed notebook.
MIME = "application/vnd.allrise.block+json"

#: Which blocks a version of the kit can read; part of every pack's key.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Hidden:
    """A table cell that is not shown, and why: one of DfE's symbols (``c``, ``low``, ``u``, ``x``, ``z``)."""

    status: str


Cell = str | int | float | bool | Hidden | None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table as readers see it.

    ``key`` names it in the CSV; ``decimals`` is how a number is shown (and how readings round it);
    ``lower`` and ``upper`` hold the interval of the column whose key stands in ``interval_of``.
    """

    key: str
    label: str
    unit: str = ""
    decimals: int | None = None
    interval_of: str = ""
    in_page: bool = True


class Block:
    """Base of all blocks; ``kind`` names it in JSON."""

    __slots__ = ()
    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type[Block]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            Block.kinds[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        """Return the block as JSON-safe values; :func:`from_json` reads it back."""
        return {"kind": self.kind, **_plain(self)}

    def plain(self) -> str:
        """Return one line that says what the block is; stable from run to run."""
        return self.kind

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        from allrise.content.html import fragment  # here: a block is a value, drawing it needs Jinja2

        return {"text/plain": self.plain(), "text/html": fragment(self), MIME: self.to_json()}  # pyright: ignore[reportArgumentType]  # seen through the circle with html.py


@dataclass(frozen=True, slots=True)
class Opening(Block):
    """First block of a chapter: what it is and which question it answers, for whom."""

    kind: ClassVar[str] = "opening"
    name: str
    number: str
    title: str
    question: str
    framework_ids: tuple[str, ...] = ()

    def plain(self) -> str:
        return f"Chapter {self.number}: {self.title}"


@dataclass(frozen=True, slots=True)
class Cover(Block):
    """The pack's cover, shown by the overview chapter."""

    kind: ClassVar[str] = "cover"
    cluster_id: str
    cluster: str
    cluster_word: str
    place: str
    question: str
    purpose: str
    period: str
    audience: str
    synthetic: bool
    facts: tuple[tuple[str, str], ...]
    strength: str

    def plain(self) -> str:
        return f"Cover: {self.cluster}, {self.period}"


@dataclass(frozen=True, slots=True)
class Heading(Block):
    """A heading inside a chapter (level 2 or 3)."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 2
    framework_id: str = ""

    def plain(self) -> str:
        return f"{'#' * self.level} {self.text}"


@dataclass(frozen=True, slots=True)
class Text(Block):
    """Paragraphs: an introduction, a reading of figures, a note or a method."""

    kind: ClassVar[str] = "text"
    paragraphs: tuple[str, ...]
    role: Literal["intro", "reading", "note", "method", "margin"] = "intro"

    def plain(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Notice(Block):
    """Something a reader must know: no data, a caution, or what these data cannot show."""

    kind: ClassVar[str] = "notice"
    about: Literal["no_data", "caution", "strength", "warning"]
    title: str
    paragraphs: tuple[str, ...] = ()

    def plain(self) -> str:
        return "\n".join((f"{self.title}", *self.paragraphs))


@dataclass(frozen=True, slots=True)
class Table(Block):
    """A table: the numbers behind a figure, or one that stands alone.

    ``folded`` marks one that bears detail: closed on screen until somebody asks for it.
    """

    kind: ClassVar[str] = "table"
    name: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    number: str = ""
    row_letters: bool = False
    folded: bool = False

    def plain(self) -> str:
        head = " | ".join(c.label for c in self.columns)
        body = [
            " | ".join("" if v is None else _cell_text(v, c) for v, c in zip(r, self.columns, strict=True))
            for r in self.rows
        ]
        return "\n".join((self.title, head, *body))

    def records(self) -> Iterator[dict[str, Cell]]:
        """Yield each row as a mapping from column key to cell."""
        for row in self.rows:
            yield {c.key: v for c, v in zip(self.columns, row, strict=True)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A plausible reading of a figure and the number that bears on it."""

    about: Literal["chance", "intake", "practice", "data"]
    text: str


@dataclass(frozen=True, slots=True)
class Figure(Block):
    """A chart with everything that belongs to it.

    Parameters
    ----------
    name
        File name of its table and drawing; unique within the chapter.
    title, subtitle
        What is shown; unit and period.
    svg
        The drawing, a whole ``<svg>`` element without scripts and outside references.
    width, height
        Size of the drawing in points.
    alt
        What the chart shows, in one or two sentences with its main numbers.
    readings
        Sentences built from ``table``: value, interval, n, period; they describe and never judge.
    notes
        n, period, source, how many missing, how many suppressed.
    table
        The numbers behind the drawing.
    predict, look, discuss
        Prompts: before the chart, right after it, and the question the room can argue about.
    explanations
        At least two for a headline chart.
    headline
        One of the pack's 2 to 4 charts that a meeting looks at first.
    number
        Figure number, ``2.1``; given by the chapter.
    folded
        One of several of its kind and not the most telling: on screen a line that opens, on paper its table.
    """

    kind: ClassVar[str] = "figure"
    name: str
    title: str
    subtitle: str
    svg: str
    width: float
    height: float
    alt: str
    readings: tuple[str, ...]
    notes: tuple[str, ...]
    table: Table
    framework_ids: tuple[str, ...] = ()
    predict: str = ""
    look: str = ""
    discuss: tuple[str, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    headline: bool = False
    number: str = ""
    folded: bool = False

    def plain(self) -> str:
        title = f"Figure {self.number}: {self.title}" if self.number else self.title
        return "\n".join((title, self.subtitle, *self.readings, *self.notes))


@dataclass(frozen=True, slots=True)
class FigureReference(Block):
    """Points to a figure of another chapter, for example a headline chart."""

    kind: ClassVar[str] = "figure_reference"
    chapter: str
    name: str
    text: str

    def plain(self) -> str:
        return f"See {self.chapter}/{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Question(Block):
    """A question of the framework, tied to this cluster's own figures."""

    kind: ClassVar[str] = "question"
    framework_id: str
    text: str
    evidence: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()

    def plain(self) -> str:
        return "\n".join((f"{self.framework_id} {self.text}", *(f"- {e}" for e in self.evidence)))


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a protocol: ``start`` and ``minutes`` in whole minutes."""

    start: int
    minutes: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Protocol(Block):
    """A timed protocol fitted to the meeting's minutes, with roles."""

    kind: ClassVar[str] = "protocol"
    title: str
    minutes: int
    steps: tuple[Step, ...]
    roles: tuple[tuple[str, str], ...]

    def plain(self) -> str:
        return "\n".join(
            (
                f"{self.title} ({self.minutes} minutes)",
                *(f"{s.start}-{s.start + s.minutes}: {s.title}" for s in self.steps),
            )
        )


@dataclass(frozen=True, slots=True)
class CaptureSheet(Block):
    """A sheet to write on: column labels with a hint each, and how many empty rows."""

    kind: ClassVar[str] = "capture_sheet"
    title: str
    intro: str
    columns: tuple[tuple[str, str], ...]
    rows: int

    def plain(self) -> str:
        return f"{self.title}: {', '.join(label for label, _ in self.columns)}"


def from_json(value: Mapping[str, Any]) -> Block:
    """Read a block back from :meth:`Block.to_json`.

    Raises
    ------
    ValueError
        When the kind is not known or a field is missing.
    """
    kind = value.get("kind")
    cls = Block.kinds.get(str(kind))
    if cls is None:
        msg = f"unknown kind of block: {kind!r}; known: {', '.join(sorted(Block.kinds))}"
        raise ValueError(msg)
    try:
        return _read(cls, value)
    except (KeyError, TypeError) as error:
        msg = f"a {kind} block cannot be read: {error}"
        raise ValueError(msg) from error


def _cell_text(value: Cell, column: TableColumn) -> str:
    if isinstance(value, Hidden):
        return f"[{value.status}]"
    if isinstance(value, float) and column.decimals is not None:
        return f"{value:.{column.decimals}f}"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Hidden):
        return {"status": value.status}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            msg = f"a block holds {value}; a missing number is None or Hidden"
            raise ValueError(msg)
        return value
    if isinstance(value, int):
        return value
    msg = f"a block cannot hold a {type(value).__name__}"
    raise TypeError(msg)


def _read(cls: type[Any], value: Mapping[str, Any]) -> Any:
    hints = _field_types(cls)
    return cls(**{k: _typed(hints[k], v) for k, v in value.items() if k in hints})


@functools.cache
def _field_types(cls: type[Any]) -> dict[str, Any]:
    """Return the types of a class's fields; working them out anew for every block is most of the time of reading."""
    hints = typing.get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}


def _typed(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        args = typing.get_args(hint)
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_typed(args[0], v) for v in value)
        return tuple(_typed(a, v) for a, v in zip(args, value, strict=True))
    if origin in (types.UnionType, typing.Union):
        if isinstance(value, Mapping):
            return Hidden(value["status"])
        return value
    if dataclasses.is_dataclass(hint):
        return _read(typing.cast("type[Any]", hint), value)
    return value
