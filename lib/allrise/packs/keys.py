"""What a chapter was made from, in hashes: when all are the same, the chapter is the same.

Every part has its own hash so that ``packs status --why`` can say which one changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import allrise
from allrise.content.blocks import SCHEMA
from allrise.packs.model import Parameter
from allrise.packs.notebooks import Notebook

#: Packages that decide what a chapter shows.
KEY_PACKAGES = (
    "babel",
    "duckdb",
    "ipykernel",
    "jinja2",
    "matplotlib",
    "networkx",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "seaborn",
    "statsmodels",
)

#: Rooms of the library that a chapter runs through, and those that only make pages of it.
CHAPTER_ROOMS = ("framework", "content", "data", "evidence", "figures", "chapters")
PAGE_ROOMS = ("framework", "content", "figures", "packs")

#: Words for ``--why``.
REASONS: Mapping[str, str] = {
    "notebook": "the chapter's notebook changed",
    "parameters": "its parameters changed",
    "slice": "the cluster's own data changed",
    "reference": "the data of other clusters, which it is compared with, changed",
    "code": "the kit's code changed",
    "versions": "a package that it uses has another version",
}


def digest(value: object) -> str:
    """Return the sha256 of a JSON value, the same in every process."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return versions of allrise, Python and the packages that decide what a chapter shows."""
    found = {"allrise": allrise.__version__, "python": platform.python_version()}
    for package in KEY_PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def code_hash(rooms: Iterable[str]) -> str:
    """Return the hash of every file of these rooms of the library (and of its top level)."""
    root = Path(allrise.__file__).parent
    files = [p for p in root.iterdir() if p.is_file()]
    for room in rooms:
        files += [p for p in (root / room).rglob("*") if p.is_file()]
    total = hashlib.sha256()
    for path in sorted(files):
        if path.suffix == ".pyc" or "__pycache__" in path.parts:
            continue
        total.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def chapter_key(
    notebook: Notebook,
    parameters: Mapping[str, Parameter],
    *,
    slice_key: str,
    reference_key: str,
    code: str,
) -> dict[str, str]:
    """Return the hash of each thing that a chapter is made from; see :data:`REASONS`."""
    return {
        "notebook": notebook.source,
        "parameters": digest(dict(parameters)),
        "slice": slice_key,
        "reference": reference_key,
        "code": digest([code, SCHEMA]),
        "versions": digest(versions()),
    }


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return in words what changed between two keys of one chapter."""
    return tuple(words for part, words in REASONS.items() if old.get(part) != new.get(part))
