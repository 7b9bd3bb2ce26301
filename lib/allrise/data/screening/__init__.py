"""Screening: a folder of files to checked tables and findings.

What can only mean one thing is read and said; what cannot is refused and said; nothing is guessed, changed
or dropped in silence. ``screen`` reads; ``RULES`` has the rules in words.
"""

from __future__ import annotations

from allrise.data.screening.catalogue import RULES, Rule, Severity, rules_page
from allrise.data.screening.findings import LISTED, Finding, Group, InputFile, Screening
from allrise.data.screening.record import as_record
from allrise.data.screening.screen import screen

__all__ = [
    "LISTED",
    "RULES",
    "Finding",
    "Group",
    "InputFile",
    "Rule",
    "Screening",
    "Severity",
    "as_record",
    "rules_page",
    "screen",
]
