"""What every benchmark shares: its options, its readings with spread and alternative, and its JSON, kept as it grows.

A benchmark is a function of a :class:`Record` and its options; :func:`main` is its command line. A reading is a few values
of one thing, with those of an alternative that was measured in the same run. Whatever a benchmark has read stands in its
file at once, so that one that fails or is stopped still says what it knows. Nothing in the file tells whose machine it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT / "lib"))  # runs from a checkout without being installed

SCHEMA = 1
Options = argparse.Namespace


def numbers(values: Iterable[float]) -> dict[str, float]:
    """Return median, least, most and count."""
    found = [float(v) for v in values]
    return {
        "median": _short(statistics.median(found)),
        "least": _short(min(found)),
        "most": _short(max(found)),
        "count": len(found),
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")


class Record:
    """What one benchmark has found so far.

    Parameters
    ----------
    path
        The JSON file; ``None`` to keep nothing.
    """

    def __init__(self, bench: str, title: str, *, quick: bool, path: Path | None) -> None:
        self.path = path
        self._begun = time.monotonic()
        self.content: dict[str, Any] = {
            "schema": SCHEMA,
            "bench": bench,
            "title": title,
            "quick": quick,
            "complete": False,
            "problem": "",
            "seconds": 0.0,
            "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
            "machine": machine(),
            "readings": [],
            "notes": [],
            "details": {},
        }

    def reading(
        self,
        key: str,
        what: str,
        values: Sequence[float] | float,
        unit: str,
        *,
        against: tuple[str, Sequence[float] | float] | None = None,
        faster: bool = True,
        paired: bool = False,
    ) -> dict[str, Any]:
        """Keep one reading.

        Parameters
        ----------
        key
            By which the targets find it.
        values
            Of one thing, measured as often as there are values.
        against
            The alternative of the same run: what it is, and its values.
        faster
            The ratio says how many times less ours is; else how many times the alternative ours is.
        paired
            Value for value measured in turns: the ratio's spread is that of the pairs.
        """
        ours = _listed(values)
        row: dict[str, Any] = {"key": key, "what": what, "unit": unit, **numbers(ours)}
        if against is not None:
            name, given = against
            theirs = _listed(given)
            row["against"] = {"what": name, **numbers(theirs)}
            row["ratio"] = _ratio(ours, theirs, faster=faster, paired=paired)
            row["ratio_is"] = "times less" if faster else "times the alternative"
        self.content["readings"] = [r for r in self.content["readings"] if r["key"] != key] + [row]
        self.save()
        return row

    def note(self, words: str) -> None:
        """Keep a sentence that readers of the numbers need."""
        self.content["notes"].append(words)
        self.save()

    def details(self, name: str, value: Any) -> None:
        """Keep what a benchmark wants to keep beside its readings."""
        self.content["details"][name] = value
        self.save()

    def save(self, *, complete: bool = False, problem: str = "") -> None:
        self.content["complete"] = complete
        self.content["problem"] = without_places(problem)
        self.content["seconds"] = round(time.monotonic() - self._begun, 1)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps(self.content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            part.replace(self.path)


def _listed(values: Sequence[float] | float) -> list[float]:
    return [float(values)] if isinstance(values, int | float) else [float(v) for v in values]


def _ratio(ours: list[float], theirs: list[float], *, faster: bool, paired: bool) -> dict[str, float]:
    above, below = (theirs, ours) if faster else (ours, theirs)
    if paired and len(ours) == len(theirs):
        return numbers(a / b for a, b in zip(above, below, strict=True) if b)
    middle = statistics.median(below)
    if not middle or not min(below):
        return {"median": 0.0, "least": 0.0, "most": 0.0, "count": 0}
    return {
        "median": _short(statistics.median(above) / middle),
        "least": _short(min(above) / max(below)),
        "most": _short(max(above) / min(below)),
        "count": min(len(ours), len(theirs)),
    }


def machine() -> dict[str, Any]:
    """Return what the numbers depend on, and nothing that names the machine."""
    import psutil

    from allrise.packs.keys import versions

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "cores": cores,
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "busy_before": round(os.getloadavg()[0] / cores, 2) if hasattr(os, "getloadavg") else None,
        "versions": versions(),
    }


def without_places(text: str) -> str:
    """Return text without the folders of this machine."""
    from data_sets import cache_folder

    for place in sorted({str(ROOT), str(cache_folder()), str(Path.home()), sys.prefix}, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(place, "…")
    return text


@dataclass(frozen=True)
class Bench:
    """One benchmark: its name, what it asks, and how many seconds it takes on two quiet cores, in full and for a look."""

    name: str
    title: str
    seconds: tuple[float, float]

    def estimate(self, *, quick: bool) -> float:
        return self.seconds[quick]


def in_words(seconds: float) -> str:
    """Return a duration for a person."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def table(content: dict[str, Any]) -> list[str]:
    """Return the readings of a record as lines of a table."""
    lines = []
    width = max((len(r["what"]) for r in content["readings"]), default=10)
    for row in content["readings"]:
        line = f"{row['what']:{width}}  {span(row)} {row['unit']}"
        if against := row.get("against"):
            ratio = row["ratio"]
            line += f"   {against['what']}: {span(against)} {row['unit']}   {row['ratio_is']}: {span(ratio)}"
        lines.append(line)
    return lines + [f"  {note}" for note in content["notes"]]


def span(found: dict[str, Any]) -> str:
    """Return ``2.5 (2.1 to 3.0)``, without the brackets for a single value."""
    said = number(found["median"])
    if found["count"] > 1:
        said += f" ({number(found['least'])} to {number(found['most'])})"
    return said


def number(value: float) -> str:
    """Return a number with three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def main(
    bench: Bench,
    work: Callable[[Record, Options], int | None],
    arguments: Sequence[str] | None = None,
    *,
    add: Callable[[argparse.ArgumentParser], None] | None = None,
) -> int:
    """Run a benchmark from the command line and return its exit code: 0, or 1 when it failed or found a fault."""
    parser = argparse.ArgumentParser(description=bench.title)
    parser.add_argument("--quick", action="store_true", help="a small one, for a look")
    parser.add_argument("--json", type=Path, help="keep the numbers here")
    if add is not None:
        add(parser)
    given = parser.parse_args(arguments)
    said = in_words(bench.estimate(quick=given.quick))
    print(f"{bench.name}: {bench.title}; about {said} on two quiet cores", file=sys.stderr, flush=True)
    record = Record(bench.name, bench.title, quick=given.quick, path=given.json)
    record.save()
    code = 0
    try:
        code = work(record, given) or 0
    except KeyboardInterrupt:
        record.save(problem="it was stopped before its end")
        code = 130
    except Exception as error:  # noqa: BLE001 - told, kept, and the others go on
        traceback.print_exc()
        record.save(problem=f"{type(error).__name__}: {error}"[:2000])
        code = 1
    else:
        record.save(complete=True, problem="" if code == 0 else "it found a fault; see its notes")
    print("\n".join(table(record.content)))
    return code
