"""The tidy tables of the outcomes chapter (F1, C1, C2): the door to all of them.

Cluster-level functions take the cluster's own rows and, as ``system``, the small reference tables made once for a whole
system by :func:`reference_outcomes` (levels, spread, over-dispersion), :func:`reference_gaps` and
:func:`neighbour_reference`; so a pack costs the same in a system of ten clusters and of ten thousand.
"""

from allrise.evidence.changes import change_summary, distribution_shift, school_changes
from allrise.evidence.funnel import Overdispersion
from allrise.evidence.funnel_tables import funnel_limits, funnel_points
from allrise.evidence.gap_tables import gap_decomposition, gap_trend, school_gaps
from allrise.evidence.levels import cluster_trend, school_levels, shrunk_levels
from allrise.evidence.reference import overdispersion_for, reference_gaps, reference_outcomes
from allrise.evidence.selection import letter, lettered
from allrise.evidence.similar import neighbour_reference, similar_schools
from allrise.evidence.spread_tables import spread_trend
from allrise.evidence.trends import trend_of

__all__ = [
    "Overdispersion",
    "change_summary",
    "cluster_trend",
    "distribution_shift",
    "funnel_limits",
    "funnel_points",
    "gap_decomposition",
    "gap_trend",
    "letter",
    "lettered",
    "neighbour_reference",
    "overdispersion_for",
    "reference_gaps",
    "reference_outcomes",
    "school_changes",
    "school_gaps",
    "school_levels",
    "shrunk_levels",
    "similar_schools",
    "spread_trend",
    "trend_of",
]
