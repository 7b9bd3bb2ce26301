"""Who comes to a simulated session, and what is planted in what they think."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator

#: How many come from each country, and in each role. Two roles are too few to be shown.
COUNTRIES: dict[str, int] = {"CA": 20, "US": 16, "NZ": 15, "AU": 14, "GB-ENG": 13}
ROLES: dict[str, int] = {"teacher": 22, "leader": 20, "middle_leader": 14, "student": 12, "family": 6, "governor": 4}

#: Items that nearly everyone agrees with, everywhere.
AGREED = frozenset({"F4", "F5", "D2", "connectedness", "T2", "S3"})
#: Items on which countries are apart: those that agree, and those that do not.
DIVIDED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "F6": (frozenset({"GB-ENG", "US"}), frozenset({"NZ", "CA"})),
    "C1": (frozenset({"NZ", "CA"}), frozenset({"US"})),
    "T4": (frozenset({"CA", "AU"}), frozenset({"GB-ENG", "US"})),
}
#: Board on which two camps are planted that cut across countries and roles; no other board has any.
CAMPS_ON = "Q3.4"


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person; ``camp`` is 0 or 1."""

    token: str
    country: str
    role: str
    camp: int


def people(rng: Rng, seed: int) -> list[Person]:
    """Return the people in the order in which they come."""
    countries = rng.permutation([c for c, n in COUNTRIES.items() for _ in range(n)]).tolist()
    roles = rng.permutation([r for r, n in ROLES.items() for _ in range(n)]).tolist()
    camps = rng.permutation([k % 2 for k in range(len(roles))]).tolist()
    return [
        Person(token(seed, f"person {n}"), country, role, camp)
        for n, (country, role, camp) in enumerate(zip(countries, roles, camps, strict=True))
    ]


def token(seed: int, what: str) -> str:
    """Return a token that is the same in every run; fit for invented people only."""
    return hashlib.sha256(f"allrise simulation {seed} {what}".encode()).hexdigest()[:32]
