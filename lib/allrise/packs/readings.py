"""What a chapter read of the data, as its pack's manifest keeps it, and whether it would read the same again.

Three cases. A chapter whose notebook reads through the kit only, and whose every reading was noted, is as it would be
made now when each reading gives the same now. Any other notebook may have read anything: for it the whole data count.
And a pack for the public is made from data whose pseudonyms follow from all of the data folder: for it, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allrise.chapters.replay import Replay
from allrise.data.store import Store, open_store
from allrise.data.store.reads import EVERYTHING, OPENED, notes_in, read_of, text_of
from allrise.data.tables import TABLES
from allrise.errors import AllriseError
from allrise.packs import data_notes
from allrise.packs.plan import Plan
from allrise.whole import write_whole

#: Digests of a store's readings, kept beside it for the next build.
_MEMO = "readings.json"

PUBLIC = "its pseudonyms change with any of them"
_UNOPENED = "it opened none through the kit"
_ASKED = "it asked for the store as a whole"
_OLDER = "an older version of the kit did not note what it read"


@dataclass(frozen=True, slots=True)
class Readings:
    """What one chapter read.

    Parameters
    ----------
    reads
        Each reading of the build's data, with a digest of what it gave.
    others
        Other data folders that it opened, with their fingerprints.
    store
        Fingerprint of the build's data as it found them; ``""`` when it did not ask, or they changed meanwhile.
    mixed
        Whether they changed while it ran.
    """

    reads: Mapping[str, str]
    others: Mapping[str, str]
    store: str
    mixed: bool = False


def readings_of(notes: str, data: str) -> Readings | None:
    """Return the notes of one chapter's run, or ``None`` when it opened no data through the kit.

    Parameters
    ----------
    notes
        As they were written, see :mod:`allrise.data.store.reads`.
    data
        The chapter's parameter ``data``; whatever else it opened counts as a whole.
    """
    reads: dict[str, str] = {}
    others: dict[str, str] = {}
    stores: set[str] = set()
    opened = mixed = False
    try:
        lines = notes_in(notes)
    except (ValueError, KeyError):
        return None  # torn off: as if nothing were known
    for note in lines:
        opened = opened or read_of(note.read) == OPENED
        if note.data not in ("", data):
            others[note.data] = note.store
            continue
        stores |= {note.store} - {""}
        # read twice with two answers: the data changed while it ran
        mixed = mixed or reads.get(note.read, note.gave) != note.gave
        reads[note.read] = note.gave
    if not opened:
        return None
    mixed = mixed or len(stores) > 1
    return Readings(reads, others, "" if mixed else next(iter(stores), ""), mixed=mixed)


def record_of(readings: Readings | None, reaches_out: str, *, store: str, public: bool) -> dict[str, Any]:
    """Return what a manifest keeps of them.

    Parameters
    ----------
    readings
        Of the run; ``None`` when nothing is known.
    reaches_out
        How its notebook may read what nobody notes, or ``""``.
    store
        Fingerprint of the build's store.
    public
        Whether the pack is for the public.

    Returns
    -------
    dict
        ``everything`` says why any of the data count, ``store`` is the fingerprint of what they were; ``reads`` and
        ``others`` (data folders beside the build's own, with their fingerprints) stand there when it is ``""``.
    """
    everything = PUBLIC if public else reaches_out
    if not everything and readings is None:
        everything = _UNOPENED
    if not everything and readings is not None and text_of(EVERYTHING) in readings.reads:
        everything = _ASKED
    if everything or readings is None:
        whole = "" if readings is not None and readings.mixed else store
        # a chapter that did note which store it opened was made from that one, whatever the build had planned
        return {"everything": everything, "store": whole if public or readings is None else readings.store or whole}
    if readings.mixed:
        return {"everything": "the data changed while it ran", "store": ""}
    reads = {text: gave for text, gave in sorted(readings.reads.items()) if read_of(text) != OPENED}
    return {"everything": "", "store": readings.store, "reads": reads, "others": dict(readings.others)}


@dataclass(slots=True)
class DataNow:
    """The data as they are now, to compare records with; one for a whole build.

    Parameters
    ----------
    plan
        The build.
    code
        Digest of the code that reads: another code's digests are not used.
    """

    plan: Plan
    code: str
    _replay: Replay | None = None
    _words: dict[str, str] | None = None
    _warnings: tuple[str, ...] | None = None

    @property
    def store(self) -> Store:
        """The build's store."""
        return self.plan.store

    @property
    def warnings(self) -> tuple[str, ...]:
        """What screening found, see :func:`allrise.packs.data_notes.warnings`."""
        if self._warnings is None:
            self._warnings = data_notes.warnings(self.store, self.plan.options.language)
        return self._warnings

    @property
    def replay(self) -> Replay:
        """What each reading gives now."""
        if self._replay is None:
            self._replay = Replay(self.store, _remembered(self.store, self.code))
        return self._replay

    def remember(self) -> None:
        """Keep what was found out for the next build of the same data; saves time only."""
        if self._replay is None or not self._replay.grown:
            return
        content = json.dumps({"code": self.code, "digests": self._replay.digests}, ensure_ascii=False)
        path = self.store.path / _MEMO
        try:
            write_whole(path, content)
        except OSError:
            return

    def changed(self, record: Mapping[str, Any] | None) -> tuple[str, ...]:
        """Return in words what a chapter read that it would not read so now; nothing when all is the same."""
        if record is None:
            return (_OLDER,)
        fingerprint = self.store.fingerprint
        if record["everything"]:
            why = record["everything"]
            return () if record["store"] == fingerprint else (f"the data changed, and any of them may count: {why}",)
        found = [
            f"other data that it reads changed: {data}"
            for data, was in record["others"].items()
            if _fingerprint(data) != was
        ]
        same_store = record["store"] == fingerprint
        for text, gave in record["reads"].items():
            outside = same_store and read_of(text)[0] != "facts"
            if not outside and self.replay.digest(text) != gave:
                found.append(f"{self.in_words(text)} changed")
        return tuple(dict.fromkeys(found))

    def in_words(self, text: str) -> str:
        """Return what was read, for people."""
        kind, *rest = read_of(text)
        about: list[Any] = list(rest)
        match kind:
            case "slice" | "slice_has" | "slice_holds":
                return f"the {_label(about[1])} of this cluster"
            case "cluster":
                return "this cluster's own description"
            case "derived":
                return self._derived_words(str(about[0]), about[2])
            case "table":
                return f"the table {about[0]} of the whole system"
            case "has" | "rows":
                return f"how much there is in the table {about[0]}"
            case "facts":
                return "the bundled facts"
            case _:
                return _KINDS.get(str(kind), f"the data's {kind}")

    def _derived_words(self, name: str, where: Mapping[str, Any]) -> str:
        words = _TABLES.get(name.removesuffix("_exact"), f"the system's table of {name.replace('_', ' ')}")
        measure = where.get("measure_id")
        if measure is None:
            return words
        return f"{words} of {self._measures().get(str(measure), str(measure))}"

    def _measures(self) -> Mapping[str, str]:
        if self._words is None:
            table = self.store.table("measures", ["measure_id", "label"])
            self._words = {str(m): str(n) for m, n in zip(table["measure_id"], table["label"], strict=True)}
        return self._words


_KINDS = {
    "slice_tables": "which tables there are about this cluster",
    "clusters": "the list of clusters",
    "periods": "the school years that have outcomes",
    "marked": "for whom the data are made",
    "synthetic": "whether the data are invented",
}
_TABLES = {
    "outcomes": "the national distribution",
    "gaps": "the national gap",
    "points": "the sample of other schools",
    "neighbours": "its schools' similar schools in terms",
    "factors": "the survey's profile over all clusters",
    "together": "how the factors move together over all clusters",
}


def _label(table: object) -> str:
    name = str(table)
    label = TABLES[name].label if name in TABLES else name.replace("_", " ")
    return label[:1].lower() + label[1:]


def _fingerprint(data: str) -> str:
    try:
        return open_store(data).fingerprint
    except AllriseError:
        return ""


def _remembered(store: Store, code: str) -> Mapping[str, str]:
    try:
        kept = json.loads((store.path / _MEMO).read_text(encoding="utf-8"))
        return kept["digests"] if kept["code"] == code else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
