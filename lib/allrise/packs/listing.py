"""The top of the output folder: ``index.html`` and ``manifest.json`` list every pack, also those of other builds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from allrise.packs.manifest import MANIFEST, find_packs, record_of
from allrise.packs.model import MANIFEST_SCHEMA, IndexRenderer, PackRecord
from allrise.packs.outcome import in_words
from allrise.packs.publish import Workspace, as_json

_INDEX = "index.html"
_EVERY_SECONDS = 20


class PackList:
    """The packs of an output folder, kept up to date while a build adds to them.

    Parameters
    ----------
    renderer
        Makes the page instead of the kit's own.
    """

    def __init__(self, workspace: Workspace, renderer: IndexRenderer | None = None) -> None:
        self._workspace = workspace
        self._renderer = renderer
        self._records = {folder.name: record_of(manifest) for folder, manifest in find_packs(workspace.out)}
        self._refreshed = time.monotonic()
        self.changed = False

    def add(self, record: PackRecord) -> None:
        """Take in a pack that was just published."""
        self._records[record.folder] = record
        self.changed = True

    def refresh_sometimes(self) -> None:
        """Bring the page up to date if that was not done lately: a long build shows what it has."""
        if self.changed and time.monotonic() - self._refreshed > _EVERY_SECONDS:
            self.refresh()

    def refresh(self, run: Mapping[str, Any] | None = None) -> str:
        """Write the page and the record; return why they could not be made, or ``""``.

        Parameters
        ----------
        run
            The build's own record, once it is over.
        """
        records = tuple(self._records[folder] for folder in sorted(self._records))
        self._refreshed = time.monotonic()
        top = {"schema": MANIFEST_SCHEMA, "packs": [_entry(r) for r in records], "run": run}
        try:
            if self.changed or not (self._workspace.out / _INDEX).exists():
                self._workspace.write(_INDEX, self._page(records))
            self._workspace.write(MANIFEST, as_json(top))
        except Exception as error:  # noqa: BLE001 - the packs stand; only the list of them does not
            return f"The list of packs could not be made: {in_words(error)}"
        return ""

    def _page(self, records: tuple[PackRecord, ...]) -> bytes:
        if self._renderer is not None:
            return self._renderer(records)
        from allrise.packs.render import render_index  # pages are made in workers; only this one here

        return render_index(records)


def _entry(record: PackRecord) -> dict[str, Any]:
    return {
        "folder": record.folder,
        "cluster_id": record.subject.cluster_id,
        "name": record.subject.name,
        "country": record.subject.country,
        "audience": record.audience,
        "period": record.period,
        "status": record.status,
        "chapters": dict(record.chapters),
        "finished": record.finished,
    }
