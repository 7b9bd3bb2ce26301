"""Whose schools a pack is about: data of a part of a country, and data that hold nobody else."""

import pandas as pd
from clean_folder import clean, write

from allrise.chapters.chapter import open_chapter
from allrise.chapters.measures import first_measure, measures_among
from allrise.chapters.system_chapter import cover, open_system
from allrise.data.profiles import profile


def told(notices):
    return " ".join(p for n in notices for p in n.paragraphs)


def test_data_of_one_county_are_never_called_the_country_s(tmp_path):
    chapter = open_system("10_spread_and_gap", str(write(tmp_path / "data", clean())))
    [system] = chapter.systems
    assert system.regions
    assert system.name not in cover(chapter).cluster
    assert all(region in cover(chapter).cluster for region in system.regions)
    assert system.subject().cluster == system.where
    assert "only: where a chart says all schools" in told(chapter.strength())


def test_a_cluster_alone_in_its_data_is_told_that_it_stands_beside_itself(tmp_path):
    chapter = open_chapter("02_outcomes", str(write(tmp_path / "data", clean())), "")
    assert chapter.alone
    assert "beside itself" in told(chapter.strength())
    assert not open_chapter("02_outcomes", "demo", "C001").alone


def test_a_country_has_its_article_inside_a_sentence():
    assert profile("US").in_sentence() == "the United States"
    assert profile("US").name() == "United States"
    assert profile("US").in_sentence("fr") == profile("US").name("fr")


def test_without_numbers_of_pupils_the_measure_of_most_schools_comes_first():
    rows = [("few", "S1", 60.0), *(("most", f"S{i}", 50.0) for i in range(4))]
    outcomes = pd.DataFrame(rows, columns=["measure_id", "school_id", "value"]).assign(pupils=float("nan"))
    described = pd.DataFrame({"measure_id": ["few", "most"], "label": ["A", "B"], "unit": "percent"})
    described = described.assign(higher_is_better=True, source="")
    assert first_measure(measures_among(outcomes, described)).measure_id == "most"
    counted = outcomes.assign(pupils=[30.0, *[float("nan")] * 4])
    assert first_measure(measures_among(counted, described)).measure_id == "few"
    assert first_measure(()) is None
