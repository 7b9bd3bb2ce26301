"""The tables of a data folder: what each column is called, means, and may hold.

Long tables, one observation a row. Ids are opaque strings. ``time_period`` is the start year of a school
year (2018 is 2018/19). A missing outcome always carries a status, so that nothing silently becomes zero.
"""

from __future__ import annotations

from allrise.data.columns import Column, Table
from allrise.data.dialogue import DIALOGUE_TABLES

#: Countries of the kit: ISO 3166-1 codes, and GB-ENG (ISO 3166-2) for England.
COUNTRIES: tuple[str, ...] = ("CA", "US", "NZ", "AU", "GB-ENG")

#: DfE's symbols for a value that is not shown; a blank status means that the value is shown.
STATUSES: dict[str, str] = {
    "c": "confidential: hidden to protect pupils",
    "low": "rounds to zero, but is not zero",
    "k": "rounds to zero, but is not zero (older symbol)",
    "u": "unreliable: too few pupils or too little coverage",
    "x": "not available",
    "z": "not applicable",
}

#: Roles of the people who take part (F7), from the paper's list.
ROLES: dict[str, str] = {
    "leader": "Headteacher or principal",
    "middle_leader": "Middle leader",
    "teacher": "Teacher",
    "assistant": "Teaching assistant or support staff",
    "governor": "Board or governor",
    "student": "Student",
    "family": "Parent or family",
    "community": "Community partner",
}

#: Pupil groups that the kit knows by name; a file may add others.
PUPIL_GROUPS: dict[str, str] = {
    "all": "All pupils",
    "disadvantaged": "Disadvantaged pupils",
    "not_disadvantaged": "Other pupils",
    "girls": "Girls",
    "boys": "Boys",
    "language_learners": "Pupils learning the language of instruction",
    "not_language_learners": "Pupils with the language of instruction",
    "indigenous": "Indigenous pupils",
    "not_indigenous": "Non-indigenous pupils",
    "special_needs": "Pupils with special educational needs",
    "not_special_needs": "Pupils without special educational needs",
}

#: Pairs of groups that together make up all pupils; a hidden one could be derived from the other.
COMPLEMENTS: tuple[tuple[str, str], ...] = (
    ("disadvantaged", "not_disadvantaged"),
    ("girls", "boys"),
    ("language_learners", "not_language_learners"),
    ("indigenous", "not_indigenous"),
    ("special_needs", "not_special_needs"),
)

STAGES: tuple[str, ...] = ("collaboration", "co_responsibility", "shared_accountability")


def _text(name: str, label: str, description: str, **kw: object) -> Column:
    return Column(name, "string", label, description, **kw)  # type: ignore[arg-type]


def _whole(name: str, label: str, description: str, **kw: object) -> Column:
    return Column(name, "integer", label, description, **kw)  # type: ignore[arg-type]


def _number(name: str, label: str, description: str, **kw: object) -> Column:
    return Column(name, "number", label, description, **kw)  # type: ignore[arg-type]


def _date(name: str, label: str, description: str, **kw: object) -> Column:
    return Column(name, "date", label, description, **kw)  # type: ignore[arg-type]


def _id(
    name: str, label: str, description: str, refers_to: tuple[str, str] | None = None, *, filled: bool = True
) -> Column:
    return Column(name, "string", label, description, mandatory=True, filled=filled, refers_to=refers_to)


def _period(description: str = "Start year of the school year: 2018 is 2018/19.", *, filled: bool = True) -> Column:
    return Column(
        "time_period", "integer", "School year", description, mandatory=True, filled=filled, minimum=1900, maximum=2100
    )


CLUSTERS = Table(
    "clusters",
    "Clusters",
    "Networks of schools, typically 5 to 20 schools each.",
    (
        _id("cluster_id", "Cluster", "Opaque id of the cluster."),
        _text("name", "Name", "Name as the cluster writes it.", mandatory=True, filled=True),
        _text("country", "Country", "ISO code of the country.", mandatory=True, filled=True, enum=COUNTRIES),
        _text("region", "Region", "State, province, region or authority."),
        _text("kind", "Kind", "What such a cluster is called there, for example multi-academy trust."),
        _date("formed_on", "Formed on", "Day on which the cluster was formed."),
        _text("purpose", "Purpose", "The cluster's shared moral purpose, in its own words."),
        _text("enquiry_question", "Enquiry question", "The one question this cluster enquires into now."),
    ),
    key=("cluster_id",),
    required=True,
)

SCHOOLS = Table(
    "schools",
    "Schools",
    "Every school of the system, in a cluster or not.",
    (
        _id("school_id", "School", "Opaque id of the school."),
        _text("name", "Name", "Name of the school.", mandatory=True, filled=True),
        _text("country", "Country", "ISO code of the country.", mandatory=True, filled=True, enum=COUNTRIES),
        _text("region", "Region", "State, province, region or authority."),
        _text("phase", "Phase", "primary, secondary, all-through, special or other.",
              enum=("primary", "middle", "secondary", "all-through", "special", "other")),
        _whole("pupils", "Pupils", "Pupils on roll, latest year.", unit="pupils", minimum=0, maximum=50_000),
        _number("latitude", "Latitude", "WGS 84.", unit="degrees", minimum=-90, maximum=90),
        _number("longitude", "Longitude", "WGS 84.", unit="degrees", minimum=-180, maximum=180),
    ),
    key=("school_id",),
    required=True,
)  # fmt: skip

MEMBERSHIPS = Table(
    "memberships",
    "Memberships",
    "Spells of a school in a cluster; an outcome belongs to the cluster its school was in that year.",
    (
        _id("school_id", "School", "A school of `schools`.", ("schools", "school_id")),
        _id("cluster_id", "Cluster", "A cluster of `clusters`.", ("clusters", "cluster_id")),
        _date("joined_on", "Joined on", "First day of the spell; blank when not known.", mandatory=True),
        _date("left_on", "Left on", "First day after the spell; blank while it lasts.", mandatory=True),
    ),
    key=("school_id", "cluster_id", "joined_on"),
    required=True,
)

MEASURES = Table(
    "measures",
    "Measures",
    "What is measured, in which unit, and which way is better.",
    (
        _id("measure_id", "Measure", "Opaque id of the measure."),
        _text("label", "Label", "A few words for a chart title.", mandatory=True, filled=True),
        _text("unit", "Unit", "percent, points, days or another unit.", mandatory=True, filled=True),
        Column(
            "higher_is_better",
            "boolean",
            "Higher is better",
            "Whether a higher value is the hoped-for one.",
            mandatory=True,
        ),
        _text("description", "Description", "What is counted, over whom, and when."),
        _text("source", "Source", "Who published it."),
    ),
    key=("measure_id",),
)

OUTCOMES = Table(
    "outcomes",
    "Outcomes",
    "One measure for one group of pupils in one school and year.",
    (
        _id("school_id", "School", "A school of `schools`.", ("schools", "school_id")),
        _period(),
        _id("measure_id", "Measure", "A measure of `measures`.", ("measures", "measure_id")),
        _id("pupil_group", "Pupil group", "`all` or a group of pupils."),
        _whole("pupils", "Pupils", "Denominator: how many pupils the value is about.", mandatory=True, unit="pupils",
               minimum=0, maximum=50_000),
        _number("value", "Value", "The value, in the measure's unit.", mandatory=True),
        _number("lower", "Lower limit", "Published lower 95% limit, where there is one."),
        _number("upper", "Upper limit", "Published upper 95% limit, where there is one."),
        _text("status", "Status", "Blank when the value is shown, else why it is not.", mandatory=True,
              enum=tuple(STATUSES)),
    ),
    key=("school_id", "time_period", "measure_id", "pupil_group"),
)  # fmt: skip

ITEMS = Table(
    "items",
    "Survey items",
    "Questions of the survey and the part of the framework each belongs to.",
    (
        _id("item_id", "Item", "Opaque id of the item."),
        _text(
            "framework_id",
            "Framework id",
            "F1-F8, L1-L10, T1-T9, autonomy or connectedness.",
            mandatory=True,
            filled=True,
        ),
        _text("wording", "Wording", "The question as it was asked.", mandatory=True, filled=True),
        Column("reversed", "boolean", "Reversed", "True when agreement means less of it.", mandatory=True, filled=True),
    ),
    key=("item_id",),
)

SURVEY = Table(
    "survey",
    "Survey answers",
    "One answer of one person to one item; a person is a response_id within a wave.",
    (
        _id("response_id", "Response", "Opaque id of one person's answers in one wave."),
        _id("cluster_id", "Cluster", "A cluster of `clusters`.", ("clusters", "cluster_id")),
        _id("school_id", "School", "A school of `schools`; blank when not asked.", ("schools", "school_id"), filled=False),
        _text("wave", "Wave", "Start year of the wave's school year, or year and month.", mandatory=True, filled=True),
        _text("role", "Role", "Role of the person.", mandatory=True, enum=tuple(ROLES)),
        _id("item_id", "Item", "An item of `items`.", ("items", "item_id")),
        _whole("score", "Score", "1 strongly disagree to 5 strongly agree; blank when not answered.", mandatory=True,
               minimum=1, maximum=5),
    ),
    key=("response_id", "wave", "item_id"),
)  # fmt: skip

REVIEWS = Table(
    "reviews",
    "Peer reviews",
    "One review of a school by a school, or of a cluster by a cluster.",
    (
        _id("review_id", "Review", "Opaque id of the review."),
        _id("reviewer_id", "Reviewer", "School or cluster that reviewed."),
        _id("reviewed_id", "Reviewed", "School or cluster that was reviewed."),
        _text("level", "Level", "school or cluster.", mandatory=True, filled=True, enum=("school", "cluster")),
        _date("started_on", "Started on", "First day of the review.", mandatory=True),
        _date("ended_on", "Ended on", "Last day of the review; blank while it lasts.", mandatory=True),
        _whole("cycle", "Cycle", "Which cycle of enquiry it belongs to, counted from 1.", minimum=1, maximum=100),
        _text("focus", "Focus", "A framework id, or the focus in words."),
        _whole(
            "actions_agreed", "Actions agreed", "Actions agreed at its end.", unit="actions", minimum=0, maximum=1000
        ),
        _whole("actions_done", "Actions done", "Of those, done so far.", unit="actions", minimum=0, maximum=1000),
        _date("followed_up_on", "Followed up on", "Day on which the actions were looked at again."),
    ),
    key=("review_id",),
)

TIES = Table(
    "ties",
    "Network ties",
    "One school works with another, as reported by one of them.",
    (
        _id("from_id", "From", "School whose tie it is."),
        _id("to_id", "To", "School it works with, in any cluster."),
        _period(),
        _text(
            "kind",
            "Kind",
            "What they do together, for example joint practice development.",
            mandatory=True,
            filled=True,
        ),
        _whole("strength", "Strength", "1 occasional to 5 weekly or more.", minimum=1, maximum=5),
        _text("role", "Role", "Whose work it mainly is.", enum=tuple(ROLES)),
        _text("reported_by", "Reported by", "School that reported it; blank means the `from` school."),
    ),
    key=("from_id", "to_id", "time_period", "kind", "reported_by"),
)

COMMITMENTS = Table(
    "commitments",
    "Public commitments",
    "What a cluster said publicly it will reach: what, how, who and where.",
    (
        _id("commitment_id", "Commitment", "Opaque id of the commitment."),
        _id("cluster_id", "Cluster", "A cluster of `clusters`.", ("clusters", "cluster_id")),
        _text("what", "What", "The outcome it will reach.", mandatory=True),
        _text("measure_id", "Measure", "How it is measured: a measure of `measures`.", refers_to=("measures", "measure_id")),
        _text("pupil_group", "Pupil group", "The pupils it is about."),
        _number("baseline", "Baseline", "Value when it was made, in the measure's unit."),
        _number("target", "Target", "Value to reach, in the measure's unit."),
        _date("due_on", "Due on", "Day by which."),
        _text("who", "Who", "The role responsible; never a person's name."),
        _text("where", "Where", "Where it is published."),
        _text("status", "Status", "planned, under_way, reached, not_reached or dropped.",
              enum=("planned", "under_way", "reached", "not_reached", "dropped")),
    ),
    key=("commitment_id",),
)  # fmt: skip

STAGES_TABLE = Table(
    "stages",
    "Stages of accountability",
    "Stage of shared accountability (F6) a cluster says it has reached, by year.",
    (
        _id("cluster_id", "Cluster", "A cluster of `clusters`.", ("clusters", "cluster_id")),
        _period(),
        _text("stage", "Stage", "collaboration, co_responsibility or shared_accountability.", mandatory=True, filled=True,
              enum=STAGES),
    ),
    key=("cluster_id", "time_period"),
)  # fmt: skip

CONTEXTS = Table(
    "contexts",
    "Context",
    "Cited figures about a country or region, to stand beside the cluster's own data.",
    (
        _text("country", "Country", "ISO code of the country, or blank for several.", mandatory=True),
        _text("region", "Region", "State, province, region, or a group of countries."),
        _text("indicator", "Indicator", "What is counted or measured.", mandatory=True, filled=True),
        _text("time_period", "Period", "Year, or year and month, as the source gives it.", mandatory=True, filled=True),
        _number("value", "Value", "The figure, in its unit.", mandatory=True),
        _text("unit", "Unit", "Unit of the figure."),
        _text("source", "Source", "Who published it and where it was read.", mandatory=True, filled=True),
    ),
    key=("country", "region", "indicator", "time_period"),
)

#: Every table that the kit reads, by name, in reading order; the `dialogue_*` tables are in `dialogue.py`.
TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        CLUSTERS,
        SCHOOLS,
        MEMBERSHIPS,
        MEASURES,
        OUTCOMES,
        ITEMS,
        SURVEY,
        REVIEWS,
        TIES,
        COMMITMENTS,
        STAGES_TABLE,
        CONTEXTS,
        *DIALOGUE_TABLES,
    )
}

REQUIRED: tuple[str, ...] = tuple(t.name for t in TABLES.values() if t.required)
