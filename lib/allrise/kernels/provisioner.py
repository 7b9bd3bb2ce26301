"""The kernel provisioner ``allrise-warm``: Jupyter's own for local kernels, with a fork in the place of a start.

Where a fork cannot be had, one line in the log says why and a normal kernel is started.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import uuid
from typing import Any, Self, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.localinterfaces import is_local_ip
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Float, List, Unicode

from allrise.kernels.client import NotWarm, launch, supported
from allrise.kernels.place import NoPlace, find_folder
from allrise.kernels.process import WarmProcess
from allrise.kernels.settings import WarmSettings, WrongSettings

#: What a launch may ask for that a fork can give; anything else needs a normal start.
_UNDERSTOOD = frozenset(
    {"cwd", "env", "stdin", "stdout", "stderr", "independent", "extra_arguments", "kernel_id", "start_new_session"}
)


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as forks of a warm server; see :class:`~allrise.kernels.settings.WarmSettings`.

    The traits are the ``config`` of the kernelspec's ``kernel_provisioner`` entry.
    """

    warm = List(Unicode(), help="Modules to import and functions to call before the first kernel.").tag(config=True)
    watch = List(Unicode(), help="Packages and folders whose change needs a new server.").tag(config=True)
    after_fork = List(Unicode(), help="Functions to call in every new kernel.").tag(config=True)
    variables = List(Unicode(), help="Further variables that are read on import.").tag(config=True)
    launchers = List(Unicode(), help="Further modules that start an IPython kernel.").tag(config=True)
    idle_seconds = Float(600.0, help="How long a server without kernels stays.").tag(config=True)
    start_seconds = Float(60.0, help="How long a server may take to get warm.").tag(config=True)
    ipc = Bool(True, help="Unix sockets in place of TCP ports, where the client left the choice.").tag(config=True)
    limits = Dict(help="memory_mb, cpu_seconds, open_files, processes of one kernel.").tag(config=True)

    process: Any = AnyTrait(None, allow_none=True)
    _sockets = ""

    @classmethod
    def of(cls, manager: Any, settings: WarmSettings) -> Self:
        """Return the provisioner for one kernel manager, which must be told: ``manager.provisioner = ...``.

        For programs that make their own kernel managers; with a kernelspec, Jupyter does it.
        """
        given: dict[str, Any] = {k: list(v) if isinstance(v, tuple) else v for k, v in settings.to_json().items()}
        return cls(kernel_id=str(uuid.uuid4()), kernel_spec=manager.kernel_spec, parent=manager, **given)

    def settings(self) -> WarmSettings:
        """Return the traits as settings.

        Raises
        ------
        WrongSettings
            Naming the one that cannot be.
        """
        names = WarmSettings.__dataclass_fields__
        return WarmSettings.from_json({name: getattr(self, name) for name in names})

    @property
    def is_warm(self) -> bool:
        """Whether the kernel that runs was forked."""
        return isinstance(self.process, WarmProcess)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        if manager is not None and self.ipc and not supported():
            self._sockets = _prefer_ipc(manager) or self._sockets
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        try:
            # Starting a server takes seconds, which the client's event loop has better uses for.
            self.process = await asyncio.to_thread(self._launch, cmd, kwargs)
        except (NotWarm, WrongSettings) as error:
            self.log.warning("allrise-warm: a normal kernel is started: %s", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or pathlib.Path.cwd()
        return self.connection_info

    def _launch(self, cmd: list[str], kwargs: dict[str, Any]) -> WarmProcess:
        if further := sorted(k for k in kwargs if k not in _UNDERSTOOD):
            raise NotWarm(f"the launch asks for {', '.join(further)}")
        if os.environ.get("ALLRISE_KERNELS") == "plain":
            raise NotWarm("ALLRISE_KERNELS is plain")
        return launch(
            self.settings(),
            cmd,
            kwargs.get("env") or os.environ,
            directory=os.path.abspath(kwargs.get("cwd") or os.getcwd()),  # noqa: PTH100, PTH109
            streams=(kwargs.get("stdin"), kwargs.get("stdout"), kwargs.get("stderr")),
            independent=bool(kwargs.get("independent")),
            sockets=self._sockets,
        )

    async def send_signal(self, signum: int) -> None:
        if self.process is not None and self.process.poll() is None:
            await super().send_signal(signum)

    async def wait(self) -> int | None:
        if not self.is_warm:
            return await super().wait()
        pause = 0.005
        while (code := self.process.poll()) is None:
            await asyncio.sleep(pause)
            pause = min(0.1, pause * 1.5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        self.process = None
        return code


def _prefer_ipc(manager: Any) -> str:
    """Use Unix sockets for a kernel of this machine whose ports nobody chose; return how their names begin."""
    ports = [getattr(manager, f"{name}_port", 0) for name in ("shell", "iopub", "stdin", "hb", "control")]
    if manager.transport != "tcp" or any(ports) or not is_local_ip(cast("str", manager.ip)):
        return ""
    try:
        folder = find_folder()
    except NoPlace:
        return ""
    manager.transport = "ipc"
    manager.cache_ports = False
    manager.ip = str(folder / f"k{uuid.uuid4().hex[:12]}")
    return manager.ip
