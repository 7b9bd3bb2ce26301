"""``manifest.json`` of a pack: its record, and what every one of its files should be.

It is written last, so a folder without one is not a pack.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from allrise.packs.model import MANIFEST_SCHEMA, ExecutedPack, PackRecord, PackSubject

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not what the manifest says: ``missing``, ``changed`` or ``extra`` (not in the manifest)."""

    pack: str
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.pack}/{self.file}: {self.problem}"


def outputs_of(folder: Path) -> list[dict[str, Any]]:
    """Return ``file``, ``bytes`` and ``sha256`` of every file under ``folder`` except its manifest."""
    found: list[dict[str, Any]] = []
    for path in _files(folder):
        content = path.read_bytes()
        found.append(
            {
                "file": path.relative_to(folder).as_posix(),
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    return found


def manifest_of(
    pack: ExecutedPack,
    *,
    asked: Mapping[str, list[str]],
    data: Mapping[str, str],
    keys: Mapping[str, Mapping[str, str]],
    readings: Mapping[str, Mapping[str, Any]],
    page_key: Mapping[str, str],
    suppressed: Mapping[str, int],
    outputs: list[dict[str, Any]],
    started: str,
    finished: str,
    failed_formats: Mapping[str, str],
) -> dict[str, Any]:
    """Return the manifest as JSON values; the names are the contract's, see ``docs``.

    A pack without a format that was asked for is ``partial``.
    """
    return {
        "schema": MANIFEST_SCHEMA,
        "pack": {
            **asdict(pack.subject),
            "folder": pack.folder,
            "audience": pack.audience,
            "period": pack.period,
        },
        "status": "partial" if failed_formats and pack.status == "built" else pack.status,
        "chapters": [
            {
                "name": c.name,
                "status": c.status,
                "seconds": c.seconds,
                "error": None if c.error is None else asdict(c.error),
                "problems": list(c.problems),
                "key": dict(keys.get(c.name, {})),
                "data": dict(readings.get(c.name, {})),
            }
            for c in pack.chapters
        ],
        "data": dict(data),
        "inputs": [asdict(i) for i in pack.inputs],
        "parameters": dict(pack.parameters),
        "asked": dict(asked),
        "failed_formats": dict(failed_formats),
        "versions": dict(pack.versions),
        "suppressed": dict(suppressed),
        "warnings": list(pack.warnings),
        "page_key": dict(page_key),
        "outputs": outputs,
        "started": started,
        "finished": finished,
    }


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of the pack in ``folder``, or ``None`` when there is none that can be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("schema") != MANIFEST_SCHEMA or "outputs" not in manifest:
        return None
    return manifest


def is_pack(folder: Path) -> bool:
    """Return whether ``folder`` is a pack that the kit made and may replace: it has a manifest of a pack."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and {"schema", "pack", "chapters", "outputs"} <= manifest.keys()


def find_packs(out: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the folder and manifest of every pack in the output folder, by name."""
    found: list[tuple[Path, dict[str, Any]]] = []
    if out.is_dir():
        for folder in sorted(out.iterdir()):
            if folder.is_dir() and not folder.name.startswith("."):
                manifest = read_manifest(folder)
                if manifest is not None:
                    found.append((folder, manifest))
    return found


def record_of(manifest: Mapping[str, Any]) -> PackRecord:
    """Return a manifest as the index page and ``packs status`` need it."""
    pack = manifest["pack"]
    return PackRecord(
        subject=PackSubject(pack["cluster_id"], pack["name"], pack["country"], pack["region"], pack["kind"]),
        folder=pack["folder"],
        audience=pack["audience"],
        period=pack["period"],
        status=manifest["status"],
        chapters={c["name"]: c["status"] for c in manifest["chapters"]},
        files=tuple(o["file"] for o in manifest["outputs"]),
        finished=manifest["finished"],
        errors=(
            *(f"{c['name']}: {c['error']['message']}" for c in manifest["chapters"] if c["error"]),
            *(f"{name}: {why}" for name, why in manifest.get("failed_formats", {}).items()),
        ),
    )


def verify(folder: Path, manifest: Mapping[str, Any]) -> list[Finding]:
    """Compare every file of a pack with its manifest."""
    expected = {o["file"]: o for o in manifest["outputs"]}
    there = {p.relative_to(folder).as_posix(): p for p in _files(folder)}
    findings = [Finding(folder.name, name, "missing") for name in expected if name not in there]
    for name, path in there.items():
        if name not in expected:
            findings.append(Finding(folder.name, name, "extra"))
        elif _differs(path, expected[name]):
            findings.append(Finding(folder.name, name, "changed"))
    return sorted(findings, key=lambda f: f.file)


def verify_all(out: Path) -> list[Finding]:
    """Compare every pack of an output folder with its manifest, and the folder with its list of packs."""
    findings: list[Finding] = []
    for folder in sorted(p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".")):
        manifest = read_manifest(folder)
        if manifest is not None:
            findings += verify(folder, manifest)
        elif (folder / MANIFEST).exists():
            findings.append(Finding(folder.name, MANIFEST, "changed"))
    for name in _listed(out):
        if not (out / name / MANIFEST).exists():
            findings.append(Finding(name, MANIFEST, "missing"))
    return findings


def _listed(out: Path) -> list[str]:
    try:
        return [str(p["folder"]) for p in json.loads((out / MANIFEST).read_text(encoding="utf-8"))["packs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _differs(path: Path, expected: Mapping[str, Any]) -> bool:
    try:
        if path.is_symlink() or path.stat().st_size != expected["bytes"]:
            return True
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() != expected["sha256"]
    except OSError:
        return True


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if (p.is_file() or p.is_symlink()) and p != folder / MANIFEST)
