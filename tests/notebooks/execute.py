"""Runs the kit's notebooks on the demo data and writes them back executed; ``./run notebooks`` calls it.

What is committed is what a reader sees in JupyterLab, and what ``pytest --nbval-lax`` compares with. Times,
machine names and other passing things are left out, so that a second run changes nothing.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HOME = Path(__file__).resolve().parents[2]
KEPT = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> bool:
    """Run one notebook in its own folder; return whether its file changed."""
    before = path.read_text("utf-8")
    notebook = nbformat.reads(before, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata = nbformat.from_dict(KEPT)
    for output in (o for cell in notebook.cells for o in cell.get("outputs", ())):
        output.get("data", {}).pop(WIDGET, None)  # names a widget of a kernel that is gone; the still picture stays
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, "utf-8", newline="\n")
    return after != before


if __name__ == "__main__":
    chosen = [Path(a).resolve() for a in sys.argv[1:]] or sorted((HOME / "notebooks").rglob("[!.]*.ipynb"))
    for path in chosen:
        if ".ipynb_checkpoints" not in path.parts:
            print("changed  " if execute(path) else "the same ", path.relative_to(HOME))
