"""pip, conda and the declared dependencies say the same."""

import importlib.util
import re
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("environment_file", HOME / "tests" / "environment_file.py")
environment_file = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(environment_file)


def test_environment_yml_holds_the_versions_of_the_lock():
    assert (HOME / "environment.yml").read_text("utf-8") == environment_file.environment_text(), "run ./run lock"


def test_the_lock_has_every_declared_package_with_hashes_and_no_address():
    text = (HOME / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)]
    locked = environment_file.locked_versions()
    missing = [r for r in declared if environment_file.normal(re.split(r"[\[<>=]", r)[0]) not in locked]
    assert not missing
    assert "://" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert all("--hash=sha256:" in b for b in blocks)


def test_what_the_product_was_asked_to_be_built_on_is_declared():
    environment = (HOME / "environment.yml").read_text("utf-8")
    for name in ("jupyterlab", "ipywidgets", "voila", "pandas", "seaborn", "papermill", "nbval"):
        assert re.search(rf"^  - {name}=", environment, re.MULTILINE), name
