"""A release: one publication of one state of the data. It has a secret, and every pseudonym follows from it.

The secret of this machine lies in the cache (``release.secret``, readable by its owner only); a release's key is
made from it, the content of the data folder's files, and the release's label. So a second build from the same
files gives the same pseudonyms, other files or another label give others, and nobody without the secret can
link two releases by name or try out ids. With the cache the secret is lost; the next build is another release.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from pathlib import Path

from allrise.data.disclosure.names import Pseudonyms
from allrise.data.store import Store
from allrise.data.store.cache import cache_folder
from allrise.data.store.lock import locked
from allrise.errors import UnreadableInput
from allrise.whole import write_whole

_SECRET = "release.secret"  # noqa: S105 - a file's name
_BYTES = 32


def pseudonyms_of(store: Store, label: str = "", *, cache: Path | None = None) -> Pseudonyms:
    """Return the pseudonyms of a release.

    Parameters
    ----------
    store
        The prepared data folder, unprotected.
    label
        Tells releases of the same data apart.

    Raises
    ------
    UnreadableInput
        When the secret can be neither read nor written.
    """
    content = "\0".join(sorted(f"{i.file}\0{i.sha256}" for i in store.inputs))
    text = f"{label}\0{content}".encode("utf-8", "surrogatepass")
    return Pseudonyms(hmac.digest(_secret(cache or cache_folder()), text, hashlib.sha256))


def _secret(cache: Path) -> bytes:
    path = cache / _SECRET
    try:
        with locked(cache / "locks" / _SECRET):
            with contextlib.suppress(FileNotFoundError):
                found = path.read_bytes()
                if len(found) == _BYTES:
                    return found
            made = secrets.token_bytes(_BYTES)
            write_whole(path, made, private=True)
            return made
    except OSError as error:
        raise UnreadableInput(
            f"The secret of public releases cannot be kept in {cache}: {error.strerror or error}",
            "Make room there, or set ALLRISE_CACHE to a folder that can be written to.",
        ) from error
