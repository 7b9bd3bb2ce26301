"""A board that is opened and closed again: two maps of its groups cannot be subtracted to learn how a few people voted."""

from __future__ import annotations

import pytest
from room_samples import Room

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.definition import QuestionDefinition, SeedDefinition, SessionDefinition
from allrise.room.results.disclosure import SmallGroups
from allrise.room.server.grouping import board_of
from allrise.room.service import Service
from allrise.room.shown import BOARD

STATEMENTS = 10
BOARD_ONLY = SessionDefinition(
    title={"en": "Two camps"}, languages=("en",), countries=("CA",), roles=("teacher",), clusters=(),
    questions=(
        QuestionDefinition(
            "board", "statements", {"en": "What should change?"},
            seeds=tuple(SeedDefinition({"en": f"Statement number {n}."}) for n in range(STATEMENTS)),
        ),
    ),
)  # fmt: skip


@pytest.fixture
def room(tmp_path):
    with Service.open(tmp_path / "room.db") as service:
        yield Room.create(service, BOARD_ONLY)


def come_and_vote(room, people, first=0):
    """Two camps that agree on nothing, with a vote out of line here and there."""
    waiting = []
    for person in range(first, first + people):
        token = keys.new_token()
        room.tokens.append(token)
        join = c.Join(command_id=keys.new_command_id(), code=room.code, token=token, country="CA", role="teacher")
        waiting.append(room.service._writer.put(join))
        for n in range(STATEMENTS):
            side = 1 if (n < STATEMENTS // 2) == (person % 2 == 0) else -1
            waiting.append(room.service._writer.put(vote(room, token, n + 1, -side if n == person % 23 else side)))
    for future in waiting:
        future.result(30)


def vote(room, token, statement, value, revision=None):
    return c.CastVote(
        command_id=keys.new_command_id(), code=room.code, token=token, question="board", statement=statement,
        value=value, revision=revision,
    )  # fmt: skip


def told(room):
    """What the hall is shown of the board now; remembered, as the server does before it shows it."""
    found = board_of(room.service.database, room.code, "board")
    assert room.service.remember_now(room.code, "board", BOARD, found["revision"], found["content"])
    return found["content"]["board"]


def test_a_reopened_board_keeps_its_groups_until_a_step_of_people_more_has_voted(room):
    room.open("board")
    come_and_vote(room, 40)
    assert not told(room)["found"], "while people vote no group is told"
    room.facilitator(c.CloseQuestion, question="board")
    first = told(room)
    assert sorted(first["sizes"]) == [20, 20], first["reason"]
    assert len(first["places"]) == 40

    step = SmallGroups().step
    room.open("board")
    come_and_vote(room, step - 1, first=40)
    for statement in range(1, STATEMENTS + 1):  # and one of the first changes sides
        room.service.execute(vote(room, room.tokens[0], statement, -1 if statement <= 5 else 1))
    assert told(room)["places"] == []
    room.facilitator(c.CloseQuestion, question="board")
    again = told(room)
    for name in ("places", "sizes", "telling", "people", "k"):
        assert again[name] == first[name], f"{name} would tell how the last {step - 1} voted"

    room.open("board")
    come_and_vote(room, 1, first=60)
    room.facilitator(c.CloseQuestion, question="board")
    whole = told(room)
    assert len(whole["places"]) == 40 + step
    assert sum(whole["sizes"]) == 40 + step


def test_what_was_taken_off_a_reopened_board_tells_no_group_apart_any_more(room):
    room.open("board")
    come_and_vote(room, 40)
    room.facilitator(c.CloseQuestion, question="board")
    first = told(room)
    gone = first["telling"]["0"][0]["statement"]
    room.open("board")
    room.facilitator(c.Moderate, question="board", statement=gone, decision="reject", reason="Two things in one.")
    room.facilitator(c.CloseQuestion, question="board")
    again = told(room)
    assert gone not in {row["statement"] for rows in again["telling"].values() for row in rows}
    assert again["places"] == first["places"]
