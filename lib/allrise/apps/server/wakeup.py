"""Mends a lost wake-up between pyzmq and jupyter_client, as long as their versions have it.

While a client awaits a reply on a channel, another message sent on the same channel may use up the notification that the
reply is there: ``Session.send`` writes through a shadow of the asyncio socket, which reads and so resets the edge-triggered
signal, without telling the asyncio side. The page then waits for ever. Reading ``EVENTS`` on the asyncio socket after the
send makes it look again. With twenty and more pages starting together this happens to one to six of them.
"""

from __future__ import annotations

import inspect
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.channels import ZMQSocketChannel
from jupyter_client.session import Session


def needed() -> bool:
    """Return whether the installed jupyter_client sends through a shadow socket and does not look again by itself."""
    sends = inspect.getsource(Session.send) + inspect.getsource(ZMQSocketChannel.send)
    return "shadow(" in sends and "EVENTS" not in sends


def mend() -> bool:
    """Make channels look again after a send, in this process; return whether that was done now.

    Does nothing where it is not needed, and nothing a second time.
    """
    original: Any = ZMQSocketChannel.send
    if not needed() or getattr(original, "mended", False):
        return False

    def send(self: ZMQSocketChannel, msg: dict[str, Any]) -> None:
        original(self, msg)
        socket = self.socket
        if isinstance(socket, zmq.asyncio.Socket) and not socket.closed:
            socket.get(zmq.EVENTS)

    send.mended = True  # type: ignore[attr-defined]
    ZMQSocketChannel.send = send  # type: ignore[method-assign]
    return True
