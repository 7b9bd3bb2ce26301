"""Where prepared stores live, and how long.

``ALLRISE_CACHE``, or the user's cache folder of the system. A prepared store that nobody opened for 30 days
goes when the next one is prepared, and so do all but the eight used last, once they have rested for a day (so
that a running build never loses the store it reads). Nothing in the cache is the only copy of anything.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import platformdirs

KEEP = 8
REST_SECONDS = 24 * 3600
UNUSED_SECONDS = 30 * 24 * 3600

_BUILDING = ".building-"
_REMOVING = ".removing-"
_USED = "used"


def cache_folder() -> Path:
    """Return the cache folder of this user; ``ALLRISE_CACHE`` overrides it."""
    chosen = os.environ.get("ALLRISE_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("allrise", appauthor=False)


def stores_folder(cache: Path) -> Path:
    """Return the folder of the prepared stores; each is named by its fingerprint."""
    return cache / "stores"


def building_folder(cache: Path, fingerprint: str) -> Path:
    """Return a fresh path beside the stores, in which this process may build."""
    token = f"{os.getpid()}-{time.monotonic_ns()}"
    return stores_folder(cache) / f"{_BUILDING}{fingerprint[:32]}-{token}"


def mark_used(store: Path) -> None:
    """Remember that the store was opened today; a store that cannot be written to is left as it is."""
    mark = store / _USED
    try:
        if not mark.exists() or time.time() - mark.stat().st_mtime > REST_SECONDS / 2:
            mark.touch()
    except OSError:
        return


def remove_leftovers(cache: Path, fingerprint: str) -> None:
    """Remove what killed processes left of this store; call with its lock held, when nobody else builds it."""
    for left in stores_folder(cache).glob(f"{_BUILDING}{fingerprint[:32]}-*"):
        shutil.rmtree(left, ignore_errors=True)


def clean(cache: Path, keep: Path) -> None:
    """Remove prepared stores as described above, never ``keep``."""
    now = time.time()
    folder = stores_folder(cache)
    for left in [*folder.glob(f"{_BUILDING}*"), *folder.glob(f"{_REMOVING}*")]:
        if now - _used_at(left) > REST_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    stores = sorted(
        (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".") and path != keep),
        key=_used_at,
        reverse=True,
    )
    for place, store in enumerate(stores, start=1):
        idle = now - _used_at(store)
        if idle > UNUSED_SECONDS or (place >= KEEP and idle > REST_SECONDS):
            _remove(store)


def _used_at(store: Path) -> float:
    for path in (store / _USED, store):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return time.time()


def _remove(store: Path) -> None:
    gone = store.with_name(f"{_REMOVING}{store.name[:32]}-{time.monotonic_ns()}")
    try:
        store.rename(gone)  # in one step, so that nobody opens half a store
    except OSError:
        return
    shutil.rmtree(gone, ignore_errors=True)
