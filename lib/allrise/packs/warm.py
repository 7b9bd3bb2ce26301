"""What a server of warm kernels holds ready for chapters, and whether a build uses one."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
import threading
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from allrise.kernels.client import prepare, supported
from allrise.kernels.settings import WarmSettings
from allrise.packs.pool import default_jobs

#: Set to ``plain`` to start every kernel anew.
VARIABLE = "ALLRISE_KERNELS"

#: Runs in a chapter's kernel; a start of it may be replaced by a fork.
LAUNCHER = "allrise.packs.kernel_process"

#: Variables that would let the caller's session change what a chapter shows.
_DROPPED = ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONINTERACTIVE", "IPYTHONDIR", "JPY_PARENT_PID")

_SET: dict[str, str] = {
    # Charts are drawn by the kit into SVG; the inline backend would only cost time.
    "MPLBACKEND": "agg",
    # Sets and dicts of strings in the same order in every run: same input, same pack.
    "PYTHONHASHSEED": "0",
    # Sums over threads depend on their number, and chapters run side by side already. A warm kernel has
    # one thread in any case.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

#: Chapters run side by side, so each one's linear algebra must not take all cores as well.
_THREADS: dict[str, str] = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

#: A module that is not there is skipped.
WARM = WarmSettings(
    warm=(
        "pandas",
        "pyarrow.pandas_compat",
        "pyarrow.parquet",
        "babel.numbers",
        "scipy.optimize",
        "sklearn.neighbors",
        "matplotlib.pyplot",
        f"{__name__}:import_rooms",
        f"{__name__}:first_words",
        f"{__name__}:first_draw",
    ),
    watch=("allrise",),
    launchers=(LAUNCHER,),
    idle_seconds=60.0,  # from one build to the next while somebody works, and soon gone
)


def wanted() -> bool:
    """Say whether builds use warm kernels where the system can fork."""
    return os.environ.get(VARIABLE) != "plain"


def chapter_variables(*, threads: bool) -> dict[str, str]:
    """Return the environment variables of chapters that may use all cores, or one each."""
    return {} if threads else dict(_THREADS)


def prestart_for(out: Path, *, jobs: int | None, scheduler: str, force: bool) -> None:
    """Call :func:`prestart` when a build like this has chapters to run for sure: while it is imported and planned."""
    places = (out, out / "cluster", out / "public")  # of both audiences, in folders of their own
    if not scheduler and (force or not any((p / "index.html").exists() for p in places)):
        prestart(chapter_variables(threads=(jobs or default_jobs()) == 1))


def prestart(own: Mapping[str, str]) -> None:
    """Have the server that a build's kernels come from get warm meanwhile; returns at once.

    Parameters
    ----------
    own
        Variables of the chapters, as :func:`variables` takes them.
    """
    if wanted() and not supported():
        threading.Thread(target=_start, args=(variables(own),), name="prestart", daemon=True).start()


def _start(environment: Mapping[str, str]) -> None:
    # Whatever stands in the way will stand in the first chapter's way too, and is said there.
    with contextlib.suppress(Exception):
        prepare(WARM, (sys.executable, "-m", LAUNCHER), environment, directory=os.getcwd())  # noqa: PTH109


def variables(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a chapter's kernel, but for the folders that are the kernel's alone.

    Parameters
    ----------
    own
        Set on top of this process's.
    """
    kept = {k: v for k, v in os.environ.items() if k not in _DROPPED}
    if path := kept.get("PYTHONPATH"):  # the kernel starts elsewhere, so relative entries would be lost
        kept["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in path.split(os.pathsep) if p)  # noqa: PTH100
    return kept | _SET | dict(own)


def import_rooms() -> None:
    """Import every module that a chapter may use."""
    for room in ("content", "figures", "chapters"):
        package = importlib.import_module(f"allrise.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def first_words() -> None:
    """Read the words of every language that packs are written in, and compile the templates that they stand in."""
    from allrise.chapters.telling import notebook_style
    from allrise.chapters.texts import texts
    from allrise.content.blocks import Text
    from allrise.content.html import fragment
    from allrise.content.language import SOURCE, catalogue
    from allrise.content.numbers import Numbers
    from allrise.data.profiles import profiles
    from allrise.framework import LANGUAGES, load

    notebook_style()
    for language in LANGUAGES:
        load(language)
        texts(language)
        fragment(Text(("A first text",)), language=language)
        Numbers(language).value(1234.5, "percent")
        for file in (files("allrise.figures") / "words").iterdir():
            if file.name.endswith(f".{SOURCE}.toml"):
                catalogue("allrise.figures", f"words/{file.name.split('.')[0]}", language)
    profiles()


def first_draw() -> None:
    """Draw one chart, so that fonts, their measures and the encoder are loaded; nothing of it is kept."""
    from allrise.figures.drawing import drawn
    from allrise.figures.sheet import Sheet

    def draw(sheet: Sheet) -> None:
        sheet.open(40)
        for weight in (400, 700):
            sheet.text(2, 20, "A first text", weight=weight)
            sheet.widest(["A first text"], weight=weight)
        sheet.dots([(10, 10), (20, 20)], colour="ink")
        sheet.segments([(2, 5)], [(30, 5)], stroke="ink", width=1)

    drawn("first", draw, title="A first chart", description="Two texts, two dots and a line.")
