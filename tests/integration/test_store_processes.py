"""The store among processes: killed while preparing, prepared by two at once, cleaned while others read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from allrise.data.package import About, Licence, Source, write_folder
from allrise.data.store import open_store
from allrise.data.store.cache import KEEP, stores_folder
from allrise.data.tables import CLUSTERS, MEMBERSHIPS, SCHOOLS

OPEN = """
import sys, time
from allrise.data.store import open_store
def progress(what, share):
    print(what, flush=True)
    if what == sys.argv[3]:
        time.sleep(60)
print(open_store(sys.argv[1], cache=__import__("pathlib").Path(sys.argv[2]), progress=progress).path, flush=True)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path / "data", "Ash")
    return tmp_path / "data"


def write(folder: Path, name: str) -> None:
    clusters, schools, memberships = CLUSTERS.empty(), SCHOOLS.empty(), MEMBERSHIPS.empty()
    clusters.loc[0, ["cluster_id", "name", "country"]] = ["X", "Xanthe", "GB-ENG"]
    schools.loc[0, ["school_id", "name", "country"]] = ["a", name, "GB-ENG"]
    memberships.loc[0, ["school_id", "cluster_id"]] = ["a", "X"]
    tables = {"clusters": clusters, "schools": schools, "memberships": memberships}
    write_folder(folder, tables, About("t", "T", (Licence("CC0-1.0"),), (Source("us"),)))


def start(data: Path, cache: Path, hang_at: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(data), str(cache), hang_at], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("step", ["Checking the data", "Preparing memberships", "Preparing schools", "Prepared"])
def test_a_process_killed_while_preparing_leaves_nothing_wrong(data: Path, tmp_path: Path, step: str):
    cache = tmp_path / "cache"
    killed = start(data, cache, step)
    assert killed.stdout is not None
    for line in killed.stdout:
        if line.strip() == step:
            break
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert [p.name[:10] for p in stores_folder(cache).iterdir()] == [".building-"]
    store = open_store(data, cache=cache)
    assert store.slice("X").table("schools")["name"].tolist() == ["Ash"]
    assert list(stores_folder(cache).iterdir()) == [store.path]


def test_two_processes_prepare_once(data: Path, tmp_path: Path):
    processes = [start(data, tmp_path / "cache") for _ in range(3)]
    said = [process.communicate()[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len({lines[-1] for lines in said}) == 1
    assert sum("Prepared" in lines for lines in said) == 1


def test_a_derived_table_is_built_by_one_process(data: Path, tmp_path: Path):
    path = open_store(data, cache=tmp_path / "cache").path
    code = (
        "import sys, time, pandas as pd; from allrise.data.store import open_store\n"
        "def build(store):\n    print('built', flush=True); time.sleep(1)\n    return pd.DataFrame({'cluster_id': ['X'], 'n': [1]})\n"
        "store = open_store(sys.argv[1]); store.derived('n', build, version='1')\n"
        "assert store.derived_slice('n', 'X')['n'].tolist() == [1]\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(said) == ["", "", "built\n"]


def test_changed_data_are_prepared_anew_whatever_their_times_and_size(data: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    file = data / "schools.csv"
    before = file.stat()
    first = open_store(data, cache=cache)
    file.write_text(file.read_text().replace("Ash", "Elm"))  # as long as it was
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = open_store(data, cache=cache)
    assert second.fingerprint != first.fingerprint
    assert second.slice("X").table("schools")["name"].tolist() == ["Elm"]


def test_stores_that_nobody_used_for_long_go_when_another_is_prepared(data: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    paths: list[Path] = []
    for place in range(KEEP + 2):
        write(data, f"School {place}")
        paths.append(open_store(data, cache=cache).path)
        ago = time.time() - (KEEP + 2 - place) * 2 * 24 * 3600
        os.utime(paths[-1] / "used", (ago, ago))
    ancient = time.time() - 40 * 24 * 3600
    os.utime(paths[5] / "used", (ancient, ancient))
    write(data, "Last")
    last = open_store(data, cache=cache).path
    left = {p.name for p in stores_folder(cache).iterdir()}
    kept = [p for p in paths[2:] if p != paths[5]] + [last]
    assert left == {p.name for p in kept}


def test_a_store_used_within_a_day_stays(data: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    for place in range(KEEP + 3):
        write(data, f"School {place}")
        open_store(data, cache=cache)
    assert len(list(stores_folder(cache).iterdir())) == KEEP + 3
