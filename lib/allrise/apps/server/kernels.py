"""The pages' kernels: this interpreter's, forked from a warm server where that can be done, counted and put away."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

log = logging.getLogger(__name__)

#: Pages of facilitators: they never queue and never rest, and the console needs the secret.
FACILITATORS = frozenset({"stage", "console"})


class OneKernel(KernelSpecManager):
    """Knows one kernel, whatever is installed: this interpreter."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one name there is."""
        return {"python3": str(Path(sys.prefix))}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return it, warm where this system can fork."""
        del kernel_name
        return KernelSpec(resource_dir="", **_content())

    def get_all_specs(self) -> dict[str, Any]:
        """Return all there is, as Voila looks through it."""
        return {"python3": {"resource_dir": "", "spec": _content()}}


def _content() -> dict[str, Any]:
    plain: dict[str, Any] = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    if find_spec("allrise.kernels.kernelspec") is None:
        return plain
    from allrise.apps.server.warm import warm_content

    return warm_content() or plain


class PageKernels(AsyncMappingKernelManager):
    """Kernels of open pages; those that nobody looks at any more are put away.

    Attributes
    ----------
    abandoned
        Seconds after which a kernel without a page is put away: a short drop of the wifi outlives it.
    resting
        Seconds after which an open page from which nothing was heard is put away; it says so and offers to load again.
    """

    abandoned = 45.0
    resting = 2 * 3600.0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._alone_since: dict[str, float] = {}
        self.heard: dict[str, float] = {}
        self.standing: set[str] = set()  # kernels of facilitators' pages: a stage says nothing for hours and must stay
        self.errors: Any = None  # a file for what kernels print

    async def _async_start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        if self.errors is not None:
            options.setdefault("stdout", self.errors)
            options.setdefault("stderr", self.errors)
        kernel_id = await super()._async_start_kernel(**options)
        self._alone_since[kernel_id] = time.monotonic() + 15.0  # it is still being put together
        if Path(urlsplit((options.get("env") or {}).get("VOILA_REQUEST_URL", "")).path).stem in FACILITATORS:
            self.standing.add(kernel_id)
        return kernel_id

    start_kernel = _async_start_kernel  # type: ignore[assignment]

    async def put_away(self) -> None:
        """Look once at all kernels: end the dead, the abandoned and the resting ones."""
        now = time.monotonic()
        for kernel_id in list(self.list_kernel_ids()):
            alone = not self._kernel_connections.get(kernel_id, 0)
            since = self._alone_since.setdefault(kernel_id, now) if alone else now
            if not alone:
                self._alone_since.pop(kernel_id, None)
            quiet = 0.0 if kernel_id in self.standing else now - self.heard.get(kernel_id, now)
            alive = await self._lives(kernel_id)
            if alive and now - since < self.abandoned and quiet < self.resting:
                continue
            log.info("kernel %s is put away: %s", kernel_id, "dead" if not alive else "alone" if alone else "resting")
            self._alone_since.pop(kernel_id, None)
            self.heard.pop(kernel_id, None)
            self.standing.discard(kernel_id)
            try:
                await asyncio.wait_for(self.shutdown_kernel(kernel_id, now=True), 10)
            except Exception as error:  # noqa: BLE001 - the others must be looked at, too
                log.warning("kernel %s did not end: %s", kernel_id, error)

    async def _lives(self, kernel_id: str) -> bool:
        try:
            kernel: Any = self.get_kernel(kernel_id)
            return bool(await kernel.is_alive())
        except KeyError:
            return False
