"""Exploring a data folder in a notebook: what ``allrise.load`` gives, questions, own charts, saving."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import allrise
from allrise.apps.explore_asking import QUESTIONS
from allrise.apps.explore_own import own_figure
from allrise.apps.explore_plot import KINDS, draw
from allrise.apps.explore_saving import CHAPTER, save
from allrise.apps.explore_tables import Dictionary
from allrise.content.blocks import Figure, from_json
from allrise.content.html import safe_drawing
from allrise.data.tables import PUPIL_GROUPS, TABLES
from allrise.errors import AllriseError, UnknownName, UnreadableInput


@pytest.fixture(scope="module")
def data():
    return allrise.load("demo")


@pytest.fixture(scope="module")
def ours(data):
    return data.cluster("C001")


def test_importing_the_package_does_not_import_pandas():
    code = "import sys, allrise; sys.exit('pandas' in sys.modules or 'allrise.apps' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_load_opens_the_folder_that_lab_was_started_with(monkeypatch, tmp_path):
    monkeypatch.setenv("ALLRISE_DATA", str(tmp_path / "nothing"))
    with pytest.raises(UnreadableInput, match="nothing"):
        allrise.load()
    monkeypatch.delenv("ALLRISE_DATA")
    assert allrise.load().store.synthetic


def test_tables_carry_labels_units_and_descriptions(data):
    frame = data.outcomes
    assert len(frame) == data.store.rows("outcomes") > 1000
    assert frame.attrs["labels"]["value"] == "Value"
    assert frame.attrs["units"] == {"pupils": "pupils"}
    assert frame.attrs["measures"]["attendance"] == {"label": "Attendance", "unit": "percent"}
    assert "Denominator" in frame.attrs["descriptions"]["pupils"]
    assert frame[frame["pupils"] > 50].attrs["table"] == "outcomes"


def test_every_table_is_an_attribute_and_is_offered_for_completion(data):
    for name in data.contents["table"]:
        assert isinstance(getattr(data, name), pd.DataFrame)
        assert name in dir(data)
        assert name in data._ipython_key_completions_()


def test_a_misspelt_table_names_the_one_that_was_meant(data):
    with pytest.raises(AttributeError, match="did you mean outcomes"):
        data.outcome  # noqa: B018
    with pytest.raises(UnknownName, match="outcome"):
        data["outcome"]


def test_what_there_is_says_rows_and_years(data):
    row = data.contents.set_index("table").loc["outcomes"]
    assert (row["rows"], row["from"], row["to"]) == (len(data.outcomes), "2014", "2018")
    assert "invented" in data._repr_html_()
    assert f"{len(data.outcomes):,}" in data._repr_html_()


def test_a_cluster_is_found_by_id_name_or_part_of_it(data):
    name = data.clusters.set_index("cluster_id").loc["C003", "name"]
    assert {data.cluster(n).cluster_id for n in ("C003", name, name.upper(), name[:12])} == {"C003"}


def test_a_name_that_several_clusters_share_is_not_guessed(data):
    with pytest.raises(UnknownName, match="C001"):
        data.cluster("l")
    with pytest.raises(UnknownName, match="C001"):
        data.cluster("C0011")


def test_a_cluster_holds_its_own_rows_only(data, ours):
    assert set(ours.stages["cluster_id"]) == {"C001"}
    assert 0 < len(ours.outcomes) < len(data.outcomes)
    assert set(ours.members["school_id"]) <= set(ours.schools["school_id"])


def test_a_readable_table_has_names_for_ids_and_years_as_they_are_written(ours):
    frame = ours.readable("outcomes")
    assert set(frame["school_id"]) <= set(ours.schools["name"])
    assert "2018-19" in set(frame["time_period"])
    assert "Attendance" in set(frame["measure_id"])
    assert set(ours.outcomes["school_id"]) <= set(ours.schools["school_id"]), "the table itself keeps its ids"


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_question_has_an_answer_in_the_demo_data(ours, key):
    answer = ours.ask(key)
    assert isinstance(answer.figure, Figure)
    assert answer.figure.number == ""
    assert len(answer.table)
    assert answer.figure.title in answer._repr_html_()
    assert "Figure </p>" not in answer._repr_html_()


def test_an_answer_is_about_the_measure_and_year_that_were_asked_for(ours):
    answer = ours.ask("level", measure="attend", year=2016)
    assert "Attendance" in answer.figure.title
    assert max(answer.table["time_period"]) == 2016
    assert not any("2018" in r for r in answer.readings)


def test_the_answer_of_a_pack_and_of_a_notebook_are_the_same_numbers(ours):
    from allrise.chapters import outcomes
    from allrise.chapters.chapter import open_chapter

    chapter = open_chapter("02_outcomes", "demo", "C001")
    pd.testing.assert_frame_equal(ours.ask("schools").table, outcomes.schools(chapter))


def test_a_question_without_data_is_answered_in_a_sentence(data, tmp_path):
    from allrise.data.package import About, write_folder

    keep = {n: data.store.table(n) for n in ("clusters", "schools", "memberships")}
    write_folder(tmp_path / "few", keep, About("few", "Few"))
    few = allrise.load(tmp_path / "few").cluster("C001")
    for key in QUESTIONS:
        answer = few.ask(key)
        assert answer.figure is None
        assert len(answer.blocks) == 1, key
        assert "no " in answer.blocks[0].plain()


def test_an_unknown_question_or_measure_names_those_there_are(ours):
    with pytest.raises(UnknownName, match="funnel"):
        ours.ask("funel")
    with pytest.raises(UnknownName, match="reading_expected"):
        ours.ask("level", measure="spelling")


@pytest.mark.parametrize("name", TABLES)
def test_the_dictionary_has_every_column_of_every_table(data, name):
    described = data.describe(name)
    assert isinstance(described, Dictionary)
    assert list(described.frame["column"]) == list(TABLES[name].column_names)
    for column in TABLES[name].columns:
        assert column.name in described._repr_html_()
        assert column.name in repr(described)


def test_the_dictionary_says_what_words_mean(data):
    status = data.describe("outcomes").frame.set_index("column").loc["status", "values"]
    assert "c: confidential" in status
    assert all(g in data.describe("outcomes")._repr_html_() for g in PUPIL_GROUPS)


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_own_chart_holds_the_numbers_it_draws(ours, kind):
    figure = draw(ours, kind, "reading_expected", ("girls", "boys"), 2018)
    safe_drawing(figure)
    keys = [c.key for c in figure.table.columns]
    values = [row[keys.index("value")] for row in figure.table.rows]
    assert len(values) >= 5
    assert all(v is not None and 0 <= v <= 100 for v in values)
    assert {row[keys.index("group")] for row in figure.table.rows} == {"Girls", "Boys"}
    assert "Invented data" in figure.notes[0]


def test_an_own_chart_without_a_group_or_with_too_many_says_what_to_do(ours):
    with pytest.raises(AllriseError, match="Choose one or more"):
        draw(ours, "years", "attendance", (), 2018)
    with pytest.raises(AllriseError, match="too many"):
        draw(ours, "years", "attendance", tuple(PUPIL_GROUPS)[:7], 2018)


def test_a_drawing_of_pixels_is_refused_with_what_to_do_instead():
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing()
    drawing.subplots().imshow([[1, 2], [3, 4]])
    with pytest.raises(AllriseError, match="lines, bars and marks"):
        own_figure(drawing, pd.DataFrame({"a": [1]}), title="Pixels")


def test_two_own_drawings_on_one_page_share_no_element_id(ours):
    import re

    ids = [re.findall(r'id="([^"]+)"', draw(ours, kind, "attendance", ("all",), 2018).svg) for kind in KINDS.values()]
    assert len(ids[0]) > 10
    assert not set(ids[0]) & set(ids[1])


def test_a_saved_figure_is_a_chapter_and_files(ours, tmp_path):
    figure = ours.ask("level").figure
    saved = save(figure, "C001", 'It\'s "ours"\nand <b>this</b>', folder=tmp_path)
    assert {p.suffix for p in saved.files} == {".svg", ".csv", ".txt"}
    table = pd.read_csv(next(p for p in saved.files if p.suffix == ".csv"))
    assert list(table.columns) == [c.key for c in figure.table.columns]
    assert len(table) == len(figure.table.rows)
    notebook = nbformat.read(saved.chapter, as_version=4)
    nbformat.validate(notebook)
    code = next(c.source for c in notebook.cells if "chapter.saved" in c.source)
    kept: list = []
    stub = type("Chapter", (), {"saved": lambda _self, *values: kept.append(values)})()
    exec(code, {"chapter": stub})
    assert kept[0][:2] == ("C001", 'It\'s "ours"\nand <b>this</b>')
    assert from_json(kept[0][2]) == figure


def test_saving_again_replaces_the_figure_and_keeps_the_others(ours, tmp_path):
    for key in ("level", "gap", "level"):
        saved = save(ours.ask(key).figure, "C001", key, folder=tmp_path)
    assert saved.figures == 2
    assert save(ours.ask("gap").figure, "C002", folder=tmp_path).figures == 1
    notebook = nbformat.read(tmp_path / CHAPTER, as_version=4)
    assert [c.metadata.get("allrise") for c in notebook.cells if "allrise" in c.metadata] == [
        "C001/gap",
        "C001/level",
        "C002/gap",
    ]
    assert notebook.cells[-1].source == "chapter.close()"


def test_saving_into_a_folder_that_is_a_file_says_what_to_do(ours, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableInput, match="ALLRISE_FOLDER"):
        save(ours.ask("level").figure, "C001", folder=tmp_path / "file")


def test_a_cluster_id_never_leads_out_of_the_folder(ours, tmp_path):
    saved = save(ours.ask("level").figure, "../../etc", folder=tmp_path / "in")
    assert all(p.resolve().is_relative_to(tmp_path / "in") for p in saved.files)


def test_the_exploring_notebooks_cover_the_dictionary_and_define_no_function():
    folder = Path(__file__).resolve().parents[2] / "notebooks" / "explore"
    paths = sorted(folder.glob("*.ipynb"))
    assert [p.stem for p in paths] == ["analysts", "data_dictionary", "my_own_data", "start_here"]
    for path in paths:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        assert "def " not in code
        assert "lambda" not in code
        assert "?" in "".join(cells[0]["source"])
        assert not [o for c in cells for o in c.get("outputs", ()) if o["output_type"] in ("error", "stream")]
    dictionary = (folder / "data_dictionary.ipynb").read_text("utf-8")
    assert not [n for n in TABLES if f'data.describe(\\"{n}\\")' not in dictionary]
