"""Whether a notebook can read data only through the kit, so that the notes of its readings are complete.

A chapter of the kit opens a chapter and calls its functions. A notebook may do anything else, too: read a file,
ask the clock, run a command. That is welcome; only, nobody can then say that it would show the same again from
changed data, and every change of the data counts for it. So a notebook is taken at its word only if every name and
attribute in it is one that reaches nothing: what is doubtful counts as reaching out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

#: Rooms whose modules a closed notebook may take names from: they read the kit's own files and the store, nothing else.
_ROOMS = ("allrise.chapters", "allrise.content", "allrise.evidence", "allrise.figures", "allrise.framework")
_NAMES_OF: dict[str, frozenset[str]] = {
    "IPython.display": frozenset({"display"}),
    "allrise.data.store": frozenset({"open_store"}),
    "__future__": frozenset({"annotations"}),
}

#: Modules that may be imported whole: saved figures are texts of JSON.
_WHOLE = frozenset({"json"})

#: Builtins that reach files, code or the session.
_REACHING = frozenset(
    [
        "open",
        "exec",
        "eval",
        "compile",
        "globals",
        "locals",
        "vars",
        "getattr",
        "setattr",
        "delattr",
        "dir",
        "input",
        "breakpoint",
        "help",
        "memoryview",
        "get_ipython",
        "copyright",
        "credits",
        "license",
    ]
)

#: Modules that the kit's modules hold, by the names they hold them by, and what reads or makes files in them.
_MODULES = frozenset(
    [
        "pd",
        "np",
        "pa",
        "pq",
        "plt",
        "sns",
        "nx",
        "io",
        "os",
        "sys",
        "json",
        "csv",
        "re",
        "dt",
        "math",
        "stats",
        "scipy",
        "pandas",
        "numpy",
        "pyarrow",
        "matplotlib",
        "networkx",
        "duckdb",
        "sklearn",
        "statsmodels",
        "babel",
        "urllib",
        "requests",
        "subprocess",
        "importlib",
        "resources",
        "files",
        "builtins",
        "shutil",
        "tempfile",
        "pathlib",
        "Path",
        "paths",
        "datasets",
        "glob",
        "socket",
        "time",
        "datetime",
        "random",
        "secrets",
        "uuid",
        "platform",
        "locale",
        "inspect",
        "hashlib",
        "functools",
        "tomllib",
        "pickle",
        "data",
        "store",
        "packs",
        "kernels",
        "cli",
        "apps",
        "room",
        "errors",
        "Store",
        "fromfile",
        "load",
        "memmap",
        "genfromtxt",
        "loadtxt",
        "query",
        "urlopen",
        "urlretrieve",
        "environ",
        "getenv",
        "today",
        "now",
        "utcnow",
        "default_rng",
    ]
)

#: Attributes of those names that a chapter has itself.
_OF_CHAPTERS = frozenset({"store", "data"})


def reaches_out(cells: Iterable[str]) -> str:
    """Return in a few words how a notebook may read what nobody notes, or ``""`` when it cannot.

    Parameters
    ----------
    cells
        The sources of its code cells.
    """
    for source in cells:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            return "it has a cell that is not plain Python"
        for node in ast.walk(tree):
            if why := _why(node):
                return why
    return ""


def _why(node: ast.AST) -> str:
    if isinstance(node, ast.Import):
        other = [a.name for a in node.names if a.name not in _WHOLE]
        return f"it imports {other[0]}" if other else ""
    if isinstance(node, ast.ImportFrom):
        return _why_import(node)
    if isinstance(node, ast.Name) and (node.id in _REACHING or node.id.startswith("__")):
        return f"it uses {node.id}"
    if isinstance(node, ast.Attribute) and (
        node.attr.startswith(("_", "read_", "from_file"))
        or (node.attr in _MODULES | (_REACHING - {"open"}) and node.attr not in _OF_CHAPTERS)
    ):
        return f"it uses .{node.attr}"
    return ""


def _why_import(node: ast.ImportFrom) -> str:
    module, names = node.module or "", [a.name for a in node.names]
    if node.level == 0 and module in _NAMES_OF and set(names) <= _NAMES_OF[module]:
        return ""
    ours = node.level == 0 and any(module == room or module.startswith(f"{room}.") for room in _ROOMS)
    if not ours:
        return f"it imports {module or names[0]}"
    doubtful = [n for n in names if n in _MODULES | _REACHING or n.startswith(("_", "*", "read_"))]
    return f"it imports {doubtful[0]} from {module}" if doubtful else ""
