"""``allrise doctor``: what this machine can do, and what to install for the rest."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: ``state`` is ``ok``, ``limited`` (the kit works, with less) or ``missing``."""

    name: str
    state: str
    found: str
    mend: str = ""


def register(app: typer.Typer) -> None:
    """Add ``allrise doctor``."""
    app.command("doctor", help="What this machine can do, and what to install.")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look at this machine; exit 1 when something the packs need is missing."""
    checks = [check() for check in CHECKS]
    if as_json:
        typer.echo(json.dumps([asdict(c) for c in checks], indent=2))
    else:
        _print(checks)
    if any(c.state == "missing" for c in checks):
        raise typer.Exit(1)


def _print(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for style in ("bold", "", ""):
        table.add_column(style=style, overflow="fold")
    marks = {"ok": "yes", "limited": "less", "missing": "NO"}
    for c in checks:
        table.add_row(c.name, marks[c.state], c.found + (f"\n{c.mend}" if c.mend else ""))
    Console().print(table)


def _python() -> Check:
    found = (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    return Check("Python", "ok", found)


def _cores() -> Check:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Check("Cores", "ok", f"{count}: packs are built {count} chapters at a time")


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available / 2**30
    found = f"{free:.1f} GiB free"
    if free < 1:
        return Check("Memory", "limited", found, "Close other programs, or build with --jobs 1.")
    return Check("Memory", "ok", found)


def _packages(name: str, modules: tuple[str, ...], extra: str, *, needed: bool = False) -> Check:
    absent = [m for m in modules if importlib.util.find_spec(m) is None]
    if not absent:
        return Check(name, "ok", ", ".join(modules))
    mend = (
        f"Install the extra: pip install 'allrise[{extra}]' (./run does it by itself)." if extra else "Run ./run again."
    )
    return Check(name, "missing" if needed else "limited", f"not installed: {', '.join(absent)}", mend)


def _fork() -> Check:
    if sys.platform.startswith("linux") and hasattr(os, "fork"):
        return Check("Fast kernels", "ok", "kernels can be forked from a warm process")
    return Check(
        "Fast kernels",
        "limited",
        "this system starts kernels in the normal way",
        "Nothing to do: builds are slower, not different.",
    )


def _browser() -> Check:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return Check("Browser for tests", "ok", name)
    return Check(
        "Browser for tests",
        "limited",
        "none found",
        "Only the browser tests need it. On Debian: apt-get install chromium",
    )


def _fonts() -> Check:
    from allrise.figures import theme

    files = theme.font_files()
    if not files:
        return Check(
            "Font",
            "missing",
            "the kit's font was not found",
            "Run ./run again; it comes with the package fontpkg-atkinson-hyperlegible.",
        )
    return Check("Font", "ok", f"Atkinson Hyperlegible, {len(files)} styles, from this installation")


def _cache() -> Check:
    import platformdirs

    place = Path(os.environ.get("ALLRISE_CACHE") or platformdirs.user_cache_dir("allrise"))
    probe = next((p for p in (place, *place.parents) if p.exists()), place)
    if os.access(probe, os.W_OK):
        return Check("Cache", "ok", "prepared data are kept between builds")
    return Check(
        "Cache", "limited", "its folder cannot be written", "Set ALLRISE_CACHE to a folder that you may write to."
    )


CHECKS: tuple[Callable[[], Check], ...] = (
    _python,
    _cores,
    _memory,
    lambda: _packages("Evidence packs", ("papermill", "pandas", "seaborn", "duckdb"), "", needed=True),
    _fonts,
    _cache,
    _fork,
    lambda: _packages("Workshop", ("voila", "jupyterlab", "tornado", "sqlalchemy", "segno"), "workshop"),
    lambda: _packages("Hand-outs", ("typst", "pptx", "docx", "xlsxwriter"), "handouts"),
    lambda: _packages("Many machines", ("distributed", "fsspec"), "cluster"),
    _browser,
)
