"""Writes ``environment.yml`` from ``pyproject.toml`` and ``requirements.lock``: one set of versions for pip and conda.

Run by ``./run lock``; ``tests/unit/test_environment.py`` holds the committed file to what this makes.
"""

import re
import tomllib
from pathlib import Path

from packaging.version import Version

HOME = Path(__file__).resolve().parents[1]

#: What a workshop needs; of the test extra only what people use on notebooks.
EXTRAS = ("workshop", "handouts", "cluster")
OF_TEST = ("nbval", "pytest")

#: Packages whose name on conda-forge differs.
RENAMED = {"matplotlib": "matplotlib-base", "duckdb": "python-duckdb", "jupyter-client": "jupyter_client"}

#: Packages that conda-forge does not have (or has as something else); pip installs them.
BY_PIP = ("fontpkg-atkinson-hyperlegible", "typst")


def normal(name: str) -> str:
    """Return a package's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_versions() -> dict[str, set[str]]:
    """Return every package of the lock with its version, or versions where they depend on the platform."""
    found: dict[str, set[str]] = {}
    for line in (HOME / "requirements.lock").read_text("utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", line)
        if match:
            found.setdefault(normal(match[1]), set()).add(match[2])
    return found


def direct_dependencies() -> list[str]:
    """Return the names of the packages that the kit itself asks for."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    wanted += [r for r in project["optional-dependencies"]["test"] if normal(re.split(r"[\[<>=]", r)[0]) in OF_TEST]
    return sorted({normal(re.split(r"[\[<>=]", r)[0]) for r in wanted})


def environment_text() -> str:
    """Return what ``environment.yml`` must hold."""
    versions = locked_versions()
    conda, pip = [], []
    for name in direct_dependencies():
        version = max(versions[name], key=Version)  # a platform or an old Python may hold it back
        (pip if name in BY_PIP else conda).append(
            f"{name}=={version}" if name in BY_PIP else f"{RENAMED.get(name, name)}={version}"
        )
    lines = [
        "# Made by ./run lock from pyproject.toml and requirements.lock; also what Binder reads.",
        "name: allrise",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        "  - python>=3.12,<3.14",
        "  - pip",
        *(f"  - {c}" for c in conda),
        "  - pip:",
        *(f"      - {p}" for p in pip),
        "      - -e .",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    (HOME / "environment.yml").write_text(environment_text(), "utf-8", newline="\n")
