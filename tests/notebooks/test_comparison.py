"""nbval really compares: a committed number that is no longer true fails the run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
PACK = sorted((HOME / "notebooks" / "pack").glob("*.ipynb"))
SYSTEM = sorted((HOME / "notebooks" / "system").glob("*.ipynb"))


def checked_cells(path):
    notebook = json.loads(path.read_text("utf-8"))
    return notebook, [
        c for c in notebook["cells"] if c["cell_type"] == "code" and "NBVAL_CHECK_OUTPUT" in "".join(c["source"])
    ]


@pytest.mark.slow
def test_a_changed_number_in_a_committed_notebook_is_found(tmp_path):
    notebook, cells = checked_cells(HOME / "notebooks" / "pack" / "01_overview.ipynb")
    text = cells[0]["outputs"][0]["data"]["text/plain"]
    cells[0]["outputs"][0]["data"]["text/plain"] = [line.replace("S0", "S9") for line in text]
    damaged = tmp_path / "damaged.ipynb"
    damaged.write_text(json.dumps(notebook), "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", str(damaged)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 1, run.stdout[-2000:]
    assert "text/plain" in run.stdout


@pytest.mark.parametrize("path", [*PACK, *SYSTEM], ids=lambda p: p.stem)
def test_committed_notebooks_are_executed_and_free_of_passing_things(path):
    notebook, cells = checked_cells(path)
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(c["execution_count"] for c in code)
    assert not [o for c in code for o in c["outputs"] if o["output_type"] == "error"]
    assert cells or path.stem == "09_discussion_guide"
    assert all(c["outputs"] for c in cells)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    text = path.read_text("utf-8")
    assert str(Path.home()) not in text
    assert str(HOME) not in text


@pytest.mark.parametrize("path", [*PACK, *SYSTEM], ids=lambda p: p.stem)
def test_chapters_open_with_a_question_and_declare_the_same_parameters(path):
    notebook, _ = checked_cells(path)
    first, parameters = notebook["cells"][:2]
    assert "".join(first["source"]).startswith("# ")
    assert "?" in "".join(first["source"])
    assert parameters["metadata"]["tags"] == ["parameters"]
    names = [line.split(":")[0] for line in "".join(parameters["source"]).splitlines()]
    about = "country" if path in SYSTEM else "cluster_id"
    assert names == ["data", about, "time_period", "audience", "minutes", "language"]
    code = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    assert "def " not in code
    assert "matplotlib" not in code
