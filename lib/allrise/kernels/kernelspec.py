"""The kernelspec through which Jupyter finds warm kernels."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

from allrise.kernels.settings import WarmSettings

#: Name of the kernelspec, and of the entry point of the provisioner.
NAME = "allrise-warm"


def kernelspec(settings: WarmSettings, display_name: str = "Python 3 (warm)") -> dict[str, Any]:
    """Return the content of ``kernel.json`` for this interpreter.

    Parameters
    ----------
    settings
        What its server warms; only what differs from the defaults is written down.
    """
    given, defaults = settings.to_json(), WarmSettings().to_json()
    config = {name: value for name, value in given.items() if value != defaults[name]}
    if "limits" in config:
        config["limits"] = {k: v for k, v in config["limits"].items() if v is not None}
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": display_name,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": True,
            "kernel_provisioner": {"provisioner_name": NAME, "config": config},
        },
    }


def install(settings: WarmSettings, *, name: str = NAME, prefix: str | None = None, user: bool = False) -> Path:
    """Write the kernelspec where Jupyter looks for it, in the place of an older one of this name.

    Parameters
    ----------
    prefix
        Folder of an environment; this interpreter's when neither it nor ``user`` is given.
    user
        Install for this user, in every environment.

    Returns
    -------
    pathlib.Path
        The kernelspec's folder.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / name
        source.mkdir()
        text = json.dumps(kernelspec(settings), indent=1, ensure_ascii=False)
        (source / "kernel.json").write_text(text + "\n", encoding="utf-8")
        _logos(source)
        where = None if user else prefix or sys.prefix
        written = KernelSpecManager().install_kernel_spec(str(source), name, user=user, prefix=where)
    return Path(written)


def _logos(folder: Path) -> None:
    import ipykernel

    for logo in (Path(ipykernel.__file__).parent / "resources").glob("logo-*"):
        shutil.copy(logo, folder)
