"""Attacks on whole public releases, by somebody who has every pack of one and knows how it was made."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from disclosure_attacker import BLOCK, CELL, Knowledge, attack, attack_all, hidden_cells, percentages
from disclosure_worlds import another_world, any_shape, make_system, results_at, write_outcomes

from allrise.chapters import outcomes as outcomes_of
from allrise.chapters.chapter import open_chapter
from allrise.data.disclosure import Pseudonyms, Rules, pseudonyms_of, public_store
from allrise.data.disclosure.outcomes import protect_outcomes
from allrise.data.importers import Options, importer
from allrise.data.profiles import profile
from allrise.data.store import open_store
from allrise.data.tables import OUTCOMES
from allrise.evidence.survey import by_role, factor_profile

pytestmark = pytest.mark.slow

#: A result of a few pupils is found when it is known to within this many points.
FOUND = 20
SHARED = Path(__file__).parents[3] / "shared" / "data"
PANEL = SHARED / "england" / "ks2_hampshire_surrey_2016_2018_with_trust.csv"
REAL = {
    "england-ks2": ("dfe_ks2_2017_850_raw.csv", "dfe_ks2_2018_850_raw.csv"),
    "nz-directory": ("schools_2017-07.csv", "schools_2021-09.csv"),
    "nsw-schools": ("government_schools_2025-12.csv",),
}


class Release:
    """A data folder, what is published of it, and the truth that the attacker wants."""

    def __init__(self, folder, truth, cache):
        self.folder, self.cache = folder, cache
        self.store = open_store(folder, cache=cache)
        self.truth = truth.set_index(CELL).sort_index()
        schools = self.store.table("schools")
        self.least = {
            s: profile(c).for_region(None if pd.isna(r) else r).threshold
            for s, c, r in zip(schools["school_id"], schools["country"], schools["region"], strict=True)
        }

    def published(self, rules=None):
        """Return the public outcomes in percent, under the schools' own ids: pseudonyms are taken as broken."""
        names = pseudonyms_of(self.store, cache=self.cache)
        public = public_store(self.store, rules=rules, cache=self.cache, names=names)
        own = {names.school_id(s): s for s in self.least}
        table = percentages(public.table("outcomes"), public.table("measures"))
        return table.assign(school_id=table["school_id"].map(own), time_period=table["time_period"].astype(int))

    def small(self, published):
        return [c for c in hidden_cells(published) if 0 < self.pupils(c) < self.least[c[0]]]

    def pupils(self, cell):
        return float(self.truth["pupils"].get(cell, np.nan))

    def attack(self, published, targets, *, census):
        """Attack each target; who has a ``census`` knows how many pupils every group really has."""
        small = frozenset(self.small(published))
        found = []
        rows = dict(iter(published.groupby(BLOCK)))
        for cell in targets:
            known = {(*cell[:3], g): self.pupils((*cell[:3], g)) for g in rows[cell[:3]]["pupil_group"]}
            knowledge = Knowledge(known if census else {}, self.least[cell[0]], small)
            found += attack(rows[cell[:3]], [cell], knowledge)
        return found


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    root = tmp_path_factory.mktemp("release")
    return Release(root / "data", make_system(root / "data", clusters=24), root / "cache")


def some(cells, number, seed=3):
    return random.Random(seed).sample(sorted(cells), min(number, len(cells)))


def narrowed(found, least):
    """Return the small groups of which not every result is possible, and other hidden cells that are known to a pupil.

    A group that is all the pupils, whose result is shown, is no secret.
    """
    small = found["pupils"] < least
    free = (found["low"] <= 0) & (found["high"] >= found["pupils"])
    return found.loc[~found["everybody"] & ((small & ~free) | (~small & (found["high"] - found["low"] < 1)))]


#: Every kind of system and of source, and each with another number of pairs of groups.
SEEDS = range(20)


@pytest.mark.parametrize("seed", [*SEEDS, "another one every time"])
def test_whatever_the_shape_of_a_system_every_result_of_every_small_group_stays_possible(seed):
    seed = seed if isinstance(seed, int) else random.SystemRandom().randrange(20, 10**6)
    least = 6 if seed % 2 else 10
    truth, source = any_shape(seed)
    print(f"seed {seed}: a source that {source}, results of fewer than {least} hidden")  # shown when it fails
    units = {"a": "percent", "b": "percent", "points": "points"}
    table = protect_outcomes(OUTCOMES.typed(truth), dict.fromkeys(truth["school_id"], least), units, Rules())
    census = truth.set_index(CELL)["pupils"]
    percent = table["measure_id"] != "points"
    found = attack_all(table.loc[percent], census)
    assert seed not in SEEDS or (found["pupils"] < least).sum() > 20
    assert narrowed(found, least).empty, narrowed(found, least)
    points = attack_all(table.loc[~percent], census, percent=False)
    assert seed not in SEEDS or len(points) > 20
    assert not np.isfinite(points["high"] - points["low"])[~points["everybody"]].any()


@pytest.mark.parametrize("seed", [3, 8])
def test_without_the_complementary_rules_the_same_attack_finds_results_in_other_systems_too(seed):
    truth, _ = any_shape(seed)
    truth = truth.loc[truth["measure_id"] == "a"]
    least = dict.fromkeys(truth["school_id"], 10)
    table = protect_outcomes(OUTCOMES.typed(truth), least, {"a": "percent"}, Rules(complementary=False))
    assert len(narrowed(attack_all(table, truth.set_index(CELL)["pupils"]), 10)) > 20


def test_no_hidden_result_of_a_release_can_be_derived_by_who_knows_every_number_of_pupils(release):
    published = release.published()
    found = attack_all(published, release.truth["pupils"])
    least = found["school_id"].map(release.least)
    assert (found["pupils"] < least).sum() > 1000
    assert narrowed(found, least).empty
    true = release.truth["value"].reindex(pd.MultiIndex.from_frame(found[CELL])).to_numpy() * found["pupils"] / 100
    assert ((found["low"] - 1e-6 <= true) & (true <= found["high"] + 1e-6)).all()  # the attack itself is right


def test_linear_programming_by_who_reads_all_packs_finds_no_more(release):
    """Two attackers who share no code: one solves in fractions, one counts pupils."""
    published = release.published()
    cells, small = hidden_cells(published), release.small(published)
    for found in release.attack(published, some(small, 60), census=False):
        assert found.width > FOUND, found
    both = attack_all(published, release.truth["pupils"]).set_index(CELL)
    for found in release.attack(published, some(cells, 60), census=True):
        counted = both.loc[found.cell]
        assert found.low <= 100 * counted["low"] / counted["pupils"] + 1e-6
        assert found.high >= 100 * counted["high"] / counted["pupils"] - 1e-6


def test_the_same_attack_finds_results_where_nothing_is_hidden_beside_the_small_ones(release):
    published = release.published(Rules(complementary=False))
    targets = some(release.small(published), 100)
    for census, at_least in ((False, 10), (True, 30)):
        found = [f for f in release.attack(published, targets, census=census) if f.width <= FOUND]
        assert len(found) >= at_least
        for f in found:
            assert f.low - 0.6 <= release.truth["value"][f.cell] <= f.high + 0.6


#: The system's figures are published with one decimal.
_PRECISION = {"cluster": 1e-6, "system": 0.0501}


def test_totals_of_clusters_and_of_the_system_are_made_from_what_is_shown_and_nothing_else(release, monkeypatch):
    """So a total tells nothing about what is hidden: whoever has the shown results can work it out."""
    monkeypatch.setenv("ALLRISE_CACHE", str(release.cache))
    published = release.published()
    shown = published.loc[published["value"].notna()]
    names = pseudonyms_of(release.store, cache=release.cache)
    countries = release.store.table("schools").set_index("school_id")["country"]
    compared = 0
    for row in release.store.clusters().itertuples():
        chapter = open_chapter("02_outcomes", str(release.folder), row.cluster_id, audience="public")
        own = shown.loc[shown["cluster_id"] == names.cluster_id(row.cluster_id)]
        beside = shown.loc[shown["school_id"].map(countries) == row.country]
        for series, rows in (("cluster", own), ("system", beside)):
            level = outcomes_of.level(chapter)
            for t in level.loc[level["series"] == series].itertuples():
                mine = rows[(rows["measure_id"] == chapter.measure.measure_id) & (rows["pupil_group"] == "all")]
                mine = mine.loc[mine["time_period"] == t.time_period]
                assert t.pupils == mine["pupils"].sum()
                mean = np.average(mine["value"], weights=mine["pupils"].astype(float))
                assert t.value == pytest.approx(mean, abs=_PRECISION[series])
                compared += 1
    assert compared > 100


def test_a_world_in_which_hidden_results_are_others_looks_the_same(release, tmp_path):
    """Whatever is computed from the release, by anyone, by any method: it is the same in both worlds."""
    truth = release.truth.reset_index()
    key = b"one key for both worlds, of 32 b"
    columns = [*CELL, "pupils", "value", "status"]

    def publish(folder, cache):
        store = open_store(folder, cache=cache)
        return public_store(store, cache=cache, names=Pseudonyms(key))

    first = publish(release.folder, tmp_path / "cache")
    names = Pseudonyms(key)
    own = {names.school_id(s): s for s in release.least}
    other, moved = another_world(truth, first.table("outcomes").assign(school_id=lambda t: t["school_id"].map(own)))
    shutil.copytree(release.folder, tmp_path / "other")
    write_outcomes(tmp_path / "other", other)
    second = publish(tmp_path / "other", tmp_path / "cache")
    a, b = (s.table("outcomes")[columns].set_index(CELL).sort_index().astype("object") for s in (first, second))
    unlike = (a != b) & ~(a.isna() & b.isna())
    differ = {own[i[0]] for i in a.index[unlike.any(axis=1)]}
    small = {c for c in release.small(release.published()) if c in set(moved)}
    same = {c for c in small if c[0] not in differ}
    assert len(differ) < 0.1 * len(release.least)  # a few patterns depend on what they hide
    assert len(same) > 300
    agreed = pd.concat([other[~other["school_id"].isin(differ)], truth[truth["school_id"].isin(differ)]])
    write_outcomes(tmp_path / "other", agreed)
    third = publish(tmp_path / "other", tmp_path / "cache")
    for name in ("clusters", "schools", "memberships", "outcomes", "survey", "commitments"):
        pd.testing.assert_frame_equal(first.table(name), third.table(name))


def test_no_figure_of_the_survey_and_no_difference_of_two_is_about_fewer_than_ten_people(release):
    raw = release.store
    public = public_store(raw, cache=release.cache)
    assert _fewest_people(public) >= Rules().people
    assert _fewest_people(raw) < Rules().people  # what the attack would find without protection
    schools = set(public.table("schools")["school_id"])
    assert not schools & set(public.table("survey")["school_id"].dropna())


def _fewest_people(store):
    """Return the smallest group that a cell, or all people less the cells shown beside them, is about."""
    items = store.table("items")
    fewest = np.inf
    for (_, wave), rows in store.table("survey").groupby(["cluster_id", "wave"]):
        everyone = factor_profile(rows, items, wave=wave).set_index("framework_id")["respondents"]
        cells = by_role(rows, items, wave=wave)
        for framework_id, part in cells.groupby("framework_id"):
            groups = [int(everyone[framework_id]), *part.loc[~part["hidden"], "respondents"].astype(int)]
            groups.append(groups[0] - sum(groups[1:]))
            fewest = min([fewest, *(g for g in groups if g)])
    return fewest


def test_the_english_panel_gives_away_what_its_publisher_hid_and_the_release_does_not(tmp_path):
    if not PANEL.exists():
        pytest.skip(f"the panel of English schools is not here: {PANEL.name}")
    truth = _english(tmp_path / "data")
    release = Release(tmp_path / "data", truth.loc[truth["pupils"] > 0], tmp_path / "cache")
    assert len(release.store.clusters()) >= 20
    census = release.truth["pupils"]
    before = attack_all(release.published(Rules(complementary=False)), census)
    small = (before["pupils"] < 6) & (before["pupil_group"] != "all")
    assert small.sum() > 450
    near = 100 * (before["high"] - before["low"]) / before["pupils"] <= FOUND
    assert (small & near).sum() >= 6
    after = attack_all(release.published(), census)
    assert len(after) > len(before)
    assert narrowed(after, 6).empty


@pytest.mark.parametrize(("source", "files"), REAL.items())
def test_releases_of_real_directories_and_raw_tables_give_nothing_away(source, files):
    """England's raw tables with all their groups; elsewhere made-up results at schools of the real sizes."""
    paths = [SHARED / source.split("-")[0] / f for f in files]
    if not all(p.exists() for p in paths):
        pytest.skip(f"real data not at hand: {', '.join(files)}")
    tables = importer(source).read(paths, Options()).tables
    if "outcomes" in tables:
        truth, measures = tables["outcomes"], tables["measures"]
        units = dict(zip(measures["measure_id"], measures["unit"], strict=True))
        least = 6
    else:
        schools = tables["schools"].dropna(subset=["pupils"])
        sizes = np.maximum(schools["pupils"].to_numpy(dtype=int) // 7, 1)
        truth, units, least = results_at(schools["school_id"], sizes, seed=1), {"a": "percent"}, 10
    table = protect_outcomes(OUTCOMES.typed(truth), dict.fromkeys(truth["school_id"], least), units, Rules())
    census = truth.dropna(subset=["pupils"]).set_index(CELL)["pupils"].astype(float)
    unit = table["measure_id"].map(units)
    found = attack_all(table.loc[unit == "percent"], census)
    assert (found["pupils"] < least).sum() > 1000
    assert narrowed(found.loc[found["low"] <= found["high"]], least).empty
    if (unit != "percent").any():
        points = attack_all(table.loc[unit != "percent"], census, percent=False)
        assert not np.isfinite(points["high"] - points["low"])[~points["everybody"]].any()


def _english(folder):
    """Write the panel as a data folder: trusts, and the schools of each authority that are in none, are clusters."""
    raw = pd.read_csv(PANEL, dtype=str)
    folder.mkdir()
    raw["cluster"] = raw["Group ID"].fillna("authority " + raw["LEA"])
    raw["cluster_name"] = raw["Group Name"].fillna("Schools of authority " + raw["LEA"])
    latest = raw.sort_values("year").drop_duplicates("URN", keep="last")
    latest.assign(country="GB-ENG", phase="primary", school_id=latest["URN"], name=latest["SCHNAME"])[
        ["school_id", "name", "country", "phase"]
    ].to_csv(folder / "schools.csv", index=False)
    clusters = latest.drop_duplicates("cluster").assign(country="GB-ENG")
    clusters = clusters[["cluster", "cluster_name", "country"]].set_axis(["cluster_id", "name", "country"], axis=1)
    clusters.to_csv(folder / "clusters.csv", index=False)
    spells = latest.assign(joined_on="", left_on="")[["URN", "cluster", "joined_on", "left_on"]]
    spells.set_axis(["school_id", "cluster_id", "joined_on", "left_on"], axis=1).to_csv(
        folder / "memberships.csv", index=False
    )
    measures = ["measure_id,label,unit,higher_is_better", "rwm,Expected standard,percent,true"]
    (folder / "measures.csv").write_text("\n".join(measures) + "\n")
    pupils = pd.to_numeric(raw["TELIG"], errors="coerce")
    poor = pd.to_numeric(raw["TFSM6CLA1A"], errors="coerce")
    groups = {
        "all": (pupils, "PTRWM_EXP"),
        "disadvantaged": (poor, "PTRWM_EXP_FSM6CLA1A"),
        "not_disadvantaged": (pupils - poor, "PTRWM_EXP_NotFSM6CLA1A"),
    }
    parts = []
    for group, (number, column) in groups.items():
        value = pd.to_numeric(raw[column].str.rstrip("%"), errors="coerce")
        status = pd.Series("", index=raw.index).mask(value.isna(), "x").mask(raw[column] == "SUPP", "c")
        parts.append(
            pd.DataFrame(
                {"school_id": raw["URN"], "time_period": raw["year"].astype(int), "measure_id": "rwm",
                 "pupil_group": group, "pupils": number, "value": value, "status": status}
            )
        )  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    table = table.loc[(table["pupils"] > 0) & (table["status"] != "x")].drop_duplicates(CELL)
    table["pupils"] = table["pupils"].astype(int)
    table.to_csv(folder / "outcomes.csv", index=False)
    return table
