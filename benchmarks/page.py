"""The page ``docs/performance.md``: the targets with what was measured, from the results' JSON, in a written frame.

``targets.toml`` has the targets, with the words for one that is missed; ``performance.in.md`` the text around the tables.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benches import BENCHES
from measure import RESULTS, ROOT, span

HERE = Path(__file__).resolve().parent
PAGE = ROOT / "docs" / "performance.md"
Results = Mapping[str, Mapping[str, Any]]


def read_results(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Return the results of a folder by benchmark, in the suite's order."""
    found = {}
    for bench in BENCHES.values():
        path = folder / f"{bench.name}.json"
        if path.is_file():
            found[bench.name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def targets() -> list[dict[str, Any]]:
    """Return the targets, in order."""
    return tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))["target"]


def reading(results: Results, bench: str, key: str) -> Mapping[str, Any] | None:
    """Return one reading, ``None`` when it was not measured."""
    readings = results.get(bench, {}).get("readings", ())
    return next((r for r in readings if r["key"] == key), None)


def judged(target: Mapping[str, Any], results: Results) -> tuple[str, str, str, str]:
    """Return of one target: measured, alternative, reached or missed, and why it was missed."""
    row = reading(results, target["bench"], target["reading"])
    if row is None:
        problem = results.get(target["bench"], {}).get("problem", "")
        return "–", "–", "not measured", problem
    found = row["ratio"] if target["of"] == "ratio" else row
    value = found[target.get("take", "median")]
    ratio = target["of"] == "ratio"
    measured = f"{span(found)} ×" if ratio else f"{span(found)} {row['unit']}".strip()
    against = row.get("against")
    other = f"{against['what']}: {span(against)} {row['unit']}; ours {span(row)} {row['unit']}" if against else "–"
    if ratio is False and against:
        other = f"{against['what']}: {span(against)} {row['unit']}".strip()
    reached = value >= target["least"] if "least" in target else value <= target["most"]
    return measured, other, "reached" if reached else "**missed**", "" if reached else target.get("cause", "")


def target_lines(results: Results) -> list[str]:
    """Return the table of targets."""
    lines = ["| what | target | measured | against | |", "|---|---|---|---|---|"]
    for target in targets():
        measured, other, verdict, cause = judged(target, results)
        said = f"{verdict}: {cause}" if cause else verdict
        cells = (target["what"], target["said"], measured, other, said)
        lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |")
    return lines


def bench_lines(results: Results, name: str) -> list[str]:
    """Return one benchmark's readings as a table, with its notes."""
    content = results.get(name)
    if content is None:
        return ["Not measured yet."]
    lines = []
    if content["readings"]:
        lines += ["| | measured | against | ratio |", "|---|---|---|---|"]
    for row in content["readings"]:
        against = row.get("against")
        other = f"{against['what']}: {span(against)} {row['unit']}".strip() if against else ""
        ratio = f"{span(row['ratio'])} {row['ratio_is']}" if against else ""
        lines.append(f"| {row['what']} | {span(row)} {row['unit']} | {other} | {ratio} |".replace("  ", " "))
    for note in content["notes"]:
        lines += ["", note]
    if content["problem"]:
        lines += ["", f"**Not whole**: {content['problem'].splitlines()[0]}"]
    return lines or ["Nothing was read."]


def machine_line(results: Results) -> str:
    """Return what the results were measured on."""
    full = [r for r in results.values() if not r["quick"]]
    if not full:
        return "Not measured yet."
    on = full[0]["machine"]
    days = sorted({r["measured"] for r in full})
    used = on["versions"]
    packages = ", ".join(
        f"{n} {used[n]}" for n in ("papermill", "pandas", "matplotlib", "duckdb", "ipykernel") if n in used
    )
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"Measured on {when}: {on['cores']} cores, {on['memory_gb']} GB, {on['system']}, Python {on['python']}, {packages}."


def text(results: Results) -> str:
    """Return the whole page."""
    frame = (HERE / "performance.in.md").read_text(encoding="utf-8")
    filled = frame.replace("{{machine}}", machine_line(results)).replace(
        "{{targets}}", "\n".join(target_lines(results))
    )
    for bench in BENCHES.values():
        filled = filled.replace("{{" + bench.name + "}}", "\n".join(bench_lines(results, bench.name)))
    return filled


def write(folder: Path = RESULTS) -> None:
    """Write the page from the results of a folder."""
    PAGE.write_text(text(read_results(folder)), encoding="utf-8")
