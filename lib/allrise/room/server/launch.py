"""Starting and ending the room server's process."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from allrise.errors import AllriseError
from allrise.room.server.application import make_application
from allrise.room.server.assets import build_assets
from allrise.room.server.opinions import Opinions
from allrise.room.server.site import POLL_SECONDS, Site
from allrise.room.server.workings import Workings
from allrise.room.service import Service

log = logging.getLogger(__name__)

#: Longest body that is read at all; longer ones are cut off. Forms over 64 KiB are answered with a page that says so.
LONGEST_READ = 2 * 1024 * 1024


class PortTaken(AllriseError):
    """Another program listens at the port."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that listens: its port, and where phones reach it."""

    port: int
    address: str


def lan_address() -> str:
    """Return this machine's address in the local network, or ``127.0.0.1`` when it is in none.

    No packet is sent: a datagram socket that is only connected tells which interface would be used.
    """
    for towards in ("10.255.255.255", "192.168.255.255", "172.31.255.255"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((towards, 9))
                found = str(probe.getsockname()[0])
            except OSError:
                continue
        if not found.startswith(("127.", "0.")):
            return found
    return "127.0.0.1"


def reached_at(host: str, port: int) -> str:
    """Return the address that phones type for a server bound to ``host``."""
    name = lan_address() if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


async def serve(
    database: str | None,
    *,
    host: str,
    port: int,
    address: str = "",
    poll: float = POLL_SECONDS,
    started: Callable[[Started, Service], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve a database until the process is told to end.

    Parameters
    ----------
    database
        As :meth:`allrise.room.service.Service.open` takes it.
    host, port
        Where to listen; port 0 takes a free one.
    address
        Where phones reach this machine, when it is not what the machine itself thinks.
    poll
        Seconds between two looks of a phone for news; results and counts are worked out at most three times as often.
    started
        Called once the server listens; may create a session.
    stop
        Ends the server when set; an interrupt or SIGTERM does, too.

    Raises
    ------
    PortTaken
        When the port is in use or may not be opened.
    """
    try:
        sockets = bind_sockets(port, host, backlog=1024)
    except OSError as error:
        raise PortTaken(
            f"allrise serve: port {port} of {host or 'this machine'} cannot be opened ({error.strerror}).",
            "Is it running already? Else choose another one with --port.",
        ) from error
    real = int(sockets[0].getsockname()[1])
    opinions = Opinions()
    workings = Workings(opinions)
    service = Service.open(database, elsewhere=workings, rest=poll / 3, recheck=poll / 3)
    try:
        site = Site(service, build_assets(), address.rstrip("/") or reached_at(host, real), opinions, poll)
        server = HTTPServer(
            make_application(site), max_body_size=LONGEST_READ, max_buffer_size=LONGEST_READ + 65_536,
            max_header_size=16_384, idle_connection_timeout=75, body_timeout=30,
        )  # fmt: skip
        server.add_sockets(sockets)
        ending = stop or asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(name, ending.set)
            except (NotImplementedError, RuntimeError):  # Windows, or not the main thread
                break
        started(Started(real, site.address), service)
        workings.warm(service)
        await ending.wait()
        server.stop()
        await server.close_all_connections()
    finally:
        workings.close()  # first: whoever lets go of an SQLite file last puts its log into it
        service.close()
