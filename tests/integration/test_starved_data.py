"""Every chapter gets to its last cell over data of which next to nothing is there, for the cluster and for anybody."""

import json
from pathlib import Path

import pandas as pd
import pytest

from allrise import paths

NOTEBOOKS = [p for kind in ("pack", "system") for p in sorted((paths.notebooks() / kind).glob("*.ipynb"))]
DEMO = {p.stem: pd.read_csv(p, dtype=str, keep_default_na=False) for p in (paths.datasets() / "demo").glob("*.csv")}
PRACTICE = ("ties", "reviews", "stages", "commitments", "contexts")


def _respondents(tables, count):
    survey = tables["survey"]
    survey = survey[survey["cluster_id"] == "C001"]
    last = survey.loc[survey["wave"] == survey["wave"].max(), "response_id"].unique()
    tables["survey"] = survey[survey["response_id"].isin(last[:count])]


def _without_dialogue(tables):
    for name in [n for n in tables if n.startswith("dialogue")]:
        del tables[name]


def four_respondents_and_one_row_of_everything_else(tables):
    _respondents(tables, 4)
    for name in PRACTICE:
        tables[name] = tables[name].head(1)
    _without_dialogue(tables)


def one_respondent_and_nothing_else(tables):
    _respondents(tables, 1)
    for name in ("outcomes", *PRACTICE):
        del tables[name]
    _without_dialogue(tables)


def one_year_of_two_schools_and_every_result_hidden(tables):
    outcomes = tables["outcomes"]
    schools = tables["memberships"].loc[tables["memberships"]["cluster_id"] == "C001", "school_id"].unique()[:2]
    latest = outcomes["time_period"] == outcomes["time_period"].max()
    tables["outcomes"] = outcomes[latest & outcomes["school_id"].isin(schools)].assign(
        value="", lower="", upper="", status="c"
    )
    for name in ("schools", "memberships"):
        tables[name] = tables[name][tables[name]["school_id"].isin(schools)]
    for name in ("survey", "items", *PRACTICE):
        del tables[name]
    _without_dialogue(tables)


def _cells(notebook, parameters):
    """Yield the code of a notebook, with the parameters set after the cell that names them."""
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        yield "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", ()):
            yield "\n".join(f"{name} = {value!r}" for name, value in parameters.items())


@pytest.fixture(scope="module", params=[
    four_respondents_and_one_row_of_everything_else,
    one_respondent_and_nothing_else,
    one_year_of_two_schools_and_every_result_hidden,
], ids=lambda starve: starve.__name__)  # fmt: skip
def starved(request, tmp_path_factory):
    tables = {name: table.copy() for name, table in DEMO.items()}
    request.param(tables)
    folder = tmp_path_factory.mktemp("starved")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["cluster", "public"])
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: Path(p).stem)
def test_a_chapter_of_starved_data_is_told_to_its_end(starved, notebook, audience):
    parameters = {"data": str(starved), "audience": audience}
    if notebook.parent.name == "pack":
        parameters["cluster_id"] = "C001"
    names = {"__name__": "__main__"}
    for code in _cells(notebook, parameters):
        exec(compile(code, notebook.name, "exec"), names)
