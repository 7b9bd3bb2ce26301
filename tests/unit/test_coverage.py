"""The simulation study of the kit's intervals, with few draws; ``python benchmarks/coverage.py`` is the full one."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "coverage.py"


@pytest.fixture(scope="module")
def coverage():
    spec = importlib.util.spec_from_file_location("coverage_study", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["coverage_study"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["coverage_study"]


@pytest.mark.slow
def test_every_interval_holds_the_truth_in_93_to_97_of_100_draws(coverage):
    found = coverage.study(draws=500)
    assert len(found) == len(coverage.METHODS) == 16
    assert [f"{c.method}: {c.share:.3f}" for c in found if not c.ok] == []


def test_the_study_catches_an_interval_that_is_too_narrow(coverage, monkeypatch):
    def wald(rng: np.random.Generator, draws: int):
        p, n = rng.uniform(0.85, 0.98, draws), rng.integers(8, 20, draws)
        seen = rng.binomial(n, p) / n
        half = 1.96 * np.sqrt(seen * (1 - seen) / n)
        return int(((seen - half <= p) & (p <= seen + half)).sum()), draws

    monkeypatch.setitem(coverage.METHODS, "Wald", (wald, "few pupils, high shares"))
    (found,) = coverage.study(draws=500, only="Wald")
    assert not found.ok


def test_the_study_prints_a_line_a_method_and_says_whether_all_is_well(coverage, monkeypatch, capsys, tmp_path):
    kept = {name: coverage.METHODS[name] for name in ("Wilson interval", "Newcombe interval")}
    monkeypatch.setattr(coverage, "METHODS", kept)
    assert coverage.main(["--quick", "--json", str(tmp_path / "coverage.json")]) == 0
    assert capsys.readouterr().out.count("of 400") == 2
    assert (tmp_path / "coverage.json").read_text(encoding="utf-8").count('"ok": true') == 2
