"""The parts of a pack in their order, as every format shows them: cover, chapters, predictions, what failed.

Page and hand-outs are made from this one reading of the chapters, so that a chapter that failed, a figure's
number or the list of predictions cannot differ between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allrise.chapters.texts import texts
from allrise.content.blocks import Block, Cover, Figure, Opening
from allrise.errors import UnknownName
from allrise.packs.model import CellError, ChapterStatus, ExecutedChapter, ExecutedPack


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter as readers see it.

    ``blocks`` are all of its blocks but the opening and the cover, ``error`` says why it did not finish.
    """

    name: str
    status: ChapterStatus
    opening: Opening
    blocks: tuple[Block, ...]
    error: CellError | None = None


@dataclass(frozen=True, slots=True)
class PackContents:
    """A pack as readers see it; ``language`` is that of the words around blocks."""

    language: str
    cover: Cover
    sections: tuple[Section, ...]

    def figures(self) -> Iterator[Figure]:
        """Yield every figure, in order."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Figure):
                    yield block

    @property
    def predictions(self) -> tuple[Figure, ...]:
        """Return the figures that a reader guesses before looking."""
        return tuple(f for f in self.figures() if f.headline and f.predict)


def contents_of(pack: ExecutedPack) -> PackContents:
    """Return the parts of a pack; one whose overview did not run has a plain cover."""
    language = str(pack.parameters.get("language") or "en")
    cover = _plain_cover(pack)
    sections: list[Section] = []
    for chapter in pack.chapters:
        opening: Opening | None = None
        blocks: list[Block] = []
        for block in chapter.blocks:
            if isinstance(block, Cover):
                cover = block
            elif isinstance(block, Opening) and opening is None:
                opening = block
            else:
                blocks.append(block)
        sections.append(
            Section(
                name=chapter.name,
                status=chapter.status,
                opening=opening or _plain_opening(chapter, language),
                blocks=tuple(blocks),
                error=chapter.error,
            )
        )
    return PackContents(language, cover, tuple(sections))


def _texts(language: str) -> dict[str, Any]:
    try:
        return texts(language)
    except UnknownName:
        return texts()


def _plain_opening(chapter: ExecutedChapter, language: str) -> Opening:
    text: dict[str, Any] = _texts(language).get(chapter.name, {})
    number, _, name = chapter.name.partition("_")
    title = text.get("title") or name.replace("_", " ").capitalize() or chapter.name
    return Opening(chapter.name, number.lstrip("0") or number, title, text.get("question", ""))


def _plain_cover(pack: ExecutedPack) -> Cover:
    language = str(pack.parameters.get("language") or "en")
    return Cover(
        cluster_id=pack.subject.cluster_id,
        # the system's pack is about no cluster: its name is that of the data folder, where that has one
        cluster=pack.subject.name or str(_texts(language)["10_spread_and_gap"]["cover_title"]),
        cluster_word=pack.subject.kind or "",
        place=pack.subject.region or pack.subject.country,
        question="",
        purpose="",
        period=pack.period,
        audience=_texts(language)["audience"][pack.audience],
        synthetic=False,
        facts=(),
        strength="",
    )
