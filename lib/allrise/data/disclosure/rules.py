"""What a public release shows and what it hides: the numbers behind the rules, and the reasons for them."""

from __future__ import annotations

from dataclasses import dataclass

#: Statuses of a value that its publisher holds back; one that is merely absent (``x``, ``z``) is not a secret.
WITHHELD = ("c", "u", "low", "k")


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the disclosure rules; thresholds of pupils are the country profiles' own.

    Parameters
    ----------
    people
        Fewest people of one role, and fewest people altogether, that any figure of the survey is about. Profiles
        ask for 5 in a cluster and 10 of one role in one school; a role of a cluster of one school is both, and a
        cluster's headteachers are known by name to its readers, so 10 it is.
    pupils_to
        Numbers of pupils are rounded to a multiple of this; never down to 0.
    roll_to
        The same for a school's size, which is public elsewhere to the pupil and would give the school away.
    named_from
        Clusters with fewer schools than this carry no name: whoever knows the cluster would know its schools.
    region_from
        Regions with fewer schools than this are not named.
    common
        A word for a kind of tie or a focus is kept when this many schools use it.
    complementary
        Hide as much again as is needed so that nothing hidden can be worked out. Without it a release is **not**
        safe: the switch is there for the test that attacks one, and no command reaches it.
    """

    people: int = 10
    pupils_to: int = 5
    roll_to: int = 50
    named_from: int = 5
    region_from: int = 20
    common: int = 5
    complementary: bool = True
