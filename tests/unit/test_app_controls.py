"""Every control of the workshop's apps does what it says, without a session and without a browser; and the notebooks run."""

import json
from pathlib import Path

import ipywidgets
import pytest

from allrise.apps.big_picture import BigPicture
from allrise.apps.console import Console
from allrise.apps.evidence_view import EvidenceView
from allrise.apps.gallery import Source, clusters
from allrise.apps.leadership import Leadership
from allrise.apps.network import NetworkApp
from allrise.apps.over_to_you import OverToYou
from allrise.apps.stage import Stage
from allrise.apps.success_factors import SuccessFactors
from allrise.apps.visit import Visit

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = (i for _, i in clusters(Source("demo"))[:2])


@pytest.fixture
def alone():
    """A visit without a session."""
    return {"visit": Visit(cluster_id=FIRST)}


def test_a_prediction_is_about_what_was_chosen_and_a_new_choice_asks_anew(alone):
    app = BigPicture(**alone)
    titles = {app.line.title}
    for subject in ("spread", "level"):
        app.subject.value = subject
        titles.add(app.line.title)
    app.whose.value = "system"
    titles.add(app.line.title)
    app.cluster.value, app.whose.value = SECOND, "cluster"
    titles.add(app.line.title)
    assert len(titles) == 5
    app.show.click()
    assert app.line.found
    assert "<svg" in app.evidence.value
    app.subject.value = "gap"
    assert not app.line.found  # nothing is told before the next prediction
    assert not app.evidence.value


def test_the_factors_are_held_beside_the_survey_and_one_is_taken_away(alone):
    app = SuccessFactors(**alone)
    assert "<svg" not in app._survey.value
    app.show.click()
    first = app._survey.value
    assert "<svg" in first
    assert "What moves with" not in app._rest.value  # told only when it was asked for
    app.without.children[0].children[1].click()
    rest = app._rest.value
    app.taken.value = "F7"
    assert app._rest.value != rest
    app.cluster.value = SECOND
    assert app._survey.value != first


def test_the_network_s_pictures_open_close_and_follow_the_cluster(alone):
    app = NetworkApp(**alone)
    for box in (app.ties, app.axes, app.roles):
        *_, button, shown = box.children
        label = button.description
        button.click()
        first = shown.value
        assert "<svg" in first or "<table" in first
        app.cluster.value = SECOND
        assert shown.value != first
        app.cluster.value = FIRST
        button.click()
        assert (shown.value, button.description) == ("", label)
    app.guess.values = {r["what"]: 1 for r in app._lost}
    app.show.click()
    assert "you expected 1 of" in app.said.value


def test_leaders_see_their_own_profile_after_three_skills_and_the_survey_when_they_ask(alone):
    app = Leadership(**alone)
    app.myself.form.values = {"L1": 5, "L2": 1}
    assert "You do most" not in app.mirror.value
    app.myself.form.values = {"L1": 5, "L2": 1, "L3": 3}
    assert "You do most" in app.mirror.value
    for box in (app.skills, app.contrasts):
        *_, button, shown = box.children
        button.click()
        assert "<svg" in shown.value


def test_promises_are_shown_and_a_commitment_without_a_session_stays_on_the_page(alone):
    app = OverToYou(**alone)
    app.promised.children[0].click()
    assert "<table" in app.promised.children[1].value
    app._send({"what": "All read", "how": "survey", "who": "head", "where": "<b>web</b>"})
    assert "We will: All read" in app.kept.value
    assert "<b>" not in app.kept.value


def test_every_picker_of_the_explorer_changes_what_is_shown_and_what_is_downloaded(alone):
    app = EvidenceView(**alone)
    seen, taken = [app.shown.value], [app.download.value]
    app.measure.value = app.measure.options[1][1]
    seen.append(app.shown.value)
    app.group.value = app.group.options[1][1]
    seen.append(app.shown.value)
    assert app.year.disabled
    app.what.value = "schools"
    assert not app.year.disabled
    seen.append(app.shown.value)
    app.year.value = app.year.options[0][1]
    seen.append(app.shown.value)
    app.cluster.value = SECOND
    seen.append(app.shown.value)
    app.what.value = "network"
    assert app.measure.disabled
    seen.append(app.shown.value)
    taken.append(app.download.value)
    assert len(set(seen)) == len(seen)
    assert len(set(taken)) == len(taken)


class Desk:
    """A console that has looked at the room once, and keeps what it would have sent."""

    def __init__(self, monkeypatch):
        self.sent = []
        monkeypatch.setattr(Console, "_do", lambda _self, kind, then=None, **fields: self.sent.append((kind, fields)))
        self.console = Console(visit=Visit(cluster_id=FIRST, code="ABCDEF"))
        question = {
            "name": "closing", "kind": "statements", "state": "open", "framework_id": "", "prompt": {"en": "What?"}, "results_shown": False,
        }  # fmt: skip
        statement = {"number": 3, "text": "One", "fate": "pending", "reason": "", "agree": 0, "disagree": 0, "skip": 0}
        self.console.room.live.last = {
            "state": {"state": "live", "current": "closing", "title": {"en": "T"}, "questions": [question], "timer": {"running": False}},
            "counts": {"answered": {"closing": 2}, "present": 1, "joined": 2, "pending": {"closing": 1}},
            "desk": {"undoable": {"seq": 9, "kind": "open_question"}, "statements": {"closing": [statement]},
                     "notes": [{"note": 4, "text": "Ask", "at": 0}]},
            "results": {},
        }  # fmt: skip
        self.console._news(self.console.room.live.last)


def test_every_button_and_key_of_the_console_sends_its_command(monkeypatch):
    desk = Desk(monkeypatch)
    console = desk.console
    console.minutes.value = 8
    for button in (console.next, console.open, console.show, console.timer, console.more, console.undo, console.lock):
        button.click()
    console._row("Q1.1", "go_to", {})
    console._decide("closing#3", "approve", {})
    console._decide("closing#3", "reject", {"reason": "Names a child."})
    console._decide("closing#3", "merge", {"reason": "2"})
    console._seed({"text": "Ours"})
    console._note({"text": "Later"})
    assert [kind for kind, _ in desk.sent] == [
        "next", "close_question", "show_results", "start_timer", "extend_timer", "undo", "lock", "go_to", "moderate", "moderate",
        "moderate", "seed_statement", "write_note",
    ]  # fmt: skip
    fields = dict(desk.sent[:7])
    assert fields["start_timer"] == {"seconds": 480}
    assert fields["lock"] == {"locked": True}
    assert [f["decision"] for k, f in desk.sent if k == "moderate"] == ["approve", "reject", "merge"]
    assert {f["seen"] for k, f in desk.sent if k == "moderate"} == {"pending"}
    buttons, desk.sent[:] = desk.sent[:3], []
    for key in "ncr":
        console._key(key)
    assert desk.sent == buttons


def test_a_refusal_needs_its_reason_and_a_merger_its_number(monkeypatch):
    desk = Desk(monkeypatch)
    desk.console._decide("closing#3", "reject", {"reason": ""})
    assert "Type the reason" in desk.console.status.value
    desk.console._decide("closing#3", "merge", {"reason": "two"})
    assert "Type the number" in desk.console.status.value
    assert desk.sent == []


def test_the_console_s_pickers_and_the_stage_s_keys_set_one_scene(monkeypatch, tmp_path):
    monkeypatch.setattr("allrise.apps.scene.user_cache_path", lambda *_a, **_o: tmp_path)
    from allrise.apps.scene import Scene, read_scene

    console = Desk(monkeypatch).console
    console.evidence.value, console.cluster.value, console.view.value = "gap", SECOND, "role"
    assert read_scene("ABCDEF") == Scene("gap", SECOND, "role")
    stage = Stage(visit=Visit(code="ABCDEF"))
    stage._pressed("4")
    assert read_scene("ABCDEF") == Scene("gap", SECOND, "agreement")
    stage._pressed("e")
    assert read_scene("ABCDEF") == Scene("", SECOND, "agreement")
    console._key("e")
    assert console.evidence.value == ""  # it was on in the console, and e puts it off


def test_a_stage_that_cannot_draw_keeps_its_picture_and_follows_the_next_scene(monkeypatch):
    import asyncio

    from allrise.apps.scene import Scene

    stage = Stage(visit=Visit(code="ABCDEF", room="http://127.0.0.1:9"))
    scenes = [Scene("gap", FIRST), Scene("gap", FIRST), Scene("profile", FIRST)]

    def drawn(_source, _cluster, name):
        if name == "gap":
            raise ValueError("a fault of ours")
        return "<svg></svg>"

    monkeypatch.setattr("allrise.apps.stage.drawn", drawn)
    monkeypatch.setattr("allrise.apps.stage.read_scene", lambda _code: scenes.pop(0) if len(scenes) > 1 else scenes[0])

    async def watched():
        stage.evidence.value = "<p>before</p>"
        changed = asyncio.Event()
        stage.evidence.observe(lambda _change: changed.set(), "value")
        stage.room.arrival._heard(None, {"here": True}, [])
        watching = asyncio.ensure_future(stage._watch())
        await changed.wait()
        watching.cancel()

    asyncio.run(asyncio.wait_for(watched(), 20))
    assert stage.evidence.value == "<svg></svg>"


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "workshop").glob("*.ipynb")))
def test_every_notebook_of_the_workshop_runs_without_a_session(name, monkeypatch):
    for variable in ("ALLRISE_ROOM", "ALLRISE_SESSION", "ALLRISE_DATA", "QUERY_STRING", "HTTP_COOKIE"):
        monkeypatch.delenv(variable, raising=False)
    notebook = json.loads((ROOT / "workshop" / f"{name}.ipynb").read_text("utf-8"))
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            *lines, last = "".join(cell["source"]).strip().splitlines()
            exec("\n".join(lines), names)
            assert isinstance(eval(last, names), ipywidgets.Widget), last
