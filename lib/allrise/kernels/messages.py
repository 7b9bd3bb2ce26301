"""What client and server say to each other: JSON with its length before it, and file descriptors beside it."""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_HEAD = struct.Struct("!I")
_PEER = struct.Struct("3i")
_MOST_DESCRIPTORS = 8
_LONGEST = 16 * 2**20


class Closed(ConnectionError):
    """The other side has gone."""


def send(connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; the descriptors go with its first byte.

    Raises
    ------
    OSError
        When it cannot be sent.
    """
    body = json.dumps(message).encode("utf-8", "surrogatepass")
    data = _HEAD.pack(len(body)) + body
    sent = socket.send_fds(connection, [data], list(descriptors)) if descriptors else 0
    connection.sendall(data[sent:])


@dataclass(slots=True)
class Reader:
    """Puts one side's messages together from whatever pieces arrive.

    Attributes
    ----------
    descriptors
        File descriptors that arrived and were not taken; not inherited by programs that are started.
    """

    connection: socket.socket
    descriptors: list[int] = field(default_factory=list)
    _held: bytearray = field(default_factory=bytearray)

    def take(self) -> dict[str, Any] | None:
        """Return a message if one is complete, without reading."""
        if len(self._held) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._held)
        if length > _LONGEST:
            raise Closed("a message longer than any of ours")
        end = _HEAD.size + length
        if len(self._held) < end:
            return None
        body = bytes(self._held[_HEAD.size : end])
        del self._held[:end]
        return json.loads(body.decode("utf-8", "surrogatepass"))

    def read(self) -> None:
        """Read what has arrived; blocks only when the connection does.

        Raises
        ------
        Closed
            At the end of the stream.
        """
        size = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
        data, extra, _, _ = self.connection.recvmsg(1 << 16, size, socket.MSG_CMSG_CLOEXEC)
        for level, kind, payload in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
                self.descriptors.extend(numbers)
        if not data:
            raise Closed("the connection ended")
        self._held += data

    def receive(self) -> dict[str, Any]:
        """Return the next message, waiting as long as the connection's time limit says.

        Raises
        ------
        Closed, TimeoutError
            When none came.
        """
        while (message := self.take()) is None:
            self.read()
        return message

    def close(self) -> None:
        close_all(self.descriptors)
        self.descriptors.clear()
        self.connection.close()


def close_all(descriptors: Iterable[int]) -> None:
    """Close file descriptors that may be closed already."""
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def peer(connection: socket.socket) -> tuple[int, int]:
    """Return process and user on the other side, as the operating system saw them when they connected."""
    process, user, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return process, user
