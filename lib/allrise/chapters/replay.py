"""Reads a store again as a chapter did before, to see whether anything would be different now.

Chapters read through :class:`~allrise.data.store.Store`, which notes each reading with a digest of what it gave
(:mod:`allrise.data.store.reads`). Here the same call is made to another store, and the digest is taken by the same
code, so that nothing can be the same by its digest and different in a chapter.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from typing import Any

from allrise.data.facts import FACTS_READ, facts_file
from allrise.data.store import Slice, Store
from allrise.data.store.reads import EVERYTHING, OPENED, Read, read_of, text_of
from allrise.errors import AllriseError, UnreadableInput


class Replay:
    """The digests that readings of one store have; each is made once.

    Parameters
    ----------
    store
        The store as it is now.
    known
        Digests that an earlier replay of the same store by the same code found, by reading.
    """

    def __init__(self, store: Store, known: Mapping[str, str] | None = None) -> None:
        self._digests: dict[str, str] = dict(known or {})
        self._known = len(self._digests)
        self._fingerprint = store.fingerprint
        self._store = Store(store.path, self._note)
        self._slice: tuple[str, Slice] | None = None

    @property
    def digests(self) -> Mapping[str, str]:
        """Every digest found so far, by reading; none that may change with anything but the store."""
        return {text: gave for text, gave in self._digests.items() if read_of(text) != FACTS_READ}

    @property
    def grown(self) -> bool:
        """Whether there are more than were known at the start."""
        return len(self._digests) > self._known

    def digest(self, text: str) -> str | None:
        """Return the digest that a reading has now, or ``None`` when this code cannot read so."""
        if text not in self._digests:
            # the store notes an error, too: a reading that fails again as it did is the same
            with contextlib.suppress(AllriseError, KeyError):
                self._read(read_of(text))
        return self._digests.get(text)

    def _note(self, read: Read, gave: str) -> None:
        self._digests[text_of(read)] = gave

    def _read(self, read: Read) -> None:
        kind, *about = read
        store = self._store
        if read == OPENED:
            self._note(OPENED, "")
        elif read == EVERYTHING:
            self._note(EVERYTHING, self._fingerprint)
        elif read == FACTS_READ:
            try:
                self._note(FACTS_READ, hashlib.sha256(facts_file()).hexdigest())
            except UnreadableInput:
                return
        elif kind in _ABOUT and not about:
            getattr(store, str(kind))
        elif kind in _CALLS:
            getattr(store, str(kind))(*about)
        elif kind == "derived":
            self._read_derived(*about)
        elif kind == "cluster":
            self._slice = (str(about[0]), store.slice(str(about[0])))
        elif kind in _OF_SLICE:
            self._read_slice(str(kind), str(about[0]), str(about[1]))

    def _read_derived(self, name: Any, version: Any, where: Any) -> None:
        from allrise.chapters import system, system_tables  # the statistics are imported only when they are needed

        build = system.current_builder(name, version) or system_tables.current_builder(name, version)
        if build is not None:
            self._store.derived(name, build, version=version, where=where)

    def _read_slice(self, kind: str, cluster_id: str, name: str) -> None:
        if self._slice is None or self._slice[0] != cluster_id:
            self._slice = (cluster_id, self._store.slice(cluster_id))
        part = self._slice[1]
        if kind == "slice":
            _ = part.tables[name]
        elif kind == "slice_has":
            part.has(name)
        elif kind == "slice_holds":
            _ = name in part.tables
        else:
            len(part.tables)


_ABOUT = frozenset({"title", "synthetic", "licences", "sources", "caveats"})
_CALLS = frozenset({"marked", "has", "rows", "table", "clusters", "periods"})
_OF_SLICE = frozenset({"slice", "slice_has", "slice_holds", "slice_tables"})
