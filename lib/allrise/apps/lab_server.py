"""JupyterLab as a process of ours: set up to speak to no other host, started, and ended with its kernels."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import Any

from allrise.apps.explore import ENVIRONMENT as DATA
from allrise.apps.explore_saving import ENVIRONMENT as FOLDER
from allrise.errors import AllriseError

#: Seconds to be ready, and to end with all kernels.
READY_SECONDS = 90.0
END_SECONDS = 15.0

#: JupyterLab's settings for people who are not programmers; their own settings come before these.
OVERRIDES: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light", "adaptive-theme": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "codeCellConfig": {"lineWrap": True}},
    "@jupyterlab/docmanager-extension:plugin": {"renameUntitledFileOnSave": False},
}

#: Parts of JupyterLab that ask other hosts, turned off whatever the settings say.
DISABLED = ("@jupyterlab/apputils-extension:announcements", "@jupyterlab/extensionmanager-extension")


class LabNotStarted(AllriseError):
    """JupyterLab could not be started."""


def check_installed() -> None:
    """Raise when JupyterLab is not installed.

    Raises
    ------
    LabNotStarted
        With what installs it.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise LabNotStarted("JupyterLab is not installed.", "Install it with: pip install 'allrise[workshop]'")


class LabServer:
    """One JupyterLab.

    Parameters
    ----------
    folder
        What people see as the top of their files.
    data
        Set as ``ALLRISE_DATA`` for every kernel.
    host, port
        Where it listens; when the port is taken the next free one is used, and for 0 any.
    runtime
        A folder of its own for what belongs to this run; taken away by whoever made it.
    first
        The notebook to open, inside ``folder``.
    """

    def __init__(self, folder: Path, data: str, *, host: str, port: int, runtime: Path, first: str) -> None:
        self.folder, self.data, self.host, self.port = folder, data, host, port
        self.first = first
        self._runtime = runtime
        self._token = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = runtime / "jupyterlab.log"
        self._url = ""

    @property
    def address(self) -> str:
        """The address to open, with the token."""
        return f"{self._url}lab/tree/{self.first}?token={self._token}"

    def start(self, ending: threading.Event) -> None:
        """Start it and wait until it answers, or until ``ending`` is set.

        Raises
        ------
        LabNotStarted
            When it ends or stays silent; the message has its last words.
        """
        settings = self._runtime / "settings"
        settings.mkdir()
        (settings / "overrides.json").write_text(json.dumps(OVERRIDES), "utf-8")
        (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": dict.fromkeys(DISABLED, True)}))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end it without a question
                cwd=self.folder,
                env={
                    **os.environ,
                    DATA: self.data,
                    FOLDER: str(self.folder),
                    "JUPYTER_TOKEN": self._token,  # not on the command line, which others on this machine can read
                    "JUPYTER_RUNTIME_DIR": str(self._runtime / "runtime"),
                },
            )
        until = time.monotonic() + READY_SECONDS
        while not ending.wait(0.1):
            self.check_alive()
            if self._ready():
                return
            if time.monotonic() > until:
                self.end()
                raise LabNotStarted(f"JupyterLab did not answer in {READY_SECONDS:.0f} s.\n{self._last_words()}")

    def check_alive(self) -> None:
        """Raise when it has ended by itself.

        Raises
        ------
        LabNotStarted
            With its last words.
        """
        if self._process is not None and self._process.poll() is not None:
            raise LabNotStarted(f"JupyterLab ended by itself.\n{self._last_words()}", "Start it again.")

    def open_browser(self) -> None:
        """Open the address in the user's browser, where there is one with windows."""
        windows = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        if windows:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(self.address)

    def end(self) -> None:
        """End it with all its kernels."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self, settings: Path) -> list[str]:
        traits = {
            "ServerApp.root_dir": str(self.folder),
            "ServerApp.ip": self.host,
            "ServerApp.port": str(self.port),
            "ServerApp.port_retries": "50",
            "ServerApp.open_browser": "False",
            "ServerApp.allow_root": "True",  # a container's only user; the token stands all the same
            "ServerApp.default_url": f"/lab/tree/{self.first}",
            "LabApp.default_url": f"/lab/tree/{self.first}",
            "LabApp.news_url": "None",
            "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "LabApp.extension_manager": "readonly",
            "LabApp.app_settings_dir": str(settings),
            "LabApp.workspaces_dir": str(self._runtime / "workspaces"),
            "LabApp.collaborative": "False",
        }
        return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in traits.items())]

    def _ready(self) -> bool:
        for found in (self._runtime / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._url = str(json.loads(found.read_text("utf-8"))["url"])
                with urllib.request.urlopen(f"{self._url}api/status?token={self._token}", timeout=2) as answer:  # noqa: S310  our own
                    return answer.status == 200
        return False

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(lines[-8:])
