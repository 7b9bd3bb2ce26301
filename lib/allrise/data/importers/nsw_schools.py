"""New South Wales: the Department of Education's master data set of government schools.

Structure and context only. ICSEA (socio-educational advantage) and FOEI (family occupation and education)
describe a school's families, not what its pupils learned: as outcomes they would rank schools by their intake,
so they stand as columns of `schools` and no chart of outcomes can take them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from allrise.data.importers.cells import ids, values
from allrise.data.importers.imported import Imported, Options, left_out
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, MEMBERSHIPS, SCHOOLS
from allrise.errors import InvalidData, UnreadableInput

WHAT = "the master data set of New South Wales government schools"
REGION = "New South Wales"
UNASSIGNED = "Unassigned"

_COLUMNS = (
    "School_code", "School_name", "latest_year_enrolment_FTE", "ICSEA_value", "FOEI_Value", "Level_of_schooling",
    "Operational_directorate", "Principal_network", "Latitude", "Longitude", "Date_extracted",
)  # fmt: skip
SPELLINGS: dict[str, tuple[str, ...]] = {name: (name,) for name in _COLUMNS}
REQUIRED = ("School_code", "School_name", "Level_of_schooling", "Principal_network", "latest_year_enrolment_FTE")

_PHASES = {
    "Primary School": "primary",
    "Infants School": "primary",
    "Secondary School": "secondary",
    "Central/Community School": "all-through",
    "Schools for Specific Purposes": "special",
    "Environmental Education Centre": "other",
    "Other School": "other",
}


def read(files: Sequence[Path], options: Options) -> Imported:  # noqa: ARG001 - every importer is called alike
    """Return the data folder of the master data set.

    Raises
    ------
    UnreadableInput
        When the file is not the master data set, or several are given.
    InvalidData
        When a school stands twice or a cell is not understood.
    """
    if len(files) != 1:
        raise UnreadableInput(f"{len(files)} files were given", "Give one file: it holds every school.")
    file = read_source(files[0], WHAT, SPELLINGS, REQUIRED)
    rows = file.rows
    symbols = profile("AU").for_region(REGION).symbols
    code = ids(rows["School_code"])
    if code.duplicated().any():
        line = int(rows.index[code.duplicated()][0])
        raise InvalidData(f"{file.at(line, 'School_code')}: {code.loc[line]} stands twice", "Take one row away.")
    number = {name: values(file, name, symbols)[0] for name in ("latest_year_enrolment_FTE",)}
    optional = {
        n: values(file, n, symbols)[0] for n in ("ICSEA_value", "FOEI_Value", "Latitude", "Longitude") if n in rows
    }
    network = rows["Principal_network"].replace(UNASSIGNED, "")
    schools = pd.DataFrame(
        {
            "school_id": code,
            "name": rows["School_name"],
            "country": "AU",
            "region": REGION,
            "phase": _phases(file),
            "pupils": number["latest_year_enrolment_FTE"].round().astype("Int64"),
            "latitude": optional.get("Latitude", float("nan")),
            "longitude": optional.get("Longitude", float("nan")),
            "icsea": optional.get("ICSEA_value", float("nan")),
            "foei": optional.get("FOEI_Value", float("nan")),
        }
    ).reset_index(drop=True)
    ids_of = {name: network_id(name) for name in sorted(set(network)) if name}
    for cluster, n in Counter(ids_of.values()).items():
        if n > 1:
            same = ", ".join(k for k, v in ids_of.items() if v == cluster)
            raise InvalidData(f"{file.path.name}: the networks {same} differ only in marks", "Write them alike.")
    clusters = pd.DataFrame(
        {
            "cluster_id": list(ids_of.values()),
            "name": list(ids_of),
            "country": "AU",
            "region": REGION,
            "kind": "principal network",
        }
    )
    if "Operational_directorate" in rows:
        of = {network_id(n): d for n, d in zip(network, rows["Operational_directorate"], strict=True) if n}
        clusters["directorate"] = clusters["cluster_id"].map(of)
    member = (network != "").to_numpy()
    memberships = pd.DataFrame(
        {
            "school_id": schools.loc[member, "school_id"],
            "cluster_id": [ids_of[n] for n in network[member]],
            "joined_on": pd.NaT,
            "left_on": pd.NaT,
        }
    ).reset_index(drop=True)
    dates = sorted(set(rows["Date_extracted"])) if "Date_extracted" in rows else []
    of_day = f"that of {dates[-1]}" if dates else "that of the day the file was made"
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(clusters),
            "schools": SCHOOLS.typed(schools),
            "memberships": MEMBERSHIPS.typed(memberships),
        },
        name="nsw-schools",
        title="Government schools and principal networks of New South Wales",
        description="Master data set of government schools. Structure and context only: no outcomes.",
        licences=(
            Licence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ),
        sources=(
            Source(
                "NSW Department of Education, master data set of government schools",
                file.path.name,
                dates[-1] if dates else "",
            ),
        ),
        caveats=(
            Caveat(f"Membership is {of_day}; when schools joined is not known.", "memberships"),
            Caveat("Pupils are full-time equivalents, rounded to whole pupils.", "schools"),
            Caveat("ICSEA and FOEI describe a school's families, not what its pupils learned.", "schools"),
        ),
        rows_in=len(rows),
        left_out=left_out({}),
        notes=(f"{int((~member).sum())} school stands in no network (`{UNASSIGNED}`).",) if not member.all() else (),
    )


def network_id(name: str) -> str:
    """Return the id of a network, made from its name: the source has no other."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _phases(file: SourceFile) -> pd.Series:
    level = file.rows["Level_of_schooling"]
    phase = level.map(_PHASES)
    if phase.isna().any():
        line = int(phase.index[phase.isna()][0])
        raise InvalidData(
            f"{file.at(line, 'Level_of_schooling')}: {level.loc[line]!r} is not a known level",
            "The importer must learn which phase it is; no value is guessed.",
        )
    return phase.astype("str")
