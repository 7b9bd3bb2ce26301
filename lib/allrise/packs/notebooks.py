"""The chapters there are, what each takes, and how they are named on the command line."""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allrise.errors import UnknownName, UnreadableInput
from allrise.packs.closed import reaches_out

_NAME = re.compile(r"(\d+)_(.+)")


@dataclass(frozen=True, slots=True)
class Notebook:
    """A chapter's notebook.

    Parameters
    ----------
    path, name
        The file, and its stem ``02_outcomes``.
    takes
        Names set in its ``parameters`` cell.
    source
        sha256 of what runs: cells, their tags and order. Saving it with outputs changes nothing.
    reaches_out
        How it may read what nobody notes, see :mod:`.closed`; ``""`` when it reads through the kit only.
    """

    path: Path
    name: str
    takes: frozenset[str]
    source: str
    reaches_out: str = ""

    @property
    def number(self) -> str:
        """Return ``02`` of ``02_outcomes``; the whole name when it has no number."""
        found = _NAME.fullmatch(self.name)
        return found[1] if found else self.name


def find_notebooks(folder: Path, required: Iterable[str]) -> tuple[Notebook, ...]:
    """Return the notebooks of ``folder`` in order of their names.

    Parameters
    ----------
    required
        Parameters that every one of them must take.

    Raises
    ------
    UnreadableInput
        When a file is not a notebook or its ``parameters`` cell does not fit.
    """
    # Names that start with a dot or underscore are editors' and checkpoints' files.
    paths = sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith((".", "_")))
    needed = tuple(required)
    return tuple(read_notebook(p, needed) for p in paths)


def read_notebook(path: Path, required: Sequence[str] = ()) -> Notebook:
    """Read what the build must know of a notebook; see :func:`find_notebooks`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = [
            (c["cell_type"], "".join(c["source"]), sorted(c.get("metadata", {}).get("tags", ())))
            for c in content["cells"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableInput(
            f"{path} is not a notebook: {error}", "Open it in JupyterLab and save it again."
        ) from error
    tagged = [source for kind, source, tags in cells if kind == "code" and "parameters" in tags]
    if len(tagged) != 1:
        raise UnreadableInput(
            f"{path} has {len(tagged)} cells tagged `parameters`",
            "A chapter has exactly one; add the tag in JupyterLab's property inspector.",
        )
    takes = _assigned(tagged[0], path)
    missing = [name for name in required if name not in takes]
    if missing:
        raise UnreadableInput(
            f"{path}: its `parameters` cell does not set {', '.join(missing)}",
            "Every chapter takes these; give each a default there.",
        )
    source = hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()
    code = [text for kind, text, _ in cells if kind == "code"]
    return Notebook(path, path.stem, takes, source, reaches_out(code))


def choose(notebooks: Sequence[Notebook], wanted: Sequence[str]) -> tuple[Notebook, ...]:
    """Return the notebooks named in ``wanted`` as ``02_outcomes``, ``02``, ``2`` or ``outcomes``; all when empty.

    Raises
    ------
    UnknownName
        With the names that come closest.
    """
    if not wanted:
        return tuple(notebooks)
    by_word: dict[str, list[Notebook]] = {}
    for notebook in notebooks:
        found = _NAME.fullmatch(notebook.name)
        words = {notebook.name, *((found[1], found[1].lstrip("0") or "0", found[2]) if found else ())}
        for word in words:
            by_word.setdefault(word.casefold(), []).append(notebook)
    chosen: set[str] = set()
    for name in wanted:
        matches = by_word.get(name.removesuffix(".ipynb").casefold(), [])
        if not matches:
            close = difflib.get_close_matches(name.casefold(), by_word, n=3)
            near = list(dict.fromkeys(n.name for word in close for n in by_word[word]))
            hint = (
                f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(n.name for n in notebooks)}."
            )
            raise UnknownName(f"There is no chapter `{name}`", hint)
        if len(matches) > 1:
            raise UnknownName(f"`{name}` may be {' or '.join(n.name for n in matches)}", "Give the whole name.")
        chosen.add(matches[0].name)
    return tuple(n for n in notebooks if n.name in chosen)


def _assigned(source: str, path: Path) -> frozenset[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise UnreadableInput(f"{path}: its `parameters` cell is not Python: {error}", "Mend that cell.") from error
    names: set[str] = set()
    for statement in tree.body:
        targets: list[Any] = []
        if isinstance(statement, ast.Assign):
            targets = list(statement.targets)
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        names.update(t.id for t in targets if isinstance(t, ast.Name))
    return frozenset(names)
