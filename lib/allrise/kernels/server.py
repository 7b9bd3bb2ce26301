"""``python -m allrise.kernels.server``: imports once, then forks a kernel for everyone who asks.

One thread, no event loop of asyncio, no ZeroMQ context: nothing that a fork would break. Its kernels' ends are
seen through process descriptors; a kernel that has ended stays in the process table until its client knows,
as a child of the client's would, so that its number cannot be another process's meanwhile.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import resource
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from allrise.kernels import child, warming
from allrise.kernels.code_state import CodeState
from allrise.kernels.messages import Closed, Reader, close_all, peer, send
from allrise.kernels.place import Place, locked
from allrise.kernels.settings import WarmSettings

log = logging.getLogger("allrise.kernels.server")

#: Seconds that a fork may take to set itself up.
_SET_UP = 20.0


class _CodeMoved(warming.CannotFork):
    """Somebody saved a file meanwhile; the next launch may find it quiet."""


@dataclass(eq=False, slots=True)
class _Kernel:
    process: int
    descriptor: int
    client: _Client | None
    independent: bool
    sockets: str
    status: int | None = None
    started: float = field(default_factory=time.time)


@dataclass(eq=False, slots=True)
class _Client:
    reader: Reader
    process: int
    kernels: list[_Kernel] = field(default_factory=list)


class Server:
    """Forks kernels until it is idle, told to stop, or its code has changed.

    Parameters
    ----------
    listener
        The listening socket.
    code
        The code that is loaded.
    warmed
        What was warmed.
    kept
        Descriptors that packages opened, which stay open in the forks.
    """

    def __init__(
        self,
        place: Place,
        settings: WarmSettings,
        listener: socket.socket,
        code: CodeState,
        warmed: warming.Warmed,
        kept: frozenset[int],
    ) -> None:
        self.place = place
        self.settings = settings
        self.listener: socket.socket | None = listener
        self.code = code
        self.warmed = warmed
        self.started = time.time()
        self.forked = 0
        self._address = os.stat(place.socket)  # noqa: PTH116
        self._clients: set[_Client] = set()
        self._kernels: set[_Kernel] = set()
        self._kept = kept
        self._selector = selectors.DefaultSelector()
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def serve(self) -> None:
        """Serve until there is nothing left to do."""
        idle_since = time.monotonic()
        while self.listener is not None or self._kernels or self._clients:
            for key, _ in self._selector.select(min(5.0, self.settings.idle_seconds + 0.1)):
                key.data()
            now = time.monotonic()
            if self._kernels or self._clients:
                idle_since = now
            elif now - idle_since >= self.settings.idle_seconds:
                self.retire()
            elif self.listener is not None and (self._unlisted() or self.code.changes(1)):
                self.retire()  # nobody can or should be served from here any more

    def retire(self) -> None:
        """Take no more requests; kernels that live go on, and the server stays for them."""
        if self.listener is None:
            return
        self._selector.unregister(self.listener)
        if not self._unlisted():
            self.place.socket.unlink(missing_ok=True)
        self.listener.close()
        self.listener = None

    def _unlisted(self) -> bool:
        """Say whether the socket's name now belongs to nobody or to another server."""
        try:
            return not os.path.samestat(os.stat(self.place.socket), self._address)  # noqa: PTH116
        except OSError:
            return True

    # Clients

    def _accept(self) -> None:
        if self.listener is None:
            return
        try:
            connection, _ = self.listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                log.error("no descriptor left: %s", error)  # noqa: TRY400
                time.sleep(0.05)
            return
        process, user = peer(connection)
        if user != os.getuid():
            log.warning("refused process %d of user %d", process, user)
            connection.close()
            return
        connection.setblocking(False)
        client = _Client(Reader(connection), process)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._hear(client))

    def _hear(self, client: _Client) -> None:
        try:
            client.reader.read()
            while (message := client.reader.take()) is not None:
                self._answer(client, message)
        except BlockingIOError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not isinstance(error, Closed | ConnectionError):
                log.exception("a request that cannot be read")
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        if client not in self._clients:
            return
        self._clients.discard(client)
        self._selector.unregister(client.reader.connection)
        client.reader.close()
        for kernel in client.kernels:
            kernel.client = None
            if kernel.status is not None:
                self._bury(kernel)
            elif not kernel.independent:
                # Its lifeline has ended it already, unless a fork of the client still holds the other end.
                with suppress(OSError):
                    os.killpg(kernel.process, signal.SIGKILL)

    def _tell(self, client: _Client, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        try:
            client.reader.connection.settimeout(5.0)
            send(client.reader.connection, message, descriptors)
            client.reader.connection.setblocking(False)
        except OSError:
            self._drop(client)

    def _answer(self, client: _Client, message: dict[str, Any]) -> None:
        kind = message.get("do")
        if kind == "launch":
            self._launch(client, message)
        elif kind == "status":
            self._tell(client, self._status())
        elif kind == "stop":
            self.retire()
            if message.get("now"):
                for kernel in self._kernels:
                    if kernel.status is None:
                        with suppress(OSError):
                            os.killpg(kernel.process, signal.SIGKILL)
            self._tell(client, {"stopped": os.getpid()})
        else:
            self._tell(client, {"refused": f"{kind!r} is not known here"})

    def _status(self) -> dict[str, Any]:
        return {
            "process": os.getpid(),
            "key": self.place.key,
            "interpreter": sys.executable,
            "started": self.started,
            "warm": self.warmed.done,
            "not_warm": self.warmed.failed,
            "warm_seconds": self.warmed.seconds,
            "forked": self.forked,
            "kernels": [k.process for k in self._kernels if k.status is None],
            "idle_seconds": self.settings.idle_seconds,
            "changed": self.code.changes(),
        }

    # Kernels

    def _launch(self, client: _Client, message: dict[str, Any]) -> None:
        descriptors = list(client.reader.descriptors)
        client.reader.descriptors.clear()
        try:
            if changed := self.code.changes():
                self._tell(client, {"stale": changed})
                self.retire()
                return
            warming.require_one_thread("serving")
            request = child.Request.from_json(message["request"])
            independent = bool(message["independent"])
            if len(descriptors) != 3 + (not independent):
                raise ValueError("not the descriptors that a launch needs")
            self._fork(client, request, descriptors, independent=independent, sockets=str(message["sockets"]))
        except (warming.CannotFork, OSError) as error:
            log.warning("refused: %s", error)
            self._tell(client, {"refused": str(error)})
        finally:
            close_all(descriptors)

    def _fork(
        self, client: _Client, request: child.Request, descriptors: list[int], *, independent: bool, sockets: str
    ) -> None:
        hear, say = os.pipe2(os.O_CLOEXEC)
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            self._in_fork(request, descriptors, say, independent=independent)
        os.close(say)
        self.forked += 1
        try:
            problem = _read_all(hear, _SET_UP)
        finally:
            os.close(hear)
        if problem is None:
            os.kill(process, signal.SIGKILL)
            problem = json.dumps({"refused": f"a fork was not set up within {_SET_UP:g} s"}).encode()
        if problem:
            os.waitpid(process, 0)
            self._tell(client, json.loads(problem))
            return
        descriptor = os.pidfd_open(process)
        kernel = _Kernel(process, descriptor, client, independent, sockets)
        self._kernels.add(kernel)
        client.kernels.append(kernel)
        self._selector.register(descriptor, selectors.EVENT_READ, lambda: self._ended(kernel))
        self._tell(client, {"process": process, "server": os.getpid()}, (descriptor,))

    def _in_fork(self, request: child.Request, descriptors: list[int], say: int, *, independent: bool) -> NoReturn:
        code = 1
        try:
            lifeline = None if independent else descriptors[3]
            try:
                kept = self._kept | {say}
                child.become(request, descriptors[:3], lifeline, kept, self.warmed.variables)
            except BaseException as error:  # noqa: BLE001 - said to whoever asked
                said = {"failed": [getattr(error, "errno", None), str(error)]}
                os.write(say, json.dumps(said).encode())
                os._exit(1)
            os.close(say)
            code = child.run_kernel(request.arguments, self.settings.after_fork, self.settings.limits)
        except BaseException as error:  # noqa: BLE001 - as the interpreter would; nothing of the server may run on
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            child.end(code)
        os._exit(code)

    def _ended(self, kernel: _Kernel) -> None:
        found = os.waitid(os.P_PID, kernel.process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return
        self._selector.unregister(kernel.descriptor)
        kernel.status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        if kernel.client is None:
            self._bury(kernel)
        else:
            self._tell(kernel.client, {"ended": kernel.status})

    def _bury(self, kernel: _Kernel) -> None:
        with suppress(ChildProcessError):
            os.waitpid(kernel.process, 0)
        os.close(kernel.descriptor)
        self._kernels.discard(kernel)
        prefix = Path(kernel.sockets)
        if kernel.sockets and prefix.parent == self.place.folder:
            # The client removes them, unless it was killed. Five channels, numbered from 1.
            for left in prefix.parent.glob(f"{prefix.name}-*"):
                left.unlink(missing_ok=True)


def _read_all(descriptor: int, seconds: float) -> bytes | None:
    """Read to the end; ``None`` when it did not come in time."""
    until = time.monotonic() + seconds
    data = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if selector.select(left):
                piece = os.read(descriptor, 65536)
                if not piece:
                    return data
                data += piece
    return None


def _listen(place: Place) -> socket.socket:
    place.socket.unlink(missing_ok=True)  # the lock is held by whoever started this: it is nobody's
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place.socket))
    place.socket.chmod(0o600)
    listener.listen(256)
    return listener


def _remove_files(place: Place, server: Server) -> None:
    """Remove what belongs to this server, unless the next one has taken over."""
    with suppress(OSError, TimeoutError), locked(place.lock, 1.0):
        if server.listener is None and place.socket.exists():
            return
        for path in (place.socket, place.log, place.refusal, place.lock):
            path.unlink(missing_ok=True)


def main() -> None:
    """Get warm, say so on the descriptor given, serve."""
    parser = argparse.ArgumentParser(prog="allrise.kernels.server")
    parser.add_argument("--key", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--settings", required=True)
    parser.add_argument("--ready", type=int, required=True)
    given = parser.parse_args()
    place = Place(Path(given.folder), given.key)
    settings = WarmSettings.from_json(json.loads(given.settings))
    if os.fork():  # the caller has no server among its children
        os._exit(0)
    os.setsid()
    _begin()
    try:
        server = _get_warm(place, settings, given.ready)
        said: dict[str, Any] = {"ready": os.getpid()}
    except warming.CannotFork as error:
        server, said = None, {"refused": str(error), "passing": isinstance(error, _CodeMoved)}
    with suppress(OSError):
        os.write(given.ready, json.dumps(said).encode())
    os.close(given.ready)
    if server is None:
        sys.exit(0)
    server.serve()
    server.retire()
    _remove_files(place, server)


def _begin() -> None:
    for name in ("SIGINT", "SIGHUP", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    # As ipykernel's launcher does; `-m` put the directory, which is the socket folder, first on the path.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109 - compared as text, as it stands on the path
        del sys.path[0]
    # Several descriptors a kernel: as many as there may be.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    warming.prepare_environment()


def _get_warm(place: Place, settings: WarmSettings, ready: int) -> Server:
    began = time.time_ns()
    warmed = warming.warm_up(settings.warm)
    code = CodeState.now(settings.watch)
    if changed := code.changed_since(began):
        raise _CodeMoved(f"code changed while it was imported: {', '.join(changed[:3])}")
    child.freeze()
    kept = _open_descriptors() - {ready}
    return Server(place, settings, _listen(place), code, warmed, kept)


def _open_descriptors() -> frozenset[int]:
    listed = [int(n) for n in os.listdir("/proc/self/fd")]  # noqa: PTH208
    found: set[int] = set()
    for number in listed:  # the one that listed them is closed again
        with suppress(OSError):
            os.fstat(number)
            found.add(number)
    return frozenset(found)


if __name__ == "__main__":
    main()
