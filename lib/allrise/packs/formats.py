"""Output formats of a pack: the page, and the hand-outs made from the same blocks.

A format is a function from an executed pack to files, found by name when it is asked for, so that a build of
pages does not import a PDF maker. Hand-outs live in ``packs/handouts``; one that is not installed is refused
before anything is built.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allrise.errors import AllriseError, UnknownName
from allrise.packs.model import ExecutedPack, Renderer


class FormatNotAvailable(AllriseError):
    """A format that is known and cannot be written here."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the file it writes, and ``module:function`` of its :class:`~allrise.packs.model.Renderer`.

    ``needs`` are packages it cannot do without.
    """

    name: str
    file: str
    writer: str
    needs: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("html", "index.html", "allrise.packs.render:render_pack"),
        Format("pdf", "pack.pdf", "allrise.packs.handouts.pdf:write", ("pypandoc", "typst")),
        Format("pptx", "slides.pptx", "allrise.packs.handouts.pptx:write", ("pptx",)),
        Format("docx", "handout.docx", "allrise.packs.handouts.docx:write", ("docx",)),
        Format("xlsx", "tables.xlsx", "allrise.packs.handouts.xlsx:write", ("xlsxwriter",)),
    )
}


def check_formats(names: Iterable[str]) -> tuple[str, ...]:
    """Return the formats in the registry's order, ``html`` always among them: it is the pack's page.

    Raises
    ------
    UnknownName
        For a name that is no format.
    FormatNotAvailable
        When its writer or a package it needs is not installed.
    """
    asked = {n.strip().casefold() for n in names if n.strip()} | {"html"}
    for name in sorted(asked):
        if name not in FORMATS:
            raise UnknownName(f"There is no format `{name}`", f"There are {', '.join(FORMATS)}.")
        module = FORMATS[name].writer.partition(":")[0]
        if not _there(module):
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


def write_all(pack: ExecutedPack, names: Iterable[str]) -> dict[str, bytes]:
    """Return the files of every format named."""
    files: dict[str, bytes] = {}
    for name in names:
        files.update(writer(name)(pack))
    return files


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
