"""A small data folder without a fault, as rows of text, and ways to write it down; tests damage it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from allrise.data.package import About, Licence, Source, write_descriptor

Rows = list[list[str]]


def clean() -> dict[str, Rows]:
    """Return every table: the headings first."""
    return {
        "clusters": [
            ["cluster_id", "name", "country", "formed_on"],
            ["A", "Kāhui Ako o Ōtaki", "NZ", "2015-02-01"],
            ["B", "Beta schools", "NZ", "2016-02-01"],
        ],
        "schools": [
            ["school_id", "name", "country", "region", "phase", "pupils", "latitude", "longitude"],
            ["001", "Hill School", "NZ", "North", "primary", "140", "-41.3", "174.8"],
            ["002", "Lake School", "NZ", "North", "primary", "95", "-41.2", "174.9"],
            ["003", "Río School", "NZ", "South", "secondary", "610", "-45.0", "170.5"],
            ["004", "Bay School", "NZ", "South", "secondary", "", "", ""],
        ],
        "memberships": [
            ["school_id", "cluster_id", "joined_on", "left_on"],
            ["001", "A", "2015-02-01", ""],
            ["002", "A", "2015-02-01", "2018-02-01"],
            ["002", "B", "2018-02-01", ""],
            ["003", "B", "", ""],
        ],
        "measures": [
            ["measure_id", "label", "unit", "higher_is_better"],
            ["M", "Expected standard", "percent", "true"],
            ["D", "Days lost", "days", "false"],
        ],
        "outcomes": [
            ["school_id", "time_period", "measure_id", "pupil_group", "pupils", "value", "lower", "upper", "status"],
            ["001", "2017", "M", "all", "40", "62.5", "55.0", "70.0", ""],
            ["001", "2018", "M", "all", "41", "63.4", "", "", ""],
            ["001", "2018", "M", "girls", "20", "65.0", "", "", ""],
            ["002", "2018", "M", "all", "25", "", "", "", "c"],
            ["003", "2018", "D", "all", "610", "4.2", "", "", ""],
        ],
        "items": [
            ["item_id", "framework_id", "wording", "reversed"],
            ["I1", "F1", "We share a purpose.", "false"],
            ["I2", "autonomy", "Others decide for us.", "true"],
        ],
        "survey": [
            ["response_id", "cluster_id", "school_id", "wave", "role", "item_id", "score"],
            ["R1", "A", "001", "2018", "leader", "I1", "4"],
            ["R1", "A", "001", "2018", "leader", "I2", "2"],
            ["R2", "B", "", "2018", "teacher", "I1", ""],
        ],
        "reviews": [
            ["review_id", "reviewer_id", "reviewed_id", "level", "started_on", "ended_on", "actions_agreed", "actions_done"],
            ["V1", "001", "002", "school", "2018-03-12", "2018-03-14", "5", "3"],
            ["V2", "A", "B", "cluster", "2018-05-01", "", "", ""],
        ],
        "ties": [
            ["from_id", "to_id", "time_period", "kind", "strength", "reported_by"],
            ["001", "002", "2018", "joint practice", "4", "001"],
            ["002", "003", "2018", "joint practice", "2", ""],
        ],
        "commitments": [
            ["commitment_id", "cluster_id", "what", "measure_id", "baseline", "target", "due_on", "status"],
            ["P1", "A", "Every child reads", "M", "62", "70", "2020-12-01", "under_way"],
        ],
        "stages": [["cluster_id", "time_period", "stage"], ["A", "2018", "co_responsibility"]],
        "contexts": [
            ["country", "region", "indicator", "time_period", "value", "unit", "source"],
            ["NZ", "", "schools in a community", "2021", "73.7", "percent", "Education Counts"],
        ],
    }  # fmt: skip


def as_csv(rows: Rows, separator: str = ",") -> str:
    """Return rows as CSV text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write(folder: Path, tables: dict[str, Rows], *, described: bool = True) -> Path:
    """Write tables as CSV, and what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    if described:
        write_descriptor(
            folder,
            {name: rows[0] for name, rows in tables.items() if rows},
            About("test", "Test", (Licence("CC0-1.0"),), (Source("Made up"),)),
        )
    return folder
