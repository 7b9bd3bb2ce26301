"""Draws ahead what a room will ask for, so that the first person who presses a button does not wait.

``python -m allrise.apps.ahead --data DATA --audience public`` fills the gallery's cache, cluster by cluster, at low priority;
``allrise serve`` runs it beside the apps and ends it with them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from allrise.apps.evidence_view import looked_up, offered
from allrise.apps.gallery import PICTURES, Source, clusters, picture
from allrise.apps.predictions import LINES, line, losses, together
from allrise.errors import AllriseError

#: Clusters drawn ahead; in a big system the others are drawn when they are asked for.
MOST_CLUSTERS = 12


def errands(source: Source, cluster_id: str) -> Iterator[Callable[[], Any]]:
    """Return what the apps show of a cluster, in the order in which a session comes to it."""

    def first_look() -> Any:
        found = offered(source, cluster_id)
        measure, group = (found[k][0][1] if found[k] else "" for k in ("measures", "groups"))
        return looked_up(source, cluster_id, "years", measure, group, "")

    yield first_look
    yield lambda: picture(source, cluster_id, "profile")
    for what in LINES:
        for series in ("cluster", "system"):
            yield lambda what=what, series=series: line(source, cluster_id, what, series)
    yield lambda: losses(source, cluster_id)
    yield lambda: together(source, cluster_id)
    for name in PICTURES:
        yield lambda name=name: picture(source, cluster_id, name)


def draw_ahead(source: Source, most: int = MOST_CLUSTERS) -> int:
    """Fill the cache; return how many things are now kept. What cannot be drawn is said when somebody asks for it."""
    done = 0
    for _, cluster_id in clusters(source)[:most]:
        for errand in errands(source, cluster_id):
            with contextlib.suppress(AllriseError):
                errand()
                done += 1
    return done


def main() -> None:
    """Draw ahead, giving way to everything else."""
    parser = argparse.ArgumentParser(prog="python -m allrise.apps.ahead", description=__doc__)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--audience", choices=("public", "cluster"), default="public")
    given = parser.parse_args()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    draw_ahead(Source(given.data, given.audience))


if __name__ == "__main__":
    main()
