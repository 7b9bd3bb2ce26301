"""A data folder prepared once, so that a notebook reads only its cluster's slice.

:func:`open_store` screens a data folder and prepares it as sorted Parquet in the cache; every later opening,
in any process, finds it by the content of the folder's files. :class:`Store` then reads whole tables for
notebooks about the system, and :class:`Slice` everything about one cluster, at a cost that does not grow with
the system. Opening a prepared store imports neither pandera nor duckdb.
"""

from __future__ import annotations

from allrise.data.package import Caveat
from allrise.data.store.opening import Progress, open_store
from allrise.data.store.slices import Slice
from allrise.data.store.store import Store
from allrise.data.store.values import Cluster, Input

__all__ = ["Caveat", "Cluster", "Input", "Progress", "Slice", "Store", "open_store"]
