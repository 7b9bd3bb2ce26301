"""Fills a server with imports and first draws, and makes sure that it can still be forked.

A fork copies only the thread that asks for it: locks that another thread held stay locked for ever. So a server
with a second thread is not used.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import io
import logging
import os
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass

log = logging.getLogger(__name__)

#: What every IPython kernel imports while it starts; the inline backend is not among them, because it ties
#: itself to the shell that is there when it is imported.
KERNEL_MODULES = (
    "faulthandler",
    "pdb",
    "psutil",
    "sqlite3",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "ipykernel.comm",
    "ipykernel.subshell_manager",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.core.payloadpage",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "IPython.lib.pretty",
    "IPython.utils.wildcard",
    "pygments.formatters.terminal256",
    "pygments.lexers.python",
    "pygments.styles.default",
    "tornado.platform.asyncio",
    "zmq.eventloop.zmqstream",
)

#: Unset in the server even when the launch set it: it names one kernel's client.
_DROPPED = ("JPY_PARENT_PID", "JPY_SESSION_NAME")
_INLINE = "module://matplotlib_inline.backend_inline"


class CannotFork(RuntimeError):
    """A fork of this process would not be safe."""


@dataclass(frozen=True, slots=True)
class Warmed:
    """What was asked for and is there, and what is not and why."""

    done: tuple[str, ...]
    failed: tuple[str, ...]
    seconds: float
    variables: dict[str, tuple[str | None, str]]
    """Environment variables that packages set while they were imported: what was there before, and since."""


def prepare_environment() -> None:
    """Set what must be set before the first import, so that no package starts a thread."""
    for name in _DROPPED:
        os.environ.pop(name, None)
    # One thread: OpenBLAS starts its own on import, pyarrow's allocator its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = os.environ.get("JE_ARROW_MALLOC_CONF", "")
    os.environ["JE_ARROW_MALLOC_CONF"] = ",".join(filter(None, (options, "background_thread:false")))
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # else debugpy complains into the log
    # As ipykernel does before a notebook can import matplotlib, which reads this variable once.
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = _INLINE


def warm_up(wanted: Iterable[str]) -> Warmed:
    """Import and call what is ``wanted``, after what every kernel needs.

    Raises
    ------
    CannotFork
        Naming the entry that started a thread.
    """
    started = time.monotonic()
    before = dict(os.environ)
    for name in KERNEL_MODULES:
        with suppress(ImportError):
            importlib.import_module(name)
    require_one_thread("ipykernel")
    done: list[str] = []
    failed: list[str] = []
    with _as_in_a_kernel():
        for entry in wanted:
            try:
                _warm(entry)
                done.append(entry)
            except Exception as error:  # noqa: BLE001 - a notebook that needs it will say so in its own words
                failed.append(f"{entry}: {type(error).__name__}: {error}")
                log.warning("not warmed: %s", failed[-1])
            require_one_thread(entry)
    if "matplotlib_inline.backend_inline" in sys.modules:
        raise CannotFork("the inline backend of matplotlib was imported; kernels would share its state")
    gc.collect()
    variables = {k: (before.get(k), v) for k, v in os.environ.items() if before.get(k) != v}
    return Warmed(tuple(done), tuple(failed), round(time.monotonic() - started, 3), variables)


class ZMQStandIn:
    """What ``get_ipython()`` gives while packages are imported: enough to see that this is no terminal."""

    kernel: object = None


@contextmanager
def _as_in_a_kernel() -> Generator[None]:
    """Let packages that look around while they are imported see a notebook's kernel.

    pandas shows wide tables in another way in a terminal, and asks once, through the name that IPython puts among
    the builtins. ``IPython.get_ipython`` still finds no shell: what would be registered with one would be lost.
    """
    missing = object()
    before = getattr(builtins, "get_ipython", missing)
    output = sys.stdout
    sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(1), "wb"), encoding="UTF-8", line_buffering=True)
    builtins.get_ipython = ZMQStandIn  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        sys.stdout.close()
        sys.stdout = output
        if before is missing:
            del builtins.get_ipython  # pyright: ignore[reportAttributeAccessIssue]
        else:
            builtins.get_ipython = before  # pyright: ignore[reportAttributeAccessIssue]


def call(entry: str) -> None:
    """Import ``package.module:function`` and call it."""
    module, _, function = entry.partition(":")
    getattr(importlib.import_module(module), function)()


def _warm(entry: str) -> None:
    if ":" in entry:
        call(entry)
    else:
        importlib.import_module(entry)


def threads() -> int:
    """Return how many threads this process has, those of C libraries counted."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - a count


def require_one_thread(after: str, patience: float = 0.5) -> None:
    """Wait a moment for passing threads to end.

    Raises
    ------
    CannotFork
        When there is still more than one.
    """
    until = time.monotonic() + patience
    while (count := threads()) > 1:
        if time.monotonic() > until:
            names = ", ".join(_thread_names())
            raise CannotFork(f"{count} threads after {after} ({names})")
        time.sleep(0.01)


def _thread_names() -> list[str]:
    names: list[str] = []
    for task in sorted(os.listdir("/proc/self/task")):  # noqa: PTH208
        with suppress(OSError), open(f"/proc/self/task/{task}/comm", encoding="utf-8") as file:  # noqa: PTH123
            names.append(file.read().strip())
    return names


def matplotlib_first_draw() -> None:
    """Draw one small figure to SVG and PNG, so that fonts, text layout and encoders are there.

    For use in a list of what to warm: ``allrise.kernels.warming:matplotlib_first_draw``. Nothing of ``pyplot``
    is touched, so no figure is open and no backend chosen afterwards.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3, 2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], marker="o", label="a")
    axes.set_title("A title")
    axes.set_xlabel("$x^2$")
    axes.legend()
    FigureCanvasAgg(figure).print_png(io.BytesIO())
    FigureCanvasSVG(figure).print_svg(io.StringIO())
