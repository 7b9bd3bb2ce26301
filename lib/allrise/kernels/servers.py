"""The servers that there are: how they stand, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allrise.kernels.messages import Reader, send
from allrise.kernels.place import find_folder
from allrise.kernels.process import new_connection

_ANSWER = 10.0


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server.

    Parameters
    ----------
    socket
        Its address.
    process
        Its process; ``None`` when nobody answers there, and the socket was left behind.
    details
        What it says of itself: ``interpreter``, ``started`` (seconds since 1970), ``warm``, ``not_warm``,
        ``warm_seconds``, ``forked``, ``kernels`` (processes), ``idle_seconds``, ``changed`` (paths that make it
        out of date).
    """

    socket: Path
    process: int | None
    details: dict[str, Any]


def list_servers(folder: Path | None = None) -> tuple[ServerState, ...]:
    """Return this user's servers.

    Raises
    ------
    allrise.kernels.place.NoPlace
        When there is no folder that could hold any.
    """
    return tuple(_state(path) for path in sorted((folder or find_folder()).glob("*.sock")))


def stop_servers(folder: Path | None = None, *, now: bool = False) -> tuple[ServerState, ...]:
    """Have every server take no more requests and end with its last kernel; remove sockets left behind.

    Parameters
    ----------
    now
        Kill the kernels too.

    Returns
    -------
    tuple of ServerState
        Those that were told, and those that had gone.
    """
    told: list[ServerState] = []
    for state in list_servers(folder):
        if state.process is None:
            state.socket.unlink(missing_ok=True)
        else:
            _ask(state.socket, {"do": "stop", "now": now})
        told.append(state)
    return tuple(told)


def _state(path: Path) -> ServerState:
    said = _ask(path, {"do": "status"})
    return ServerState(path, said.get("process"), said)


def _ask(path: Path, message: dict[str, Any]) -> dict[str, Any]:
    try:
        reader = Reader(new_connection(str(path), _ANSWER))
    except OSError:
        return {}
    try:
        send(reader.connection, message)
        return reader.receive()
    except OSError:
        return {}
    finally:
        reader.close()
