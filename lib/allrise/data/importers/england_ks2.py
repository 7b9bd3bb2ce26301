"""England: DfE's key stage 2 school tables, as published or as a prepared panel with trust links.

Kept are mainstream schools (``RECTYPE`` 1): special schools are small and so different that they distort
every comparison, and the rows of authorities and of England would be counted as schools.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from allrise.data.importers.cells import counts, ids, values
from allrise.data.importers.england_clusters import Chosen, choose_clusters, school_table
from allrise.data.importers.england_columns import GROUPS, MEASURES, REQUIRED, SPELLINGS, Group, Measure
from allrise.data.importers.establishments import SchoolYear, identify
from allrise.data.importers.imported import Imported, Options, left_out, undated
from allrise.data.importers.school_years import start_year
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, OUTCOMES, SCHOOLS, TABLES
from allrise.errors import InvalidData, UnreadableInput

WHAT = "a key stage 2 school table"
FIRST_YEAR = 2015

TRUST_CAVEAT = "Trust membership is as of March 2022, not of the test year."
AUTHORITY_CAVEAT = "Each school is in the authority of its newest row; when it joined is not known."
_PUBLISHER = "Department for Education, key stage 2 school performance tables"
_RECORDS = {
    "2": "special school (RECTYPE 2)",
    "3": "total of a local authority (RECTYPE 3)",
    "4": "total of England (RECTYPE 4)",
    "5": "total of England's state-funded schools (RECTYPE 5)",
}
_SUPERSEDED = "no results that year, and the same school has a row with them under its other number"


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder of several school tables.

    Raises
    ------
    UnreadableInput
        When a file is not a school table, its year is not known, or trusts are asked for and not in it.
    InvalidData
        When a cell or a record type is not known, or a school-year stands in two files.
    """
    rows: list[SchoolYear] = []
    frames: list[pd.DataFrame] = []
    gone: Counter[str] = Counter()
    rows_in = 0
    for path in files:
        file = read_source(path, WHAT, SPELLINGS, REQUIRED)
        rows_in += len(file.rows)
        file = _mainstream(file, gone)
        rows += _school_years(file, options)
        frames += _outcomes(file)
    if not rows:
        raise UnreadableInput("None of the files has a mainstream school (RECTYPE 1)", f"Give {WHAT} with its rows.")
    _refuse_repeats(rows)
    found = identify(rows)
    gone[_SUPERSEDED] += len(found.superseded)
    chosen = choose_clusters(found.schools, options)
    outcomes = _of_schools(pd.concat(frames, ignore_index=True), found.schools)
    years = sorted({r.year for r in rows})
    notes = [f"School years: {', '.join(profile('GB-ENG').school_year(y) for y in years)}."]
    if found.joined:
        notes.append(f"Schools that became one school and keep their own ids: {found.joined} groups.")
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(chosen.table),
            "schools": SCHOOLS.typed(school_table(found.schools)),
            "memberships": undated(chosen.members, chosen.members.values()),
            "measures": TABLES["measures"].typed(_measures(set(outcomes["measure_id"]))),
            "outcomes": OUTCOMES.typed(outcomes),
        },
        name="england-ks2",
        title="Key stage 2 results of English primary schools",
        description="Mainstream schools of the Department for Education's key stage 2 performance tables.",
        licences=(
            Licence(
                "OGL-UK-3.0",
                "Open Government Licence v3.0",
                "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            ),
        ),
        sources=tuple(Source(_PUBLISHER, path.name) for path in files),
        caveats=_caveats(chosen),
        rows_in=rows_in,
        left_out=left_out(gone),
        notes=tuple(notes),
    )


def _mainstream(file: SourceFile, gone: Counter[str]) -> SourceFile:
    kind = ids(file.text("RECTYPE"))
    line = file.first(~kind.isin(["1", *_RECORDS]))
    if line is not None:
        raise InvalidData(
            f"{file.at(line, 'RECTYPE')}: {file.cell(line, 'RECTYPE')!r} is not a record type",
            "1 is a mainstream school, 2 a special school, 3 to 5 are totals; is this DfE's own file?",
        )
    for code, reason in _RECORDS.items():
        gone[reason] += int((kind == code).sum())
    return file.where(kind == "1")


def _school_years(file: SourceFile, options: Options) -> Iterable[SchoolYear]:
    if file.has("year"):
        if options.year is not None:
            raise UnreadableInput(f"{file.path.name} has a column year", "Leave --year out.")
        years = counts(file, "year", {})
    else:
        years = pd.Series(start_year(file.path, options.year), index=file.rows.index, dtype="Int64")
    line = file.first(years.isna() | (years < FIRST_YEAR))
    if line is not None:
        raise InvalidData(
            f"{file.path.name} line {line} is of the school year {years.loc[line]}",
            f"The expected standard is measured since {FIRST_YEAR}/16; earlier levels cannot be compared with it.",
        )
    urns = ids(file.text("URN"))
    line = file.first(~urns.str.fullmatch(r"\d+"))
    if line is not None:
        raise InvalidData(f"{file.at(line, 'URN')}: {file.cell(line, 'URN')!r} is no URN", "A URN is a whole number.")
    pupils = counts(file, "TOTPUPS", profile("GB-ENG").symbols)
    columns = zip(
        _labels(file),
        urns,
        ids(file.text("LEA")),
        ids(file.text("ESTAB")),
        years,
        file.text("TELIG"),
        file.text("SCHNAME"),
        ids(file.text("URN2")),
        ids(file.text("URN_AC")).replace("0", ""),
        pupils,
        file.text("AGERANGE"),
        file.text("Group ID"),
        file.text("Group Name"),
        strict=True,
    )
    for label, urn, authority, number, year, eligible, name, present, academy, roll, ages, trust, trust_name in columns:
        yield SchoolYear(
            label=label,
            urn=urn,
            place=f"{authority}/{number}",
            year=int(year),
            has_results=eligible != "",
            name=name,
            authority=authority,
            present_urn=present,
            academy_urn=academy,
            pupils=None if pd.isna(roll) else int(roll),
            ages=ages,
            trust=trust,
            trust_name=trust_name,
        )


def _labels(file: SourceFile) -> list[str]:
    return [f"{file.path.name} line {line}" for line in file.rows.index]


def _refuse_repeats(rows: Sequence[SchoolYear]) -> None:
    seen: dict[tuple[str, int], str] = {}
    for row in rows:
        first = seen.setdefault((row.urn, row.year), row.label)
        if first != row.label:
            raise InvalidData(
                f"URN {row.urn} has two rows of {row.year}: {first} and {row.label}",
                "Give each school year once: the raw table or the panel, not both.",
            )


def _outcomes(file: SourceFile) -> list[pd.DataFrame]:
    return [
        _one(file, measure, group)
        for measure in MEASURES
        for group in GROUPS
        if file.has(measure.column + group.suffix)
    ]


def _one(file: SourceFile, measure: Measure, group: Group) -> pd.DataFrame:
    symbols = profile("GB-ENG").symbols
    column = measure.column + group.suffix
    pupils = _denominator(file, group)
    value, status = values(file, column, symbols)
    nobody = (file.text(column) == "") & (pupils == 0).fillna(value=False)
    frame = pd.DataFrame(
        {
            "measure_id": measure.measure_id,
            "pupil_group": group.pupil_group,
            "pupils": pupils,
            "value": value,
            "status": status.where(~nobody, "z"),
        }
    )
    for limit, ending in (("lower", "_LOWER"), ("upper", "_UPPER")):
        frame[limit] = values(file, column + ending, symbols)[0].where(value.notna())
    frame["label"] = _labels(file)
    return frame


def _denominator(file: SourceFile, group: Group) -> pd.Series:
    symbols = profile("GB-ENG").symbols
    if group.pupil_group == "not_disadvantaged" and not file.has(group.pupils):
        return counts(file, "TELIG", symbols) - counts(file, "TFSM6CLA1A", symbols)
    return counts(file, group.pupils, symbols)


def _of_schools(outcomes: pd.DataFrame, schools: Mapping[str, Sequence[SchoolYear]]) -> pd.DataFrame:
    """Return the outcomes of rows that are kept, with school and year in place of the row's label."""
    places = pd.DataFrame(
        [(row.label, school, row.year) for school, rows in schools.items() for row in rows],
        columns=["label", "school_id", "time_period"],
    )
    return outcomes.merge(places, on="label", how="inner", validate="many_to_one").drop(columns="label")


def _measures(used: set[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "measure_id": m.measure_id,
                "label": m.label,
                "unit": m.unit,
                "higher_is_better": True,
                "description": m.description,
                "source": _PUBLISHER,
            }
            for m in MEASURES
            if m.measure_id in used
        ]
    )


def _caveats(chosen: Chosen) -> tuple[Caveat, ...]:
    smaller = f"Trusts with fewer than {chosen.minimum} schools in these files are no clusters here: their schools are counted as in none."
    return (
        Caveat(TRUST_CAVEAT if chosen.by_trust else AUTHORITY_CAVEAT, "memberships"),
        *((Caveat(smaller, "memberships"),) if chosen.by_trust and chosen.minimum > 1 else ()),
        Caveat("Mainstream schools only: special schools are left out.", "outcomes"),
        Caveat("Results of 1 to 5 pupils are not published.", "outcomes"),
        Caveat(
            "Progress and scores are of pupils with results; the pupils counted are all who were eligible.", "outcomes"
        ),
        Caveat("A school that became an academy keeps one id: its newest reference number.", "schools"),
    )
