"""Starting and ending the apps' process: Voila's application with our kernels, handlers and places."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import tornado.ioloop
from jupyter_core.utils import run_sync
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from allrise.apps.server import handlers as ours
from allrise.apps.server import wakeup
from allrise.apps.server.files import Files, edition
from allrise.apps.server.kernels import OneKernel, PageKernels
from allrise.apps.server.packs import PackFiles
from allrise.apps.server.places import Places, places_for
from allrise.errors import AllriseError
from allrise.room.server.launch import reached_at
from voila import notebook_renderer

log = logging.getLogger(__name__)

#: Seconds between two looks at kernels that may be put away.
LOOK_SECONDS = 5.0


class PortTaken(AllriseError):
    """Another program listens at the port."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the apps are served.

    Parameters
    ----------
    workshop
        Folder of the notebooks, ``voila.json`` and ``template/``.
    host, port
        Where to listen; port 0 takes a free one.
    data
        A data folder, or ``demo``.
    audience
        ``public``, or ``cluster`` where everybody may see what schools are called.
    room, code, join
        The room server on this machine, the session, and where phones join; all blank without a room.
    most
        Pages open at once; 0 finds out from the memory that is free.
    log
        File for what Voila and the kernels say; blank for none.
    ahead
        Draw ahead what the room will ask for, in a process beside this one.
    packs
        Folder of built packs to show at ``/packs/``; blank for none.
    """

    workshop: Path
    host: str = "127.0.0.1"
    port: int = 0
    data: str = "demo"
    audience: str = "public"
    room: str = ""
    code: str = ""
    join: str = ""
    most: int = 0
    log: str = ""
    packs: str = ""
    ahead: bool = False


class Workshop(Voila):
    """Voila, standing alone, for a hall."""

    settings_: Settings
    _ahead: subprocess.Popen[bytes] | None = None

    def init_settings(self) -> Any:
        settings: Any = super().init_settings()
        # Given to the constructor: later is too late for Voila to pack its answers.
        return {
            **settings,
            "compress_response": True,
            "log_function": lambda _handler: None,
            "terminals_available": False,
        }

    def init_handlers(self) -> Any:
        given = self.settings_
        names = frozenset(p.stem for p in given.workshop.glob("*.ipynb"))
        most = given.most or places_for(psutil.virtual_memory().available)
        self.hall = ours.Hall(Places(most), names, given.code, given.join)
        hall = {"hall": self.hall}
        kept = f"/kept/{edition()}"
        files = Files(tuple(Path(p) for p in self.static_paths if Path(p).is_dir()))
        extensions = Files(tuple(Path(p) for p in self.labextensions_path if Path(p).is_dir()))
        swapped: list[Any] = []
        inherited: Any = super().init_handlers()
        for handler in inherited:
            pattern, cls, *rest = handler
            if cls is TornadoVoilaHandler:
                swapped.append((pattern, ours.AppPage, {**rest[0], **hall}))
            elif cls is VoilaKernelWebsocketHandler:
                swapped.append((pattern, ours.HeardLine, *rest))
            elif cls is VoilaShutdownKernelHandler:
                swapped.append((pattern, ours.Closed, *rest))
            else:
                swapped.append(handler)
        counted = {**hall, "kernels": self.kernel_manager}
        return [
            (r"/", ours.Door, hall),
            (r"/console/([A-Za-z0-9_-]{8,80})", ours.ConsoleDoor, hall),
            (r"/place", ours.PlaceNow, counted),
            (r"/health", ours.Health, counted),
            (r"/check", ours.Check, hall),
            (r"/check/load", ours.CheckLoad, hall),
            (r"/check/line", ours.CheckLine),
            *(
                [
                    (
                        r"/packs/(.*)",
                        PackFiles,
                        {"path": given.packs, "default_filename": "index.html", "audience": given.audience},
                    )
                ]
                if given.packs
                else []
            ),
            (rf"{kept}/static/(.*)", ours.KeptFile, {**hall, "files": files}),
            (rf"{kept}/labextensions/(.*)", ours.KeptFile, {**hall, "files": extensions}),
            *swapped,
        ]

    def listen(self) -> None:
        given = self.settings_
        try:
            sockets = bind_sockets(given.port, given.host, backlog=512)
        except OSError as error:
            raise PortTaken(
                f"allrise serve: port {given.port} for the apps cannot be opened ({error.strerror}).",
                "Is it running already? Else choose another one with --port; the apps take the next.",
            ) from error
        self.port = int(sockets[0].getsockname()[1])
        server = HTTPServer(self.app, max_body_size=2 * 2**20, idle_connection_timeout=120)
        server.add_sockets(sockets)
        kernels = self.kernel_manager
        if isinstance(kernels, PageKernels) and given.log:
            kernels.errors = open(given.log, "ab")  # noqa: PTH123, SIM115 - open for the process's life
        looking = tornado.ioloop.PeriodicCallback(self._look, LOOK_SECONDS * 1000)
        looking.start()
        if given.ahead:
            line = [sys.executable, "-m", "allrise.apps.ahead", "--data", given.data, "--audience", given.audience]
            self._ahead = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=kernels.errors
            )
        tornado.ioloop.IOLoop.current().add_callback(self._first_kernel)
        print(json.dumps({"port": self.port, "address": reached_at(given.host, self.port)}), flush=True)
        self.ioloop = tornado.ioloop.IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            looking.stop()
            self.stop()

    async def _first_kernel(self) -> None:
        """Start and end a kernel nobody asked for: with it the warm server is up before the first visitor comes."""
        kernels = self.kernel_manager
        try:
            await kernels.shutdown_kernel(await kernels.start_kernel(kernel_name="python3"), now=True)
        except Exception as error:  # noqa: BLE001 - the visitors' own kernels will tell
            log.warning("no kernel could be started ahead: %s", error)

    async def _look(self) -> None:
        kernels = self.kernel_manager
        if isinstance(kernels, PageKernels):
            await kernels.put_away()

    def stop(self) -> None:
        if self._ahead is not None and self._ahead.poll() is None:
            self._ahead.terminate()
            self._ahead.wait()
        shutil.rmtree(self.connection_dir, ignore_errors=True)
        run_sync(self.kernel_manager.shutdown_all)(now=True)


def config_of(given: Settings) -> Config:
    """Return Voila's configuration: the file of the workshop folder, and what a hall needs."""
    config = Config(json.loads((given.workshop / "voila.json").read_text("utf-8")))
    config.VoilaConfiguration.multi_kernel_manager_class = PageKernels
    config.VoilaConfiguration.kernel_spec_manager_class = OneKernel
    config.VoilaConfiguration.page_config_hook = _kept_addresses
    config.KernelManager.autorestart = False  # a page's state is gone with its kernel: it says so and is loaded again
    config.VoilaExecutor.startup_timeout = 40
    if sys.platform != "win32":
        config.KernelManager.transport = "ipc"  # ports can be taken by others while a kernel starts
    return config


def _kept_addresses(page_config: dict[str, Any], **_more: Any) -> dict[str, Any]:
    page_config["fullStaticUrl"] = f"/kept/{edition()}/static"
    page_config["fullLabextensionsUrl"] = f"/kept/{edition()}/labextensions"
    return page_config


def serve(given: Settings) -> None:
    """Serve the apps until the process is told to end; prints port and address as JSON once it listens.

    Raises
    ------
    PortTaken
        When the port is in use or may not be opened.
    """
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        p for p in (str(given.workshop / "template"), os.environ.get("JUPYTER_PATH", "")) if p
    )
    for name, value in (
        ("ALLRISE_DATA", given.data),
        ("ALLRISE_ROOM", given.room),
        ("ALLRISE_SESSION", given.code),
        ("ALLRISE_JOIN", given.join),
        ("ALLRISE_AUDIENCE", given.audience),
        ("ALLRISE_PACKS", given.packs),
    ):
        if value:
            os.environ[name] = value
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    wakeup.mend()
    notebook_renderer.VoilaExporter = ours.SharedExporter  # type: ignore[misc]
    app = Workshop(config=config_of(given))
    app.settings_ = given
    app.config_file_paths = [str(given.workshop)]
    app.open_browser = False
    app.connection_dir_root = tempfile.gettempdir()
    app.initialize([str(given.workshop), "--no-browser"])
    app.update_config(config_of(given))
    said = getattr(app.log, "logger", app.log)
    said.handlers.clear()  # what Voila says goes where everything goes: into the log file, not between a person's addresses
    said.propagate = True
    said.setLevel(logging.INFO)
    app.start()
