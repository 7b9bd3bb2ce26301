"""How schools and places are called in a pack: full names for the cluster, letters for the public."""

from __future__ import annotations

import pandas as pd

from allrise.data.profiles import Profile
from allrise.data.store import Cluster
from allrise.evidence.selection import letters


def school_names(schools: pd.DataFrame, *, audience: str) -> pd.DataFrame:
    """Return the letter and the name of each school, in the order of the alphabet.

    Parameters
    ----------
    schools
        ``school_id, name``.
    audience
        For ``public`` a school is called by its letter alone.

    Returns
    -------
    DataFrame
        ``school_id, school, letter, letter_order``.
    """
    named = letters(schools)
    named["letter_order"] = range(len(named))
    if audience == "public":
        named["school"] = named["letter"]
    return named


def place_of(cluster: Cluster, profile: Profile, language: str) -> str:
    """Return region and country as readers write them."""
    return ", ".join(p for p in (cluster.region, profile.name(language)) if p)
