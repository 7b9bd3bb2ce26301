"""A small data folder, notebooks made on the spot, and a way to build packs from both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pages
import psutil
import pytest

from allrise.packs.build import build
from allrise.packs.plan import BuildOptions

HERE = Path(__file__).parent
PARAMETERS = "data: str = ''  # folder\ncluster_id: str = ''  # which\naudience: str = 'cluster'\nminutes: int = 60"
SAY = "from allrise.content.blocks import Text\nText(({},))"


@dataclass
class Place:
    """A folder with data and notebooks, to build packs in."""

    root: Path
    temporary: Path
    events: list = field(default_factory=list)

    @property
    def data(self):
        return self.root / "data"

    @property
    def out(self):
        return self.root / "packs"

    def clusters(self, *ids):
        self.data.mkdir(exist_ok=True)
        head = "cluster_id,name,country\n"
        (self.data / "clusters.csv").write_text(
            head + "".join(f'"{i}",Name of {n},GB-ENG\n' for n, i in enumerate(ids))
        )
        schools = "".join(f"s{n},School {n},GB-ENG\n" for n in range(len(ids)))
        (self.data / "schools.csv").write_text("school_id,name,country\n" + schools)
        spells = "".join(f's{n},"{i}",2015-09-01,\n' for n, i in enumerate(ids))
        (self.data / "memberships.csv").write_text("school_id,cluster_id,joined_on,left_on\n" + spells)

    def chapter(self, name, *cells, parameters=PARAMETERS, kind="pack"):
        folder = self.root / "notebooks" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (self.root / "notebooks" / "system").mkdir(exist_ok=True)
        notebook = nbformat.v4.new_notebook()
        first = nbformat.v4.new_code_cell(parameters, id="parameters")
        first.metadata["tags"] = ["parameters"]
        rest = [nbformat.v4.new_code_cell(c, id=f"cell-{n}") for n, c in enumerate(cells)]
        notebook.cells = [nbformat.v4.new_markdown_cell("What is it?", id="question"), first, *rest]
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = folder / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    def options(self, **changes):
        given = {
            "data": str(self.data),
            "out": self.out,
            "notebooks": self.root / "notebooks",
            "renderer": pages.page,
            "index_renderer": pages.index,
            "jobs": 2,
        }
        return BuildOptions(**{**given, **changes})

    def build(self, **changes):
        self.events = []
        return build(self.options(**changes), self.events.append)

    def page(self, folder):
        return json.loads((self.out / folder / "index.html").read_text())

    def manifest(self, folder=""):
        return json.loads((self.out / folder / "manifest.json").read_text())

    def start(self, **changes):
        """Start a build in a process group of its own."""
        given = {"data": str(self.data), "out": str(self.out), "notebooks": str(self.root / "notebooks"), **changes}
        return subprocess.Popen(
            [sys.executable, str(HERE / "drive.py"), json.dumps(given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self):
        """Return processes that work in this place: started with its temporary folder, or (forked kernels) in it."""
        found = []
        here = str(self.temporary)
        for process in psutil.process_iter():
            try:
                if process.pid == os.getpid():
                    continue
                if process.environ().get("TMPDIR", "").startswith(here) or process.cwd().startswith(here):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def nothing_is_left(self, seconds=8.0):
        """Wait until no process and no temporary file of a build is left, and say what is."""
        until = time.monotonic() + seconds
        while True:
            left = [str(p) for p in self.processes()]
            left += [str(p) for p in self.temporary.iterdir()]
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.1)


@pytest.fixture
def place(tmp_path, monkeypatch):
    # Short, because the sockets of kernels lie in it and their paths may not be long.
    temporary = Path(tempfile.mkdtemp(prefix="t", dir="/tmp" if os.name == "posix" else None))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("ALLRISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]))
    place = Place(tmp_path, temporary)
    place.clusters("c1", "c2")
    yield place
    for process in place.processes():
        process.kill()
    shutil.rmtree(temporary, ignore_errors=True)
