"""Built packs beside the apps: the files of one folder, for everyone who reaches the workshop."""

from __future__ import annotations

import json
from pathlib import Path

from tornado.web import HTTPError, StaticFileHandler

from allrise.apps.server.handlers import HEADERS
from allrise.errors import UnreadableInput


class PackFiles(StaticFileHandler):
    """Pages, documents and tables of packs; nothing outside the folder, no listing, and for a public room public packs only.

    The audience is looked up with every request: a pack may be built again, for others, while the session runs.
    """

    audience: str

    def initialize(  # type: ignore[override]
        self, path: str, default_filename: str | None = None, *, audience: str = "public"
    ) -> None:
        super().initialize(path, default_filename)
        self.audience = audience

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        found = super().validate_absolute_path(root, absolute_path)
        place = Path(root).resolve()
        inside = Path(found or root).resolve()
        if not inside.is_relative_to(place):  # a link in the folder that leads out of it
            raise HTTPError(404)
        if self.audience == "public":
            within = [f for f in inside.parents if f.is_relative_to(place) and f != place]
            for folder in within:
                if (folder / "manifest.json").is_file() and not _is_public(folder / "manifest.json"):
                    raise HTTPError(404)
        return found

    def set_extra_headers(self, path: str) -> None:
        del path
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-cache")  # a pack may be built again while the session runs


def checked_packs(folder: Path, audience: str) -> Path:
    """Return the folder, ready to be shown to a room.

    Parameters
    ----------
    folder
        What ``allrise packs build`` wrote.
    audience
        Who is in the room: ``public`` or ``cluster``.

    Raises
    ------
    UnreadableInput
        When there are no packs in it, or when the room is public and a pack names schools.
    """
    if not (folder / "index.html").is_file() or not (folder / "manifest.json").is_file():
        raise UnreadableInput(
            f"allrise serve: {folder} holds no packs.", "Give the folder that allrise packs build wrote, or leave --packs out."
        )  # fmt: skip
    if audience == "public":
        for path in sorted((*folder.glob("*/manifest.json"), *folder.glob("*/*/manifest.json"))):
            if not _is_public(path):
                raise UnreadableInput(
                    f"allrise serve: the pack {path.parent.relative_to(folder)} in {folder} is not one for the public.",
                    "Build the packs with --audience public, or use serve --audience cluster "
                    "where everybody in the room may see what schools are called.",
                )
    return folder.resolve()


def _is_public(manifest: Path) -> bool:
    try:
        return json.loads(manifest.read_text("utf-8"))["pack"]["audience"] == "public"
    except (OSError, ValueError, KeyError, TypeError):
        return False
