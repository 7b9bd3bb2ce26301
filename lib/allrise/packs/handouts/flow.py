"""Where pages begin on paper: charts to look at together and sheets to write on have pages of their own."""

from __future__ import annotations

from allrise.content.blocks import Block, CaptureSheet, Figure, Heading, Table, Text
from allrise.content.html import told_in_words, too_long_for_paper
from allrise.packs.contents import PackContents


def on_paper(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return a chapter's blocks without the tables that are too long to carry."""
    return tuple(b for b in blocks if not (isinstance(b, Table) and too_long_for_paper(b)))


def stands_in(figure: Figure) -> bool:
    """Return whether a figure's table stands on paper in place of its chart: it is folded, and words do not tell it all."""
    return figure.folded and not told_in_words(figure)


def left_out(contents: PackContents) -> list[str]:
    """Return the titles of the tables that are left to the page and the workbook for their length."""
    blocks = (b for s in contents.sections for b in s.blocks)
    return [b.title for b in blocks if isinstance(b, Table) and too_long_for_paper(b)]


def starts_page(blocks: tuple[Block, ...], i: int) -> bool:
    """Return whether a block begins a page.

    A headline chart and a sheet to write on do, and take the heading that leads to them along.
    """
    if _needs_page(blocks[i]):
        return not (i > 0 and _led_from(blocks, i - 1) is not None)
    if isinstance(blocks[i], Heading):
        following = i + 1
        while following < len(blocks) and isinstance(blocks[following], Text):
            following += 1
        return following < len(blocks) and _needs_page(blocks[following])
    return False


def clings(blocks: tuple[Block, ...], i: int) -> bool:
    """Return whether a block must not end a page: an introduction stays with what it introduces."""
    if not isinstance(blocks[i], Text) or i + 1 == len(blocks) or isinstance(blocks[i + 1], CaptureSheet):
        return False
    leads = i > 0 and isinstance(blocks[i - 1], Heading)
    return leads or not isinstance(blocks[i + 1], Heading)


def sheets_last(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return a chapter's blocks with the sheets to write on at its end, each with the heading that leads to it.

    On paper a sheet fills its page, so what follows one would stand alone on the next.
    """
    sheets: list[Block] = []
    others: list[Block] = []
    for block in blocks:
        if isinstance(block, CaptureSheet):
            lead: list[Block] = []
            while others and isinstance(others[-1], Heading | Text):
                lead.append(others.pop())
                if isinstance(lead[-1], Heading):
                    break
            if lead and not isinstance(lead[-1], Heading):
                others += reversed(lead)
                lead = []
            sheets += [*reversed(lead), block]
        else:
            others.append(block)
    return (*others, *sheets)


def _needs_page(block: Block) -> bool:
    return isinstance(block, CaptureSheet) or (isinstance(block, Figure) and block.headline)


def _led_from(blocks: tuple[Block, ...], i: int) -> int | None:
    """Return the place of the heading that leads to what follows block ``i``, over texts only."""
    while i >= 0 and isinstance(blocks[i], Text):
        i -= 1
    return i if i >= 0 and isinstance(blocks[i], Heading) else None
