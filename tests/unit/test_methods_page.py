"""Every method has its section in docs/methods.md, with all that a reader has to know."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import allrise.evidence as room

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
#: Doors and building material: they hold no method of their own.
NO_METHOD = {"outcomes", "survey", "selection", "tidy"}
MODULES = sorted(m.name for m in pkgutil.iter_modules(room.__path__) if m.name not in NO_METHOD)
PARTS = ("Question", "Formula", "Assumes", "Misleads when", "Source", "Our check")


@pytest.fixture(scope="module")
def sections():
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {p.split("\n", 1)[0]: p for p in parts}


@pytest.mark.parametrize("module", MODULES)
def test_every_evidence_module_is_explained(module, sections):
    assert any(f"`{module}`" in text for text in sections.values()), f"docs/methods.md says nothing of {module}"


@pytest.mark.parametrize("module", MODULES)
def test_every_evidence_module_says_what_it_is_for(module):
    assert len((importlib.import_module(f"allrise.evidence.{module}").__doc__ or "").split()) >= 8


def test_every_section_answers_the_same_questions(sections):
    missing = {
        name: [p for p in PARTS if f"**{p}**" not in text]
        for name, text in sections.items()
        if any(f"`{m}`" in text.split("\n\n")[1] for m in MODULES)
    }
    assert len(missing) >= 14
    assert {name: parts for name, parts in missing.items() if parts} == {}


def test_modules_named_in_the_page_exist(sections):
    named = {m for text in sections.values() for m in re.findall(r"Module `(\w+)`", text)}
    assert named <= {m.name for m in pkgutil.iter_modules(room.__path__)}
    assert len(named) > 10


def test_no_two_modules_answer_for_one_public_name():
    owners = {}
    for module in MODULES:
        loaded = importlib.import_module(f"allrise.evidence.{module}")
        for name, value in vars(loaded).items():
            if callable(value) and getattr(value, "__module__", "") == loaded.__name__ and not name.startswith("_"):
                owners.setdefault(name, set()).add(module)
    assert {n: m for n, m in owners.items() if len(m) > 1} == {}
