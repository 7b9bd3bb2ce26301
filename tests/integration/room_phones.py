"""A room server in a process of its own, and phones and a facilitator that talk HTTP to it, without scripts."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from allrise.room import keys
from allrise.room.commands import CreateSession
from allrise.room.service import Service
from allrise.room.session_file import read_session

ROOT = Path(__file__).resolve().parents[2]


#: Options of a server whose results, counts and boards are worked out as often as asked, more or less: tests need not wait.
QUICK = ("--poll", "0.3")
REST = 0.15  # seconds after which they are


class Server:
    """The real server; ``kill`` is SIGKILL, and ``start`` takes the same port again."""

    def __init__(self, database, *options, run=("-m", "allrise.room.server")):
        self.database, self.options, self.port, self.process = str(database), options, 0, None
        self.run = run

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, *self.run, "--database", self.database, "--host", "127.0.0.1",
             "--port", str(self.port), *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "lib"), "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.port = json.loads(line)["port"]
        self.errors = []
        self._reading = threading.Thread(target=self.errors.extend, args=(self.process.stderr,), daemon=True)
        self._reading.start()
        return self

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._close()

    def stop(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        code = self.process.wait(60)
        self._close()
        return code

    def _close(self):
        self._reading.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        if self.process.poll() is None:
            self.stop()


def new_session(database, source="global-dialogue"):
    """Create a session; return its code and facilitator secret."""
    secret = keys.new_token()
    with Service.open(str(database)) as service:
        made = service.execute(
            CreateSession(command_id=keys.new_command_id(), definition=read_session(source), secret=secret)
        )
    return made.code, secret


class Forms(HTMLParser):
    """The forms of a page: action and the fields that a browser would send as they stand."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.form, self.text, self.ids, self.tags = [], None, [], set(), []
        self.area = None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.tags.append((tag, a))
        if "id" in a:
            self.ids.add(a["id"])
        if tag == "form":
            self.form = {
                "action": a.get("action"),
                "method": a.get("method"),
                "id": a.get("id"),
                "fields": [],
                "buttons": [],
            }
            self.forms.append(self.form)
        elif self.form is not None and tag == "input" and a.get("name"):
            if a.get("type") in ("radio", "checkbox"):
                if "checked" in a:
                    self.form["fields"].append((a["name"], a.get("value", "on")))
            else:
                self.form["fields"].append((a["name"], a.get("value", "")))
        elif self.form is not None and tag == "button":
            self.form["buttons"].append((a.get("name"), a.get("value"), a))

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None

    def handle_data(self, data):
        self.text.append(data)

    def with_action(self, ending):
        return next(f for f in self.forms if f["action"].endswith(ending))


class Reply:
    """An answer of the server."""

    def __init__(self, response, path):
        self.status, self.headers, self.path = response.status, response.headers, path
        self.body = response.read()

    @property
    def html(self):
        return self.body.decode()

    @property
    def forms(self):
        return Forms(self.html)

    @property
    def shown(self):
        return " ".join("".join(self.forms.text).split())

    @property
    def json(self):
        return json.loads(self.body)


class Browser:
    """Cookies, redirects and forms, as a browser without scripts has them."""

    def __init__(self, server, language="en"):
        self.server, self.language, self.cookies = server, language, {}

    def ask(self, method, path, fields=None, *, headers=None, follow=True, body=None):
        parts = urlsplit(path)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Accept-Language": self.language, **(headers or {})}
        jar = {n: v for n, (v, p) in self.cookies.items() if target.startswith(p)}
        if jar:
            sent["Cookie"] = "; ".join(f"{n}={v}" for n, v in jar.items())
        if fields is not None:
            body = urlencode(fields)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            connection.request(method, target, body=body, headers=sent)
            reply = Reply(connection.getresponse(), path)
        finally:
            connection.close()
        for line in reply.headers.get_all("Set-Cookie") or []:
            pair, *rest = line.split("; ")
            name, _, value = pair.partition("=")
            scope = next((r.partition("=")[2] for r in rest if r.lower().startswith("path=")), "/")
            self.cookies[name] = (value, scope)
        if follow and reply.status in (301, 302, 303):
            return self.ask("GET", reply.headers["Location"], headers=headers)
        return reply

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def settled(self, path, **options):
        """Return a page whose results are not still being worked out; until then it says so, and is asked for again."""
        deadline = time.monotonic() + 20
        while "data-again" in (page := self.get(path, **options)).html:
            assert time.monotonic() < deadline, page.shown
            time.sleep(0.05)
        return page

    def until(self, text, path, **options):
        """Return a page as soon as it shows a text; what was done a moment ago may not be counted yet."""
        deadline = time.monotonic() + 20
        while text not in (page := self.get(path, **options)).shown:
            assert time.monotonic() < deadline, page.shown
            time.sleep(0.05)
        return page

    def post(self, path, fields, **options):
        return self.ask("POST", path, list(fields.items()) if isinstance(fields, dict) else fields, **options)


class Phone(Browser):
    """A participant without scripts."""

    def __init__(self, server, code, country="CA", role="teacher", language="en"):
        super().__init__(server, language)
        self.code, self.country, self.role = code, country, role

    def join(self):
        page = self.get(f"/r/{self.code}")
        form = page.forms.with_action(f"/r/{self.code}")
        fields = dict(form["fields"]) | {"country": self.country, "role": self.role, "language": self.language}
        return self.post(form["action"], fields)

    def token_of(self):
        return self.cookies[f"room_{self.code}"][0]

    def open(self, question):
        return self.get(f"/r/{self.code}/q/{question}")

    def fill(self, question, values, *, page=None, **options):
        """Send a question's form with values; ``values`` is a dict, or pairs when a name comes several times."""
        page = page or self.open(question)
        form = page.forms.with_action(f"/q/{question}")
        pairs = list(values.items()) if isinstance(values, dict) else list(values)
        given = {name for name, _ in pairs}
        return self.post(form["action"], [f for f in form["fields"] if f[0] not in given] + pairs, **options)

    def write(self, question, text, *, tags=(), **options):
        form = self.open(question).forms.with_action("/write")
        fields = [f for f in form["fields"] if f[0] != "text"] + [("text", text), *(("tags", t) for t in tags)]
        return self.post(form["action"], fields, **options)

    def vote(self, question, value, **options):
        """Vote on whatever statement is shown; None when there is none."""
        page = self.open(question)
        try:
            form = page.forms.with_action("/vote")
        except StopIteration:
            return None
        return self.post(form["action"], [*form["fields"], ("vote", value)], **options)


class Facilitator(Browser):
    """The one with the secret."""

    def __init__(self, server, code, secret, language="en"):
        super().__init__(server, language)
        self.code, self.secret = code, secret

    def enter(self):
        return self.get(f"/desk/{self.code}/{self.secret}")

    def do(self, do, **fields):
        page = self.get(f"/desk/{self.code}")
        form = next(f for f in page.forms.forms if f["action"].endswith("/do"))
        csrf = dict(form["fields"])["csrf"]
        return self.post(
            f"/desk/{self.code}/do", {"do": do, "csrf": csrf, "command_id": keys.new_command_id(), **fields}
        )
