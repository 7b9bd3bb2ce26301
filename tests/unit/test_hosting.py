"""What hosts of a JupyterLab are given says the same as ``allrise lab`` does by itself."""

import runpy
from pathlib import Path

import pytest

from allrise.apps.lab_server import LabServer

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def starter():
    pytest.importorskip("traitlets")
    from traitlets.config import Config

    config = Config()
    runpy.run_path(str(HOME / "docs" / "jupyter_server_config.py"), {"get_config": lambda: config})
    return config


def test_the_starter_is_as_silent_as_lab_itself(starter, tmp_path):
    server = LabServer(tmp_path, "demo", host="127.0.0.1", port=0, runtime=tmp_path, first="x")
    line = server._command(tmp_path)
    for name in ("news_url", "check_for_updates_class", "extension_manager"):
        assert f"--LabApp.{name}={starter.LabApp[name]}" in line


def test_the_starter_opens_a_notebook_that_is_there(starter):
    assert (HOME / starter.LabApp.default_url.removeprefix("/lab/tree/")).is_file()


def test_the_key_is_never_on_the_command_line(tmp_path):
    server = LabServer(tmp_path, "demo", host="127.0.0.1", port=0, runtime=tmp_path, first="x")
    assert server._token in server.address
    assert server._token not in " ".join(server._command(tmp_path))


def test_binder_installs_the_kit_in_place():
    lines = (HOME / "environment.yml").read_text("utf-8").splitlines()
    assert lines[-1].strip() == "- -e ."
