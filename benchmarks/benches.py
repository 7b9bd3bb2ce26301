"""The benchmarks there are, in the order in which they run: the short ones first, last the one that takes longest.

Seconds are those of two quiet cores, in full and for a look, with the data made before.
"""

from __future__ import annotations

from measure import Bench

_ALL = (
    Bench("kernels", "Warm against normal kernels", (90.0, 25.0)),
    Bench("figures", "Figures drawn and encoded, against seaborn with a bootstrap", (60.0, 20.0)),
    Bench("build", "A full build against commands, a plain pool and the limit", (420.0, 45.0)),
    Bench("again", "Building again: nothing changed, one number changed", (120.0, 30.0)),
    Bench("handouts", "Hand-outs of a pack, beside its chapters", (45.0, 20.0)),
    Bench("prepare", "Preparing 5.9 million rows, against duckdb alone", (150.0, 15.0)),
    Bench("system_size", "A pack in a system of 10,000 clusters against one of 10", (180.0, 25.0)),
    Bench("dask_build", "A build over Dask against a local one, and with a worker killed", (150.0, 30.0)),
    Bench("coverage", "Do the kit's 95% intervals hold the truth?", (120.0, 30.0)),
    Bench("planted", "Are planted effects found, and nothing where nothing is?", (600.0, 20.0)),
    Bench("voila", "Workshop apps for many arrivals, against Voila as it comes", (900.0, 100.0)),
    Bench("room_load", "500 phones against the room server", (180.0, 30.0)),
    Bench("scale", "250 clusters built whole, memory over time, and 2,000 projected", (1320.0, 45.0)),
)
BENCHES: dict[str, Bench] = {bench.name: bench for bench in _ALL}
