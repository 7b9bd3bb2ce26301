"""The front end's files, packed once and kept by browsers for good: their address changes with what is installed."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Packages whose files a page loads.
PACKAGES = ("voila", "ipywidgets", "jupyterlab_widgets", "anywidget", "jupyterlab")


@cache
def edition() -> str:
    """Return what changes whenever one of the packages does."""
    found: list[str] = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} none")
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Packed:
    """One file: its type, its bytes, and the same packed where that helps."""

    content_type: str
    body: bytes
    packed: bytes | None


@dataclass(slots=True)
class Files:
    """Files below some folders, read once.

    Parameters
    ----------
    roots
        Looked through in order.
    """

    roots: tuple[Path, ...]
    _read: dict[str, Packed | None] = field(default_factory=dict[str, "Packed | None"])

    def get(self, name: str) -> Packed | None:
        """Return a file, or ``None`` when there is none or it lies outside."""
        if name not in self._read:
            if len(self._read) > 2000:
                return None
            self._read[name] = self._find(name)
        return self._read[name]

    def _find(self, name: str) -> Packed | None:
        for root in self.roots:
            place = root.resolve()
            path = (place / name).resolve()
            if not path.is_relative_to(place) or not path.is_file():
                continue
            body = path.read_bytes()
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            small = kind.startswith(("text/", "application/j", "image/svg")) and len(body) > 500
            return Packed(kind, body, gzip.compress(body, 6, mtime=0) if small else None)
        return None
