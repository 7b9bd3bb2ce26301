"""A fork is as good as a new process: nothing of the launch is lost, nothing of others is seen."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

DRAW = "allrise.kernels.warming:matplotlib_first_draw"
HEAVY = {"warm": ("numpy", "pandas", "matplotlib.pyplot", DRAW)}

_STATE = """
import json, sys, os, signal, decimal, gc, locale, logging, tempfile, random, resource, threading
import numpy, pandas, matplotlib, matplotlib.pyplot as plt
print(json.dumps({
    "argv": sys.argv,
    "path": sys.path, "flags": str(sys.flags), "main": __name__,
    "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
    "parent": int(os.environ["JPY_PARENT_PID"]),
    "directory": os.getcwd(), "temporary": tempfile.gettempdir(),
    "umask": oct(os.umask(0)), "session": [os.getpid() == os.getsid(0), os.getpid() == os.getpgrp()],
    "limits": {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")},
    "processors": sorted(os.sched_getaffinity(0)), "nice": os.nice(0),
    "signals": {s.name: str(signal.getsignal(s)).split(" at ")[0] for s in signal.Signals},
    "blocked": [int(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
    "streams": [[type(s).__name__, s.encoding, s.errors] for s in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)],
    "stdin": os.read(0, 1).decode(), "recursion": sys.getrecursionlimit(), "collector": [gc.isenabled(), gc.get_threshold()],
    "decimal": str(decimal.getcontext()), "locale": locale.setlocale(locale.LC_ALL), "root": [logging.root.level, len(logging.root.handlers)],
    "matplotlib": {k: str(v) for k, v in matplotlib.rcParams.items()}, "figures": plt.get_fignums(), "backend": matplotlib.get_backend(),
    "pandas": pandas.describe_option(_print_desc=False).splitlines(), "numpy": str(numpy.get_printoptions()), "threads": [t.name for t in threading.enumerate()],
    "shell": type(get_ipython()).__name__,
}))
"""


def _state(kernel):
    return json.loads(kernel.run(_STATE))


def test_a_warm_kernel_has_the_state_of_a_normal_one(warm, tmp_path):
    """Every option of pandas and matplotlib, streams, signals, limits, environment."""
    environment = {"SEEN": "as it is", "TMPDIR": str(tmp_path), "TZ": "Asia/Tokyo", "MPLBACKEND": ""}
    normal = _state(warm(plain=True, env=environment))
    forked_kernel = warm(env=environment, **HEAVY)
    assert forked_kernel.is_warm
    forked = _state(forked_kernel)
    assert "Thread-1" in normal["threads"], "ipykernel looks for its parent, which the system does for a fork"
    normal["threads"].remove("Thread-1")
    for state in (normal, forked):
        assert state.pop("argv")[0].endswith("ipykernel_launcher.py")
    different = {k: (normal[k], forked[k]) for k in normal if normal[k] != forked[k]}
    assert different == {}


def test_kernels_see_nothing_of_each_other(warm):
    first = warm(**HEAVY)
    first.run(
        "import os, sys, builtins, matplotlib, pandas, json, tempfile\n"
        "os.environ['LEAK'] = '1'; os.chdir('/'); sys.path.insert(0, '/leak'); builtins.leak = 1\n"
        "matplotlib.rcParams['figure.dpi'] = 33; pandas.set_option('display.max_rows', 3); json.leak = 1; os.umask(0o777)"
    )
    second = warm(**HEAVY)
    seen = second.run(
        "import os, sys, builtins, matplotlib, pandas, json\n"
        "print(os.environ.get('LEAK'), '/leak' in sys.path, hasattr(builtins, 'leak'), hasattr(json, 'leak'),"
        " matplotlib.rcParams['figure.dpi'] == 33, pandas.get_option('display.max_rows') == 3, os.getcwd() == '/')"
    )
    assert seen == "None False False False False False False"


def test_random_numbers_differ_between_kernels(warm):
    code = "import random, numpy, uuid, secrets, tempfile\nprint(random.random(), numpy.random.random(), numpy.random.default_rng().random())"
    drawn = [warm(**HEAVY).run(code).split() for _ in range(3)]
    assert len({number for numbers in drawn for number in numbers}) == 9


def test_a_fixed_hash_seed_orders_sets_as_in_a_normal_kernel(warm):
    code = "print(list({str(n) for n in range(50)}))"
    forked = warm(env={"PYTHONHASHSEED": "0"}).run(code)
    assert forked == warm(plain=True, env={"PYTHONHASHSEED": "0"}).run(code)


def test_a_file_that_a_package_holds_open_has_a_position_of_its_own_in_every_kernel(warm, package, tmp_path):
    """matplotlib reads glyphs from font files that it keeps open; forks would move each other's position."""
    (tmp_path / "letters").write_text("abcdef")
    package("holds_a_file", f"file = open({str(tmp_path / 'letters')!r}, 'rb', buffering=0)\nfile.seek(1)\n")
    settings = {"warm": ("holds_a_file",)}
    first, second = warm(**settings), warm(**settings)
    read = "import holds_a_file; print(holds_a_file.file.read(2).decode())"
    assert [k.run(read) for k in (first, second, first, second)] == ["bc", "bc", "de", "de"]


def test_a_kernel_holds_no_descriptor_of_the_server(warm, folder):
    others = [warm() for _ in range(3)]
    listed = (
        others[-1]
        .run(
            "import os\nfor n in os.listdir('/proc/self/fd'):\n    try: print(os.readlink(f'/proc/self/fd/{n}'))\n    except OSError: pass"
        )
        .split("\n")
    )
    assert not [name for name in listed if str(folder) in name or name.endswith(".sock")]
    sockets = {name for name in listed if name.startswith("socket:")}
    server = Path(f"/proc/{others[0].run('import os; print(os.getppid())')}/fd")
    theirs = {str(path.readlink()) for path in server.iterdir()}
    assert sockets & theirs == set()


def test_a_program_started_in_a_kernel_inherits_the_standard_streams_only(warm):
    code = "import subprocess\nprint(subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True, close_fds=False).stdout.split())"
    forked = warm(**HEAVY).run(code)
    assert forked == warm(plain=True).run(code)


def test_the_callers_limits_mask_and_ignored_signals_reach_the_kernel(warm):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before, quitting = os.umask(0o027), signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 7, hard))
    try:
        kernel = warm()
    finally:
        os.umask(before)
        signal.signal(signal.SIGQUIT, quitting)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (
        kernel.run(
            "import os, resource\nopen('made', 'w').close()\nprint(oct(os.stat('made').st_mode & 0o777), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
        )
        == f"0o640 {soft - 7}"
    )
    assert kernel.run("import signal; print(signal.getsignal(signal.SIGQUIT) == signal.SIG_IGN)") == "True"


def test_exit_handlers_of_packages_that_were_warmed_do_not_run_in_kernels(warm, package, tmp_path):
    package(
        "holds_a_folder",
        "import atexit, tempfile, weakref, os\nfolder = tempfile.TemporaryDirectory()\n"
        "atexit.register(lambda: os.path.exists(folder.name) and os.rmdir(folder.name))\n",
    )
    settings = {"warm": ("holds_a_folder",)}
    first, second = warm(**settings), warm(**settings)
    assert first.is_warm
    first.manager.shutdown_kernel()
    assert second.run("import os, holds_a_folder; print(os.path.isdir(holds_a_folder.folder.name))") == "True"


def test_what_is_to_be_called_after_a_fork_is_called_in_every_kernel(warm, package):
    package("seeds", "import os\nnumbers = []\ndef seed(): numbers.append(os.getpid())\n")
    settings = {"warm": ("seeds",), "after_fork": ("seeds:seed",)}
    for _ in range(2):
        kernel = warm(**settings)
        assert kernel.run("import seeds; print(*seeds.numbers)") == str(kernel.pid)


@pytest.mark.parametrize("flags", [["-O"], ["-X", "utf8"], ["-W", "error::ResourceWarning"]])
def test_flags_of_the_interpreter_are_kept(warm, flags):
    argv = [sys.executable, *flags, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    code = "import sys; print(sys.flags, sys.warnoptions, sys._xoptions)"
    kernel = warm(argv=argv)
    assert kernel.is_warm
    assert kernel.run(code) == warm(plain=True, argv=argv).run(code)


def test_a_terminated_kernel_ends_by_the_signal(warm):
    kernel = warm()
    os.kill(kernel.pid, signal.SIGTERM)
    assert kernel.exit_code() == -signal.SIGTERM
