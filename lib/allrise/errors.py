"""The root of every error that a person may see.

An error names the thing, the place and the mend. The command line prints the message alone and exits
with :attr:`AllriseError.exit_code`; a traceback is only ever shown for a fault of ours.
"""

from __future__ import annotations


class AllriseError(Exception):
    """Something a user can mend. ``str(error)`` is the whole message.

    Parameters
    ----------
    what
        What is wrong and where, for example ``"outcomes.csv row 214: pupils is -3"``.
    mend
        What to do about it, a full sentence.
    """

    exit_code = 2

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what, mend)  # both kept as args so that it pickles across processes
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}\n{self.mend}" if self.mend else self.what


class UnreadableInput(AllriseError):
    """A file or folder cannot be read as what it should be."""


class UnknownName(AllriseError):
    """A name (cluster, chapter, measure, framework id, importer) that does not exist."""


class InvalidData(AllriseError):
    """The data were read, and they break a rule; exit code 1 because the work was begun."""

    exit_code = 1
