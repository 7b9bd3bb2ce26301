"""Facilitator secrets of the sessions that ``allrise serve`` has made, so that it can tell them again.

The database holds only hashes. The secrets are in a file beside it that nobody but its owner can read.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Facilitators:
    """The file: join code to secret."""

    path: Path

    @classmethod
    def beside(cls, shown: str) -> Facilitators:
        """Return the file that belongs to a database, by the address or path that the database shows."""
        place = shown.removeprefix("sqlite:///")
        if "://" not in place:
            return cls(Path(f"{place}.facilitators.json"))
        from hashlib import sha256

        from platformdirs import user_data_path

        return cls(user_data_path("allrise") / f"{sha256(shown.encode()).hexdigest()[:12]}.facilitators.json")

    def secret(self, code: str) -> str:
        """Return a session's secret, blank when it is not known."""
        return str(self._read().get(code, ""))

    def keep(self, code: str, secret: str) -> None:
        """Add a session's secret."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({**self._read(), code: secret}, file, indent=1)
        new.replace(self.path)

    def _read(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.path.read_text("utf-8")))
        except (OSError, ValueError):
            return {}
