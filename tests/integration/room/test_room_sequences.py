"""Any sequence of commands, sent twice, late or out of order: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from room_samples import SAMPLE, Room
from sqlalchemy import select

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.errors import RoomError, SessionLocked
from allrise.room.models import Event
from allrise.room.service import Service

QUIET = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

# Order does not matter -------------------------------------------------------------------------------------------

_answer = st.tuples(
    st.just("answer"), st.integers(0, 2), st.sampled_from(["F1", "F2", "F3"]), st.integers(1, 5) | st.none()
)
_choice = st.tuples(st.just("choose"), st.integers(0, 2), st.sampled_from(["a", "b", "c"]), st.just(1))
_vote = st.tuples(st.just("vote"), st.integers(0, 2), st.just("1"), st.integers(-1, 1))
_sent = st.lists(_answer | _choice | _vote, min_size=1, max_size=14)


def _commands(room: Room, sent: list[Any]) -> list[c.Command]:
    """Number what was sent as a phone does: each change has a command id and a revision of its own."""
    found: list[c.Command] = []
    for number, (what, person, item, value) in enumerate(sent):
        base: dict[str, Any] = {
            "command_id": f"command-{number:03d}",
            "code": room.code,
            "token": room.tokens[person],
            "revision": number,
        }
        if what == "vote":
            found.append(c.CastVote(**base, question="board", statement=int(item), value=value))
        else:
            question = "rate" if what == "answer" else "one"
            found.append(c.Submit(**base, question=question, answers={item: value}))
    return found


def _said(room: Room) -> Any:
    return [(m.answers, m.votes) for m in (room.service.mine_now(room.code, token) for token in room.tokens)]


@QUIET
@given(sent=_sent, seed=st.integers(0, 2**16), repeats=st.integers(0, 3))
def test_retries_doubles_and_any_order_of_arrival_end_in_what_each_person_said_last(sent, seed, repeats):
    folder = Path(tempfile.mkdtemp(prefix="allrise-room-"))
    chance = random.Random(seed)
    try:
        with Service.open(folder / "room.db") as service:
            rooms = [Room.create(service) for _ in range(2)]
            for room in rooms:
                for _ in range(3):
                    room.join()
                room.open("rate", "one", "board")
            in_order, shuffled = rooms
            for command in _commands(in_order, sent):
                service.execute(command)
            arriving = _commands(shuffled, sent) * (repeats + 1)
            chance.shuffle(arriving)
            receipts: dict[str, set[int]] = {}
            for future in [service._writer.put(command) for command in arriving]:
                receipt = future.result()
                receipts.setdefault(str(receipt.seq), set()).add(receipt.at)
            assert len(receipts) == len(sent)  # one event for each command, however often it came
            assert all(len(times) == 1 for times in receipts.values())
            assert _said(shuffled) == _said(in_order)
    finally:
        shutil.rmtree(folder)


# A room and a model of it ----------------------------------------------------------------------------------------


class RoomMachine(RuleBasedStateMachine):
    """Runs a room beside plain dictionaries that say what it should hold; it is also stopped and opened again."""

    sent = Bundle("sent")
    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="allrise-room-"))
        self.url = self.database()
        self.room = Room.create(Service.open(self.url), SAMPLE)
        self.number = 0
        self.state = {"rate": "draft", "poles": "draft"}
        self.locked = False
        self.answers: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.acknowledged: dict[int, c.Command] = {}

    def database(self) -> str:
        return f"sqlite:///{self.folder / 'room.db'}"

    def teardown(self) -> None:
        self.room.service.close()
        shutil.rmtree(self.folder)

    def _send(self, command: c.Command) -> c.Receipt:
        receipt = self.room.service.execute(command)
        if receipt.replayed:
            assert self.acknowledged[receipt.seq].content() == command.content()
        else:
            assert receipt.seq not in self.acknowledged
            self.acknowledged[receipt.seq] = command
        return receipt

    def _facilitator(self, kind: type[c.FacilitatorCommand], **values: Any) -> c.Command:
        self.number += 1
        command = kind(
            command_id=f"facilitator-{self.number:04d}", code=self.room.code, secret=self.room.secret, **values
        )
        self._send(command)
        return command

    @initialize(target=people)
    def first(self) -> str:
        return self.join()

    @rule(target=people)
    def join(self) -> str:
        token = keys.new_token()
        self.number += 1
        command = c.Join(command_id=f"joining-{self.number:04d}", code=self.room.code, token=token, country="CA")
        if self.locked:
            with pytest.raises(SessionLocked):
                self.room.service.execute(command)
            self._facilitator(c.Lock, locked=False)
            self.locked = False
        self._send(command)
        return token

    @rule(target=sent, question=st.sampled_from(["rate", "poles"]))
    def open(self, question: str) -> c.Command:
        self.state[question] = "open"
        return self._facilitator(c.OpenQuestion, question=question)

    @rule(target=sent, question=st.sampled_from(["rate", "poles"]))
    def close(self, question: str) -> c.Command | None:
        if self.state[question] == "draft":
            return None
        self.state[question] = "closed"
        return self._facilitator(c.CloseQuestion, question=question)

    @rule(target=sent, locked=st.booleans())
    def lock(self, locked: bool) -> c.Command:
        self.locked = locked
        return self._facilitator(c.Lock, locked=locked)

    @rule(
        target=sent,
        token=people,
        place=st.sampled_from([("rate", "F1"), ("rate", "F2"), ("poles", "T1")]),
        value=st.integers(1, 5),
    )
    def answer(self, token: str, place: tuple[str, str], value: int) -> c.Command | None:
        question, item = place
        self.number += 1
        command = c.Submit(
            command_id=f"answering-{self.number:04d}", code=self.room.code, token=token, question=question,
            answers={item: value}, revision=self.number,
        )  # fmt: skip
        if self.locked or self.state[question] != "open":
            with pytest.raises(RoomError) as refusal:
                self.room.service.execute(command)
            assert refusal.value.code in {"session_locked", "question_closed"}
            return None  # it may be sent again later, but then it is a first time, not a retry
        self._send(command)
        self.answers[token, question, item] = (self.number, value)
        return command

    @rule(command=sent)
    def send_again(self, command: c.Command | None) -> None:
        if command is not None:
            assert self._send(command).replayed

    @rule()
    def stop_and_open_again(self) -> None:
        self.room.service.close()
        self.room.service = Service.open(self.url)

    @invariant()
    def what_was_acknowledged_is_there_exactly_once(self) -> None:
        with self.room.service.database.reader.connect() as connection:
            numbers = list(connection.execute(select(Event.seq).order_by(Event.seq)).scalars())
        assert numbers == list(range(1, len(numbers) + 1))
        assert set(numbers) == {1, *self.acknowledged}

    @invariant()
    def the_room_is_as_it_was_left(self) -> None:
        state = self.room.service.state_now(self.room.code)
        assert {name: state.question(name).state for name in self.state} == self.state
        assert (state.state == "locked") == self.locked
        tokens = {token for token, _, _ in self.answers}
        for token in tokens:
            mine = self.room.service.mine_now(self.room.code, token).answers
            said = {(q, i): v for q, items in mine.items() for i, v in items.items()}
            expected = {(q, i): v for (t, q, i), (_, v) in self.answers.items() if t == token}
            assert said == expected


RoomMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnySequenceOfCommands = RoomMachine.TestCase
