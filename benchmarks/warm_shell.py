"""Runs a notebook's cells in this process, where everything is imported already: what the cells themselves cost."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import measure  # noqa: F401 - finds the kit in a checkout


def in_a_process(notebooks: list[Path], data: str, cluster_ids: list[str]) -> list[float]:
    """Run every notebook for every cluster in one process of its own; return the seconds of each one's cells.

    The first cluster runs once more before, for first draws and caches.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_all, notebooks, data, cluster_ids).result()


def _all(notebooks: list[Path], data: str, cluster_ids: list[str]) -> list[float]:
    shell = Shell()
    found = [
        shell.run(notebook, {"data": data, "cluster_id": cluster_id})
        for cluster_id in (cluster_ids[0], *cluster_ids)
        for notebook in notebooks
    ]
    return found[len(notebooks) :]


class CellFailed(Exception):
    """A cell raised."""


class Shell:
    """IPython's shell without a kernel; outputs are made, as in a kernel, and dropped."""

    def __init__(self) -> None:
        os.environ.setdefault("MPLBACKEND", "agg")
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        from allrise.packs.warm import WARM, first_draw, first_words, import_rooms

        config = Config()
        config.HistoryManager.enabled = False
        self._shell: Any = InteractiveShell.instance(config=config)
        for name in WARM.warm:
            if ":" not in name:
                __import__(name)
        import_rooms()
        first_words()
        first_draw()

    def run(self, notebook: Path, parameters: dict[str, str]) -> float:
        """Run all code cells with these parameters set, and return the seconds that they took.

        Raises
        ------
        CellFailed
            Naming the notebook and the cell.
        """
        content = json.loads(notebook.read_text(encoding="utf-8"))
        self._shell.reset(new_session=True)
        given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        taken = 0.0
        for number, cell in enumerate(content["cells"]):
            if cell["cell_type"] != "code":
                continue
            code = "".join(cell["source"])
            if "parameters" in cell["metadata"].get("tags", ()):
                code += "\n" + given
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                begun = time.perf_counter()
                result = self._shell.run_cell(code, store_history=False, silent=False)
                taken += time.perf_counter() - begun
            if not result.success:
                raise CellFailed(
                    f"{notebook.name}, cell {number}: {result.error_in_exec or result.error_before_exec!r}"
                )
        return taken
