"""What a build says, keeps and cleans up when a chapter, a page or the disk fails."""

from __future__ import annotations

import os
import sys

import nbformat
import pages
import pytest

from allrise.packs.manifest import verify_all

SAY = "from allrise.content.blocks import Text\nText(({},))"
unix = pytest.mark.skipif(os.name != "posix", reason="signals are Unix's")


@pytest.fixture
def one(place):
    place.clusters("c1")
    return place


def failure(result, chapter):
    return next(r for p in result.packs for r in p.failures if r.name == chapter)


def test_a_failing_cell_is_named_with_its_line_and_message_and_the_rest_is_built(one):
    one.chapter("01_overview", SAY.format("cluster_id"))
    one.chapter("02_levels", SAY.format("'before'"), "x = 1\n\nraise ValueError('no \x1b[31mred\x1b[0m schools')", "1")
    result = one.build()
    assert not result.ok
    assert result.packs[0].status == "partial"
    error = failure(result, "02_levels").error
    # The first cell is a text and the second has the parameters, so this is the fourth that a reader sees.
    assert (error.cell, error.line, error.kind, error.message) == (4, 3, "ValueError", "no red schools")
    manifest = one.manifest("c1")
    assert manifest["status"] == "partial"
    assert [c["status"] for c in manifest["chapters"]] == ["ok", "failed"]
    assert manifest["chapters"][1]["error"]["cell"] == 4
    page = one.page("c1")
    assert page["said"] == {"01_overview": ["c1"], "02_levels": ["before"]}
    assert page["failed"] == {"02_levels": "cell 4, line 3: ValueError: no red schools"}
    assert verify_all(one.out) == []


def test_a_failed_chapter_is_tried_again_and_only_that(one):
    one.chapter("01_overview", SAY.format("cluster_id"))
    flag = one.root / "flag"
    one.chapter("02_levels", f"open({str(flag)!r}).close()")
    assert failure(one.build(), "02_levels").error.kind == "FileNotFoundError"
    flag.touch()
    result = one.build()
    assert result.ok
    assert [r.name for r in result.packs[0].runs] == ["02_levels"]
    assert "02_levels did not finish last time" in result.packs[0].reasons


def test_a_pack_with_nothing_built_leaves_the_older_one_standing(one):
    one.chapter("01_overview", SAY.format("'good'"))
    one.build()
    before = (one.out / "c1/index.html").read_bytes()
    one.chapter("01_overview", "1/0")
    result = one.build()
    assert (result.packs[0].status, result.packs[0].kept_older) == ("failed", True)
    assert (one.out / "c1/index.html").read_bytes() == before
    assert verify_all(one.out) == []
    assert one.manifest()["run"]["packs"][0]["status"] == "failed"


def test_a_first_pack_with_nothing_built_still_says_what_failed(one):
    one.chapter("01_overview", "1/0")
    result = one.build()
    assert (result.packs[0].status, result.packs[0].kept_older) == ("failed", False)
    assert one.manifest("c1")["status"] == "failed"
    assert "ZeroDivisionError" in one.page("c1")["failed"]["01_overview"]


@unix
def test_hanging_and_dying_kernels_are_stopped_named_and_leave_nothing(one):
    one.chapter("01_sleeps", SAY.format("'seen'"), "import time\ntime.sleep(600)")
    one.chapter("02_loops_in_c", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')")
    one.chapter("03_ignores", "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
    one.chapter("04_exits", "import os\nos._exit(3)")
    one.chapter("05_is_killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    one.chapter("06_crashes", "import ctypes\nctypes.string_at(0)")
    one.chapter("07_leaves_a_child", "import subprocess\nsubprocess.Popen(['sleep', '600'])", SAY.format("'fine'"))
    result = one.build(cell_limit=3)
    runs = {r.name: r for r in result.packs[0].runs}
    for name in ("01_sleeps", "02_loops_in_c", "03_ignores"):
        assert (runs[name].status, runs[name].error.kind) == ("timeout", "TimeLimit")
        assert "the cell's 3 s" in runs[name].error.message
        assert runs[name].seconds < 30
    assert runs["01_sleeps"].error.cell == 4
    assert one.page("c1")["said"]["01_sleeps"] == ["seen"]
    ends = {"04_exits": "exit code 3", "05_is_killed": "SIGKILL", "06_crashes": "SIGSEGV"}
    for name, words in ends.items():
        assert runs[name].status == "died"
        assert (runs[name].error.cell, runs[name].error.kind) == (3, "DeadKernel")
        assert words in runs[name].error.message
    assert runs["07_leaves_a_child"].status == "ok"
    assert one.nothing_is_left() == []


def test_the_saved_notebook_does_not_claim_that_cells_were_completed(one):
    one.chapter("01_exits", SAY.format("'1'"), "import os\nos._exit(3)", "'never'")
    one.build()
    notebook = nbformat.read(one.out / "c1/chapters/01_exits.ipynb", 4)
    assert notebook.metadata["allrise"]["status"] == "died"
    assert "completed" not in nbformat.writes(notebook)
    assert notebook.metadata["papermill"].keys() == {"parameters", "version"}


def test_a_chapter_that_is_slow_altogether_is_stopped(one):
    one.chapter("01_slow", *["import time\ntime.sleep(1)"] * 30)
    error = failure(one.build(chapter_limit=4), "01_slow").error
    assert error.kind == "TimeLimit"
    assert "the chapter's 4 s" in error.message


def test_a_worker_that_is_killed_costs_nothing_but_time(one):
    mark = one.root / "killed"
    kill_the_worker_once = (
        f"import os, signal, pathlib\nmark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n    mark.touch()\n    os.kill(os.getppid(), signal.SIGKILL)"
    )
    one.chapter("01_overview", kill_the_worker_once, SAY.format("'done'"))
    result = one.build(jobs=1)
    assert mark.exists()
    assert result.ok
    assert one.page("c1")["said"]["01_overview"] == ["done"]
    assert one.nothing_is_left() == []


def test_a_page_that_cannot_be_made_fails_its_pack_only_and_keeps_the_older(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.build(clusters=("c1",))
    result = place.build(renderer=pages.broken_page)
    assert [(p.status, p.kept_older) for p in result.packs] == [("failed", True), ("failed", False)]
    assert result.packs[1].error == "ZeroDivisionError: no page for c2"
    assert not (place.out / "c2").exists()
    assert verify_all(place.out) == []


def test_a_full_disk_is_said_in_words_and_keeps_the_older_pack(one):
    one.chapter("01_overview", SAY.format("'good'"))
    one.build()
    before = (one.out / "c1/index.html").read_bytes()
    result = one.build(renderer=pages.full_disk)
    assert result.packs[0].error == "No space left on device: index.html"
    assert (one.out / "c1/index.html").read_bytes() == before
    assert not (one.out / ".allrise-build").exists()


def test_chapters_see_nothing_of_each_other_in_any_order(one):
    leak = (
        "import builtins, os, random, sys, tempfile\n"
        "builtins.leaked = 1\nos.environ['LEAKED'] = '1'\nsys.modules['leaked'] = sys\n"
        "random.seed(1)\nopen('leaked.txt', 'w').close()\nopen(os.path.join(tempfile.gettempdir(), 'leaked'), 'w').close()\n"
        "import numpy, matplotlib\nnumpy.random.seed(1)\nmatplotlib.rcParams['font.size'] = 99\nos.chdir('/')"
    )
    look = (
        "import builtins, os, random, sys, tempfile\nimport matplotlib\nimport numpy\n"
        "from allrise.content.blocks import Text\n"
        "Text((str(hasattr(builtins, 'leaked')), str(os.environ.get('LEAKED')), str('leaked' in sys.modules),"
        " str(sorted(os.listdir('.'))), str(sorted(os.listdir(tempfile.gettempdir()))),"
        " str(matplotlib.rcParams['font.size']), str(list({'a', 'b', 'c', 'd'}))))"
    )
    one.chapter("02_looks", look)
    one.build(jobs=1)
    alone = (one.out / "c1/chapters/02_looks.ipynb").read_bytes()
    assert one.page("c1")["said"]["02_looks"][0].split("\n")[:5] == ["False", "None", "False", "[]", "[]"]
    one.chapter("01_leaks", leak)
    one.chapter("03_leaks", leak)
    result = one.build(jobs=1, force=True)
    assert result.ok
    assert (one.out / "c1/chapters/02_looks.ipynb").read_bytes() == alone


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small file system, as root on Linux")
def test_a_really_full_disk_leaves_the_older_packs_whole(one):
    import subprocess

    one.chapter("01_overview", SAY.format("str(minutes)"))
    one.out.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(one.out)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        assert one.build().ok
        one.clusters("c1", "c2", "c3", "c4")
        result = one.build(minutes=90)
        assert not result.ok
        assert any("No space left" in p.error for p in result.packs)
        assert verify_all(one.out) == []
        assert not any((one.out / ".allrise-build").glob("staging*/*"))
    finally:
        subprocess.run(["umount", str(one.out)], check=True)
