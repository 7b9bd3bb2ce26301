"""One kernel: started, interrupted, restarted, killed, orphaned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from warm_kernels import Failed, Warm

from allrise.kernels.servers import list_servers
from allrise.kernels.settings import Limits


def _gone(pid, timeout=10):
    def ended():
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return _soon(ended, timeout)


def _soon(true, timeout=10):
    until = time.monotonic() + timeout
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_kernel_is_forked_and_runs_code(warm):
    kernel = warm()
    assert kernel.is_warm
    assert kernel.run("import os; print(6 * 7, os.getpid())") == f"42 {kernel.pid}"


def test_widgets_that_were_imported_before_the_kernel_was_there_are_reached_through_it(warm):
    kernel = warm(warm=("ipywidgets",))
    targets = kernel.run("import comm; print(*sorted(comm.get_comm_manager().targets))")
    assert targets == "jupyter.widget jupyter.widget.control"


def test_a_kernel_talks_over_unix_sockets_where_the_client_left_the_choice(warm, folder):
    kernel = warm()
    assert kernel.manager.transport == "ipc"
    assert Path(kernel.manager.ip).parent == folder


def test_a_kernel_that_is_shut_down_ends_with_code_0_and_leaves_no_file(warm, folder):
    before = set(folder.iterdir())
    kernel = warm()
    kernel.run("import atexit; atexit.register(open('ended', 'w').close)")
    process = kernel.process
    kernel.client.stop_channels()
    kernel.client = None
    kernel.manager.shutdown_kernel()
    assert process.returncode == 0
    assert (kernel.cwd / "ended").exists(), "the notebook's own exit handlers ran"
    assert {p for p in set(folder.iterdir()) - before if p.name.startswith("k")} == set()


def test_an_exit_code_arrives(warm):
    kernel = warm()
    kernel.send("import os; os._exit(7)")
    assert kernel.exit_code() == 7


def test_an_interrupt_stops_a_cell_and_keeps_what_was_there(warm):
    kernel = warm()
    kernel.run("kept = 1")
    kernel.send("import time; open('asleep', 'w').close(); time.sleep(60)")
    while not (kernel.cwd / "asleep").exists():
        time.sleep(0.01)
    time.sleep(0.1)
    kernel.manager.interrupt_kernel()
    assert kernel.client.get_shell_msg(timeout=10)["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(kept)") == "1"


def test_a_restart_gives_another_warm_kernel_without_the_old_names(warm):
    kernel = warm()
    kernel.run("kept = 1")
    before = kernel.pid
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert kernel.is_warm
    assert kernel.process.pid != before
    with pytest.raises(Failed, match="NameError"):
        kernel.run("kept")


def test_a_segfault_is_seen_and_takes_nothing_else_with_it(warm):
    kernel, other = warm(), warm()
    kernel.send("import ctypes; ctypes.string_at(0)")
    assert kernel.exit_code() == -signal.SIGSEGV
    assert other.run("print(1)") == "1"
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert kernel.run("print(2)") == "2"


def test_a_kernel_cannot_take_more_memory_than_its_limit(warm):
    kernel = warm(limits=Limits(memory_mb=200))
    with pytest.raises(Failed, match="MemoryError"):
        kernel.run("b = bytearray(400 * 2**20)")
    assert kernel.run("b = bytearray(50 * 2**20); print(len(b) >> 20)") == "50"


def test_a_kernel_that_is_killed_for_memory_leaves_the_server_to_others(warm):
    """The system kills the process with the highest score: a kernel, not the server it came from."""
    kernel = warm()
    server = psutil.Process(kernel.pid).ppid()
    scores = [int(Path(f"/proc/{p}/oom_score_adj").read_text()) for p in (kernel.pid, server)]
    assert scores[0] > scores[1]
    os.kill(kernel.pid, signal.SIGKILL)
    assert kernel.exit_code() == -signal.SIGKILL
    assert psutil.Process(server).is_running()


def test_processor_time_is_limited(warm):
    kernel = warm(limits=Limits(cpu_seconds=2, open_files=200))
    assert kernel.run("import resource as r; print(r.getrlimit(r.RLIMIT_CPU)[0], r.getrlimit(r.RLIMIT_NOFILE)[0])") == (
        "2 200"
    )
    kernel.send("while True: pass")
    assert kernel.exit_code() in {-signal.SIGXCPU, -signal.SIGKILL}


_CLIENT = """
import json, os, sys, time
sys.path.insert(0, {here!r})
from warm_kernels import Warm
kernel = Warm({cwd!r}, launch={launch!r}).start()
kernel.send({code!r})
while not os.path.exists({flag!r}):
    time.sleep(0.01)
print(json.dumps([kernel.pid, int(open({flag!r}).read() or 0)]), flush=True)
time.sleep(600)
"""

#: Starts a process of its own, then keeps the interpreter's lock in C code: no thread of Python's can run.
_DEAF = """
import subprocess, ctypes
child = subprocess.Popen(["sleep", "600"])
with open("flag.part", "w") as f: print(child.pid, file=f)
import os; os.rename("flag.part", "flag")
ctypes.PyDLL(None).sleep(600)
"""


def _client(tmp_path, **launch):
    flag = tmp_path / "flag"
    code = _CLIENT.format(here=str(Path(__file__).parent), cwd=str(tmp_path), code=_DEAF, flag=str(flag), launch=launch)
    client = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    kernel, grandchild = json.loads(client.stdout.readline())
    return client, kernel, grandchild


@pytest.mark.parametrize("server_first", [False, True], ids=["server lives", "server killed before"])
def test_a_kernel_and_its_processes_end_with_a_killed_client_even_when_deaf(folder, tmp_path, server_first):
    Warm(tmp_path).start().end()
    before = set(folder.iterdir())
    client, kernel, grandchild = _client(tmp_path)
    if server_first:
        os.kill(psutil.Process(kernel).ppid(), signal.SIGKILL)
    assert psutil.pid_exists(kernel)
    assert psutil.pid_exists(grandchild)
    client.kill()
    client.wait()
    client.stdout.close()
    assert _gone(kernel)
    assert _gone(grandchild)
    if not server_first:
        assert _soon(lambda: set(folder.iterdir()) <= before), "its sockets are removed by the server"


def test_an_independent_kernel_outlives_its_client(folder, tmp_path):
    client, kernel, grandchild = _client(tmp_path, independent=True)
    client.kill()
    client.wait()
    client.stdout.close()
    time.sleep(0.5)
    alive = not _gone(kernel, timeout=0.1)
    os.killpg(kernel, signal.SIGKILL)
    assert alive
    assert _gone(grandchild)


def test_kernels_live_on_when_their_server_is_killed(warm):
    kernel = warm(idle_seconds=301)
    kernel.run("kept = 1")
    server = psutil.Process(psutil.Process(kernel.pid).ppid())
    server.kill()
    server.wait(10)
    time.sleep(1.5)  # ipykernel's own look-out for its parent looks once a second
    assert kernel.process.poll() is None
    assert kernel.run("print(kept)") == "1"
    other = warm(idle_seconds=301)
    assert other.is_warm, "a new server took over"
    kernel.manager.interrupt_kernel()
    assert kernel.run("print(kept)") == "1"
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert kernel.is_warm
    assert psutil.Process(kernel.process.pid).ppid() == psutil.Process(other.pid).ppid()


def test_an_end_that_nobody_could_see_is_still_an_end(warm):
    kernel = warm(idle_seconds=302)
    psutil.Process(psutil.Process(kernel.pid).ppid()).kill()
    os.kill(kernel.pid, signal.SIGKILL)
    assert kernel.exit_code() == 255


def test_a_launch_into_a_folder_that_is_not_there_fails_as_a_normal_one_would(warm, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        warm(cwd=tmp_path / "nowhere")


def test_what_a_kernel_writes_outside_of_cells_goes_where_the_launch_said(warm, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        kernel = warm(launch={"stdout": log, "stderr": subprocess.STDOUT})
    kernel.run("import os; os.system('true')")
    kernel.send("import sys; sys.__stderr__.write('last words'); sys.__stderr__.flush(); import os; os._exit(3)")
    assert kernel.exit_code() == 3
    assert "last words" in (tmp_path / "log").read_text()


def test_a_server_says_how_it_stands(warm, folder):
    kernel = warm()
    state = next(s for s in list_servers(folder) if s.process == psutil.Process(kernel.pid).ppid())
    assert kernel.pid in state.details["kernels"]
    assert state.details["changed"] == []
