"""What a build tells while it runs, and what it says in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from allrise.errors import AllriseError
from allrise.packs.model import ChapterRun

ResultStatus = Literal["built", "partial", "failed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a pack was found unchanged or begun, a chapter ended, a pack ended.

    ``packs`` and ``chapters`` are how many are done of how many are known by now.
    """

    kind: Literal["planned", "begun", "chapter", "pack"]
    pack: str = ""
    name: str = ""
    status: str = ""
    packs: tuple[int, int] = (0, 0)
    chapters: tuple[int, int] = (0, 0)


Watcher = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class PackResult:
    """What became of one pack.

    Parameters
    ----------
    status
        ``failed`` when no chapter could be built or its page could not be made.
    runs
        The chapters that ran (not those that could be kept from the last build).
    kept_older
        It failed, and the older pack still stands in its place.
    error
        Why it failed, or which format could not be written, when that was not a chapter's fault.
    reasons
        Why it was built.
    """

    folder: str
    cluster_id: str
    name: str
    status: ResultStatus
    runs: tuple[ChapterRun, ...] = ()
    kept_older: bool = False
    error: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status in {"built", "unchanged"}

    @property
    def failures(self) -> tuple[ChapterRun, ...]:
        """Return the chapters that did not finish."""
        return tuple(r for r in self.runs if r.status != "ok")

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "folder": self.folder,
            "cluster_id": self.cluster_id,
            "name": self.name,
            "status": self.status,
            "kept_older": self.kept_older,
            "error": self.error or None,
            "reasons": list(self.reasons),
            "chapters": [
                {
                    "name": r.name,
                    "status": r.status,
                    "seconds": r.seconds,
                    "error": None if r.error is None else asdict(r.error),
                }
                for r in self.runs
            ],
        }


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What became of a build; times are ISO, UTC.

    ``problem`` says why the page that lists the packs could not be made, if so.
    """

    out: Path
    packs: tuple[PackResult, ...]
    started: str
    finished: str
    seconds: float
    warnings: tuple[str, ...] = ()
    problem: str = ""

    @property
    def ok(self) -> bool:
        return all(p.ok for p in self.packs) and not self.problem

    def count(self, status: ResultStatus) -> int:
        """Return how many packs have this status."""
        return sum(p.status == status for p in self.packs)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values: what ``--json`` prints."""
        return {
            "out": str(self.out),
            "ok": self.ok,
            "started": self.started,
            "finished": self.finished,
            "seconds": round(self.seconds, 3),
            "counts": {s: self.count(s) for s in ("built", "partial", "failed", "unchanged")},
            "warnings": list(self.warnings),
            "problem": self.problem or None,
            "packs": [p.to_json() for p in self.packs],
        }


class BuildStopped(AllriseError):
    """The build was stopped by its user; what was finished stands."""

    exit_code = 1


class OutputLost(AllriseError):
    """The output folder could not be written to any more while the build ran, for example for want of room."""

    exit_code = 1


def in_words(error: BaseException) -> str:
    """Return a fault as one line for a person: for the disk's, what the system says and which file."""
    if isinstance(error, AllriseError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    return f"{type(error).__name__}: {error}"
