"""A figure saved in an exploring notebook stands in the pack of its cluster, and in no other."""

import pytest

import allrise
from allrise.apps.explore_saving import CHAPTER, save
from allrise.errors import AllriseError
from allrise.packs.build import build
from allrise.packs.plan import BuildOptions, make_plan
from allrise.packs.status import standing_of_packs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    save(allrise.load("demo").cluster("C001").ask("stages").figure, "C001", "We asked this ourselves.", folder=folder)
    options = BuildOptions(
        data="demo",
        out=folder / "packs",
        clusters=("C001", "C002"),
        chapters=("overview",),
        added=(folder / CHAPTER,),
    )
    return options, build(options)


def test_the_saved_figure_is_a_numbered_figure_of_its_cluster_s_pack(built):
    options, result = built
    assert result.ok
    page = (options.out / "C001" / "index.html").read_text("utf-8")
    assert "Figures of our own" in page
    assert "Figure 20.1" in page
    assert "We asked this ourselves." in page
    assert (options.out / "C001" / "tables" / "20_stages.csv").is_file()


def test_the_pack_of_another_cluster_says_that_nothing_was_saved(built):
    options, _ = built
    page = (options.out / "C002" / "index.html").read_text("utf-8")
    assert "No figure of our own was saved for this cluster." in page
    assert "We asked this ourselves." not in page


def test_packs_with_an_added_chapter_are_current_until_another_figure_is_saved(built):
    options, _ = built
    assert {p.state for p in standing_of_packs(options.out)} == {"current"}
    notebook = options.added[0]
    before = notebook.read_bytes()
    save(allrise.load("demo").cluster("C001").ask("gap").figure, "C001", folder=notebook.parent)
    assert {p.state for p in standing_of_packs(options.out)} == {"stale"}
    notebook.write_bytes(before)


def test_what_people_drew_themselves_is_never_in_a_pack_for_the_public(built):
    from dataclasses import replace

    from allrise.chapters.own import open_own_chapter

    options, _ = built
    with pytest.raises(AllriseError, match="for the public"):
        make_plan(replace(options, audience="public"))
    with pytest.raises(AllriseError, match="not checked"):
        open_own_chapter("demo", "C001", "public")


def test_a_notebook_that_is_not_there_is_named(built):
    from dataclasses import replace

    options, _ = built
    with pytest.raises(AllriseError, match="nowhere"):
        make_plan(replace(options, added=(options.out / "nowhere.ipynb",)))
