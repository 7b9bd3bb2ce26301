"""What a room promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from room_samples import SAMPLE, Room

from allrise.room import commands as c
from allrise.room import keys
from allrise.room.errors import (
    InvalidAnswer,
    InvalidCommand,
    NotFacilitator,
    QuestionClosed,
    SessionLocked,
    TooLarge,
    TooMany,
    UnknownCode,
    UnknownParticipant,
    UnknownQuestion,
    WrongState,
)
from allrise.room.service import Service

# Nothing twice ---------------------------------------------------------------------------------------------------


def test_a_session_created_twice_with_one_command_is_one_session(database_url):
    with Service.open(database_url) as service:
        room = Room.create(service)
        command = c.CreateSession(command_id="the-same-id", definition=SAMPLE, secret=room.secret)
        first, second = service.execute(command), service.execute(command)
        assert first.code == second.code
        assert second.replayed
        assert len(service.sessions_now()) == 2


def test_joining_again_with_one_token_is_one_person(room):
    token = keys.new_token()
    for _ in range(3):
        room.participant(c.Join, token, country="CA", role="leader")
    assert room.service.counts_now(room.code).joined == 1


def test_an_answer_sent_again_is_the_same_answer_and_the_same_receipt(room):
    token = room.join()
    room.open("rate")
    command = c.Submit(
        command_id="retry-me-1", code=room.code, token=token, question="rate", answers={"F1": 4}, revision=1
    )
    first = room.service.execute(command)
    second = room.service.execute(command)
    assert (second.seq, second.at, second.result) == (first.seq, first.at, first.result)
    assert second.replayed
    assert not first.replayed
    assert room.service.state_now(room.code).seq == first.seq


def test_a_kept_form_with_another_content_is_another_command(room):
    token = room.join()
    room.open("rate")
    for value in (2, 5):
        room.participant(c.Submit, token, command_id="same-form-id", question="rate", answers={"F1": value})
    assert room.mine(token, "rate") == {"F1": 5}


def test_one_persons_command_id_means_nothing_for_another_person(room):
    one, two = room.join(), room.join()
    room.open("rate")
    for token in (one, two):
        room.participant(c.Submit, token, command_id="common-id-1", question="rate", answers={"F1": 3})
    assert len(room.values("rate")) == 2


def test_a_late_retry_of_an_older_answer_never_replaces_a_newer_one(room):
    token = room.join()
    room.open("rate")
    room.answer(token, "rate", revision=8, F1=5)
    late = room.answer(token, "rate", revision=7, F1=1, F2=2)
    assert late.result["superseded"] == ["F1"]
    assert late.result["saved"] == ["F2"]
    assert room.mine(token, "rate") == {"F1": 5, "F2": 2}


def test_two_tabs_keep_what_each_changed_and_the_last_wins_where_both_did(room):
    token = room.join()
    room.open("rate")
    room.answer(token, "rate", revision=1, F1=1, F2=1)
    room.answer(token, "rate", revision=2, F2=5)
    room.answer(token, "rate", revision=3, F1=3)
    assert room.mine(token, "rate") == {"F1": 3, "F2": 5}
    assert room.service.mine_now(room.code, token).revisions == {"rate": 3}


def test_without_scripts_the_order_of_arrival_decides(room):
    token = room.join()
    room.open("rate")
    for value in (1, 5, 2):
        room.answer(token, "rate", F1=value)
    assert room.mine(token, "rate") == {"F1": 2}


def test_a_facilitators_late_retry_does_not_open_a_question_that_was_closed_since(room):
    again = c.OpenQuestion(command_id="open-it-once", code=room.code, secret=room.secret, question="rate")
    room.service.execute(again)
    room.open("rate")  # changes nothing, and is written down all the same
    noop = c.OpenQuestion(command_id="open-it-twice", code=room.code, secret=room.secret, question="rate")
    assert not room.service.execute(noop).changed
    room.facilitator(c.CloseQuestion, question="rate")
    for late in (again, noop):
        assert room.service.execute(late).replayed
    assert room.service.state_now(room.code).question("rate").state == "closed"


# Answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_to_a_closed_question_is_refused_and_the_draft_comes_back(room):
    token = room.join()
    room.open("rate")
    room.facilitator(c.CloseQuestion, question="rate")
    with pytest.raises(QuestionClosed, match="still here") as refusal:
        room.answer(token, "rate", F1=4)
    assert refusal.value.details["draft"] == {"F1": 4}
    assert room.values("rate") == {}
    room.open("rate")
    room.answer(token, "rate", F1=4)
    assert room.mine(token, "rate") == {"F1": 4}


def test_a_question_that_was_never_opened_takes_no_answer(room):
    with pytest.raises(QuestionClosed, match="not open yet"):
        room.answer(room.join(), "rate", F1=4)


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("rate", {"F1": 0}),
        ("rate", {"F1": 6}),
        ("rate", {"F9": 3}),
        ("rate", {"F1": True}),
        ("rate", {"F1": 3.0}),
        ("rate", {"F1": "٣"}),
        ("rate", {"F1": "3; DROP TABLE answer"}),
        ("rate", {"F1": 10**30}),
        ("poles", {"T1": 8}),
        ("map", {"F1/ease": 3}),
        ("one", {"a": 1, "b": 1}),
        ("one", {"a": 0}),
        ("some", {"a": 1, "b": 1, "c": 1}),
        ("order", {"a": 1, "b": 1, "c": 2}),
        ("order", {"a": 1, "b": 2}),
        ("tell", {"F1": 1}),
        ("board", {"1": 1}),
    ],
)
def test_a_value_that_a_question_does_not_take_is_refused_by_name(room, question, answers):
    room.open(question)
    with pytest.raises(InvalidAnswer):
        room.answer(room.join(), question, **answers)
    assert room.values(question) == {}


def test_each_kind_of_question_keeps_its_values(room):
    token = room.join()
    room.open("rate", "poles", "map", "one", "some", "order")
    room.answer(token, "rate", F1="5", F2="")
    room.answer(token, "poles", T1=7)
    room.answer(token, "map", **{"F1/ease": 2, "F1/place": 1})
    room.answer(token, "one", b=1)
    room.answer(token, "some", a=1, c=1)
    room.answer(token, "order", a=2, b=1, c=3)
    mine = room.service.mine_now(room.code, token).answers
    assert mine == {
        "rate": {"F1": 5},
        "poles": {"T1": 7},
        "map": {"F1/ease": 2, "F1/place": 1},
        "one": {"a": 0, "b": 1, "c": 0},
        "some": {"a": 1, "b": 0, "c": 1},
        "order": {"a": 2, "b": 1, "c": 3},
    }
    room.answer(token, "one", c=1)
    assert room.mine(token, "one") == {"a": 0, "b": 0, "c": 1}


def test_an_answer_can_be_taken_back_and_then_counts_nowhere(room):
    token = room.join()
    room.open("rate")
    room.answer(token, "rate", F1=4)
    room.answer(token, "rate", F1=None)
    assert room.mine(token, "rate") == {}
    assert room.service.frames_now(room.code).answers.empty


def test_country_and_role_stay_on_an_answer_as_they_were_said_then(room):
    token = room.join("CA", "teacher")
    room.open("rate", "poles")
    room.answer(token, "rate", F1=4)
    room.participant(c.Join, token, country="NZ", role="leader")
    room.answer(token, "poles", T1=2)
    answers = room.service.frames_now(room.code).answers
    assert answers.set_index("question")[["country", "role"]].to_numpy().tolist() == [
        ["CA", "teacher"],
        ["NZ", "leader"],
    ]


def test_a_country_that_is_not_asked_is_refused(room):
    with pytest.raises(InvalidAnswer):
        room.join(country="FR")
    with pytest.raises(InvalidAnswer):
        room.join(cluster="east")
    assert room.service.counts_now(room.code).joined == 0


# Facilitators ----------------------------------------------------------------------------------------------------


def test_two_facilitators_who_press_next_at_once_move_the_room_by_one_question(room):
    room.facilitator(c.Next, seen="")

    def press(_: int) -> str:
        try:
            return room.facilitator(c.Next, seen="rate").result["question"]
        except WrongState as refusal:
            return refusal.details["question"]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(4))) == {"poles"}
    state = room.service.state_now(room.code)
    assert state.current == "poles"
    assert [q.state for q in state.questions[:3]] == ["closed", "open", "draft"]


def test_next_stops_at_the_last_question(room):
    room.open("board")
    with pytest.raises(WrongState, match="last question"):
        room.facilitator(c.Next, seen="board")


def test_results_are_hidden_until_they_are_shown(room):
    assert not any(q.results_shown for q in room.service.state_now(room.code).questions)
    room.facilitator(c.ShowResults, question="rate", shown=True)
    assert room.service.state_now(room.code).question("rate").results_shown
    room.facilitator(c.ShowResults, question="rate", shown=False)
    assert not room.service.state_now(room.code).question("rate").results_shown


def test_undo_goes_back_step_by_step_and_never_touches_answers(room):
    token = room.join()
    room.open("rate")
    room.answer(token, "rate", F1=4)
    room.facilitator(c.ShowResults, question="rate", shown=True)
    room.facilitator(c.CloseQuestion, question="rate")
    room.facilitator(c.Lock, locked=True)
    kinds = [room.facilitator(c.Undo).result["kind"] for _ in range(4)]
    assert kinds == ["lock", "close_question", "show_results", "open_question"]
    state = room.service.state_now(room.code)
    assert (state.state, state.current) == ("live", "")
    assert (state.question("rate").state, state.question("rate").results_shown) == ("draft", False)
    assert room.mine(token, "rate") == {"F1": 4}
    with pytest.raises(WrongState, match="nothing to undo"):
        room.facilitator(c.Undo)


def test_an_undo_sent_twice_undoes_once(room):
    room.open("rate", "poles")
    for _ in range(2):
        room.facilitator(c.Undo, command_id="undo-just-once")
    state = room.service.state_now(room.code)
    assert [q.state for q in state.questions[:2]] == ["open", "draft"]


def test_an_undo_of_what_someone_else_has_overtaken_is_refused(room):
    room.open("rate")
    seen = room.service.desk_now(room.code, room.secret).undoable
    room.open("poles")
    with pytest.raises(WrongState, match="newer"):
        room.facilitator(c.Undo, seen=seen.seq)
    assert room.service.state_now(room.code).question("rate").state == "open"


def test_undo_leaves_a_statement_withdrawn_that_its_author_took_back(room):
    token = room.join()
    room.open("board")
    number = room.write(token, "An idea of mine")
    room.approve(number)
    room.participant(c.WithdrawStatement, token, question="board", statement=number)
    assert room.facilitator(c.Undo).result["kind"] == "moderate"
    assert room.service.mine_now(room.code, token).statements["board"][0].fate == "withdrawn"
    assert room.facilitator(c.Undo).result["kind"] == "open_question"  # it does not block what lies before


def test_a_locked_session_can_be_read_and_not_written_by_participants(room):
    token = room.join()
    room.open("rate", "board")
    room.answer(token, "rate", F1=4)
    room.facilitator(c.Lock, locked=True)
    for refused in (
        lambda: room.answer(token, "rate", F1=1),
        lambda: room.write(token, "Too late"),
        lambda: room.participant(c.CastVote, token, question="board", statement=1, value=1),
        room.join,
    ):
        with pytest.raises(SessionLocked):
            refused()
    assert room.mine(token, "rate") == {"F1": 4}
    assert room.service.state_now(room.code).state == "locked"
    room.facilitator(c.Lock, locked=False)
    room.answer(token, "rate", F1=1)


def test_a_timer_shows_time_can_be_given_more_and_closes_nothing(room):
    room.open("rate")
    room.facilitator(c.StartTimer, seconds=60)
    timer = room.service.state_now(room.code).timer
    assert timer.running
    assert 0 < timer.remaining(room.service.clock.now()) <= 60_000
    room.facilitator(c.ExtendTimer, seconds=30)
    assert room.service.state_now(room.code).timer.ends_at == timer.ends_at + 30_000
    room.facilitator(c.StopTimer)
    stopped = room.service.state_now(room.code).timer
    assert not stopped.running
    assert 60_000 < stopped.left_ms <= 90_000
    assert stopped.seconds == 90
    assert room.service.state_now(room.code).question("rate").state == "open"
    with pytest.raises(InvalidCommand):
        room.facilitator(c.StartTimer, seconds=0)


def test_notes_are_seen_by_facilitators_alone(room):
    note = room.facilitator(c.WriteNote, text="Ask the students first", question="rate").result["note"]
    assert room.service.desk_now(room.code, room.secret).notes[0].text == "Ask the students first"
    assert "students first" not in repr(room.service.state_now(room.code))
    room.facilitator(c.RemoveNote, note=note)
    assert room.service.desk_now(room.code, room.secret).notes == ()
    room.facilitator(c.Undo)
    assert len(room.service.desk_now(room.code, room.secret).notes) == 1


def test_only_who_has_the_secret_is_a_facilitator(room):
    other = Room.create(room.service)
    for secret in (keys.new_token(), other.secret, room.join(), "", "x" * 5000):
        with pytest.raises(NotFacilitator):
            room.facilitator(c.OpenQuestion, question="rate", secret=secret)
        with pytest.raises(NotFacilitator):
            room.service.desk_now(room.code, secret)
    assert room.service.state_now(room.code).question("rate").state == "draft"


def test_a_token_of_another_session_or_none_at_all_is_nobody(room):
    other = Room.create(room.service)
    room.open("rate")
    for token in (other.join(), keys.new_token(), "", "' OR 1=1 --", room.secret):
        with pytest.raises(UnknownParticipant):
            room.answer(token, "rate", F1=3)
    assert room.values("rate") == {}


def test_tokens_and_secrets_are_nowhere_in_the_database(room):
    token = room.join()
    room.open("rate")
    room.answer(token, "rate", F1=3)
    with room.service.database.reader.connect() as connection:
        everything = "".join(
            repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            for table in ("session", "participant", "event", "answer", "question")
        )
    assert token not in everything
    assert room.secret not in everything


def test_a_code_can_be_typed_as_people_type(room):
    typed = f" {room.code[:3].lower()} - {room.code[3:].lower()} "
    assert room.service.state_now(typed).code == room.code
    with pytest.raises(UnknownCode, match="no session"):
        room.service.state_now("XXXXXX")


# Statements ------------------------------------------------------------------------------------------------------


def test_each_author_sees_what_became_of_each_statement_and_why(room):
    token = room.join()
    room.open("board")
    numbers = [room.write(token, f"Idea number {n}") for n in range(4)]
    room.approve(numbers[0])
    room.facilitator(c.Moderate, question="board", statement=numbers[1], decision="reject", reason="It names a person.")
    room.facilitator(c.Moderate, question="board", statement=numbers[2], decision="merge", into=numbers[0])
    mine = room.service.mine_now(room.code, token).statements["board"]
    assert [s.fate for s in mine] == ["approved", "rejected", "merged", "pending"]
    assert mine[1].reason == "It names a person."
    assert mine[2].merged_into == numbers[0]
    assert [s.number for s in room.service.board_now(room.code, "board")] == [1, numbers[0]]


def test_a_rejection_needs_a_reason_and_a_merge_another_statement(room):
    token = room.join()
    room.open("board")
    number = room.write(token, "An idea")
    for wrong in (
        {"decision": "reject"},
        {"decision": "reject", "reason": " \n "},
        {"decision": "merge"},
        {"decision": "merge", "into": number},
        {"decision": "publish"},
    ):
        with pytest.raises(InvalidCommand):
            room.facilitator(c.Moderate, question="board", statement=number, **wrong)
    with pytest.raises(UnknownQuestion):
        room.facilitator(c.Moderate, question="board", statement=99, decision="approve")


def test_two_facilitators_who_decide_differently_are_told(room):
    number = 0
    token = room.join()
    room.open("board")
    number = room.write(token, "A bold idea")
    room.facilitator(c.Moderate, question="board", statement=number, decision="approve", seen="pending")
    with pytest.raises(WrongState, match="approved"):
        room.facilitator(
            c.Moderate, question="board", statement=number, decision="reject", reason="Too bold.", seen="pending"
        )


def test_the_same_words_are_noticed_and_an_author_may_replace_their_own(room):
    one, two = room.join(), room.join()
    room.open("board")
    first = room.participant(c.WriteStatement, one, question="board", text="Trust comes first!")
    same = room.participant(c.WriteStatement, two, question="board", text="  trust   comes FIRST ")
    assert same.result["same_as"] == first.result["number"]
    again = room.participant(
        c.WriteStatement, one, question="board", text="Trust first", replaces=first.result["number"]
    )
    assert again.result["same_as"] is None
    assert [s.fate for s in room.service.mine_now(room.code, one).statements["board"]] == ["withdrawn", "pending"]
    with pytest.raises(UnknownQuestion):
        room.participant(c.WriteStatement, two, question="board", text="Not mine", replaces=again.result["number"])


def test_the_last_vote_holds_and_only_shown_statements_are_voted_on(room):
    token = room.join()
    room.open("board")
    pending = room.write(token, "Wait for me")
    with pytest.raises(WrongState):
        room.participant(c.CastVote, token, question="board", statement=pending, value=1)
    for revision, value in ((1, 1), (3, -1), (2, 1)):
        room.participant(c.CastVote, token, question="board", statement=1, value=value, revision=revision)
    (seed,) = room.service.board_now(room.code, "board")
    assert (seed.agree, seed.disagree, seed.skip) == (0, 1, 0)
    for value in (2, True, None, "1"):
        with pytest.raises(InvalidAnswer):
            room.participant(c.CastVote, token, question="board", statement=1, value=value)


def test_texts_too_long_too_many_or_empty_are_refused_in_plain_words(room):
    token = room.join()
    room.open("board", "tell")
    with pytest.raises(TooLarge, match="at most 280"):
        room.write(token, "x" * 281)
    with pytest.raises(TooLarge):
        room.write(token, "x" * 1_000_000)
    with pytest.raises(InvalidAnswer):
        room.write(token, " \u200b\u202e \n")
    with pytest.raises(InvalidAnswer):
        room.write(token, "A text", question="tell", tags=("F8",))
    for n in range(10):
        room.write(token, f"Idea {n}")
    with pytest.raises(TooMany):
        room.write(token, "One more")


# Paper -----------------------------------------------------------------------------------------------------------


def test_paper_is_marked_counts_once_a_sheet_and_goes_into_closed_questions(room):
    for value in (2, 5):  # the second is a correction
        room.facilitator(
            c.EnterPaper, sheet="A-7", country="NZ", role="family", answers={"rate": {"F1": value}, "one": {"b": 1}},
            statements={"tell": ("We walked to the other school.",)} if value == 5 else {},
        )  # fmt: skip
    frames = room.service.frames_now(room.code)
    assert frames.answers.loc[frames.answers["question"] == "rate", "value"].tolist() == [5]
    assert set(frames.answers["source"]) == {"paper"}
    assert frames.people["source"].tolist() == ["paper"]
    assert frames.statements.loc[frames.statements["question"] == "tell", "state"].tolist() == ["approved"]


def test_a_corrected_sheet_keeps_its_text_once_and_withdraws_what_is_no_longer_on_it(room):
    for answer, text in ((2, "We walk over."), (3, "We walk  over"), (3, "We drive over.")):
        room.facilitator(c.EnterPaper, sheet="A-8", answers={"rate": {"F1": answer}}, statements={"board": (text,)})
    statements = room.service.frames_now(room.code, "board").statements
    paper = statements[statements["source"] == "paper"]
    assert paper["text"].tolist() == ["We walk over.", "We drive over."]
    assert paper["state"].tolist() == ["withdrawn", "approved"]
    assert [s.text for s in room.service.board_now(room.code, "board")] == ["A seed", "We drive over."]
    with pytest.raises(InvalidAnswer):
        room.facilitator(c.EnterPaper, sheet="A-8", answers={}, statements={"rate": ("Not a text question",)})


def test_a_sheet_with_one_wrong_value_is_refused_whole(room):
    with pytest.raises(InvalidAnswer):
        room.facilitator(c.EnterPaper, sheet="B", answers={"rate": {"F1": 3, "F2": 9}})
    assert room.service.counts_now(room.code).joined == 0


# Reading ---------------------------------------------------------------------------------------------------------


def test_answers_do_not_change_what_every_phone_sees_and_facilitators_do(room):
    token = room.join()
    room.open("rate")
    before = room.service.state_now(room.code)
    room.answer(token, "rate", F1=3)
    after = room.service.state_now(room.code)
    assert after.version == before.version
    assert room.service.mine_now(room.code, token).answers == {"rate": {"F1": 3}}
    room.facilitator(c.CloseQuestion, question="rate")
    assert room.service.state_now(room.code).version > after.version


def test_500_readers_share_one_computation_a_change(database_url):
    computed: list[int] = []

    def compute(_state, _question, frames):
        computed.append(len(frames.answers))
        return len(frames.answers)

    with Service.open(database_url, compute=compute) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        room.answer(token, "rate", F1=3)

        async def ask() -> list[int]:
            return [a.value for a in await asyncio.gather(*(service.aggregates(room.code, "rate") for _ in range(500)))]

        assert set(asyncio.run(ask())) == {1}
        assert computed == [1]
        room.answer(token, "rate", F2=3)
        assert set(asyncio.run(ask())) <= {1, 2}
        deadline = time.monotonic() + 5
        while service.aggregates_now(room.code, "rate").value != 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert computed == [1, 2]


def test_answers_of_a_whole_hall_share_commits_and_each_is_acknowledged(room):
    tokens = [room.join() for _ in range(60)]
    room.open("rate")
    commits: list[int] = []
    from sqlalchemy import event

    @event.listens_for(room.service.database.writer, "commit")
    def _count(_connection) -> None:
        commits.append(1)

    async def send():
        return await asyncio.gather(
            *(
                room.service.run(
                    c.Submit(
                        command_id=keys.new_command_id(), code=room.code, token=token, question="rate",
                        answers={"F1": 1 + n % 5}, revision=1,
                    )
                )
                for n, token in enumerate(tokens)
            )
        )  # fmt: skip

    receipts = asyncio.run(send())
    assert len({r.seq for r in receipts}) == 60
    assert len(room.values("rate")) == 60
    assert len(commits) < 30


def test_what_another_process_writes_is_seen_within_a_second_or_two(database_url):
    with Service.open(database_url) as ours, Service.open(database_url) as theirs:
        room = Room.create(ours)
        assert theirs.state_now(room.code).current == ""
        room.open("rate")
        deadline = time.monotonic() + 5
        while theirs.state_now(room.code).current != "rate" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert theirs.state_now(room.code).current == "rate"


def test_two_servers_over_one_database_never_lose_or_double_an_answer(database_url):
    with Service.open(database_url) as ours, Service.open(database_url) as theirs:
        room = Room.create(ours)
        tokens = [room.join() for _ in range(20)]
        room.open("rate")

        def send(n: int) -> int:
            command = c.Submit(
                command_id=f"command-{n}", code=room.code, token=tokens[n % 20], question="rate",
                answers={"F1": 1 + n % 5}, revision=n,
            )  # fmt: skip
            return (ours if n % 2 else theirs).execute(command).seq

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(send, range(80)))) == 80
        values = {room.mine(token, "rate")["F1"] for token in tokens}
        assert values == {1 + n % 5 for n in range(60, 80)}
        assert len(room.values("rate")) == 20


def test_who_is_present_is_counted_and_never_more_than_joined(room):
    tokens = [room.join() for _ in range(3)]
    for token in tokens[:2]:
        room.service.heard(room.code, token)
        room.service.heard(room.code, token)
    assert room.service.counts_now(room.code).present == 2


def test_a_closed_service_opens_again_where_it_was(database_url):
    with Service.open(database_url) as service:
        room = Room.create(service)
        token = room.join()
        room.open("rate")
        room.answer(token, "rate", F1=4)
        before = service.state_now(room.code)
    with Service.open(database_url) as service:
        assert service.state_now(room.code) == before
        assert service.mine_now(room.code, token).answers == {"rate": {"F1": 4}}


# The database ----------------------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_of_the_models(database_url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from allrise.room.database import open_database
    from allrise.room.models import Base

    database = open_database(database_url)
    with database.writer.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "allrise_room", "compare_type": True, "render_as_batch": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_a_new_database_opened_by_several_at_once_is_made_once(database_url):
    from allrise.room.database import open_database

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_database(database_url), range(4)))
    with Service(opened[0]) as service:
        assert service.sessions_now() == ()
    for database in opened[1:]:
        database.close()


def test_a_commit_is_on_disk_before_anyone_is_told(tmp_path):
    with Service.open(tmp_path / "room.db") as service, service.database.writer.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}  # 2 is FULL
