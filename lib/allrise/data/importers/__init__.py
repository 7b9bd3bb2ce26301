"""Open data into data folders: one module a source, each with its meaning of columns and symbols.

An importer reads files as their publishers make them and returns an :class:`Imported`: tables, sources,
caveats, and an account of every row. It never guesses: a column, year or symbol it does not know is an error
that names the file, the place and the mend. :func:`write_import` puts the result into a folder in one step.
"""

from __future__ import annotations

from allrise.data.importers.imported import Imported, LeftOut, Options
from allrise.data.importers.registry import SOURCES, Importer, importer
from allrise.data.importers.writing import write_import

__all__ = ["SOURCES", "Imported", "Importer", "LeftOut", "Options", "importer", "write_import"]
