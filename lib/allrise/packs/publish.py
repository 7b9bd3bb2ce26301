"""The output folder: one build at a time, everything staged beside its place and put there whole.

``<out>/.allrise-build/`` exists while a build runs: ``lock`` is held by it, ``staging-<run>/`` has the packs
being made, ``aside/`` what they replace. A killed build leaves it; the next one puts back what stood aside
without a successor, and removes the rest. The folder is recognised by its name and the marker file in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from allrise.errors import AllriseError, UnreadableInput
from allrise.packs.exchange import put_in_place
from allrise.packs.manifest import MANIFEST, is_pack
from allrise.whole import write_whole

_WORKSPACE = ".allrise-build"
_MARKER = "made-by-allrise"
_MARKER_TEXT = "A build of evidence packs works here. When none is running, this folder can be removed.\n"
_KNOWN = re.compile(r"lock|made-by-allrise|scratch|aside|staging-[0-9a-f]{12}|.+\.part")
_SCRATCH = re.compile(r"allrise-[A-Za-z0-9_]{4,}")


class BuildRunning(AllriseError):
    """Another build works in the same output folder."""


class NotOurs(AllriseError):
    """Something that is no pack stands where a pack should go."""


class Workspace:
    """The output folder, opened for one build; a context manager.

    Parameters
    ----------
    out
        The output folder; made when missing.

    Attributes
    ----------
    staging
        Folder in which packs of this run are made; on the same file system as ``out``.
    """

    def __init__(self, out: Path) -> None:
        self.out = out.absolute()
        self._folder = self.out / _WORKSPACE
        self._aside = self._folder / "aside"
        self.staging = self._folder / f"staging-{uuid.uuid4().hex[:12]}"
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self._take_over()
        except OSError as error:
            raise UnreadableInput(
                f"{self.out} cannot be written to: {error.strerror or error}", "Choose another --out."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._put_back()
        # The lock file goes last and while it is held: whoever waits for it finds it gone and makes a new one.
        for part in self._folder.iterdir():
            if part.name != "lock":
                _remove(part)
        with contextlib.suppress(OSError):
            (self._folder / "lock").unlink()
        with contextlib.suppress(OSError):
            self._folder.rmdir()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def note_scratch(self, scratch: Path) -> None:
        """Remember the folder of temporary files elsewhere, for whoever cleans up after a killed build."""
        (self._folder / "scratch").write_text(str(scratch), encoding="utf-8")

    def check_free(self, folder: str) -> None:
        """Make sure that a pack may stand in ``folder``.

        Raises
        ------
        NotOurs
            When something else stands there: it is never replaced.
        """
        target = self.out / folder
        if target.is_symlink() or (target.exists() and not is_pack(target) and not _is_empty(target)):
            raise NotOurs(
                f"{target} exists and is not an evidence pack",
                "Move it away, or choose another --out.",
            )

    def publish(self, staged: Path, folder: str) -> None:
        """Put a finished pack in its place, whole; the pack that stood there goes."""
        self.check_free(folder)
        aside = self._aside / folder
        put_in_place(staged, self.out / folder, aside)
        _remove(aside)

    def write(self, name: str, content: bytes) -> None:
        """Replace a file at the top of the output folder, whole."""
        write_whole(self.out / name, content, beside=self._folder)

    def _take_over(self) -> None:
        # A build that ends just now may have taken its marker away already, so known names pass as well.
        if self._folder.is_symlink() or (
            self._folder.exists()
            and not (self._folder / _MARKER).exists()
            and not all(_KNOWN.fullmatch(p.name) for p in self._folder.iterdir())
        ):
            raise NotOurs(
                f"{self._folder} exists and was not made by allrise", "Move it away, or choose another --out."
            )
        self._lock = _lock(self._folder, self.out)
        (self._folder / _MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        self._put_back()
        self._clean()
        self._aside.mkdir()
        self.staging.mkdir()

    def _put_back(self) -> None:
        """Give back their place to packs that a killed two-step replacement left aside."""
        if not self._aside.is_dir():
            return
        for pack in self._aside.iterdir():
            target = self.out / pack.name
            if not target.exists() and (pack / MANIFEST).exists():
                pack.rename(target)

    def _clean(self) -> None:
        note = self._folder / "scratch"
        with contextlib.suppress(OSError):
            scratch = Path(note.read_text(encoding="utf-8"))
            if _SCRATCH.fullmatch(scratch.name) and not scratch.is_symlink():
                _remove(scratch)
        for left in self._folder.iterdir():
            if left.name not in {"lock", _MARKER}:
                _remove(left)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and next(path.iterdir(), None) is None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():  # a dying worker of a killed build may just have written there
            time.sleep(0.2)
            shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lock(folder: Path, out: Path) -> IO[str]:
    while True:
        folder.mkdir(exist_ok=True)
        path = folder / "lock"
        try:
            lock = path.open("a+", encoding="utf-8")
        except FileNotFoundError:
            continue  # the build before us has just removed the folder
        if not _try_lock(lock):
            lock.seek(0)
            held = lock.read(200).strip()
            lock.close()
            raise BuildRunning(
                f"another build is writing to {out}" + (f" ({held})" if held else ""),
                "Wait until it has finished, or choose another --out.",
            )
        try:
            ours = os.fstat(lock.fileno()).st_ino == path.stat().st_ino
        except FileNotFoundError:
            ours = False
        if not ours:  # it was removed by its last holder after we had opened it
            lock.close()
            continue
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}")
        lock.flush()
        return lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            # Far behind the text, which others must be able to read.
            file.seek(1_000_000)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def as_json(value: object) -> bytes:
    """Return JSON as the kit writes it: UTF-8, indented, ending in a line break."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")
