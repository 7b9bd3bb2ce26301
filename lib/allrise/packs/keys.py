"""What a chapter was made from beside the data, in hashes: notebook, parameters, the kit's code, versions.

Each has its own hash so that ``packs status --why`` can say which one changed. What it read of the data is in
:mod:`.readings`.
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
from allrise.packs.model import Parameter
from allrise.packs.notebooks import Notebook

#: Packages that decide what a chapter shows.
KEY_PACKAGES = (
    "babel",
    "duckdb",
    "fontpkg-atkinson-hyperlegible",
    "ipykernel",
    "ipython",
    "jinja2",
    "matplotlib",
    "nbclient",
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

#: Packages that only make pages and hand-outs of it.
PAGE_PACKAGES = (
    "fontpkg-atkinson-hyperlegible",
    "jinja2",
    "lxml",
    "markupsafe",
    "matplotlib",
    "nbformat",
    "python-docx",
    "python-pptx",
    "typst",
    "xlsxwriter",
)

#: Parts of the library that a chapter runs through, and those that only make pages of it.
CHAPTER_ROOMS = ("framework", "content", "data", "evidence", "figures", "chapters")
PAGE_ROOMS = ("framework", "content", "figures", "packs")
#: How a chapter is run.
RUN = (
    "kernels",
    "packs/ahead.py",
    "packs/kernel.py",
    "packs/kernel_process.py",
    "packs/model.py",
    "packs/run_chapter.py",
    "packs/warm.py",
)


def digest(value: object) -> str:
    """Return the sha256 of a JSON value, the same in every process."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return versions of allrise, Python and the packages that decide what a chapter shows."""
    return {"allrise": allrise.__version__, "python": platform.python_version(), **_installed(KEY_PACKAGES)}


@lru_cache(maxsize=1)
def page_versions() -> dict[str, str]:
    """Return versions of allrise and the packages that make pages and hand-outs."""
    return {"allrise": allrise.__version__, **_installed(PAGE_PACKAGES)}


def _installed(packages: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def code_hash(parts: Iterable[str]) -> str:
    """Return the hash of every file of these rooms and files of the library; ``""`` stands for its top level."""
    root = Path(allrise.__file__).parent
    files: list[Path] = []
    for part in parts:
        path = root / part
        found = [path] if path.is_file() else path.rglob("*") if part else path.iterdir()
        files += [p for p in found if p.is_file()]
    total = hashlib.sha256()
    for path in sorted(files):
        if path.suffix == ".pyc" or "__pycache__" in path.parts:
            continue
        total.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def chapter_code() -> dict[str, str]:
    """Return the hash of each part of the library that a chapter runs through, by its name."""
    return {"code:base": code_hash([""]), "code:run": code_hash(RUN)} | {
        f"code:{room}": code_hash([room]) for room in CHAPTER_ROOMS
    }


def chapter_key(notebook: Notebook, parameters: Mapping[str, Parameter], code: Mapping[str, str]) -> dict[str, str]:
    """Return the hash of each thing that a chapter is made from; ``code`` as :func:`chapter_code` returns it."""
    return {
        "notebook": notebook.source,
        "parameters": digest(dict(parameters)),
        "versions": digest(versions()),
        **code,
    }


def differences(
    old: Mapping[str, str],
    new: Mapping[str, str],
    *,
    parameters: str = "",
    packages: str = "",
) -> tuple[str, ...]:
    """Return in words what changed between two keys of one chapter.

    Parameters
    ----------
    parameters, packages
        In words how parameters and versions differ, where that is known.
    """
    if not any(name.startswith("code:") for name in old):
        return ("an older version of the kit made it",)
    reasons: list[str] = []
    if old.get("notebook") != new["notebook"]:
        reasons.append("the chapter's notebook changed")
    if old.get("parameters") != new["parameters"]:
        reasons.append(parameters or "its parameters changed")
    if old.get("versions") != new["versions"]:
        reasons.append(packages or "a package that it uses has another version")
    rooms = [n.removeprefix("code:") for n in new if n.startswith("code:") and old.get(n) != new[n]]
    named = [f"the room {r}" for r in rooms if r not in _CODE_WORDS] + [
        _CODE_WORDS[r] for r in rooms if r in _CODE_WORDS
    ]
    if named:
        reasons.append(f"the library's code changed: {', '.join(named)}")
    return tuple(reasons)


_CODE_WORDS = {"base": "its base", "run": "how chapters are run"}


def changes(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """Return in words how values with names differ: ``pandas 3.0.1 -> 3.0.2, minutes 60 -> 90``."""
    found: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = (_word(values.get(name)) for values in (old, new))
        if before != after:
            found.append(f"{name} {before} -> {after}")
    return ", ".join(found)


def _word(value: object) -> str:
    return "(none)" if value in (None, "") else str(value)
