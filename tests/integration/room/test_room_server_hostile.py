"""More than 300 hostile inputs through every field of every form, over HTTP.

What the room should not take changes nothing; what it takes is text, on phones, on the stage, at the desk and in the
record. The inputs are those of :mod:`test_room_hostile`.
"""

import io
import itertools
import json
import re
import sqlite3
import sys
import time
import zipfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from room_phones import QUICK, REST, Browser, Facilitator, Phone, Server, new_session
from test_room_hostile import HOSTILE, UNSAFE

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.server.launch import LONGEST_READ
from allrise.room.service import Service

KINDS = str(Path(__file__).parents[1] / "kinds.toml")
QUESTIONS = ("rate", "lean", "map", "one", "some", "order", "words", "board")

#: What can be sent in a form at all: half a character cannot be encoded.
SENDABLE = [text for text in HOSTILE if text.isascii() or text.encode("utf-8", "replace").decode() == text]
#: For fields that hold names and numbers: everything that is not by chance a valid one.
SHORT = [text for text in SENDABLE if 0 < len(text.strip()) <= 8_000]

#: What tornado leaves of a field: control characters become spaces.
PRINTED = re.compile(r"[^\x00-\x20]")
#: Seconds after which a quick server surely shows what another process has written.
NOTICED = 3 * REST


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("room") / "room.db", *QUICK) as running:
        yield running


@pytest.fixture(scope="module")
def service(server):
    with Service.open(server.database) as opened:
        yield opened


@pytest.fixture
def room(server, service):
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    assert desk.enter().status == 200
    for question in QUESTIONS:
        service.execute(c.OpenQuestion(command_id=keys.new_command_id(), code=code, secret=secret, question=question))
    time.sleep(NOTICED)
    return server, code, desk


class Crowd:
    """Phones that each write less than a phone may, so that no limit hides what the form does."""

    def __init__(self, server, code, each):
        self.server, self.code, self.each, self.used = server, code, each, 0
        self.phone = None

    def next(self):
        if self.phone is None or self.used >= self.each:
            self.phone, self.used = Phone(self.server, self.code), 0
            assert self.phone.join().status == 200
        self.used += 1
        return self.phone


def contents(server, code):
    """Everything that the database holds of a session, but who joined."""
    with closing(sqlite3.connect(server.database)) as connection:
        session = connection.execute("SELECT id FROM session WHERE code = ?", (code,)).fetchone()[0]
        rows = {
            "session": connection.execute("SELECT title, asks, state, current_question_id FROM session WHERE id = ?", (session,)),
            "events": connection.execute("SELECT kind, content FROM event WHERE session_id = ? AND kind <> 'join'", (session,)),
            "notes": connection.execute("SELECT text, removed FROM note WHERE session_id = ?", (session,)),
        }  # fmt: skip
        for table in ("answer", "vote", "statement"):
            rows[table] = connection.execute(
                f"SELECT * FROM {table} WHERE question_id IN (SELECT id FROM question WHERE session_id = ?)",
                (session,),
            )
        return {name: found.fetchall() for name, found in rows.items()}


def people(server, code):
    with closing(sqlite3.connect(server.database)) as connection:
        return connection.execute(
            "SELECT country, role, cluster, language FROM participant"
            " WHERE session_id = (SELECT id FROM session WHERE code = ?)", (code,),
        ).fetchall()  # fmt: skip


def harmless(reply):
    """Assert that a page holds nothing but what our templates put there."""
    page = reply.forms
    for tag, attributes in page.tags:
        assert tag not in {"img", "style", "iframe", "object", "embed", "base", "math", "frame"}, (tag, attributes)
        assert not [n for n in attributes if n.startswith("on") and n != "on"], (tag, attributes)
        assert "style" not in attributes
        if tag == "script":
            assert attributes["src"].startswith("/assets/")
        for name in ("href", "src", "action", "formaction"):
            assert (attributes.get(name) or "/").startswith(("/", "?", "#")), (tag, attributes)
            assert not (attributes.get(name) or "/").startswith("//"), (tag, attributes)
        if tag == "meta":
            # The waiting page asks for itself again where scripts are off; to no other address.
            assert attributes.get("http-equiv") != "refresh" or attributes["content"].isdigit()
    assert not UNSAFE.search(reply.html.replace("\r", "")), UNSAFE.search(reply.html)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    return page


def test_there_are_more_than_300_that_a_form_can_send():
    assert len(SENDABLE) > 300
    assert len(SHORT) > 280


def test_every_hostile_text_is_refused_or_is_text_on_every_page_and_in_the_record(room, service, tmp_path):
    server, code, desk = room
    crowd = Crowd(server, code, 12)
    kept = {"words": {}, "board": {}}
    statuses = Counter()
    forms = {}
    for n, text in enumerate(SENDABLE):
        question = ("words", "board")[n % 2]
        phone = crowd.next()
        if (phone, question) not in forms:
            forms[phone, question] = phone.open(question).forms.with_action("/write")
        form = forms[phone, question]
        fields = [f for f in form["fields"] if f[0] not in ("text", "command_id")]
        sent = [*fields, ("command_id", keys.new_command_id()), ("text", text)]
        if len(urlencode(sent)) > LONGEST_READ:
            with pytest.raises(OSError):
                assert phone.post(form["action"], sent).status == 200
            continue
        reply = phone.post(form["action"], sent, headers={"Accept": "application/json"})
        statuses[reply.status] += 1
        if reply.status != 200:
            assert reply.status in (400, 413, 409), (text[:40], reply.status)
            assert reply.json["mend"]
            continue
        number = max(s.number for s in service.mine_now(code, phone.token_of()).statements[question])
        kept[question][number] = text
        service.execute(
            c.Moderate(
                command_id=keys.new_command_id(), code=code, secret=desk.secret, question=question, statement=number,
                decision="approve", seen="pending",
            )
        )  # fmt: skip
    assert statuses[200] > 200
    assert statuses[400] + statuses[413] > 10
    stored = {(q, s.number): s.text for q in kept for s in service.desk_now(code, desk.secret).statements[q]}
    assert len(stored) == statuses[200]
    assert "<script>alert(1)</script>" in stored.values()
    pages = []
    for phone in {p for p, _ in forms}:
        for question in kept:
            page = harmless(phone.open(question))
            shown = " ".join("".join(page.text).split())
            for statement in service.mine_now(code, phone.token_of()).statements.get(question, ()):
                assert " ".join(statement.text.split()) in shown
    for question in kept:
        for do in ("GoTo", "ShowResults"):
            service.execute(
                getattr(c, do)(command_id=keys.new_command_id(), code=code, secret=desk.secret, question=question,
                               **({"shown": True} if do == "ShowResults" else {}))
            )  # fmt: skip
        for language in ("en", "fr"):
            pages += [
                Browser(server).get(f"/stage/{code}?lang={language}"), desk.get(f"/desk/{code}?lang={language}"),
                phone.get(f"/r/{code}/q/{question}?lang={language}"), desk.get(f"/desk/{code}/live"),
            ]  # fmt: skip
    for page in pages:
        assert page.status == 200
        harmless(page)
    newest = [text for (q, _), text in sorted(stored.items(), key=lambda s: -s[0][1]) if q == "board"][:20]
    console = " ".join("".join(desk.get(f"/desk/{code}").forms.text).split())
    assert all(" ".join(text.split()) in console for text in newest)

    archive = desk.get(f"/desk/{code}/record")
    assert archive.status == 200
    with zipfile.ZipFile(io.BytesIO(archive.body)) as opened:
        opened.extractall(tmp_path)
    written = pd.read_csv(tmp_path / f"dialogue-{code}" / "dialogue_statements.csv", dtype="str", keep_default_na=False)
    assert len(written) == len(stored)
    for path in tmp_path.rglob("*.csv"):
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        for column in table.columns.difference(["vote", "value"]):
            assert not table[column].str.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")).any()
            assert not any(UNSAFE.search(cell) for cell in table[column])


#: Every field of every form of a phone that does not take free text: form, field, and the rest of a good form.
PHONE_FIELDS = [
    *(("rate", name, {"a:F1": "4"}) for name in ("csrf", "command_id", "revision", "a:F1")),
    ("lean", "a:T1", {}), ("map", "a:F1/ease", {}), ("one", "choice", {}), ("some", "choice", {}),
    ("order", "order", {}), ("board/vote", "statement", {"vote": "1"}),
    ("board/vote", "vote", {"statement": "1"}), ("board/vote", "revision", {"statement": "1", "vote": "1"}),
    ("words/write", "tags", {"text": "Fine."}), ("words/write", "command_id", {"text": "Fine."}),
    ("words/withdraw", "statement", {}), ("rate", "", {}), ("lean", "", {}), ("map", "", {}),
]  # fmt: skip


def test_a_hostile_value_in_any_other_field_of_a_phone_changes_nothing(room, service):
    server, code, desk = room
    seed = c.SeedStatement(
        command_id=keys.new_command_id(), code=code, secret=desk.secret, question="board", text="Seed."
    )
    service.execute(seed)
    before = contents(server, code)
    crowd = Crowd(server, code, 30)
    places, statuses, csrf = itertools.cycle(PHONE_FIELDS), Counter(), {}
    tried = Counter()
    for text in SHORT * 2:
        path, field, rest = next(places)
        phone = crowd.next()
        if phone not in csrf:
            csrf[phone] = dict(phone.open("rate").forms.with_action("/q/rate")["fields"])["csrf"]
        good = {"csrf": csrf[phone], "command_id": keys.new_command_id(), **rest}
        if field == "csrf" and text.strip() == csrf[phone]:
            continue
        if field == "":  # a hostile name of a field
            fields = {**good, f"a:{text}": "3"}
        elif field == "order":
            fields = {**good, "order": text}
        else:
            fields = {**good, field: text}
        if field.startswith(("a:", "revision")) and not PRINTED.search(text):
            continue  # what is left of it is blank, and a blank is what a form sends for an item not answered
        if field in ("revision", "statement", "vote", "command_id", "a:F1", "a:T1", "a:F1/ease") and (
            re.fullmatch(r"-?[0-9]+|[A-Za-z0-9_-]{8,64}", text.strip())
        ):
            continue
        reply = phone.post(f"/r/{code}/q/{path}", fields, follow=False)
        statuses[reply.status] += 1
        tried[path, field] += 1
        assert 400 <= reply.status < 500, (path, field, text, reply.status)
        assert reply.status != 429
        harmless(reply)
        assert "Traceback" not in reply.html
    assert sum(tried.values()) > 500
    assert min(tried.values()) > 20
    assert contents(server, code) == before


def test_a_hostile_country_role_language_or_token_lets_nobody_in(room):
    server, code, _ = room
    names = itertools.cycle(("country", "role", "cluster", "csrf", "command_id", "token"))
    stranger = Phone(server, code)
    form = stranger.get(f"/r/{code}").forms.with_action(f"/r/{code}")
    for text, name in zip(SHORT, names, strict=False):
        stranger = Phone(server, code)
        form = stranger.get(f"/r/{code}").forms.with_action(f"/r/{code}")
        good = dict(form["fields"]) | {"country": "CA", "role": "teacher", "language": "en"}
        headers = {}
        if name == "token":
            headers = {
                "Cookie": f"room_{code}=" + text.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
            }
            stranger.cookies.clear()
        elif name == "command_id" and keys.is_command_id(text):
            continue
        else:
            good[name] = text
        reply = stranger.post(f"/r/{code}", good, headers=headers, follow=False)
        assert 400 <= reply.status < 500, (name, text, reply.status)
        harmless(reply)
    assert people(server, code) == []


#: Every field of every form of the desk that does not take free text.
DESK_FIELDS = [
    *(("open", name, {"question": "rate"}) for name in ("do", "question", "csrf", "command_id")),
    ("close", "question", {}), ("go_to", "question", {}), ("show", "question", {}), ("hide", "question", {}),
    ("next", "seen", {}), ("start_timer", "minutes", {}), ("seed", "question", {"text": "Fine."}),
    ("note", "question", {"text": "Fine."}), ("remove_note", "note", {}), ("undo", "seen", {}),
    ("approve", "question", {"statement": "1", "seen": "approved"}), ("approve", "statement", {"question": "board"}),
    ("approve", "seen", {"question": "board", "statement": "1"}),
    ("merge", "into", {"question": "board", "statement": "1", "seen": "approved"}),
]  # fmt: skip


def test_a_hostile_value_in_any_field_of_the_desk_changes_nothing(server, service):
    done, places = Counter(), itertools.cycle(DESK_FIELDS)
    texts = iter(SHORT)
    for _ in range(len(SHORT) // 30 + 1):  # a session each: a facilitator, too, may only press so often
        code, secret = new_session(server.database, KINDS)
        desk = Facilitator(server, code, secret)
        desk.enter()
        who = {"code": code, "secret": secret}
        service.execute(c.OpenQuestion(command_id=keys.new_command_id(), **who, question="board"))
        service.execute(c.SeedStatement(command_id=keys.new_command_id(), **who, question="board", text="Seed."))
        form = next(f for f in desk.get(f"/desk/{code}").forms.forms if f["action"].endswith("/do"))
        csrf = dict(form["fields"])["csrf"]
        before = contents(server, code)
        for text in itertools.islice(texts, 30):
            do, field, rest = next(places)
            if field == "command_id" and keys.is_command_id(text):
                continue
            fields = {"do": do, "csrf": csrf, "command_id": keys.new_command_id(), **rest, field: text}
            reply = desk.post(f"/desk/{code}/do", fields, follow=False)
            assert 400 <= reply.status < 500, (do, field, text, reply.status)
            assert reply.status != 429
            harmless(reply)
            done[do, field] += 1
        assert contents(server, code) == before
    assert min(done.values()) > 10


def test_hostile_texts_of_the_facilitator_are_text_too(room, service):
    server, code, desk = room
    form = next(f for f in desk.get(f"/desk/{code}").forms.forms if f["action"].endswith("/do"))
    csrf = dict(form["fields"])["csrf"]
    phone = Phone(server, code)
    phone.join()
    for n, text in enumerate(SENDABLE[:36]):
        fields = {"csrf": csrf, "command_id": keys.new_command_id(), "text": text}
        if n % 3 == 0:
            fields |= {"do": "seed", "question": "board"}
        elif n % 3 == 1:
            fields |= {"do": "note"}
        else:
            number = service.execute(
                c.WriteStatement(
                    command_id=keys.new_command_id(),
                    code=code,
                    token=phone.token_of(),
                    question="words",
                    text=f"No {n}",
                )
            ).result["number"]
            fields |= {"do": "reject", "question": "words", "statement": number, "reason": text, "seen": "pending"}
        assert desk.post(f"/desk/{code}/do", fields).status in (200, 400, 413)
    for page in (desk.get(f"/desk/{code}"), desk.get(f"/desk/{code}/live"), phone.open("board"), phone.open("words")):
        assert page.status == 200
        harmless(page)
    assert len(service.desk_now(code, desk.secret).notes) > 8


def test_a_hostile_sheet_of_paper_is_refused_as_a_whole_or_is_text(room):
    server, code, desk = room
    page = desk.get(f"/desk/{code}/paper")
    csrf = dict(page.forms.with_action("/paper")["fields"])["csrf"]
    names = itertools.cycle(
        ("country", "role", "cluster", "a:rate:F1", "a:map:F1/ease", "c:one", "c:some", "a:order:A1", "csrf")
    )
    before = contents(server, code)
    for text in SHORT[::9]:
        name = next(names)
        fields = {"csrf": csrf, "command_id": keys.new_command_id(), "sheet": "A-1", "country": "NZ", name: text}
        reply = desk.post(f"/desk/{code}/paper", fields, follow=False)
        assert 400 <= reply.status < 500, (name, text, reply.status)
        harmless(reply)
    assert contents(server, code) == before
    assert people(server, code) == []


ADDRESSES = ("/r/{}", "/r/{}/now", "/r/CODE/q/{}", "/r/CODE/q/rate/part/{}", "/stage/{}", "/desk/{}", "/desk/CODE/{}",
             "/assets/{}", "/?code={}", "/stage/CODE?view={}", "/stage/CODE?lang={}", "/r/CODE/q/board?same={}",
             "/r/CODE/q/words?sent={}", "/r/CODE?change={}", "/desk/CODE/paper?saved={}", "/{}")  # fmt: skip


def test_a_hostile_address_or_query_is_a_page_that_says_what_to_do(room):
    server, code, desk = room
    phone = Phone(server, code)
    phone.join()
    before = contents(server, code)
    for text, place in zip([t for t in SHORT if len(t) < 2_000], itertools.cycle(ADDRESSES), strict=False):
        path = place.replace("CODE", code).format(quote(text, safe=""))
        who = desk if place.startswith("/desk/CODE") else phone
        reply = who.get(path, follow=False)
        assert reply.status in (200, 301, 303, 400, 403, 404), (path, reply.status)
        if reply.status in (301, 303):
            assert reply.headers["Location"].startswith("/")
            assert not reply.headers["Location"].startswith("//")
        elif "text/html" in reply.headers.get("Content-Type", "") and reply.body:
            harmless(reply)
    assert contents(server, code) == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a:F1=\xff\xfe&csrf=\xff"),
        ("application/x-www-form-urlencoded", b"&".join(b"a:%d=1" % i for i in range(6_000))),
        ("application/x-www-form-urlencoded", b"%" * 5_000),
        ("application/x-www-form-urlencoded", b"csrf=" + b"x" * 1_000_000),
        ("application/json", b'{"a:F1": 4}'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a:F1"\r\n\r\n4\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data; boundary=" + "x" * 4_000, b"--x"),
        ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        ("", b"\x00" * 1_000),
    ],
    ids=lambda v: v[:24] if isinstance(v, str) else f"{len(v)} bytes",
)
def test_a_body_that_is_no_form_changes_nothing(room, content_type, body):
    server, code, _ = room
    phone = Phone(server, code)
    phone.join()
    before = contents(server, code)
    for path in (f"/r/{code}/q/rate", f"/r/{code}/q/words/write", f"/desk/{code}/do", f"/r/{code}"):
        reply = phone.ask("POST", path, headers={"Content-Type": content_type}, body=body, follow=False)
        assert 400 <= reply.status < 500, (path, reply.status)
    assert contents(server, code) == before
    assert phone.open("rate").status == 200


GOOD = {
    "rate": {"a:F1": "4"}, "lean": {"a:T1": "4"}, "map": {"a:F1/ease": "1"}, "one": {"choice": "A1"},
    "some": {"choice": "A1"}, "words/write": {"text": "Late."}, "board/write": {"text": "Late."},
    "board/vote": {"statement": "1", "vote": "1"}, "words/withdraw": {"statement": "1"},
}  # fmt: skip


@pytest.mark.parametrize("state", ["draft", "closed", "locked"])
def test_what_is_sent_in_the_wrong_state_changes_nothing_and_is_told_why(server, service, state):
    code, secret = new_session(server.database, KINDS)
    who = {"code": code, "secret": secret}
    phone = Phone(server, code)
    phone.join()
    csrf = ""
    if state != "draft":
        for question in QUESTIONS:
            service.execute(c.OpenQuestion(command_id=keys.new_command_id(), **who, question=question))
        service.execute(c.SeedStatement(command_id=keys.new_command_id(), **who, question="board", text="Seed."))
        time.sleep(NOTICED)
        csrf = dict(phone.open("rate").forms.with_action("/q/rate")["fields"])["csrf"]
        phone.write("words", "In time.")
        if state == "locked":
            service.execute(c.Lock(command_id=keys.new_command_id(), **who, locked=True))
        else:
            for question in QUESTIONS:
                service.execute(c.CloseQuestion(command_id=keys.new_command_id(), **who, question=question))
    else:
        page = phone.get(f"/r/{code}?change=1")
        csrf = dict(page.forms.with_action(f"/r/{code}")["fields"])["csrf"]
    before = contents(server, code)
    words = {
        "draft": "There is no such question in this room.", "closed": "This question is not open.",
        "locked": "The session is locked",
    }[state]  # fmt: skip
    for path, fields in GOOD.items():
        if path == "words/withdraw" and state == "closed":
            continue  # one's own text can be taken back as long as the session is not locked
        reply = phone.post(
            f"/r/{code}/q/{path}", {"csrf": csrf, "command_id": keys.new_command_id(), **fields}, follow=False
        )
        assert reply.status in (404, 409), (path, reply.status)
        assert words in reply.shown, (path, reply.shown)
        asked = phone.post(
            f"/r/{code}/q/{path}", {"csrf": csrf, "command_id": keys.new_command_id(), **fields},
            headers={"Accept": "application/json"},
        )  # fmt: skip
        assert json.loads(asked.body)["mend"]
    assert contents(server, code) == before
