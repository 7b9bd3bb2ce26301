"""Data Package v2 in and out: the ``datapackage.json`` that tells what the tables of a data folder hold.

The words come from ``tables.py``, so that the file, the checks and the documentation say the same. Keys of
our own stand under ``"allrise"``: whether the data are synthetic, and caveats that readers must see.
"""

from __future__ import annotations

from allrise.data.package.descriptor import DESCRIPTOR, About, Caveat, Descriptor, FileFormat, Licence, Resource, Source
from allrise.data.package.reading import assumed_descriptor, read_descriptor, table_name
from allrise.data.package.table_schema import describe
from allrise.data.package.writing import PACKAGE_PROFILE, SCHEMA_VERSION, write_csv, write_descriptor, write_folder

__all__ = [
    "DESCRIPTOR",
    "PACKAGE_PROFILE",
    "SCHEMA_VERSION",
    "About",
    "Caveat",
    "Descriptor",
    "FileFormat",
    "Licence",
    "Resource",
    "Source",
    "assumed_descriptor",
    "describe",
    "read_descriptor",
    "table_name",
    "write_csv",
    "write_descriptor",
    "write_folder",
]
