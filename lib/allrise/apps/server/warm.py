"""Warm kernels for pages, on systems that can fork."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

#: What the warm server holds ready for pages; figures come from the gallery's cache and need no matplotlib.
WARM = (
    "allrise.apps.app",
    "allrise.apps.big_picture",
    "allrise.apps.success_factors",
    "allrise.apps.console",
    "allrise.chapters.chapter",
)


def warm_content() -> dict[str, Any] | None:
    """Return the content of a kernelspec whose kernels are forked from a warm server; ``None`` where that cannot be.

    The server imports what pages import, so that a page's kernel is ready in a fraction of the time and shares its
    memory with the others.
    """
    from allrise.kernels.client import supported  # pyright: ignore[reportMissingImports]
    from allrise.kernels.kernelspec import NAME, kernelspec  # pyright: ignore[reportMissingImports]
    from allrise.kernels.settings import WarmSettings  # pyright: ignore[reportMissingImports]

    known = {point.name for point in entry_points(group="jupyter_client.kernel_provisioners")}
    if supported() or NAME not in known:
        return None
    return kernelspec(WarmSettings(warm=WARM, watch=("allrise",)), display_name="Python 3")
