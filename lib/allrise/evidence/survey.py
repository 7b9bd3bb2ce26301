"""The tidy tables of the factors chapter (F2 to F8) and of leadership: the door to all of them.

Every function takes ``survey`` and ``items`` as plain DataFrames and, unless told a ``wave``, shows the latest.
"""

from allrise.evidence.interdependence import interdependence, interdependence_of_people
from allrise.evidence.reliability import reliability
from allrise.evidence.survey_scores import answers, in_order, latest_wave, person_scores
from allrise.evidence.survey_system import cluster_means, system_profile
from allrise.evidence.survey_tables import (
    agreement,
    by_role,
    by_school,
    factor_profile,
    role_gaps,
    weakest_factor,
)

__all__ = [
    "agreement",
    "answers",
    "by_role",
    "by_school",
    "cluster_means",
    "factor_profile",
    "in_order",
    "interdependence",
    "interdependence_of_people",
    "latest_wave",
    "person_scores",
    "reliability",
    "role_gaps",
    "system_profile",
    "weakest_factor",
]
