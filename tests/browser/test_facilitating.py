"""docs/facilitating.md, followed step by step: the words that are pressed here stand in the document, in this order."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from room_phones import ROOT, Facilitator, Phone
from test_serve import Running

READY = "html[data-ready=yes]"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Script:
    """The document; what is asked of it must come after what was asked before."""

    def __init__(self):
        self.rest = (ROOT / "docs/facilitating.md").read_text("utf-8")

    def says(self, words):
        """Return the words, once the document has come to them."""
        pattern = r"\s+".join(re.escape(w) for w in words.split())
        found = re.search(pattern, self.rest)
        assert found, f"the script does not say {words!r} here"
        self.rest = self.rest[found.start() :]
        return words


def run(*arguments, cwd):
    """Run what the document writes as ``./run ...``."""
    done = subprocess.run(
        [sys.executable, "-m", "allrise", *arguments], capture_output=True, text=True, env=ENVIRONMENT, cwd=cwd, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def votes_on_all(phones):
    """Let phones agree with whatever they have not voted on yet, once what was approved has reached them."""
    time.sleep(1.5)
    for phone in phones:
        while phone.vote("closing", 1) is not None:
            pass


def turned_to(page, address):
    """Go to another app."""
    page.goto(address, wait_until="commit")
    page.wait_for_selector(READY, state="attached")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "DATA"
    shutil.copytree(ROOT / "datasets/demo", folder, ignore=lambda _f, names: [n for n in names if n == "planted.json"])
    return folder


def test_the_script_of_a_session_works_as_it_is_written(browser, tmp_path, data):
    script = Script()
    contexts = []

    def page_at(address, width=1280, height=720):
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(address, wait_until="commit")
        return page

    def app(address):
        page = page_at(address)
        page.wait_for_selector(READY, state="attached")
        return page

    # The day before
    script.says("./run data check DATA")
    assert "nothing is wrong" in run("data", "check", str(data), cwd=tmp_path)
    script.says("./run serve DATA")
    serving = Running(tmp_path, str(data))
    try:
        serving.wait_for("Check:")
        said = dict(re.findall(r"^([A-Z][a-z ]+): +(\S+)", serving.out.read_text(), re.MULTILINE))
        for name in ("Join", "Stage app", "Console app", "Check", "Apps"):
            assert name in said, said

        # In the hall
        script.says("In the hall")
        script.says("Check")
        check = page_at(said["Check"])
        check.get_by_text(script.says("Everything the workshop needs works from here")).wait_for()
        stage = app(said[script.says("Stage app")])
        script.says("press **F**")
        stage.keyboard.press("f")
        console = app(said[script.says("Console app")])
        console.get_by_text("joined").first.wait_for()
        desk = Facilitator(serving, serving.code, serving.secret)
        desk.enter()
        assert "Answers on paper" in desk.get(f"/desk/{serving.code}/paper").html

        def press(key):
            console.locator("body").click(position={"x": 4, "y": 4})
            console.keyboard.press(key)

        def opened(question):
            row = console.locator(".ar-rows li", has_text=f"{question} · ").first
            row.get_by_role("button", name=re.compile("^Open")).click()
            expect(row.get_by_role("button", name=re.compile("^Close"))).to_be_visible()

        # Minute 0: join
        script.says("Scan the code")
        phones = [
            Phone(serving, serving.code, country=("CA", "NZ")[i % 2], role=("teacher", "leader")[i // 2 % 2]) for i in range(11)
        ]  # fmt: skip
        for phone in phones:
            phone.join()
        laptop = app(said[script.says("Apps")] + "/voila/render/success_factors.ipynb")
        laptop.get_by_role("button", name="Join").click()
        laptop.get_by_text("You take part in").wait_for()
        expect(stage.locator(".count")).to_contain_text("here")

        # Minute 5: the first question, with the timer
        script.says("find `Q2.1`: **Open**")
        opened("Q2.1")
        stage.get_by_text("How far does each of the eight factors").wait_for()
        script.says("**t** starts the timer")
        press("t")
        stage.locator("[data-clock]").wait_for()
        for i, phone in enumerate(phones):
            phone.fill("Q2.1", {f"a:F{k}": 1 + (i + k) % 5 for k in range(1, 9)})
        laptop.locator("fieldset.item", has_text="Outcomes").first.locator("label", has_text="4").click()
        laptop.get_by_text("Saved").first.wait_for()
        expect(stage.locator(".count")).to_contain_text("12 answered")
        script.says("**c** closes it, **r** shows the results")
        press("c")
        console.get_by_text("12 joined · closed").wait_for()
        press("r")
        stage.locator(".ar-results .bars").wait_for()
        script.says("**4**")
        press("4")
        expect(stage.locator(".ar-results .pair-columns, .ar-said").first).to_be_visible()
        press("1")

        # Minute 17: evidence beside answers
        script.says("**e** brings the survey profile")
        press("e")
        stage.locator(".ar-figure svg.allrise").wait_for()
        assert stage.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
        press("e")
        expect(stage.locator("svg.allrise")).to_have_count(0)

        # Minute 30: predict, then look
        script.says("Big picture on laptops")
        turned_to(laptop, said["Apps"] + "/voila/render/big_picture.ipynb")
        laptop.get_by_role("button", name=script.says("Show what happened")).click()
        laptop.get_by_text("On average your line was").wait_for()

        # Minute 40: evidence from people's context, read before it is shown
        script.says("`Q2.2`: **Open**")
        opened("Q2.2")
        phones[0].write("Q2.2", "We read each other's reviews and changed one thing.", tags=["F4"])
        phones[1].write("Q2.2", "Ours stopped when one person left.", tags=["F7"])
        script.says("To read")
        first = console.locator(".ar-rows li", has_text="We read each other")
        first.get_by_role("button", name=re.compile(script.says("Approve"))).first.click()
        second = console.locator(".ar-rows li", has_text="Ours stopped")
        second.get_by_label("Reason").fill("It could tell who it was.")
        second.get_by_role("button", name=re.compile(script.says("Not shown"))).click()
        console.get_by_text("rejected: It could tell who it was.").wait_for()
        press("r")
        stage.get_by_text("We read each other's reviews").wait_for()
        assert stage.get_by_text("Ours stopped").count() == 0

        # Minute 50: the map of factors
        script.says("`Q2.3`: **Open**")
        opened("Q2.3")
        for i, phone in enumerate(phones):
            answers = {f"a:F{k}/{d}": 1 + (i + k) % 2 for k in range(1, 9) for d in ("ease", "place")}
            phone.fill("Q2.3", answers)
        expect(stage.locator(".count")).to_contain_text("11 answered")
        press("c")
        console.get_by_text("joined · closed").wait_for()
        script.says("**r**")
        press("r")
        stage.locator(".ar-results svg.map").wait_for()

        # Minute 60: statements
        script.says("`closing`: **Open**")
        opened("closing")
        console.get_by_label(script.says("A statement of your own")).fill("We will read together once a month.")
        console.get_by_role("button", name="Put it on the board").click()
        for i, phone in enumerate(phones):
            for n in range(8):
                phone.vote("closing", 1 if (i + n) % 3 else -1)
        press("c")
        console.get_by_text("joined · closed").wait_for()
        press("r")
        stage.locator(".ar-results .statements").first.wait_for()
        script.says("**5**")
        press("5")
        stage.locator(".ar-results .map, .ar-results .none, .ar-said").first.wait_for()

        # Minute 78: commitments
        script.says("**c** opens `closing` again")
        press("c")
        turned_to(laptop, said["Apps"] + "/voila/render/over_to_you.ipynb")
        for label, text in (
            ("What will change for learners", "Every pupil reads for pleasure"),
            ("How we will know", "survey from 40 to 60%"),
            ("Who answers for it", "lead of English"),
            ("Where it can be read", "website"),
        ):
            laptop.get_by_label(label).fill(text)
        laptop.get_by_role("button", name="Make it public").click()
        laptop.get_by_text("Sent.").wait_for()
        promise = console.locator(".ar-rows li", has_text="We will: Every pupil reads for pleasure")
        promise.get_by_role("button", name=re.compile("Approve")).first.click()
        expect(promise).to_contain_text("approved")
        script.says("everybody votes on them")
        votes_on_all(phones)
        script.says("What was promised")
        console.get_by_label("Evidence", exact=True).select_option(label="What was promised")
        stage.get_by_text("What we promised last time").wait_for()
        script.says("**c**. Thank you")
        press("c")
        console.get_by_text("joined · closed").wait_for()
        script.says("**z** takes it back")
        press("z")
        console.get_by_text("joined · open").wait_for()
        press("c")
        console.get_by_text("joined · closed").wait_for()
        expect(console.get_by_label("Questions").locator("li")).to_have_count(18)
        code = serving.code
    finally:
        for context in contexts:
            context.close()
        # Afterwards
        script.says("Ctrl-C")
        assert serving.end() == 0
    database = ("--database", str(tmp_path / "room.db"))
    script.says("./run room list")
    assert code in run("room", "list", *database, cwd=tmp_path).replace("-", "")
    script.says("./run room export CODE --with DATA --out DATA")
    out = run("room", "export", code, "--with", str(data), "--out", str(data), *database, cwd=tmp_path)
    assert "12 people" in out
    script.says("./run packs build DATA")
    run("packs", "build", str(data), "--out", "packs", "--cluster", "C001", "--chapter", "08_dialogue", cwd=tmp_path)
    pack = (tmp_path / "packs" / "C001" / "index.html").read_text("utf-8")
    assert "We will: Every pupil reads for pleasure" in pack
    assert "We read each other" in pack
    assert "Ours stopped" not in pack
