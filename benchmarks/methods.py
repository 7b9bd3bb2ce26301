"""The tables of ``docs/methods.md`` that say how often intervals held the truth, from the results' JSON.

Each stands in the page between two marks, ``<!-- NAME: from its results -->`` and ``<!-- NAME: end -->``; the text around
them is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from measure import ROOT

PAGE = ROOT / "docs" / "methods.md"
Results = Mapping[str, Mapping[str, Any]]


def coverage_lines(result: Mapping[str, Any]) -> list[str]:
    """Return the table of the study by method (``coverage.py``)."""
    lines = [
        "| interval | held the truth | the study's own limits | of data like | data sets |",
        "|---|---|---|---|---|",
    ]
    for m in result["details"]["methods"]:
        name = m["method"] + (", promises at least 95%" if m["at_least"] else "")
        setting = m["setting"].removesuffix("; promises at least 95%")
        lines.append(f"| {name} | {100 * m['share']:.1f}% | {_limits(m)} | {setting} | {m['draws']:,} |")
    return lines


def planted_lines(result: Mapping[str, Any]) -> list[str]:
    """Return the table of the study of whole made-up systems (``planted.py``), and of how many."""
    lines = ["| question | planted | held, or found | the study's own limits | intervals |", "|---|---|---|---|---|"]
    for f in result["details"]["findings"]:
        planted = "yes" if f["planted"] else "no"
        lines.append(f"| {f['question']} | {planted} | {100 * f['share']:.1f}% | {_limits(f)} | {f['asked']:,} |")
    (draws,) = (int(r["median"]) for r in result["readings"] if r["key"] == "planted_draws")
    return [*lines, "", f"{draws} systems with effects and {draws} without."]


TABLES: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {"coverage": coverage_lines, "planted": planted_lines}


def text(page: str, results: Results) -> str:
    """Return the page with the tables of those benchmarks that there are results of."""
    for name, lines in TABLES.items():
        if name in results and results[name]["details"]:
            before, _, rest = page.partition(f"<!-- {name}: from its results -->\n")
            _, _, after = rest.partition(f"<!-- {name}: end -->\n")
            table = "\n".join(lines(results[name]))
            page = f"{before}<!-- {name}: from its results -->\n\n{table}\n\n<!-- {name}: end -->\n{after}"
    return page


def write(results: Results) -> None:
    """Write the page's tables."""
    PAGE.write_text(text(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


def _limits(found: Mapping[str, Any]) -> str:
    return f"{100 * found['lower']:.0f} to {100 * found['upper']:.0f}%"
