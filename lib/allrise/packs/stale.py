"""Compares a planned pack with the one that is there: what must be built, what can be kept, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from allrise.packs.disclosure import published_parameters
from allrise.packs.keys import (
    PAGE_ROOMS,
    changes,
    chapter_code,
    chapter_key,
    code_hash,
    differences,
    digest,
    page_versions,
    versions,
)
from allrise.packs.manifest import read_manifest, verify
from allrise.packs.model import Audience, ChapterRun, Parameter
from allrise.packs.notebooks import Notebook
from allrise.packs.plan import BuildOptions, Plan, PlannedPack
from allrise.packs.readings import DataNow


@dataclass(frozen=True, slots=True)
class Code:
    """Hashes of the library, computed once a build: what chapters run through, and what makes pages of them."""

    chapters: Mapping[str, str]
    page: str

    @classmethod
    def now(cls) -> Code:
        """Return the hashes of the code as it stands on disk."""
        return cls(chapter_code(), code_hash(["", *PAGE_ROOMS]))

    @property
    def whole(self) -> str:
        """One hash of what chapters run through."""
        return digest(dict(self.chapters))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A planned pack beside the one that is there.

    Parameters
    ----------
    keys, page_key
        What the pack would be made from now, beside the data.
    reasons
        Why it must be built, one line each; empty when it is unchanged.
    kept
        Chapters whose executed notebooks can be used again, with their record.
    readings
        What those read, as the manifest has it.
    """

    keys: Mapping[str, Mapping[str, str]]
    page_key: Mapping[str, str]
    reasons: tuple[str, ...]
    kept: Mapping[str, ChapterRun]
    readings: Mapping[str, Mapping[str, Any]]

    @property
    def unchanged(self) -> bool:
        return not self.reasons


def compare(
    pack: PlannedPack,
    plan: Plan,
    code: Code,
    data: DataNow,
    manifest: Mapping[str, Any] | None,
    *,
    period: str,
) -> Comparison:
    """Return what a build must do for ``pack``; reads every file of the pack that is there.

    Parameters
    ----------
    data
        The data as they are now.
    manifest
        Of the pack that is there, or ``None``.
    period
        The school year that it is about now.
    """
    options, store = plan.options, plan.store
    keys = keys_of(pack, options, code)
    page_key = page_key_of(pack, options, code) | {
        "told": digest([period, [asdict(c) for c in store.caveats], store.title])
    }
    if manifest is None:
        return Comparison(keys, page_key, ("it is not built yet",), {}, {})
    if options.force:
        return Comparison(keys, page_key, ("it was asked for with --force",), {}, {})
    reasons = page_reasons(pack, options, manifest, page_key)
    if manifest.get("page_key", {}).get("told") != page_key["told"]:
        reasons.append("what the data say of themselves (title, caveats), or the year the pack is about, changed")
    other_data = manifest["data"].get("store") != store.fingerprint
    if other_data and options.audience != "public" and tuple(manifest["warnings"]) != data.warnings:
        reasons.append("what screening found in the data changed")
    broken, words = files_of(options.out, pack, manifest)
    reasons += words
    kept: dict[str, ChapterRun] = {}
    readings: dict[str, Mapping[str, Any]] = {}
    there: dict[str, Any] = {c["name"]: c for c in manifest["chapters"]}
    for chapter in pack.chapters:
        name, old = chapter.name, there.get(chapter.name)
        changed = chapter_reasons(pack, options, chapter, keys[name], manifest)
        if not changed and old is not None and old["status"] == "ok":
            changed = [f"{name}: {words}" for words in data.changed(old.get("data"))]
        reasons += changed
        if not changed and old is not None and old["status"] == "ok" and name not in broken:
            kept[name] = ChapterRun(pack.folder, name, "ok", old["seconds"], None, saved=True)
            readings[name] = old["data"]
    return Comparison(keys, page_key, tuple(dict.fromkeys(reasons)), kept, readings)


def compare_without_data(
    pack: PlannedPack, options: BuildOptions, code: Code, manifest: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return why a pack must be built as far as it can be said when its data are not at hand."""
    keys, page_key = keys_of(pack, options, code), page_key_of(pack, options, code)
    reasons = page_reasons(pack, options, manifest, page_key) + files_of(options.out, pack, manifest)[1]
    for chapter in pack.chapters:
        reasons += chapter_reasons(pack, options, chapter, keys[chapter.name], manifest)
    return tuple(dict.fromkeys(reasons))


def keys_of(pack: PlannedPack, options: BuildOptions, code: Code) -> dict[str, dict[str, str]]:
    """Return the key of every chapter."""
    return {
        c.name: chapter_key(c, _told(pack.parameters_of(c), options.audience), code.chapters) for c in pack.chapters
    }


def page_key_of(pack: PlannedPack, options: BuildOptions, code: Code) -> dict[str, str]:
    """Return what the page and the hand-outs are made from beside chapters and data."""
    renderer = options.renderer
    subject = pack.subject
    return {
        "code": code.page,
        "renderer": "" if renderer is None else f"{renderer.__module__}.{getattr(renderer, '__qualname__', '')}",
        "paper": options.paper,
        "subject": digest([subject.name, subject.country, subject.region, subject.kind]),
        "parameters": digest(dict(_told(pack.parameters, options.audience))),
        "versions": json.dumps(page_versions()),
    }


def page_reasons(
    pack: PlannedPack, options: BuildOptions, manifest: Mapping[str, Any], page_key: Mapping[str, str]
) -> list[str]:
    """Return why the page must be made again."""
    old = manifest.get("page_key", {})
    reasons: list[str] = []
    if old.get("code") != page_key["code"] or old.get("renderer") != page_key["renderer"]:
        reasons.append("the kit's pages changed")
    if old.get("versions") != page_key["versions"]:
        reasons.append(_package_words(json.loads(old.get("versions", "{}")), page_versions(), "pages are made with"))
    if old.get("parameters") != page_key["parameters"]:
        reasons.append(_parameter_words(pack, options, manifest) or "its parameters changed")
    if old.get("subject") != page_key["subject"]:
        reasons.append("the cluster's name or place changed")
    if old.get("paper", "") != page_key["paper"]:
        reasons.append("another size of paper was asked for")
    reasons += [f"{name} could not be written last time" for name in manifest.get("failed_formats", {})]
    if tuple(manifest["asked"]["formats"]) != options.formats:
        reasons.append(f"other formats were asked for: {', '.join(options.formats)}")
    names = [c.name for c in pack.chapters]
    before = [c["name"] for c in manifest["chapters"]]
    reasons += [f"chapter {name} is no longer part of it" for name in before if name not in names]
    if sorted(names) == sorted(before) and names != before:
        reasons.append("its chapters stand in another order")
    return reasons


def chapter_reasons(
    pack: PlannedPack,
    options: BuildOptions,
    chapter: Notebook,
    key: Mapping[str, str],
    manifest: Mapping[str, Any],
) -> list[str]:
    """Return why a chapter must run again, the data left aside."""
    name = chapter.name
    old = next((c for c in manifest["chapters"] if c["name"] == name), None)
    if old is None:
        return [f"chapter {name} is new"]
    changed = differences(
        old["key"],
        key,
        parameters=_parameter_words(pack, options, manifest, chapter.takes),
        packages=_package_words(manifest["versions"], versions(), "it runs with"),
    )
    if changed:
        return [f"{name}: {words}" for words in changed]
    return [] if old["status"] == "ok" else [f"{name} did not finish last time"]


def files_of(out: Path, pack: PlannedPack, manifest: Mapping[str, Any]) -> tuple[frozenset[str], list[str]]:
    """Return the chapters whose executed notebooks are not as they were built, and every such file in words."""
    findings = verify(out.absolute() / pack.folder, manifest)
    wrong = {f.file for f in findings}
    good = {o["file"] for o in manifest["outputs"]} - wrong
    broken = frozenset(c.name for c in pack.chapters if f"chapters/{c.name}.ipynb" not in good)
    words = [
        f"{f.file} is {f.problem}" if f.problem != "extra" else f"{f.file} does not belong to it" for f in findings
    ]
    return broken, words


def _told(parameters: Mapping[str, Parameter], audience: Audience) -> Mapping[str, Parameter]:
    """Return the parameters that a key may be made from: a hash of a path lets anybody try out paths.

    The data and the cluster of a public pack are in the fingerprint of its store.
    """
    return published_parameters(parameters) if audience == "public" else parameters


def _parameter_words(
    pack: PlannedPack, options: BuildOptions, manifest: Mapping[str, Any], takes: frozenset[str] | None = None
) -> str:
    old, new = manifest["parameters"], _told(pack.parameters, options.audience)
    kept = (old.keys() | new.keys()) if takes is None else takes
    return changes({k: v for k, v in old.items() if k in kept}, {k: v for k, v in new.items() if k in kept})


def _package_words(old: Mapping[str, object], new: Mapping[str, object], what: str) -> str:
    return f"{what} {changes(old, new) or 'other packages'}"


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
