"""What each chapter says around its figures: one TOML file a language, read once."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any

from allrise.errors import UnknownName
from allrise.framework import base_language


def texts(language: str = "en") -> dict[str, Any]:
    """Return the chapters' texts in a language; those of ``fr`` for ``fr-CA``.

    Raises
    ------
    UnknownName
        When there is no file for the language.
    """
    return _read(base_language(language))


@functools.cache
def _read(language: str) -> dict[str, Any]:
    file = resources.files("allrise.chapters.texts").joinpath(f"{language}.toml")
    if not file.is_file():
        known = sorted(
            f.name.removesuffix(".toml")
            for f in resources.files("allrise.chapters.texts").iterdir()
            if f.name.endswith(".toml")
        )
        raise UnknownName(f"chapters are not written in {language!r}", f"Choose one of: {', '.join(known)}.")
    return tomllib.loads(file.read_text("utf-8"))


def chapter_names(language: str = "en") -> tuple[str, ...]:
    """Return the names of all chapters that have texts, in order."""
    return tuple(name for name in texts(language) if name[:2].isdigit())


def figure_number(chapter: str, name: str) -> str:
    """Return a figure's number, the same in every pack: ``figure_number("02_outcomes", "funnel") == "2.4"``.

    Raises
    ------
    UnknownName
        When the chapter does not list such a figure.
    """
    names = texts("en")[chapter]["figures"]
    if name not in names:
        raise UnknownName(f"chapter {chapter} has no figure {name!r}", f"It has: {', '.join(names)}.")
    return f"{int(chapter[:2])}.{names.index(name) + 1}"
