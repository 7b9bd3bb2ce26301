"""N phones against the real room server: how long people wait, what breaks, and whether anything is lost.

    python benchmarks/room_load.py                       500 phones for five minutes
    python benchmarks/room_load.py --phones 50 --minutes 1

Each phone joins, polls for news every three seconds (with jitter, ETag and back-off), answers every item of every question
as it opens, writes and votes on statements, now and then loses its connection in the middle of a request, and sends
again until it is acknowledged. It looks at results when they are revealed. A facilitator puts statements up, opens, closes,
reveals, and reads what was written; the stage asks every second. At the end the database is read: every answer that was
acknowledged is there, exactly once, and it is the newest one.

Prints a table and, with ``--json FILE``, the same as JSON. The driver shares the machine with the server: how late its own
clock rings and how much processor it takes are in the table, and of each request the part that passed in the server
(from its ``Server-Timing``). Exit code 1 when an answer is missing or doubled, no vote was cast, or a request failed that should
not have.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

import measure
from allrise.cli.processes import LEAN
from allrise.room import keys
from allrise.room.commands import CreateSession
from allrise.room.service import Service
from allrise.room.session_file import read_session
from benches import BENCHES
from measure import ROOT, Options, Record

QUESTIONS = ("rate", "lean", "map", "one", "order", "words", "board")
POLL_SECONDS = 3.0
SEEDS = 6  # statements that the facilitator puts up
LOST = 0.03  # share of requests whose connection breaks after they were sent, before the answer is read
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
STATEMENT = re.compile(r'name="statement" value="(\d+)"')


@dataclass
class Tally:
    """What was measured: milliseconds by kind of request, answers by status, and faults."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    inside: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: list[float] = field(default_factory=list)
    broken: int = 0


class Line:
    """One kept-alive connection of a phone, as small a client as HTTP/1.1 allows: the driver shares two cores."""

    def __init__(self, port: int, tally: Tally) -> None:
        self.port, self.tally = port, tally
        self.cookies: dict[str, str] = {}
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(
        self, kind: str, method: str, path: str, fields: Any = None, *, headers: Any = None, lose: bool = False
    ) -> tuple[int, dict[str, str], str]:
        """Return (status, headers, body); raises OSError when the connection is lost."""
        body = urlencode(fields).encode() if fields is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en"]
        lines += [f"{n}: {v}" for n, v in (headers or {}).items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{n}={v}" for n, v in self.cookies.items()))
        if fields is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        begun = time.perf_counter()
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await self.writer.drain()
            if lose:
                self.tally.broken += 1
                raise ConnectionResetError("lost on purpose")
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(head[0].split()[1])
            found: dict[str, str] = {}
            for line in head[1:]:
                name, _, value = line.partition(": ")
                if name.lower() == "set-cookie":
                    pair = value.split(";")[0]
                    self.cookies[pair.partition("=")[0]] = pair.partition("=")[2]
                elif name:
                    found[name.lower()] = value
            answer = await self.reader.readexactly(int(found.get("content-length", 0))) if status != 304 else b""
        except (OSError, asyncio.IncompleteReadError) as error:
            self.drop()
            raise ConnectionResetError(str(error)) from error
        self.tally.waits[kind].append(1000 * (time.perf_counter() - begun))
        if "server-timing" in found:
            self.tally.inside[kind].append(float(found["server-timing"].rpartition("dur=")[2]))
        self.tally.statuses[kind, status] += 1
        return status, found, answer.decode("utf-8", "replace")

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Phone:
    """One participant; ``acknowledged`` is what the room has said it has."""

    def __init__(self, number: int, port: int, code: str, tally: Tally, ending: asyncio.Event) -> None:
        self.random = random.Random(number)
        self.line, self.code, self.tally, self.ending = Line(port, tally), code, tally, ending
        self.acknowledged: dict[tuple[str, str], int] = {}
        self.written: Counter[str] = Counter()
        self.votes: dict[tuple[str, int], int] = {}
        self.done: set[str] = set()
        self.csrf, self.etag, self.revision, self.board, self.at = "", "", 0, 0, ""
        self.seen: set[str] = set()
        self.news: dict[str, Any] = {}

    async def live(self) -> None:
        await asyncio.sleep(self.random.random() * 10)  # people come in over ten seconds
        await self.until_taken(self.join)
        lost = 0
        while not self.ending.is_set():
            try:
                news = await self.poll()
                lost = 0
            except OSError:
                lost += 1
                news = None
            for question in (news or {}).get("open", []):
                if question not in self.done:
                    await asyncio.sleep(self.random.random() * 2)
                    self.at = question
                    await self.answer(question)
            if news:
                await self.follow(news)
            if "rate" in self.done and self.random.random() < 0.1:
                await self.answer("rate")  # people change their minds
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.ending.wait(), POLL_SECONDS * 2 ** min(lost, 3) + self.random.random())

    async def until_taken(self, attempt: Any) -> Any:
        """Try until it is acknowledged, as the page's script does; each attempt sends the same command."""
        pause = 0.5
        while True:
            try:
                return await attempt()
            except OSError:
                await asyncio.sleep(pause + self.random.random() / 2)
                pause = min(2 * pause, 30)

    async def ask(self, kind: str, method: str, path: str, fields: Any = None, **options: Any) -> Any:
        lose = kind in ("save", "write", "vote", "news") and self.random.random() < LOST
        status, headers, body = await self.line.ask(kind, method, path, fields, lose=lose, **options)
        if status in (429, 503):
            raise ConnectionResetError(f"{status}")
        if status >= 400 and "question_closed" not in body:  # too late is no fault: the draft is kept
            self.tally.faults[f"{kind} {status}: {body[:160]}"] += 1
        return status, headers, body

    async def join(self) -> None:
        _, _, html = await self.ask("join page", "GET", f"/r/{self.code}")
        fields = {
            "csrf": CSRF.search(html)[1], "command_id": keys.new_command_id(), "language": "en",
            "country": self.random.choice(["CA", "NZ", "GB-ENG"]), "role": self.random.choice(["leader", "teacher"]),
        }  # fmt: skip
        status, _, _ = await self.ask("join", "POST", f"/r/{self.code}", fields)
        if status != 303:
            raise ConnectionResetError("not joined")

    async def poll(self) -> Any:
        headers = {"If-None-Match": self.etag} if self.etag else {}
        status, found, body = await self.ask("news", "GET", f"/r/{self.code}/news", headers=headers)
        if status == 200:
            self.etag, self.news = found["etag"], json.loads(body)
        return self.news

    async def page(self, question: str) -> str:
        _, _, html = await self.until_taken(lambda: self.ask("page", "GET", f"/r/{self.code}/q/{question}"))
        found = CSRF.search(html)
        self.csrf = found[1] if found else self.csrf
        return html

    async def send(self, kind: str, path: str, fields: Any) -> tuple[int, Any]:
        """Send one command until it is acknowledged; return (status, JSON)."""
        fixed = [*fields, ("csrf", self.csrf), ("command_id", keys.new_command_id())]
        status, _, body = await self.until_taken(
            lambda: self.ask(kind, "POST", path, fixed, headers={"Accept": "application/json"})
        )
        return status, json.loads(body)

    async def follow(self, news: Any) -> None:
        """Do what the page's script does on news: bring its parts up to date."""
        for question in news["shown"]:
            if question == self.at and question not in self.seen:
                self.seen.add(question)
                await self.until_taken(lambda: self.part("results", self.at))
        if self.at == "board" and "board" in news["open"] and news["boards"]["board"] != self.board:
            self.board = news["boards"]["board"]
            if self.written["board"]:
                await self.until_taken(lambda: self.part("mine", "board"))
            _, _, html = await self.until_taken(lambda: self.part("vote", "board"))
            await self.vote('id="vote"' + html + "</section>")

    async def part(self, name: str, question: str) -> Any:
        return await self.ask(f"part {name}", "GET", f"/r/{self.code}/q/{question}/part/{name}")

    async def vote(self, html: str) -> None:
        for _ in range(8):
            found = STATEMENT.search(html.partition('id="vote"')[2].partition("</section>")[0])
            if not found:
                return  # none left: more may come
            await asyncio.sleep(1 + 3 * self.random.random())  # people read
            if self.ending.is_set():
                return
            vote = self.random.choice([1, 1, -1, 0])
            self.revision += 1
            status, said = await self.send(
                "vote",
                f"/r/{self.code}/q/board/vote",
                [("statement", found[1]), ("vote", vote), ("revision", self.revision)],
            )
            if status != 200:
                return
            self.votes["board", int(found[1])] = vote
            html = 'id="vote"' + said["html"] + "</section>"

    async def answer(self, question: str) -> None:
        html = await self.page(question)
        path = f"/r/{self.code}/q/{question}"
        if question == "words":
            text = f"Seen by {self.random.getrandbits(60):x}."
            status, _ = await self.send("write", f"{path}/write", [("text", text), ("tags", "F1")])
            self.written[question] += status == 200
        elif question == "board":
            if self.random.random() < 0.1:
                text = f"Schools should do {self.random.getrandbits(60):x}."
                status, _ = await self.send("write", f"{path}/write", [("text", text)])
                self.written[question] += status == 200
            self.board = self.news["boards"]["board"]
            await self.vote(html)
        else:
            await self.items(question, path)
        self.done.add(question)

    async def items(self, question: str, path: str) -> None:
        if question == "one":
            rounds = [{f"A{i}": int(i == chosen) for i in range(1, 5)} for chosen in self.random.sample(range(1, 5), 2)]
        elif question == "order":
            rounds = [dict(zip(self.random.sample(["A1", "A2", "A3", "A4"], 4), range(1, 5), strict=True))]
        else:
            top, names = {
                "rate": (5, ["F1", "F2", "F3"]), "lean": (7, ["T1", "T2"]),
                "map": (2, ["F1/ease", "F1/place", "F2/ease", "F2/place"]),
            }[question]  # fmt: skip
            values: dict[str, int] = {}
            rounds = []
            for name in names:  # the page saves after every tap
                values = {**values, name: self.random.randint(1, top)}
                rounds.append(values)
        for values in rounds:
            self.revision += 1
            fields = [("revision", self.revision)]
            if question == "one":
                fields += [("choice", n) for n, v in values.items() if v]
            elif question == "order":
                fields += [("order", n) for n in sorted(values, key=values.__getitem__)]
            else:
                fields += [(f"a:{n}", v) for n, v in values.items()]
            status, _ = await self.send("save", path, fields)
            if status != 200:
                return
            for name, value in values.items():
                self.acknowledged[question, name] = value
            await asyncio.sleep(0.3 + self.random.random())


class Desk:
    """The facilitator and the stage."""

    def __init__(self, port: int, code: str, secret: str, tally: Tally) -> None:
        self.line, self.stage = Line(port, tally), Line(port, tally)
        self.code, self.secret = code, secret

    async def do(self, do: str, **fields: Any) -> None:
        _, _, html = await self.line.ask("desk", "GET", f"/desk/{self.code}")
        given = {"do": do, "csrf": CSRF.search(html)[1], "command_id": keys.new_command_id(), **fields}
        await self.line.ask("desk press", "POST", f"/desk/{self.code}/do", given)

    async def watch(self, ending: asyncio.Event) -> None:
        """Be the projector."""
        etag, view = "", 0
        while not ending.is_set():
            view += 1
            name = ("room", "country", "role")[view // 5 % 3]
            headers = {"If-None-Match": etag} if etag else {}
            _, found, _ = await self.stage.ask("stage", "GET", f"/stage/{self.code}/view?view={name}", headers=headers)
            etag = found.get("etag", "")
            await asyncio.sleep(1)

    async def approve(self, numbers: set[tuple[str, int]]) -> None:
        """Read what is waiting and show it."""
        _, _, html = await self.line.ask("desk", "GET", f"/desk/{self.code}/live")
        waiting = re.findall(
            r'value="approve">.*?name="question" value="(\w+)".*?name="statement" value="(\d+)"', html, re.DOTALL
        )
        for question, number in sorted(waiting)[:3]:  # the board first, and no faster than a person presses
            if (question, int(number)) not in numbers:
                numbers.add((question, int(number)))
                await self.do("approve", question=question, statement=number, seen="pending")


async def play(
    port: int, code: str, secret: str, phones: int, minutes: float, tally: Tally, server: psutil.Process
) -> tuple[list[Phone], int, int]:
    """Run the session; return the phones, the most memory the server had, and the most its child processes had."""
    ending = asyncio.Event()
    crowd = [Phone(i, port, code, tally, ending) for i in range(phones)]
    desk = Desk(port, code, secret, tally)
    await desk.line.ask("desk", "GET", f"/desk/{code}/{secret}")
    tasks = [asyncio.create_task(p.live()) for p in crowd]
    watching = asyncio.create_task(desk.watch(ending))
    ticking = asyncio.create_task(tick(ending, tally.late))
    seconds, begun, memory, beside, approved = 60 * minutes, time.monotonic(), 0, 0, set()
    opened = -1
    while time.monotonic() - begun < seconds:
        memory = max(memory, server.memory_info().rss)
        beside = max(beside, children_memory(server))
        place = min(int((time.monotonic() - begun) / (0.8 * seconds) * len(QUESTIONS)), len(QUESTIONS) - 1)
        if place > opened:
            opened = place
            await desk.do("open", question=QUESTIONS[place])
            for n in range(SEEDS if QUESTIONS[place] == "board" else 0):
                await desk.do("seed", question="board", text=f"Statement {n} of the facilitator.")
            if place > 1:  # the one before the last: people had their time
                await desk.do("close", question=QUESTIONS[place - 2]) if QUESTIONS[place - 2] != "rate" else None
                await desk.do("show", question=QUESTIONS[place - 2])
            await desk.do("show", question=QUESTIONS[place])
        await desk.approve(approved)
        await asyncio.sleep(1)
    ending.set()
    results = await asyncio.gather(*tasks, watching, ticking, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            tally.faults[f"driver: {type(result).__name__}: {result}"] += 1
    return crowd, memory, beside


async def tick(ending: asyncio.Event, late: list[float]) -> None:
    """Note how late the driver itself is, in milliseconds: what it adds to every wait."""
    while not ending.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(0.05)
        late.append(1000 * (time.perf_counter() - begun - 0.05))


def children_memory(server: psutil.Process) -> int:
    """Return the memory of the processes that work results out beside the server, in bytes."""
    total = 0
    for child in server.children():
        with contextlib.suppress(psutil.Error):  # it may have ended just now
            total += child.memory_info().rss
    return total


def compare(database: str, code: str, crowd: list[Phone]) -> list[str]:
    """Return what is wrong with the record, measured by what was acknowledged."""
    wrong: list[str] = []
    with Service.open(database) as service:
        frames = service.frames_now(code)
        people = {}
        for number, phone in enumerate(crowd):
            mine = service.mine_now(code, phone.line.cookies[f"room_{code}"])
            people[number] = mine
            for (question, item), value in phone.acknowledged.items():
                found = mine.answers.get(question, {}).get(item)
                if found != value and not (question == "one" and value == 0 and not found):
                    wrong.append(f"phone {number}: {question} {item} was acknowledged as {value}, recorded is {found}")
            for (question, statement), vote in phone.votes.items():
                if mine.votes.get(question, {}).get(statement) != vote:
                    wrong.append(f"phone {number}: the vote on {statement} is not the acknowledged one")
            for question, count in phone.written.items():
                if len(mine.statements.get(question, ())) != count:
                    wrong.append(
                        f"phone {number}: {count} texts acknowledged, {len(mine.statements.get(question, ()))} recorded"
                    )
    if len(frames.people) != len(crowd):
        wrong.append(f"{len(crowd)} phones joined, {len(frames.people)} people recorded")
    for name, table, key in (("answers", frames.answers, ["participant", "question", "item_id"]), ("votes", frames.votes, ["participant", "statement", "question"])):  # fmt: skip
        if table.duplicated(key).any():
            wrong.append(f"{name} are doubled")
    return wrong


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def table(told: dict[str, Any]) -> list[str]:
    """Return what was measured as lines for people."""
    lines = [
        f"{told['phones']} phones, {told['minutes']:g} minutes, {told['connections_lost_on_purpose']} connections lost on purpose",
        "",
        f"{'request':<12} {'number':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'worst':>8} {'errors':>8} {'in server: p50':>15} {'p99':>8}",
    ]
    for kind, r in told["requests_ms"].items():
        lines.append(
            f"{kind:<12} {r['number']:>8} {r['p50']:>8.1f} {r['p95']:>8.1f} {r['p99']:>8.1f} {r['worst']:>8.1f} {r['errors']:>8} {r['inside_p50']:>15.1f} {r['inside_p99']:>8.1f}"
        )
    wrong = told["wrong_in_the_record"]
    refused = ", ".join(f"{what}: {n}" for what, n in told["refused"].items()) or "none"
    lines += [
        "",
        f"room server:      {told['server_mb']:.0f} MB resident at most, {told['server_cpu_seconds']:.0f} s of processor",
        f"results beside:   {told['beside_mb']:.0f} MB resident at most, in processes of their own",
        f"the driver:       {told['driver_cpu_seconds']:.0f} s of processor; its clock rings {told['driver_late_ms']['p50']:.1f} ms late at p50, {told['driver_late_ms']['p99']:.1f} at p99",
        f"refused:          {refused}",
        f"acknowledged:     {told['acknowledged']} answers, votes and texts; {told['votes']} of them votes",
        f"in the record:    {'each exactly once' if not wrong else f'{len(wrong)} are wrong'}",
    ]
    lines += ["  " + line for line in wrong[:10]]
    return lines + [
        f"fault, {n} times: {fault}" for fault, n in sorted(told["faults"].items(), key=lambda f: -f[1])[:10]
    ]


def work(record: Record, given: Options) -> int:
    given.phones = given.phones or (40 if given.quick else 500)
    given.minutes = given.minutes or (0.3 if given.quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        database = given.database or str(Path(folder) / "room.db")
        secret = keys.new_token()
        with Service.open(database) as service:
            made = service.execute(
                CreateSession(
                    command_id=keys.new_command_id(), secret=secret,
                    definition=read_session(ROOT / "tests/integration/kinds.toml"),
                )
            )  # fmt: skip
        import subprocess

        server = subprocess.Popen(
            [sys.executable, "-m", "allrise.room.server", "--database", database, "--host", "127.0.0.1"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "lib"), **LEAN},
        )  # fmt: skip
        try:
            port = json.loads(server.stdout.readline())["port"]
            tally = Tally()
            watched = psutil.Process(server.pid)
            crowd, memory, beside = asyncio.run(
                play(port, made.code, secret, given.phones, given.minutes, tally, watched)
            )
            busy, own = watched.cpu_times(), time.process_time()
        finally:
            server.terminate()
            server.wait(20)
        wrong = compare(database, made.code, crowd)

    saved = sum(len(p.acknowledged) + len(p.votes) + p.written.total() for p in crowd)
    rows = {}
    for kind, waits in sorted(tally.waits.items()):
        rows[kind] = {
            "number": len(waits), "p50": statistics.median(waits), "p95": quantile(waits, 0.95),
            "p99": quantile(waits, 0.99), "worst": max(waits),
            "inside_p50": statistics.median(tally.inside[kind] or [0.0]), "inside_p99": quantile(tally.inside[kind] or [0.0], 0.99),
            "errors": sum(n for (k, status), n in tally.statuses.items() if k == kind and status >= 400),
        }  # fmt: skip
    told = {
        "phones": given.phones, "minutes": given.minutes, "connections_lost_on_purpose": tally.broken, "requests_ms": rows,
        "server_mb": memory / 2**20, "beside_mb": beside / 2**20, "server_cpu_seconds": busy.user + busy.system,
        "driver_cpu_seconds": own, "driver_late_ms": {"p50": statistics.median(tally.late), "p99": quantile(tally.late, 0.99)},
        "votes": sum(len(p.votes) for p in crowd),
        "refused": {f"{kind} {status}": n for (kind, status), n in sorted(tally.statuses.items()) if status >= 400},
        "acknowledged": saved, "wrong_in_the_record": wrong, "faults": dict(tally.faults),
    }  # fmt: skip
    print("\n".join(table(told)))
    _keep(record, told, tally)
    without_votes = given.minutes >= 1 and not told["votes"]  # a shorter session may end before anyone has read
    return 1 if wrong or tally.faults or without_votes else 0


def _keep(record: Record, told: dict[str, Any], tally: Tally) -> None:
    """Keep what was measured as readings; everything stands in the details."""
    record.details("room_load", told)
    for kind, waits in sorted(tally.waits.items()):
        record.reading(f"room_{kind}_p99", f"{kind}: 99 of 100 within", quantile(waits, 0.99), "ms")
    slowest = max((quantile(w, 0.99) for w in tally.waits.values()), default=0.0)
    record.reading("room_p99", f"{told['phones']} phones: 99 of 100 requests of the slowest kind within", slowest, "ms")
    record.reading("room_mb", "memory of the server, at most", told["server_mb"], "MB")
    record.reading("room_beside_mb", "memory of the processes beside it, at most", told["beside_mb"], "MB")
    record.reading("room_wrong", "answers lost or doubled", len(told["wrong_in_the_record"]), "answers")
    record.reading("room_faults", "requests that failed", sum(tally.faults.values()), "requests")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phones", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--database", default="", help="default: a new SQLite file")


if __name__ == "__main__":
    sys.exit(measure.main(BENCHES["room_load"], work, add=options))
