"""New Zealand: the Ministry of Education's directory of schools; two or more make membership spells.

A directory says which Community of Learning (Kāhui Ako) a school is in on one day. A change between two
directories is dated to the first one that shows it, which is the latest day it can have happened; whoever is
in the first directory joined on a day that is not known.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from allrise.data.importers.cells import coded, counts, ids, unique_ids, values
from allrise.data.importers.imported import Imported, Options, left_out
from allrise.data.importers.source_file import read_source
from allrise.data.package import Caveat, Licence, Source
from allrise.data.profiles import profile
from allrise.data.tables import CLUSTERS, MEMBERSHIPS, SCHOOLS
from allrise.errors import InvalidData, UnreadableInput

WHAT = "a directory of New Zealand schools"
KIND = "Kāhui Ako"

#: Headers of the vintages since 2017, without case and marks.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "school_id": ("School ID", "School Number", "School Id", "School No"),
    "name": ("Name", "School Name", "Org Name"),
    "type": ("School Type", "Org Type"),
    "region": ("Education Region",),
    "cluster_id": ("Community of Learning: ID", "Community of Learning ID", "CoL ID", "Kāhui Ako ID"),
    "cluster_name": ("Community of Learning: Name", "Community of Learning Name", "CoL Name", "Kāhui Ako Name"),
    "latitude": ("Latitude",),
    "longitude": ("Longitude",),
    "pupils": ("Total School Roll", "Total Roll", "Total"),
}
REQUIRED = ("school_id", "name", "type", "cluster_id", "cluster_name")

_PHASES = (
    (r"full primary|contributing", "primary"),
    (r"intermediate", "middle"),
    (r"restricted composite|secondary \(year 7-10\)", "middle"),
    (r"secondary", "secondary"),
    (r"composite", "all-through"),
    (r"special", "special"),
    (r"teen parent|correspondence|activity centre", "other"),
)


@dataclass(frozen=True, slots=True)
class _Directory:
    date: dt.date
    schools: pd.DataFrame  # one row a school, indexed by its id
    clusters: Mapping[str, str]  # of each school; blank when it is in none
    rows: int


def read(files: Sequence[Path], options: Options) -> Imported:
    """Return the data folder of one or more dated directories.

    Raises
    ------
    UnreadableInput
        When a file is not a directory, or its date is not known.
    InvalidData
        When two files have one date, a school stands twice in one file, or a cell is not understood.
    """
    if options.dates and len(options.dates) != len(files):
        raise UnreadableInput(
            f"There are {len(files)} files and {len(options.dates)} dates", "Give --date once a file, in their order."
        )
    dates = options.dates or tuple(_date(path) for path in files)
    gone: Counter[str] = Counter()
    found = sorted((_directory(path, day, gone) for path, day in zip(files, dates, strict=True)), key=lambda x: x.date)
    for one, other in itertools.pairwise(found):
        if one.date == other.date:
            raise InvalidData(f"Two directories are of {one.date}", "Give each date once.")
    memberships = _spells(found)
    newest = pd.concat([d.schools for d in reversed(found)])
    newest = newest.loc[~newest.index.duplicated(keep="first")].sort_index()
    clusters = _communities(found)
    regions = _regions(found)
    clusters["region"] = [regions[c] for c in clusters["cluster_id"]]
    schools = newest.reset_index()
    schools["country"] = "NZ"
    days = " and ".join(d.date.isoformat() for d in found)
    return Imported(
        tables={
            "clusters": CLUSTERS.typed(clusters),
            "schools": SCHOOLS.typed(
                schools[["school_id", "name", "country", "region", "phase", "pupils", "latitude", "longitude"]]
            ),
            "memberships": MEMBERSHIPS.typed(memberships),
        },
        name="nz-directory",
        title="Schools and Kāhui Ako of New Zealand",
        description=f"The Ministry of Education's directory of schools of {days}. Structure only: no outcomes.",
        licences=(
            Licence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ),
        sources=tuple(
            Source("New Zealand Ministry of Education, Education Counts: directory of schools", p.name, d.isoformat())
            for p, d in zip(files, dates, strict=True)
        ),
        caveats=_caveats(found),
        rows_in=sum(d.rows for d in found),
        left_out=left_out(gone),
        notes=tuple(_notes(found)),
    )


def _date(path: Path) -> dt.date:
    days = re.findall(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)", path.stem)
    if len(days) != 1:
        raise UnreadableInput(
            f"{path.name} has no date in its name",
            "Give --date 2017-07-01 for each file, or name it schools_2017-07.csv.",
        )
    year, month, day = days[0]
    try:
        return dt.date(int(year), int(month), int(day or 1))
    except ValueError:
        raise UnreadableInput(f"{path.name}: {'-'.join(days[0])} is not a date", "Give --date for each file.") from None


def _directory(path: Path, date: dt.date, gone: Counter[str]) -> _Directory:
    file = read_source(path, WHAT, SPELLINGS, REQUIRED)
    n = len(file.rows)
    numbered = ids(file.text("school_id")).str.fullmatch(r"\d+")
    gone["no school number (a note or a total)"] += int((~numbered).sum())
    file = file.where(numbered)
    symbols = profile("NZ").symbols
    schools = pd.DataFrame(
        {
            "school_id": unique_ids(file, "school_id"),
            "name": file.text("name"),
            "region": file.text("region"),
            "phase": coded(file, "type", _phases(file.text("type")), "school type"),
            "cluster_id": ids(file.text("cluster_id")),
            "cluster_name": file.text("cluster_name"),
            "pupils": counts(file, "pupils", symbols),
            "latitude": values(file, "latitude", {})[0],
            "longitude": values(file, "longitude", {})[0],
        }
    )
    line = file.first((file.text("cluster_id") == "") != (file.text("cluster_name") == ""))
    if line is not None:
        raise InvalidData(
            f"{path.name} line {line}: a Community of Learning has an id and a name, and one is blank",
            "Mend the line, or ask the publisher.",
        )
    clusters = dict(zip(schools["school_id"], schools["cluster_id"], strict=True))
    return _Directory(date, schools.set_index("school_id"), clusters, n)


def _phases(types: Iterable[str]) -> dict[str, str]:
    """Return the phase of each school type that is known."""
    found: dict[str, str] = {}
    for text in set(types):
        phase = next((phase for pattern, phase in _PHASES if re.match(pattern, text.casefold())), None)
        if phase:
            found[text] = phase
    return found


def _spells(found: Sequence[_Directory]) -> pd.DataFrame:
    """Return spells: from the first directory that shows a membership to the first that no longer does."""
    spells: list[dict[str, object]] = []
    schools = sorted({school for d in found for school in d.clusters})
    for school in schools:
        current = ""
        for place, d in enumerate(found):
            now = d.clusters.get(school, "")
            if now == current:
                continue
            if current:
                spells[-1]["left_on"] = pd.Timestamp(d.date)
            if now:
                joined = pd.Timestamp(d.date) if place else pd.NaT
                spells.append({"school_id": school, "cluster_id": now, "joined_on": joined, "left_on": pd.NaT})
            current = now
    return pd.DataFrame(spells, columns=["school_id", "cluster_id", "joined_on", "left_on"])


def _communities(found: Sequence[_Directory]) -> pd.DataFrame:
    """Return ``cluster_id``, ``name``, ``country``, ``kind`` of every community, with its newest name."""
    names: dict[str, str] = {}
    for d in found:
        names.update(zip(d.schools["cluster_id"], d.schools["cluster_name"], strict=True))
    names.pop("", None)
    return pd.DataFrame(
        {"cluster_id": list(names), "name": list(names.values()), "country": "NZ", "kind": KIND}
    ).sort_values("cluster_id", ignore_index=True)


def _regions(found: Sequence[_Directory]) -> dict[str, str]:
    """Return the region of most schools of each community, in the newest directory that has it."""
    regions: dict[str, str] = {}
    for d in found:
        for cluster, part in d.schools.groupby("cluster_id")["region"]:
            regions[str(cluster)] = Counter(part).most_common(1)[0][0]
    return regions


def _caveats(found: Sequence[_Directory]) -> tuple[Caveat, ...]:
    if len(found) == 1:
        text = f"Membership is that of {_day(found[0].date)}; when schools joined is not known."
        return (Caveat(text, "memberships"),)
    days = ", ".join(_day(d.date) for d in found[:-1]) + f" and {_day(found[-1].date)}"
    return (
        Caveat(
            f"Membership was read on {days} only. A change is dated to the first day that shows it and may be earlier; "
            "when the first members joined is not known.",
            "memberships",
        ),
    )


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _notes(found: Sequence[_Directory]) -> list[str]:
    notes: list[str] = []
    for d in found:
        inside = [cluster for cluster in d.clusters.values() if cluster]
        notes.append(
            f"{d.date}: {len(inside):,} of {len(d.clusters):,} schools ({len(inside) / len(d.clusters):.1%}) in "
            f"{len(set(inside))} communities."
        )
    for one, other in itertools.pairwise(found):
        joined, left, moved = changes(one.clusters, other.clusters)
        opened = sum(1 for school, cluster in other.clusters.items() if cluster and school not in one.clusters)
        closed = sum(1 for school, cluster in one.clusters.items() if cluster and school not in other.clusters)
        notes.append(
            f"Of the schools in both directories {joined} joined, {left} left and {moved} moved; "
            f"{opened} new schools are in a community, and {closed} members are no longer in the directory."
        )
    return notes


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[int, int, int]:
    """Return how many schools joined, left, and moved between two days, of those that are in both.

    Parameters
    ----------
    before, after
        Cluster (or "") by school.
    """
    both = [(before[school], after[school]) for school in before if school in after]
    joined = sum(1 for one, other in both if not one and other)
    left = sum(1 for one, other in both if one and not other)
    moved = sum(1 for one, other in both if one and other and one != other)
    return joined, left, moved
