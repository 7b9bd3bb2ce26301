"""Built packs beside the apps, fetched as any browser fetches them: what is there, and what must not leave the folder."""

import http.client
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from room_phones import ROOT


def pack(folder, audience, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(text, "utf-8")
    (folder / "manifest.json").write_text(json.dumps({"pack": {"audience": audience}}), "utf-8")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hall")
    (folder / "secret.txt").write_text("not for the hall", "utf-8")
    (folder / "packs-next-door").mkdir()
    (folder / "packs-next-door" / "index.html").write_text("not for the hall", "utf-8")
    pack(folder / "packs", "public", "every pack")
    pack(folder / "packs" / "C001", "public", "the pack of C001")
    pack(folder / "packs" / "C002", "cluster", "a school is named here")
    (folder / "packs" / "out").symlink_to(folder / "secret.txt")
    return folder / "packs"


@pytest.fixture(scope="module", params=["public", "cluster"])
def hall(request, packs):
    process = subprocess.Popen(
        [sys.executable, "-m", "allrise.apps.server", "--workshop", str(ROOT / "workshop"), "--packs", str(packs),
         "--audience", request.param],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
    )  # fmt: skip
    port = urlsplit(json.loads(process.stdout.readline())["address"]).port

    def get(path):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", path)  # as it stands: a browser would take the dots out of it
        reply = line.getresponse()
        found = reply.status, reply.read().decode("utf-8", "replace"), reply.headers
        line.close()
        return found

    yield request.param, get
    process.terminate()
    process.wait(30)
    process.stdout.close()


def test_a_pack_comes_whole_asks_no_other_host_and_may_change_while_the_session_runs(hall):
    _audience, get = hall
    for path, text in (
        ("/packs/", "every pack"),
        ("/packs/index.html", "every pack"),
        ("/packs/C001/index.html", "the pack of C001"),
    ):
        status, body, headers = get(path)
        assert (status, body) == (200, text)
        assert headers["Cache-Control"] == "no-cache"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert get("/packs/C003/index.html")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/packs/../secret.txt", "/packs/%2e%2e/secret.txt", "/packs/..%2fsecret.txt", "/packs/C001/../../secret.txt",
        "/packs/../packs-next-door/index.html", "/packs//etc/passwd", "/packs/%2fetc/passwd", "/packs/out",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_served(hall, path):
    status, body, _headers = hall[1](path)
    assert status in (403, 404)
    assert "not for the hall" not in body
    assert "root:" not in body


def test_a_public_room_sees_no_pack_that_names_schools_even_one_built_while_it_runs(hall):
    audience, get = hall
    status, body, _headers = get("/packs/C002/index.html")
    assert ("a school is named" in body) == (audience == "cluster")
    assert status == (200 if audience == "cluster" else 404)


def test_serve_refuses_to_begin_for_the_public_with_packs_that_name_schools(packs, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "allrise", "serve", "--host", "127.0.0.1", "--port", "0", "--database", str(tmp_path / "room.db"),
         "--packs", str(packs)],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
    )  # fmt: skip
    assert done.returncode == 2
    assert "C002" in done.stderr
    assert "--audience public" in done.stderr
