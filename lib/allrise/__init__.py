"""allrise: a workshop and evidence kit for networks of schools.

Files become checked tables, tables become slices of one cluster, slices become evidence, evidence becomes
figures and readings, those become chapters and packs; a room argues with them, and its record becomes files.
Rooms of this package, lowest first: framework, kernels | content, data | evidence | figures | chapters |
packs, room | apps | cli. Imports go down only.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load(data: Any = None) -> Any:
    """Open a data folder to explore it in a notebook.

    Parameters
    ----------
    data
        A data folder, or ``demo`` for the invented data that come with the kit. When it is not given: the folder that
        ``allrise lab DATA`` was started with (the environment variable ``ALLRISE_DATA``), else ``demo``.

    Returns
    -------
    allrise.apps.explore.Data
        ``data.outcomes`` and every other table as DataFrames with labels and units in ``attrs``;
        ``data.cluster("name or id")`` for one cluster, whose ``ask("gap")`` answers with a figure;
        ``data.describe("outcomes")`` for what each column means.

    Raises
    ------
    UnreadableInput
        When there is no such folder.
    InvalidData
        When the data break a rule that matters; the message has the first findings.
    """
    from importlib import import_module  # by name: what stands below ``apps`` imports this module and must not reach it

    return import_module("allrise.apps.explore").load(data)
