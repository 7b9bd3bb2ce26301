"""The tables of a dialogue's record: what a room was asked, said, decided and found, as written by ``room export``.

Nobody can be named from them: participants, voters and authors have numbers that cannot be joined to each other, a country or
role that fewer than five people gave is blank, and a text that was not approved is left out. Results are hidden
where few people stand behind them.
"""

from __future__ import annotations

from typing import Any

from allrise.data.columns import Column, Table

#: Kinds of question.
DIALOGUE_KINDS: tuple[str, ...] = ("rating", "contrast", "quadrant", "choice", "rank", "text", "statements")

#: What became of a statement.
FATES: tuple[str, ...] = ("pending", "approved", "rejected", "merged", "withdrawn")

#: What a row of ``dialogue_results`` tells, and what ``value`` holds in it.
STATISTICS: dict[str, str] = {
    "distribution": "share of the people who answered that gave `option`; `count` people",
    "segment": "share that agrees in one segment",
    "agreement": "verdict over countries and roles in `text`; `value` is the widest gap between two segments",
    "quadrant": "share of the people who placed it in `option`",
    "ranking": "mean place, 1 is first",
    "vote": "share of the votes on a statement that are `option`",
    "theme": "share of the people who wrote that used the framework id `option`",
    "groups": "number of opinion groups, 0 when none are distinct; the finding in `text`",
    "group": "share of the grouped people in one opinion group",
    "group_consensus": "product over opinion groups of (agrees + 1) / (votes + 2)",
    "representative": "share of one opinion group that votes `option` on a statement that sets it apart",
}


def _column(name: str, label: str, description: str, type_: Any = "string", **more: Any) -> Column:
    return Column(name, type_, label, description, **more)


def _key(name: str, label: str, description: str, refers_to: tuple[str, str] | None = None) -> Column:
    return Column(name, "string", label, description, mandatory=True, filled=True, refers_to=refers_to)


_SESSION = _key("session_id", "Session", "Join code of the session.", ("dialogue_sessions", "session_id"))
_QUESTION = _key("question_id", "Question", "Name of the question within the session.")
_COUNTRY = _column(
    "country", "Country", "As the person said; blank when not said, or said by fewer than five people.", mandatory=True
)
_ROLE = _column(
    "role", "Role", "As the person said; blank when not said, or said by fewer than five people.", mandatory=True
)
_OWN_CLUSTER = _column(
    "own_cluster",
    "Own cluster",
    "Cluster the person named; blank when not asked, not said, or said by fewer than five people.",
    mandatory=True,
)
_SOURCE = _column(
    "source",
    "Source",
    "phone, paper or facilitator.",
    mandatory=True,
    filled=True,
    enum=("phone", "paper", "facilitator"),
)
_AT = _column("at", "Time", "UTC, ISO 8601.", mandatory=True, filled=True)

DIALOGUE_SESSIONS = Table(
    "dialogue_sessions",
    "Dialogues",
    "Sessions of a room, live or ended.",
    (
        _key("session_id", "Session", "Join code of the session."),
        _column("cluster_id", "Cluster", "Cluster whose dialogue it was; blank for a dialogue of all.", mandatory=True,
                refers_to=("clusters", "cluster_id")),
        _column("title", "Title", "Title in the session's first language.", mandatory=True, filled=True),
        _column("languages", "Languages", "Languages offered, first one first, separated by spaces.", mandatory=True, filled=True),
        _column("held_on", "Held on", "Day of the first event (UTC).", "date", mandatory=True, filled=True),
        _column("state", "State", "live or locked when it was written down.", mandatory=True, filled=True, enum=("live", "locked")),
        _column("participants", "Participants", "People who joined, on paper included.", "integer", unit="people", mandatory=True, filled=True, minimum=0),
        _column("on_paper", "On paper", "Of those, whose answers were entered from paper.", "integer", unit="people", mandatory=True, filled=True, minimum=0),
        _column("last_event", "Last event", "Number of the last event in this record.", "integer", mandatory=True, filled=True, minimum=0),
        _column("method", "Method", "Version and rules with which the results were computed.", mandatory=True, filled=True),
    ),
    key=("session_id",),
)  # fmt: skip

DIALOGUE_QUESTIONS = Table(
    "dialogue_questions",
    "Dialogue questions",
    "The questions of a session, in order.",
    (
        _SESSION,
        _QUESTION,
        _column("position", "Position", "Order in the session, from 1.", "integer", mandatory=True, filled=True, minimum=1),
        _column("part", "Part", "Heading under which it stands."),
        _column("kind", "Kind", "Kind of question.", mandatory=True, filled=True, enum=DIALOGUE_KINDS),
        _column("framework_id", "Framework id", "Part of the framework it belongs to.", mandatory=True),
        _column("wording", "Wording", "As it was asked, in the session's first language.", mandatory=True, filled=True),
        _column("state", "State", "draft (never opened), open or closed.", mandatory=True, filled=True,
                enum=("draft", "open", "closed")),
        _column("results_shown", "Results shown", "Whether the room was shown the results.", "boolean", mandatory=True, filled=True),
        _column("answered", "Answered", "People who answered, wrote or voted.", "integer", unit="people", mandatory=True, filled=True, minimum=0),
    ),
    key=("session_id", "question_id"),
)  # fmt: skip

DIALOGUE_ITEMS = Table(
    "dialogue_items",
    "Dialogue items",
    "What each answer is about. Values: rating 1-5; contrast 1 (left pole) to 7; quadrant ease 1 easy, 2 hard and place 1 "
    "in place, 2 not yet; choice 1 chosen, 0 not; rank 1 first.",
    (
        _SESSION,
        _QUESTION,
        _key("item_id", "Item", "Name of the item within the question, for example F3 or F3/ease."),
        _column("position", "Position", "Order in the question, from 1.", "integer", mandatory=True, filled=True, minimum=1),
        _column("framework_id", "Framework id", "Part of the framework it belongs to.", mandatory=True),
        _column("dimension", "Dimension", "ease or place in a quadrant, else blank.", enum=("ease", "place")),
        _column("wording", "Wording", "In the session's first language.", mandatory=True),
        _column("left_pole", "Left pole", "Of a contrast: what 1 means."),
        _column("right_pole", "Right pole", "Of a contrast: what 7 means."),
        _column("lowest", "Lowest", "Lowest value.", "integer", mandatory=True, filled=True),
        _column("highest", "Highest", "Highest value.", "integer", mandatory=True, filled=True),
    ),
    key=("session_id", "question_id", "item_id"),
)  # fmt: skip

DIALOGUE_PARTICIPANTS = Table(
    "dialogue_participants",
    "Dialogue participants",
    "One row a person, without a name.",
    (
        _SESSION,
        _key("participant_id", "Participant", "Number of the person in this record; says nothing about who or when."),
        _COUNTRY,
        _ROLE,
        _OWN_CLUSTER,
        _SOURCE,
    ),
    key=("session_id", "participant_id"),
)

DIALOGUE_ANSWERS = Table(
    "dialogue_answers",
    "Dialogue answers",
    "The last answer of each person to each item.",
    (
        _SESSION,
        _QUESTION,
        _key("item_id", "Item", "An item of `dialogue_items`."),
        _key("participant_id", "Participant", "A person of `dialogue_participants`."),
        _COUNTRY,
        _ROLE,
        _OWN_CLUSTER,
        _column("value", "Value", "Whole number; see `dialogue_items`.", "integer", mandatory=True, filled=True, minimum=0, maximum=100),
        _SOURCE,
    ),
    key=("session_id", "question_id", "item_id", "participant_id"),
)  # fmt: skip

DIALOGUE_STATEMENTS = Table(
    "dialogue_statements",
    "Dialogue statements",
    "Texts and statements. The wording is there only when it was approved.",
    (
        _SESSION,
        _QUESTION,
        _key("statement_id", "Statement", "Number of the statement within the question."),
        _column("author_id", "Author", "Number of the author in this table; cannot be joined to answers. Blank: the facilitators.", mandatory=True),
        _column("text", "Text", "The wording; blank when it was not approved.", mandatory=True),
        _column("framework_ids", "Framework ids", "What its author says it is about, separated by spaces."),
        _column("language", "Language", "Language of its author's page."),
        _column("state", "State", "What became of it.", mandatory=True, filled=True, enum=FATES),
        _column("merged_into", "Merged into", "Number of the statement that speaks for it."),
        _COUNTRY,
        _ROLE,
        _SOURCE,
    ),
    key=("session_id", "question_id", "statement_id"),
)  # fmt: skip

DIALOGUE_VOTES = Table(
    "dialogue_votes",
    "Dialogue votes",
    "The last vote of each person on each approved statement.",
    (
        _SESSION,
        _QUESTION,
        _key("statement_id", "Statement", "A statement of `dialogue_statements`."),
        _key("voter_id", "Voter", "Number of the person in this table; cannot be joined to answers or statements."),
        _COUNTRY,
        _ROLE,
        _column("vote", "Vote", "1 agree, -1 disagree, 0 pass.", "integer", mandatory=True, filled=True, minimum=-1, maximum=1),
        _column("order", "Order", "Order in which the votes came, from 1.", "integer", mandatory=True, filled=True, minimum=1),
    ),
    key=("session_id", "question_id", "statement_id", "voter_id"),
)  # fmt: skip

DIALOGUE_MODERATION = Table(
    "dialogue_moderation",
    "Moderation log",
    "Every decision about a statement, with its reason, in order.",
    (
        _SESSION,
        _QUESTION,
        _key("statement_id", "Statement", "A statement of `dialogue_statements`."),
        _column("order", "Order", "Number of the event.", "integer", mandatory=True, filled=True, minimum=1),
        _column("decision", "Decision", "What was decided; pending when a decision was undone.", mandatory=True, filled=True, enum=FATES),
        _column("reason", "Reason", "As its author read it.", mandatory=True),
        _column("merged_into", "Merged into", "Number of the statement that speaks for it."),
        _AT,
    ),
    key=("session_id", "question_id", "statement_id", "order"),
)  # fmt: skip

DIALOGUE_EVENTS = Table(
    "dialogue_events",
    "Dialogue events",
    "The log: everything that was done, in order, without what participants said.",
    (
        _SESSION,
        _column("order", "Order", "Number of the event; order is by this, never by time.", "integer", mandatory=True, filled=True, minimum=1),
        _AT,
        _column("kind", "Kind", "What was done.", mandatory=True, filled=True),
        _column("actor", "Actor", "participant, facilitator or paper.", mandatory=True, filled=True,
                enum=("participant", "facilitator", "paper")),
        _column("question_id", "Question", "Question it was about; blank when none."),
        _column("undone_by", "Undone by", "Number of the event that undid it.", "integer"),
    ),
    key=("session_id", "order"),
)  # fmt: skip

DIALOGUE_RESULTS = Table(
    "dialogue_results",
    "Dialogue results",
    "What the room said, counted; hidden where few people stand behind it.",
    (
        _SESSION,
        _QUESTION,
        _column("item_id", "Item", "Item, statement number, or blank for the question as a whole.", mandatory=True),
        _column("statistic", "Statistic", "What the row tells.", mandatory=True, filled=True, enum=tuple(STATISTICS)),
        _column("by", "By", "country, role, opinion_group, or blank for the whole room.", mandatory=True),
        _column("segment", "Segment", "Which country, role or group; not_said for people who did not say.", mandatory=True),
        _column("option", "Option", "Answer that is counted, where the row is about one.", mandatory=True),
        _column("people", "People", "People who answered; the denominator.", "integer", unit="people", mandatory=True, minimum=0),
        _column("count", "Count", "Of those, how many.", "integer", unit="people", mandatory=True, minimum=0),
        _column("value", "Value", "The figure; shares are 0 to 1.", "number", mandatory=True),
        _column("lower", "Lower limit", "Lower 95% limit (Wilson for shares).", "number"),
        _column("upper", "Upper limit", "Upper 95% limit (Wilson for shares).", "number"),
        _column("text", "Finding", "The finding in a word or a sentence, where it is not a number."),
        _column("status", "Status", "Blank when the figures are shown, c when few people stand behind them.", mandatory=True,
                enum=("c", "x")),
    ),
    key=("session_id", "question_id", "item_id", "statistic", "by", "segment", "option"),
)  # fmt: skip

DIALOGUE_TABLES: tuple[Table, ...] = (
    DIALOGUE_SESSIONS,
    DIALOGUE_QUESTIONS,
    DIALOGUE_ITEMS,
    DIALOGUE_PARTICIPANTS,
    DIALOGUE_ANSWERS,
    DIALOGUE_STATEMENTS,
    DIALOGUE_VOTES,
    DIALOGUE_MODERATION,
    DIALOGUE_EVENTS,
    DIALOGUE_RESULTS,
)
