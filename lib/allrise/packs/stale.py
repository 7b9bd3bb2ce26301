"""Compares a planned pack with the one that is there: what must be built, what can be kept, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allrise.packs.disclosure import published_parameters
from allrise.packs.keys import CHAPTER_ROOMS, PAGE_ROOMS, chapter_key, code_hash, differences, digest
from allrise.packs.manifest import read_manifest, verify
from allrise.packs.model import Audience, ChapterRun, Parameter
from allrise.packs.plan import PackData, Plan, PlannedPack


@dataclass(frozen=True, slots=True)
class Code:
    """Hashes of the library, computed once a build: what chapters run through, and what makes pages of them."""

    chapters: str
    page: str

    @classmethod
    def now(cls) -> Code:
        """Return the hashes of the code as it stands on disk."""
        return cls(code_hash(CHAPTER_ROOMS), code_hash(PAGE_ROOMS))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A planned pack beside the one that is there.

    Parameters
    ----------
    keys, page_key
        What the pack would be made from now.
    reasons
        Why it must be built, one line each; empty when it is unchanged.
    kept
        Chapters whose executed notebooks can be used again, with their record.
    """

    keys: Mapping[str, Mapping[str, str]]
    page_key: Mapping[str, str]
    reasons: tuple[str, ...]
    kept: Mapping[str, ChapterRun]

    @property
    def unchanged(self) -> bool:
        return not self.reasons


def compare(
    pack: PlannedPack, data: PackData, plan: Plan, code: Code, manifest: Mapping[str, Any] | None
) -> Comparison:
    """Return what a build must do for ``pack``; reads every file of the pack that is there.

    Parameters
    ----------
    manifest
        Of the pack that is there, or ``None``.
    """
    options = plan.options
    keys = {
        chapter.name: chapter_key(
            chapter,
            _told(pack.parameters_of(chapter), options.audience),
            slice_key=data.slice_key,
            reference_key=data.reference_key,
            code=code.chapters,
        )
        for chapter in pack.chapters
    }
    page_key = {
        "code": code.page,
        "renderer": "",
        "paper": options.paper,
        "subject": digest([pack.subject.name, pack.subject.country, pack.subject.region, pack.subject.kind]),
    }
    if options.renderer is not None:
        page_key["renderer"] = f"{options.renderer.__module__}.{getattr(options.renderer, '__qualname__', '')}"
    folder = options.out.absolute() / pack.folder
    if manifest is None:
        return Comparison(keys, page_key, ("it is not built yet",), {})
    if options.force:
        return Comparison(keys, page_key, ("it was asked for with --force",), {})
    reasons = [*_page_reasons(manifest, page_key, options.formats)]
    findings = verify(folder, manifest)
    reasons += [
        f"{f.file} is {f.problem}" if f.problem != "extra" else f"{f.file} does not belong to it" for f in findings
    ]
    broken = {f.file for f in findings}
    files = {o["file"] for o in manifest["outputs"]}
    kept: dict[str, ChapterRun] = {}
    there: dict[str, Any] = {c["name"]: c for c in manifest["chapters"]}
    for name, key in keys.items():
        old = there.get(name)
        if old is None:
            reasons.append(f"chapter {name} is new")
        elif changed := differences(old["key"], key):
            reasons += [f"{name}: {words}" for words in changed]
        elif old["status"] != "ok":
            reasons.append(f"{name} did not finish last time")
        elif f"chapters/{name}.ipynb" in files - broken:
            kept[name] = ChapterRun(pack.folder, name, "ok", old["seconds"], None, saved=True)
    reasons += [f"chapter {name} is no longer part of it" for name in there if name not in keys]
    return Comparison(keys, page_key, tuple(reasons), kept)


def _told(parameters: Mapping[str, Parameter], audience: Audience) -> Mapping[str, Parameter]:
    """Return the parameters that a key may be made from: a hash of a path lets anybody try out paths.

    The data and the cluster of a public pack are in the keys of its slice and store.
    """
    return published_parameters(parameters) if audience == "public" else parameters


def _page_reasons(manifest: Mapping[str, Any], page_key: Mapping[str, str], formats: tuple[str, ...]) -> list[str]:
    old = manifest.get("page_key", {})
    reasons: list[str] = []
    if old.get("code") != page_key["code"] or old.get("renderer") != page_key["renderer"]:
        reasons.append("the kit's pages changed")
    if old.get("subject") != page_key["subject"]:
        reasons.append("the cluster's name or place changed")
    if old.get("paper", "") != page_key["paper"]:
        reasons.append("another size of paper was asked for")
    reasons += [f"{name} could not be written last time" for name in manifest.get("failed_formats", {})]
    if tuple(manifest["asked"]["formats"]) != formats:
        reasons.append(f"other formats were asked for: {', '.join(formats)}")
    return reasons


def expected_seconds(out: Path) -> dict[str, float]:
    """Return how long each chapter took last time, from the packs that are there (at most 50 of them)."""
    total: dict[str, list[float]] = {}
    if out.is_dir():
        for number, folder in enumerate(sorted(out.iterdir())):
            if number >= 50:
                break
            manifest = read_manifest(folder) if folder.is_dir() else None
            for chapter in (manifest or {"chapters": []})["chapters"]:
                total.setdefault(chapter["name"], []).append(float(chapter["seconds"]))
    return {name: sum(seconds) / len(seconds) for name, seconds in total.items()}
