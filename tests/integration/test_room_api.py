"""The room for programs: the same answers as on phones, the same rules, and nothing that a page of another site could send."""

import http.client
import json
import time
from pathlib import Path

import pytest
from room_phones import QUICK, Facilitator, Phone, Server, new_session

from allrise.room import keys

KINDS = str(Path(__file__).with_name("kinds.toml"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("api") / "room.db", *QUICK) as running:
        yield running


@pytest.fixture
def room(server):
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    desk.enter()
    return server, code, desk


class Program:
    def __init__(self, server, code, token="", secret=""):
        self.server, self.code = server, code
        self.headers = {k: v for k, v in (("X-Room-Token", token), ("X-Room-Secret", secret)) if v}

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.request(method, f"/api/{self.code}/{path}", body=body, headers={**self.headers, **headers})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if text else None, response.headers

    def look(self, *questions, **headers):
        return self.ask("GET", "look?" + "&".join(f"q={q}" for q in questions), **headers)

    def do(self, kind, command_id="", **fields):
        sent = {"kind": kind, "command_id": command_id or keys.new_command_id(), **fields}
        return self.ask("POST", "do", json.dumps(sent))


def test_an_answer_given_in_an_app_stands_on_the_phone_and_the_other_way_round(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phone = Phone(server, code)
    phone.join()
    app = Program(server, code, token=phone.cookies[f"room_{code}"][0])
    assert app.do("submit", question="rate", answers={"F1": 4}, revision=1)[0] == 200
    assert 'name="a:F1" value="4" checked' in phone.open("rate").html
    phone.fill("rate", {"a:F1": 2})
    assert app.look("rate")[1]["mine"]["answers"]["rate"]["F1"] == 2


def test_nobody_speaks_for_another_and_a_cookie_is_not_enough(room):
    server, code, desk = room
    desk.do("open", question="rate")
    phone = Phone(server, code)
    phone.join()
    cookie = f"room_{code}={phone.cookies[f'room_{code}'][0]}"
    status, said, _ = Program(server, code).ask(
        "POST", "do", json.dumps({"kind": "submit", "command_id": keys.new_command_id(), "question": "rate", "answers": {"F1": 5}}),
        Cookie=cookie,
    )  # fmt: skip
    assert status == 403
    assert said["error"] == "unknown_participant"
    token = keys.new_token()
    assert Program(server, code, token=token).do("next", seen="")[1]["error"] == "not_facilitator"
    assert Program(server, code, secret=token).do("next", seen="")[1]["error"] == "not_facilitator"
    assert Program(server, code, secret=token).look()[1]["error"] == "not_facilitator"


def test_participants_see_neither_drafts_nor_results_before_they_are_shown(room):
    server, code, desk = room
    desk.do("open", question="rate")
    hall, own = Program(server, code, token=keys.new_token()), Program(server, code, secret=desk.secret)
    seen = hall.look("rate", "lean")[1]
    assert [q["name"] for q in seen["state"]["questions"]] == ["rate"]
    assert seen["results"] == {}
    assert seen["desk"] is None
    whole = own.look("rate", "lean")[1]
    assert len(whole["state"]["questions"]) == 8
    assert set(whole["results"]) == {"rate", "lean"}
    own.do("show_results", question="rate", shown=True)
    assert set(hall.look("rate")[1]["results"]) == {"rate"}


def test_results_are_the_fragment_that_phones_and_the_stage_show(room):
    server, code, desk = room
    desk.do("open", question="rate")
    for i in range(12):
        program = Program(server, code, token=keys.new_token())
        program.do("join", country="CA", role="teacher", language="en")
        program.do("submit", question="rate", answers={"F1": 1 + i % 5, "F2": 4, "F3": 5})
    desk.do("close", question="rate")
    desk.do("show", question="rate")
    late = time.monotonic() + 8
    while (found := Program(server, code).look("rate")[1]["results"]["rate"])[
        "counted"
    ] < 12 and time.monotonic() < late:
        time.sleep(0.05)
    assert found["counted"] == 12
    phone = Phone(server, code)
    phone.join()
    assert found["html"].strip() in phone.open("rate").html


def test_a_command_sent_twice_counts_once_and_a_malformed_one_is_refused_in_words(room):
    server, code, desk = room
    desk.do("open", question="words")
    program = Program(server, code, token=keys.new_token())
    program.do("join", country="", role="", language="en")
    same = keys.new_command_id()
    first = program.do("write_statement", command_id=same, question="words", text="Once.", tags=["F1"])
    again = program.do("write_statement", command_id=same, question="words", text="Once.", tags=["F1"])
    assert (first[0], again[1]["replayed"]) == (200, True)
    assert len(program.look()[1]["mine"]["statements"]["words"]) == 1
    for body in (
        "",
        "[]",
        "{}",
        '{"kind": 3}',
        '{"kind": "submit"}',
        '{"kind": "create_session"}',
        '{"kind": "submit", "who": 1}',
    ):
        status, said, _ = program.ask("POST", "do", body)
        assert status == 400
        assert said["mend"]


def test_a_look_without_news_costs_no_body(room):
    server, code, _desk = room
    program = Program(server, code)
    _, _, headers = program.look()
    status, body, _ = program.look(**{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, None)
