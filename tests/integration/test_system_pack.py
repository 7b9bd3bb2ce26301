"""The pack about a whole system: it finds what was planted, finds nothing where nothing is, and refuses what it cannot say."""

from pathlib import Path

import pandas as pd
import pytest

from allrise.chapters import system_adoption, system_joining, system_outcomes
from allrise.chapters.system_chapter import cover, open_system
from allrise.content.blocks import Figure, Notice, Table
from allrise.content.wording import judging_words
from allrise.data.demo import PlantedEffects, generate
from allrise.data.importers import Options, importer, write_import
from allrise.packs.build import build
from allrise.packs.plan import BuildOptions

pytestmark = pytest.mark.slow
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PLANTED = dict(enumerate(PlantedEffects().joining_progress))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(generate(tmp_path_factory.mktemp("sixty") / "data", clusters=60, schools=600, seed=7).folder)


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    folder = tmp_path_factory.mktemp("none") / "data"
    effects = PlantedEffects().without("joining", "joining_progress")
    return str(generate(folder, clusters=60, schools=600, seed=7, effects=effects).folder)


def told(chapter, tell):
    """Return what a function shows in a chapter."""
    shown = []
    chapter.show = lambda *blocks: shown.extend(blocks)
    tell(chapter)
    return shown


def overall_of(folder):
    chapter = open_system("14_joining", folder)
    found = system_joining.found(chapter)
    together = found[found["country"] == system_joining.TOGETHER]
    return chapter, found, together[together["part"] == "overall"].set_index("measure_id"), together


def test_the_planted_effects_of_joining_lie_within_the_bands(data):
    chapter, found, overall, together = overall_of(data)
    events = together[(together["part"] == "event") & (together["measure_id"] == "progress_reading")]
    events = events.set_index("event_time")
    for year, planted in PLANTED.items():
        assert events.loc[year, "band_lower"] <= planted <= events.loc[year, "band_upper"]
    before = events[events["before"].astype(bool)]
    assert ((before["band_lower"] <= 0) & (before["band_upper"] >= 0)).all()
    assert overall.loc["progress_reading", "lower"] > 0
    assert overall.loc["reading_expected", "lower"] > 0
    assert overall.loc["attendance", "lower"] < 0 < overall.loc["attendance", "upper"]  # none is planted there
    shown = told(chapter, lambda c: system_joining.effects(c, found))
    assert [b.number for b in shown if isinstance(b, Figure)] == ["14.1a", "14.1b", "14.1c", "14.1d"]
    assert not any(isinstance(b, Notice) for b in shown)


def test_nothing_is_found_where_joining_does_nothing(without):
    _, _, overall, together = overall_of(without)
    assert len(overall) == 4
    # One 95% interval in twenty leaves out 0 by chance; two of four do in one data set of seventy.
    assert ((overall["lower"] > 0) | (overall["upper"] < 0)).sum() <= 1
    events = together[together["part"] == "event"]
    outside = (events["band_lower"] > 0) | (events["band_upper"] < 0)
    assert len(set(events.loc[outside, "measure_id"])) <= 1


def test_a_country_is_compared_only_with_itself(data):
    _, found, _, _ = overall_of(data)
    one = open_system("14_joining", data, country="NZ")
    mine = system_joining.found(one)
    assert set(mine["country"]) == {"NZ"}
    both = found[found["country"] == "NZ"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), both)


def test_too_few_clusters_are_refused_in_words():
    chapter = open_system("14_joining", "demo")
    found = system_joining.found(chapter)
    shown = told(chapter, lambda c: system_joining.effects(c, found))
    assert [type(b) for b in shown] == [Notice]
    assert "takes 10 clusters" in shown[0].paragraphs[0]
    assert told(chapter, lambda c: system_joining.by_country(c, found)) == []


def test_the_years_after_the_pack_s_are_not_heeded(data):
    early = open_system("11_pockets", data, country="NZ", time_period=2016)
    assert early.systems[0].periods == (2014, 2015, 2016)
    table = system_outcomes.changes(early)
    assert set(table["last"]) == {2016}


def test_the_pack_of_a_system_is_built_first_and_listed_first(data, tmp_path):
    out = tmp_path / "packs"
    result = build(BuildOptions(data=data, out=out, chapters=("10_spread_and_gap", "14_joining"), jobs=2))
    assert [(p.folder, p.status) for p in result.packs] == [("_system", "built")]
    page = (out / "_system" / "index.html").read_text("utf-8")
    assert "All clusters together" in page
    names = pd.read_csv(Path(data) / "schools.csv")["name"]
    assert not [n for n in names if n in page]
    clusters = pd.read_csv(Path(data) / "clusters.csv")["name"]
    assert not [n for n in clusters if n in page]
    assert "All clusters together" in (out / "index.html").read_text("utf-8")


def test_what_a_system_is_told_does_not_judge(data):
    for name, tell in (
        ("10_spread_and_gap", system_outcomes.trends),
        ("11_pockets", system_outcomes.changes),
        ("12_adoption", system_adoption.days),
        ("12_adoption", system_adoption.outside),
    ):
        for block in told(open_system(name, data), tell):
            assert judging_words(block.plain()) == [], block.plain()


@pytest.fixture(scope="module")
def new_zealand(tmp_path_factory):
    if not SHARED.exists():
        pytest.skip("the real directories are not on this machine")
    files = [SHARED / "nz" / f"schools_{day}.csv" for day in ("2017-07", "2021-09")]
    out = tmp_path_factory.mktemp("nz") / "data"
    write_import(importer("nz-directory").read(files, Options()), out)
    return str(out)


@pytest.mark.reference
def test_new_zealands_shares_stand_in_the_chapter_on_adoption(new_zealand):
    chapter = open_system("12_adoption", new_zealand)
    (figure,) = told(chapter, system_adoption.prediction)
    rows = {r["day"]: (r["members"], r["schools"], r["share"]) for r in figure.table.records()}
    assert rows["July 2017"] == (1629, 2539, 64.2)
    assert rows["September 2021"] == (1885, 2558, 73.7)
    (table,) = told(chapter, system_adoption.days)
    assert isinstance(table, Table)
    # the directories' own memberships say the same counts, of all schools that either directory has
    assert [r["members"] for r in table.records()] == [1629, 1885]
    assert [r["schools"] for r in table.records()] == [2594, 2594]


@pytest.mark.reference
def test_a_system_without_outcomes_says_so_in_one_line(new_zealand):
    for name in ("10_spread_and_gap", "11_pockets", "14_joining"):
        chapter = open_system(name, new_zealand)
        assert not chapter.has_data
        assert chapter.strength() == ()
        assert told(chapter, lambda c: c.show(*c.heading("effects"))) == []
    assert dict(cover(open_system("10_spread_and_gap", new_zealand)).facts)["Clusters"] == "221"
