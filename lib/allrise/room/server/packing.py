"""Packs a session's record, in a process of its own: ``python -m allrise.room.server.packing``.

Reads from standard input where the database is and which session is meant, and writes a zip archive of its data folder to
standard output; what :func:`allrise.room.export.export_session` writes, no more and no less.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

from allrise.errors import AllriseError
from allrise.room.database import open_for_reading
from allrise.room.export import export_session


def packed(address: str, code: str) -> bytes:
    """Return a session's data folder as a zip archive with one folder in it.

    Parameters
    ----------
    address
        Of the database, with its password.
    code
        Join code.

    Raises
    ------
    AllriseError
        As :func:`~allrise.room.export.export_session`.
    """
    database = open_for_reading(address)
    archive = io.BytesIO()
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / f"dialogue-{code}"
            export_session(database, code, folder)
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
                for path in sorted(folder.rglob("*")):
                    if path.is_file():
                        out.write(path, path.relative_to(place))
    finally:
        database.close()
    return archive.getvalue()


def main() -> int:
    """Read a question from standard input and write the archive to standard output."""
    asked = json.load(sys.stdin)
    try:
        archive = packed(asked["database"], asked["code"])
    except AllriseError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.buffer.write(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main())
