"""The record of a room as a data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from room_samples import Room
from typer.testing import CliRunner

from allrise.cli import build_app
from allrise.data.dialogue import DIALOGUE_TABLES
from allrise.data.screening import screen
from allrise.data.tables import TABLES
from allrise.errors import InvalidData, UnreadableInput
from allrise.room import commands as c
from allrise.room.export import export_session
from allrise.room.service import Service

COUNTRIES = ["CA"] * 14 + ["NZ"] * 12 + ["US"] * 11 + ["AU"] * 3


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Room:
    """A room of 40 people and one on paper, that said something of every kind."""
    folder = tmp_path_factory.mktemp("said")
    with Service.open(folder / "room.db") as service:
        room = Room.create(service)
        for n, country in enumerate(COUNTRIES):
            room.join(country, ("leader", "teacher")[n % 2], cluster=("north", "south")[n % 2])
        room.open(*(q.name for q in service.state_now(room.code).questions))
        for n, token in enumerate(room.tokens):
            room.answer(token, "rate", F1=1 + n % 5, F2=5, **({"F3": 2} if n < 4 else {}))
            room.answer(token, "poles", T1=1 + n % 7)
            room.answer(token, "map", **{"F1/ease": 1 + n % 2, "F1/place": 2})
            room.answer(token, "one", **{"abc"[n % 3]: 1})
            room.answer(token, "order", a=1 + n % 3, b=1 + (n + 1) % 3, c=1 + (n + 2) % 3)
        texts = ['=HYPERLINK("http://x")', "-1+1 of us", "@all \u202egnirts", "+ more trust", "A \x07bell"]
        numbers = [room.write(room.tokens[n], text) for n, text in enumerate(texts)]
        for number in numbers[:4]:
            room.approve(number)
        room.facilitator(
            c.Moderate, question="board", statement=numbers[4], decision="reject", reason="=It names a person"
        )
        room.write(room.tokens[5], "We visit each other twice a year", question="tell", tags=("F1", "F2"))
        room.approve(1, question="tell")
        for n, token in enumerate(room.tokens):
            for statement in (1, *numbers[:4]):
                room.participant(
                    c.CastVote, token, question="board", statement=statement, value=(n + statement) % 3 - 1
                )
        room.facilitator(c.EnterPaper, sheet="1", country="CA", answers={"rate": {"F1": 1}})
        room.folder = folder  # type: ignore[attr-defined]
        yield room


def _export(room: Room, out: Path, **more) -> dict[str, pd.DataFrame]:
    export_session(room.service.database, room.code, out, **more)
    screening = screen(out)
    assert screening.usable, [f"{f.rule} {f.file} {f.column} {f.what}" for f in screening.findings]
    return dict(screening.tables)


def test_a_record_is_a_data_folder_without_any_error(said, tmp_path):
    tables = _export(said, tmp_path / "record")
    assert {t.name for t in DIALOGUE_TABLES} <= set(tables)
    rules = {g.rule for g in screen(tmp_path / "record").groups}
    assert rules <= {"no-rows", "cluster-without-schools"}, rules
    for table in DIALOGUE_TABLES:
        table.schema().validate(TABLES[table.name].typed(tables[table.name]))


def test_every_answer_of_the_room_is_in_its_record_once(said, tmp_path):
    answers = _export(said, tmp_path / "record")["dialogue_answers"]
    assert len(answers) == 40 * (2 + 1 + 2 + 3 + 3) + 4 + 1
    assert not answers.duplicated(["question_id", "item_id", "participant_id"]).any()
    assert answers.loc[answers["source"] == "paper", "value"].tolist() == [1]


def test_no_cell_of_a_record_is_a_formula_or_turns_the_text_around(said, tmp_path):
    _export(said, tmp_path / "record")
    for path in (tmp_path / "record").glob("*.csv"):
        frame = pd.read_csv(path, dtype="str", keep_default_na=False)
        for column in frame:
            numeric = {"vote"}
            bad = frame[column].str.contains(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", regex=True)
            assert not bad.any(), (path, column)
            if column not in numeric:
                assert not frame[column].str.startswith(("=", "+", "-", "@")).any(), (path, column)


def test_a_text_that_was_not_approved_is_not_in_the_record(said, tmp_path):
    tables = _export(said, tmp_path / "record")
    statements = tables["dialogue_statements"]
    rejected = statements[statements["state"] == "rejected"]
    assert len(rejected) == 1
    assert rejected["text"].isna().all() or (rejected["text"] == "").all()
    everything = "".join(p.read_text() for p in (tmp_path / "record").iterdir())
    assert "bell" not in everything
    assert "We visit each other twice a year" in everything
    moderation = tables["dialogue_moderation"]
    assert "'=It names a person" in moderation["reason"].tolist()


def test_people_cannot_be_joined_across_tables_nor_told_by_a_rare_country(said, tmp_path):
    tables = _export(said, tmp_path / "record")
    people = tables["dialogue_participants"]
    assert "AU" not in set(people["country"].dropna())  # three people
    assert {"CA", "NZ"} <= set(people["country"].dropna())
    assert not set(tables["dialogue_votes"]["voter_id"]) & set(people["participant_id"])
    assert not set(tables["dialogue_statements"]["author_id"].dropna()) & set(people["participant_id"])
    numbers = people["participant_id"].tolist()
    joined = [f"p{n:03d}" for n in range(1, len(numbers) + 1)]
    frames = said.service.frames_now(said.code)
    assert sorted(numbers) == joined
    order = [said.service.mine_now(said.code, t).answers["rate"]["F1"] for t in said.tokens]
    by_number = frames.answers[(frames.answers["item_id"] == "F1") & (frames.answers["question"] == "rate")]
    assert by_number.sort_values("participant")["value"].tolist()[:40] != order


def test_results_of_few_people_are_hidden_and_so_is_what_would_give_them_away(said, tmp_path):
    results = _export(said, tmp_path / "record")["dialogue_results"]
    few = results[(results["question_id"] == "rate") & (results["item_id"] == "F3")]
    assert set(few["status"]) == {"c"}
    assert few[["people", "count", "value", "lower", "upper"]].isna().all(axis=None)
    by_country = results[
        (results["statistic"] == "segment") & (results["item_id"] == "F2") & (results["by"] == "country")
    ].set_index("segment")
    assert by_country.loc["AU", "status"] == "c"
    hidden = by_country[by_country["status"] == "c"]
    assert len(hidden) >= 2  # one alone would be the total less the others
    assert hidden["people"].isna().all()
    shown = by_country[by_country["status"].isna() | (by_country["status"] == "")]
    assert (shown["people"] >= 10).all()


def test_results_say_what_the_room_said(said, tmp_path):
    results = _export(said, tmp_path / "record")["dialogue_results"].fillna({"by": "", "status": ""})
    rate = results[
        (results["question_id"] == "rate") & (results["item_id"] == "F1") & (results["statistic"] == "distribution")
    ].set_index("option")
    assert rate.loc["1", "count"] == 9  # eight phones and one sheet of paper
    assert rate.loc["5", "count"] == 8
    assert rate["people"].unique().tolist() == [41]
    assert rate.loc["1", "value"] == pytest.approx(9 / 41)
    groups = results[results["statistic"] == "groups"]
    assert groups["value"].tolist() == [3.0]  # people voted in three ways
    sizes = results[results["statistic"] == "group"]
    assert sorted(sizes["count"]) == [13, 13, 14]
    assert {"quadrant", "ranking", "vote", "theme", "agreement", "group_consensus"} <= set(results["statistic"])


def test_a_record_is_the_same_when_it_is_written_again(said, tmp_path):
    _export(said, tmp_path / "record")
    first = {p.name: p.read_bytes() for p in (tmp_path / "record").iterdir()}
    _export(said, tmp_path / "record")
    assert {p.name: p.read_bytes() for p in (tmp_path / "record").iterdir()} == first


def _data_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "clusters.csv").write_text("cluster_id,name,country\nC1,One,CA\n")
    (folder / "schools.csv").write_text("school_id,name,country\nS1,Hill School,CA\nS2,Lake School,CA\n")
    (folder / "memberships.csv").write_text("school_id,cluster_id,joined_on,left_on\nS1,C1,,\nS2,C1,2020-09-01,\n")
    (folder / "datapackage.json").write_text(
        json.dumps(
            {
                "name": "ours", "title": "Our schools", "licenses": [{"name": "CC-BY-4.0"}],
                "sources": [{"title": "The district"}],
                "resources": [{"name": n, "path": f"{n}.csv"} for n in ("clusters", "schools", "memberships")],
            }
        )
    )  # fmt: skip
    return folder


def test_a_dialogue_joins_a_data_folder_and_keeps_what_was_there(said, tmp_path):
    data = _data_folder(tmp_path / "data")
    tables = _export(said, tmp_path / "both", with_data=data, cluster_id="C1")
    assert tables["schools"]["name"].tolist() == ["Hill School", "Lake School"]
    assert tables["dialogue_sessions"]["cluster_id"].tolist() == ["C1"]
    found = screen(tmp_path / "both").descriptor
    assert found.title == "Our schools"
    assert next(x.title for x in found.sources) == "The district"
    assert any(said.code in x.title for x in found.sources)
    again = _export(said, tmp_path / "both", with_data=tmp_path / "both", cluster_id="C1")
    assert len(again["dialogue_answers"]) == len(tables["dialogue_answers"])
    with Service.open(tmp_path / "second.db") as service:
        second = Room.create(service)
        both = _export(second, tmp_path / "both", with_data=tmp_path / "both")
    assert sorted(both["dialogue_sessions"]["session_id"]) == sorted([said.code, second.code])
    assert len(both["dialogue_answers"]) == len(tables["dialogue_answers"])
    with pytest.raises(InvalidData, match="C9"):
        _export(said, tmp_path / "other", with_data=data, cluster_id="C9")


def test_an_export_never_writes_over_other_data(said, tmp_path):
    data = _data_folder(tmp_path / "data")
    before = sorted(p.read_bytes() for p in data.iterdir())
    with pytest.raises(UnreadableInput, match="would be lost"):
        export_session(said.service.database, said.code, data)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    with pytest.raises(UnreadableInput, match="would be lost"):
        export_session(said.service.database, said.code, tmp_path / "notes")
    assert sorted(p.read_bytes() for p in data.iterdir()) == before
    (data / "memberships.csv").write_text("school_id,cluster_id,joined_on,left_on\nS1,,,\n")
    with pytest.raises(InvalidData, match="errors"):
        export_session(said.service.database, said.code, tmp_path / "out", with_data=data)
    assert not (tmp_path / "out").exists()


# The command line ------------------------------------------------------------------------------------------------


def _run(*arguments: str):
    return CliRunner().invoke(build_app(), ["room", *arguments])


def test_a_session_is_created_listed_and_exported_from_the_command_line(tmp_path):
    database = str(tmp_path / "rooms" / "room.db")
    assert "no session" in _run("list", "--database", database).output
    made = _run("create", "--database", database, "--title", "Our evening", "--language", "fr")
    assert made.exit_code == 0, made.output
    assert "Our evening (18 questions)" in made.output
    code = made.output.split("Join code:")[1].split()[0]
    secret = made.output.split("Facilitator secret:")[1].split()[0]
    listed = _run("list", "--database", database).output
    assert code in listed
    assert "Our evening" in listed
    sheets = tmp_path / "sheets.csv"
    sheets.write_text(
        "sheet,country,role,Q2.1:F1,Q2.3:F1/ease,Q2.2\n"
        '1,CA,teacher,5,2,"We visit, twice a year"\n2,NZ,leader,4,,\n3,NZ,leader,9,,\n',
        encoding="utf-8",
    )
    for _ in range(2):  # entering again adds nothing
        entered = _run("paper", code, str(sheets), "--secret", secret, "--database", database)
        assert entered.exit_code == 1
        assert "2 sheets entered, 1 refused" in entered.output
        assert "line 4" in entered.output
    exported = _run("export", code.lower(), "--out", str(tmp_path / "record"), "--database", database)
    assert exported.exit_code == 0, exported.output
    assert "2 people, 3 answers, 8 statements" in exported.output
    assert screen(tmp_path / "record").usable


@pytest.mark.parametrize(
    ("arguments", "said_so"),
    [
        (("export", "NOSUCH", "--out", "x"), "no session with the code"),
        (("create", "--session", "nowhere.toml"), "cannot be read"),
        (("create", "--language", "de"), "no language 'de'"),
        (("list", "--database", "mysql://x/y"), "cannot hold a room"),
    ],
)
def test_a_mistake_ends_with_2_and_says_what_to_do(tmp_path, monkeypatch, arguments, said_so):
    monkeypatch.chdir(tmp_path)
    if "--database" not in arguments:
        arguments = (*arguments, "--database", "room.db")
    result = _run(*arguments)
    assert getattr(result.exception, "exit_code", None) == 2
    assert said_so in str(result.exception)
    assert result.exception.mend
