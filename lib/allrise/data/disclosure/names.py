"""Pseudonyms: the same within a release, and nothing to do with those of another release or with the names.

A code is made from the id with a key (HMAC-SHA256) that never leaves this machine's cache, so that it follows no
alphabet and nobody without the key can try out ids. Letters of a pack follow the codes' order.
"""

from __future__ import annotations

import hashlib
import hmac

#: Letters and digits that are not mistaken for one another and spell no word.
_SIGNS = "23456789BCDFGHJKMNPQRTVWXZ"


class Pseudonyms:
    """Codes for the ids of one release.

    Parameters
    ----------
    key
        The release's secret.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "<Pseudonyms>"  # never the key

    def code(self, kind: str, value: str, length: int = 8) -> str:
        """Return the code of a value; another kind of thing with the same value has another code."""
        number = int.from_bytes(self.digest(f"{kind}\0{value}"))
        signs: list[str] = []
        for _ in range(length):
            number, place = divmod(number, len(_SIGNS))
            signs.append(_SIGNS[place])
        return "".join(signs)

    def digest(self, text: str) -> bytes:
        """Return the keyed hash of a text."""
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def school_id(self, school_id: str) -> str:
        return f"s-{self.code('school', school_id, 10).lower()}"

    def school_name(self, school_id: str) -> str:
        return f"School {self.code('school', school_id, 6)}"

    def cluster_id(self, cluster_id: str) -> str:
        return f"c-{self.code('cluster', cluster_id, 10).lower()}"

    def cluster_code(self, cluster_id: str) -> str:
        return self.code("cluster", cluster_id, 5)
