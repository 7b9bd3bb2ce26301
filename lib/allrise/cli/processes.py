"""Processes that belong together: started, watched, started again when they die, ended together.

``allrise serve`` runs the room as one part; the workshop apps are another. A part that dies is started
again after a pause that grows; one that cannot start at all ends the whole with its own words.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allrise.errors import AllriseError

#: Seconds a part has to say that it is ready, and to end when asked.
READY_SECONDS = 60.0
END_SECONDS = 10.0
#: Pause before a dead part is started again: doubles with every death, and is forgotten after a good minute.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
GOOD_SECONDS = 60.0


#: One BLAS thread and two memory arenas: threads here share two cores, and memory is for kernels.
LEAN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class PartFailed(AllriseError):
    """A part did not start."""

    exit_code = 2


@dataclass(slots=True)
class Part:
    """One process.

    Parameters
    ----------
    name
        For people: ``room``.
    command
        Returns the arguments, given what the part said when it was first ready (so that a restart takes the same port).
    """

    name: str
    command: Callable[[dict[str, Any] | None], list[str]]
    said: dict[str, Any] | None = None
    process: subprocess.Popen[str] | None = None
    begun: float = 0.0
    pause: float = FIRST_PAUSE
    _errors: list[str] = field(default_factory=list[str])

    def start(self) -> dict[str, Any]:
        """Start it and return what it says once it is ready.

        Raises
        ------
        PartFailed
            When it ends, or says nothing, before it is ready.
        """
        self._errors.clear()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            self.command(self.said),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the launcher alone, which ends the parts in order
            env={**LEAN, **os.environ, "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._read_errors, args=(self.process,), daemon=True).start()
        late = threading.Timer(READY_SECONDS, self.process.kill)
        late.start()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        late.cancel()
        if not line:
            code = self.process.wait()
            time.sleep(0.05)
            words = "".join(self._errors).strip() or f"it ended with code {code} and said nothing"
            raise PartFailed(f"allrise serve: the {self.name} did not start: {words}")
        self.said = json.loads(line)
        return self.said or {}

    def end(self) -> None:
        """Ask it to end, and make it when it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read_errors(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._errors.append(line)
            del self._errors[:-50]
            if self.said is not None:
                print(f"{self.name}: {line}", end="", file=sys.stderr)


def watch(parts: list[Part], told: Callable[[str], None], ending: threading.Event) -> None:
    """Keep parts alive until told to end, then end them, last started first.

    Parameters
    ----------
    parts
        Started ones.
    told
        Gets a sentence whenever something happened.
    ending
        Set by whoever wants the end.
    """
    try:
        while not ending.wait(0.2):
            for part in parts:
                process = part.process
                if process is None or process.poll() is None:
                    continue
                if time.monotonic() - part.begun > GOOD_SECONDS:
                    part.pause = FIRST_PAUSE
                told(f"The {part.name} ended (code {process.returncode}); it is started again in {part.pause:g} s.")
                if ending.wait(part.pause):
                    break
                part.pause = min(2 * part.pause, LONGEST_PAUSE)
                try:
                    part.start()
                    told(f"The {part.name} is up again. Nothing that was saved is lost.")
                except PartFailed as error:
                    told(str(error))
    finally:
        for part in reversed(parts):
            part.end()


@contextlib.contextmanager
def ended_by_signals(ending: threading.Event) -> Any:
    """Set ``ending`` on an interrupt or SIGTERM, inside the block."""

    def end(_number: int, _frame: object) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
