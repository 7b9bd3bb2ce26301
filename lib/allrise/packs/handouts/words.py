"""Words around blocks in hand-outs: the page's own where it has them, and what only a hand-out says."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from allrise.content.blocks import Table
from allrise.content.html import statuses
from allrise.content.language import Catalogue, catalogue
from allrise.content.numbers import Numbers


@functools.cache
def block_words(language: str) -> Catalogue:
    """Return the words that stand around blocks on a page."""
    return catalogue("allrise.content", "words", language)


@functools.cache
def page_words(language: str) -> Catalogue:
    """Return the words of the pack page."""
    return catalogue("allrise.packs.render", "page", language)


@functools.cache
def handout_words(language: str) -> Catalogue:
    """Return the words that only hand-outs say."""
    return catalogue("allrise.packs.handouts", "handouts", language)


def plain_words(words: Catalogue) -> Mapping[str, str]:
    """Return the messages that are plain texts."""
    return {k: v for k, v in words.messages.items() if isinstance(v, str)}


def symbols_line(table: Table, language: str) -> str:
    """Return the symbols that stand in a table, explained in one line; ``""`` when there are none."""
    words = block_words(language)
    found = [f"[{s}] {words(f'hidden_{s}')}" for s in statuses(table)]
    return Numbers(language).labelled(words("symbols"), f"{'; '.join(found)}.") if found else ""


def figure_label(number: str, language: str) -> str:
    """Return ``Figure 2.1``."""
    return f"{block_words(language)('figure')} {number}".strip()


def table_label(number: str, language: str) -> str:
    """Return ``Table 2.1``; ``""`` for a table without a number."""
    return f"{block_words(language)('table')} {number}" if number else ""
