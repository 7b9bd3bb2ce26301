"""Warm against normal kernels: seconds until ready with imports and with a figure, and memory; in turns, in one run.

``python benchmarks/kernels.py [--quick] [--json FILE]``. Ratios of medians are what to quote: both kinds are started
in turns on the same machine. Memory is PSS, the share of each page divided by those who share it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

from allrise.kernels.provisioner import WarmProvisioner
from allrise.kernels.servers import stop_servers
from allrise.kernels.settings import WarmSettings

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 starts of each kind, for a look")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/kernels.json"), help="where the numbers go")
    given = parser.parse_args()
    rounds = 3 if given.quick else 15
    os.environ.pop("ALLRISE_KERNELS", None)
    with tempfile.TemporaryDirectory(prefix="ak", dir="/tmp") as sockets, tempfile.TemporaryDirectory() as folder:
        os.environ["ALLRISE_KERNELS_DIR"] = sockets
        first = measured(folder, warm=True)  # starts the server
        pairs = [(measured(folder, warm=True), measured(folder, warm=False)) for _ in range(rounds)]
        stop_servers()
    table: dict[str, dict[str, float]] = {}
    for name in pairs[0][0]:
        warm, normal = [p[0][name] for p in pairs], [p[1][name] for p in pairs]
        ratios = [n / w for w, n in zip(warm, normal, strict=True)]
        table[name] = {
            "warm": statistics.median(warm),
            "normal": statistics.median(normal),
            "ratio": statistics.median(ratios),
            "ratio_least": min(ratios),
            "ratio_most": max(ratios),
        }
    print(f"{rounds} starts of each kind, in turns; the first warm one, with its server: {first['ready_s']:.2f} s")
    print(f"{'':16}{'warm':>8}{'normal':>8}{'ratio':>8}   (least to most)")
    for name, row in table.items():
        spread = f"({row['ratio_least']:.1f} to {row['ratio_most']:.1f})"
        print(f"{name:16}{row['warm']:8.2f}{row['normal']:8.2f}{row['ratio']:8.1f}   {spread}")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    content = {"rounds": rounds, "first_ready_s": first["ready_s"], "cores": os.cpu_count(), "rows": table}
    given.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
