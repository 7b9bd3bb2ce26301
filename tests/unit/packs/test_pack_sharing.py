"""Only whole packs made for the public leave the house."""

from __future__ import annotations

import json

import pytest

from allrise.packs.manifest import outputs_of
from allrise.packs.share import NotForThePublic, PlaceNotReachable, publish_packs


def pack(folder, name="C1", *, audience="public", made_for="public", more=()):
    root = folder / name
    (root / "chapters").mkdir(parents=True)
    (root / "index.html").write_text("<p>page")
    notebook = {"cells": [], "metadata": {"papermill": {"parameters": {"audience": made_for}}}}
    (root / "chapters" / "01_overview.ipynb").write_text(json.dumps(notebook))
    for file in more:
        (root / file).write_text(file)
    manifest = {
        "schema": 1,
        "pack": {
            "cluster_id": name, "name": "Trust", "country": "NZ", "region": "", "kind": "", "folder": name,
            "audience": audience, "period": "2018",
        },
        "status": "built",
        "chapters": [{"name": "01_overview", "status": "ok", "error": None}],
        "parameters": {"audience": audience},
        "outputs": outputs_of(root),
        "finished": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    (root / "manifest.json").write_text(json.dumps(manifest))
    return root


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_public_pack_is_published_with_a_page_that_lists_it(tmp_path):
    pack(tmp_path / "packs")
    done = publish_packs(tmp_path / "packs", str(tmp_path / "web"))
    expected = ["C1/chapters/01_overview.ipynb", "C1/index.html", "C1/manifest.json", "index.html"]
    assert files(tmp_path / "web") == expected
    assert (done.packs, done.files) == (("C1",), 4)
    assert "Trust" in (tmp_path / "web" / "index.html").read_text()


def test_a_pack_for_its_cluster_stops_everything(tmp_path):
    pack(tmp_path / "packs", "C1")
    pack(tmp_path / "packs", "C2", audience="cluster")
    with pytest.raises(NotForThePublic, match="C2 is for its cluster"):
        publish_packs(tmp_path / "packs", str(tmp_path / "web"))
    assert not (tmp_path / "web").exists()


def test_a_public_pack_with_a_chapter_made_for_the_cluster_is_refused(tmp_path):
    pack(tmp_path / "packs", made_for="cluster")
    with pytest.raises(NotForThePublic, match=r"01_overview\.ipynb was made for the cluster"):
        publish_packs(tmp_path / "packs", str(tmp_path / "web"))


@pytest.mark.parametrize("change", ["changed", "extra", "missing"])
def test_a_pack_that_does_not_verify_is_refused(tmp_path, change):
    root = pack(tmp_path / "packs")
    if change == "changed":
        (root / "index.html").write_text("<p>other")
    elif change == "extra":
        (root / "names.csv").write_text("who")
    else:
        (root / "index.html").unlink()
    with pytest.raises(NotForThePublic, match=change):
        publish_packs(tmp_path / "packs", str(tmp_path / "web"))
    assert not (tmp_path / "web").exists()


def test_what_an_older_edition_had_and_the_new_one_has_not_is_removed(tmp_path):
    pack(tmp_path / "old", more=("pack.pdf",))
    pack(tmp_path / "new")
    publish_packs(tmp_path / "old", str(tmp_path / "web"))
    (tmp_path / "web" / "mine.txt").write_text("stays")
    publish_packs(tmp_path / "new", str(tmp_path / "web"))
    assert "C1/pack.pdf" not in files(tmp_path / "web")
    assert "mine.txt" in files(tmp_path / "web")


def test_an_object_store_holds_the_same_files(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    pack(tmp_path / "packs")
    publish_packs(tmp_path / "packs", "memory://public/packs")
    there = fsspec.filesystem("memory").find("/public/packs")
    assert sorted(p.removeprefix("/public/packs/") for p in there) == [
        "C1/chapters/01_overview.ipynb",
        "C1/index.html",
        "C1/manifest.json",
        "index.html",
    ]


def test_an_address_that_nothing_here_can_reach_says_what_to_install(tmp_path):
    pytest.importorskip("fsspec")
    pack(tmp_path / "packs")
    with pytest.raises(PlaceNotReachable, match="nosuch"):
        publish_packs(tmp_path / "packs", "nosuch://bucket")
