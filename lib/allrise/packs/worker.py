"""``python -m allrise.packs.worker``: one worker process of a pool.

Reads pickled tasks from standard input and writes pickled answers to standard output, each with its length
before it. papermill and everything under it is imported once here and used for many chapters. When standard
input ends, the build is over or was killed: the worker then ends itself at once, with its kernels and its
temporary files, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from allrise.packs.messages import Answer, Task, receive, send


def end_now(scratch: Path) -> None:
    """End this process, every process under it, and its temporary files."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    with contextlib.suppress(OSError):
        scratch.parent.rmdir()  # the pool's folder, when this was the last worker in it
    os._exit(0)


def main() -> None:
    """Serve tasks until standard input ends; the argument is the worker's own folder for temporary files."""
    scratch = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build decides what Ctrl-C means
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not end up among the answers
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    scratch.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(scratch)

    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()

    def listen() -> None:
        while True:
            try:
                waiting.put(receive(tasks))
            except (EOFError, OSError):
                end_now(scratch)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    _import_once()
    while True:
        task = waiting.get()
        try:
            answer = Answer(task.run())
        except BaseException as error:  # noqa: BLE001 - it is raised again on the other side
            answer = Answer(error=error, trace=traceback.format_exc())
        try:
            send(answers, answer)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            words = f"{type(answer.error or answer.value).__name__} cannot be sent back: {answer.error or error}"
            send(answers, Answer(error=RuntimeError(words), trace=answer.trace))
        except BrokenPipeError:
            end_now(scratch)


def _import_once() -> None:
    # nbformat pulls in a grammar for internationalised addresses that takes a second to build and is optional
    # in jsonschema; nothing of a notebook is checked with it.
    sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
    importlib.import_module("allrise.packs.ahead")


if __name__ == "__main__":
    main()
