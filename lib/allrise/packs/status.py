"""What packs there are, and which would be built again if their build were run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from allrise.data.store.cache import cache_folder, stores_folder
from allrise.errors import AllriseError, UnreadableInput
from allrise.packs.folders import SYSTEM_FOLDER
from allrise.packs.manifest import find_packs, record_of
from allrise.packs.model import PackRecord
from allrise.packs.plan import BuildOptions, Plan, PlannedPack, find_chapters, make_plan, period_of
from allrise.packs.readings import DataNow
from allrise.packs.stale import Code, compare, compare_without_data

#: What is said of public packs.
NO_RELEASE = "the data of its release are not on this machine"
OF_RELEASE = "as its release is; a public pack does not say whether the data were changed since"


@dataclass(frozen=True, slots=True)
class Standing:
    """One pack and how it stands: ``current``, ``stale``, or ``unknown`` when its data cannot be read.

    ``reasons`` say what changed, why it cannot be known, or what ``current`` means of a public pack.
    """

    record: PackRecord
    state: Literal["current", "stale", "unknown"]
    reasons: tuple[str, ...] = ()

    @property
    def in_short(self) -> tuple[str, ...]:
        """The reasons, each once, with the chapters that it is a reason for."""
        by_words: dict[str, list[str]] = {}
        for reason in self.reasons:
            chapter, colon, words = reason.partition(": ")
            known = bool(colon) and chapter in self.record.chapters
            by_words.setdefault(words if known else reason, []).extend([chapter] if known else [])
        every = len(self.record.chapters)
        return tuple(
            f"{words} (every chapter)"
            if len(names) == every > 1
            else f"{words} ({', '.join(names)})"
            if names
            else words
            for words, names in by_words.items()
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        r = self.record
        return {
            "folder": r.folder,
            "cluster_id": r.subject.cluster_id,
            "name": r.subject.name,
            "audience": r.audience,
            "period": r.period,
            "status": r.status,
            "state": self.state,
            "reasons": list(self.reasons),
            "chapters": dict(r.chapters),
            "finished": r.finished,
        }


def standing_of_packs(
    out: Path, *, notebooks: Path | None = None, template: BuildOptions | None = None
) -> list[Standing]:
    """Return how every pack in ``out`` stands against its data, notebooks and the kit as they are now.

    Parameters
    ----------
    notebooks
        As in :class:`~allrise.packs.plan.BuildOptions`.
    template
        Options from which the renderers are taken; for packs made with others than the kit's own.

    Raises
    ------
    UnreadableInput
        When there is no such folder.
    """
    if not out.is_dir():
        raise UnreadableInput(f"{out} does not exist", "Give the folder that `allrise packs build --out` wrote to.")
    view = _View(out, Code.now(), notebooks, template)
    found = [view.standing_of(manifest) for _, manifest in find_packs(out)]
    view.remember()
    return found


class _View:
    """One look at a folder of packs: plans and what is known of their data are made once for all of them."""

    def __init__(self, out: Path, code: Code, notebooks: Path | None, template: BuildOptions | None) -> None:
        self._out = out
        self._code = code
        self._notebooks = notebooks
        self._renderer = template.renderer if template else None
        self._plans: dict[BuildOptions, tuple[Plan, DataNow] | str] = {}

    def standing_of(self, manifest: Mapping[str, Any]) -> Standing:
        record = record_of(manifest)
        options = self._options(manifest)
        if record.audience == "public":
            release = stores_folder(cache_folder()) / str(manifest["data"].get("store"))
            if not release.is_dir():
                return self._without_data(record, options, manifest)
            options = replace(options, data=str(release))
        planned = self._planned(options)
        if isinstance(planned, str):
            return Standing(record, "unknown", (planned,))
        plan, data = planned
        packs = [
            p for p in plan.packs if (p.subject.cluster_id, p.folder) == (record.subject.cluster_id, record.folder)
        ]
        if not packs:
            return Standing(record, "stale", ("its cluster is no longer in the data",))
        period = period_of(packs[0], plan, manifest)
        reasons = compare(packs[0], plan, self._code, data, manifest, period=period).reasons
        if reasons:
            return Standing(record, "stale", reasons)
        return Standing(record, "current", (OF_RELEASE,) if record.audience == "public" else ())

    def remember(self) -> None:
        for planned in self._plans.values():
            if not isinstance(planned, str):
                planned[1].remember()

    def _options(self, manifest: Mapping[str, Any]) -> BuildOptions:
        given, asked = manifest["parameters"], manifest["asked"]
        return BuildOptions(
            data=str(given.get("data", "")),
            out=self._out,
            chapters=tuple(asked["chapters"]),
            added=tuple(Path(p) for p in asked.get("added", ())),  # packs of an older version have none
            audience=manifest["pack"]["audience"],
            formats=tuple(asked["formats"]),
            minutes=int(given["minutes"]),
            language=str(given["language"]),
            time_period=given["time_period"],
            paper=manifest.get("page_key", {}).get("paper", ""),
            notebooks=self._notebooks,
            renderer=self._renderer,
        )

    def _planned(self, options: BuildOptions) -> tuple[Plan, DataNow] | str:
        if options not in self._plans:
            try:
                plan = make_plan(options)
                self._plans[options] = (plan, DataNow(plan, self._code.whole))
            except AllriseError as error:
                self._plans[options] = error.what
        return self._plans[options]

    def _without_data(self, record: PackRecord, options: BuildOptions, manifest: Mapping[str, Any]) -> Standing:
        """Say of a public pack what can be said where the data of its release are not."""
        try:
            kinds = find_chapters(options)
        except AllriseError as error:
            return Standing(record, "unknown", (error.what,))
        chapters = kinds[1] if record.folder == SYSTEM_FOLDER else kinds[0]
        pack = PlannedPack(record.subject, record.folder, chapters, manifest["parameters"])
        reasons = compare_without_data(pack, options, self._code, manifest)
        if reasons:
            return Standing(record, "stale", (*reasons, NO_RELEASE))
        return Standing(record, "unknown", (f"nothing else changed; {NO_RELEASE}",))
