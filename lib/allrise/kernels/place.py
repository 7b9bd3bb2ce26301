"""Where servers' sockets, locks and logs lie: a folder that belongs to one user and that nobody else can enter.

It never lies in the home folder, which may be read-only, shared between machines, or have too long a path for a
Unix socket.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: Unix socket addresses hold 107 bytes; names here have up to 24 after the folder.
_LONGEST = 80


class NoPlace(OSError):
    """There is no folder in which sockets are safe from others."""


@dataclass(frozen=True, slots=True)
class Place:
    """One server's files."""

    folder: Path
    key: str

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.key}.sock"

    @property
    def lock(self) -> Path:
        return self.folder / f"{self.key}.lock"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"

    @property
    def refusal(self) -> Path:
        """Why this server could not be started, so that not every launch tries again."""
        return self.folder / f"{self.key}.no"


def find_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the user's folder for sockets, made when missing with mode 0700.

    Raises
    ------
    NoPlace
        When none of the candidates can be used; a folder that is another user's, or open to others, is not.
    """
    user = os.getuid()
    candidates: list[Path] = []
    if chosen := environment.get("ALLRISE_KERNELS_DIR"):
        candidates.append(Path(chosen))
    else:
        if runtime := environment.get("XDG_RUNTIME_DIR"):
            candidates.append(Path(runtime) / "allrise-kernels")
        # Not tempfile's folder: programs move that to one of their own, and servers are for all of them.
        roots = ("/tmp", "/var/tmp", *filter(None, (environment.get("TMPDIR"),)))  # noqa: S108 - checked to be ours
        candidates += [Path(root) / f"allrise-kernels-{user}" for root in roots]
    reasons: list[str] = []
    for folder in candidates:
        reason = _unfit(folder, user)
        if not reason:
            return folder
        reasons.append(f"{folder} {reason}")
    raise NoPlace("; ".join(reasons))


def _unfit(folder: Path, user: int) -> str:
    if len(os.fsencode(folder)) > _LONGEST:
        return "is too long a path for a socket"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        return f"cannot be made: {error.strerror}"
    if not stat.S_ISDIR(found.st_mode):
        return "is not a folder"
    if found.st_uid != user:
        return "belongs to another user"
    if stat.S_IMODE(found.st_mode) & 0o077:
        return "is open to other users"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "cannot be written"


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Generator[None]:
    """Hold the lock file ``path``; its holder may remove it.

    Raises
    ------
    TimeoutError
        When another process held it for ``seconds``.
    """
    until = time.monotonic() + seconds
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A server that ended has removed the file: then this lock is on nothing.
            if os.path.exists(path) and os.path.samestat(os.fstat(descriptor), path.stat()):  # noqa: PTH110
                break
        except OSError:
            pass
        os.close(descriptor)
        if time.monotonic() > until:
            raise TimeoutError(f"{path} was held for {seconds:g} s")
        time.sleep(0.02)
    try:
        yield
    finally:
        os.close(descriptor)
