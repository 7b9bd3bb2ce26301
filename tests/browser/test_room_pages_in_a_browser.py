"""The room in a real browser: accessible, at home on a 320 px phone, patient with a bad network, and alone."""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from room_browsers import COLOURS, WCAG, Visitors, axe
from room_phones import Facilitator, Server, new_session

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.service import Service

KINDS = str(Path(__file__).parents[1] / "integration" / "kinds.toml")
QUESTIONS = ("rate", "lean", "map", "one", "some", "order", "words", "board")

#: The phone says when the room has it on disk; :has-text would take "Nothing saved yet", too.
SAVED = "#status:text-matches('^Saved ..:..')"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("room") / "room.db", "--poll", "0.6") as running:
        yield running


@pytest.fixture
def room(server):
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    desk.enter()
    return server, code, desk


@pytest.fixture
def visit(browser):
    """Return a function that opens a browser of its own, which notes errors and requests to other hosts."""
    visitors = Visitors(browser)
    yield visitors.open
    visitors.close()
    assert not visitors.faults


def join(page, server, code, country="CA", role="teacher"):
    page.goto(f"{server.address}/r/{code}")
    page.check(f"input[name=country][value='{country}']")
    page.check(f"input[name=role][value={role}]")
    page.click("button.main")
    page.wait_for_url(f"**/r/{code}/**")


def crowd(server, code, desk, people=24):
    """Fill every question with answers, past the web; the server shows them when it has looked."""
    with Service.open(server.database) as service:
        waiting = []

        def do(kind, **values):
            waiting.append(service._writer.put(kind(command_id=keys.new_command_id(), code=code, **values)))

        for question in QUESTIONS:
            do(c.OpenQuestion, secret=desk.secret, question=question)
        for i in range(people):
            who = {"token": keys.new_token()}
            do(c.Join, **who, country=("CA", "NZ")[i % 2], role=("teacher", "leader")[i // 2 % 2], language="en")
            for question, answers in {
                "rate": {"F1": 5, "F2": 1 + i % 5, "F3": 5 if i % 2 else 1}, "lean": {"T1": 1 + i % 7, "T2": 2},
                "map": {"F1/ease": 1 + i % 2, "F1/place": 1, "F2/ease": 2, "F2/place": 1 + i % 2},
                "one": {f"A{1 + i % 4}": 1}, "some": {"A1": 1, f"A{2 + i % 3}": 1},
                "order": {"A2": 1, "A1": 2, "A4": 3, "A3": 4},
            }.items():  # fmt: skip
                do(c.Submit, **who, question=question, answers=answers)
            if i < 3:
                text = f"We saw it work, and it took {i + 2} years."
                do(c.WriteStatement, **who, question="words", text=text, tags=("F1",))
                do(c.WriteStatement, **who, question="board", text=f"Idea {i}: reviews should be public.")
        for question in ("words", "board"):
            for number in (1, 2):
                do(c.Moderate, secret=desk.secret, question=question, statement=number, decision="approve")
        for future in waiting:
            future.result(30)
    time.sleep(0.5)  # twice the time after which a server with this poll looks again


@pytest.fixture(scope="module")
def full(server):
    """A room whose questions are all answered; closed and shown by the tests that need it so."""
    code, secret = new_session(server.database, KINDS)
    desk = Facilitator(server, code, secret)
    desk.enter()
    crowd(server, code, desk)
    return server, code, desk


def close_and_show_all(server, code, desk):
    for question in QUESTIONS:
        desk.do("close", question=question)
        desk.do("show", question=question)
    for question in QUESTIONS:
        desk.do("go_to", question=question)
        desk.settled(f"/desk/{code}")


def test_axe_finds_nothing_on_any_page_light_or_dark_phone_stage_or_desk(full, visit):
    server, code, desk = full
    for question in QUESTIONS:
        desk.do("open", question=question)
        desk.do("hide", question=question)
    found = {}
    for scheme, only in (("light", WCAG), ("dark", COLOURS)):
        page = visit(320, 700, color_scheme=scheme)
        page.goto(f"{server.address}/")
        found[f"door {scheme}"] = axe(page, only)
        page.goto(f"{server.address}/?code=ZZZ999")
        found[f"wrong code {scheme}"] = axe(page, only)
        page.goto(f"{server.address}/r/{code}")
        found[f"join {scheme}"] = axe(page, only)
        page.click("button.main")
        for question in QUESTIONS:
            page.goto(f"{server.address}/r/{code}/q/{question}")
            found[f"{question} {scheme}"] = axe(page, only)
        page.click("summary")
        found[f"menu {scheme}"] = axe(page, only)
        page.goto(f"{server.address}/r/{code}/q/none")
        found[f"error {scheme}"] = axe(page, only)
    close_and_show_all(server, code, desk)
    stage, console = visit(1280, 720), visit(1280, 800)
    console.goto(f"{server.address}/desk/{code}/{desk.secret}")
    for question in QUESTIONS:
        page.goto(f"{server.address}/r/{code}/q/{question}")
        found[f"{question} results"] = axe(page)
        desk.do("go_to", question=question)
        for view in ("room", "country", "agreement") if question in ("rate", "lean", "some") else ("room",):
            stage.goto(f"{server.address}/stage/{code}?view={view}")
            found[f"stage {question} {view}"] = axe(stage)
        if question in ("rate", "map", "board"):
            console.goto(f"{server.address}/desk/{code}")
            found[f"desk {question}"] = axe(console)
    console.goto(f"{server.address}/desk/{code}/paper")
    found["paper"] = axe(console)
    assert {k: v for k, v in found.items() if v} == {}


#: What the reader's own text size does to a page: everything hangs on the root's size.
TWICE = "document.documentElement.attributeStyleMap.set('font-size', CSS.px(2 * parseFloat(getComputedStyle(document.documentElement).fontSize)))"


def test_nothing_is_wider_than_a_320_px_phone_at_twice_the_size_of_text_and_every_target_is_44_px(full, visit):
    server, code, desk = full
    for question in QUESTIONS:
        desk.do("open", question=question)
    page = visit(320, 640)
    join(page, server, code)
    small = {}
    for question in QUESTIONS:
        page.goto(f"{server.address}/r/{code}/q/{question}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, question
        small[question] = page.evaluate(
            """() => [...document.querySelectorAll('button, summary, .scale label, .options label, .chips label, textarea, a.button')]
               .filter(e => e.offsetParent && !e.disabled)
               .map(e => [e.className + ' ' + e.textContent.trim().slice(0, 20), e.getBoundingClientRect()])
               .filter(([, r]) => r.width && (r.width < 43.9 || r.height < 43.9)).map(([n, r]) => `${n} ${r.width}x${r.height}`)"""
        )
        note = "parseFloat(getComputedStyle(document.querySelector('.where')).fontSize)"
        before = page.evaluate(note)
        page.evaluate(TWICE)
        assert page.evaluate(note) == pytest.approx(2 * before), "small type follows too"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, question
    assert {k: v for k, v in small.items() if v} == {}
    close_and_show_all(server, code, desk)
    for question in QUESTIONS:
        page.goto(f"{server.address}/r/{code}/q/{question}")
        assert page.query_selector("#results .results-title"), question
        page.evaluate(TWICE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, question


def test_a_participant_by_keyboard_alone(room, visit):
    server, code, desk = room
    desk.do("open", question="one")
    page = visit(390, 800)
    page.goto(f"{server.address}/?code={code}")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.focus("button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/q/one")
    page.focus("input[name=choice]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(SAVED)
    desk.do("open", question="order")
    page.goto(f"{server.address}/r/{code}/q/order")
    page.focus("button[value='A3:up']")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.value") == "A3:down"  # on top now: up has nowhere to go
    page.wait_for_selector(SAVED)
    with Service.open(server.database) as service:
        answers = service.frames_now(code).answers
    order = answers[answers["question"] == "order"].set_index("item_id")["value"]
    assert order["A3"] == 1
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_answers_save_themselves_and_survive_a_lost_connection_and_a_closed_browser(room, visit):
    server, code, desk = room
    desk.do("open", question="rate")
    page = visit(390, 800)
    join(page, server, code)
    page.check("input[name='a:F1'][value='4']")
    page.wait_for_selector(SAVED)
    page.context.set_offline(True)
    page.check("input[name='a:F2'][value='2']")
    page.wait_for_selector("#status:has-text('Kept on this phone')")
    page.context.set_offline(False)
    page.wait_for_selector("#status:has-text('2 of 3')", timeout=20_000)
    page.context.set_offline(True)
    page.check("input[name='a:F3'][value='5']")
    page.wait_for_selector("#status:has-text('Kept on this phone')")
    page.close()  # the draft is in the browser, not in the page
    context = page.context
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{server.address}/r/{code}/q/rate")
    again.wait_for_selector("#status:has-text('3 of 3')", timeout=20_000)
    assert again.is_checked("input[name='a:F3'][value='5']")


def test_half_typed_words_are_there_after_a_reload_and_after_a_refusal(room, visit):
    server, code, desk = room
    desk.do("open", question="words")
    page = visit(390, 800)
    join(page, server, code)
    page.fill("#text", "Half a thought about")
    page.reload()
    assert page.input_value("#text") == "Half a thought about"
    desk.do("close", question="words")
    page.wait_for_selector("#status:has-text('closed')", timeout=10_000)
    assert page.input_value("#text") == "Half a thought about"
    page.click("#write button:has-text('Send')")
    page.wait_for_selector("#status:has-text('Not saved')")
    assert page.input_value("#text") == "Half a thought about"
    desk.do("open", question="words")
    page.reload()
    page.click("#write button:has-text('Send')")
    page.wait_for_selector("#mine:has-text('Half a thought about')")
    assert page.input_value("#text") == ""


def test_a_new_question_is_offered_and_never_forced(room, visit):
    server, code, desk = room
    desk.do("open", question="words")
    page = visit(390, 800)
    join(page, server, code)
    page.fill("#text", "In the middle of a")
    desk.do("open", question="rate")
    page.wait_for_selector("#news:has-text('A new question is open')", timeout=10_000)
    assert page.url.endswith("/q/words")
    assert page.input_value("#text") == "In the middle of a"
    page.click("#news a")
    page.wait_for_url("**/q/rate")


def test_two_tabs_of_one_phone_are_one_participant_and_the_last_press_holds(room, visit):
    server, code, desk = room
    desk.do("open", question="rate")
    first = visit(390, 800)
    join(first, server, code)
    second = first.context.new_page()
    second.goto(f"{server.address}/r/{code}/q/rate")
    first.check("input[name='a:F1'][value='1']")
    first.wait_for_selector(SAVED)
    second.check("input[name='a:F1'][value='5']")
    second.wait_for_selector(SAVED)
    with Service.open(server.database) as service:
        frames = service.frames_now(code)
    assert len(frames.people) == 1
    assert frames.answers["value"].tolist() == [5]


def test_voting_goes_on_without_a_reload_and_keeps_what_is_typed(room, visit):
    server, code, desk = room
    crowd(server, code, desk, 4)
    page = visit(390, 800)
    join(page, server, code)
    page.goto(f"{server.address}/r/{code}/q/board")
    page.fill("#text", "My own idea")
    first = page.text_content("#said")
    page.click("#vote button[value='1']")
    page.wait_for_function("t => document.getElementById('said').textContent !== t", arg=first)
    assert page.input_value("#text") == "My own idea"
    page.click("#vote button[value='-1']")
    page.wait_for_selector("#said:has-text('You have voted on everything')")


def test_the_pause_button_stops_the_polls(room, visit):
    server, code, desk = room
    desk.do("open", question="rate")
    page = visit(390, 800)
    join(page, server, code)
    page.click("summary")
    page.click("#pause")
    polls = []
    page.on("request", lambda request: polls.append(request.url) if request.url.endswith("/news") else None)
    page.wait_for_timeout(2_000)  # at 0.6 s a poll; a plain sleep would not hear of requests
    assert not polls
    with page.expect_request("**/news"):
        page.click("#pause")


def test_the_stage_keeps_its_last_picture_when_the_server_dies_and_comes_back_by_itself(tmp_path, visit):
    database = tmp_path / "room.db"
    code, secret = new_session(database, KINDS)
    server = Server(database, "--poll", "0.6").start()
    desk = Facilitator(server, code, secret)
    desk.enter()
    desk.do("open", question="rate")
    stage = visit(1280, 720)
    stage.goto(f"{server.address}/stage/{code}")
    stage.wait_for_selector("h1:has-text('How true?')")
    before = stage.inner_text("main")
    server.kill()
    time.sleep(1.5)
    assert stage.inner_text("main") == before
    server.start()
    desk.do("next", seen="rate")
    stage.wait_for_selector("h1:has-text('Which way?')", timeout=15_000)
    server.stop()


def test_the_stage_fits_its_screen_and_is_read_from_the_back_row(full, visit):
    server, code, desk = full
    close_and_show_all(server, code, desk)
    stage = visit(1280, 720)
    for question in QUESTIONS:
        desk.do("go_to", question=question)
        for view in ("room", "country", "role"):
            stage.goto(f"{server.address}/stage/{code}?view={view}")
            for width, height in ((1920, 1080), (1280, 720)):
                stage.set_viewport_size({"width": width, "height": height})
                fits = "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
                assert stage.evaluate(fits), (question, view, width)
                overflow = stage.evaluate(
                    "(() => { const m = document.querySelector('main'); return m.scrollHeight - m.clientHeight })()"
                )
                assert overflow <= 2, (question, view, width, overflow)
    assert stage.evaluate("parseFloat(getComputedStyle(document.querySelector('.code')).fontSize)") >= 36
    assert stage.evaluate("document.querySelector('.qr').getBoundingClientRect().width") >= 220
    desk.do("hide", question="board")
    stage.reload()
    assert stage.evaluate("parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)") >= 48


def test_the_facilitator_runs_a_session_by_keys(room, visit):
    server, code, desk = room
    page = visit(1280, 800)
    page.goto(f"{server.address}/desk/{code}/{desk.secret}")
    page.keyboard.press("n")
    page.wait_for_selector(".now .prompt:has-text('How true?')")
    page.keyboard.press("r")
    page.wait_for_selector(".now:has-text('results shown')")
    page.keyboard.press("c")
    page.wait_for_selector(".now .tag:text-is('closed')")
    page.keyboard.press("z")
    page.wait_for_selector(".now .tag:text-is('open')")
    page.keyboard.press("t")
    page.wait_for_selector(".timer-box .timer")
    page.focus("#note")
    page.keyboard.type("nnn")
    time.sleep(0.5)
    assert page.text_content(".now .prompt") == "How true?"


def on_the_desk(server, code, desk, visit):
    page = visit(1280, 800)
    page.goto(f"{server.address}/desk/{code}/{desk.secret}")
    return page


def test_a_key_is_not_lost_while_another_facilitator_approves_and_the_network_is_slow(room, visit):
    server, code, desk = room
    desk.do("open", question="board")
    desk.do("seed", question="board", text="Schools learn from each other.")
    page = on_the_desk(server, code, desk, visit)
    page.wait_for_selector(".now .tag:text-is('open')")
    # What is pressed takes longer than it takes the page to see that somebody else has changed something.
    page.route("**/do", lambda route: (time.sleep(1.2), route.continue_()))
    page.evaluate("window.untouched = true")
    desk.do("seed", question="board", text="Time is what it takes.")
    page.keyboard.press("c")
    desk.do("seed", question="board", text="Leaders listen.")
    page.keyboard.press("r")
    page.wait_for_selector(".now .tag:text-is('closed')")
    page.wait_for_selector(".now:has-text('results shown')")
    page.keyboard.press("c")
    page.keyboard.press("c")  # too quick for the page to have changed: one press, one command
    page.wait_for_selector(".now .tag:text-is('open')")
    assert page.evaluate("window.untouched")  # the page was not loaded again


def test_what_a_facilitator_types_and_where_they_are_survives_what_another_does(room, visit):
    server, code, desk = room
    desk.do("open", question="words")
    page = on_the_desk(server, code, desk, visit)
    page.fill("#note", "Ask the second table")
    page.focus(".questions li:nth-child(1) button")
    desk.do("close", question="words")
    page.wait_for_selector(".now .tag:text-is('closed')")
    assert page.input_value("#note") == "Ask the second table"
    desk.do("open", question="order")
    page.wait_for_selector(".questions li:nth-child(6) .tag:text-is('open')")
    assert page.evaluate("document.activeElement.closest('.questions li:nth-child(1)') !== null")
    page.click("text=Keep note")
    page.wait_for_selector(".notes li:has-text('Ask the second table')")
    assert page.input_value("#note") == ""


def test_a_facilitators_press_waits_for_a_server_that_is_away_and_a_refusal_is_said_on_the_page(tmp_path, visit):
    database = tmp_path / "room.db"
    code, secret = new_session(database, KINDS)
    server = Server(database, "--poll", "0.6").start()
    page = visit(1280, 800)
    page.goto(f"{server.address}/desk/{code}/{secret}")
    server.kill()
    page.keyboard.press("n")
    page.wait_for_selector("#lost")
    server.start()
    page.wait_for_selector(".now .prompt:has-text('How true?')")
    page.wait_for_selector("#lost", state="hidden")
    page.evaluate("document.querySelector('[data-key=n]').form.elements.seen.value = 'board'")
    page.keyboard.press("n")
    page.wait_for_selector("#refused:has-text('“Next question” was not done.')")
    server.stop()
