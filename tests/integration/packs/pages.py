"""Pages of the simplest kind, importable by workers: what a pack says, as JSON."""

from __future__ import annotations

import json


def page(pack):
    said = {c.name: [b.plain() for b in c.blocks] for c in pack.chapters}
    failed = {c.name: str(c.error) for c in pack.failed}
    content = {
        "cluster": pack.subject.cluster_id,
        "minutes": pack.parameters["minutes"],
        "said": said,
        "failed": failed,
        "padding": "x" * 200_000,
    }
    return {"index.html": json.dumps(content).encode()}


def index(records):
    return json.dumps({r.folder: r.status for r in records}).encode()


def broken_page(pack):
    msg = f"no page for {pack.folder}"
    raise ZeroDivisionError(msg)


def full_disk(pack):
    raise OSError(28, "No space left on device", "index.html")
