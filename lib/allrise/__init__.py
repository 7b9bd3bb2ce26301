"""allrise: a workshop and evidence kit for networks of schools.

Files become checked tables, tables become slices of one cluster, slices become evidence, evidence becomes
figures and readings, those become chapters and packs; a room argues with them, and its record becomes files.
Rooms of this package, lowest first: framework, kernels | content, data | evidence | figures | chapters |
packs, room | apps | cli. Imports go down only.
"""

__version__ = "0.1.0"
