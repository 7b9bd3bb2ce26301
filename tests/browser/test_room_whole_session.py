"""A facilitator and 30 participants go through the whole framework session, in real browsers and with plain forms.

Five countries, four roles. ``ALLRISE_BROWSERS`` says how many of the 30 are real browsers, 4 when it is not set: a phone of
320 px, one in French and dark, one used by keyboard alone, one without scripts; the others speak plain HTTP. With 30 there are
three phones of 320 px, a tablet and a laptop among them, and axe judges every page and state instead of some of each
kind of question (the others are judged in ``test_room_pages_in_a_browser.py``). Set ``ALLRISE_SHOTS`` to a folder to look at all of them::

    ALLRISE_BROWSERS=30 ALLRISE_SHOTS=shots python -m pytest tests/browser/test_room_whole_session.py
"""

import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from room_browsers import Visitors, axe
from room_phones import Facilitator, Phone, Server, new_session

from allrise.room import keys
from allrise.room.server.forms import csrf_text
from allrise.room.service import Service
from allrise.room.session_file import GLOBAL_DIALOGUE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNTRIES = ("CA", "US", "NZ", "AU", "GB-ENG")
ROLES = ("leader", "teacher", "student", "family")
PEOPLE = 30
BROWSERS = int(os.environ.get("ALLRISE_BROWSERS", "4"))
ALL = BROWSERS == PEOPLE
SAVED = "#status:text-matches('^(Saved|Enregistré)')"
TEXT = "In {} it worked when schools {} visited each other, and it took time."
IDEA = "Phone {} says: schools should learn from each other in {}."


class Person:
    """A participant in a real browser."""

    def __init__(self, visitors, server, code, number, **options):
        self.number, self.server, self.code = number, server, code
        self.country, self.role = COUNTRIES[number % 5], ROLES[number % 4]
        self.page = visitors.open(**options)

    def join(self):
        self.page.goto(f"{self.server.address}/?code={self.code}")
        self.page.check(f"input[name=country][value='{self.country}']")
        self.page.check(f"input[name=role][value={self.role}]")
        self.page.click("button.main")
        self.page.wait_for_url(f"**/r/{self.code}/**")

    def follow(self, question):
        """Go on by the offer that appears on the page; the waiting page, where nothing can be lost, goes on by itself."""
        if not self.page.url.endswith(("/now", f"/q/{question.name}")):
            self.page.wait_for_selector("#news a", timeout=20_000)
            self.page.click("#news a")
        self.page.wait_for_url(f"**/q/{question.name}")

    def answer(self, question):
        page = self.page
        if question.kind in ("text", "statements"):
            for _ in range(8 if question.name == "closing" else 2):
                if not page.query_selector("#vote form"):
                    break
                said = page.text_content("#said")
                page.click(f"#vote button[value='{(1, -1, 1)[self.number % 3]}']")
                page.wait_for_function("t => document.getElementById('said').textContent !== t", arg=said)
            if self.number % 6 == 0 or (question.kind == "text" and self.number < 4):
                text = TEXT if question.kind == "text" else IDEA
                page.fill("#text", text.format(self.country, self.number))
                page.click("#write button:not(.chip)")
                page.wait_for_selector("#mine li")
        else:
            page.evaluate(
                """n => { for (const f of document.querySelectorAll('#answer fieldset:not(:has(fieldset))')) {
                const r = f.querySelectorAll('input[type=radio]'); if (r.length) r[n % r.length].click() }
                document.querySelector('.move:not([disabled])')?.click() }""",
                self.number,
            )
            page.wait_for_selector(SAVED)


class Keyboard(Person):
    """Uses keys alone."""

    def tab_to(self, selector, most=60):
        for _ in range(most):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{selector} is not reached by {most} tabs on {self.page.url}")

    def join(self):
        self.page.goto(f"{self.server.address}/?code={self.code}")
        self.tab_to("input[name=country]")
        self.page.keyboard.press("Space")
        self.page.keyboard.press("ArrowDown")
        self.tab_to("input[name=role]")
        self.page.keyboard.press("Space")
        self.page.keyboard.press("ArrowDown")
        self.tab_to("button.main")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"**/r/{self.code}/**")

    def follow(self, question):
        if not self.page.url.endswith(("/now", f"/q/{question.name}")):
            self.page.wait_for_selector("#news a", timeout=20_000)
            self.tab_to("#news a", 200)
            self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"**/q/{question.name}")

    def answer(self, question):
        page, press = self.page, self.page.keyboard.press
        if question.kind in ("text", "statements"):
            self.tab_to("#text", 200)
            page.keyboard.type(IDEA.format(self.number, question.name))
            self.tab_to("#write button:not(.chip)")
            press("Enter")
            page.wait_for_selector("#mine li")
            return
        if question.kind == "rank":
            self.tab_to(".move[value$=':up']:not([disabled])", 200)
            press("Enter")
        else:
            for item in question.items:
                self.tab_to(f"input[name='a:{item.name}']", 200)
                press("Space")
                press("ArrowRight")
        page.wait_for_selector(SAVED)


class NoScript(Person):
    """Has scripts switched off: goes on by the link, saves by the button."""

    def follow(self, question):
        self.page.goto(f"{self.server.address}/r/{self.code}/now")
        assert self.page.url.endswith(f"/q/{question.name}")

    def answer(self, question):
        page = self.page
        if question.kind == "text":
            page.fill("#text", TEXT.format(self.country, "without scripts"))
            page.click("#write button.main")
            assert "without scripts" in page.text_content("#mine")
        elif question.kind == "statements":
            if page.query_selector("#vote form"):
                page.click("#vote button[value='-1']")
        elif question.kind == "rank":
            page.click(".move[value$=':up']:not([disabled])")
        else:
            for item in question.items:
                page.check(f"input[name='a:{item.name}'][value='{item.highest}']")
            page.click("button[form=answer]")
        if question.kind not in ("text", "statements"):
            assert page.text_content("#status").startswith("Saved")


class Plain(Phone):
    """A phone without a browser: sends what the page's script would send, and draws nothing."""

    def __init__(self, server, code, number):
        super().__init__(server, code, COUNTRIES[number % 5], ROLES[number % 4])
        self.number = number

    def send(self, address, *fields):
        csrf = csrf_text(self.token_of(), "participant")
        reply = self.post(
            f"/r/{self.code}/q/{address}",
            [("csrf", csrf), ("command_id", keys.new_command_id()), *fields],
            headers={"Accept": "application/json"},
        )
        assert reply.status == 200, reply.html
        return reply.json

    def answer(self, question):
        name, number = question.name, self.number
        if question.kind in ("text", "statements"):
            if number % 6 == 0:
                text = TEXT if question.kind == "text" else IDEA
                self.send(f"{name}/write", ("text", text.format(name, number)))
            html = self.get(f"/r/{self.code}/q/{name}/part/vote").html if question.kind == "statements" else ""
            for n in range(8 if name == "closing" else 2):
                found = re.search(r'name="statement" value="(\d+)"', html)
                if found:
                    vote = (1, -1, 1)[(number + n) % 3]
                    html = self.send(f"{name}/vote", ("statement", found[1]), ("vote", vote))["html"]
        elif question.kind == "rank":
            self.send(name, *(("order", i.name) for i in question.items))
        else:
            values = [
                (f"a:{i.name}", i.lowest + (number + n) % (i.highest - i.lowest + 1))
                for n, i in enumerate(question.items)
            ]
            assert self.send(name, *values)["answered"] == len(question.items)


def people(visitors, server, code):
    """Return the participants in real browsers: the ones that differ most come first."""
    phone = {"width": 390, "height": 844}
    first = [
        (Person, {"width": 320, "height": 640}),
        (Person, {**phone, "locale": "fr-CA", "color_scheme": "dark"}),
        (Keyboard, phone),
        (NoScript, {**phone, "java_script_enabled": False}),
        (Person, {"width": 320, "height": 640}),
        (Person, {"width": 320, "height": 568, "color_scheme": "dark"}),
        (Person, {"width": 820, "height": 1180}),
        (Person, {"width": 1280, "height": 800, "color_scheme": "dark"}),
    ]
    kinds = first + [(Person, phone)] * (PEOPLE - len(first))
    return [kind(visitors, server, code, n, **options) for n, (kind, options) in enumerate(kinds[:BROWSERS])]


@pytest.fixture
def shot():
    """Return a function that keeps a picture when a folder was named."""
    folder = os.environ.get("ALLRISE_SHOTS", "")

    def take(page, name, *, full=True):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=full)

    return take


def test_thirty_people_and_a_facilitator_go_through_the_whole_session(tmp_path, browser, shot):
    database = tmp_path / "room.db"
    code, secret = new_session(database, GLOBAL_DIALOGUE)
    with Service.open(database) as service:
        questions = service.state_now(code).questions
    assert len(questions) == 18
    visitors, found = Visitors(browser), {}

    def look(page, name, *, full=True, judged=True):
        if judged or ALL:
            found[name] = axe(page)
        shot(page, name, full=full)

    # Everybody looks four times as often as in a hall: the session is the same, and nobody waits for the next poll.
    with Server(database, "--poll", "0.75") as server:
        helper = Facilitator(server, code, secret)  # reads what waits, beside the facilitator in the browser
        helper.enter()
        desk, stage = visitors.open(1280, 900), visitors.open(1280, 720)
        desk.goto(f"{server.address}/desk/{code}/{secret}")
        stage.goto(f"{server.address}/stage/{code}")
        look(stage, "00-stage-welcome")
        look(desk, "00-desk-start")
        real = people(visitors, server, code)
        small, french = real[:2]
        small.page.goto(f"{server.address}/")
        look(small.page, "00-phone-door")
        small.page.goto(f"{server.address}/r/{code}")
        look(small.page, "00-phone-join")
        french.page.goto(f"{server.address}/r/{code}")
        look(french.page, "00-phone-join-fr-dark")
        for person in real:
            person.join()
        look(small.page, "00-phone-wait")
        plain = [Plain(server, code, n) for n in range(len(real), PEOPLE)]
        for phone in plain:
            assert phone.join().status == 200

        kinds = set()
        for place, question in enumerate(questions, 1):
            name = f"{place:02d}-{question.name}"
            new = question.kind not in kinds  # the desk and the dark phone differ by kind only
            kinds.add(question.kind)
            desk.keyboard.press("n")
            desk.wait_for_selector(f".questions li.on >> text={question.prompt['en'][:40]}")
            for phone in plain:
                phone.answer(question)
            for person in real:
                person.follow(question)
                person.answer(question)
            assert small.page.evaluate("document.documentElement.scrollWidth") <= 320, name
            look(small.page, f"{name}-phone", judged=False)
            look(french.page, f"{name}-phone-fr-dark", judged=new)
            for person in real[4:9] if ALL and new else []:
                look(person.page, f"{name}-phone-{person.number}")
            stage.wait_for_selector(f"h1:has-text({question.prompt['en'][:40]!r})")
            look(stage, f"{name}-stage-asking", full=False, judged=False)
            if question.kind in ("text", "statements"):
                desk.reload()
                if place == 2:
                    desk.wait_for_selector("#pending li")
                    look(desk, f"{name}-desk-reading")
                for statement in [
                    dict(f["fields"])["statement"]
                    for f in helper.get(f"/desk/{code}").forms.forms
                    if dict(f["fields"]).get("do") == "approve"
                ]:
                    helper.do("approve", question=question.name, statement=statement, seen="pending")
            desk.keyboard.press("c")
            desk.wait_for_selector(".now .tag:text-is('closed')")
            desk.keyboard.press("r")
            desk.wait_for_selector(".now:has-text('results shown')")
            if question.kind in ("rating", "contrast", "quadrant", "rank"):
                stage.wait_for_selector("section.results table", timeout=20_000)
            else:
                stage.wait_for_selector("section.results")
            stage.wait_for_selector("section.results:not(:has([data-again]))")
            for width, height in ((1920, 1080), (1280, 720)) if ALL else ((1280, 720),):
                stage.set_viewport_size({"width": width, "height": height})
                look(stage, f"{name}-stage-results-{width}", full=False, judged=new)
                fits = "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
                assert stage.evaluate(fits), (name, width)
                hidden = stage.evaluate(
                    "(() => { const m = document.querySelector('main'); return m.scrollHeight - m.clientHeight })()"
                )
                assert hidden <= 2, (name, width, hidden)
            small.page.goto(f"{server.address}/r/{code}/q/{question.name}")
            assert small.page.evaluate("document.documentElement.scrollWidth") <= 320, name
            look(small.page, f"{name}-phone-results", judged=False)
            desk.reload()
            look(desk, f"{name}-desk", judged=new)

        for view in ("country", "role", "agreement"):
            helper.do("go_to", question="Q2.1")
            stage.goto(f"{server.address}/stage/{code}?view={view}")
            look(stage, f"90-stage-{view}", full=False)
        helper.do("go_to", question="closing")
        stage.goto(f"{server.address}/stage/{code}?view=map")
        look(stage, "90-stage-map", full=False)
        desk.goto(f"{server.address}/desk/{code}/paper")
        look(desk, "91-desk-paper")
        helper.do("lock")
        for page, where in ((small.page, "phone"), (stage, "stage")):
            page.reload()
            look(page, f"92-{where}-locked")
        with desk.expect_download() as downloading:
            desk.goto(f"{server.address}/desk/{code}")
            look(desk, "92-desk-locked")
            desk.click("a[download]")
        assert downloading.value.suggested_filename == f"dialogue-{code}.zip"
        visitors.close()

        assert {k: v for k, v in found.items() if v} == {}
        assert visitors.faults == []
        with Service.open(database) as service:
            frames = service.frames_now(code)
    assert len(frames.people) == PEOPLE
    assert set(frames.people["country"]) == set(COUNTRIES)
    assert set(frames.people["role"]) == set(ROLES)
    for question in questions:
        mine = frames.answers[frames.answers["question"] == question.name]
        if question.kind in ("text", "statements"):
            assert (frames.statements["question"] == question.name).sum() >= 4, question.name
            continue
        assert mine.groupby("item_id")["participant"].nunique().to_dict() == {i.name: PEOPLE for i in question.items}
        assert not mine.duplicated(["participant", "item_id"]).any()
    assert len(frames.votes) > 20 * 3
