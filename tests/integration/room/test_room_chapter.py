"""From a room to chapter 08 of a pack: the same numbers, nobody given away, and every text as text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from room_samples import Room
from typer.testing import CliRunner

from allrise import paths
from allrise.chapters import dialogue as record
from allrise.chapters.chapter import open_chapter
from allrise.cli import build_app
from allrise.content.blocks import MIME, Figure, Hidden, Notice, Table, from_json
from allrise.room import commands as c
from allrise.room.export import export_session
from allrise.room.results.distributions import AGREEING
from allrise.room.service import Service

COUNTRIES = ["CA"] * 14 + ["NZ"] * 12 + ["US"] * 11 + ["AU"] * 3
HOSTILE = [
    "<script>alert('room')</script>",
    '=HYPERLINK("http://evil.test","click")',
    '"><img src=x onerror=alert(1)> {item} {0} %s',
    "x" * 280,
]


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Room:
    """Forty people; countries part on F1, agree on F2, hardly anyone answers F3."""
    with Service.open(tmp_path_factory.mktemp("room") / "room.db") as service:
        room = Room.create(service)
        for n, country in enumerate(COUNTRIES):
            room.join(country, ("leader", "teacher")[n % 2])
        room.open(*(q.name for q in service.state_now(room.code).questions))
        for n, (country, token) in enumerate(zip(COUNTRIES, room.tokens, strict=True)):
            few = {"F3": 2} if n < 4 else {}
            room.answer(token, "rate", F1=5 if country == "CA" else 1 + n % 2, F2=5 if n else 3, **few)
            room.answer(token, "poles", T1=1 + n % 7)
            room.answer(token, "map", **{"F1/ease": 1 + (n % 3 > 0), "F1/place": 2 - (n % 4 > 0)})
            room.answer(token, "one", **{"abc"[n % 3]: 1})
            room.answer(token, "order", a=1 + n % 3, b=1 + (n + 1) % 3, c=1 + (n + 2) % 3)
        numbers = [room.write(room.tokens[n], text) for n, text in enumerate(HOSTILE)]
        for number in numbers:
            room.approve(number)
        secret = room.write(room.tokens[9], "A text that names somebody")
        room.facilitator(c.Moderate, question="board", statement=secret, decision="reject", reason="It names a person")
        told = room.write(room.tokens[5], f"We visit {HOSTILE[0]}", question="tell", tags=("F1",))
        room.approve(told, question="tell")
        for n, token in enumerate(room.tokens):
            for statement in (1, *numbers):
                room.participant(
                    c.CastVote, token, question="board", statement=statement, value=1 if statement == 2 else (n + statement) % 3 - 1
                )  # fmt: skip
        yield room


@pytest.fixture(scope="module")
def folder(room, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("data") / "record"
    export_session(room.service.database, room.code, out)
    return out


def blocks_of(folder: Path, audience: str = "cluster") -> list:
    """Run the chapter's notebook on a data folder and read its blocks back."""
    notebook = nbformat.read(paths.kit_root() / "notebooks" / "pack" / "08_dialogue.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if c.metadata.get("tags") == ["parameters"])
    cell.source = cell.source.replace('data: str = "demo"', f"data: str = {str(folder)!r}")
    cell.source = cell.source.replace('audience: str = "cluster"', f"audience: str = {audience!r}")
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return [from_json(o["data"][MIME]) for o in outputs if MIME in o.get("data", {})]


@pytest.fixture(scope="module")
def blocks(folder) -> list:
    return blocks_of(folder)


def rows(blocks: list, name: str, key: str) -> dict:
    tables = [b.table if isinstance(b, Figure) else b for b in blocks if isinstance(b, Figure | Table)]
    found = next(t for t in tables if t.name == name)
    return {str(r[key]): r for r in found.records()}


def test_the_chapter_counts_what_people_answered(room, blocks):
    rate = rows(blocks, "ratings_rate", "code")
    for item in ("F1", "F2"):
        said = Counter(value for (_, i), value in room.values("rate").items() if i == item)
        assert [rate[item][f"count_{v}"] for v in range(1, 6)] == [said[v] for v in range(1, 6)]
        assert rate[item]["people"] == 40
        assert rate[item]["share"] == pytest.approx(100 * (said[4] + said[5]) / 40)
        assert rate[item]["mean"] == pytest.approx(sum(v * n for v, n in said.items()) / 40)
    poles = rows(blocks, "contrasts_poles", "code")["T1"]
    said = Counter(room.values("poles").values())
    assert [poles[f"count_{v}"] for v in range(1, 8)] == [said[v] for v in range(1, 8)]


def test_the_chapter_counts_quadrants_choices_places_and_votes(room, blocks):
    values = room.values("map")
    people = {p for p, _ in values}
    said = Counter((values[p, "F1/ease"], values[p, "F1/place"]) for p in people)
    placed = next(iter(rows(blocks, "quadrants_map", "code").values()))
    assert [placed[k] for k in ("easy_in_place", "easy_not_yet", "hard_in_place", "hard_not_yet")] == [
        said[1, 1], said[1, 2], said[2, 1], said[2, 2],
    ]  # fmt: skip
    assert placed["hard"] == pytest.approx(100 * (said[2, 1] + said[2, 2]) / 40)
    chosen = rows(blocks, "choices_one", "label")
    taken = Counter(i for (_, i), value in room.values("one").items() if value == 1)
    assert {k: r["count"] for k, r in chosen.items()} == {f"Item {i}": n for i, n in taken.items()}
    ranked = rows(blocks, "rankings_order", "label")
    order = room.values("order")
    for i in "abc":
        places = [v for (_, item), v in order.items() if item == i]
        assert ranked[f"Item {i}"]["value"] == pytest.approx(sum(places) / len(places))
        assert ranked[f"Item {i}"]["count"] == places.count(1)
    voted = rows(blocks, "votes_board", "code")
    for s in room.service.board_now(room.code, "board"):
        row = voted[str(s.number)]
        assert (row["count_agree"], row["count_disagree"], row["count_pass"]) == (s.agree, s.disagree, s.skip)
    carried = rows(blocks, "commitments", "agree")
    assert [r["label"][:3] for r in carried.values()] == ["2. "]
    fates = rows(blocks, "fates", "question")["8"]
    assert (fates["written"], fates["approved"], fates["rejected"], fates["seeds"]) == (5, 4, 1, 1)


def test_agreement_and_distance_come_with_the_intervals_of_countries_and_roles(room, blocks):
    agreed = rows(blocks, "agreement", "code")
    assert agreed["F2"]["verdict"] == "agreed"
    parted = rows(blocks, "divided_rate_F1", "segment")
    assert (parted["Canada"]["share"], parted["New Zealand"]["share"]) == (100.0, 0.0)
    assert parted["Canada"]["lower"] > parted["New Zealand"]["upper"]
    figure = next(b for b in blocks if isinstance(b, Figure) and b.name == "divided_rate_F1")
    assert "100% (78% to 100%) of 14 people (Canada)" in " ".join(figure.readings)


def test_no_hidden_country_can_be_told_from_the_chapter(blocks):
    parted = rows(blocks, "divided_rate_F1", "segment")
    whole = rows(blocks, "ratings_rate", "code")["F1"]["people"]
    for by in ("country", "role"):
        mine = [r for r in parted.values() if r["by"] == by]
        hidden = [r for r in mine if isinstance(r["people"], Hidden)]
        shown = [r for r in mine if r not in hidden]
        assert all(isinstance(r[k], Hidden) for r in hidden for k in ("people", "share", "lower", "upper"))
        left = whole - sum(r["people"] for r in shown)
        assert left == 0 if not hidden else len(hidden) > 1 and left >= 10
    assert isinstance(parted["Australia"]["share"], Hidden)
    assert isinstance(rows(blocks, "ratings_rate", "code")["F3"]["share"], Hidden)
    who = rows(blocks, "who", "segment")
    assert "Australia" not in who
    assert who["Not said, or too few people to show"]["people"] >= 10
    figure = next(b for b in blocks if isinstance(b, Figure) and b.name == "divided_rate_F1")
    assert "Australia" not in " ".join((*figure.readings, figure.alt))


def test_groups_are_told_or_their_absence_is(blocks):
    said = "\n".join(b.plain() for b in blocks)
    assert "opinion groups" in said
    assert "allrise" in said  # the version that counted
    assert "polis mode" in said


def test_refused_texts_are_not_in_the_chapter_and_approved_ones_are_as_they_were_written(blocks):
    said = "\n".join(b.plain() for b in blocks)
    assert "names somebody" not in said
    assert HOSTILE[0] in said
    assert f"We visit {HOSTILE[0]}" in said
    voted = rows(blocks, "votes_board", "code")
    assert [voted[str(n)]["label"] for n in range(2, 6)] == HOSTILE


def test_a_pack_for_the_public_holds_nothing_that_a_room_said():
    chapter = open_chapter("08_dialogue", "demo", "", audience="public")
    assert not chapter.has_data
    assert not record.latest(chapter).session


def test_a_record_that_stands_alone_makes_an_empty_public_chapter_and_no_failure(folder, tmp_path, monkeypatch):
    """It has no school, so nobody is in its cluster, which is therefore not named either."""
    monkeypatch.setenv("ALLRISE_CACHE", str(tmp_path))
    chapter = open_chapter("08_dialogue", str(folder), "", audience="public")
    assert not chapter.has_data
    own = open_chapter("08_dialogue", str(folder), "")
    assert own.has_data
    assert chapter.slice.cluster.name != own.slice.cluster.name


def test_hostile_texts_are_text_in_the_pack_and_its_tables(folder, tmp_path):
    options = ["packs", "build", str(folder), "--out", str(tmp_path / "packs"), "--chapter", "08", "--jobs", "1"]
    built = CliRunner().invoke(build_app(), options)
    assert built.exit_code == 0, built.output
    page = min((tmp_path / "packs").glob("*/index.html"))
    html = page.read_text("utf-8")
    assert "&lt;script&gt;alert(" in html
    assert "<script>alert(" not in html
    assert "<img src=x" not in html
    for path in page.parent.glob("tables/*.csv"):
        assert not any(
            cell.startswith("=") for line in path.read_text("utf-8").splitlines() for cell in line.split(",")
        )
    assert '=HYPERLINK(""' in (page.parent / "tables" / "08_votes_board.csv").read_text("utf-8")


def test_the_latest_of_several_dialogues_is_shown_and_the_others_are_named(room, folder, tmp_path):
    both = tmp_path / "both"
    with Service.open(tmp_path / "second.db") as service:
        second = Room.create(service)
        export_session(service.database, second.code, both, with_data=folder)
    sessions = both / "dialogue_sessions.csv"
    lines = sessions.read_text("utf-8").splitlines()
    assert len(lines) == 3
    old = next(line for line in lines if line.startswith(second.code))
    day = old.split(",")[4]
    sessions.write_text("\n".join(x.replace(day, "2020-02-03") if x == old else x for x in lines) + "\n", "utf-8")
    chapter = open_chapter("08_dialogue", str(both), "")
    found = record.latest(chapter)
    assert found.session["session_id"] == room.code
    assert [(title, str(held.date())) for title, held in found.others] == [("A small room", "2020-02-03")]


def test_without_a_record_the_chapter_is_one_line_long(tmp_path):
    (tmp_path / "clusters.csv").write_text("cluster_id,name,country\nC1,One,CA\n")
    (tmp_path / "schools.csv").write_text("school_id,name,country\nS1,Hill School,CA\n")
    (tmp_path / "memberships.csv").write_text("school_id,cluster_id,joined_on,left_on\nS1,C1,,\n")
    resources = [{"name": n, "path": f"{n}.csv"} for n in ("clusters", "schools", "memberships")]
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "ours", "resources": resources}))
    shown = blocks_of(tmp_path)
    assert [b.kind for b in shown] == ["opening", "notice"]
    assert isinstance(shown[1], Notice)
    assert "No dialogue is on record" in shown[1].title


def test_the_chapter_counts_agreement_as_the_room_does():
    for kind, values in AGREEING.items():
        assert record.AGREEING[kind] == {str(v) for v in values}
