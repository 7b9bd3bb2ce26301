"""What a pack says of its data in its own words: what a data folder cannot show, and what screening found in it."""

from __future__ import annotations

from collections import Counter

from allrise.content.language import catalogue
from allrise.content.numbers import Numbers
from allrise.data.store import Store
from allrise.data.tables import TABLES


def caveats(store: Store, language: str) -> tuple[str, ...]:
    """Return the data folder's caveats, each once, with the table that it is about named in the pack's language."""
    say, numbers = catalogue("allrise.packs", "data_notes", language), Numbers(language)
    said = (numbers.labelled(say(f"tables.{c.table}"), c.text) if c.table in TABLES else c.text for c in store.caveats)
    return tuple(dict.fromkeys(said))


def warnings(store: Store, language: str) -> tuple[str, ...]:
    """Return what screening found, a line a file: only how many, since a row may be another cluster's."""
    say = catalogue("allrise.packs", "data_notes", language)
    counts = Counter(w.file or w.table or say("folder") for w in store.warnings if w.severity == "warning")
    return tuple(say("warning", n=n, file=file) for file, n in sorted(counts.items()))
