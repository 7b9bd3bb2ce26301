"""Ontario: the Ministry of Education's school information file, with EQAO results in percent.

The file has no number of pupils tested, so `pupils` of every outcome is blank: a percentage without a
denominator has no interval, and none is made up. Blank cells are left out (the school has no such grade);
`N/R` is a result of too few pupils, `N/D` no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from allrise.data.importers.cells import coded, counts, unique_ids, values
from allrise.data.importers.imported import Imported, Options, undated
from allrise.data.importers.school_years import start_year
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, MEASURES, OUTCOMES, SCHOOLS
from allrise.errors import InvalidData, UnreadableInput

WHAT = "the school information file of Ontario"
REGION = "Ontario"
KIND = "district"

_GRADE = "Percentage of Grade {grade} Students Achieving the Provincial Standard in {subject}"
#: measure_id, column, label
RESULTS: tuple[tuple[str, str, str], ...] = (
    *(
        (
            f"grade_{grade}_{subject.lower()}",
            _GRADE.format(grade=grade, subject=subject),
            f"Provincial standard in {subject.lower()}, grade {grade}",
        )
        for grade, subjects in ((3, ("Reading", "Writing", "Mathematics")), (6, ("Reading", "Writing", "Mathematics")))
        for subject in subjects
    ),
    (
        "grade_9_mathematics",
        _GRADE.format(grade=9, subject="Mathematics"),
        "Provincial standard in mathematics, grade 9",
    ),
    (
        "grade_10_literacy",
        "Percentage of Students That Passed the Grade 10 OSSLT on Their First Attempt",
        "Literacy test passed at the first attempt, grade 10",
    ),
)
_COLUMNS = (
    "Board Number",
    "Board Name",
    "School Number",
    "School Name",
    "School Level",
    "School Language",
    "Enrolment",
)
SPELLINGS: dict[str, tuple[str, ...]] = {name: (name,) for name in (*_COLUMNS, *(column for _, column, _ in RESULTS))}
REQUIRED = ("Board Number", "Board Name", "School Number", "School Name", "School Level", "Enrolment")

_PHASES = {"Elementary": "primary", "Secondary": "secondary"}


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder of one school information file.

    Raises
    ------
    UnreadableInput
        When the file is not the school information file, several are given, or its year is not known.
    InvalidData
        When a school stands twice or a cell is not understood.
    """
    if len(files) != 1:
        raise UnreadableInput(f"{len(files)} files were given", "Give one file: it holds every school.")
    file = read_source(files[0], WHAT, SPELLINGS, REQUIRED)
    year = start_year(file.path, options.year)
    school_id = unique_ids(file, "School Number")
    schools = pd.DataFrame(
        {
            "school_id": school_id,
            "name": file.text("School Name"),
            "country": "CA",
            "region": REGION,
            "phase": coded(file, "School Level", _PHASES, "school level"),
            "pupils": counts(file, "Enrolment", profile("CA").for_region(REGION).symbols),
        }
    )
    if file.has("School Language"):
        schools["language"] = file.text("School Language")
    boards = _boards(file)
    clusters = pd.DataFrame(
        {"cluster_id": list(boards), "name": list(boards.values()), "country": "CA", "region": REGION, "kind": KIND}
    )
    outcomes, blank = _outcomes(file, year)
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(clusters),
            "schools": SCHOOLS.typed(schools.reset_index(drop=True)),
            "memberships": undated(school_id, file.text("Board Number")),
            "measures": MEASURES.typed(_measures(set(outcomes["measure_id"]))),
            "outcomes": OUTCOMES.typed(outcomes),
        },
        name="ontario-schools",
        title="Schools and school boards of Ontario",
        description="School information with EQAO results, in percent and without denominators.",
        licences=(
            Licence(
                "OGL-Ontario-1.0",
                "Open Government Licence - Ontario",
                "https://www.ontario.ca/page/open-government-licence-ontario",
            ),
        ),
        sources=(Source("Ontario Ministry of Education, school information", file.path.name, str(year)),),
        caveats=(
            Caveat("The number of pupils tested is not published, so no interval can be given.", "outcomes"),
            Caveat(
                "The school year of the results is taken from the file; the publisher may pair it with earlier tests.",
                "outcomes",
            ),
            Caveat("Pupils are rounded to the nearest 5; where there are few, they are not published.", "schools"),
            Caveat("Membership is that of the file's school year; when schools joined is not known.", "memberships"),
        ),
        rows_in=len(file.rows),
        notes=(
            f"{blank:,} blank results were left out: the school has no such grade, or nothing was published.",
            f"Columns not used: {len(file.unused)} (changes over three years, and characteristics of pupils).",
        ),
    )


def _outcomes(file: SourceFile, year: int) -> tuple[pd.DataFrame, int]:
    symbols = profile("CA").for_region(REGION).symbols
    frames: list[pd.DataFrame] = []
    blank = 0
    for measure, column, _ in RESULTS:
        if not file.has(column):
            continue
        value, status = values(file, column, symbols)
        there = file.text(column) != ""
        blank += int((~there).sum())
        frame = pd.DataFrame(
            {"school_id": file.text("School Number"), "measure_id": measure, "value": value, "status": status}
        )
        frames.append(frame.loc[there])
    if not frames:
        raise UnreadableInput(
            f"{file.path.name} has no column with results", f"One of them is {RESULTS[0][1]!r}: give the whole file."
        )
    outcomes = pd.concat(frames, ignore_index=True)
    outcomes["time_period"] = year
    outcomes["pupil_group"] = "all"
    outcomes["pupils"] = pd.Series(index=outcomes.index, dtype="Int64")
    return outcomes, blank


def _measures(used: set[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "measure_id": measure,
                "label": label,
                "unit": "percent",
                "higher_is_better": True,
                "description": f"{column}.",
                "source": "Education Quality and Accountability Office (EQAO), Ontario",
            }
            for measure, column, label in RESULTS
            if measure in used
        ]
    )


def _boards(file: SourceFile) -> dict[str, str]:
    """Return the name of every board by its number."""
    names: dict[str, str] = {}
    for line, number, name in zip(file.rows.index, file.text("Board Number"), file.text("Board Name"), strict=True):
        if names.setdefault(number, name) != name:
            raise InvalidData(
                f"{file.at(line, 'Board Name')}: board {number} is {name!r} here and {names[number]!r} above",
                "A board has one name; write it alike.",
            )
    return dict(sorted(names.items()))
