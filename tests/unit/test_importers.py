"""Importers: what a publisher's file becomes, and that nothing in it is guessed or lost in silence."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from allrise.data.importers import SOURCES, Imported, Options, importer, write_import
from allrise.data.importers.establishments import SchoolYear, identify
from allrise.data.importers.school_years import start_year
from allrise.data.package import read_descriptor
from allrise.data.tables import TABLES
from allrise.errors import InvalidData, UnknownName, UnreadableInput

KS2 = (
    "RECTYPE,LEA,ESTAB,URN,SCHNAME,TOTPUPS,TELIG,TFSM6CLA1A,PTRWM_EXP,PTRWM_EXP_FSM6CLA1A,PTRWM_EXP_NotFSM6CLA1A,"
    "READPROG,READPROG_LOWER,READPROG_UPPER,URN_AC\n"
)


def ks2(folder: Path, name: str, *rows: str, header: str = KS2, encoding: str = "utf-8-sig") -> Path:
    path = folder / name
    path.write_text(header + "".join(row + "\n" for row in rows), encoding=encoding)
    return path


def england(*paths: Path, **options: object) -> Imported:
    return importer("england-ks2").read(paths, Options(**options))  # type: ignore[arg-type]


def outcome(imported: Imported, **where: object) -> pd.Series:
    frame = imported.tables["outcomes"]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


ASH = "1,850,2001,100001,Ash,200,30,4,70%,SUPP,SUPP,1.2,-0.5,2.9,0"
ELM = "1,850,2002,100002,Elm,210,40,10,60%,40%,67%,LOWCOV,LOWCOV,LOWCOV,0"


def test_special_schools_and_totals_are_left_out_and_counted(tmp_path: Path):
    special = "2,850,7001,100009,Oak,50,8,2,0%,SUPP,SUPP,-9,-12,-6,0"
    total = "3,850,,,Hampshire,,14463,,64%,,,0.1,,,"
    imported = england(ks2(tmp_path, "2017-2018_850_ks2final.csv", ASH, special, ELM, total))
    assert imported.rows_in == 4
    assert imported.rows_kept == 2
    assert {x.reason: x.rows for x in imported.left_out} == {
        "special school (RECTYPE 2)": 1,
        "total of a local authority (RECTYPE 3)": 1,
    }
    assert imported.tables["schools"]["name"].tolist() == ["Ash", "Elm"]


def test_every_missing_english_value_says_why(tmp_path: Path):
    none = "1,850,2003,100003,Fir,90,20,0,55%,,55%,0,-1,1,0"
    new = "1,850,2004,100004,Yew,NEW,,,,,,,,,0"
    imported = england(ks2(tmp_path, "ks2_2017.csv", ASH, ELM, none, new))
    outcomes = imported.tables["outcomes"]
    assert (outcomes["value"].isna() == (outcomes["status"] != "")).all()
    rwm = {"measure_id": "rwm_expected", "time_period": 2017}
    hidden = outcome(imported, school_id="100001", pupil_group="disadvantaged", **rwm)
    assert (hidden["status"], hidden["pupils"]) == ("c", 4)
    assert outcome(imported, school_id="100003", pupil_group="disadvantaged", **rwm)["status"] == "z"
    assert outcome(imported, school_id="100004", pupil_group="all", **rwm)["status"] == "x"
    assert outcome(imported, school_id="100002", measure_id="reading_progress")["status"] == "u"


def test_the_other_pupils_are_all_less_the_disadvantaged(tmp_path: Path):
    imported = england(ks2(tmp_path, "ks2_2017.csv", ELM))
    other = outcome(imported, pupil_group="not_disadvantaged")
    assert (other["pupils"], other["value"]) == (30, 67)


def test_published_limits_are_kept(tmp_path: Path):
    imported = england(ks2(tmp_path, "ks2_2017.csv", ASH))
    progress = outcome(imported, measure_id="reading_progress")
    assert (progress["value"], progress["lower"], progress["upper"]) == (1.2, -0.5, 2.9)


def test_a_school_that_became_an_academy_keeps_one_id(tmp_path: Path):
    before = ks2(tmp_path, "ks2_2017.csv", ASH.removesuffix(",0") + ",100077", ELM)
    after = ks2(tmp_path, "ks2_2018.csv", ASH.replace("2001,100001,Ash", "2044,100077,Ash Academy"), ELM)
    imported = england(before, after)
    assert imported.tables["schools"].set_index("school_id")["name"].to_dict() == {
        "100002": "Elm",
        "100077": "Ash Academy",
    }
    years = imported.tables["outcomes"].query("school_id == '100077'")["time_period"].unique()
    assert sorted(years) == [2017, 2018]


def test_a_row_without_results_gives_way_to_the_school_s_other_row_of_that_year(tmp_path: Path):
    opened = "1,850,2001,100088,Ash Academy,NEW,,,,,,,,,0"
    imported = england(ks2(tmp_path, "ks2_2017.csv", ASH, opened))
    assert imported.rows_kept == 1
    assert imported.tables["outcomes"].query("measure_id == 'rwm_expected' and pupil_group == 'all'")[
        "value"
    ].tolist() == [70]


def test_two_schools_that_became_one_keep_their_own_ids():
    def row(urn: str, year: int) -> SchoolYear:
        return SchoolYear(
            f"{urn} {year}", urn, f"850/{urn}", year, has_results=True, name=urn, authority="850", academy_urn="9"
        )

    found = identify([row("1", 2016), row("2", 2016), row("9", 2017)])
    assert found.joined == 1
    assert set(found.schools) == {"1", "2", "9"}
    assert not found.superseded


def test_trusts_with_enough_schools_become_clusters_and_others_stay_schools(tmp_path: Path):
    header = KS2.strip() + ",year,URN2,Group ID,Group Name\n"
    rows = [
        f"1,850,{2000 + i},{100000 + i},School {i},100,30,9,50%,50%,50%,0,-1,1,0,2016,{100000 + i},{trust},{trust and 'T'}"
        for i, trust in enumerate(["TR1"] * 5 + ["TR2"] * 4 + [""])
    ]
    panel = ks2(tmp_path, "panel.csv", *rows, header=header)
    imported = england(panel)
    assert imported.tables["clusters"]["cluster_id"].tolist() == ["TR1"]
    assert len(imported.tables["memberships"]) == 5
    assert len(imported.tables["schools"]) == 10
    assert any("March 2022" in c.text and c.table == "memberships" for c in imported.caveats)
    assert len(england(panel, min_schools=4).tables["clusters"]) == 2
    with pytest.raises(UnreadableInput, match="has a column year"):
        england(panel, year=2016)
    by_authority = england(panel, clusters="authorities")
    assert by_authority.tables["clusters"]["name"].tolist() == ["Hampshire"]
    assert not any("March 2022" in c.text for c in by_authority.caveats)


def test_a_symbol_that_is_not_known_is_refused_with_its_place(tmp_path: Path):
    path = ks2(tmp_path, "ks2_2017.csv", ASH, ELM.replace("60%", "SP"))
    with pytest.raises(InvalidData, match=r"ks2_2017.csv line 3, PTRWM_EXP: 'SP' is neither"):
        england(path)


def test_a_missing_column_is_named_with_its_file(tmp_path: Path):
    path = ks2(tmp_path, "ks2_2017.csv", ASH, header=KS2.replace("TELIG", "ELIGIBLE"))
    with pytest.raises(UnreadableInput, match=r"ks2_2017.csv line 1: the header has no column 'TELIG'"):
        england(path)


def test_a_wrong_file_is_said_to_be_one(tmp_path: Path):
    (tmp_path / "ks2_2017.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableInput, match="is not a key stage 2 school table"):
        england(tmp_path / "ks2_2017.csv")


def test_a_school_year_is_taken_once(tmp_path: Path):
    first, second = ks2(tmp_path, "ks2_2017.csv", ASH), ks2(tmp_path, "again_2017.csv", ASH)
    with pytest.raises(InvalidData, match="URN 100001 has two rows of 2017"):
        england(first, second)


def test_years_before_the_expected_standard_are_refused(tmp_path: Path):
    with pytest.raises(InvalidData, match="school year 2013"):
        england(ks2(tmp_path, "ks2_2013.csv", ASH))


@pytest.mark.parametrize(
    ("name", "year"),
    [("2017-2018_850_ks2final.csv", 2017), ("dfe_ks2_2018_850_raw.csv", 2018), ("info_2023_24.csv", 2023)],
)
def test_the_name_of_a_file_says_its_school_year(name: str, year: int):
    assert start_year(Path(name), None) == year


def test_a_name_without_one_year_needs_the_option():
    for name in ("ks2.csv", "2016_to_2018.csv"):
        with pytest.raises(UnreadableInput, match="--year"):
            start_year(Path(name), None)
    assert start_year(Path("ks2.csv"), 2017) == 2017
    with pytest.raises(InvalidData, match="says 2018 and --year says 2017"):
        start_year(Path("ks2_2018.csv"), 2017)


OLD = "School ID,Name,School Type,Education Region,Community of Learning: ID,Community of Learning: Name,Total School Roll\n"
NEW = "School Number,School Name,School Type,Education Region,Community of Learning ID,Community of Learning Name,Total School Roll\n"


def directories(folder: Path) -> list[Path]:
    old = folder / "schools_2017-07.csv"
    old.write_text(
        OLD
        + "1.0,Stays,Full Primary,Otago,9.0,Kea,30.0\n2.0,Leaves,Full Primary,Otago,9.0,Kea,30.0\n"
        + "3.0,Moves,Intermediate,Otago,9.0,Kea,30.0\n4.0,Joins,Special School,Otago,,,\n",
        encoding="utf-8",
    )
    new = folder / "schools_2021-09.csv"
    new.write_text(
        "Directory of schools\n\nAs at September 2021\n"
        + NEW
        + "1,Stays,Full Primary,Otago,9,Ngā Kea,31\n2,Leaves,Full Primary,Otago,,,30\n3,Moves,Intermediate,Otago,8,Tūī,30\n"
        + "4,Joins,Special School,Otago,8,Tūī,12\n5,Opens,Composite,Otago,8,Tūī,12\nTotal,,,,,,\n",
        encoding="utf-8",
    )
    return [new, old]


def test_two_directories_make_membership_spells(tmp_path: Path):
    imported = importer("nz-directory").read(directories(tmp_path), Options())
    spells = {
        (s, c): (None if pd.isna(j) else str(j.date()), None if pd.isna(e) else str(e.date()))
        for s, c, j, e in imported.tables["memberships"].itertuples(index=False)
    }
    assert spells == {
        ("1", "9"): (None, None),
        ("2", "9"): (None, "2021-09-01"),
        ("3", "9"): (None, "2021-09-01"),
        ("3", "8"): ("2021-09-01", None),
        ("4", "8"): ("2021-09-01", None),
        ("5", "8"): ("2021-09-01", None),
    }
    assert imported.tables["clusters"].set_index("cluster_id")["name"].to_dict() == {"8": "Tūī", "9": "Ngā Kea"}
    assert {x.reason: x.rows for x in imported.left_out} == {"no school number (a note or a total)": 1}
    assert "1 joined, 1 left and 1 moved; 1 new schools" in " ".join(imported.notes)


def test_a_directory_without_a_date_in_its_name_needs_the_option(tmp_path: Path):
    new, old = directories(tmp_path)
    plain = old.rename(tmp_path / "directory.csv")
    with pytest.raises(UnreadableInput, match="--date"):
        importer("nz-directory").read([plain], Options())
    imported = importer("nz-directory").read([plain, new], Options(dates=(dt.date(2016, 2, 1), dt.date(2020, 1, 1))))
    assert imported.tables["memberships"]["left_on"].dropna().dt.date.unique().tolist() == [dt.date(2020, 1, 1)]


def test_a_school_type_that_is_not_known_is_refused(tmp_path: Path):
    new, _ = directories(tmp_path)
    new.write_text(new.read_text().replace("Composite", "Flying School"))
    with pytest.raises(InvalidData, match=r"line 9, type: 'Flying School' is not a known school type"):
        importer("nz-directory").read([new], Options())


def test_ontario_percentages_have_no_denominator(tmp_path: Path):
    grade = "Percentage of Grade 3 Students Achieving the Provincial Standard in Reading"
    path = tmp_path / "info_2023_24.csv"
    path.write_text(
        f"Board Number,Board Name,School Number,School Name,School Level,Enrolment,{grade}\n"
        "B1,Moose DSB,0012,A,Elementary,280,73 %\nB1,Moose DSB,0013,B,Elementary,SP,N/R\n"
        "B1,Moose DSB,0014,C,Elementary,15,N/D\nB1,Moose DSB,0015,D,Secondary,500,\n"
    )
    imported = importer("ontario-schools").read([path], Options())
    outcomes = imported.tables["outcomes"].set_index("school_id")
    assert outcomes["pupils"].isna().all()
    assert outcomes["lower"].isna().all()
    assert outcomes["status"].to_dict() == {"0012": "", "0013": "c", "0014": "x"}
    assert pd.isna(imported.tables["schools"].set_index("school_id").loc["0013", "pupils"])
    assert "1 blank results" in imported.notes[0]


def test_nsw_characteristics_are_not_outcomes_and_np_is_no_number(tmp_path: Path):
    path = tmp_path / "master.csv"
    path.write_text(
        "School_code,School_name,Level_of_schooling,Principal_network,latest_year_enrolment_FTE,ICSEA_value,Date_extracted\n"
        "1,A,Primary School,Gordon,100.6,1101,2025-12-12\n2,B,Infants School,Gordon,np,,2025-12-12\n"
        "3,C,Secondary School,Unassigned,5,,2025-12-12\n"
    )
    imported = importer("nsw-schools").read([path], Options())
    assert "outcomes" not in imported.tables
    schools = imported.tables["schools"].set_index("school_id")
    assert schools.loc["1", ["pupils", "icsea"]].tolist() == [101, 1101]
    assert pd.isna(schools.loc["2", "pupils"])
    assert imported.tables["clusters"]["name"].tolist() == ["Gordon"]
    assert imported.tables["memberships"]["school_id"].tolist() == ["1", "2"]


MAPPING = """
[package]
title = "District results"
licences = [{name = "CC0-1.0"}]
sources = [{title = "The district"}]

[[table]]
name = "clusters"
distinct = true
columns = {cluster_id = "Zone", name = "Zone"}
constants = {country = "US"}

[[table]]
name = "schools"
distinct = true
columns = {school_id = "School", name = "School name"}
constants = {country = "US"}

[[table]]
name = "memberships"
distinct = true
columns = {school_id = "School", cluster_id = "Zone"}

[[table]]
name = "outcomes"
columns = {school_id = "School", time_period = "Year", pupil_group = "Group", pupils = "Tested", value = "Percent"}
constants = {measure_id = "math"}
where = {Subject = "Math"}
ignore = ["Notes"]
[table.values.pupil_group]
"All students" = "all"
"Low income" = "disadvantaged"
[table.symbols]
"*" = "c"
"""
RESULTS = [
    ["School", "School name", "Zone", "Year", "Subject", "Group", "Tested", "Percent", "Notes"],
    ["001", "Ash", "North", "2020", "Math", "All students", "30", "55.5", "n"],
    ["001", "Ash", "North", "2020", "Math", "Low income", "*", "*", ""],
    ["001", "Ash", "North", "2020", "Art", "All students", "30", "99", ""],
    ["002", "Elm", "North", "2020", "Math", "All students", "40", "61%", ""],
]


def tidy(folder: Path, mapping: str = MAPPING, rows: list[list[str]] = RESULTS) -> Imported:
    (folder / "map.toml").write_text(mapping)
    pd.DataFrame(rows[1:], columns=rows[0]).to_csv(folder / "results.csv", index=False)
    return importer("tidy-csv").read([folder / "results.csv"], Options(mapping=folder / "map.toml"))


def test_any_long_table_can_be_mapped(tmp_path: Path):
    imported = tidy(tmp_path)
    assert {n: len(f) for n, f in imported.tables.items()} == {
        "clusters": 1,
        "schools": 2,
        "memberships": 2,
        "outcomes": 3,
    }
    hidden = outcome(imported, pupil_group="disadvantaged")
    assert (hidden["status"], hidden["measure_id"]) == ("c", "math")
    assert outcome(imported, school_id="002")["value"] == 61
    assert imported.rows_in - imported.rows_kept == sum(x.rows for x in imported.left_out) == 3 + 2 + 2 + 1


def test_a_mapped_workbook_is_read_like_a_csv(tmp_path: Path):
    (tmp_path / "map.toml").write_text(MAPPING)
    book = openpyxl.Workbook()
    for row in [["District results"], [], *RESULTS]:
        book.worksheets[0].append([int(c) if c in ("30", "40", "2020") else c for c in row])
    book.save(tmp_path / "results.xlsx")
    imported = importer("tidy-csv").read([tmp_path / "results.xlsx"], Options(mapping=tmp_path / "map.toml"))
    pd.testing.assert_frame_equal(imported.tables["outcomes"], tidy(tmp_path).tables["outcomes"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"Low income" = "disadvantaged"', "", "line 3, Group: the mapping has no value for 'Low income'"),
        ('ignore = ["Notes"]', "", "does not say what the column 'Notes' is"),
        ('"*" = "c"', '"*" = "hidden"', "'\\*' means 'hidden'"),
        ('"*" = "c"', "", "line 3, Tested: '\\*' is neither a number nor a known symbol"),
        ('time_period = "Year"', 'period = "Year"', "has no column 'period'"),
        ('time_period = "Year"', 'time_period = "Jahr"', "no column 'Jahr'"),
        ('time_period = "Year", ', "", "does not say where time_period is"),
        ('name = "outcomes"', 'name = "outcome"', "no table 'outcome'"),
        ("distinct = true", "distnct = true", "unknown key 'distnct'"),
        ('title = "District results"', "", "has no title"),
        ('measure_id = "math"}', 'measure_id = "math", lower = "low"}', "constant lower: 'low' is neither a number"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, words: str):
    assert old in MAPPING
    with pytest.raises((InvalidData, UnreadableInput), match=words):
        tidy(tmp_path, MAPPING.replace(old, new, 1))


def test_a_percentage_in_a_workbook_is_what_a_person_sees(tmp_path: Path):
    (tmp_path / "map.toml").write_text(MAPPING)
    book = openpyxl.Workbook()
    for row in RESULTS:
        book.worksheets[0].append(row)
    book.worksheets[0]["H2"] = 0.555
    book.worksheets[0]["H2"].number_format = "0%"
    book.save(tmp_path / "results.xlsx")
    imported = importer("tidy-csv").read([tmp_path / "results.xlsx"], Options(mapping=tmp_path / "map.toml"))
    assert outcome(imported, school_id="001", pupil_group="all")["value"] == 55.5


def test_a_delimiter_is_found_by_the_columns_and_not_by_commas_in_texts(tmp_path: Path):
    header = KS2.replace(",", ";")
    row = ASH.replace(",", ";").replace(
        "Ash", "Ash, Elm, Fir, Oak, Yew, Sorb, Box, Plum, Pear, Lime, Larch, Pine, Beech, and more"
    )
    imported = england(ks2(tmp_path, "ks2_2017.csv", row, header=header))
    assert imported.tables["schools"]["name"].str.startswith("Ash, Elm").all()


def test_latin_1_and_a_row_that_is_too_wide_are_told_apart(tmp_path: Path):
    path = ks2(tmp_path, "ks2_2017.csv", ASH.replace("Ash", "Saint-Élie"), encoding="cp1252")
    assert england(path).tables["schools"]["name"].tolist() == ["Saint-Élie"]
    path = ks2(tmp_path, "ks2_2018.csv", ASH.replace("Ash", "Ash, the school"))
    with pytest.raises(InvalidData, match=r"ks2_2018\.csv line 2 has more cells than the header"):
        england(path)


def test_an_import_replaces_a_data_folder_only_when_forced(tmp_path: Path):
    imported = england(ks2(tmp_path, "ks2_2017.csv", ASH))
    write_import(imported, tmp_path / "data")
    with pytest.raises(UnreadableInput, match="is not empty"):
        write_import(imported, tmp_path / "data")
    (tmp_path / "data" / "old.csv").write_text("x\n")
    write_import(imported, tmp_path / "data", force=True)
    assert not (tmp_path / "data" / "old.csv").exists()
    assert read_descriptor(tmp_path / "data").caveats == imported.caveats
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "ks2_2017.csv"]


def test_force_does_not_touch_a_folder_that_is_no_data_folder(tmp_path: Path):
    imported = england(ks2(tmp_path, "ks2_2017.csv", ASH))
    with pytest.raises(UnreadableInput, match="no data folder"):
        write_import(imported, tmp_path, force=True)
    assert (tmp_path / "ks2_2017.csv").exists()


def test_tables_have_the_columns_of_the_kit_first(tmp_path: Path):
    for name, frame in england(ks2(tmp_path, "ks2_2017.csv", ASH)).tables.items():
        assert tuple(frame.columns[: len(TABLES[name].columns)]) == TABLES[name].column_names


def test_an_unknown_source_is_answered_with_the_known(tmp_path: Path):
    with pytest.raises(UnknownName, match="Did you mean england-ks2"):
        importer("england-ks")
    assert set(SOURCES) == {"england-ks2", "nz-directory", "nsw-schools", "ontario-schools", "tidy-csv"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("THE GOOD SHEPHERD TRUST", "The Good Shepherd Trust"),
        ("GLF SCHOOLS", "GLF Schools"),
        ("UNIVERSITY OF CHICHESTER ACADEMY TRUST", "University of Chichester Academy Trust"),
        ("Lumen Learning Trust", "Lumen Learning Trust"),
        ("SWR TRUST", "SWR Trust"),
    ],
)
def test_a_trusts_name_in_capitals_is_written_as_people_write_it(written, shown):
    from allrise.data.importers.england_clusters import in_title_case

    assert in_title_case(written) == shown
