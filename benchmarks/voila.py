"""The workshop's apps for many arrivals, beside Voila as it comes; and how fresh live pages are with 30 people answering.

Both serve ``workshop/big_picture.ipynb`` on this machine, one after the other. Browsers are pages of one Chromium that arrive
together: seconds until something useful can be read, and until the widgets are there. Clients are visitors without a
browser, who cost the machine little: seconds until the whole page has been sent, queue included. Memory is the proportional
set size (PSS) of a kernel. The live part lets participants answer over HTTP while a stage and three apps are open: how old
is what they show, and how many pictures were drawn meanwhile. Everything started here ends here, whatever happens.

    python benchmarks/voila.py [--quick] [--json FILE] [--browsers 1,10,30] [--clients 30,60,100] [--pages 500]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benches import BENCHES
from measure import ROOT, Options, Record, main

NAME = "big_picture"
#: Seconds after which a page counts as lost.
LIMIT = 90.0
#: Seconds after which no further wave of pages begins: on a slow machine fewer pages are counted, and the count is told.
WAVES = 240.0
PLAIN = "Voila as it comes"


@dataclass
class Started:
    """Processes that this benchmark started, with all their offspring, known by a mark in their environment."""

    folder: Path
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Caches, fork servers and databases of its own: nothing of the user's is touched or of use."""
        own = {
            "PYTHONPATH": str(ROOT / "lib"), "OPENBLAS_NUM_THREADS": "1", "ALLRISE_MEASURED": self.mark,
            "XDG_CACHE_HOME": str(self.folder / "cache"), "XDG_DATA_HOME": str(self.folder / "data"),
            "ALLRISE_KERNELS_DIR": str(self.folder / "k"),
        }  # fmt: skip
        return {**os.environ, **own}

    @property
    def _fork_server(self) -> str:
        """A fork server has an environment of its own choice; it and its kernels are known by their folder."""
        return f"--folder={self.folder / 'k'}"

    def run(self, *arguments: str, said: bool = True, **options: Any) -> subprocess.Popen[str]:
        """Start Python with these arguments; ``said``: its first line will be read."""
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE if said else subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            text=True, env=self.environment, start_new_session=True, **options,
        )  # fmt: skip
        self.children.append(process)
        return process

    def told(self, process: subprocess.Popen[str], seconds: float = 60.0) -> dict[str, Any]:
        """Return the first line of a process, which is JSON."""
        assert process.stdout is not None
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(process.stdout.readline)
            try:
                line = waiting.result(seconds)
            except TimeoutError:
                process.kill()
                line = waiting.result()
        if not line:
            raise RuntimeError(f"{process.args[1:3]} did not start")  # type: ignore[index]
        return json.loads(line)

    def marked(self) -> list[Any]:
        """Return every process with the mark."""
        import psutil

        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("ALLRISE_MEASURED") == self.mark or self._fork_server in process.cmdline():
                    found.append(process)
        return found

    def kernels(self) -> list[Any]:
        """Return the pages' kernels: children of a fork server, or interpreters of their own."""
        import psutil

        marked = {p.pid: p for p in self.marked()}
        found = []
        for process in marked.values():
            with contextlib.suppress(psutil.Error):
                line, parent = " ".join(process.cmdline()), marked.get(process.ppid())
                forked = parent is not None and self._fork_server in process.cmdline()
                if forked or "ipykernel_launcher" in line:
                    found.append(process)
        return found

    def end(self) -> int:
        """End all, gently and then not; return how many had to be killed."""
        import psutil

        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(15)
        until = time.monotonic() + 15
        while (left := [p for p in self.marked() if self._fork_server not in p.cmdline()]) and time.monotonic() < until:
            time.sleep(0.3)
        left = self.marked()  # a fork server would end by itself, later
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        for child in self.children:
            if child.stdout is not None:
                child.stdout.close()
        self.children.clear()
        return len(left)


@contextlib.contextmanager
def started() -> Iterator[Started]:
    """Give a folder and processes that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="av", ignore_cleanup_errors=True) as folder:
        processes = Started(Path(folder))
        try:
            yield processes
        finally:
            processes.end()


def ours(all_of: Started, *options: str) -> str:
    """Start the kit's server; return its address."""
    line = ("-m", "allrise.apps.server", "--workshop", str(ROOT / "workshop"), "--audience", "cluster", *options)
    return str(all_of.told(all_of.run(*line))["address"])


def plain(all_of: Started) -> str:
    """Start Voila as it comes, with its own template, on a copy of the notebook."""
    notebooks = all_of.folder / "plain"
    notebooks.mkdir(exist_ok=True)
    shutil.copy(ROOT / "workshop" / f"{NAME}.ipynb", notebooks)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    all_of.run(
        "-m", "voila", str(notebooks), "--no-browser", f"--port={port}", "--Voila.port_retries=0", said=False, cwd=notebooks
    )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.2)
    raise RuntimeError("plain Voila did not start")


# Visitors without a browser --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """What became of one client: seconds until the whole page was there, blank when it was lost; and those in the queue."""

    seconds: float | None
    queued: bool = False
    kernel: str = ""


def fetched(address: str, begun: float) -> Served:
    """Fetch a page as one visitor does, wait in line where there is one, and leave as a closing browser does."""
    place, cookie, queued = urlsplit(address), "", False
    until = begun + LIMIT

    def ask(path: str, method: str = "GET") -> tuple[int, str]:
        nonlocal cookie
        line = HTTPConnection(place.hostname or "", place.port, timeout=max(1.0, until - time.monotonic()))
        try:
            line.request(method, path, headers={"Cookie": cookie} if cookie else {})
            reply = line.getresponse()
            got = [v.partition(";")[0] for n, v in reply.getheaders() if n.lower() == "set-cookie"]
            cookie = "; ".join([*filter(None, [cookie] if not got else []), *got])
            body = b""
            while part := reply.read1(65536):
                body += part
                if time.monotonic() > until:
                    raise TimeoutError
            return reply.status, body.decode("utf-8", "replace")
        finally:
            line.close()

    path = f"/voila/render/{NAME}.ipynb"
    try:
        while time.monotonic() < until:
            status, page = ask(path)
            if status == 503:
                queued = True
                ticket = cookie.partition("place=")[2].partition(";")[0]
                while time.monotonic() < until:
                    time.sleep(0.7)
                    if json.loads(ask(f"/place?ticket={ticket}")[1])["go"]:
                        break
                continue
            seconds = time.monotonic() - begun
            found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', page)
            if status == 200 and found and "</html>" in page[-200:]:
                return Served(seconds, queued, found.group(1))
            return Served(None, queued)
    except (OSError, TimeoutError, ValueError):
        pass
    return Served(None, queued)


def leave(address: str, kernel: str) -> None:
    """Say that the page is closed, as browsers do."""
    place = urlsplit(address)
    line = HTTPConnection(place.hostname or "", place.port, timeout=15)
    with contextlib.suppress(OSError):
        line.request("POST", f"/voila/api/shutdown/{kernel}", body=b"")
        line.getresponse().read()
    line.close()


def clients(address: str, visitors: int) -> list[Served]:
    """Let clients arrive together."""
    with ThreadPoolExecutor(visitors) as pool:
        begun = time.monotonic()
        served = list(pool.map(lambda _i: fetched(address, begun), range(visitors)))
        list(pool.map(lambda s: leave(address, s.kernel), [s for s in served if s.kernel]))
    return served


# Browsers ------------------------------------------------------------------------------------------------------------------


async def browsers(address: str, visitors: int, kernels: Any) -> dict[str, Any]:
    """Let browsers arrive together; return seconds to view and ready of those that came, and memory of the kernels."""
    from playwright.async_api import Error, async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )

        async def one() -> tuple[float, float] | None:
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(LIMIT):
                    page = await (await browser.new_context()).new_page()
                    await page.goto(f"{address}/voila/render/{NAME}.ipynb", wait_until="commit", timeout=LIMIT * 1000)
                    # The title of ours, or the first heading of the notebook; a page of the queue is not it.
                    await page.wait_for_selector(
                        "h1:visible:not(:text('One moment')), h2:visible", timeout=LIMIT * 1000
                    )
                    view = time.perf_counter() - begun
                    await page.wait_for_selector(".ar-predict-line svg", timeout=LIMIT * 1000)
                    return view, time.perf_counter() - begun
            except (Error, TimeoutError):
                return None

        got = [g for g in await asyncio.gather(*(one() for _ in range(visitors))) if g]
        memory = pss(kernels())
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(30):
                await browser.close()
    return {
        "visitors": visitors, "lost": visitors - len(got), "view": [v for v, _ in got], "ready": [r for _, r in got], "kernel_mb": memory,
    }  # fmt: skip


def pss(kernels: Sequence[Any]) -> list[float]:
    """Return the PSS of processes in MB."""
    import psutil

    found = []
    for process in kernels:
        with contextlib.suppress(psutil.Error, AttributeError):
            found.append(process.memory_full_info().pss / 2**20)
    return found


# Live ------------------------------------------------------------------------------------------------------------------------


class Participants:
    """A room with people who answer over HTTP."""

    def __init__(self, all_of: Started, people: int) -> None:
        sys.path.insert(0, str(ROOT / "lib"))
        from allrise.room import keys
        from allrise.room.commands import CreateSession
        from allrise.room.service import Service
        from allrise.room.session_file import read_session

        database = str(all_of.folder / "room.db")
        self.secret, self._id = keys.new_token(), keys.new_command_id
        with Service.open(database) as service:
            made = CreateSession(command_id=self._id(), definition=read_session("global-dialogue"), secret=self.secret)
            self.code = service.execute(made).code
        line = ("-m", "allrise.room.server", "--database", database, "--host", "127.0.0.1", "--port", "0")
        self.port = int(all_of.told(all_of.run(*line))["port"])
        self.tokens = [keys.new_token() for _ in range(people)]
        self.acknowledged: list[float] = []

    def do(self, kind: str, *, token: str = "", **fields: Any) -> None:
        """Carry a command out."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=20)
        who = {"X-Room-Token": token} if token else {"X-Room-Secret": self.secret}
        body = json.dumps({"kind": kind, "command_id": self._id(), **fields})
        line.request("POST", f"/api/{self.code}/do", body, {"Content-Type": "application/json", **who})
        reply = line.getresponse()
        said = reply.read()
        line.close()
        if reply.status != 200:
            raise RuntimeError(f"the room refused {kind}: {said[:200]!r}")

    def answer(self, pause: float) -> None:
        """Let everybody answer for the first time, one after the other, and change their answers in between."""
        for i, token in enumerate(self.tokens):
            self.do(
                "submit",
                token=token,
                question="Q2.1",
                revision=1,
                answers={f"F{k}": 1 + (i + k) % 5 for k in range(1, 9)},
            )
            self.acknowledged.append(time.time())
            time.sleep(pause)
            other = self.tokens[i // 2]
            self.do("submit", token=other, question="Q2.1", revision=2 + i, answers={"F1": 1 + i % 5})
            time.sleep(pause)


WATCH = """(what) => { window.seen = []; const note = () => { const place = document.querySelector(what);
 const n = place ? Number((place.textContent.match(/\\d+/) ?? [0])[0]) : 0; const last = window.seen.at(-1);
 if (!last || last[1] !== n) window.seen.push([Date.now() / 1000, n]); };
 note(); new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true }); }"""


def ages(seen: list[list[float]], acknowledged: list[float]) -> list[float]:
    """Return how old each count was when it was first shown: seconds since the answer that made it was acknowledged."""
    return [max(0.0, at - acknowledged[int(n) - 1]) for at, n in seen if 0 < n <= len(acknowledged)]


async def watched(room: Participants, address: str, pause: float) -> dict[str, list[float]]:
    """Open a stage and three apps, let people answer, and return how old what was shown had become."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            pages = []
            for name in ("stage", *["success_factors"] * 3):
                page = await (await browser.new_context()).new_page()
                await page.goto(f"{address}/voila/render/{name}.ipynb", wait_until="commit", timeout=LIMIT * 1000)
                await page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=LIMIT * 1000)
                pages.append(page)
            await asyncio.sleep(2)
            corner = await (await browser.new_context()).new_page()  # the stage's corner counts everyone at once
            await corner.goto(f"{address}/voila/render/stage.ipynb", wait_until="commit", timeout=LIMIT * 1000)
            await corner.wait_for_selector("html[data-ready=yes]", state="attached", timeout=LIMIT * 1000)
            await corner.wait_for_selector(".stage-corner .count", timeout=LIMIT * 1000)
            for page in pages:
                await page.evaluate(WATCH, ".ar-results .counted")
            await corner.evaluate(WATCH, ".stage-corner .count")
            await asyncio.to_thread(room.answer, pause)
            await asyncio.sleep(6)
            seen = [await page.evaluate("window.seen") for page in (corner, *pages)]
        finally:
            await browser.close()
    return {
        "stage, how many answered": ages(seen[0], room.acknowledged),
        "stage, results": ages(seen[1], room.acknowledged),
        "apps, results": [a for s in seen[2:] for a in ages(s, room.acknowledged)],
    }


def live(record: Record, people: int, pause: float) -> int:
    """Measure how fresh stage and apps are; return how many pages showed nothing."""
    with started() as all_of:
        room = Participants(all_of, people)
        address = ours(all_of, "--room", f"http://127.0.0.1:{room.port}", "--code", room.code)
        for token in room.tokens:
            room.do("join", token=token, country="CA", role="teacher", language="en")
        room.do("open_question", question="Q2.1")
        room.do("show_results", question="Q2.1", shown=True)
        asyncio.run(browsers_warm(address))
        kept = all_of.folder / "cache" / "allrise" / "apps"
        before = sum(1 for _ in kept.rglob("*.json"))
        found = asyncio.run(watched(room, address, pause))
        drawn = sum(1 for _ in kept.rglob("*.json")) - before
        loaded = sum(1 for k in all_of.kernels() if _has_matplotlib(k.pid))
    keys = dict(zip(found, ("live-stage-count", "live-stage", "live-apps"), strict=True))
    for what, values in found.items():
        if values:
            record.reading(keys[what], f"{what}: age when shown, {people} people answering", values, "s")
            record.reading(f"{keys[what]}-worst", f"{what}: oldest", max(values), "s")
    record.reading(
        "live-drawings", f"pictures drawn while {people} people answered {2 * people} times", drawn, "drawings"
    )
    record.reading("live-matplotlib", "live pages' kernels that had matplotlib loaded", loaded, "kernels")
    record.note(
        "Results are drawn by the room, once for all, and change in steps of five people; ages count from the answer that made the step."
    )
    return sum(not v for v in found.values())


async def browsers_warm(address: str) -> None:
    """Let one client come first: whatever is prepared once is not the first visitor's time."""
    await asyncio.to_thread(clients, address, 1)


def _has_matplotlib(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "matplotlib/" in Path(f"/proc/{pid}/maps").read_text()
    return False


# The benchmark ------------------------------------------------------------------------------------------------------------------


def arrivals(record: Record, given: Options) -> int:
    """Measure both servers; return how many of our pages were lost."""
    lost = 0
    theirs: dict[tuple[str, int], list[float]] = {}
    for name, start in ((PLAIN, plain), ("allrise", ours)):
        own = name == "allrise"
        with started() as all_of:
            address = start(all_of)
            clients(address, 1)  # what is prepared once is nobody's time
            for n in given.browsers:
                got = asyncio.run(browsers(address, n, all_of.kernels))
                record.details(f"{name}, {n} browsers", got)
                for part, said in (("view", "first useful view"), ("ready", "everything interactive")):
                    if not own:
                        theirs[part, n] = got[part]
                    elif got[part]:
                        against = theirs.get((part, n))
                        record.reading(
                            f"browsers-{n}-{part}", f"{n} browsers: {said}", got[part], "s", against=(PLAIN, against) if against else None
                        )  # fmt: skip
                        record.reading(
                            f"browsers-{n}-{part}-all", f"{n} browsers: {said}, the slowest", max(got[part]), "s"
                        )
                if not own:
                    theirs["memory", n], theirs["lost", n] = got["kernel_mb"], [float(got["lost"])]
                else:
                    lost += got["lost"]
                    against = theirs.get(("memory", n))
                    if got["kernel_mb"]:
                        record.reading(
                            f"browsers-{n}-memory", f"{n} browsers: memory of a kernel, nothing drawn", got["kernel_mb"], "MB",
                            against=(PLAIN, against) if against else None,
                        )  # fmt: skip
                    record.reading(
                        f"browsers-{n}-lost", f"{n} browsers: pages lost", got["lost"], "pages",
                        against=(PLAIN, theirs.get(("lost", n), [0.0])),
                    )  # fmt: skip
            if not own:
                n = given.clients[0]
                got = clients(address, n)
                theirs["served", n] = [s.seconds for s in got if s.seconds is not None]
                theirs["lost clients", n] = [float(sum(s.seconds is None for s in got))]
                continue
            for n in given.clients:
                lost += wave(record, address, n, theirs)
            lost += many(record, address, given.pages, given.clients[0])
        if own:
            record.note(
                f"A page counts as lost after {LIMIT:.0f} s. Browsers share the two cores with the servers they measure."
            )
    return lost


def wave(record: Record, address: str, n: int, theirs: dict[tuple[str, int], list[float]]) -> int:
    """Measure clients that arrive together; return how many were lost."""
    got = clients(address, n)
    times = [s.seconds for s in got if s.seconds is not None]
    lost = len(got) - len(times)
    if times:
        alternative = theirs.get(("served", n))
        against = (PLAIN, alternative) if alternative else None
        record.reading(f"clients-{n}-served", f"{n} clients: page served", times, "s", against=against)
        record.reading(f"clients-{n}-all", f"{n} clients: all served", max(times), "s")
    failed = theirs.get(("lost clients", n))
    record.reading(
        f"clients-{n}-lost", f"{n} clients: pages lost", lost, "pages", against=(PLAIN, failed) if failed else None
    )  # fmt: skip
    record.reading(
        f"clients-{n}-queued", f"{n} clients: told their place in the queue", sum(s.queued for s in got), "clients"
    )
    return lost


def many(record: Record, address: str, pages: int, at_once: int) -> int:
    """Measure wave after wave; return how many pages were lost."""
    lost = done = 0
    slowest: list[float] = []
    until = time.monotonic() + WAVES
    while done < pages and time.monotonic() < until:
        got = clients(address, min(at_once, pages - done))
        done += len(got)
        lost += sum(s.seconds is None for s in got)
        slowest.append(max((s.seconds for s in got if s.seconds is not None), default=LIMIT))
        record.details("waves", {"pages": done, "lost": lost, "slowest": slowest})
    if done:
        record.reading("pages-lost", f"pages lost of {done}, {at_once} at a time", lost, "pages")
        record.reading("pages-waves", f"{at_once} at a time: all served", slowest, "s")
    return lost


def work(record: Record, given: Options) -> int:
    """Measure; each part's failure is told and does not cost the others."""
    for name, whole, small in (("browsers", "1,10,30", "1,3"), ("clients", "30,60,100", "6,12")):
        text = getattr(given, name) or (small if given.quick else whole)
        setattr(given, name, [int(n) for n in text.split(",") if int(n)])
    given.pages = given.pages if given.pages is not None else (12 if given.quick else 500)
    failed = 0
    if shutil.which("chromium") is None:
        record.note("Chromium is not installed: nothing was measured in browsers.")
        given.browsers = []
    elif given.only != "arrivals":
        failed += _tried(record, "live", lambda: live(record, 10 if given.quick else 30, 0.2 if given.quick else 0.4))
    if given.only != "live":
        failed += _tried(record, "arrivals", lambda: arrivals(record, given))
    return 1 if failed else 0


def _tried(record: Record, name: str, part: Any) -> int:
    try:
        return int(part())
    except Exception as error:  # noqa: BLE001 - the other part is measured all the same
        record.note(f"The part {name} failed: {type(error).__name__}: {error}"[:300])
        return 1


def options(parser: argparse.ArgumentParser) -> None:
    """Add what only this benchmark asks."""
    parser.add_argument("--browsers", default="", help="how many browsers arrive together, one run each: 1,10,30")
    parser.add_argument("--clients", default="", help="how many clients arrive together: 30,60,100")
    parser.add_argument("--pages", type=int, help="pages in waves, to see whether any is lost: 500")
    parser.add_argument("--only", choices=("live", "arrivals"), default="", help="one part")


if __name__ == "__main__":
    raise SystemExit(main(BENCHES["voila"], work, add=options))
