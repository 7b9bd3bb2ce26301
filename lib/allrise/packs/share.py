"""Puts public packs where others can read them: a folder or an object store, any that fsspec knows.

Only what a pack's manifest lists is written, and only from packs that are for the public, whole, and hold nothing
that was made for the cluster itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from allrise.errors import AllriseError, UnreadableInput
from allrise.packs.manifest import MANIFEST, find_packs, read_manifest, record_of, verify
from allrise.whole import write_whole

_PUBLIC = "public"
_INDEX = "index.html"


class NotForThePublic(AllriseError):
    """A pack that was to be published may not be: nothing was written."""

    exit_code = 1


class PlaceNotReachable(AllriseError):
    """The place to publish to cannot be written to from here."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was written where: the packs' folders, and how many files in all."""

    to: str
    packs: tuple[str, ...]
    files: int


class _Place(Protocol):
    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, content: bytes) -> None: ...
    def remove(self, name: str) -> None: ...


def publish_packs(folder: Path, to: str) -> Published:
    """Write every pack of a folder, and a page that lists them, to a place for the public.

    Everything is checked before anything is written. A pack's manifest is written last, and files of an older
    edition that the new one does not have are removed.

    Parameters
    ----------
    folder
        Packs, as ``packs build --audience public`` made them.
    to
        A folder, or an address of fsspec such as ``s3://bucket/packs``.

    Raises
    ------
    UnreadableInput
        When there are no packs in ``folder``.
    NotForThePublic
        When a pack is not for the public, does not verify, or holds material made for the cluster.
    PlaceNotReachable
        When the place cannot be written to, or what is needed for it is not installed.
    """
    # lazily: the page's renderer is heavy, and most calls of this module only refuse
    from allrise.packs.render import render_index

    packs = find_packs(folder) if folder.is_dir() else []
    if not packs:
        raise UnreadableInput(f"there are no packs in {folder}", "Give the folder that `allrise packs build` wrote to.")
    reasons = [r for path, manifest in packs for r in reasons_against(path, manifest)]
    reasons += [
        f"{p.name}: its manifest cannot be read"
        for p in sorted(folder.iterdir())
        if p.is_dir() and (p / MANIFEST).exists() and read_manifest(p) is None
    ]
    if reasons:
        more = f", and {len(reasons) - 5} more" if len(reasons) > 5 else ""
        raise NotForThePublic(
            f"nothing was published: {'; '.join(reasons[:5])}{more}",
            "Build with --audience public into a folder of its own, and publish that.",
        )
    place = _place(to)
    count = 0
    try:
        for path, manifest in packs:
            count += _write_pack(place, path, manifest)
        place.write(_INDEX, render_index([record_of(m) for _, m in packs]))
    except (OSError, ValueError) as error:
        raise PlaceNotReachable(f"{to} cannot be written to: {error}", "Check the address and your rights.") from error
    return Published(to, tuple(p.name for p, _ in packs), count + 1)


def reasons_against(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Return why a pack may not be published; empty when it may."""
    name = folder.name
    reasons: list[str] = []
    if manifest["pack"].get("audience") != _PUBLIC or manifest.get("parameters", {}).get("audience") != _PUBLIC:
        reasons.append(f"{name} is for its cluster, not for the public")
    reasons += [f"{name}/{f.file} is {f.problem}" for f in verify(folder, manifest)]
    for output in manifest["outputs"]:
        path = Path(output["file"])
        if path.is_absolute() or ".." in path.parts:
            reasons.append(f"{name}: its manifest names {output['file']}, which is outside of it")
        elif path.suffix == ".ipynb" and not _is_public(folder / path):
            reasons.append(f"{name}/{output['file']} was made for the cluster")
    return reasons


def _is_public(notebook: Path) -> bool:
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        said = content["metadata"]["papermill"]["parameters"].get("audience")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return said == _PUBLIC


def _write_pack(place: _Place, folder: Path, manifest: Mapping[str, Any]) -> int:
    files = [o["file"] for o in manifest["outputs"]]
    older = place.read(f"{folder.name}/{MANIFEST}")
    for name in files:
        place.write(f"{folder.name}/{name}", (folder / name).read_bytes())
    for name in _names(older):
        if name not in files:
            place.remove(f"{folder.name}/{name}")
    place.write(f"{folder.name}/{MANIFEST}", (folder / MANIFEST).read_bytes())
    return len(files) + 1


def _names(manifest: bytes | None) -> Iterable[str]:
    if manifest is None:
        return ()
    try:
        names = [str(o["file"]) for o in json.loads(manifest)["outputs"]]
    except (ValueError, KeyError, TypeError):
        return ()
    return [n for n in names if not Path(n).is_absolute() and ".." not in Path(n).parts]


def _place(to: str) -> _Place:
    if "://" not in to:
        return _Folder(Path(to).expanduser().absolute())
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise PlaceNotReachable(
            f"{to} needs fsspec, which is not installed", "Install the extra: pip install 'allrise[cluster]'."
        ) from error
    try:
        system, root = url_to_fs(to)
    except (ImportError, ValueError) as error:
        kind = to.partition("://")[0]
        raise PlaceNotReachable(
            f"{to} cannot be reached: {error}", f"Install what fsspec needs for {kind}:// addresses (s3fs for s3://)."
        ) from error
    return _Store(system, root.rstrip("/"))


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    def read(self, name: str) -> bytes | None:
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def write(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Store:
    system: Any
    root: str

    def read(self, name: str) -> bytes | None:
        path = f"{self.root}/{name}"
        return self.system.cat_file(path) if self.system.exists(path) else None

    def write(self, name: str, content: bytes) -> None:
        path = f"{self.root}/{name}"
        self.system.makedirs(path.rpartition("/")[0], exist_ok=True)
        self.system.pipe_file(path, content)

    def remove(self, name: str) -> None:
        path = f"{self.root}/{name}"
        if self.system.exists(path):
            self.system.rm_file(path)
