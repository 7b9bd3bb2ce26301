"""What a server of warm kernels holds ready for chapters, and whether a build uses one."""

from __future__ import annotations

from allrise.kernels.settings import WarmSettings

#: Set to ``plain`` to start every kernel anew.
VARIABLE = "ALLRISE_KERNELS"

#: In the order in which chapters would import them. A module that is not there is skipped.
WARM = WarmSettings(
    warm=(
        "pandas",
        "pyarrow",
        "matplotlib.pyplot",
        "allrise.content.blocks",
        "allrise.data.store",
        "allrise.figures.encoding",
        "allrise.chapters.chapter",
        "allrise.chapters.outcomes",
        "allrise.chapters.outcomes_shown",
        "allrise.packs.warm:first_draw",
    ),
    watch=("allrise",),
)
