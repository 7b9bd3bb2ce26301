"""Built packs beside the apps: the files of one folder, for everyone who reaches the workshop."""

from __future__ import annotations

import json
from pathlib import Path

from tornado.web import StaticFileHandler

from allrise.apps.server.handlers import HEADERS
from allrise.errors import UnreadableInput


class PackFiles(StaticFileHandler):
    """Pages, documents and tables of packs; nothing outside the folder, and no listing."""

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
            try:
                pack = json.loads(path.read_text("utf-8")).get("pack", {})
            except (OSError, ValueError, AttributeError):
                pack = {}
            if pack.get("audience") != "public":
                raise UnreadableInput(
                    f"allrise serve: the pack {path.parent.relative_to(folder)} in {folder} is not one for the public.",
                    "Build the packs with --audience public, or use serve --audience cluster "
                    "where everybody in the room may see what schools are called.",
                )
    return folder.resolve()
