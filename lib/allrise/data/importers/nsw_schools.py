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

from allrise.data.importers.cells import coded, unique_ids, values
from allrise.data.importers.imported import Imported, Options, undated
from allrise.data.importers.source_file import SourceFile, read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, SCHOOLS
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
    symbols = profile("AU").for_region(REGION).symbols
    network = file.text("Principal_network").replace(UNASSIGNED, "")
    ids = _network_ids(file, network)
    schools = pd.DataFrame(
        {
            "school_id": unique_ids(file, "School_code"),
            "name": file.text("School_name"),
            "country": "AU",
            "region": REGION,
            "phase": coded(file, "Level_of_schooling", _PHASES, "level of schooling"),
            "pupils": values(file, "latest_year_enrolment_FTE", symbols)[0].round(),
            "latitude": values(file, "Latitude", symbols)[0],
            "longitude": values(file, "Longitude", symbols)[0],
            "icsea": values(file, "ICSEA_value", symbols)[0],
            "foei": values(file, "FOEI_Value", symbols)[0],
        }
    ).reset_index(drop=True)
    clusters = pd.DataFrame(
        {
            "cluster_id": list(ids.values()),
            "name": list(ids),
            "country": "AU",
            "region": REGION,
            "kind": "principal network",
        }
    )
    if file.has("Operational_directorate"):
        directorates = dict(zip(network, file.text("Operational_directorate"), strict=True))
        clusters["directorate"] = [directorates[name] for name in ids]
    alone = int((network == "").sum())
    dates = sorted(set(file.text("Date_extracted")))
    of_day = f"that of {dates[-1]}" if dates[-1] else "that of the day the file was made"
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(clusters),
            "schools": SCHOOLS.typed(schools),
            "memberships": undated(schools["school_id"], [ids.get(name, "") for name in network]),
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
                dates[-1],
            ),
        ),
        caveats=(
            Caveat(f"Membership is {of_day}; when schools joined is not known.", "memberships"),
            Caveat("Pupils are full-time equivalents, rounded to whole pupils.", "schools"),
            Caveat("ICSEA and FOEI describe a school's families, not what its pupils learned.", "schools"),
        ),
        rows_in=len(file.rows),
        notes=(f"Schools in no network (`{UNASSIGNED}`): {alone}.",) if alone else (),
    )


def network_id(name: str) -> str:
    """Return the id of a network, made from its name: the source has no other."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _network_ids(file: SourceFile, network: pd.Series) -> dict[str, str]:
    """Return the id of every network by its name."""
    ids = {name: network_id(name) for name in sorted(set(network)) if name}
    if len(set(ids.values())) < len(ids):
        same = next(i for i, n in Counter(ids.values()).items() if n > 1)
        names = " and ".join(repr(name) for name, i in ids.items() if i == same)
        raise InvalidData(f"{file.path.name}: the networks {names} differ only in marks", "Write them alike.")
    return ids
