"""Finds the server of a launch, starts it when there is none, and has it fork a kernel."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allrise.kernels.child import Request
from allrise.kernels.messages import Closed, Reader, close_all, peer, send
from allrise.kernels.place import NoPlace, Place, find_folder, locked
from allrise.kernels.process import WarmProcess, new_connection, open_streams
from allrise.kernels.settings import LAUNCHERS, WarmSettings, server_key

#: Seconds that a server has to fork one kernel; many may ask at once.
_ANSWER = 30.0
#: Seconds for which a server that could not be started is not tried again.
_REFUSAL = 300.0
#: How often a server may turn out to be leaving or out of date in one launch.
_TRIES = 4


class NotWarm(Exception):
    """There will be no warm kernel for this launch; the words say why. A normal one can be had."""


@dataclass(frozen=True, slots=True)
class Command:
    """A kernelspec's command, taken apart.

    Parameters
    ----------
    interpreter, flags, launcher, arguments
        ``python -X dev -m ipykernel_launcher -f connection.json`` in four pieces.
    """

    interpreter: str
    flags: tuple[str, ...]
    launcher: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, command: Sequence[str], further_launchers: Sequence[str] = ()) -> Command:
        """Take a command apart.

        Raises
        ------
        NotWarm
            When it does something else than start an IPython kernel.
        """
        words = [os.path.expanduser(w) for w in command]  # noqa: PTH111 - as jupyter_client does
        try:
            at = words.index("-m")
            launcher = words[at + 1]
        except (ValueError, IndexError):
            raise NotWarm("its command runs no module") from None
        if launcher not in {*LAUNCHERS, *further_launchers}:
            raise NotWarm(f"its command runs {launcher}")
        return cls(words[0], tuple(words[1:at]), launcher, tuple(words[at + 2 :]))


def supported() -> str:
    """Return why kernels cannot be forked on this system; ``""`` when they can."""
    if not sys.platform.startswith("linux"):
        return f"forking is not safe on {sys.platform}"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        return f"this system has no process descriptors: {error}"
    return "" if os.path.isdir("/proc/self/task") else "/proc is not there"  # noqa: PTH112


def launch(
    settings: WarmSettings,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    directory: str,
    streams: tuple[Any, Any, Any] = (None, None, None),
    independent: bool = False,
    sockets: str = "",
) -> WarmProcess:
    """Return a kernel forked from the server that fits; starts that server when it is not there.

    Parameters
    ----------
    settings
        What is warm.
    command, environment, directory, streams
        As for ``subprocess.Popen``.
    independent
        Whether the kernel lives on when this process ends.
    sockets
        Beginning of the names of the kernel's own sockets, for the server to remove when this process cannot.

    Raises
    ------
    NotWarm
        When a normal kernel must be started.
    OSError
        When a normal kernel could not be started either: the directory is not there.
    """
    if reason := supported():
        raise NotWarm(reason)
    parsed = Command.parse(command, settings.launchers)
    # The server runs elsewhere, where relative entries would name other folders.
    base = _with_absolute_path(environment, directory)
    key = server_key(settings, parsed.interpreter, parsed.flags, base)
    try:
        place = Place(find_folder(), key)
    except NoPlace as error:
        raise NotWarm(f"there is no safe folder for sockets: {error}") from error
    given = dict(environment)
    if not independent:
        given["JPY_PARENT_PID"] = str(os.getpid())  # as jupyter_client's own launcher
    request = Request.of_this_process(parsed.arguments, parsed.launcher, directory, given)
    refused = ""
    for _ in range(_TRIES):
        try:
            reader = _connected(place, settings, parsed, base)
        except OSError as error:
            raise NotWarm(f"its server cannot be reached: {error}") from error
        try:
            return _ask(reader, request, streams, independent=independent, sockets=sockets)
        except (Closed, ConnectionError, _Stale) as error:
            refused = str(error)  # it was just leaving: the next one is asked
        except TimeoutError as error:
            raise NotWarm(f"its server did not answer within {_ANSWER:g} s") from error
    raise NotWarm(f"its server was not to be had: {refused}")


def prepare(settings: WarmSettings, command: Sequence[str], environment: Mapping[str, str], *, directory: str) -> None:
    """Start the server of launches like this one, when it is not there; returns when it is warm.

    Raises
    ------
    NotWarm
        When there will be none.
    OSError
        When it cannot be reached.
    """
    if reason := supported():
        raise NotWarm(reason)
    parsed = Command.parse(command, settings.launchers)
    base = _with_absolute_path(environment, directory)
    key = server_key(settings, parsed.interpreter, parsed.flags, base)
    _connected(Place(find_folder(), key), settings, parsed, base).close()


def _with_absolute_path(environment: Mapping[str, str], directory: str) -> dict[str, str]:
    given = dict(environment)
    if path := given.get("PYTHONPATH"):
        given["PYTHONPATH"] = os.pathsep.join(os.path.join(directory, p) for p in path.split(os.pathsep) if p)  # noqa: PTH118
    return given


class _Stale(Exception):
    """The server's code is not the code on the disk any more."""


def _ask(
    reader: Reader, request: Request, streams: tuple[Any, Any, Any], *, independent: bool, sockets: str
) -> WarmProcess:
    handed, opened, pipes = open_streams(*streams)
    lifeline: int | None = None
    kept = False
    try:
        if not independent:
            reading, lifeline = os.pipe2(os.O_CLOEXEC)
            opened.append(reading)
            handed.append(reading)
        message = {"do": "launch", "request": request.to_json(), "independent": independent, "sockets": sockets}
        send(reader.connection, message, handed)
        reply = reader.receive()
        if "stale" in reply:
            raise _Stale(f"{', '.join(reply['stale'])} changed")
        if "failed" in reply:
            number, words = reply["failed"]
            raise OSError(number, os.strerror(number), request.directory) if number else NotWarm(words)
        if "refused" in reply:
            raise NotWarm(f"its server refused: {reply['refused']}")
        descriptor = reader.descriptors.pop()
        kept = True
        return WarmProcess(int(reply["process"]), reader, descriptor, lifeline, pipes)
    finally:
        close_all(opened)
        if not kept:
            reader.close()
            if lifeline is not None:
                close_all([lifeline])
            for pipe in pipes:
                if pipe is not None:
                    pipe.close()


def _connected(place: Place, settings: WarmSettings, command: Command, environment: Mapping[str, str]) -> Reader:
    reader = _connect(place)
    if reader is not None:
        return reader
    try:
        with locked(place.lock, settings.start_seconds):
            reader = _connect(place)  # another process may have started it meanwhile
            if reader is None:
                _start(place, settings, command, environment)
                reader = _connect(place)
    except TimeoutError as error:
        raise NotWarm(f"its server was not warm within {settings.start_seconds:g} s") from error
    if reader is None:
        raise NotWarm("its server ended as soon as it was warm")
    return reader


def _connect(place: Place) -> Reader | None:
    try:
        connection = new_connection(str(place.socket), _ANSWER)
    except (FileNotFoundError, ConnectionRefusedError):  # none, or a socket that was left behind
        return None
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise TimeoutError("its queue is full") from error
        raise
    _, user = peer(connection)
    if user != os.getuid():
        connection.close()
        raise NotWarm(f"its socket belongs to user {user}")
    return Reader(connection)


def _start(place: Place, settings: WarmSettings, command: Command, environment: Mapping[str, str]) -> None:
    _raise_refusal(place)
    hear, say = os.pipe2(os.O_CLOEXEC)
    arguments = [
        command.interpreter,
        *command.flags,
        "-m",
        __name__.rpartition(".")[0] + ".server",
        f"--key={place.key}",
        f"--folder={place.folder}",
        f"--settings={json.dumps(settings.to_json())}",
        f"--ready={say}",
    ]
    # Only what its key names: nothing that belongs to the one kernel that happens to be the first.
    given = settings.variables_of(environment)
    if path := environment.get("PATH"):
        given["PATH"] = path
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            arguments,
            env=given,
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(say,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(hear)
        raise NotWarm(f"{command.interpreter} cannot be started: {error}") from error
    finally:
        os.close(say)
        os.close(log)
    with contextlib.closing(_Ear(hear)) as ear:
        words = ear.words(settings.start_seconds)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)  # it has forked the server and ended
    if process.returncode is None:
        process.kill()
        process.wait()
    if "ready" in words:
        return
    reason = words.get("refused") or f"the server ended while it got warm; {place.log} may say why"
    if not words.get("passing"):
        with contextlib.suppress(OSError):
            place.refusal.write_text(reason, encoding="utf-8")
    raise NotWarm(reason)


def _raise_refusal(place: Place) -> None:
    try:
        age = time.time() - place.refusal.stat().st_mtime
        if age < _REFUSAL:
            raise NotWarm(place.refusal.read_text(encoding="utf-8"))
        place.refusal.unlink(missing_ok=True)
    except OSError:
        return


@dataclass(slots=True)
class _Ear:
    descriptor: int

    def words(self, seconds: float) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, selectors.EVENT_READ)
            if not selector.select(seconds):
                return {"refused": f"the server was not warm within {seconds:g} s"}
        said = os.read(self.descriptor, 65536)
        return json.loads(said) if said else {}

    def close(self) -> None:
        os.close(self.descriptor)
