"""The suite of benchmarks: its page is what its results say, and one that fails costs nothing of the others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def suite(monkeypatch):
    """The modules of the suite, which are scripts beside each other."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import benches
    import measure
    import methods
    import page
    import run

    yield {"benches": benches, "measure": measure, "methods": methods, "page": page, "run": run}
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]


def test_the_page_is_what_its_results_generate(suite):
    page = suite["page"]
    assert page.PAGE.read_text(encoding="utf-8") == page.text(page.read_results()), (
        "python benchmarks/run.py --page writes it"
    )


def test_the_tables_of_the_methods_page_are_what_their_results_generate(suite):
    methods, results = suite["methods"], suite["page"].read_results()
    page = methods.PAGE.read_text(encoding="utf-8")
    assert set(methods.TABLES) <= set(results)
    assert page == methods.text(page, results), "python benchmarks/run.py --page writes them"
    for name in methods.TABLES:
        table = page.partition(f"<!-- {name}: from its results -->")[2].partition(f"<!-- {name}: end -->")[0]
        assert table.count("%") > 15


def test_every_benchmark_has_a_file_and_a_place_on_the_page_and_every_target_has_one(suite):
    benches = suite["benches"].BENCHES
    frame = (FOLDER / "performance.in.md").read_text(encoding="utf-8")
    for name in benches:
        assert (FOLDER / f"{name}.py").is_file()
        assert "{{" + name + "}}" in frame
    for target in suite["page"].targets():
        assert target["bench"] in benches
        assert ("least" in target) != ("most" in target)
        source = (FOLDER / f"{target['bench']}.py").read_text(encoding="utf-8")
        if "import measure" in source or "from measure" in source:
            assert target["reading"].partition("-")[0].split("_")[0] in source


def test_what_is_committed_names_no_machine_and_is_no_quick_look():
    for path in sorted((FOLDER / "results").glob("*.json")):
        text = path.read_text(encoding="utf-8")
        assert '"quick": true' not in text
        assert not [place for place in ("/home/", "/root", "/work", "/tmp/", "/Users/") if place in text], path


def test_a_target_is_judged_by_its_reading_and_a_missed_one_says_why(suite):
    record = suite["measure"].Record("x", "X", quick=False, path=None)
    record.reading("slow", "slow", [30.0, 40.0, 20.0], "s", against=("other", [60.0, 80.0, 40.0]), paired=True)
    results = {"x": record.content}
    at_least = {"bench": "x", "reading": "slow", "of": "ratio", "least": 2, "cause": "why"}
    assert suite["page"].judged(at_least, results)[2:] == ("reached", "")
    assert suite["page"].judged(at_least | {"least": 2.1}, results)[2:] == ("**missed**", "why")
    at_most = {"bench": "x", "reading": "slow", "of": "value", "most": 30, "cause": "why"}
    assert suite["page"].judged(at_most, results)[0] == "30 (20 to 40) s"
    assert suite["page"].judged(at_most, results)[2] == "reached"
    assert suite["page"].judged(at_most | {"take": "most"}, results)[2] == "**missed**"
    assert suite["page"].judged(at_most | {"reading": "other"}, results)[2] == "not measured"


@pytest.mark.parametrize(
    ("source", "problem", "readings"),
    [
        ("import sys; sys.exit(3)", "it ended with code 3", 0),
        ("raise SystemExit(measure.main(bench, lambda record, given: record.reading('a', 'A', 1.0, 's') and None))", "", 1),
        (
            """def work(record, given):
    record.reading('a', 'A', 1.0, 's')
    raise ValueError(f'broke in {measure.ROOT}')
raise SystemExit(measure.main(bench, work))""",
            "it ended with code 1",
            1,
        ),
    ],
    ids=["without a word", "well", "with a reading already"],
)  # fmt: skip
def test_a_benchmark_that_fails_keeps_what_it_read_and_says_what_happened(suite, tmp_path, source, problem, readings):
    program = tmp_path / "x.py"
    program.write_text(
        f"import sys; sys.path.insert(0, {str(FOLDER)!r})\nimport measure\nbench = measure.Bench('x', 'X', (1, 1))\n{source}\n"
    )
    bench = suite["measure"].Bench("x", "X", (1.0, 1.0))
    found = suite["run"].run_one(bench, quick=True, folder=tmp_path, program=[sys.executable, str(program)])
    assert found == problem
    kept = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert len(kept["readings"]) == readings
    assert kept["complete"] == (not problem)
    assert bool(kept["problem"]) == bool(problem)
    assert str(FOLDER.parent) not in kept["problem"]


def test_one_that_hangs_is_ended_with_what_it_started(suite, tmp_path, monkeypatch):
    monkeypatch.setattr(suite["run"], "limit", lambda _bench, quick: 1.5)
    program = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600'], start_new_session=True);"
        "open(sys.argv[2] + '.pid', 'w').write(str(p.pid)); time.sleep(600)"
    )
    bench = suite["measure"].Bench("x", "X", (1.0, 1.0))
    said = suite["run"].run_one(bench, quick=False, folder=tmp_path, program=[sys.executable, "-c", program])
    assert said.startswith("it was ended after")
    child = int((tmp_path / "x.json.pid").read_text())
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True, check=False).stdout
    assert state.strip()[:1] in {"", "Z"}
