"""Words of the pack page itself, per language; blocks bring their own."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources


@functools.cache
def page_words(language: str) -> dict[str, str]:
    """Return the page's words in a language; English where the language is not known."""
    catalogue = tomllib.loads(resources.files("allrise.packs.render").joinpath("words.toml").read_text("utf-8"))
    return catalogue.get(language.split("-", maxsplit=1)[0], catalogue["en"])
