"""Builds that are killed, interrupted or started twice: every pack is the old one or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest

from allrise.packs.manifest import find_packs, verify_all

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are Unix's")

SAY = "from allrise.content.blocks import Text\nText(({},))"
SLOW = "import time\ntime.sleep({})"


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def packs_are_whole(place):
    """Every pack has the files of its manifest, and its page is of the same build as its record."""
    findings = [f for f in verify_all(place.out) if f.problem != "missing" or f.file != "manifest.json"]
    assert findings == []
    for folder, manifest in find_packs(place.out):
        assert place.page(folder.name)["minutes"] == manifest["parameters"]["minutes"]
    strangers = {p.name for p in place.out.iterdir()} - {f.name for f, _ in find_packs(place.out)}
    assert strangers <= {"index.html", "manifest.json", ".allrise-build"}


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_whole_packs_and_the_next_one_finishes(place):
    folders = [f"c{n}" for n in range(3)]
    place.clusters(*folders)
    place.chapter("01_overview", SAY.format("str(minutes)"))
    assert place.build(minutes=10).ok
    moments = random.Random(20261124)
    half_new = 0
    for minutes in range(11, 18):
        build = place.start(minutes=minutes)
        # A random moment after none, one or two packs of this build were published.
        published = moments.randrange(3)
        wait_for(lambda: built_with(place, minutes) >= published or build.poll() is not None, 60)  # noqa: B023
        time.sleep(moments.choice((0, moments.uniform(0, 0.05), moments.uniform(0, 2))))
        build.kill()
        build.communicate()
        packs_are_whole(place)
        half_new += 0 < built_with(place, minutes) < len(folders)
    assert half_new, "no kill came while packs were being published"
    assert place.build(minutes=60).ok
    packs_are_whole(place)
    assert built_with(place, 60) == len(folders)
    assert {p.name for p in place.out.iterdir()} == {*folders, "index.html", "manifest.json"}
    assert place.nothing_is_left() == []


def built_with(place, minutes):
    return sum(m["parameters"]["minutes"] == minutes for _, m in find_packs(place.out))


def test_a_killed_build_takes_its_workers_and_even_hanging_kernels_with_it(place):
    place.clusters("c1")
    started = place.root / "started"
    place.chapter("01_hangs", f"open({str(started)!r}, 'w').close()\nimport re\nre.match('(a+)+$', 'a' * 60 + 'b')")
    build = place.start()
    wait_for(started.exists)
    assert len(place.processes()) >= 3  # the build, a worker, a kernel
    build.kill()
    build.communicate()
    assert place.nothing_is_left() == []


def test_killed_workers_take_their_kernels_with_them(place):
    if sys.platform != "linux":
        pytest.skip("only Linux ends a process with its parent")
    place.clusters("c1")
    started = place.root / "started"
    place.chapter("01_hangs", f"open({str(started)!r}, 'w').close()\nimport re\nre.match('(a+)+$', 'a' * 60 + 'b')")
    build = place.start(jobs=1)
    wait_for(started.exists)
    workers = [p for p in place.processes() if "allrise.packs.worker" in " ".join(p.cmdline())]
    build.kill()
    for worker in workers:
        worker.kill()
    build.communicate()
    wait_for(lambda: place.processes() == [], 8)
    place.chapter("01_hangs", SAY.format("'fine'"))
    assert place.build().ok  # and it removes what the killed workers could not
    assert place.nothing_is_left() == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_stops_at_once_says_what_is_done_and_the_next_goes_on(place, sent):
    place.clusters("c1", "c2", "c3")
    place.chapter("01_overview", SAY.format("cluster_id"), SLOW.format("0 if cluster_id == 'c1' else 30"))
    build = place.start()
    wait_for((place.out / "c1").exists)
    os.killpg(build.pid, sent)  # as a terminal does: to the whole group
    began = time.monotonic()
    _, said = build.communicate(timeout=20)
    assert time.monotonic() - began < 8
    assert build.returncode == 1
    assert "1 of 3 packs are done" in said
    assert "Traceback" not in said
    assert {p.name for p in place.out.iterdir()} == {"c1", "index.html", "manifest.json"}
    packs_are_whole(place)
    assert place.nothing_is_left() == []
    place.chapter("01_overview", SAY.format("cluster_id"), SLOW.format("0"))
    assert place.build().ok


def test_a_second_build_into_the_same_folder_is_refused_clearly(place):
    started, refused = place.root / "started", place.root / "refused"
    place.clusters("c1")
    waits = f"import os, time\nwhile not os.path.exists({str(refused)!r}):\n    time.sleep(0.05)"
    place.chapter("01_overview", f"open({str(started)!r}, 'w').close()", waits, SAY.format("cluster_id"))
    first = place.start()
    wait_for(started.exists)
    second = place.start()
    _, said = second.communicate(timeout=60)
    refused.touch()
    assert second.returncode == 2
    assert "another build is writing to" in said
    assert f"process {first.pid}" in said
    assert first.wait(60) == 0
    first.communicate()
    packs_are_whole(place)
