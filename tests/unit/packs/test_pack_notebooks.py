"""Chapters by name, and what their ``parameters`` cell takes."""

from __future__ import annotations

import json

import nbformat
import pytest

from allrise.errors import UnknownName, UnreadableInput
from allrise.packs.notebooks import choose, find_notebooks, read_notebook


def write(path, parameters="data: str = ''\ncluster_id = ''", *cells):
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell(parameters, id="p")
    first.metadata["tags"] = ["parameters"]
    notebook.cells = [first, *(nbformat.v4.new_code_cell(c, id=f"c{n}") for n, c in enumerate(cells))]
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def chapters(tmp_path):
    for name in ("01_overview", "02_outcomes", "10_methods", "11_outcomes"):
        write(tmp_path / f"{name}.ipynb")
    (tmp_path / ".hidden.ipynb").write_text("{}")
    return find_notebooks(tmp_path, ("data",))


def names(found):
    return [n.name for n in found]


def test_notebooks_are_found_in_the_order_of_their_names(chapters):
    assert names(chapters) == ["01_overview", "02_outcomes", "10_methods", "11_outcomes"]


@pytest.mark.parametrize("word", ["01_overview", "01", "1", "overview", "Overview", "01_overview.ipynb"])
def test_a_chapter_may_be_named_in_any_of_these_ways(chapters, word):
    assert names(choose(chapters, [word])) == ["01_overview"]


def test_chosen_chapters_keep_their_order(chapters):
    assert names(choose(chapters, ["methods", "1", "10"])) == ["01_overview", "10_methods"]


def test_a_word_that_fits_two_chapters_is_refused(chapters):
    with pytest.raises(UnknownName, match="02_outcomes or 11_outcomes"):
        choose(chapters, ["outcomes"])


def test_an_unknown_chapter_is_answered_with_a_close_one(chapters):
    with pytest.raises(UnknownName, match="Did you mean 10_methods"):
        choose(chapters, ["method"])


def test_the_parameters_are_the_names_the_cell_sets(tmp_path):
    found = read_notebook(write(tmp_path / "a.ipynb", "data: str = ''  # folder\nminutes = 60\nother: int = 1"))
    assert found.takes == {"data", "minutes", "other"}


def test_outputs_do_not_count_as_source_and_code_and_tags_do(tmp_path):
    path = write(tmp_path / "a.ipynb", "data = ''", "1")
    before = read_notebook(path).source
    content = json.loads(path.read_text())
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen"]}]
    content["cells"][1]["execution_count"] = 9
    path.write_text(json.dumps(content))
    assert read_notebook(path).source == before
    content["cells"][1]["metadata"]["tags"] = ["remove-input"]
    path.write_text(json.dumps(content))
    assert read_notebook(path).source != before


@pytest.mark.parametrize(
    ("text", "message"),
    [("not json", "is not a notebook"), ('{"cells": []}', "has 0 cells tagged"), ("[]", "is not a notebook")],
)
def test_a_file_that_is_no_chapter_is_named(tmp_path, text, message):
    path = tmp_path / "01_bad.ipynb"
    path.write_text(text)
    with pytest.raises(UnreadableInput, match=message):
        read_notebook(path)


def test_a_parameters_cell_that_is_not_python_is_named(tmp_path):
    with pytest.raises(UnreadableInput, match="is not Python"):
        read_notebook(write(tmp_path / "a.ipynb", "data = = 1"))
