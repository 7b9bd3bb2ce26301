"""Free text in a public release: kept only where it names no school.

What a cluster says of itself (its purpose, its question, its commitments) is meant for the public, but a sentence
may name a school. A text goes whole when it has the name or id of any school of the data, or a telling word of the
name of one of its cluster's own schools (``Oakfield`` of *Oakfield Primary School*, also inside a web address).
No rule finds every way to point at a school in words: read the texts before you publish.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

#: What stands in place of a text that was said and is not published, with the reason.
NAMES_A_SCHOOL = "Not shown to the public: it names a school"
CLUSTER_UNNAMED = "Not shown to the public: the cluster has too few schools to be named"

_WORD = re.compile(r"[^\W\d_]{4,}")
#: Written together, as in web addresses, words of names are looked for inside other words too.
_ADDRESS = re.compile(r"\S*[\w][./@]\w\S*")
#: Words that many a school is called by, and none is known by.
KINDS = frozenset(
    [
        "school",
        "schools",
        "primary",
        "secondary",
        "elementary",
        "middle",
        "high",
        "junior",
        "juniors",
        "infant",
        "infants",
        "first",
        "lower",
        "upper",
        "college",
        "collegiate",
        "academy",
        "public",
        "private",
        "community",
        "church",
        "catholic",
        "anglican",
        "saint",
        "grammar",
        "comprehensive",
        "intermediate",
        "area",
        "district",
        "central",
        "north",
        "south",
        "east",
        "west",
        "state",
        "free",
        "trust",
        "federation",
        "nursery",
        "preschool",
        "sixth",
        "form",
        "kura",
        "ecole",
        "lycee",
        "polyvalente",
        "secondaire",
        "primaire",
    ]
)
#: A word in the names of this many schools tells no school from another.
_COMMON = 5


def is_withheld(text: object) -> bool:
    """Say whether a text only says that there is one which the public is not shown."""
    return text in (NAMES_A_SCHOOL, CLUSTER_UNNAMED)


def plain(text: str) -> str:
    """Return a text without case, accents and anything but letters, digits and single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"[^\W_]+", bare))


class SchoolNames:
    """The names and ids of all schools, ready to be looked for.

    Parameters
    ----------
    schools
        ``school_id`` to name.
    clusters
        Names of clusters: their words point at a cluster, which is named anyway.
    """

    def __init__(self, schools: Mapping[str, str], clusters: Iterable[str]) -> None:
        self._names = {school_id: plain(name) for school_id, name in schools.items()}
        counts = Counter(word for name in self._names.values() for word in set(_WORD.findall(name)))
        allowed = {word for name in clusters for word in _WORD.findall(plain(name))}
        self._telling = {
            school_id: frozenset(
                w for w in _WORD.findall(name) if counts[w] < _COMMON and w not in allowed and w not in KINDS
            )
            for school_id, name in self._names.items()
        }
        found = {*self._names.values(), *map(plain, schools)}
        self._all = {tuple(text.split()) for text in found if len(text) > 3}
        self._longest = max(map(len, self._all), default=0)

    def named_in(self, text: str, own: Iterable[str] = ()) -> bool:
        """Say whether a text names a school; ``own`` are the ids of the schools of the text's cluster."""
        words = plain(text)
        if not words:
            return False
        parts = tuple(words.split())
        addresses = " ".join(plain(found).replace(" ", "") for found in _ADDRESS.findall(text))
        telling = {word for school_id in own for word in self._telling.get(school_id, ())}
        if not telling.isdisjoint(parts) or any(word in addresses for word in telling):
            return True
        return any(
            parts[start:end] in self._all
            for start in range(len(parts))
            for end in range(start + 1, min(start + self._longest, len(parts)) + 1)
        )
