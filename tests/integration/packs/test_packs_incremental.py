"""A build after a change gives what a clean build gives, and does not do what it need not do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import incremental
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import allrise.data.facts
from allrise.data.store.cache import cache_folder, stores_folder
from allrise.packs import build as building
from allrise.packs import keys, stale
from allrise.packs.manifest import find_packs, read_manifest
from allrise.packs.plan import BuildOptions
from allrise.packs.readings import PUBLIC
from allrise.packs.status import NO_RELEASE, OF_RELEASE, standing_of_packs


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

    def reset(self):
        """Have the world as it was made, and built."""
        self.world = incremental.World(self.root)
        self.facts.write_bytes(self.plain_facts)
        self.build()

    def row(self, *key):
        """Return the number of a row of ``outcomes``."""
        return next(n for n, row in enumerate(self.world.tables["outcomes"][1:]) if tuple(row[:4]) == key)

    def clean(self):
        shutil.rmtree(self.root / "clean", ignore_errors=True)
        self.build("clean")
        return incremental.contents(self.root / "clean")

    def why(self, out="packs"):
        return {s.record.folder: s.reasons for s in self.status(out)}

    def standing(self, out):
        return {(s.state, s.reasons) for s in self.status(out)}

    def status(self, out="packs"):
        self.world.write()
        return standing_of_packs(self.root / out, notebooks=self.root / "notebooks", template=self.options())


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
    max_examples=int(os.environ.get("ALLRISE_SOAK", "2")),
    deadline=None,
    derandomize="ALLRISE_SOAK" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=st.lists(CHANGES, min_size=4, max_size=4))
def test_after_any_change_a_build_gives_what_a_clean_one_gives(bench, changes):
    """A search for a wrong reuse; ``ALLRISE_SOAK=200`` looks longer, each time elsewhere."""
    bench.reset()
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


def test_only_what_read_a_change_runs_again_and_status_says_what_it_was(bench):
    bench.reset()
    packs = {"_system", "E1", "E2", "N1"}
    by_hand = {(p, "07_by_hand") for p in packs - {"_system"}}

    # of a school in no cluster, years ago, a hundredth of a point: the last digit of no national figure
    bench.world.set("outcomes", bench.row("E12", "2016", "reading", "all"), "value", "50.0")
    bench.build()
    bench.world.set("outcomes", bench.row("E12", "2016", "reading", "all"), "value", "50.01")
    assert {r for r in bench.build() if r[0] != "_system"} == by_hand

    # of a member, this year
    bench.world.set("outcomes", bench.row("E00", "2018", "reading", "all"), "value", "99.0")
    why = bench.why()
    assert "02_outcomes: the outcomes of this cluster changed" in why["E1"]
    assert "02_outcomes: the national distribution of Reading changed" in why["E2"]
    short = next(s for s in bench.status() if s.record.folder == "E1").in_short
    assert "the national distribution of Reading changed (02_outcomes)" in short
    assert any(r.startswith("the outcomes of this cluster changed (02_outcomes, ") for r in short)
    assert "02_outcomes: the sample of other schools of Reading changed" in why["E2"]
    assert why["N1"] == ("07_by_hand: the data changed, and any of them may count: it imports pathlib",)
    ran = bench.build()
    assert {c for p, c in ran if p == "E2"} == {"02_outcomes", "07_by_hand"}
    assert ("E1", "05_network") in ran  # which year it is about, its outcomes say
    assert {c for p, c in ran if p == "N1"} == {"07_by_hand"}

    bench.world.set("survey", 0, "score", "5" if bench.world.tables["survey"][1][-1] != "5" else "4")
    assert "03_factors: the survey answers of this cluster changed" in bench.why()["E1"]
    assert {r for r in bench.build() if r[0] != "_system"} - by_hand == {("E1", "03_factors")}

    bench.facts.write_bytes(bench.plain_facts + b"\n")
    assert bench.why() == {"_system": ("12_adoption: the bundled facts changed",), "E1": (), "E2": (), "N1": ()}
    assert bench.build() == {("_system", "12_adoption")}

    bench.world.options["minutes"] = 45
    assert {c for _, c in bench.build()} == {*incremental.CHAPTERS, *incremental.SYSTEM}  # all take it
    bench.world.options["minutes"] = 60


def test_code_versions_and_the_place_of_the_data_are_said_in_plain_words(bench, monkeypatch):
    bench.reset()
    real = keys.chapter_code()
    monkeypatch.setattr(stale, "chapter_code", lambda: {**real, "code:evidence": "changed"})
    assert "03_factors: the library's code changed: the room evidence" in bench.why()["N1"]
    monkeypatch.setattr(stale, "chapter_code", lambda: {**real, "code:run": "changed", "code:base": "changed"})
    assert "03_factors: the library's code changed: its base, how chapters are run" in bench.why()["N1"]
    monkeypatch.setattr(stale, "chapter_code", lambda: real)
    assert not any(bench.why().values())

    there = keys.versions()
    newer = {**there, "pandas": "99.1"}
    for module in (keys, stale):
        monkeypatch.setattr(module, "versions", lambda: newer)
    assert f"03_factors: it runs with pandas {there['pandas']} -> 99.1" in bench.why()["N1"]
    for module in (keys, stale):
        monkeypatch.setattr(module, "versions", lambda: there)
    monkeypatch.setattr(stale, "page_versions", lambda: {**keys.page_versions(), "jinja2": "99.1"})
    assert [r for r in bench.why()["N1"] if r.startswith("pages are made with jinja2 ")]


def test_a_public_pack_is_compared_with_the_data_of_its_release_where_these_are(bench):
    bench.reset()
    bench.world.options |= {"audience": "public", "chapters": ("02_outcomes",)}
    bench.build("public")
    manifest = read_manifest(next(p for p, _ in find_packs(bench.root / "public")))
    assert [c["data"]["everything"] for c in manifest["chapters"]] == [PUBLIC]
    assert "reads" not in manifest["chapters"][0]["data"]
    assert bench.standing("public") == {("current", (OF_RELEASE,))}

    cells = bench.world.chapters["02_outcomes"]
    cells.append("Text(('more',))")
    assert bench.standing("public") == {("stale", ("02_outcomes: the chapter's notebook changed",))}
    release = stores_folder(cache_folder()) / manifest["data"]["store"]
    release.rename(release.with_name("elsewhere"))
    assert bench.standing("public") == {("stale", ("02_outcomes: the chapter's notebook changed", NO_RELEASE))}
    cells.pop()
    assert bench.standing("public") == {("unknown", (f"nothing else changed; {NO_RELEASE}",))}


def test_a_changed_file_of_the_library_changes_the_hash_of_its_room_only(tmp_path, monkeypatch):
    shutil.copytree(
        Path(keys.allrise.__file__).parent, tmp_path / "allrise", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(keys.allrise, "__file__", str(tmp_path / "allrise" / "__init__.py"))
    before = keys.chapter_code()
    for name, part in (
        ("evidence/levels.py", "code:evidence"),
        ("chapters/texts/en.toml", "code:chapters"),
        ("data/profiles/NZ.toml", "code:data"),
        ("paths.py", "code:base"),
        ("packs/kernel.py", "code:run"),
        ("kernels/child.py", "code:run"),
        ("apps/__init__.py", ""),
    ):
        path = tmp_path / "allrise" / name
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        after = keys.chapter_code()
        assert {k for k in after if after[k] != before[k]} == {part} - {""}, name
        path.write_bytes(content)
