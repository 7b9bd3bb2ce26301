"""A screening as JSON, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from allrise.data.screening.catalogue import SEVERITIES
from allrise.data.screening.findings import LISTED, Screening

SCHEMA = 1


def as_record(screening: Screening) -> dict[str, Any]:
    """Return a screening as JSON-safe values.

    ``groups`` has the true count of findings by rule, file and column; ``findings`` lists the first
    ``listed_per_group`` of each group.
    """
    return {
        "schema": SCHEMA,
        "usable": screening.usable,
        "title": screening.descriptor.title,
        "synthetic": screening.descriptor.synthetic,
        "counts": {severity: screening.count(severity) for severity in SEVERITIES},
        "listed_per_group": LISTED,
        "groups": [
            {
                "rule": g.rule,
                "severity": g.severity,
                "table": g.table,
                "file": g.file,
                "column": g.column,
                "count": g.count,
                "listed": len(g.findings),
            }
            for g in screening.groups
        ],
        "findings": [asdict(f) for f in screening.findings],
        "inputs": [asdict(i) | {"tables": list(i.tables)} for i in screening.inputs],
    }
