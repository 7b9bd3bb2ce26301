"""Servers: shared, replaced, refused, crowded, left behind, shut off from other users."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from warm_kernels import ThisInterpreter, Warm

from allrise.kernels.place import NoPlace, find_folder
from allrise.kernels.provisioner import WarmProvisioner
from allrise.kernels.servers import list_servers, stop_servers
from allrise.kernels.settings import WarmSettings, WrongSettings, server_key


def _server(kernel):
    return psutil.Process(kernel.pid).ppid()


def _until(true, timeout=15):
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def test_the_same_launch_shares_a_server_and_another_does_not(warm):
    first, second, third = warm(), warm(), warm(env={"PYTHONHASHSEED": "7"})
    assert _server(first) == _server(second) != _server(third)


def test_a_variable_that_no_package_reads_on_import_needs_no_other_server(warm):
    first, second = warm(env={"MINE": "1"}), warm(env={"MINE": "2"})
    assert _server(first) == _server(second)
    assert [k.run("import os; print(os.environ['MINE'])") for k in (first, second)] == ["1", "2"]


def test_edited_code_is_used_by_the_next_kernel_and_not_by_those_that_live(warm, package):
    package("edited", "value = 1\n")
    first = warm(warm=("edited",))
    package("edited", "value = 2  # longer\n")
    second = warm(warm=("edited",))
    assert second.is_warm
    assert first.run("import edited; print(edited.value)") == "1"
    assert second.run("import edited; print(edited.value)") == "2"
    assert _server(first) != _server(second)
    old = psutil.Process(_server(first))
    first.end()
    _until(lambda: not old.is_running())


def test_a_new_file_in_a_watched_package_is_a_change(warm, package, tmp_path):
    (tmp_path / "code" / "parts").mkdir()
    package("parts/__init__", "")
    first = warm(watch=("parts",))
    package("parts/more", "")
    assert _server(first) != _server(warm(watch=("parts",)))


def test_a_package_that_starts_a_thread_gets_a_normal_kernel_and_the_log_says_why(warm, package, caplog):
    package(
        "threaded", "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
    )
    for _ in range(2):  # the second time without trying
        kernel = warm(warm=("threaded",))
        assert not kernel.is_warm
        assert kernel.run("print(1)") == "1"
    lines = [r.getMessage() for r in caplog.records if "normal kernel" in r.getMessage()]
    assert len(lines) == 2
    assert "2 threads after threaded" in lines[0]


def test_what_cannot_be_imported_is_skipped_and_named(warm, package, folder):
    package("broken", "raise RuntimeError('not today')\n")
    kernel = warm(warm=("broken", "json"))
    assert kernel.is_warm
    state = next(s for s in list_servers(folder) if s.process == _server(kernel))
    assert state.details["warm"] == ["json"]
    assert state.details["not_warm"] == ["broken: RuntimeError: not today"]


def test_a_kernelspec_that_runs_something_else_is_started_normally(warm, caplog):
    kernel = warm(
        argv=[
            sys.executable,
            "-c",
            "from ipykernel import kernelapp; kernelapp.launch_new_instance()",
            "-f",
            "{connection_file}",
        ]
    )
    assert not kernel.is_warm
    assert "its command runs no module" in caplog.text


def test_plain_kernels_can_be_forced(warm, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS", "plain")
    assert not warm().is_warm


def test_fifty_at_once_share_one_new_server(folder, tmp_path):
    settings = WarmSettings(warm=("json",), idle_seconds=303)

    async def one():
        manager = AsyncKernelManager(kernel_name="x", kernel_spec_manager=ThisInterpreter())
        manager.provisioner = WarmProvisioner.of(manager, settings)
        await manager.start_kernel(cwd=str(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return manager, manager.provisioner.process

    async def ready(manager):
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=90)
        finally:
            client.stop_channels()

    async def all_of_them():
        started = await asyncio.gather(*(one() for _ in range(50)))
        servers = {psutil.Process(process.pid).ppid() for _, process in started}
        await asyncio.gather(*(ready(manager) for manager, _ in started))
        await asyncio.gather(*(manager.shutdown_kernel(now=True) for manager, _ in started))
        return servers, {process.returncode for _, process in started}

    servers, codes = asyncio.run(all_of_them())
    assert len(servers) == 1
    assert codes == {-signal.SIGKILL}
    (server,) = servers
    _until(lambda: not psutil.Process(server).children())  # no zombie either


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_starts_in_a_row_leave_nothing_behind(warm, folder, count):
    server = psutil.Process(_server(warm(warm=("json",))))
    files = set(folder.iterdir())
    own = psutil.Process()

    def held():
        return server.num_fds(), own.num_fds()

    for number in range(count):
        kernel = warm(warm=("json",), wait=number % 25 == 0)
        if number % 25 == 0:
            assert kernel.run("print(1)") == "1"
        kernel.end()
        if number == 5:
            before = held()
    _until(lambda: len(server.children()) == 1)
    after = held()
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 4, "the event loop and the pool of this process"
    assert set(folder.iterdir()) == files


def test_a_socket_that_was_left_behind_is_replaced(warm, folder):
    first = warm(idle_seconds=304)
    process = psutil.Process(_server(first))
    (state,) = (s for s in list_servers(folder) if s.process == process.pid)
    process.kill()
    process.wait(10)
    assert state.socket in {s.socket for s in list_servers(folder) if s.process is None}
    second = warm(idle_seconds=304)
    assert second.is_warm
    assert state.socket in {s.socket for s in list_servers(folder) if s.process == _server(second)}


def test_a_socket_that_nobody_answers_on_is_waited_for_no_longer_than_said(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("allrise.kernels.client._ANSWER", 0.5)
    settings = WarmSettings(idle_seconds=305.0)
    kernel = Warm(tmp_path, idle_seconds=305.0)
    key = server_key(settings, sys.executable, (), dict(os.environ))
    mute = socket.socket(socket.AF_UNIX)
    mute.bind(str(folder / f"{key}.sock"))
    mute.listen()
    try:
        kernel.start()
        assert not kernel.is_warm
        assert kernel.run("print(1)") == "1"
    finally:
        kernel.end()
        mute.close()
        (folder / f"{key}.sock").unlink()


def test_a_server_without_kernels_ends_and_takes_its_files_with_it(warm, folder):
    before = set(folder.iterdir())
    kernel = warm(idle_seconds=0.3)
    server = psutil.Process(_server(kernel))
    kernel.end()
    _until(lambda: not server.is_running())
    assert {p.name for p in set(folder.iterdir()) - before} == set()


def test_stop_lets_kernels_finish(warm, folder):
    kernel = warm(idle_seconds=306)
    server = psutil.Process(_server(kernel))
    stop_servers(folder)
    assert kernel.run("print(1)") == "1"
    kernel.end()
    _until(lambda: not server.is_running())


def test_the_folder_is_the_users_alone(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS_DIR", str(tmp_path / "sockets"))
    made = find_folder()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    with pytest.raises(NoPlace, match="open to other users"):
        find_folder()
    made.rmdir()
    made.symlink_to(tmp_path)
    with pytest.raises(NoPlace, match="not a folder"):
        find_folder()
    monkeypatch.setenv("ALLRISE_KERNELS_DIR", "/tmp/" + "x" * 90)
    with pytest.raises(NoPlace, match="too long"):
        find_folder()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_refused_even_with_an_open_folder(warm, folder):
    kernel = warm(idle_seconds=307)
    state = next(s for s in list_servers(folder) if s.process == _server(kernel))
    folder.chmod(0o755)
    state.socket.chmod(0o666)
    code = (
        "import socket, sys, json, struct\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(5)\ns.connect(sys.argv[1])\n"
        "body = json.dumps({'do': 'status'}).encode()\n"
        "try:\n    s.sendall(struct.pack('!I', len(body)) + body)\n    print(len(s.recv(1)))\nexcept ConnectionError: print(0)"
    )
    try:
        nobody = pwd.getpwnam("nobody").pw_uid
        python = shutil.which("python3", path="/usr/bin:/bin")
        if python is None:
            pytest.skip("there is no Python that another user may run")
        said = subprocess.run(
            [python, "-c", code, str(state.socket)], user=nobody, capture_output=True, text=True, check=True
        )
    finally:
        state.socket.chmod(0o600)
        folder.chmod(0o700)
    assert said.stdout.strip() == "0"
    assert kernel.run("print(1)") == "1"


def test_a_home_that_cannot_be_written_is_no_obstacle(warm, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    # Root may write anywhere, so the folders that would be written are files.
    for name in (".config", ".cache", ".ipython", ".local"):
        (home / name).write_text("")
    kernel = warm(env={"HOME": str(home), "MPLCONFIGDIR": str(home / ".config" / "x")}, warm=("matplotlib.pyplot",))
    assert kernel.is_warm
    assert kernel.run("import matplotlib.pyplot; print(1)") == "1"


def test_settings_that_cannot_be_are_named():
    assert WarmSettings.from_json({"warm": ["json"], "limits": {"memory_mb": 5}}).limits.memory_mb == 5
    with pytest.raises(WrongSettings, match="'colour' is not a setting"):
        WarmSettings.from_json({"colour": 1})
    with pytest.raises(WrongSettings, match="'warm' cannot be 'json'"):
        WarmSettings.from_json({"warm": "json"})
    with pytest.raises(WrongSettings, match="memory_mb"):
        WarmSettings.from_json({"limits": {"memory_mb": -1}})


def test_a_kernelspec_and_papermill_need_nothing_else(folder, tmp_path, monkeypatch):
    """``allrise kernels install`` and ``papermill --kernel`` as their users know them."""
    from importlib.metadata import entry_points

    if not entry_points(group="jupyter_client.kernel_provisioners", name="allrise-warm"):
        pytest.skip("this environment was installed before the kernel's entry point was there; install the kit again")
    import nbformat

    run = partial(subprocess.run, check=True, capture_output=True, text=True)
    prefix = tmp_path / "prefix"
    command = [sys.executable, "-m", "allrise", "kernels", "install", "--prefix", str(prefix), "--warm", "json"]
    assert "installed allrise-warm" in run(command).stdout
    spec = json.loads((prefix / "share/jupyter/kernels/allrise-warm/kernel.json").read_text())
    assert spec["metadata"]["kernel_provisioner"]["config"] == {"warm": ["json"]}
    monkeypatch.setenv("JUPYTER_PATH", str(prefix / "share/jupyter"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os; print(os.getppid())")])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    run([sys.executable, "-m", "papermill", "--kernel", "allrise-warm", "a.ipynb", "b.ipynb"], cwd=tmp_path)
    parent = int(nbformat.read(tmp_path / "b.ipynb", 4).cells[0].outputs[0].text)
    assert parent in {s.process for s in list_servers(folder)}


def test_the_command_line_tells_and_stops(folder, tmp_path):
    kernel = Warm(tmp_path, idle_seconds=308).start()
    try:
        said = subprocess.run(
            [sys.executable, "-m", "allrise", "kernels", "status"], capture_output=True, text=True, check=True
        )
        assert f"process {_server(kernel)}: 1 kernels now" in said.stdout
    finally:
        kernel.end()
