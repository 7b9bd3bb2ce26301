"""The person's own folder: copies follow the kit until somebody works in them, and work is never lost."""

import json
import stat

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from allrise.apps.explore_files import INSIDE, cells_hash, copy_notebooks
from allrise.errors import UnreadableInput


@pytest.fixture
def kit(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    folder = tmp_path / "kit"
    folder.mkdir()
    write(folder / "start.ipynb", "1 + 1")
    return folder


def write(path, source, outputs=()):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs), id="a")
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))


def source(path):
    return "".join(json.loads(path.read_text())["cells"][0]["source"])


def test_notebooks_are_copied_once_and_trusted(kit, tmp_path):
    own = tmp_path / "own"
    assert copy_notebooks(own, source=kit).brought == ("start.ipynb",)
    assert copy_notebooks(own, source=kit).brought == ()
    notary = NotebookNotary()
    assert notary.check_signature(nbformat.read(own / INSIDE / "start.ipynb", as_version=4))
    notary.store.close()
    assert {p.name for p in own.iterdir()} == {"notebooks", "my_data", "for_packs"}


def test_a_notebook_that_was_only_run_follows_the_kit(kit, tmp_path):
    copy_notebooks(tmp_path / "own", source=kit)
    own = tmp_path / "own" / INSIDE / "start.ipynb"
    write(own, "1 + 1", [nbformat.v4.new_output("stream", text="2")])
    write(kit / "start.ipynb", "2 + 2")
    assert copy_notebooks(tmp_path / "own", source=kit).brought == ("start.ipynb",)
    assert "2 + 2" in source(own)


def test_work_is_never_overwritten_and_fresh_keeps_it_beside(kit, tmp_path):
    copy_notebooks(tmp_path / "own", source=kit)
    own = tmp_path / "own" / INSIDE / "start.ipynb"
    write(own, "my = 'work'")
    assert copy_notebooks(tmp_path / "own", source=kit).newer == ()
    write(kit / "start.ipynb", "3 + 3")
    told = copy_notebooks(tmp_path / "own", source=kit)
    assert (told.brought, told.newer) == ((), ("start.ipynb",))
    assert "my" in source(own)
    told = copy_notebooks(tmp_path / "own", source=kit, fresh=True)
    assert told.kept == ("start_mine_1.ipynb",)
    assert "3 + 3" in source(own)
    assert "my" in source(own.with_name("start_mine_1.ipynb"))


def test_the_kit_s_notebooks_are_left_as_they_are(kit, tmp_path):
    before = (kit / "start.ipynb").read_bytes()
    copy_notebooks(tmp_path / "own", source=kit)
    write(tmp_path / "own" / INSIDE / "start.ipynb", "changed")
    assert (kit / "start.ipynb").read_bytes() == before


def test_a_file_that_is_no_notebook_counts_as_work(kit, tmp_path):
    copy_notebooks(tmp_path / "own", source=kit)
    own = tmp_path / "own" / INSIDE / "start.ipynb"
    own.write_text("half a noteb")
    copy_notebooks(tmp_path / "own", source=kit)
    assert own.read_text() == "half a noteb"
    assert cells_hash(own)


def test_a_folder_that_cannot_be_written_to_says_what_to_do(kit, tmp_path):
    (tmp_path / "own").write_text("a file")
    with pytest.raises(UnreadableInput, match="--folder"):
        copy_notebooks(tmp_path / "own", source=kit)


def test_copies_can_be_written_where_the_kit_is_read_only(kit, tmp_path):
    (kit / "start.ipynb").chmod(0o444)
    copy_notebooks(tmp_path / "own", source=kit)
    assert (tmp_path / "own" / INSIDE / "start.ipynb").stat().st_mode & stat.S_IWUSR
