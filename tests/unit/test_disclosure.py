"""The rules of disclosure: what is hidden, what is rounded, and what things are called."""

from __future__ import annotations

import io
import os
import stat
import zipfile

import numpy as np
import pandas as pd
import pytest

from allrise.chapters.chapter import open_chapter
from allrise.data.disclosure import Pseudonyms, Rules, is_public, pseudonyms_of, public_store
from allrise.data.disclosure.outcomes import banded, protect_outcomes
from allrise.data.disclosure.survey import protect_survey
from allrise.data.disclosure.texts import SchoolNames
from allrise.data.disclosure.times import spells_by_year
from allrise.data.profiles import profile
from allrise.data.store import open_store
from allrise.data.tables import OUTCOMES, SURVEY
from allrise.errors import UnknownName
from allrise.packs.disclosure import WouldGiveAway, check_clean

NAMES = Pseudonyms(b"k" * 32)


def protected(*cells, least=6, unit="percent", rules=None, measure="m"):
    """Protect one school's results: (group, pupils, value[, measure]); return group -> what is shown."""
    rows = [
        {"school_id": "s", "time_period": 2018, "measure_id": c[3] if len(c) > 3 else measure, "pupil_group": c[0],
         "pupils": c[1], "value": c[2], "status": None if c[2] is not None else "c"}
        for c in cells
    ]  # fmt: skip
    table = OUTCOMES.typed(pd.DataFrame(rows))
    units = {str(m): unit for m in table["measure_id"]}
    out = protect_outcomes(table, {"s": least}, units, rules or Rules())
    return {
        (g if m == measure else f"{m} {g}"): None if s == "c" else (int(n) if pd.notna(n) else None, v)
        for g, m, n, v, s in out[["pupil_group", "measure_id", "pupils", "value", "status"]].itertuples(index=False)
    }


def hidden(*cells, **options):
    return {g for g, shown in protected(*cells, **options).items() if shown is None}


def test_a_group_of_few_pupils_is_hidden_and_so_is_its_partner():
    cells = ("all", 40, 60.0), ("disadvantaged", 5, 40.0), ("not_disadvantaged", 35, 62.9)
    assert hidden(*cells) == {"disadvantaged", "not_disadvantaged"}
    assert hidden(*cells, rules=Rules(complementary=False)) == {"disadvantaged"}
    assert hidden(*cells, least=5) == set()


def test_what_the_source_hides_stays_hidden_whatever_its_symbol_and_takes_its_partner_along():
    assert hidden(("all", 40, 60.0), ("girls", None, None), ("boys", 20, 60.0)) == {"girls", "boys"}


def test_a_group_whose_rest_is_small_is_hidden_though_the_rest_is_not_in_the_data():
    assert hidden(("all", 40, 60.0), ("disadvantaged", 37, 59.0)) == {"disadvantaged"}
    assert hidden(("all", 40, 60.0), ("disadvantaged", 30, 59.0)) == set()


def test_where_all_pupils_are_hidden_no_pair_of_groups_adds_up_to_them():
    shown = protected(("all", None, None), ("girls", 20, 55.0), ("boys", 21, 50.0))
    assert shown["girls"] is None
    assert shown["boys"] == (20, 50.0)


def test_two_pairs_do_not_give_each_other_away():
    cells = [("girls", 20, 55.0), ("boys", 20, 65.0), ("disadvantaged", 3, 40.0), ("not_disadvantaged", 37, 61.0)]
    assert hidden(("all", None, None), *cells) >= {"disadvantaged"}
    shown = protected(("all", None, None), *cells)
    known = shown["girls"] is not None and shown["boys"] is not None
    assert not (known and shown["not_disadvantaged"] is not None)


def test_a_whole_that_nearly_everybody_reached_does_not_speak_for_its_small_groups():
    cells = ("disadvantaged", 5, 80.0), ("not_disadvantaged", 35, 100.0)
    assert "all" in hidden(("all", 40, 97.5), *cells)
    fair = ("disadvantaged", 5, 80.0), ("not_disadvantaged", 35, 70.0)
    assert "all" not in hidden(("all", 40, 71.25), *fair)


def test_a_pair_that_nearly_everybody_reached_does_not_speak_for_a_small_group_of_another_pair():
    cells = ("disadvantaged", 5, 80.0), ("not_disadvantaged", 35, 100.0), ("girls", 20, 95.0), ("boys", 20, 100.0)
    assert {"all", "girls", "boys"} & hidden(("all", 40, 97.5), *cells) >= {"all", "girls"}


def test_a_group_that_is_all_pupils_is_hidden_with_them():
    assert hidden(("all", None, None), ("not_disadvantaged", 11, 100.0)) == {"all", "not_disadvantaged"}


def test_a_group_that_is_all_pupils_speaks_for_them_also_where_all_pupils_are_not_in_the_data():
    """Found by the attack on systems of other shapes: the whole is known, though no row is called ``all``."""
    cells = ("not_indigenous", 17, 11.7647), ("girls", 7, 28.5714), ("boys", 10, 0.0)
    assert hidden(*cells, least=10) == {"girls", "boys", "not_indigenous"}
    points = ("not_indigenous", 17, -0.5), ("girls", 7, -1.9), ("boys", 10, 0.6)
    assert hidden(*points, least=10, unit="points") == {"girls", "boys"}


def test_a_group_of_which_nobody_knows_how_many_others_there_are_is_hidden():
    assert hidden(("girls", 20, 60.0)) == {"girls"}
    assert hidden(("all", 40, 55.0), ("girls", 20, 60.0)) == set()


def test_two_half_shown_pairs_do_not_narrow_each_other_down():
    """4 + 0 to 4 pupils reached it, and 3 + 0 to 4: so at most 3 of the first four did."""
    cells = [("indigenous", 4, None), ("not_indigenous", 27, 14.8148), ("special_needs", 4, None)]
    gone = hidden(("all", 31, None), *cells, ("not_special_needs", 27, 11.1111))
    assert gone & {"not_indigenous", "not_special_needs"}


def test_a_group_that_is_all_pupils_and_hidden_by_its_source_is_no_secret_where_all_pupils_are_shown():
    cells = ("all", 14, 71.0), ("not_disadvantaged", 14, None)
    rows = OUTCOMES.typed(
        pd.DataFrame(
            [{"school_id": "s", "time_period": 2018, "measure_id": "m", "pupil_group": g, "pupils": n, "value": v,
              "status": None if v else "c"} for g, n, v in cells]
        )
    )  # fmt: skip
    done = protect_outcomes(rows, {"s": 6}, {"m": "percent"}, Rules()).set_index("pupil_group")
    assert done["status"]["not_disadvantaged"] == "x"
    assert done["value"]["all"] == 71
    assert pd.isna(done["pupils"]["not_disadvantaged"])


def test_a_group_just_large_enough_for_one_measure_is_hidden_with_the_measure_for_which_it_is_not():
    cells = [("all", 40, 60.0), ("girls", 5, 40.0), ("boys", 35, 63.0)]
    other = [("all", 40, 50.0, "x"), ("girls", 6, 50.0, "x"), ("boys", 34, 50.0, "x")]
    assert hidden(*cells, *other) == {"girls", "boys", "x girls", "x boys"}


def test_percentages_are_whole_and_numbers_of_pupils_multiples_of_five():
    assert protected(("all", 43, 61.63))["all"] == (45, 62.0)
    assert protected(("all", 843, 1.2345), unit="points")["all"] == (845, 1.23)
    assert banded(pd.Series([0, 1, 6, 7, 8, None], dtype="Int64"), 5).tolist()[:5] == [0, 5, 5, 5, 10]


def test_groups_that_the_kit_does_not_know_are_not_published_since_nobody_knows_how_they_add_up():
    assert set(protected(("all", 40, 60.0), ("left_handed", 12, 50.0))) == {"all"}


def test_a_number_of_pupils_is_never_shown_without_a_value():
    out = OUTCOMES.typed(
        pd.DataFrame([{"school_id": "s", "time_period": 2018, "measure_id": "m", "pupil_group": "girls",
                       "pupils": 3, "value": None, "status": "x"}])
    )  # fmt: skip
    done = protect_outcomes(out, {"s": 6}, {}, Rules())
    assert done["pupils"].isna().all()
    assert done["status"].tolist() == ["c"]


def survey_of(**people_by_role):
    rows = []
    for role, number in people_by_role.items():
        for i in range(number):
            rows += [
                {"response_id": f"{role}{i}", "cluster_id": "c", "school_id": f"s{i % 2}", "wave": "2018",
                 "role": role, "item_id": item, "score": 1 + i % 5}
                for item in ("a", "b")
            ]  # fmt: skip
    return SURVEY.typed(pd.DataFrame(rows)), pd.DataFrame({"item_id": ["a", "b"], "framework_id": ["F1", "F2"]})


def people(frame, **where):
    rows = frame
    for name, value in where.items():
        rows = rows.loc[rows[name].isna()] if value is None else rows.loc[rows[name] == value]
    return rows["response_id"].nunique()


def test_roles_of_few_people_count_together_and_only_where_they_are_enough():
    done = protect_survey(*survey_of(teacher=14, leader=6, governor=5), NAMES, Rules())
    assert people(done, role="teacher") == 14
    assert people(done, role=None) == 11
    done = protect_survey(*survey_of(teacher=14, leader=6), NAMES, Rules())
    assert (people(done), people(done, role="teacher")) == (14, 14)
    assert protect_survey(*survey_of(leader=9), NAMES, Rules()).empty


def test_people_of_the_survey_and_their_schools_get_new_ids_in_every_wave():
    survey, items = survey_of(teacher=20)
    both = pd.concat([survey, survey.assign(wave="2019")], ignore_index=True)
    done = protect_survey(both, items, NAMES, Rules())
    for column in ("response_id", "school_id"):
        first, second = (set(done.loc[done["wave"] == w, column]) for w in ("2018", "2019"))
        assert first
        assert not first & second
    assert not set(done["school_id"]) & {NAMES.school_id("s0"), NAMES.school_id("s1"), "s0", "s1"}


def test_pseudonyms_are_the_same_within_a_release_and_others_in_the_next():
    other = Pseudonyms(b"q" * 32)
    ids = [f"S{i:04d}" for i in range(200)]
    here, there = ([n.school_name(i) for i in ids] for n in (NAMES, other))
    assert here == [Pseudonyms(b"k" * 32).school_name(i) for i in ids]
    assert not set(here) & set(there)
    order = np.argsort(here)
    assert abs(np.corrcoef(order, np.arange(200))[0, 1]) < 0.25  # letters follow no alphabet of names
    assert abs(np.corrcoef(np.argsort(order), np.argsort(np.argsort(there)))[0, 1]) < 0.25
    assert NAMES.code("school", "1") != NAMES.code("cluster", "1")
    assert "k" * 8 not in repr(NAMES)


def test_a_release_is_told_by_the_content_of_its_data_and_its_label(tmp_path):
    store = open_store("demo")
    first, again = (pseudonyms_of(store, cache=tmp_path / "a").school_id("S0001") for _ in range(2))
    assert first == again
    assert pseudonyms_of(store, "spring", cache=tmp_path / "a").school_id("S0001") != first
    assert pseudonyms_of(store, cache=tmp_path / "b").school_id("S0001") != first  # another machine's secret
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "a" / "release.secret").stat().st_mode) == 0o600


def test_a_text_that_names_a_school_is_found_whatever_its_dress():
    names = SchoolNames({"1001": "Oakfield Primary School", "1002": "École du Lac"}, ["Lakeside Trust"])
    assert names.named_in("See OAKFIELD primary  school.")
    assert names.named_in("at ecole du lac we")
    assert names.named_in("https://www.oakfield.sch.uk/plan", ["1001"])
    assert names.named_in("What Oakfield does", ["1001"])
    assert names.named_in("school 1001")
    assert not names.named_in("Lakeside: every primary school of ours", ["1001", "1002"])
    assert not names.named_in("")


def test_spells_become_coarse_and_every_year_stays_with_its_cluster():
    england = profile("GB-ENG")
    days = pd.to_datetime(["2016-03-09", "2017-11-30", "2018-01-02"])
    spells = pd.DataFrame({"school_id": ["a", "b", "c"], "cluster_id": "x", "joined_on": days, "left_on": pd.NaT})
    spells.loc[2, "left_on"] = pd.Timestamp("2018-06-01")  # no membership day in it
    done = spells_by_year(spells, [england] * 3)
    assert done["joined_on"].dt.strftime("%Y-%m-%d").tolist() == ["2016-09-01", "2017-09-01"]
    for before, after in zip(days[:2], done["joined_on"], strict=True):
        for year in range(2014, 2020):
            day = pd.Timestamp(england.membership_day(year))
            assert (before <= day) == (after <= day)


def test_a_chapter_for_the_public_opens_the_public_data_also_by_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLRISE_CACHE", str(tmp_path))
    chapter = open_chapter("02_outcomes", "demo", "C001", audience="public")
    assert is_public(chapter.store)
    assert chapter.slice.cluster.cluster_id.startswith("c-")
    assert not set(chapter.members["name"]) & set(open_store("demo").table("schools")["name"])
    with pytest.raises(UnknownName, match="C01"):
        open_chapter("02_outcomes", "demo", "C01", audience="public")
    again = open_chapter("02_outcomes", str(chapter.store.path), "", audience="cluster")
    assert again.parameters.audience == "public"  # public data make no other pack


def test_small_clusters_and_small_regions_are_not_named(tmp_path):
    public = public_store(open_store("demo"), rules=Rules(named_from=9, region_from=1), cache=tmp_path)
    clusters = public.clusters()
    unnamed = clusters.loc[clusters["n_schools"] < 8]
    assert len(unnamed)
    known = set(open_store("demo").table("clusters")["name"])
    assert not set(unnamed["name"]) & known
    assert unnamed[["purpose", "enquiry_question", "region", "formed_on"]].isna().all(axis=None)
    assert set(clusters.loc[clusters["n_schools"] >= 9, "name"]) <= known
    assert public.table("schools")[["latitude", "longitude"]].isna().all(axis=None)
    assert (public.table("schools")["pupils"].dropna() % 50 == 0).all()


def test_what_the_room_said_and_whatever_the_kit_does_not_know_is_not_published(tmp_path):
    store = open_store("demo")
    public = public_store(store, cache=tmp_path)
    assert public.inputs == ()
    assert public.warnings == ()
    assert not any(public.has(t) for t in ("dialogue_sessions", "dialogue_answers"))
    assert public_store(public, cache=tmp_path) is public


def test_a_pack_with_a_private_word_in_any_file_is_refused(tmp_path):
    (tmp_path / "index.html").write_text("<p>All is well at Oakfield &amp; Son</p> 0.116105 base64,Oakfield")
    check_clean(tmp_path, ["116105", "Oakfield Academy"])
    with pytest.raises(WouldGiveAway, match=r"index\.html would hold"):
        check_clean(tmp_path, ["Oakfield & Son"])
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("school,116105\n")
    with pytest.raises(WouldGiveAway, match=r"tables/a\.csv"):
        check_clean(tmp_path, ["116105"])


def test_a_name_is_found_where_markup_or_a_zip_breaks_it_up(tmp_path):
    (tmp_path / "index.html").write_text("<text>Oakfield</text><text>&amp; Son</text><p>School</p>")
    with pytest.raises(WouldGiveAway, match=r"index\.html would hold"):
        check_clean(tmp_path, ["Oakfield & Son School"])
    (tmp_path / "index.html").unlink()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as office:
        office.writestr("word/document.xml", "<w:t>Oakfield</w:t><w:t>Hill</w:t>")
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as outer:
        outer.writestr("handout.docx", inner.getvalue())
    check_clean(tmp_path, ["Oakfield Mill"])
    with pytest.raises(WouldGiveAway, match=r"pack\.zip would hold"):
        check_clean(tmp_path, ["Oakfield Hill"])


def test_thousands_of_names_are_looked_for_as_well_as_a_few(tmp_path):
    many = [f"School number {n} of many" for n in range(2000)]
    (tmp_path / "a.csv").write_text("what\nSchool number 2000 of many and School number 7 of\n")
    check_clean(tmp_path, many)
    (tmp_path / "a.csv").write_text("what\nSee school number 77, of many!\n")
    with pytest.raises(WouldGiveAway, match="school number 77 of many"):
        check_clean(tmp_path, many)
