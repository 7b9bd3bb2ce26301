"""What a revealed question shows, as values that templates draw; made by :mod:`allrise.room.server.reveal`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Revealed:
    """Results of one question.

    Attributes
    ----------
    kind
        The question's.
    counted
        People whose answers these are; 0 when there are not enough.
    answered
        People who have answered so far.
    rows
        One a thing asked about, in the question's order, or best first; what is in it depends on the kind.
    values
        The values of the bars, in order.
    by
        Segmentation (``country``, ``role``) to its names and item to segment to cell; empty until the question is closed.
    agreed, divided
        Rows of agreement across countries and roles; None until it can be judged.
    waiting
        Whether nothing has been worked out yet: then everything else is empty.
    themes, texts
        Of free texts: framework ids with people, and the texts that may be shown.
    """

    kind: str
    counted: int = 0
    answered: int = 0
    rows: tuple[Row, ...] = ()
    values: tuple[int, ...] = ()
    by: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    agreed: tuple[Row, ...] | None = None
    divided: tuple[Row, ...] | None = None
    themes: tuple[Row, ...] = ()
    texts: tuple[Row, ...] = ()
    waiting: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Revealed:
        """Return what :meth:`plain` gave, also after it was JSON."""
        lists: dict[str, Any] = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        values: dict[str, Any] = {**plain, **lists}
        return cls(**values)
