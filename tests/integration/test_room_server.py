"""The room over real HTTP, from a server process of its own: without scripts, hostile, killed and started again."""

import re
import threading
import time
from pathlib import Path

import pytest
from room_phones import QUICK, REST, Browser, Facilitator, Phone, Server, new_session

from allrise.room import keys
from allrise.room.service import Service

KINDS = str(Path(__file__).with_name("kinds.toml"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("room") / "room.db", *QUICK) as running:
        yield running


@pytest.fixture
def room(server):
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    assert desk.enter().status == 200
    return server, code, desk


def answers_of(server, code):
    with Service.open(server.database) as service:
        return service.frames_now(code)


def test_a_whole_session_without_scripts(room):
    server, code, desk = room
    phone = Phone(server, code, "NZ", "leader")
    assert "The first question appears here" in phone.join().shown
    for question in ("rate", "lean", "map", "one", "some", "order", "words", "board"):
        desk.do("open", question=question)
        assert phone.get(f"/r/{code}/now").status == 200
    assert "Saved " in phone.fill("rate", {"a:F1": 5, "a:F3": 2}).shown
    phone.fill("lean", {"a:T1": 1, "a:T2": 7})
    phone.fill("map", {"a:F1/ease": 2, "a:F1/place": 1})
    phone.fill("one", {"choice": "A2"})
    phone.fill("some", [("choice", "A1"), ("choice", "A4")])
    page = phone.open("order")
    form = page.forms.with_action("/q/order")
    phone.post(form["action"], [*form["fields"], ("move", "A3:up")])
    assert "Waiting to be read" in phone.write("words", "We visited each other.", tags=["F1"]).shown
    phone.write("board", "Reviews should be public.")
    for question in ("words", "board"):
        desk.do("approve", question=question, statement=1, seen="pending")
    other = Phone(server, code)
    other.join()
    time.sleep(REST)  # boards are read only so often, for all phones together
    assert "Reviews should be public." in other.open("board").shown
    assert other.vote("board", 1).status == 200
    assert "You have voted on everything" in other.open("board").shown
    assert "Shown" in phone.open("board").shown

    frames = answers_of(server, code)
    mine = frames.answers[frames.answers["country"] == "NZ"]
    said = {(q, i): v for q, i, v in zip(mine["question"], mine["item_id"], mine["value"], strict=True)}
    assert said[("rate", "F1")] == 5
    assert ("rate", "F2") not in said
    assert said[("lean", "T2")] == 7
    assert said[("map", "F1/ease")] == 2
    assert {i for (q, i), v in said.items() if q == "some" and v == 1} == {"A1", "A4"}
    assert [i for i, _ in sorted(((i, v) for (q, i), v in said.items() if q == "order"), key=lambda x: x[1])] == [
        "A1", "A3", "A2", "A4"
    ]  # fmt: skip
    assert frames.votes["vote"].tolist() == [1]
    assert frames.statements["framework_ids"].tolist() == ["F1", ""]


def test_french_from_the_browser_and_by_choice(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phone = Phone(server, code, language="fr")
    assert 'lang="fr-CA"' in phone.get(f"/r/{code}").html
    assert "À quel point?" in phone.join().shown
    assert "Rien d’enregistré" in phone.open("rate").shown


def test_results_are_hidden_until_they_are_revealed_and_until_ten_have_answered(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phones = [Phone(server, code, ["CA", "NZ"][i % 2], "teacher") for i in range(20)]
    for phone in phones[:9]:
        phone.join()
        phone.fill("rate", {"a:F1": 5, "a:F2": 1, "a:F3": 3})
    stage = Browser(server)
    assert "<table" not in stage.get(f"/stage/{code}").html
    desk.do("show", question="rate")
    assert "Results are shown once 10 people have answered." in stage.settled(f"/stage/{code}").shown
    for phone in phones[9:]:
        phone.join()
        phone.fill("rate", {"a:F1": 5, "a:F2": 1, "a:F3": 3})
    # A step behind while people answer.
    live = stage.until("20 answered, counted: 15", f"/stage/{code}").shown
    assert "By country" not in live.replace("By country and role: once", "")
    desk.do("close", question="rate")
    time.sleep(REST)
    closed = stage.settled(f"/stage/{code}?view=country").shown
    assert "Canada" in closed
    assert "n 10" in closed
    assert "What the room said" in phones[0].open("rate").shown


def test_a_small_country_stays_hidden_on_every_page(room):
    server, code, desk = room
    desk.do("open", question="rate")
    for i in range(24):
        phone = Phone(server, code, "CA" if i < 11 else "GB-ENG" if i < 21 else "NZ", "teacher")
        phone.join()
        phone.fill("rate", {"a:F1": 5 if i < 11 else 1})
    desk.do("close", question="rate")
    desk.do("show", question="rate")
    time.sleep(REST)
    for page in (Browser(server).settled(f"/stage/{code}?view=country"), desk.settled(f"/desk/{code}?view=country")):
        table = page.html.partition("By country")[2].partition("</table>")[0]
        assert re.findall(r'<th scope="col" class="n">(\w+)', table) == ["Canada"]
        assert all(row.count("<td") == 1 for row in table.partition("<tbody>")[2].split("<tr>")[1:])
        assert "would give it away: England, New Zealand" in page.shown


def test_a_form_sent_twice_counts_once_and_a_late_one_does_not_win(room):
    server, code, desk = room
    desk.do("open", question="board")
    phone = Phone(server, code)
    phone.join()
    form = phone.open("board").forms.with_action("/write")
    fields = [f for f in form["fields"] if f[0] != "text"] + [("text", "Once is enough.")]
    for _ in range(3):
        assert phone.post(form["action"], fields).status == 200
    assert len(answers_of(server, code).statements) == 1
    desk.do("open", question="rate")
    page = phone.open("rate")
    phone.fill("rate", {"a:F1": 5, "revision": 20}, page=page)
    late = phone.fill("rate", {"a:F1": 1, "revision": 10}, page=page)
    assert late.status == 200
    assert answers_of(server, code).answers["value"].tolist() == [5]


def test_two_presses_of_next_skip_no_question(room):
    _, code, desk = room
    desk.do("next", seen="")
    assert desk.do("next", seen="").status == 409
    state = desk.get(f"/r/{code}/news").json
    assert state["current"] == "rate"


def test_forged_tokens_and_forms_change_nothing(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phone = Phone(server, code)
    phone.join()
    form = phone.open("rate").forms.with_action("/q/rate")
    good = [*form["fields"], ("a:F1", "4")]
    without = [f for f in good if f[0] != "csrf"]
    assert phone.post(form["action"], without).status == 403
    assert phone.post(form["action"], [*without, ("csrf", "0" * 32)]).status == 403
    assert phone.post(form["action"], good, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    stranger = Browser(server)
    assert stranger.post(form["action"], good).status == 403
    for token in (keys.new_token(), "x", "../../etc/passwd", "a" * 5000, "😀"):
        forged = Browser(server)
        forged.cookies[f"room_{code}"] = (token.encode("ascii", "ignore").decode(), "/")
        reply = forged.post(form["action"], good)
        assert reply.status in (400, 403, 431), reply.status
    other = Phone(server, code)
    other.join()
    assert other.post(form["action"], good).status == 403  # another phone's form
    assert answers_of(server, code).answers.empty


def test_the_desk_needs_the_secret_and_gives_it_to_no_page(room):
    server, code, desk = room
    for path in (f"/desk/{code}", f"/desk/{code}/live", f"/desk/{code}/paper"):
        reply = Browser(server).get(path)
        assert reply.status == 403
        assert "facilitator" in reply.shown
    guess = Facilitator(server, code, keys.new_token())
    assert guess.enter().status == 403
    assert not guess.cookies
    assert desk.secret not in desk.get(f"/desk/{code}").html
    first = desk.get(f"/desk/{code}/{desk.secret}", follow=False)
    assert first.status == 303
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite" in cookie
    assert desk.secret not in first.headers["Location"]
    participant = Phone(server, code)
    participant.join()
    reply = participant.post(f"/desk/{code}/do", {"do": "lock", "csrf": "x", "command_id": keys.new_command_id()})
    assert reply.status == 403


HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><script>alert(2)</script>",
    "{{ 7*7 }}", "{% include 'x' %}", "${7*7}", "<svg onload=alert(1)>", "javascript:alert(1)", "'; DROP TABLE answer; --",
    '=HYPERLINK("http://x")', "@SUM(1)", "\u202egnp.exe", "a\x00b", "\x1b[31mred", "&lt;b&gt;", "<!--", "]]>",
    "<style>*{display:none}</style>", "\ud83d\ude00" .encode("utf-16", "surrogatepass").decode("utf-16"), "é" * 200,
]  # fmt: skip


def test_hostile_texts_are_text_on_every_page(room):
    server, code, desk = room
    desk.do("open", question="words")
    desk.do("open", question="board")
    sent = 0
    for text in HOSTILE:
        phone = Phone(server, code)
        phone.join()
        for question in ("words", "board"):
            reply = phone.write(question, text)
            assert reply.status in (200, 400), (text, reply.status)
            sent += reply.status == 200
            assert not [t for t, _ in reply.forms.tags if t == "img"]
        desk.do("note", text=text)
    csrf = dict(next(f for f in desk.get(f"/desk/{code}").forms.forms if f["action"].endswith("/do"))["fields"])["csrf"]
    for number in range(1, len(HOSTILE) + 1):
        for question in ("words", "board"):
            fields = {"do": "approve", "question": question, "statement": number, "seen": "pending", "csrf": csrf}
            command = {"command_id": keys.new_command_id()}
            desk.post(f"/desk/{code}/do", fields | command, follow=False)
    assert sent > len(HOSTILE)
    for question in ("words", "board"):
        desk.do("go_to", question=question)
        desk.do("show", question=question)
        time.sleep(REST)
        for page in (
            Browser(server).settled(f"/stage/{code}"), desk.settled(f"/desk/{code}"), phone.open(question),
            desk.get(f"/desk/{code}/live"),
        ):  # fmt: skip
            assert page.status == 200
            scripts = [a for t, a in page.forms.tags if t == "script"]
            assert all(a.get("src", "").startswith("/assets/") for a in scripts), scripts
            assert not [t for t, a in page.forms.tags if t in ("img", "style") or any(n.startswith("on") for n in a)]
            assert "49" not in re.findall(r"7\*7|\b49\b", page.html)
            assert "\x00" not in page.html
            assert "\u202e" not in page.html


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PROPFIND"])
def test_odd_addresses_are_answered_with_a_page_that_says_what_to_do(room, method):
    server, code, _ = room
    for path in ("/nothing", "/r/ZZZZZZ", "/r/ZZZZZZ/now", f"/r/{code}/q/none", "/r/%00/now", "/stage/NONE99",
                 "/desk/NONE99", "/assets/..%2f..%2fetc%2fpasswd", f"/r/{code}/q/rate", "/r/" + "A" * 2000):  # fmt: skip
        reply = Browser(server).ask(method, path, [("a", "b")] if method == "POST" else None, follow=False)
        assert 300 <= reply.status < 500, (path, reply.status)
        if reply.status in (403, 404) and not path.startswith("/assets") and method in ("GET", "POST"):
            assert "first page" in reply.shown


def test_sizes_are_limited_and_the_text_is_given_back(room):
    server, code, desk = room
    desk.do("open", question="words")
    phone = Phone(server, code)
    phone.join()
    reply = phone.write("words", "x" * 3_000)
    assert reply.status == 413
    assert "x" * 2_000 in reply.html
    form = phone.open("words").forms.with_action("/write")
    assert phone.post(form["action"], [*form["fields"], ("text", "y" * 1_000_000)]).status == 413
    assert phone.open("words").status == 200
    assert answers_of(server, code).statements.empty


def test_a_phone_that_floods_is_slowed_and_its_neighbours_are_not(room):
    server, code, desk = room
    desk.do("open", question="rate")
    flood, neighbour = Phone(server, code), Phone(server, code)
    flood.join()
    neighbour.join()
    page = flood.open("rate")
    codes = [flood.fill("rate", {"a:F1": 1 + i % 5}, page=page, follow=False).status for i in range(120)]
    assert 429 in codes
    assert codes[0] == 303
    assert neighbour.fill("rate", {"a:F1": 3}).status == 200


def test_a_closed_question_and_a_locked_session_say_so_and_keep_what_was_typed(room):
    server, code, desk = room
    desk.do("open", question="words")
    phone = Phone(server, code)
    phone.join()
    page = phone.open("words")
    form = page.forms.with_action("/write")
    desk.do("close", question="words")
    fields = [f for f in form["fields"] if f[0] != "text"] + [("text", "Too late but kept.")]
    reply = phone.post(form["action"], fields)
    assert reply.status == 409
    assert "This question is not open." in reply.shown
    assert "Too late but kept." in reply.shown
    desk.do("lock")
    assert "The session is locked" in phone.open("words").shown
    late = Phone(server, code)
    assert late.join().status == 409


def test_unknown_wording_never_reaches_a_page(room):
    server, code, desk = room
    phone = Phone(server, code)
    phone.join()
    for question in ("rate", "lean", "map", "one", "some", "order", "words", "board"):
        desk.do("open", question=question)
        assert "{" not in phone.open(question).shown.replace("{{", "")
    assert "{" not in desk.get(f"/desk/{code}").shown
    assert "{" not in Browser(server).get(f"/stage/{code}").shown


def test_every_page_is_small_self_contained_and_guarded(room):
    server, code, desk = room
    phone = Phone(server, code)
    phone.join()
    for question in ("rate", "lean", "map", "one", "some", "order", "words", "board"):
        desk.do("open", question=question)
        page = phone.open(question)
        assert len(page.body) < 16_000, (question, len(page.body))
        assert "http://" not in page.html.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in page.html
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert " style=" not in page.html
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cache-Control"] == "no-store"
    for name in re.findall(r'"(/assets/[^"]+)"', page.html):
        asset = phone.get(name)
        assert asset.status == 200
        assert "immutable" in asset.headers["Cache-Control"]
        assert b"http" not in asset.body.replace(b"http://www.w3.org/2000/svg", b"")


def test_the_poll_costs_nothing_when_nothing_is_new(room):
    server, code, desk = room
    phone = Phone(server, code)
    phone.join()
    first = phone.get(f"/r/{code}/news")
    again = phone.get(f"/r/{code}/news", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert not again.body
    desk.do("open", question="rate")
    assert phone.get(f"/r/{code}/news", headers={"If-None-Match": first.headers["ETag"]}).json["current"] == "rate"


def test_killed_in_the_middle_nothing_acknowledged_is_lost_and_nobody_joins_again(tmp_path):
    database = tmp_path / "room.db"
    code, secret = new_session(database, KINDS)
    server = Server(database).start()
    desk = Facilitator(server, code, secret)
    desk.enter()
    desk.do("open", question="rate")
    phones = [Phone(server, code) for _ in range(12)]
    for phone in phones:
        phone.join()
    pages = [phone.open("rate") for phone in phones]  # filled in before the crash, sent after it
    said: dict[int, int] = {}
    stop = threading.Event()

    def answer(i, phone):
        value = 0
        while not stop.is_set():
            value = value % 5 + 1
            try:
                if phone.fill("rate", {"a:F1": value}).status == 200:
                    said[i] = value
            except OSError:
                return
            except StopIteration:
                return

    threads = [threading.Thread(target=answer, args=(i, p)) for i, p in enumerate(phones[:6])]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    server.start()
    assert len(said) == 6
    for i, phone in enumerate(phones[:6]):
        shown = dict(phone.open("rate").forms.with_action("/q/rate")["fields"])
        # The last acknowledged one, or the one under way when the server died; never anything older.
        assert shown["a:F1"] in {str(said[i]), str(said[i] % 5 + 1)}
    for phone, page in zip(phones[6:], pages[6:], strict=True):
        assert "Saved " in phone.fill("rate", {"a:F2": 4}, page=page).shown
    assert desk.do("close", question="rate").status == 200
    frames = answers_of(server, code)
    assert len(frames.people) == 12
    assert not frames.answers.duplicated(["participant", "item_id"]).any()
    assert server.stop() == 0


def test_paper_is_typed_in_and_corrected(room):
    server, code, desk = room
    page = desk.get(f"/desk/{code}/paper")
    form = page.forms.with_action("/paper")
    base = [f for f in form["fields"] if f[0] == "csrf"]
    for value, command in ((2, keys.new_command_id()), (4, keys.new_command_id())):
        reply = desk.post(
            form["action"],
            [*base, ("command_id", command), ("sheet", "A-01"), ("country", "NZ"), ("role", ""), ("a:rate:F1", value),
             ("c:some", "A1"), ("t:words", "Written by hand.")],
        )  # fmt: skip
        assert "Sheet A-01 is saved." in reply.shown
    frames = answers_of(server, code)
    rated = frames.answers[frames.answers["question"] == "rate"]
    assert rated["value"].tolist() == [4]
    assert set(frames.answers["source"]) == {"paper"}


def test_undo_takes_back_the_last_press(room):
    _, code, desk = room
    desk.do("open", question="rate")
    desk.do("close", question="rate")
    page = desk.get(f"/desk/{code}")
    undo = next(dict(f["fields"]) for f in page.forms.forms if dict(f["fields"]).get("do") == "undo")
    assert desk.post(f"/desk/{code}/do", undo).status == 200
    assert "rate" in desk.get(f"/r/{code}/news").json["open"]
    assert desk.post(f"/desk/{code}/do", undo).status == 200  # the same press again undoes nothing more
    assert "rate" in desk.get(f"/r/{code}/news").json["open"]
