"""Voila for many arrivals: time to the first useful view and to all widgets, and memory a visitor, beside Voila as it comes.

Both serve the same notebook, ``workshop/big_picture.ipynb``, on this machine, one after the other; visitors are pages of one
Chromium that arrive together. Medians and the slowest; memory is the proportional set size (PSS) of the kernels.

    python benchmarks/voila.py [--arrivals 1,10,30] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
NAME = "big_picture"
LIMIT = 120_000
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "OPENBLAS_NUM_THREADS": "1"}


def ours() -> tuple[subprocess.Popen[str], str]:
    """Start the kit's server; return its process and the page's address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "allrise.apps.server", "--workshop", str(ROOT / "workshop"), "--audience", "cluster", "--most", "200"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert process.stdout is not None
    return process, f"{json.loads(process.stdout.readline())['address']}/voila/render/{NAME}.ipynb"


def plain(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start Voila as it comes, with its own template, on a copy of the notebook."""
    shutil.copy(ROOT / "workshop" / f"{NAME}.ipynb", folder)
    port = 8899
    process = subprocess.Popen(
        [sys.executable, "-m", "voila", str(folder), "--no-browser", f"--port={port}", "--Voila.port_retries=0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT, cwd=folder,
    )  # fmt: skip
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
            break
        except OSError:
            time.sleep(0.25)
    return process, f"http://127.0.0.1:{port}/voila/render/{NAME}.ipynb"


def kernels_pss() -> list[float]:
    """Return PSS in MB of every kernel below this process and below warm servers."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if "ipykernel_launcher" in line:
            try:
                found.append(process.memory_full_info().pss / 2**20)
            except (psutil.Error, AttributeError):
                continue
    return found


async def arrive(address: str, visitors: int) -> dict[str, float | int]:
    """Let visitors arrive together; return seconds and requests."""
    from playwright.async_api import async_playwright

    async with async_playwright() as started:
        browser = await started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )

        async def one() -> tuple[float, float] | None:
            context = await browser.new_context()
            page = await context.new_page()
            begun = time.perf_counter()
            try:
                await page.goto(address, wait_until="commit", timeout=LIMIT)
                await page.wait_for_selector("h1:visible, h2:visible, .lead:visible", timeout=LIMIT)
                view = time.perf_counter() - begun
                await page.wait_for_selector(".ar-predict-line svg", timeout=LIMIT)
            except Exception:  # noqa: BLE001 - a page that never comes is the result
                return None
            return view, time.perf_counter() - begun

        got = await asyncio.gather(*(one() for _ in range(visitors)))
        memory = kernels_pss()
        await browser.close()
    served = [g for g in got if g]
    return {
        "visitors": visitors, "lost": visitors - len(served),
        "view_median": statistics.median(v for v, _ in served) if served else float("nan"),
        "view_slowest": max((v for v, _ in served), default=float("nan")),
        "ready_median": statistics.median(r for _, r in served) if served else float("nan"),
        "ready_slowest": max((r for _, r in served), default=float("nan")),
        "kernel_mb": statistics.median(memory) if memory else float("nan"),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arrivals", default="1,10,30")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results: dict[str, list[dict[str, float | int]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, start in (("allrise", ours), ("Voila as it comes", lambda: plain(Path(folder)))):
            process, address = start()
            try:
                results[name] = [asyncio.run(arrive(address, int(n))) for n in given.arrivals.split(",")]
            finally:
                process.terminate()
                process.wait(30)
    print(f"{'':<18} {'visitors':>8} {'lost':>5} {'view s':>14} {'ready s':>14} {'MB a kernel':>12}")
    for name, rows in results.items():
        for r in rows:
            print(
                f"{name:<18} {r['visitors']:>8} {r['lost']:>5} {r['view_median']:>6.1f}–{r['view_slowest']:<7.1f} "
                f"{r['ready_median']:>6.1f}–{r['ready_slowest']:<7.1f} {r['kernel_mb']:>12.0f}"
            )
    if given.json:
        given.json.write_text(json.dumps(results, indent=1), "utf-8")


if __name__ == "__main__":
    main()
