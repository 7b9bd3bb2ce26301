"""Real kernels from real servers, in a folder of their own, all of them gone afterwards."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from warm_kernels import Warm

from allrise.kernels.client import supported
from allrise.kernels.servers import list_servers, stop_servers

if reason := supported():
    pytest.skip(reason, allow_module_level=True)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::DeprecationWarning"))


@pytest.fixture(scope="session")
def _folder():
    folder = Path(tempfile.mkdtemp(prefix="ak", dir="/tmp"))
    yield folder
    processes = [psutil.Process(s.process) for s in list_servers(folder) if s.process]
    stop_servers(folder, now=True)
    _, left = psutil.wait_procs(processes, timeout=10)
    for process in left:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"servers that did not end when told: {left}"


@pytest.fixture
def folder(_folder, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS_DIR", str(_folder))
    monkeypatch.delenv("ALLRISE_KERNELS", raising=False)
    return _folder


@pytest.fixture
def warm(folder, tmp_path):
    """Start kernels; all of them are ended with the test."""
    started = []

    def start(**changes):
        kernel = Warm(changes.pop("cwd", tmp_path), **changes)
        started.append(kernel)
        return kernel.start()

    yield start
    for kernel in started:
        kernel.end()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in a folder of its own, which servers import from there: ``package(name, source)``."""
    root = tmp_path / "code"
    root.mkdir()
    monkeypatch.setenv("PYTHONPATH", f"{root}:{':'.join(p for p in sys.path if p.endswith('/lib'))}")

    def write(name, source):
        path = root / f"{name}.py"
        path.write_text(source)
        time.sleep(0.02)  # a time of change of its own
        return path

    return write
