"""Output formats of a pack: the page, and the hand-outs made from the same blocks.

A format is a function from an executed pack to files, found by name when it is asked for, so that a build of
pages does not import a PDF maker. Hand-outs live in ``packs/handouts``; one that is not installed is refused
before anything is built.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allrise.errors import AllriseError, UnknownName
from allrise.packs.model import ExecutedPack, Renderer
from allrise.packs.outcome import in_words

log = logging.getLogger(__name__)


class FormatNotAvailable(AllriseError):
    """A format that is known and cannot be written here."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the file it writes, and ``module:function`` of its :class:`~allrise.packs.model.Renderer`.

    ``needs`` are packages it cannot do without; ``with_it`` are formats that are always written with it.
    """

    name: str
    file: str
    writer: str
    needs: tuple[str, ...] = ()
    with_it: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The files of the formats that could be written, and in words why the others could not."""

    files: Mapping[str, bytes]
    failed: Mapping[str, str]


FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("html", "index.html", "allrise.packs.render:render_pack"),
        Format("pdf", "pack.pdf", "allrise.packs.handouts.pdf:write", ("typst",)),
        Format("pptx", "slides.pptx", "allrise.packs.handouts.pptx:write", ("pptx", "typst"), ("slides",)),
        Format("slides", "slides.html", "allrise.packs.handouts.projector:write"),
        Format("docx", "handout.docx", "allrise.packs.handouts.docx:write", ("docx", "typst")),
        Format("xlsx", "tables.xlsx", "allrise.packs.handouts.xlsx:write", ("xlsxwriter",)),
        Format("zip", "pack.zip", ""),  # of all the other files, when they stand: packs/assemble.py
    )
}


def check_formats(names: Iterable[str]) -> tuple[str, ...]:
    """Return the formats in the registry's order, ``html`` always among them: it is the pack's page.

    ``all`` stands for every format.

    Raises
    ------
    UnknownName
        For a name that is no format.
    FormatNotAvailable
        When its writer or a package it needs is not installed.
    """
    asked = {n.strip().casefold() for n in names if n.strip()} | {"html"}
    if "all" in asked:
        asked = set(FORMATS)
    for name in sorted(asked & FORMATS.keys()):
        asked |= set(FORMATS[name].with_it)
    for name in sorted(asked):
        if name not in FORMATS:
            raise UnknownName(f"There is no format `{name}`", f"There are {', '.join(FORMATS)}, and `all`.")
        module = FORMATS[name].writer.partition(":")[0]
        if module and not _there(module):
            raise FormatNotAvailable(
                f"packs cannot be written as {name}: this version has no writer for it",
                "Leave it out of --format.",
            )
        missing = [p for p in FORMATS[name].needs if not _there(p)]
        if missing:
            raise FormatNotAvailable(
                f"packs cannot be written as {name}: {', '.join(missing)} is not installed",
                "Install the extra: pip install 'allrise[handouts]'.",
            )
    return tuple(n for n in FORMATS if n in asked)


def writer(name: str) -> Renderer:
    """Return the renderer of a format."""
    module, _, function = FORMATS[name].writer.partition(":")
    return getattr(importlib.import_module(module), function)


def write_all(pack: ExecutedPack, names: Iterable[str]) -> Written:
    """Write every format named; one that fails never costs the others.

    Raises
    ------
    Exception
        What the page's own renderer raises: a folder without its page is no pack.
    """
    files: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    for name in names:
        if not FORMATS[name].writer:
            continue
        try:
            files.update(writer(name)(pack))
        except Exception as error:
            if name == "html":
                raise
            log.exception("%s of %s cannot be written", FORMATS[name].file, pack.folder)
            failed[name] = in_words(error)
    return Written(files, failed)


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
