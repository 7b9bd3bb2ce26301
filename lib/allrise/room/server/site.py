"""What all handlers of the room server work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field

import jinja2

from allrise.room.server.assets import Assets
from allrise.room.server.latest import Latest
from allrise.room.server.limits import TokenBuckets
from allrise.room.server.opinions import Opinions
from allrise.room.server.sheets import Sheets
from allrise.room.server.templating import build_templates
from allrise.room.service import Aggregates, Service
from allrise.room.snapshots import StatementState

#: Seconds between two looks of a phone for news; each adds up to a third by chance. The stage looks three times as often.
POLL_SECONDS = 3.0


@dataclass(frozen=True)
class Site:
    """What the handlers work with.

    Attributes
    ----------
    service
        The room's.
    assets
        Style, scripts, fonts.
    address
        Where phones reach this machine, without a slash at the end: ``http://192.168.1.20:8800``.
    opinions
        Workings of statement boards.
    poll
        Seconds between two looks of a phone for news.
    """

    service: Service
    assets: Assets
    address: str
    opinions: Opinions
    poll: float = POLL_SECONDS
    templates: jinja2.Environment = field(default_factory=build_templates)
    writes: TokenBuckets = field(default_factory=lambda: TokenBuckets(rate=4, burst=40))
    results: Latest[tuple[str, str], Aggregates | None] = field(init=False)
    boards: Latest[tuple[str, str], tuple[StatementState, ...]] = field(init=False)
    packing: asyncio.Lock = field(default_factory=asyncio.Lock)
    sheets: Sheets = field(default_factory=Sheets)
    polls: TokenBuckets = field(init=False)

    def __post_init__(self) -> None:
        async def results(key: tuple[str, str]) -> Aggregates | None:
            return await self.service.aggregates(*key)

        def board(key: tuple[str, str]) -> Awaitable[tuple[StatementState, ...]]:
            return self.service.board(*key)

        object.__setattr__(self, "polls", TokenBuckets(rate=9 / self.poll, burst=60))
        object.__setattr__(self, "results", Latest(results, meanwhile=lambda _key: None))
        object.__setattr__(self, "boards", Latest(board))
