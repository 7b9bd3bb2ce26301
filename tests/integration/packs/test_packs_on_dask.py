"""The same build over a Dask scheduler, also when one of its workers is killed, and for the public."""

from __future__ import annotations

import os
import signal

import pytest
from incremental import contents

from allrise.packs.manifest import verify_all

distributed = pytest.importorskip("distributed", reason="Dask is in the extra `cluster`")

SAY = "from allrise.content.blocks import Text\nText(({},))"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals are Unix's"),
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning",
        "ignore::ResourceWarning",
        # the tracker that the first cluster started lives in that test's place, and ends with it
        "ignore:resource_tracker. process died:UserWarning",
    ),
]


@pytest.fixture
def cluster(place, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS", "plain")  # the notebook finds the worker among its parents
    # as on another machine, where this one's secret of public releases is not
    monkeypatch.setenv("ALLRISE_CACHE", str(place.root / "cache of the workers"))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        monkeypatch.setenv("ALLRISE_CACHE", str(place.root / "cache"))
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


def test_public_packs_over_dask_are_those_of_one_machine_with_the_same_values_hidden(place, cluster):
    place.clusters("c1", "c2", "c3")
    (place.data / "measures.csv").write_text("measure_id,label,unit,higher_is_better\nreading,Reading,percent,true\n")
    rows = (
        f"s{n},2018,reading,all,{pupils},{value},\n" for n, (pupils, value) in enumerate(((4, 25), (60, 70), (40, 55)))
    )
    (place.data / "outcomes.csv").write_text(
        "school_id,time_period,measure_id,pupil_group,pupils,value,status\n" + "".join(rows)
    )
    place.chapter(
        "02_outcomes",
        "from allrise.data.store import open_store\nfrom allrise.content.blocks import Text",
        "Text((open_store(data).table('outcomes').to_csv(index=False),))",
    )
    for out, more in (("here", {}), ("dask", {"scheduler": cluster.scheduler_address})):
        assert place.build(audience="public", out=place.root / out, **more).ok
    here, there = (contents(place.root / out) for out in ("here", "dask"))
    assert here == there
    assert sum(name.endswith("02_outcomes.ipynb") for name in here) == 3
    (said,) = {b"".join(v for k, v in sorted(each.items()) if k.endswith(".ipynb")) for each in (here, there)}
    assert b"70.0" in said
    assert b"25.0" not in said
    assert not any(name in said for name in (b"School 0", b"s0,", b"c1"))
    assert not list((place.root / "cache of the workers").glob("**/release.secret"))
