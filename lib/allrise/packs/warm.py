"""What a server of warm kernels holds ready for chapters, and whether a build uses one."""

from __future__ import annotations

import importlib
import os
import pkgutil

from allrise.kernels.settings import WarmSettings

#: Set to ``plain`` to start every kernel anew.
VARIABLE = "ALLRISE_KERNELS"

#: Runs in a chapter's kernel; a start of it may be replaced by a fork.
LAUNCHER = "allrise.packs.kernel_process"

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
        f"{__name__}:first_draw",
    ),
    watch=("allrise",),
    launchers=(LAUNCHER,),
    idle_seconds=60.0,  # from one build to the next while somebody works, and soon gone
)


def wanted() -> bool:
    """Say whether builds use warm kernels where the system can fork."""
    return os.environ.get(VARIABLE) != "plain"


def import_rooms() -> None:
    """Import every module that a chapter may use."""
    for room in ("content", "figures", "chapters"):
        package = importlib.import_module(f"allrise.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


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
