"""Folders of public packs: of one release only, and never together with packs that name schools."""

from __future__ import annotations

from typing import Any

from allrise.errors import AllriseError
from allrise.packs.manifest import find_packs
from allrise.packs.outcome import BuildResult
from allrise.packs.plan import Plan


class MixedFolder(AllriseError):
    """Packs for the public would stand beside packs that they must not stand beside."""


def check_company(plan: Plan) -> None:
    """Make sure that the output folder holds no packs for other readers, and none of another release.

    Raises
    ------
    MixedFolder
        Where packs for the public and packs for clusters would stand together, or public packs of two releases: a
        folder is published whole, and two releases side by side can be compared number by number.
    """
    options = plan.options
    replaced = {pack.folder for pack in plan.packs}
    for folder, manifest in find_packs(options.out):
        audience = manifest["pack"]["audience"]
        if audience != options.audience:
            raise MixedFolder(
                f"{options.out} holds packs with another audience: {folder.name} is for the {audience}",
                f"Choose another --out for packs for the {options.audience}.",
            )
        other = manifest.get("data", {}).get("store") != plan.store.fingerprint
        if audience == "public" and other and folder.name not in replaced:
            raise MixedFolder(
                f"{options.out} holds packs of another release, {folder.name} for one",
                "Choose another --out, or build all clusters after moving the old packs away.",
            )


def published_result(result: BuildResult) -> dict[str, Any]:
    """Return the record of a public build for the list of packs: no paths, and nothing of what failed but where."""
    record = result.to_json()
    kept = ("ok", "started", "finished", "seconds", "counts")
    return {name: record[name] for name in kept}
