"""The same build over a Dask scheduler, also when one of its workers is killed."""

from __future__ import annotations

import os
import signal

import pytest

from allrise.packs.manifest import verify_all

distributed = pytest.importorskip("distributed", reason="Dask is in the extra `cluster`")

SAY = "from allrise.content.blocks import Text\nText(({},))"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals are Unix's"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


@pytest.fixture
def cluster(place, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS", "plain")  # the notebook finds the worker among its parents
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


def test_a_build_over_dask_survives_the_death_of_a_worker_with_nothing_lost_or_left(place, cluster):
    place.clusters("c1", "c2", "c3")
    mark = place.root / "killed"
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter(
        "02_kills",
        f"import os, pathlib, psutil, signal\nmark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n    mark.touch()\n"
        # kernel, our worker, Dask's worker
        f"    os.kill(psutil.Process().parent().parent().pid, {int(signal.SIGKILL)})",
        SAY.format("cluster_id"),
    )
    result = place.build(scheduler=cluster.scheduler_address)
    assert mark.exists()
    assert result.ok
    for folder in ("c1", "c2", "c3"):
        assert place.page(folder)["said"] == {"01_overview": [folder], "02_kills": [folder]}
    assert verify_all(place.out) == []
    left = [" ".join(p.cmdline()) for p in place.processes()]
    assert not [line for line in left if "allrise.packs" in line]
