"""``allrise serve`` as a person starts it: what it prints, what it survives, and how it ends."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from room_phones import ROOT, Facilitator

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}


class Running:
    """``allrise serve`` on a free port."""

    def __init__(self, folder, *options):
        self.out = folder / "out.txt"
        self.file = self.out.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "allrise", "serve", "--host", "127.0.0.1", "--port", "0", "--database",
             str(folder / "room.db"), *options],
            stdout=self.file, stderr=subprocess.STDOUT, env=ENVIRONMENT,
        )  # fmt: skip
        self.wait_for("Facilitator:")
        self.address, self.code, self.secret = re.search(
            r"(http://[\d.:]+)/desk/(\w+)/([\w-]+)", self.out.read_text()
        ).groups()
        self.port = int(self.address.rpartition(":")[2])

    def wait_for(self, text, seconds=90):
        until = time.monotonic() + seconds
        while text not in self.out.read_text():
            assert time.monotonic() < until, self.out.read_text()
            time.sleep(0.1)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        self.file.close()
        return code


def test_it_prints_addresses_survives_its_servers_death_and_ends_cleanly(tmp_path):
    room = Running(tmp_path)
    said = room.out.read_text()
    assert f"Join:         {room.address}/r/{room.code}" in said
    assert "█" in said
    desk = Facilitator(room, room.code, room.secret)
    assert desk.enter().status == 200
    desk.do("open", question="Q2.1")
    children = psutil.Process(room.process.pid).children()
    (child,) = (c for c in children if "allrise.room.server" in c.cmdline())
    child.kill()
    room.wait_for("The room is up again")
    assert "Q2.1" in desk.get(f"/r/{room.code}/news").json["open"]
    assert room.end() == 0
    assert not any(psutil.pid_exists(c.pid) for c in children)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(room.address, timeout=2)


def test_started_again_it_goes_on_with_the_session_and_still_knows_the_facilitator(tmp_path):
    first = Running(tmp_path)
    assert first.end() == 0
    again = Running(tmp_path)
    assert (again.code, again.secret) == (first.code, first.secret)
    assert again.end() == 0
    kept = tmp_path / "room.db.facilitators.json"
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--database", "mysql://someone@somewhere/room"), "cannot hold a room"),
        (("--session", "no-such-session"), "no-such-session"),
        (("/no/such/data",), "there is no folder"),
        (("--port", "99999"), "65535"),
    ],
)
def test_what_cannot_start_says_why_and_exits_with_2(tmp_path, options, words):
    given = options if "--database" in options else ("--database", str(tmp_path / "room.db"), *options)
    done = subprocess.run(
        [sys.executable, "-m", "allrise", "serve", "--host", "127.0.0.1", *(() if "--port" in options else ("--port", "0")), *given],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path):
    room = Running(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "allrise", "serve", "--host", "127.0.0.1", "--port", str(room.port), "--database",
         str(tmp_path / "other.db")],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False,
    )  # fmt: skip
    assert room.end() == 0
    assert done.returncode == 2
    assert str(room.port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
