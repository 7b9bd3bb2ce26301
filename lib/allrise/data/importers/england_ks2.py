"""England: DfE's key stage 2 school tables, as published or as a prepared panel with trust links.

Kept are mainstream schools (``RECTYPE`` 1): special schools are small and so different that they distort
every comparison, and the rows of authorities and of England would be counted as schools.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files as resources
from pathlib import Path

import pandas as pd

from allrise.data.importers.cells import counts, ids, values
from allrise.data.importers.england_columns import GROUPS, MEASURES, REQUIRED, SPELLINGS, Group, Measure
from allrise.data.importers.establishments import school_ids
from allrise.data.importers.imported import Imported, Options, left_out
from allrise.data.importers.school_years import start_year
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, MEASURES as MEASURES_TABLE, MEMBERSHIPS, OUTCOMES, SCHOOLS
from allrise.errors import InvalidData, UnreadableInput

WHAT = "a key stage 2 school table"
FIRST_YEAR = 2015
MIN_SCHOOLS = 5

TRUST_CAVEAT = "Trust membership is as of March 2022, not of the test year."
_RECORDS = {
    "2": "special school (RECTYPE 2)",
    "3": "total of a local authority (RECTYPE 3)",
    "4": "total of England (RECTYPE 4)",
    "5": "total of England's state-funded schools (RECTYPE 5)",
}
_SUPERSEDED = "no results that year, and the same school has a row with them under its other URN"


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder of several school tables.

    Raises
    ------
    UnreadableInput
        When a file is not a school table, its year is not known, or trusts are asked for and not in it.
    InvalidData
        When a cell or a record type is not known, or a school-year stands in two files.
    """
    schools: list[pd.DataFrame] = []
    outcomes: list[pd.DataFrame] = []
    gone: Counter[str] = Counter()
    rows_in = 0
    for path in files:
        file = read_source(path, WHAT, SPELLINGS, REQUIRED)
        rows_in += len(file.rows)
        kept = _mainstream(file, gone)
        if kept.rows.empty:
            continue
        school = _schools(kept, options)
        school.index = pd.Index([f"{path.name}:{line}" for line in kept.rows.index])
        schools.append(school)
        outcomes.append(_outcomes(kept, school.index))
    if not schools:
        raise UnreadableInput("None of the files has a mainstream school (RECTYPE 1)", f"Give {WHAT} with its rows.")
    rows = pd.concat(schools)
    _refuse_repeats(rows)
    rows["school_id"], superseded, joined = school_ids(rows)
    gone[_SUPERSEDED] += int(superseded.sum())
    rows = rows.loc[~superseded].sort_values(["school_id", "year"])
    long = pd.concat(outcomes, ignore_index=True)
    long = long.loc[long["row"].isin(set(rows.index))].reset_index(drop=True)
    long["school_id"] = long["row"].map(rows["school_id"])
    long["time_period"] = long["row"].map(rows["year"]).astype("Int64")
    newest = rows.drop_duplicates("school_id", keep="last")
    # a school that opened this year as an academy counts no pupils yet: take its newest count
    newest = newest.assign(pupils=newest["school_id"].map(rows.groupby("school_id")["pupils"].last()))
    clusters, memberships, by_trust = _clusters(rows, newest, options)
    years = sorted({int(y) for y in rows["year"]})
    notes = [f"School years {years[0]}/{(years[0] + 1) % 100:02d} to {years[-1]}/{(years[-1] + 1) % 100:02d}."]
    if joined:
        notes.append(f"{joined} groups of schools became one school; each keeps its own id.")
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(clusters),
            "schools": SCHOOLS.typed(_school_table(newest)),
            "memberships": MEMBERSHIPS.typed(memberships),
            "measures": MEASURES_TABLE.typed(_measure_table(set(long["measure_id"]))),
            "outcomes": OUTCOMES.typed(long.drop(columns="row")),
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
        sources=tuple(Source("Department for Education, key stage 2 school performance tables", p.name) for p in files),
        caveats=_caveats(by_trust=by_trust),
        rows_in=rows_in,
        left_out=left_out(gone),
        notes=tuple(notes),
    )


def _mainstream(file: SourceFile, gone: Counter[str]) -> SourceFile:
    kind = ids(file.rows["RECTYPE"])
    unknown = kind[~kind.isin(["1", *_RECORDS])]
    if len(unknown):
        line = int(unknown.index[0])
        raise InvalidData(
            f"{file.at(line, 'RECTYPE')}: {unknown.loc[line]!r} is not a record type",
            "1 is a mainstream school, 2 a special school, 3 to 5 are totals; is this DfE's own file?",
        )
    for code, n in kind[kind != "1"].value_counts().items():
        gone[_RECORDS[str(code)]] += int(n)
    return SourceFile(file.path, file.rows.loc[kind == "1"], file.unused)


def _schools(file: SourceFile, options: Options) -> pd.DataFrame:
    rows, symbols = file.rows, profile("GB-ENG").symbols

    def text(name: str) -> pd.Series:
        return rows[name] if name in rows else pd.Series("", index=rows.index, dtype="str")

    if "year" in rows:
        year = counts(file, "year", {})
    else:
        year = pd.Series(start_year(file.path, options.year), index=rows.index, dtype="Int64")
    if (year.isna() | (year < FIRST_YEAR)).any():
        line = int(rows.index[year.isna() | (year < FIRST_YEAR)][0])
        raise InvalidData(
            f"{file.path.name} line {line} is of the school year {year.loc[line]}",
            f"The expected standard is measured since {FIRST_YEAR}/16; earlier levels cannot be compared with it.",
        )
    if not ids(rows["URN"]).str.fullmatch(r"\d+").all():
        line = int(rows.index[~ids(rows["URN"]).str.fullmatch(r"\d+")][0])
        raise InvalidData(f"{file.at(line, 'URN')}: {rows.at[line, 'URN']!r} is no URN", "A URN is a whole number.")
    successor = ids(text("URN2"))
    known = successor != ""
    academy = ids(text("URN_AC")).replace("0", "")
    return pd.DataFrame(
        {
            "urn": ids(rows["URN"]),
            "known_successor": known,
            "successor": successor.where(known, academy),
            "place": ids(rows["LEA"]) + "/" + ids(rows["ESTAB"]),
            "year": year,
            "has_results": rows["TELIG"] != "",
            "name": rows["SCHNAME"],
            "authority": ids(rows["LEA"]),
            "pupils": counts(file, "TOTPUPS", symbols) if "TOTPUPS" in rows else pd.Series(pd.NA, rows.index, "Int64"),
            "ages": text("AGERANGE"),
            "trust": text("Group ID"),
            "trust_name": text("Group Name"),
        }
    )


def _outcomes(file: SourceFile, labels: pd.Index) -> pd.DataFrame:
    frames = [
        _one(file, labels, measure, group)
        for measure in MEASURES
        for group in GROUPS
        if measure.column + group.suffix in file.rows
    ]
    return pd.concat(frames, ignore_index=True)


def _one(file: SourceFile, labels: pd.Index, measure: Measure, group: Group) -> pd.DataFrame:
    symbols = profile("GB-ENG").symbols
    column = measure.column + group.suffix
    pupils = _denominator(file, group)
    value, status = values(file, column, symbols)
    nobody = (status == "x") & (pupils == 0).fillna(value=False) & (file.rows[column] == "")
    frame = pd.DataFrame(
        {
            "measure_id": measure.measure_id,
            "pupil_group": group.pupil_group,
            "pupils": pupils,
            "value": value,
            "status": status.mask(nobody, "z"),
        }
    )
    for limit, ending in (("lower", "_LOWER"), ("upper", "_UPPER")):
        there = measure.limits and column + ending in file.rows
        frame[limit] = values(file, column + ending, symbols)[0].where(value.notna()) if there else float("nan")
    frame["row"] = labels.to_numpy()
    return frame


def _denominator(file: SourceFile, group: Group) -> pd.Series:
    symbols = profile("GB-ENG").symbols
    if group.pupils in file.rows:
        return counts(file, group.pupils, symbols)
    if group.pupil_group == "not_disadvantaged" and "TFSM6CLA1A" in file.rows:
        return counts(file, "TELIG", symbols) - counts(file, "TFSM6CLA1A", symbols)
    return pd.Series(pd.NA, index=file.rows.index, dtype="Int64")


def _refuse_repeats(rows: pd.DataFrame) -> None:
    repeated = rows.duplicated(["urn", "year"], keep="first")
    if repeated.any():
        again = rows[repeated].iloc[0]
        first = rows[(rows["urn"] == again["urn"]) & (rows["year"] == again["year"])].index[0]
        raise InvalidData(
            f"URN {again['urn']} has two rows of {again['year']}: {first} and {rows[repeated].index[0]}",
            "Give each school year once: the raw table or the panel, not both.",
        )


def _school_table(newest: pd.DataFrame) -> pd.DataFrame:
    names = _authorities()
    return pd.DataFrame(
        {
            "school_id": newest["school_id"],
            "name": newest["name"],
            "country": "GB-ENG",
            "region": [names.get(a, f"Local authority {a}") for a in newest["authority"]],
            "phase": newest["ages"].map(_phase).astype("str"),
            "pupils": newest["pupils"],
        }
    ).reset_index(drop=True)


def _phase(ages: str) -> str | None:
    """Return the phase that an age range such as ``4-11`` says, or nothing where there is none."""
    first, _, last = ages.partition("-")
    if not (first.isdigit() and last.isdigit()):
        return None
    if int(last) <= 11:
        return "primary"
    return "all-through" if int(first) <= 7 else "middle"


def _clusters(rows: pd.DataFrame, newest: pd.DataFrame, options: Options) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    has_trusts = bool((newest["trust"] != "").any())
    if options.clusters not in (None, "trusts", "authorities"):
        raise UnreadableInput(f"--clusters {options.clusters} is not known", "Use trusts or authorities.")
    by_trust = options.clusters == "trusts" if options.clusters else has_trusts
    if by_trust and not has_trusts:
        raise UnreadableInput(
            "The files have no trust links (columns Group ID and Group Name)",
            "Use --clusters authorities, or the prepared panel that was joined to the group links.",
        )
    if by_trust:
        group, minimum, kind = newest["trust"], options.min_schools or MIN_SCHOOLS, "multi-academy trust"
        names = dict(zip(newest["trust"], newest["trust_name"], strict=True))
    else:
        group, minimum, kind = newest["authority"], options.min_schools or 1, "local authority"
        names = {a: _authorities().get(a, f"Local authority {a}") for a in newest["authority"]}
    with_results = set(rows.loc[rows["has_results"], "school_id"])
    size = Counter(g for g, school in zip(group, newest["school_id"], strict=True) if g and school in with_results)
    chosen = sorted(g for g, n in size.items() if n >= minimum)
    if not chosen:
        raise UnreadableInput(
            f"No {kind} has {minimum} schools with results here", "Lower --min-schools, or give more files."
        )
    regions = {g: Counter(newest.loc[group == g, "authority"]).most_common(1)[0][0] for g in chosen}
    clusters = pd.DataFrame(
        {
            "cluster_id": chosen,
            "name": [names[g] for g in chosen],
            "country": "GB-ENG",
            "region": [_authorities().get(regions[g], f"Local authority {regions[g]}") for g in chosen],
            "kind": kind,
        }
    )
    member = group.isin(chosen)
    memberships = pd.DataFrame(
        {
            "school_id": newest.loc[member, "school_id"],
            "cluster_id": group[member],
            "joined_on": pd.NaT,
            "left_on": pd.NaT,
        }
    ).reset_index(drop=True)
    return clusters, memberships, by_trust


def _measure_table(used: set[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "measure_id": m.measure_id,
                "label": m.label,
                "unit": m.unit,
                "higher_is_better": True,
                "description": m.description,
                "source": "Department for Education, key stage 2 performance tables",
            }
            for m in MEASURES
            if m.measure_id in used
        ]
    )


def _caveats(*, by_trust: bool) -> tuple[Caveat, ...]:
    found = [
        Caveat("Mainstream schools only: special schools are left out.", "outcomes"),
        Caveat("Results of 1 to 5 pupils are not published.", "outcomes"),
        Caveat(
            "Progress and scaled scores are of the pupils who could be included, fewer than those counted.", "outcomes"
        ),
        Caveat("A school that became an academy keeps one id: that of its newest reference number.", "schools"),
    ]
    if by_trust:
        found.insert(0, Caveat(TRUST_CAVEAT, "memberships"))
    return tuple(found)


def _authorities() -> dict[str, str]:
    text = (resources("allrise.data.importers") / "england_authorities.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
