"""Runs all benchmarks, keeps their JSON, and writes ``docs/performance.md`` and tables of ``docs/methods.md`` from it.

    ./run benchmark                      all, in full: about an hour on two quiet cores, of which 20 are `scale`'s
    ./run benchmark --quick              a look at each, in about five minutes; nothing of the repository changes
    ./run benchmark --only figures       one (can be given several times); the others' results stay
    ./run benchmark --page               only the pages, from the results that are there

Each runs in a process of its own with a time limit, and keeps what it has read as it goes: one that fails costs nothing of the
others, and the page says so. Exit code 1 when one failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import data_sets
import measure
import methods
import page
from benches import BENCHES
from commands import end_all
from measure import RESULTS, ROOT, Bench, in_words


def limit(bench: Bench, *, quick: bool) -> float:
    """Return the seconds after which a benchmark is ended: machines differ, and a first run makes data."""
    return 4 * bench.estimate(quick=quick) + 300


def run_one(bench: Bench, *, quick: bool, folder: Path, program: Sequence[str] | None = None) -> str:
    """Run one benchmark; return what went wrong, in words, or ``""``. Its JSON stands in ``folder`` in any case.

    Parameters
    ----------
    program
        Instead of the benchmark's own file.
    """
    path = folder / f"{bench.name}.json"
    path.unlink(missing_ok=True)
    command = list(program or (sys.executable, str(ROOT / "benchmarks" / f"{bench.name}.py")))
    command += ["--json", str(path), *(["--quick"] if quick else [])]
    mark = f"suite-{os.getpid()}-{bench.name}"
    process = subprocess.Popen(command, env={**os.environ, "ALLRISE_BENCHMARK_SUITE": mark}, start_new_session=True)
    problem = ""
    try:
        code = process.wait(limit(bench, quick=quick))
        if code:
            problem = f"it ended with code {code}"
    except subprocess.TimeoutExpired:
        problem = f"it was ended after {in_words(limit(bench, quick=quick))}"
    finally:
        end_all([process.pid])
        process.wait()
        _end_left(mark)
    _settle(path, bench, quick=quick, problem=problem)
    return problem


def _end_left(mark: str) -> None:
    """End what a benchmark has left, wherever it stands among the processes now."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("ALLRISE_BENCHMARK_SUITE") == mark:
                process.kill()


def _settle(path: Path, bench: Bench, *, quick: bool, problem: str) -> None:
    """Have a result stand there, also of a benchmark that could not write one."""
    content = None
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
    if content is None:
        record = measure.Record(bench.name, bench.title, quick=quick, path=path)
        record.save(problem=problem or "it wrote no result")
    elif problem and not content["problem"]:
        content["problem"] = problem
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def combine(folder: Path) -> None:
    """Write all results of a folder into one file."""
    found = page.read_results(folder)
    content = {"schema": measure.SCHEMA, "benches": found}
    (folder / "all.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks.", epilog=f"There are {', '.join(BENCHES)}.")
    parser.add_argument("--quick", action="store_true", help="small ones, for a look")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this one; can be given again")
    parser.add_argument(
        "--without", action="append", default=[], metavar="NAME", help="not this one; can be given again"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the results [default: benchmarks/results; with --quick, the cache]"
    )
    parser.add_argument("--page", action="store_true", help="run nothing, write the pages from the results")
    given = parser.parse_args(arguments)
    names = set(BENCHES)
    if unknown := sorted({*given.only, *given.without} - names):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    chosen = [b for b in BENCHES.values() if (not given.only or b.name in given.only) and b.name not in given.without]
    folder: Path = given.out or (data_sets.cache_folder() / "quick" if given.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    if not given.page:
        expected = sum(b.estimate(quick=given.quick) for b in chosen)
        print(f"{len(chosen)} benchmarks, about {in_words(expected)} on two quiet cores", file=sys.stderr, flush=True)
        try:
            for bench in chosen:
                begun = time.monotonic()
                problem = run_one(bench, quick=given.quick, folder=folder)
                combine(folder)
                if problem:
                    failed.append(bench.name)
                said = problem or "done"
                print(f"{bench.name}: {said}, {in_words(time.monotonic() - begun)}\n", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            failed.append("the rest: it was stopped")
    combine(folder)
    if not given.quick and folder == RESULTS:
        page.write(folder)
        methods.write(page.read_results(folder))
        print("docs/performance.md and the tables of docs/methods.md are written", file=sys.stderr)
    else:
        print("\n".join(page.target_lines(page.read_results(folder))))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
