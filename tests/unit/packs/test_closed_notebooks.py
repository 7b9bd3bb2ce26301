"""Which notebooks are taken at their word about what they read, and which are not."""

from __future__ import annotations

import pytest

from allrise import paths
from allrise.packs.closed import reaches_out
from allrise.packs.notebooks import find_notebooks

OPEN = "from allrise.chapters.chapter import open_chapter\nchapter = open_chapter('02_outcomes', data, cluster_id)"


def test_every_chapter_of_the_kit_reads_through_the_kit_only():
    for kind in ("pack", "system"):
        found = find_notebooks(paths.notebooks() / kind, ("data",))
        assert [(n.name, n.reaches_out) for n in found if n.reaches_out] == []
        assert found


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("import pandas as pd", "it imports pandas"),
        ("from pathlib import Path", "it imports pathlib"),
        ("from allrise.data.importers import england", "it imports allrise.data.importers"),
        ("from allrise.chapters.outcomes import pd", "it imports pd from allrise.chapters.outcomes"),
        ("from allrise.chapters.outcomes import *", "it imports * from allrise.chapters.outcomes"),
        ("from . import something", "it imports something"),
        ("open('x').read()", "it uses open"),
        ("(lambda f: f('x'))(open)", "it uses open"),
        ("outcomes.pd.read_csv(data)", "it uses .read_csv"),
        ("outcomes.pd.DataFrame()", "it uses .pd"),
        ("chapter.__class__", "it uses .__class__"),
        ("chapter.slice.tables._read('outcomes')", "it uses ._read"),
        ("__builtins__['open']('x')", "it uses __builtins__"),
        ("table.query('@chapter')", "it uses .query"),
        ("!cat data.csv", "it has a cell that is not plain Python"),
        ("%run other.ipynb", "it has a cell that is not plain Python"),
        ("getattr(chapter, 'x')", "it uses getattr"),
        ("from datetime import date", "it imports datetime"),
    ],
)
def test_whatever_may_read_unnoticed_is_found_and_named(cell, why):
    assert reaches_out([OPEN, cell]) == why


@pytest.mark.parametrize(
    "cell",
    [
        OPEN,
        "chapter.open()\nchapter.show(*chapter.heading('level'))",
        "levels.round(2)",
        "chapter.store.table('schools')",
        "from allrise.data.store import open_store\nopen_store(data).slice(cluster_id)",
        "import json\nchapter.saved('c', '', json.loads('{}'))",
        "from IPython.display import display\ndisplay(chapter)",
        "found = [row for row in range(3) if row]",
    ],
)
def test_what_goes_through_the_kit_is_taken_at_its_word(cell):
    assert reaches_out([cell]) == ""
