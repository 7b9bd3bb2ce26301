"""The simulation study of the kit's intervals, with few draws; ``python benchmarks/coverage.py`` is the full one."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"{name}_study", BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def coverage():
    yield from loaded("coverage")


@pytest.fixture(scope="module")
def planted():
    yield from loaded("planted")


@pytest.mark.slow
def test_every_interval_holds_the_truth_in_93_to_97_of_100_draws(coverage):
    found = coverage.study(draws=500)
    assert len(found) == len(coverage.METHODS) == 17
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


def test_the_study_of_whole_systems_knows_the_true_effect_of_joining_also_where_schools_left_again(
    planted, monkeypatch
):
    monkeypatch.setattr(planted, "CLUSTERS", 30)
    true = {question.split(", ")[-1]: truth for question, (truth, _, _) in planted.with_effects(7)}
    assert true["year 1 in"] == pytest.approx(0, abs=1e-9)
    assert 0.15 < true["year 2 in"] < 0.201
    assert 0.3 < true["year 3 in"] < 0.401
    assert true["year 2 in"] / 2 < true["mean over the years in"] < true["year 4 in"]


def test_the_study_of_whole_systems_fails_where_a_tenth_is_found_of_nothing_or_a_tenth_of_what_is_planted_is_missed(
    planted,
):
    def of(counted, *, planted_there):
        lower, upper = planted.wilson(counted / 500, 500)
        return planted.Finding("", planted_there, 500, counted, counted / 500, float(lower), float(upper)).ok

    assert of(25, planted_there=False)
    assert not of(50, planted_there=False)
    assert of(475, planted_there=True)
    assert not of(450, planted_there=True)
