"""What code a server has loaded, and whether it still is what lies on the disk.

Code from site-packages is watched by the folder's own time, which every installation changes; everything else
that was imported (a checkout, an editable install) file by file.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

#: Written while code runs; no part of it.
_IGNORED_FOLDERS = frozenset({"__pycache__", ".git", ".hg", ".ipynb_checkpoints", "node_modules"})
_IGNORED_SUFFIXES = (".pyc", ".swp", "~", ".tmp", ".part")

_FileState = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class CodeState:
    """Files and folders with inode, size and time of change, as they were when the code was loaded."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    seen: dict[str, _FileState]

    @classmethod
    def now(cls, watch: Iterable[str]) -> CodeState:
        """Look at everything that this process has loaded and at the packages or folders of ``watch``."""
        folders, files = _loaded()
        for name in watch:
            for path in _places(name):
                (folders if path.is_dir() else files).add(str(path))
        own, installed = tuple(sorted(folders)), tuple(sorted(files))
        return cls(own, installed, _look(own, installed))

    def changes(self, most: int = 3) -> tuple[str, ...]:
        """Return up to ``most`` paths that are new, gone or changed since."""
        current = _look(self.folders, self.files)
        found: list[str] = []
        for path in current.keys() | self.seen.keys():
            if current.get(path) != self.seen.get(path):
                found.append(path)
                if len(found) == most:
                    break
        return tuple(sorted(found))

    def changed_since(self, moment_ns: int) -> tuple[str, ...]:
        """Return watched paths whose time of change lies between ``moment_ns`` and now."""
        now = time.time_ns()
        return tuple(sorted(path for path, (_, _, changed) in self.seen.items() if moment_ns <= changed <= now))


def _installed() -> set[str]:
    paths = sysconfig.get_paths()
    places = {paths[n] for n in ("purelib", "platlib") if n in paths}
    places.update(site.getsitepackages() if hasattr(site, "getsitepackages") else ())
    if site.ENABLE_USER_SITE:
        places.add(site.getusersitepackages())
    return {os.path.realpath(p) for p in places}


def _loaded() -> tuple[set[str], set[str]]:
    installed = _installed()
    library = {os.path.realpath(p) for n, p in sysconfig.get_paths().items() if n in {"stdlib", "platstdlib"}}
    elsewhere: set[str] = set()
    files = {sys.executable, *(p for p in installed if os.path.isdir(p))}  # noqa: PTH112
    for module in list(sys.modules.values()):
        origin = getattr(module, "__file__", None)
        if not isinstance(origin, str):
            continue
        path = os.path.realpath(origin)
        if any(path.startswith(p + os.sep) for p in installed | library):
            continue
        name = getattr(module, "__name__", "").partition(".")[0]
        top = getattr(sys.modules.get(name), "__path__", None)
        folders = [os.path.realpath(p) for p in top] if top is not None else []
        if folders:
            elsewhere.update(folders)
        else:
            files.add(path)
    return elsewhere, files


def _places(name: str) -> list[Path]:
    if os.sep in name or name.startswith((".", "~")):
        path = Path(name).expanduser()
        return [path] if path.exists() else []
    try:
        spec = find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(p) for p in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin and os.path.exists(spec.origin) else []  # noqa: PTH110


def _look(folders: Iterable[str], files: Iterable[str]) -> dict[str, _FileState]:
    seen: dict[str, _FileState] = {}
    for path in files:
        try:
            found = os.stat(path)  # noqa: PTH116 - called for hundreds of files before every kernel
        except OSError:
            continue
        seen[path] = (found.st_ino, 0 if os.path.isdir(path) else found.st_size, found.st_mtime_ns)  # noqa: PTH112
    waiting = list(folders)
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir():
                    if entry.name not in _IGNORED_FOLDERS:
                        waiting.append(entry.path)
                elif not entry.name.endswith(_IGNORED_SUFFIXES):
                    found = entry.stat()
                    seen[entry.path] = (found.st_ino, found.st_size, found.st_mtime_ns)
            except OSError:
                continue
    return seen
