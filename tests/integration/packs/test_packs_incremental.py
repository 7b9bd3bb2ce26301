"""A build after a change gives what a clean build gives, and does not do what it need not do."""

from __future__ import annotations

import shutil

import incremental
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import allrise.data.facts
from allrise.packs import build as building
from allrise.packs.plan import BuildOptions
from allrise.packs.status import standing_of_packs


class Bench:
    """A world, and builds of it into two folders: one that grows with every change, one that is always new."""

    def __init__(self, root):
        self.world = incremental.World(root)
        self.root = root
        self.pool = incremental.InProcess()
        self.facts = root / "facts" / "contexts.csv"
        self.facts.parent.mkdir(parents=True)
        self.plain_facts = allrise.data.facts.facts_file()
        self.facts.write_bytes(self.plain_facts)

    def options(self, out="packs"):
        return BuildOptions(
            data=str(self.root / "data"),
            out=self.root / out,
            notebooks=self.root / "notebooks",
            renderer=incremental.page,
            index_renderer=incremental.index,
            **self.world.options,
        )

    def build(self, out="packs"):
        self.world.write()
        self.pool.ran.clear()
        result = building.build(self.options(out))
        assert result.ok
        return set(self.pool.ran)

    def clean(self):
        shutil.rmtree(self.root / "clean", ignore_errors=True)
        self.build("clean")
        return incremental.contents(self.root / "clean")

    def why(self):
        self.world.write()
        found = standing_of_packs(self.root / "packs", notebooks=self.root / "notebooks", template=self.options())
        return {s.record.folder: s.reasons for s in found}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALLRISE_CACHE", str(root / "cache"))
        bench = Bench(root)
        patch.setattr(allrise.data.facts, "datasets", lambda: root)
        patch.setattr(building, "LocalPool", lambda _jobs: bench.pool)
        patch.setattr(incremental.InProcess, "scratch", root / "scratch", raising=False)
        yield bench


@pytest.fixture
def fresh(bench):
    """The world as it was made, and built."""
    bench.world = incremental.World(bench.root)
    bench.facts.write_bytes(bench.plain_facts)
    bench.build()
    return bench


N = st.integers(0, 400)
CHANGES = st.one_of(
    st.tuples(st.just("number"), N, st.sampled_from(["50.0", "50.1", "71.4", "9.9"])),
    st.tuples(st.just("pupils"), N, st.sampled_from(["20", "31"])),
    st.tuples(st.just("hidden"), N, st.just("c")),
    st.tuples(st.just("row gone"), N, st.sampled_from(["outcomes", "survey", "ties", "memberships"])),
    st.tuples(st.just("school added"), N, st.sampled_from(["GB-ENG", "NZ"])),
    st.tuples(st.just("joined"), N, st.sampled_from(["2013-01-01", "2018-06-01"])),
    st.tuples(st.just("left"), N, st.sampled_from(["2017-01-01", ""])),
    st.tuples(st.just("answer"), N, st.sampled_from(["1", "5"])),
    st.tuples(st.just("tie"), N, st.sampled_from(["1", "5"])),
    st.tuples(st.just("purpose"), N, st.sampled_from(["Another purpose", ""])),
    st.tuples(st.just("cluster's name"), N, st.sampled_from(["Another name", "A third name"])),
    st.tuples(st.just("school's name"), N, st.sampled_from(["Another school", "A third school"])),
    st.tuples(st.just("label"), N, st.sampled_from(["Another label"])),
    st.tuples(st.just("cell"), N, st.sampled_from(["Text(('more',))", "Text(('even more',))"])),
    st.tuples(st.just("minutes"), st.just(0), st.sampled_from([45, 90])),
    st.tuples(st.just("year"), st.just(0), st.sampled_from([2017, None])),
    st.tuples(st.just("formats"), st.just(0), st.sampled_from([("html", "xlsx"), ("html",)])),
    st.tuples(st.just("facts"), st.just(0), st.sampled_from([b"", b"\n"])),
)


OPTIONS = {"minutes": "minutes", "year": "time_period", "formats": "formats"}


def make(bench, kind, n, to):
    """Change one thing of a world."""
    world = bench.world
    set_cell = {
        "number": ("outcomes", "value"),
        "pupils": ("outcomes", "pupils"),
        "joined": ("memberships", "joined_on"),
        "left": ("memberships", "left_on"),
        "answer": ("survey", "score"),
        "tie": ("ties", "strength"),
        "purpose": ("clusters", "purpose"),
        "cluster's name": ("clusters", "name"),
        "school's name": ("schools", "name"),
        "label": ("measures", "label"),
    }
    if kind in set_cell:
        table, column = set_cell[kind]
        world.set(table, n, column, to)
    elif kind == "hidden":
        world.set("outcomes", n, "value", "")
        world.set("outcomes", n, "status", to)
    elif kind == "row gone":
        rows = world.tables[to]
        del rows[1 + n % (len(rows) - 1)]
    elif kind == "school added":
        name = f"X{n}{len(world.tables['schools'])}"
        world.tables["schools"].append([name, f"School {name}", to, "primary", "200"])
        world.tables["outcomes"].append([name, "2018", "reading", "all", "30", "61.0", ""])
    elif kind == "cell":
        chapters = (world.chapters, world.system)[n % 2]
        chapters[list(chapters)[n % len(chapters)]].append(to)
    elif kind == "facts":
        bench.facts.write_bytes(bench.plain_facts + to)
    else:
        world.options[OPTIONS[kind]] = to


@settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(changes=st.lists(CHANGES, min_size=3, max_size=4))
def test_after_any_change_a_build_gives_what_a_clean_one_gives(bench, changes):
    bench.world = incremental.World(bench.root)
    bench.build()
    for change in changes:
        make(bench, *change)
        said = bench.why()
        ran = bench.build()
        assert incremental.contents(bench.root / "packs") == bench.clean(), change
        if change[0] not in OPTIONS:  # those are asked for by whoever builds
            stale = {pack for pack, reasons in said.items() if reasons}
            assert {pack for pack, _ in ran} <= stale, change
        assert bench.build() == set()
        assert not any(bench.why().values())
