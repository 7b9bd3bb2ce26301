"""The panels of the guided notebook, driven as a browser drives them: by the value of each control."""

import datetime as dt

import ipywidgets as widgets
import pandas as pd
import pytest

import allrise
from allrise.apps.explore_asking import QUESTIONS
from allrise.apps.explore_screening import MyData, example, put
from allrise.apps.pickers import ClusterPicker, FigureArea
from allrise.errors import AllriseError, InvalidData, UnreadableInput


def controls(panel):
    found, todo = {}, [panel.widget]
    while todo:
        widget = todo.pop()
        todo += list(getattr(widget, "children", ()))
        if getattr(widget, "description", ""):
            found[widget.description.split(" (")[0]] = widget
    return found


def shown(panel):
    texts, todo = [], [panel.widget]
    while todo:
        widget = todo.pop(0)
        todo += list(getattr(widget, "children", ()))
        if isinstance(widget, widgets.HTML) and "<style>" not in widget.value:
            texts.append(widget.value)
    return "\n".join(texts)


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("ALLRISE_FOLDER", str(tmp_path))
    return allrise.load("demo").choose()


def test_every_panel_follows_the_cluster_that_is_chosen(chosen):
    look, ask, plot = chosen.look(), chosen.ask(), chosen.plot()
    controls(chosen)["Cluster"].value = "C003"
    name = allrise.load("demo").cluster("C003").name
    assert chosen.cluster.cluster_id == "C003"
    for panel in (chosen, ask, plot):
        assert name in shown(panel)
    school = chosen.cluster.members["name"].iloc[0]
    assert school in shown(chosen)
    controls(look)["Table"].value = "schools"
    assert school in shown(look)


def test_look_shows_each_table_with_what_its_columns_mean(chosen):
    look = chosen.look()
    table = controls(look)["Table"]
    assert len(table.options) >= 10
    for words, value in table.options:
        table.value = value
        assert f"aria-label='{value}'" in shown(look), words
    table.value = "commitments"
    assert "The outcome it will reach." in shown(look)


def test_ask_answers_each_question_and_shuts_the_measure_where_it_has_no_part(chosen):
    ask = chosen.ask()
    parts = controls(ask)
    for key, asking in QUESTIONS.items():
        parts["Question"].value = key
        assert "ar-figure" in shown(ask)
        assert parts["Measure"].disabled is not asking.of_measure
    parts["Question"].value = "level"
    parts["Measure"].value = "attendance"
    parts["Up to school year"].value = 2016
    assert "Attendance" in shown(ask)
    assert "2017/18" not in shown(ask)


def test_a_title_that_holds_markup_is_shown_as_text(chosen):
    plot = chosen.plot()
    controls(plot)["Title"].value = "<script>alert(1)</script>"
    assert "<script>" not in shown(plot)
    assert "&lt;script&gt;" in shown(plot)


def test_plot_without_a_group_says_what_to_do_and_recovers(chosen):
    plot = chosen.plot()
    groups = controls(plot)["Groups of pupils"]
    assert "girls" not in dict(groups.options).values(), "mathematics has no such groups in these data"
    controls(plot)["Measure"].value = "reading_expected"
    groups.value = ()
    assert "Choose one or more" in shown(plot)
    groups.value = ("girls", "boys")
    assert "ar-own" in shown(plot)
    controls(plot)["Chart"].value = "schools"
    assert "schools from" in shown(plot)


def test_save_saves_the_figure_drawn_last_for_the_chosen_cluster(chosen, tmp_path):
    save = chosen.save()
    button = controls(save)["Save for the pack"]
    assert button.disabled
    ask = chosen.ask()
    assert not button.disabled
    controls(chosen)["Cluster"].value = "C002"
    controls(ask)["Question"].value = "gap"
    controls(save)["What you want to say about it"].value = "Look here"
    button.click()
    assert (tmp_path / "for_packs" / "C002" / "gap.csv").is_file()
    assert "allrise packs build" in shown(save)
    assert "Look here" in (tmp_path / "for_packs" / "C002" / "gap.txt").read_text("utf-8")


def test_a_saved_notebook_shows_a_still_picture_of_each_panel(chosen):
    for panel in (chosen, chosen.look(), chosen.ask(), chosen.plot(), chosen.save()):
        bundle = panel._repr_mimebundle_()
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
        assert "Run this cell" in bundle["text/html"]
    assert "<svg" in chosen.ask()._repr_mimebundle_()["text/html"]


def test_many_clusters_are_found_by_typing_and_a_half_typed_name_changes_nothing():
    many = pd.DataFrame(
        {"cluster_id": [f"K{i}" for i in range(900)], "name": [f"Cluster {i // 2}" for i in range(900)]}
    )
    picker = ClusterPicker(many)
    asked: list = []
    picker.on_change(asked.append)
    assert isinstance(picker.widget, widgets.Combobox)
    picker.widget.value = "Clus"
    picker.widget.value = "Cluster 7"
    picker.widget.value = "Cluster 7 (K15)"
    assert asked == ["K14", "K15"]


def test_a_mistake_stands_where_the_figure_was_and_a_fault_of_ours_is_not_hidden():
    area = FigureArea()
    with area.working():
        assert "Drawing" in area.said
        raise AllriseError("No <group>", "Choose one.")
    assert "No &lt;group&gt;" in area.html
    assert "Drawing" not in area.said
    with pytest.raises(ZeroDivisionError), area.working():
        1 / 0  # noqa: B018


def test_the_example_shows_each_mistake_with_line_value_and_what_to_do():
    text = shown(example())
    for piece in (
        "about 90",
        "01/02/2015",
        "New Zealand",
        "“4”",
        "left before it joined",
        "must be mended",
        "What to do",
    ):
        assert piece in text


def test_files_that_are_dropped_in_are_screened_mended_and_explored(monkeypatch, tmp_path):
    monkeypatch.setenv("ALLRISE_FOLDER", str(tmp_path))
    mine, data = MyData(), allrise.load("demo")
    demo = {n: data.store.table(n).to_csv(index=False) for n in ("clusters", "schools", "memberships")}
    upload = controls(mine._panel)["Choose files"]
    now = dt.datetime.now(tz=dt.UTC)
    content = demo["clusters"].encode()
    upload.value = ({"name": "clusters.csv", "type": "", "size": 1, "content": content, "last_modified": now},)
    assert "Still missing" in mine.html
    with pytest.raises(InvalidData):
        mine.load()
    mine.take({f"{n}.csv": text.encode() for n, text in demo.items()})
    assert "These data can be used" in mine.html
    assert len(mine.load().schools) == len(data.schools)
    (tmp_path / "my_data" / "schools.csv").unlink()
    controls(mine._panel)["Check again"].click()
    assert "must be mended" in mine.html
    controls(mine._panel)["Take my files away"].click()
    assert not list((tmp_path / "my_data").glob("*.csv"))


def test_a_path_is_screened_where_it_is_and_nothing_in_it_is_touched(chosen, tmp_path):
    from allrise.paths import datasets

    mine = MyData()
    before = {p.name: p.stat().st_mtime_ns for p in (datasets() / "demo").iterdir()}
    controls(mine._panel)["Or the path of a folder with your files"].value = f'"{datasets() / "demo"}"'
    assert "outcomes.csv" in mine.html
    assert "can be used" in mine.html
    controls(mine._panel)["Take my files away"].click()
    assert {p.name: p.stat().st_mtime_ns for p in (datasets() / "demo").iterdir()} == before
    mine.check(tmp_path / "nowhere")
    assert "There is no folder" in mine.html


def test_files_stay_in_the_folder_and_only_tables_are_taken(tmp_path):
    put({"../../out/schools.csv": b"school_id\n1\n", "..\\evil.csv": b""}, tmp_path / "in")
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == ["evil.csv", "schools.csv"]
    with pytest.raises(UnreadableInput, match="Save it as CSV"):
        put({"photo.png": b""}, tmp_path / "in")


def test_what_a_file_says_is_never_markup(chosen, tmp_path):
    mine = MyData(tmp_path / "x")
    mine.take({"clusters.csv": b"cluster_id,name,country\n1,A,<img src=x onerror=alert(1)>\n"})
    assert "<img" not in mine.html
    assert "&lt;img" in mine.html
