"""What a pool and its workers say to each other: tasks and answers, pickled, each with its length before it."""

from __future__ import annotations

import importlib
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Task:
    """A call to make: ``function(*arguments)``.

    ``function`` is ``module:name``, so that the build itself need not import what only workers use, or a
    function that can be pickled.
    """

    function: str | Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    def run(self) -> Any:
        """Make the call."""
        if isinstance(self.function, str):
            module, _, name = self.function.partition(":")
            return getattr(importlib.import_module(module), name)(*self.arguments)
        return self.function(*self.arguments)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task: a value, or the exception and its traceback as text."""

    value: Any = None
    error: BaseException | None = None
    trace: str = ""


def send(stream: IO[bytes], value: object) -> None:
    """Write one pickled value."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one pickled value.

    Raises
    ------
    EOFError
        When the other side is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 - from our own process
