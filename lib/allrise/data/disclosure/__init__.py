"""Disclosure control: what a public release may say, decided once, on the data themselves.

:func:`public_store` makes from a prepared data folder a store of which everything may be published: small results
hidden with all that would give them away, numbers rounded, schools under pseudonyms, people's answers only where
many answered. Chapters and packs for the public are made from it and never see the other. See ``docs/disclosure.md``.
"""

from __future__ import annotations

from allrise.data.disclosure.names import Pseudonyms
from allrise.data.disclosure.opening import is_public, public_store
from allrise.data.disclosure.release import pseudonyms_of
from allrise.data.disclosure.rules import Rules
from allrise.data.disclosure.texts import CLUSTER_UNNAMED, NAMES_A_SCHOOL, is_withheld

__all__ = [
    "CLUSTER_UNNAMED",
    "NAMES_A_SCHOOL",
    "Pseudonyms",
    "Rules",
    "is_public",
    "is_withheld",
    "pseudonyms_of",
    "public_store",
]
