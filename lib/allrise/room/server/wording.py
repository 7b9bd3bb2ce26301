"""Interface texts by language, from one TOML file each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from allrise.framework import base_language

#: Languages that have a file, in the order in which they are offered.
LANGUAGES: tuple[str, ...] = ("en", "fr")

#: How pages name their language; the French is Canadian.
TAGS: Mapping[str, str] = {"en": "en", "fr": "fr-CA"}


#: Spaces of French at which no line may end: inside quotation marks, and before high punctuation.
_BOUND = re.compile(r" (?=[:;?!»%])|(?<=«) ")


def bound(text: str, language: str) -> str:
    """Return a text whose line never ends inside French quotation marks or before a colon: ``« Nous allons »``."""
    return _BOUND.sub("\u00a0", text) if language == "fr" else text


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language, ``section.key`` to text."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its values filled in; the values are escaped where the page is drawn, not here."""
        text = self.texts[key]
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def has(self, key: str) -> bool:
        """Return whether there is such a text."""
        return key in self.texts


@lru_cache(maxsize=8)
def wording(language: str) -> Wording:
    """Return a language's texts; a regional tag takes its language, an unknown language English."""
    short = base_language(language)
    if short not in LANGUAGES:
        short = LANGUAGES[0]
    source = tomllib.loads(files("allrise.room.server").joinpath("texts", f"{short}.toml").read_text("utf-8"))
    return Wording(
        short, {f"{part}.{key}": bound(text, short) for part, keys in source.items() for key, text in keys.items()}
    )


def preferred(accept_language: str, offered: tuple[str, ...] = LANGUAGES) -> str:
    """Return the offered language that a browser's ``Accept-Language`` likes best; the first when it likes none."""
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:200].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        short = tag.split("-")[0].lower()
        if short in offered:
            try:
                liked.append((-float(quality or 1), place, short))
            except ValueError:
                continue
    return min(liked)[2] if liked else offered[0]
