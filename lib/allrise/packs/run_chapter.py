"""Runs one chapter with papermill and says truthfully how it went. Runs inside a worker process.

papermill's saved notebook calls every cell completed after a time limit or a dead kernel, so nothing is read
back from it: the hooks of nbclient tell which cell is running, the exception tells what happened, and the
notebook's own claims are replaced. Wall-clock limits are kept by a thread that kills the kernel, because a
kernel that hangs in C code does not listen to interrupts.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat.v4.rwbase import split_lines, strip_transient
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors

from allrise.packs.kernel import ChapterKernel
from allrise.packs.model import CellError, ChapterJob, ChapterRun, ChapterStatus
from allrise.whole import write_whole

_START_LIMIT = 120
#: After a cell's reply its last outputs may still be on their way; nbclient's four seconds are too few under load.
_OUTPUT_LIMIT = 60
_MARKER = "papermill-error-cell-tag"
_INJECTED = "injected-parameters"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_CELL_LINE = re.compile(r"(?:Cell In\[\d+\]|<cell line|<ipython-input-[^>]*>)[^\n]*?line:? ?(\d+)")
_LONGEST_MESSAGE = 2000


class KernelSource(Protocol):
    """Gives kernels, each to be entered and left by whoever asked."""

    def __call__(self, environment: Mapping[str, str], *, notes_variable: str = "") -> ChapterKernel: ...


@dataclass(slots=True)
class _Watch:
    """What is going on, for the limit-keeping thread and for the record."""

    job: ChapterJob
    kernel: ChapterKernel
    started: float
    cell_index: int | None = None
    cell_started: float = 0.0
    notebook: Any = None
    passed: str = ""  # which limit was passed, in words
    _done: threading.Event = field(default_factory=threading.Event)

    def keep_limits(self) -> None:
        while True:
            now = time.monotonic()
            limits: list[tuple[float, str]] = []
            if self.job.chapter_limit is not None:
                limits.append((self.started + self.job.chapter_limit, f"the chapter's {self.job.chapter_limit:g} s"))
            if self.job.cell_limit is not None and self.cell_index is not None:
                limits.append((self.cell_started + self.job.cell_limit, f"the cell's {self.job.cell_limit:g} s"))
            until, words = min(limits, default=(now + 3600, ""))
            if words and until <= now:
                self.passed = words
                self.kernel.kill()
                return
            # Half a second at most, since the next cell starts a new limit.
            if self._done.wait(min(0.5, max(0.01, until - now))):
                return

    @contextlib.contextmanager
    def watching(self) -> Generator[None]:
        thread = threading.Thread(target=self.keep_limits, name="limits", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def on_notebook_start(self, notebook: Any) -> None:
        self.notebook = notebook

    def on_cell_start(self, cell: Any, cell_index: int) -> None:  # noqa: ARG002 - nbclient calls it by these names
        self.cell_started = time.monotonic()
        self.cell_index = cell_index


@contextlib.contextmanager
def _quiet(*loggers: str) -> Generator[None]:
    """Let these loggers say nothing: what they would say stands in the chapter's record."""
    before = {name: logging.getLogger(name).level for name in loggers}
    for name in loggers:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def run_chapter(job: ChapterJob, new_kernel: KernelSource = ChapterKernel) -> ChapterRun:
    """Run ``job``'s notebook in a kernel of its own and save it, executed, at ``job.output``.

    Parameters
    ----------
    new_kernel
        Gives the kernel, started or not, of the job's variables.

    Returns
    -------
    ChapterRun
        How it went. Nothing that a notebook does raises.

    Raises
    ------
    OSError
        When the notebook cannot be read or the executed one cannot be written (a full disk).
    """
    started = time.monotonic()
    kernel = new_kernel(job.environment, notes_variable=job.notes_variable)
    watch = _Watch(job, kernel, started)
    status: ChapterStatus = "ok"
    error: CellError | None = None
    log = notes = ""
    with _quiet("papermill", "traitlets"), kernel, watch.watching():
        try:
            _execute(job, kernel, watch)
        except PapermillExecutionError as raised:
            status = "failed"
            error = _cell_error(raised, watch.notebook)
        except Exception as raised:
            if watch.passed:
                status = "timeout"
                error = _at_cell(watch, "TimeLimit", f"it took longer than {watch.passed}; its kernel was stopped")
            elif isinstance(raised, DeadKernelError) or kernel.exit_words():
                status = "died"
                error = _at_cell(watch, "DeadKernel", f"the kernel {kernel.exit_words() or 'stopped answering'}")
            elif isinstance(raised, OSError) and watch.notebook is None:
                raise
            else:
                status = "failed"
                error = _at_cell(watch, type(raised).__name__, _plain_text(str(raised)))
        log = _plain_text(kernel.log())
        notes = kernel.notes()
    saved = False
    if watch.notebook is not None:
        _save(_truthful(watch.notebook, job, status, error), job.output)
        saved = True
    seconds = round(time.monotonic() - started, 3)
    return ChapterRun(job.pack, job.name, status, seconds, error, saved, log, notes)


def _execute(job: ChapterJob, kernel: ChapterKernel, watch: _Watch) -> None:
    """Do what ``papermill.execute_notebook`` does, but for writing the executed notebook as well as we do."""
    notebook = nbformat.read(job.notebook, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # of the last time; papermill would carry them through every step
    prepared = papermill.execute_notebook(
        notebook,
        None,
        parameters=dict(job.parameters),
        kernel_name="python3",
        language="python",
        prepare_only=True,
    )
    executed = papermill_engines.execute_notebook_with_engine(
        None,
        prepared,
        kernel_name="python3",
        input_path=str(job.notebook),
        output_path=None,
        progress_bar=False,
        log_output=False,
        start_timeout=_START_LIMIT,
        # For the engine:
        km=kernel.manager,
        iopub_timeout=_OUTPUT_LIMIT,
        record_timing=False,
        on_notebook_start=watch.on_notebook_start,
        on_cell_start=watch.on_cell_start,
    )
    raise_for_execution_errors(executed, None)


def _plain_text(text: str) -> str:
    text = _ANSI.sub("", text)
    text = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text).strip()
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " …"


def _number(cells: list[Any], index: int) -> int:
    """Return the reader's number of the cell at ``index``: from 1, cells put in by papermill not counted."""
    added = sum(bool({_INJECTED, _MARKER} & set(c.metadata.get("tags", ()))) for c in cells[: index + 1])
    return max(1, index + 1 - added)


def _cell_error(raised: PapermillExecutionError, notebook: Any) -> CellError:
    cells = [c for c in notebook.cells if _MARKER not in c.metadata.get("tags", ())]
    index = raised.cell_index
    trace = _plain_text("\n".join(raised.traceback or ()))
    lines = raised.source.splitlines()
    found = [int(n) for n in _CELL_LINE.findall(trace)]
    line = next((n for n in found if 1 <= n <= len(lines)), None)
    text = lines[line - 1] if line else next((s for s in lines if s.strip()), "")
    return CellError(_number(cells, index), str(raised.ename), _plain_text(str(raised.evalue)), line, text.strip())


def _at_cell(watch: _Watch, kind: str, message: str) -> CellError:
    if watch.notebook is None or watch.cell_index is None:
        return CellError(None, kind, message)
    cells = [c for c in watch.notebook.cells if _MARKER not in c.metadata.get("tags", ())]
    cell = cells[watch.cell_index]
    first = next((s for s in cell.source.splitlines() if s.strip()), "")
    return CellError(_number(cells, watch.cell_index), kind, message, None, first.strip())


def _truthful(notebook: Any, job: ChapterJob, status: ChapterStatus, error: CellError | None) -> Any:
    """Replace papermill's claims by the record, and drop what differs from run to run (ids, times, places)."""
    notebook.cells = [c for c in notebook.cells if _MARKER not in c.metadata.get("tags", ())]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if _INJECTED in cell.metadata.get("tags", ()):
            cell["id"] = _INJECTED
    notebook.metadata["papermill"] = {"parameters": dict(job.parameters), "version": papermill.__version__}
    record: dict[str, Any] = {"chapter": job.name, "status": status}
    if error is not None:
        record["error"] = {"cell": error.cell, "line": error.line, "kind": error.kind, "message": error.message}
    notebook.metadata["allrise"] = record
    return notebook


def _save(notebook: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _as_json(notebook))


def _as_json(notebook: Any) -> str:
    """Return a notebook as nbformat would write it, a line a cell.

    nbformat indents every value, for which Python has no fast encoder: a third of the time that a chapter takes outside
    of its kernel.
    """
    nbformat.validate(notebook)
    content = split_lines(strip_transient(notebook))
    encode = functools.partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ": "))
    cells = ",\n".join(encode(cell) for cell in content.pop("cells"))
    rest = [f"{encode(key)}: {encode(content[key])}" for key in sorted(content)]
    return "\n".join(('{"cells": [', cells, "],", ",\n".join(rest), "}")) + "\n"
