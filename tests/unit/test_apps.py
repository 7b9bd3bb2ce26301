"""The workshop's apps without a browser: places, visits, predictions, numbers to take home, the template."""

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from allrise.apps import scene
from allrise.apps.big_picture import compared
from allrise.apps.evidence_view import as_csv
from allrise.apps.gallery import PICTURES, Source, clusters, kept, picture
from allrise.apps.live import Live
from allrise.apps.over_to_you import MARKS, commitment
from allrise.apps.predictions import Line, line, losses, together
from allrise.apps.server import wakeup
from allrise.apps.server.files import Files
from allrise.apps.server.places import Places, places_for
from allrise.apps.style import theme_css
from allrise.apps.visit import Visit
from allrise.apps.widgets.arrival import SETTLING, Arrival
from allrise.content.blocks import Hidden, Table, TableColumn
from allrise.room.keys import new_token

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "workshop" / "template" / "voila" / "templates" / "allrise"
DEMO = Source("demo")


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


def test_three_pages_start_at_once_and_the_fourth_visitor_is_told_that_they_are_next():
    places = Places(most=50, starting=3, now=Clock())
    first = [places.ask("", 0) for _ in range(3)]
    fourth = places.ask("", 0)
    assert all(p.admitted for p in first)
    assert not fourth.admitted
    assert fourth.ahead == 0
    fifth = places.ask("", 0)
    assert fifth.ahead == 1
    places.started(first[0].ticket)
    assert not places.ask(fifth.ticket, 0).admitted  # whoever came first goes first
    assert places.ask(fourth.ticket, 0).admitted


def test_a_full_machine_lets_nobody_in_until_somebody_leaves():
    places = Places(most=5, now=Clock())
    waiting = places.ask("", 5)
    assert not waiting.admitted
    assert places.look(waiting.ticket, 4).admitted
    assert places.waiting == 1  # looking does not take the place
    assert places.ask(waiting.ticket, 4).admitted


def test_whoever_leaves_the_queue_is_forgotten_and_a_stuck_page_gives_its_place_back():
    clock = Clock()
    places = Places(most=50, starting=1, patience=10, longest=60, now=clock)
    stuck = places.ask("", 0)
    gone, patient = places.ask("", 0), places.ask("", 0)
    clock.time = 8
    places.look(patient.ticket, 0)
    clock.time = 12
    assert places.look(patient.ticket, 0).ahead == 0
    assert not places.look(patient.ticket, 0).admitted
    clock.time = 20
    places.look(patient.ticket, 0)
    clock.time = 61
    assert stuck.admitted
    assert places.ask("", 0).ticket not in (gone.ticket, stuck.ticket)


def test_the_number_of_places_follows_the_memory_and_is_never_none():
    assert places_for(0) == 4
    assert places_for(8 * 2**30) == pytest.approx(109, abs=1)
    assert places_for(2**40) == 250


def test_the_lost_wake_up_is_mended_once_and_only_where_it_is_there(monkeypatch):
    from jupyter_client.channels import ZMQSocketChannel

    original = ZMQSocketChannel.send
    try:
        monkeypatch.setattr(wakeup, "needed", lambda: False)
        assert not wakeup.mend()
        assert ZMQSocketChannel.send is original
        monkeypatch.setattr(wakeup, "needed", lambda: True)
        assert wakeup.mend()
        assert not wakeup.mend()
    finally:
        ZMQSocketChannel.send = original


def test_a_reply_that_is_already_there_is_seen_after_another_message_was_sent():
    """The fault itself, without kernels: the mended channel wakes up within the time in which the plain one may not."""
    import asyncio

    import zmq
    import zmq.asyncio
    from jupyter_client.channels import AsyncZMQSocketChannel, ZMQSocketChannel
    from jupyter_client.session import Session

    async def exchange():
        context = zmq.asyncio.Context()
        session = Session(key=b"k")
        here, there = context.socket(zmq.DEALER), zmq.Context(context).socket(zmq.ROUTER)
        here.bind("inproc://wake")
        there.connect("inproc://wake")
        channel = AsyncZMQSocketChannel(here, session)
        try:
            channel.send(session.msg("hello"))
            who = there.recv_multipart()[0]
            waiting = asyncio.ensure_future(channel.get_msg(timeout=5))
            await asyncio.sleep(0)
            session.send(there, "reply", ident=who)
            channel.send(session.msg("more"))  # uses the notification up
            return (await asyncio.wait_for(waiting, 2))["msg_type"]
        finally:
            here.close(0)
            there.close(0)
            context.term()

    original = ZMQSocketChannel.send
    try:
        wakeup.mend()
        assert asyncio.run(exchange()) == "reply"
    finally:
        ZMQSocketChannel.send = original


def test_nothing_is_told_to_a_page_that_is_still_being_built():
    asked = []

    class Link:
        visit = Visit(room="http://x", code="ABC")

        async def look(self, *_what):
            asked.append(len(asked))
            return {"n": len(asked)}

    async def a_page_comes():
        arrival = Arrival()
        live = Live(Link(), every=0.01, arrived=lambda: arrival.wait(10))
        told = []
        live.tell(told.append)
        live.start()
        await asyncio.sleep(0.1)
        before = list(told)
        arrival._handle_custom_msg({"here": True}, [])
        await asyncio.sleep(SETTLING + 0.2)
        live._task.cancel()
        return before, told

    before, told = asyncio.run(a_page_comes())
    assert before == [{"n": 1}]  # what the page will ask for holds the first look
    assert len(told) > 2


def test_a_visit_takes_only_well_formed_tokens_of_its_own_session():
    mine, other = new_token(), new_token()
    cookies = f"room_KM4PR7={mine}; room_AAAAAA={other}; console_KM4PR7=short"
    visit = Visit.of({"ALLRISE_SESSION": "km4-pr7", "ALLRISE_ROOM": "http://127.0.0.1:1/", "HTTP_COOKIE": cookies})
    assert (visit.token, visit.secret, visit.code) == (mine, "", "KM4PR7")
    assert visit.has_room
    assert not Visit.of({}).has_room
    assert mine not in repr(visit)


def test_every_picture_of_the_gallery_can_be_drawn_and_the_second_visitor_draws_nothing():
    for name in PICTURES:
        assert (
            "<svg" in picture(DEMO, "C001", name)
            or "<table" in picture(DEMO, "C001", name)
            or "ar-text" in picture(DEMO, "C001", name)
        )

    assert len(clusters(DEMO)) == 6

    def never():
        raise AssertionError("drawn again")

    assert kept(DEMO, "clusters", never)


def test_pictures_for_the_public_name_no_school():
    import csv

    names = [r["name"] for r in csv.DictReader((ROOT / "datasets/demo/schools.csv").read_text("utf-8").splitlines())]
    public = Source("demo", "public")
    for _, cluster_id in clusters(public)[:2]:
        for name in ("schools", "network", "axes"):
            html = picture(public, cluster_id, name)
            assert not [n for n in names if n in html]


def test_the_axis_of_a_prediction_leaves_room_on_both_sides_of_the_first_year():
    for _, cluster_id in clusters(DEMO):
        for what in ("gap", "spread", "level"):
            found = line(DEMO, cluster_id, what)
            if found is None:
                continue
            known = [v for v in found.values if v is not None]
            assert found.low <= min(known)
            assert max(known) <= found.high
            assert len(found.years) == len(found.values)
            if what == "gap":
                assert found.low < found.values[0] < found.high


def test_a_prediction_is_compared_in_words_without_a_verdict():
    truth = Line("t", "points", ("2014", "2015", "2016"), (10.0, None, 14.0), 0, 20, 1)
    said = " ".join(compared(truth, [10.0, 11.0, 8.0]))
    assert "2.0 percentage points lower" in said
    assert "4.0 percentage points higher" in said
    assert "average your line was 6.0 away" in said
    assert not [w for w in ("wrong", "right", "good", "bad", "better") if w in said.split()]


def test_what_steps_out_and_what_moves_together_are_the_evidence_s_own_numbers():
    assert all(0 <= r["lost"] <= r["ties"] for r in losses(DEMO, "C001"))
    found = together(DEMO, "C001")
    assert found["n"] >= 8
    assert len({(p["a"], p["b"]) for p in found["pairs"]}) == len(found["pairs"]) > 10


def test_the_longest_commitment_fits_into_a_statement():
    assert len(commitment({name: "x" * longest for name, _, _, longest in MARKS})) <= 280


def test_numbers_to_take_home_hold_no_formula_and_say_why_a_cell_is_hidden():
    table = Table("t", "T", (TableColumn("a", "A"), TableColumn("b", "B")), (("=SUM(A1)", Hidden("c")), ("-2", 3.5)))
    assert as_csv([table]).splitlines() == ["a,b", "'=SUM(A1),[c]", "'-2,3.5"]


def test_a_scene_reaches_the_stage_and_a_broken_one_does_no_harm(monkeypatch, tmp_path):
    monkeypatch.setattr(scene, "user_cache_path", lambda *_a, **_k: tmp_path)
    scene.set_scene("KM4PR7", scene.Scene("gap", "C001", "country"))
    assert scene.read_scene("KM4PR7") == scene.Scene("gap", "C001", "country")
    assert scene.read_scene("OTHER1") == scene.Scene()
    (tmp_path / "scenes" / "KM4PR7.json").write_text('{"evidence": "<script>", "cluster_id": 1, "view": "room"}')
    assert scene.read_scene("KM4PR7").evidence == ""


def test_files_outside_the_folder_are_not_served(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.js").write_text("x")
    (tmp_path / "inside" / "a.js").write_text("y" * 600)
    files = Files((tmp_path / "inside",))
    assert files.get("a.js").packed is not None
    assert files.get("../secret.js") is None
    assert files.get("none.js") is None


def test_the_template_s_style_is_the_theme_s_own():
    assert (TEMPLATE / "static" / "theme.css").read_text("utf-8") == theme_css()


def test_the_template_and_the_widgets_name_no_other_host():
    ours = [
        *TEMPLATE.rglob("*.*"),
        *(ROOT / "lib/allrise/apps").rglob("*.js"),
        *(ROOT / "lib/allrise/apps").rglob("*.css"),
    ]
    for path in ours:
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path


def test_plain_voila_finds_the_same_configuration_from_the_root_and_from_the_folder():
    root, folder = (json.loads((p / "voila.json").read_text()) for p in (ROOT, ROOT / "workshop"))
    assert root == folder
    assert root["VoilaConfiguration"]["strip_sources"] is True
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    assert "share/jupyter/voila/templates/allrise" in files


def test_plain_voila_finds_the_workshop_s_template_after_any_run():
    import sys

    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        pytest.skip("the tests were not started by ./run")
    found = Path(sys.prefix, "share/jupyter/voila/templates/allrise")
    assert found.resolve() == ROOT / "workshop/template/voila/templates/allrise"


@pytest.mark.parametrize("path", sorted((ROOT / "workshop").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_of_the_workshop_tell_and_call_and_define_nothing(path):
    notebook = json.loads(path.read_text("utf-8"))
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert not [c for c in code if "def " in c or "class " in c or "lambda" in c or "import matplotlib" in c]
    assert all(not c["outputs"] and c["execution_count"] is None for c in notebook["cells"] if c["cell_type"] == "code")
    assert notebook["metadata"]["allrise"]["title"]


def test_what_a_room_will_ask_for_is_drawn_ahead_and_then_kept(monkeypatch):
    from allrise.apps import ahead
    from allrise.apps.predictions import line

    assert ahead.draw_ahead(DEMO, most=1) >= len(PICTURES)
    (_, first), *_ = clusters(DEMO)

    def never(*_given):
        raise AssertionError("drawn again")

    monkeypatch.setattr("allrise.apps.gallery.blocks_of", never)
    monkeypatch.setattr("allrise.apps.predictions.blocks_of", never)
    assert picture(DEMO, first, "profile")
    assert line(DEMO, first, "gap") is not None


def test_packs_that_name_schools_are_not_shown_to_a_public_room(tmp_path):
    from allrise.apps.server.packs import checked_packs
    from allrise.errors import UnreadableInput

    with pytest.raises(UnreadableInput, match="holds no packs"):
        checked_packs(tmp_path, "public")
    for name in ("index.html", "manifest.json"):
        (tmp_path / name).write_text("{}", "utf-8")
    (tmp_path / "C001").mkdir()
    (tmp_path / "C001" / "manifest.json").write_text('{"pack": {"audience": "cluster"}}', "utf-8")
    assert checked_packs(tmp_path, "cluster") == tmp_path.resolve()
    with pytest.raises(UnreadableInput, match="not one for the public"):
        checked_packs(tmp_path, "public")
    (tmp_path / "C001" / "manifest.json").write_text('{"pack": {"audience": "public"}}', "utf-8")
    assert checked_packs(tmp_path, "public") == tmp_path.resolve()


def test_the_first_page_leads_to_the_packs_where_there_are_some():
    from allrise.apps.home import Home

    assert "/packs/index.html" in Home(visit=Visit(packs=True)).doors.value
    assert "/packs/" not in Home(visit=Visit()).doors.value
