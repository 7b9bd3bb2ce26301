"""What a build makes, and what it does not make again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from allrise.errors import UnknownName, UnreadableInput
from allrise.packs.formats import FormatNotAvailable
from allrise.packs.manifest import verify_all
from allrise.packs.publish import NotOurs
from allrise.packs.status import standing_of_packs

SAY = "from allrise.content.blocks import Text\nText(({},))"
SCHOOL = """from allrise.content.blocks import Text
from allrise.data.store import open_store
Text((str(open_store(data).slice(cluster_id).table("schools")["name"].iloc[0]),))"""
TABLE = """from allrise.content.blocks import Hidden, Table, TableColumn
columns = (TableColumn("school", "School"), TableColumn("value", "Value", "percent", 1))
Table("levels", "Levels", columns, (("=1+1", 50.0), ("B", Hidden("c")), ("C", None)))"""


def test_a_pack_has_its_page_notebooks_tables_and_a_manifest_that_names_every_file(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter("02_levels", TABLE)
    result = place.build()
    assert result.ok
    assert [(p.folder, p.status) for p in result.packs] == [("c1", "built"), ("c2", "built")]
    assert place.page("c2")["said"]["01_overview"] == ["c2"]
    files = {str(p.relative_to(place.out / "c1")) for p in (place.out / "c1").rglob("*") if p.is_file()}
    manifest = place.manifest("c1")
    assert {o["file"] for o in manifest["outputs"]} == files - {"manifest.json"}
    assert {"chapters/01_overview.ipynb", "chapters/02_levels.ipynb", "tables/02_levels.csv"} <= files
    assert (place.out / "c1/tables/02_levels.csv").read_text() == "school,value\n'=1+1,50\nB,c\nC,\n"
    assert manifest["suppressed"] == {"c": 1}
    assert manifest["status"] == "built"
    assert {i["file"]: i["rows"] for i in manifest["inputs"]} == {
        "clusters.csv": 1,
        "schools.csv": 1,
        "memberships.csv": 1,
    }
    assert manifest["versions"].keys() >= {"allrise", "python", "pandas", "papermill"}
    assert [p["folder"] for p in place.manifest()["packs"]] == ["c1", "c2"]
    assert json.loads((place.out / "index.html").read_text()) == {"c1": "built", "c2": "built"}
    assert verify_all(place.out) == []
    assert not (place.out / ".allrise-build").exists()
    assert place.nothing_is_left() == []


def test_executed_notebooks_say_nothing_that_differs_from_run_to_run_and_run_again_as_they_are(place, tmp_path):
    place.chapter("01_overview", SAY.format("f'{cluster_id} {minutes}'"))
    place.build(clusters=("c1",), minutes=45)
    notebook = place.out / "c1/chapters/01_overview.ipynb"
    first = notebook.read_bytes()
    place.build(clusters=("c1",), minutes=45, force=True)
    assert notebook.read_bytes() == first
    again = tmp_path / "again.ipynb"
    subprocess.run(
        [sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3", str(notebook), str(again)],
        check=True,
        capture_output=True,
    )
    said = [o["data"]["text/plain"] for c in nbformat.read(again, 4).cells for o in c.get("outputs", [])]
    assert said == ["c1 45"]


def test_what_is_unchanged_is_not_built_again(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.build()
    before = {p: p.stat().st_mtime_ns for p in (place.out / "c1").rglob("*")}
    result = place.build()
    assert [p.status for p in result.packs] == ["unchanged", "unchanged"]
    assert {p: p.stat().st_mtime_ns for p in (place.out / "c1").rglob("*")} == before
    assert place.build(force=True, clusters=("c1",)).packs[0].status == "built"


def test_only_the_chapter_whose_notebook_changed_runs_again(place):
    place.clusters("c1")
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter("02_levels", SAY.format("'old'"))
    place.build()
    place.chapter("02_levels", SAY.format("'new'"))
    result = place.build()
    assert result.packs[0].reasons == ("02_levels: the chapter's notebook changed",)
    assert [[r.name for r in p.runs] for p in result.packs] == [["02_levels"]]
    assert place.page("c1")["said"] == {"01_overview": ["c1"], "02_levels": ["new"]}
    assert verify_all(place.out) == []


def test_saving_a_notebook_with_its_outputs_changes_nothing(place):
    place.clusters("c1")
    path = place.chapter("01_overview", SAY.format("cluster_id"))
    place.build()
    notebook = nbformat.read(path, 4)
    notebook.cells[-1]["execution_count"] = 3
    notebook.cells[-1]["outputs"] = [nbformat.v4.new_output("stream", text="seen")]
    nbformat.write(notebook, path)
    assert [p.status for p in place.build().packs] == ["unchanged"]


def test_a_parameter_reruns_only_the_chapters_that_take_it(place):
    place.clusters("c1")
    place.chapter("01_overview", SAY.format("cluster_id"), parameters="data = ''\ncluster_id = ''")
    place.chapter("02_discussion", SAY.format("str(minutes)"))
    place.build()
    result = place.build(minutes=90)
    assert [[r.name for r in p.runs] for p in result.packs] == [["02_discussion"]]
    assert place.page("c1")["said"]["02_discussion"] == ["90"]


def test_changed_data_rebuild_the_packs_they_are_about_and_status_says_why(place):
    place.chapter("01_overview", SCHOOL)
    place.build()
    schools = place.data / "schools.csv"
    schools.write_text(schools.read_text().replace("School 1", "Another name"))
    standing = {
        s.record.folder: s
        for s in standing_of_packs(place.out, notebooks=place.root / "notebooks", template=place.options())
    }
    assert standing["c2"].state == "stale"
    assert standing["c2"].reasons == ("01_overview: the schools of this cluster changed",)
    assert standing["c1"].state == "current"
    assert [p.status for p in place.build().packs] == ["unchanged", "built"]
    assert place.page("c2")["said"]["01_overview"] == ["Another name"]
    after = standing_of_packs(place.out, notebooks=place.root / "notebooks", template=place.options())
    assert [s.state for s in after] == ["current", "current"]


def test_a_file_changed_by_hand_is_found_named_and_mended(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.build()
    (place.out / "c1/index.html").write_text("changed")
    (place.out / "c1/extra.txt").write_text("extra")
    (place.out / "c2/chapters/01_overview.ipynb").unlink()
    assert [str(f) for f in verify_all(place.out)] == [
        "c1/extra.txt: extra",
        "c1/index.html: changed",
        "c2/chapters/01_overview.ipynb: missing",
    ]
    assert place.build().ok
    assert verify_all(place.out) == []


def test_a_pack_that_was_deleted_is_missed(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.build()
    shutil.rmtree(place.out / "c2")
    assert [str(f) for f in verify_all(place.out)] == ["c2/manifest.json: missing"]


def test_chapters_can_be_named_in_three_ways_and_a_pack_has_those_of_its_last_build(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter("02_levels", SAY.format("cluster_id"))
    place.build(clusters=("c1",))
    for name in ("02_levels", "2", "levels"):
        place.build(clusters=("c1",), chapters=(name,))
        assert list(place.page("c1")["said"]) == ["02_levels"]


def test_unknown_names_are_refused_with_what_comes_close_and_nothing_is_written(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    with pytest.raises(UnknownName, match="Did you mean c1"):
        place.build(clusters=("c11",))
    with pytest.raises(UnknownName, match="Did you mean 01_overview"):
        place.build(chapters=("overveiw",))
    with pytest.raises(UnknownName, match="html, pdf"):
        place.build(formats=("odt",))
    assert not place.out.exists()


def test_a_notebook_without_the_parameters_is_refused(place):
    place.chapter("01_overview", "1", parameters="data = ''")
    with pytest.raises(UnreadableInput, match="does not set cluster_id"):
        place.build()


def test_a_format_without_a_writer_is_refused(place, monkeypatch):
    monkeypatch.setattr("allrise.packs.formats._there", lambda name: False)
    place.chapter("01_overview", SAY.format("cluster_id"))
    with pytest.raises(FormatNotAvailable, match="cannot be written as"):
        place.build(formats=("pdf",))


def test_any_cluster_id_gets_a_folder_inside_the_output_folder(place):
    ids = ["../../evil", "CON", "a/b", "Kāhui Ako 7", "{pm}", "index.html", ".", "x" * 300, "Abc", "abc"]
    place.clusters(*ids)
    place.chapter("01_overview", SAY.format("cluster_id"))
    result = place.build()
    assert result.ok
    folders = {p.cluster_id: place.out / p.folder for p in result.packs}
    for cluster_id, folder in folders.items():
        assert folder.parent == place.out
        assert folder.name.isascii()
        assert place.page(folder.name)["said"]["01_overview"] == [cluster_id]
    assert len({f.name.casefold() for f in folders.values()}) == len(ids)
    assert {p.name for p in place.out.iterdir()} == {f.name for f in folders.values()} | {"index.html", "manifest.json"}
    assert {p.name for p in place.root.iterdir()} == {"data", "packs", "notebooks", "cache"}


def test_a_folder_that_is_no_pack_is_never_replaced(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    (place.out / "c1").mkdir(parents=True)
    (place.out / "c1" / "thesis.txt").write_text("three years of work")
    with pytest.raises(NotOurs, match="not an evidence pack"):
        place.build()
    assert (place.out / "c1" / "thesis.txt").read_text() == "three years of work"


def test_paths_with_braces_blanks_and_accents_work(place):
    place.root = place.root / "a {b} ç"
    place.root.mkdir()
    place.clusters("c1")
    place.chapter("01_overview", SAY.format("cluster_id"))
    assert place.build().ok
    assert place.page("c1")["said"]["01_overview"] == ["c1"]


def test_notebooks_about_the_system_become_a_pack_of_their_own(place):
    place.chapter("01_overview", SAY.format("cluster_id"))
    place.chapter("01_map", SAY.format("'all'"), parameters="data = ''", kind="system")
    result = place.build()
    assert [p.folder for p in result.packs] == ["_system", "c1", "c2"]
    assert place.page("_system")["said"] == {"01_map": ["all"]}
    assert [p.folder for p in place.build(clusters=("c1",)).packs] == ["c1"]
