"""The evidence of packs as pictures for apps: the same functions, the same words, drawn once for all visitors.

A picture is an HTML fragment, kept in the user's cache folder under the fingerprint of the data and of the code that
draws; the second visitor's kernel imports neither pandas nor matplotlib for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from allrise.content.html import fragment
from allrise.whole import write_whole

if TYPE_CHECKING:
    from allrise.chapters.chapter import Chapter
    from allrise.content.blocks import Block
    from allrise.data.store import Store

Show = Callable[["Chapter"], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Data as visitors may see them.

    Parameters
    ----------
    data
        A data folder, or ``demo``.
    audience
        ``cluster``: as packs for the clusters' own leaders, schools named; ``public``: as public packs, from the public
        store with its pseudonyms and hidden cells.
    """

    data: str
    audience: str = "cluster"

    def open(self) -> Store:
        """Return the store to show, made when it is not in the cache."""
        from allrise.data.disclosure import public_store
        from allrise.data.store import open_store

        store = open_store(self.data)
        return public_store(store) if self.audience == "public" else store


def _level(chapter: Chapter) -> None:
    from allrise.chapters import outcomes, outcomes_shown

    outcomes_shown.level(chapter, outcomes.level(chapter))


def _gap(chapter: Chapter) -> None:
    from allrise.chapters import outcomes, outcomes_shown

    outcomes_shown.gap(chapter, outcomes.gap(chapter))


def _spread(chapter: Chapter) -> None:
    from allrise.chapters import outcomes, outcomes_shown

    outcomes_shown.spread(chapter, outcomes.spread(chapter))


def _schools(chapter: Chapter) -> None:
    from allrise.chapters import outcomes, outcomes_shown

    outcomes_shown.schools(chapter, outcomes.schools(chapter))


def _funnel(chapter: Chapter) -> None:
    from allrise.chapters import outcomes, outcomes_shown

    outcomes_shown.funnel(chapter, outcomes.funnel(chapter))


def _profile(chapter: Chapter) -> None:
    from allrise.chapters import factors, factors_shown

    factors_shown.profile(chapter, factors.profile(chapter))


def _weakest(chapter: Chapter) -> None:
    from allrise.chapters import factors, factors_shown

    chapter.show(*factors_shown.weakest(chapter, factors.profile(chapter)))


def _together(chapter: Chapter) -> None:
    from allrise.chapters import factors, factors_shown

    factors_shown.together(chapter, factors.together(chapter))


def _network(chapter: Chapter) -> None:
    from allrise.chapters import practice, practice_shown

    practice_shown.network(chapter, practice.pairs(chapter))


def _stepping(chapter: Chapter) -> None:
    from allrise.chapters import practice, practice_shown

    chapter.show(*practice_shown.stepping_out(chapter, practice.loss(chapter))[1:])


def _participation(chapter: Chapter) -> None:
    from allrise.chapters import practice, practice_shown

    chapter.show(*practice_shown.participation(chapter, practice.ties_by_role(chapter))[2:])


def _axes(chapter: Chapter) -> None:
    from allrise.chapters import practice, practice_shown

    practice_shown.axes(chapter, practice.connected_autonomy(chapter))


def _skills(chapter: Chapter) -> None:
    from allrise.chapters import leadership

    leadership.show_skills(chapter, leadership.skills(chapter))


def _contrasts(chapter: Chapter) -> None:
    from allrise.chapters import leadership

    leadership.show_contrasts(chapter, leadership.contrasts(chapter))


def _commitments(chapter: Chapter) -> None:
    from allrise.chapters import overview

    chapter.show(*overview.commitments(chapter)[1:])


def _marks(chapter: Chapter) -> None:
    from allrise.chapters import practice, practice_shown

    practice_shown.marks(chapter, practice.commitment_marks(chapter))


#: Name to chapter, its label for people, and what it shows.
PICTURES: dict[str, tuple[str, str, Show]] = {
    "level": ("01_overview", "Level over the years", _level),
    "gap": ("01_overview", "Gap between pupil groups", _gap),
    "spread": ("02_outcomes", "How far apart the schools are", _spread),
    "schools": ("02_outcomes", "Each school, with its interval", _schools),
    "funnel": ("02_outcomes", "Funnel: what chance explains", _funnel),
    "profile": ("01_overview", "The factors as people see them", _profile),
    "weakest": ("03_factors", "Which factor is lowest", _weakest),
    "together": ("03_factors", "How the factors move together", _together),
    "network": ("05_network", "Who works with whom", _network),
    "stepping": ("05_network", "If the busiest stepped out", _stepping),
    "participation": ("05_network", "Whose work the ties are", _participation),
    "axes": ("05_network", "Connected autonomy", _axes),
    "skills": ("07_leadership", "Ten skills, from both sides", _skills),
    "contrasts": ("07_leadership", "How the system is led", _contrasts),
    "commitments": ("01_overview", "What was promised", _commitments),
    "marks": ("06_accountability", "Commitments and their four marks", _marks),
}


def blocks_of(chapter: str, source: Source, cluster_id: str, show: Show) -> list[Block]:
    """Return the blocks that a part of a chapter shows, as values instead of notebook outputs."""
    from allrise.chapters.chapter import Chapter, Parameters
    from allrise.content.blocks import Figure

    found: list[Block] = []

    class Collected(Chapter):
        def show(self, *blocks: Block) -> None:
            found.extend(blocks)

    store = source.open()
    asked = Parameters(source.data, cluster_id, None, source.audience, 90, "en")  # type: ignore[arg-type]
    show(Collected(chapter, store, store.slice(cluster_id), asked))
    # An app asks for a prediction in its own way, before it draws.
    return [replace(b, headline=False, predict="") if isinstance(b, Figure) else b for b in found]


def picture(source: Source, cluster_id: str, name: str) -> str:
    """Return a picture of :data:`PICTURES` as an HTML fragment; blank when the cluster has no data for it."""
    chapter, _, show = PICTURES[name]

    def make() -> str:
        blocks = blocks_of(chapter, source, cluster_id, show)
        return "".join(fragment(block, prefix=f"{cluster_id}-{name}-") for block in blocks)

    return str(kept(source, f"picture {cluster_id} {name}", make))


def clusters(source: Source) -> tuple[tuple[str, str], ...]:
    """Return name and id of every cluster."""

    def make() -> list[list[str]]:
        table = source.open().clusters()
        return [[str(n), str(i)] for n, i in zip(table["name"], table["cluster_id"], strict=True)]

    return tuple((n, i) for n, i in kept(source, "clusters", make))


def kept(source: Source, what: str, make: Callable[[], Any]) -> Any:
    """Return a JSON value that depends on the data only, made the first time anybody asks."""
    key = hashlib.sha256(f"{_fingerprint(source)}\0{_code()}\0{what}".encode()).hexdigest()
    path = user_cache_path("allrise", appauthor=False) / "apps" / key[:2] / f"{key}.json"
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        value = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, json.dumps(value, ensure_ascii=False), private=True)
    except OSError:
        pass  # a folder that cannot be written costs time, nothing else
    return value


@lru_cache(maxsize=4)
def _fingerprint(source: Source) -> str:
    return f"{source.audience} {source.open().fingerprint}"


@lru_cache(maxsize=1)
def _code() -> str:
    """Return what changes when the code that draws changes."""
    root = Path(__file__).resolve().parents[1]
    seen = sorted(
        f"{p.relative_to(root)} {p.stat().st_size} {p.stat().st_mtime_ns}"
        for room in ("apps", "chapters", "content", "data", "evidence", "figures", "framework")
        for p in (root / room).rglob("*") if p.suffix in (".py", ".toml", ".css", ".j2")
    )  # fmt: skip
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()
