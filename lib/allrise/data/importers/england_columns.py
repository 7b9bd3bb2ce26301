"""What the columns of DfE's key stage 2 school tables mean to us (after DfE's own list of fields)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its column for all pupils; for a group, the group's suffix is put behind it."""

    measure_id: str
    column: str
    label: str
    unit: str
    description: str
    limits: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A pupil group: the suffix of its columns and the column that counts its pupils."""

    pupil_group: str
    suffix: str
    pupils: str


GROUPS: tuple[Group, ...] = (
    Group("all", "", "TELIG"),
    Group("disadvantaged", "_FSM6CLA1A", "TFSM6CLA1A"),
    Group("not_disadvantaged", "_NotFSM6CLA1A", "TNotFSM6CLA1A"),
    Group("girls", "_G", "GELIG"),
    Group("boys", "_B", "BELIG"),
    Group("language_learners", "_EAL", "TEALGRP2"),
)

_PROGRESS = (
    "Value-added score against pupils in England with the same results at the end of key stage 1; 0 is the "
    "average of England. With the published 95% limits."
)
_SCALED = "Mean scaled score of the tests: 100 is the expected standard, 80 to 120 the range."

MEASURES: tuple[Measure, ...] = (
    Measure(
        "rwm_expected",
        "PTRWM_EXP",
        "Expected standard in reading, writing and maths",
        "percent",
        "Pupils at the end of key stage 2 who reached the expected standard in all three.",
    ),
    Measure(
        "rwm_higher",
        "PTRWM_HIGH",
        "Higher standard in reading, writing and maths",
        "percent",
        "Pupils with a high score in reading and maths and working at greater depth in writing.",
    ),
    Measure("reading_progress", "READPROG", "Progress in reading", "points", _PROGRESS, limits=True),
    Measure("writing_progress", "WRITPROG", "Progress in writing", "points", _PROGRESS, limits=True),
    Measure("maths_progress", "MATPROG", "Progress in maths", "points", _PROGRESS, limits=True),
    Measure("reading_score", "READ_AVERAGE", "Average scaled score in reading", "points", _SCALED),
    Measure("maths_score", "MAT_AVERAGE", "Average scaled score in maths", "points", _SCALED),
)

REQUIRED: tuple[str, ...] = ("RECTYPE", "LEA", "ESTAB", "URN", "SCHNAME", "TELIG", "PTRWM_EXP")

_OTHERS = ("year", "URN2", "URN_AC", "TOTPUPS", "AGERANGE", "Group ID", "Group Name", *(g.pupils for g in GROUPS))

#: Every column that is read, under its own name.
SPELLINGS: dict[str, tuple[str, ...]] = {
    name: (name,)
    for name in dict.fromkeys(
        [
            *REQUIRED,
            *_OTHERS,
            *(m.column + g.suffix for m in MEASURES for g in GROUPS),
            *(m.column + g.suffix + end for m in MEASURES if m.limits for g in GROUPS for end in ("_LOWER", "_UPPER")),
        ]
    )
}
