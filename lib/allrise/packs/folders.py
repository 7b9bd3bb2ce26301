"""Ids become folder names: safe on every system, the same in every build, never outside the output folder.

A cluster's pack stands in the folder named by its id when that is a plain name: 1 to 64 ASCII letters,
digits, ``.``, ``_`` or ``-``, starting with a letter or digit and not ending in a dot. Any other id, a name
that Windows keeps for devices, and ids that differ only in case become their plain part with eight digits of
the id's hash: ``Kāhui Ako/7`` becomes ``Kahui-Ako-7-1f0c9a3e``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

#: Folder of the pack about the whole system; no cluster's folder can start with an underscore.
SYSTEM_FOLDER = "_system"

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "0123456789¹²³")})
_OURS = frozenset({"index.html", "manifest.json"})
_LONGEST_STEM = 48


def folder_names(cluster_ids: Iterable[str]) -> dict[str, str]:
    """Return the folder of each cluster of a data folder.

    All its clusters must be given, not only those that are built, so that a folder never depends on what is
    built together.
    """
    ids = list(dict.fromkeys(cluster_ids))
    same = Counter(i.casefold() for i in ids)
    names = {i: i if is_plain(i) and same[i.casefold()] == 1 else _hashed(i, 8) for i in ids}
    taken = Counter(n.casefold() for n in names.values())
    return {i: n if taken[n.casefold()] == 1 else _hashed(i, 32) for i, n in names.items()}


def is_plain(name: str) -> bool:
    """Return whether ``name`` can be a folder as it is, on Linux, macOS and Windows."""
    stem = name.split(".", 1)[0].casefold()
    return bool(_PLAIN.fullmatch(name)) and stem not in _DEVICES and name.casefold() not in _OURS


def _hashed(name: str, digits: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", plain)[:_LONGEST_STEM].strip("-") or "cluster"
    return f"{stem}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:digits]}"
