"""England: which groups of schools become clusters, and the table of schools."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources

import pandas as pd

from allrise.data.importers.establishments import SchoolYear
from allrise.data.importers.imported import Options
from allrise.errors import UnreadableInput

#: Fewest schools with results that make a trust a cluster, when nothing else is asked for.
MIN_SCHOOLS = 5

Schools = Mapping[str, Sequence[SchoolYear]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Clusters: their table, the cluster of each member school, whether they are trusts, and the fewest schools of one."""

    table: pd.DataFrame
    members: Mapping[str, str]
    by_trust: bool
    minimum: int


_SMALL_WORDS = frozenset({"and", "at", "for", "in", "of", "on", "the", "to", "with"})


def choose_clusters(schools: Schools, options: Options) -> Chosen:
    """Return the trusts (or authorities) with enough schools; other schools are in no cluster.

    Trusts are taken where the files have trust links, unless ``options.clusters`` says otherwise. A school
    counts towards ``options.min_schools`` when it has results in any year.

    Raises
    ------
    UnreadableInput
        When trusts are asked for and there are none, or no group is large enough.
    """
    if options.clusters not in (None, "trusts", "authorities"):
        raise UnreadableInput(f"--clusters {options.clusters} is not known", "Use trusts or authorities.")
    newest = {school: rows[-1] for school, rows in schools.items()}
    has_trusts = any(row.trust for row in newest.values())
    by_trust = has_trusts if options.clusters is None else options.clusters == "trusts"
    if by_trust and not has_trusts:
        raise UnreadableInput(
            "The files have no trust links (columns Group ID and Group Name)",
            "Use --clusters authorities, or the prepared panel that was joined to the group links.",
        )
    kind = "multi-academy trust" if by_trust else "local authority"
    minimum = options.min_schools or (MIN_SCHOOLS if by_trust else 1)
    group = {school: row.trust if by_trust else row.authority for school, row in newest.items()}
    size = Counter(group[school] for school, rows in schools.items() if any(row.has_results for row in rows))
    chosen = sorted(g for g, n in size.items() if g and n >= minimum)
    if not chosen:
        raise UnreadableInput(
            f"No {kind} has {minimum} schools with results here", "Lower --min-schools, or give more files."
        )
    members = {school: g for school, g in group.items() if g in set(chosen)}
    authorities = _authorities()
    names = {row.trust: in_title_case(row.trust_name) for row in newest.values()} if by_trust else authorities
    home = {
        g: Counter(newest[s].authority for s, of in members.items() if of == g).most_common(1)[0][0] for g in chosen
    }
    table = pd.DataFrame(
        {
            "cluster_id": chosen,
            "name": [names.get(g, f"Local authority {g}") for g in chosen],
            "country": "GB-ENG",
            "region": [authorities.get(home[g], f"Local authority {home[g]}") for g in chosen],
            "kind": kind,
        }
    )
    return Chosen(table, members, by_trust, minimum)


def in_title_case(name: str) -> str:
    """Return a name that a register holds in capitals as people write it; any other name as it is.

    Short words without a vowel, and words with digits, stay as they are: they are initials.
    """
    if name != name.upper():
        return name
    words = name.split(" ")
    return " ".join(
        w.lower() if i and w.lower() in _SMALL_WORDS else w if _initials(w) else w.capitalize()
        for i, w in enumerate(words)
    )


def _initials(word: str) -> bool:
    letters = "".join(c for c in word if c.isalpha())
    return len(letters) <= 4 and not any(v in letters.upper() for v in "AEIOUY")


def school_table(schools: Schools) -> pd.DataFrame:
    """Return ``schools``: newest name, authority and age range, and the newest number of pupils there is."""
    authorities = _authorities()
    return pd.DataFrame(
        [
            {
                "school_id": school,
                "name": rows[-1].name,
                "country": "GB-ENG",
                "region": authorities.get(rows[-1].authority, f"Local authority {rows[-1].authority}"),
                "phase": phase(rows[-1].ages),
                "pupils": next((r.pupils for r in reversed(rows) if r.pupils is not None), None),
            }
            for school, rows in schools.items()
        ]
    )


def phase(ages: str) -> str | None:
    """Return the phase that an age range such as ``4-11`` says, or nothing where there is none."""
    first, _, last = ages.partition("-")
    if not (first.isdigit() and last.isdigit()):
        return None
    if int(last) <= 11:
        return "primary"
    return "all-through" if int(first) <= 7 else "middle"


def _authorities() -> dict[str, str]:
    """Return the name of every local authority by its number."""
    text = (resources("allrise.data.importers") / "england_authorities.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
