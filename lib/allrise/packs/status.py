"""What packs there are, and which would be built again if their build were run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from allrise.errors import AllriseError, UnreadableInput
from allrise.packs.manifest import find_packs, record_of
from allrise.packs.model import PackRecord
from allrise.packs.plan import BuildOptions, Plan, look_at, make_plan
from allrise.packs.stale import Code, compare


@dataclass(frozen=True, slots=True)
class Standing:
    """One pack and how it stands: ``current``, ``stale``, or ``unknown`` when its data cannot be read.

    ``reasons`` say what changed, or why it cannot be known.
    """

    record: PackRecord
    state: Literal["current", "stale", "unknown"]
    reasons: tuple[str, ...] = ()

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
    code = Code.now()
    plans: dict[tuple[Any, ...], Plan | str] = {}
    return [_standing(out, manifest, code, plans, notebooks, template) for _, manifest in find_packs(out)]


def _standing(
    out: Path,
    manifest: Mapping[str, Any],
    code: Code,
    plans: dict[tuple[Any, ...], Plan | str],
    notebooks: Path | None,
    template: BuildOptions | None,
) -> Standing:
    record = record_of(manifest)
    if record.audience == "public":
        return Standing(record, "unknown", ("a public pack does not say from which data it was made",))
    given, asked = manifest["parameters"], manifest["asked"]
    options = BuildOptions(
        data=str(given["data"]),
        out=out,
        chapters=tuple(asked["chapters"]),
        added=tuple(Path(p) for p in asked.get("added", ())),  # packs of an older version have none
        audience=record.audience,
        formats=tuple(asked["formats"]),
        minutes=int(given["minutes"]),
        language=str(given["language"]),
        time_period=given["time_period"],
        notebooks=notebooks,
        renderer=template.renderer if template else None,
    )
    group = (
        options.data,
        options.chapters,
        options.added,
        options.audience,
        options.formats,
        options.minutes,
        options.language,
    )
    key = (*group, options.time_period)
    if key not in plans:
        try:
            plans[key] = make_plan(options)
        except AllriseError as error:
            plans[key] = error.what
    plan = plans[key]
    if isinstance(plan, str):
        return Standing(record, "unknown", (plan,))
    found = [p for p in plan.packs if p.subject.cluster_id == record.subject.cluster_id and p.folder == record.folder]
    if not found:
        return Standing(record, "stale", ("its cluster is no longer in the data",))
    reasons = compare(found[0], look_at(found[0], plan, manifest), plan, code, manifest).reasons
    return Standing(record, "stale" if reasons else "current", reasons)
