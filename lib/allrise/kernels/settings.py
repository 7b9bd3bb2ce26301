"""What a warm server holds and what its kernels may use; the ``config`` of the kernelspec's provisioner."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

#: Raised when server and client would not understand each other any more.
PROTOCOL = 1

#: Modules that start an ordinary IPython kernel when they are run with ``-m``.
LAUNCHERS = ("ipykernel_launcher", "ipykernel", "ipykernel.kernelapp")

#: Variables that packages read while they are imported, or the interpreter when it starts: a kernel that asks
#: for other values needs another server. Everything else is set in the fork.
VARIABLES = (
    "ALLRISE_KERNELS_DIR",
    "CONDA_PREFIX",
    "GLIBC_TUNABLES",
    "HOME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "VIRTUAL_ENV",
)
VARIABLE_PREFIXES = (
    "ARROW_",
    "BLIS_",
    "GOTO_",
    "JE_ARROW_",
    "LC_",
    "LD_",
    "MALLOC_",
    "MKL_",
    "MPL",
    "NUMBA_",
    "NUMEXPR_",
    "NUMPY_",
    "OMP_",
    "OPENBLAS_",
    "PANDAS_",
    "PYARROW_",
    "PYTHON",
    "XDG_",
)

#: Set anew for every kernel; PYTHONEXECUTABLE never reaches one.
_NOT_VARIABLES = frozenset({"PYTHONEXECUTABLE"})


class WrongSettings(ValueError):
    """The provisioner's ``config`` holds something that it does not know."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one kernel; ``None`` leaves what the client has.

    Parameters
    ----------
    memory_mb
        Memory that notebooks may take beyond what a kernel has when it is ready, in MiB; more is a
        ``MemoryError`` in the notebook.
    cpu_seconds
        Processor time, after which the kernel is killed.
    open_files, processes
        As ``ulimit -n`` and ``ulimit -u``.
    """

    memory_mb: int | None = None
    cpu_seconds: int | None = None
    open_files: int | None = None
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class WarmSettings:
    """What to warm, and for how long; two launches with the same settings share a server.

    Parameters
    ----------
    warm
        In this order: ``package.module`` is imported, ``package.module:function`` is imported and called
        without arguments (a first draw that fills caches). What fails is skipped and named in the server's log.
    watch
        Packages and folders whose files are part of the code state, beside everything that was imported from
        outside of site-packages. When one of them changes, the next kernel comes from a new server.
    after_fork
        ``package.module:function`` called in every new kernel, to seed what must differ between kernels.
    variables
        Further environment variables that packages read while they are imported.
    launchers
        Further modules that may stand after ``-m`` in the kernelspec and start nothing but an IPython kernel.
    idle_seconds
        How long a server without kernels stays.
    start_seconds
        How long a server may take to get warm before a normal kernel is started instead.
    ipc
        Talk over Unix sockets where the client left the choice; TCP ports can be taken by others while a
        kernel starts.
    limits
        Bounds on each kernel.
    """

    warm: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    after_fork: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    launchers: tuple[str, ...] = ()
    idle_seconds: float = 600.0
    start_seconds: float = 60.0
    ipc: bool = True
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings from a kernelspec's ``config``.

        Raises
        ------
        WrongSettings
            Naming the entry.
        """
        values: dict[str, Any] = {}
        types = {f.name: f for f in fields(cls)}
        for name, value in given.items():
            if name not in types:
                raise WrongSettings(f"{name!r} is not a setting; there are {', '.join(types)}")
            values[name] = _setting(name, value)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`from_json` reads."""
        return asdict(self)

    def variables_of(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of ``environment`` that need a server of their own."""
        named = {*VARIABLES, *self.variables}
        return {
            name: value
            for name, value in sorted(environment.items())
            if (name in named or name.startswith(VARIABLE_PREFIXES)) and name not in _NOT_VARIABLES
        }


def _setting(name: str, value: Any) -> Any:
    if name == "limits" and isinstance(value, Mapping):
        return _limits(value)
    if name == "ipc" and isinstance(value, bool):
        return value
    if name.endswith("_seconds"):
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
    elif isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return tuple(value)
    raise WrongSettings(f"{name!r} cannot be {value!r}")


def _limits(given: Mapping[str, Any]) -> Limits:
    names = [f.name for f in fields(Limits)]
    for name, value in given.items():
        if name not in names:
            raise WrongSettings(f"limits: {name!r} is not one; there are {', '.join(names)}")
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value <= 0):
            raise WrongSettings(f"limits: {name!r} cannot be {value!r}")
    return Limits(**given)


def server_key(settings: WarmSettings, interpreter: str, flags: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """Return the name of the one server whose forks are as good as a kernel started by this launch.

    Parameters
    ----------
    interpreter, flags
        The kernelspec's program, and what stands between it and ``-m``.
    environment
        The launch's environment variables.
    """
    parts = [PROTOCOL, settings.to_json(), interpreter, flags, settings.variables_of(environment), _surroundings()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _surroundings() -> list[Any]:
    """Return what a process hands to its children and a fork of the server cannot take over from the client."""
    if sys.platform != "linux":
        return []
    spaces = sorted(os.listdir("/proc/self/ns"))  # noqa: PTH208 - names only
    places = [_link(f"/proc/self/ns/{name}") for name in spaces]
    try:
        control_group = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        control_group = ""
    return [os.getresuid(), os.getresgid(), sorted(os.getgroups()), os.nice(0), places, control_group]


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return ""
