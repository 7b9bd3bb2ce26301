"""Warm against normal kernels: seconds until ready with imports and with a figure, and memory; in turns, in one run.

``python benchmarks/kernels.py [--quick] [--json FILE]``. Ratios of medians are what to quote: both kinds are started
in turns on the same machine. Memory is PSS, the share of each page divided by those who share it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

import measure
from allrise.kernels.provisioner import WarmProvisioner
from allrise.kernels.servers import stop_servers
from allrise.kernels.settings import WarmSettings
from benches import BENCHES
from measure import Options, Record

SETTINGS = WarmSettings(
    warm=("numpy", "pandas", "matplotlib.pyplot", "allrise.kernels.warming:matplotlib_first_draw"), idle_seconds=30.0
)
IMPORTS = "import numpy, pandas, matplotlib.pyplot as plt"
FIGURE = "figure, axes = plt.subplots(); axes.plot([1, 2, 3]); axes.set_title('A title'); figure.savefig('f.svg'); plt.close()"


class ThisInterpreter(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python", interrupt_mode="signal")


def measured(folder: str, *, warm: bool) -> dict[str, float]:
    """Start one kernel, run both cells, end it; seconds from the launch, MB of PSS, seconds of the end."""
    manager = KernelManager(kernel_name="x", kernel_spec_manager=ThisInterpreter())
    if warm:
        manager.provisioner = WarmProvisioner.of(manager, SETTINGS)
    found: dict[str, float] = {}
    started = time.perf_counter()
    manager.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        found["ready_s"] = time.perf_counter() - started
        process = psutil.Process(manager.provisioner.pid)
        for name, code in (("imports", IMPORTS), ("figure", FIGURE)):
            reply = client.execute_interactive(code, timeout=120, output_hook=lambda _: None)
            if reply["content"]["status"] != "ok":
                raise SystemExit(f"the cell failed: {reply['content']}")
            found[f"{name}_s"] = time.perf_counter() - started
            found[f"{name}_pss_mb"] = process.memory_full_info().pss / 2**20
    finally:
        client.stop_channels()
        ending = time.perf_counter()
        manager.shutdown_kernel()
        found["end_s"] = time.perf_counter() - ending
    return found


def work(record: Record, given: Options) -> None:
    rounds = 3 if given.quick else 15
    os.environ.pop("ALLRISE_KERNELS", None)
    with tempfile.TemporaryDirectory(prefix="ak", dir="/tmp") as sockets, tempfile.TemporaryDirectory() as folder:
        os.environ["ALLRISE_KERNELS_DIR"] = sockets
        try:
            first = measured(folder, warm=True)  # starts the server
            pairs: list[tuple[dict[str, float], dict[str, float]]] = []
            for _ in range(rounds):
                pairs.append((measured(folder, warm=True), measured(folder, warm=False)))
                _keep(record, pairs)
            _together(record, folder, 4 if given.quick else 20)
        finally:
            stop_servers()
    record.reading("kernel_first", "first warm kernel, with its server", first["ready_s"], "s")


def _together(record: Record, folder: str, count: int) -> None:
    """Measure the memory of many kernels that live at once: they share their server's with it and with each other."""
    managers = []
    found: dict[str, list[float]] = {"imports": [], "figure": []}
    try:
        for _ in range(count):
            manager = KernelManager(kernel_name="x", kernel_spec_manager=ThisInterpreter())
            manager.provisioner = WarmProvisioner.of(manager, SETTINGS)
            manager.start_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            managers.append(manager)
        for name, code in (("imports", IMPORTS), ("figure", FIGURE)):
            for manager in managers:
                client = manager.client()
                client.start_channels()
                client.wait_for_ready(timeout=120)
                client.execute_interactive(code, timeout=120, output_hook=lambda _: None)
                client.stop_channels()
            for manager in managers:
                found[name].append(psutil.Process(manager.provisioner.pid).memory_full_info().pss / 2**20)
    finally:
        for manager in managers:
            manager.shutdown_kernel(now=True)
    for name, said in (("imports", "with imports"), ("figure", "with a figure")):
        if found[name]:
            record.reading(
                f"kernels_{name}_pss_mb", f"{count} kernels at once: memory of each {said}", found[name], "MB"
            )


_SAID = {
    "ready_s": "until ready", "imports_s": "until ready, with imports", "figure_s": "until a first figure",
    "imports_pss_mb": "memory with imports", "figure_pss_mb": "memory with a figure", "end_s": "shutdown",
}  # fmt: skip


def _keep(record: Record, pairs: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    for name, said in _SAID.items():
        record.reading(
            f"kernel_{name}", f"a kernel: {said}", [p[0][name] for p in pairs], "MB" if name.endswith("mb") else "s",
            against=("a normal kernel", [p[1][name] for p in pairs]), paired=True,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(measure.main(BENCHES["kernels"], work))
