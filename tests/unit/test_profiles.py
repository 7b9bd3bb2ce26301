"""Country profiles: words, school years, thresholds and symbols of each country."""

import datetime as dt
import pickle

import pytest

from allrise.data.profiles import profile, profiles
from allrise.data.tables import COUNTRIES, STATUSES
from allrise.errors import UnknownName


def test_every_country_has_a_profile_with_words_in_both_languages():
    assert tuple(p.country for p in profiles()) == COUNTRIES
    for p in profiles():
        for language in ("en", "fr"):
            assert p.name(language)
            assert p.headteacher(language)
            assert p.cluster(None, language).one
            assert all(p.cluster(kind, language).many for kind in p.kinds)


@pytest.mark.parametrize(
    ("country", "year", "written"),
    [
        ("GB-ENG", 2018, "2018/19"),
        ("GB-ENG", 1999, "1999/00"),
        ("CA", 2018, "2018-19"),
        ("US", 2009, "2009-10"),
        ("NZ", 2018, "2018"),
        ("AU", 2018, "2018"),
    ],
)
def test_a_school_year_is_written_as_it_is_there(country: str, year: int, written: str):
    assert profile(country).school_year(year) == written


def test_membership_is_read_in_the_middle_of_the_school_year():
    assert profile("GB-ENG").membership_day(2018) == dt.date(2019, 1, 1)
    assert profile("CA").membership_day(2018) == dt.date(2019, 1, 1)
    assert profile("NZ").membership_day(2018) == dt.date(2018, 7, 1)
    assert profile("AU").membership_day(2018) == dt.date(2018, 7, 1)


def test_england_hides_one_to_five_pupils_and_no_others():
    assert [n for n in range(20) if profile("GB-ENG").hides(n)] == [1, 2, 3, 4, 5]


def test_where_no_rule_is_known_ten_is_used_and_said_to_be_a_default():
    for country in ("US", "NZ", "AU", "CA"):
        assert profile(country).threshold == 10
        assert not profile(country).threshold_known


def test_a_region_with_its_own_rule_overrides_its_country():
    nsw = profile("AU").for_region("New South Wales")
    assert (nsw.threshold, nsw.threshold_known, nsw.region) == (6, True, "New South Wales")
    assert profile("AU").for_region("Victoria") == profile("AU")
    assert profile("AU").for_region(None) == profile("AU")


def test_a_symbol_means_what_its_own_publisher_means():
    assert profile("GB-ENG").symbols["SUPP"] == "c"
    assert profile("GB-ENG").symbols["LOWCOV"] == "u"
    assert "SP" not in profile("GB-ENG").symbols
    assert "SP" not in profile("CA").symbols
    assert profile("CA").for_region("Ontario").symbols["SP"] == "c"
    assert profile("AU").symbols["np"] == "c"


def test_every_symbol_maps_to_a_known_status():
    for p in profiles():
        for own in (p, *(p.for_region(region) for region in p.regions)):
            assert set(own.symbols.values()) <= set(STATUSES)


def test_the_kind_of_a_cluster_is_found_however_it_is_spelt():
    england = profile("GB-ENG")
    assert england.cluster("Multi-academy trust").many == "multi-academy trusts"
    assert england.cluster("hub of some sort").one == "partnership"
    assert profile("NZ").cluster("Kāhui Ako").one == "Kāhui Ako"
    assert profile("CA").cluster("family of schools", "fr").one == "famille d'écoles"


def test_a_countrys_french_has_the_french_names_and_years():
    assert profile("CA").cluster("district", "fr-CA").many == "conseils scolaires"
    assert profile("NZ").name("fr-CA") == "Nouvelle-Zélande"
    years = [profile(c).in_language("fr-CA").school_year(1999) for c in ("CA", "GB-ENG", "NZ")]
    assert years == ["1999-2000", "1999-2000", "1999"]
    assert profile("CA").in_language("en").school_year(1999) == "1999-00"


def test_an_unknown_country_is_refused_with_a_close_one():
    with pytest.raises(UnknownName, match="Did you mean GB-ENG"):
        profile("gb-en")
    with pytest.raises(UnknownName, match="Use one of CA"):
        profile("Atlantis")


def test_a_profile_crosses_processes():
    assert pickle.loads(pickle.dumps(profile("CA"))) == profile("CA")
