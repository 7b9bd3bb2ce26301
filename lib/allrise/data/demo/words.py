"""Invented names and the sentences of the demo data, from ``words.toml``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

import numpy as np


@dataclass(frozen=True, slots=True)
class Locale:
    """Names of one region: parts of places, forms of school and cluster names, and its box on the map."""

    country: str
    region: str
    language: str
    kind: str
    box: tuple[float, float, float, float]
    _raw: Mapping[str, Any]

    @property
    def pool(self) -> tuple[str, str]:
        """Return the stock of names that this region shares with others of its country and language."""
        return self.country, self.language

    def place(self, number: int, seed: int) -> str:
        """Return the place with this number: two numbers never give one place.

        Places without a qualifier come first. The walk over prefixes and endings is a bijection (a step
        coprime to their count), so that neighbours in number are not neighbours in name.
        """
        prefixes, endings = self._raw["prefixes"], self._raw["endings"]
        qualifiers: list[str] = self._raw["qualifiers"]
        pool = len(prefixes) * len(endings)
        lap, within = divmod(number, pool)
        step = next(s for s in range(pool * 5 // 13, 2 * pool) if math.gcd(s, pool) == 1)
        spot = (seed * 7919 + within * step) % pool
        prefix, ending = prefixes[spot % len(prefixes)], endings[spot // len(prefixes)]
        name = f"{prefix} {ending}" if ending[0].isupper() else f"{prefix}{ending}"
        if lap == 0:
            return name
        edition, which = divmod(lap - 1, len(qualifiers))
        qualified = f"{qualifiers[which]} {name}"
        return qualified if edition == 0 else f"{qualified} {edition + 1}"

    def school(self, number: int, phase: str, seed: int) -> str:
        """Return the name of a school."""
        types: list[str] = self._raw[phase]
        form: str = self._raw["school"]
        return form.format(place=self.place(number, seed), type=types[number % len(types)])

    def cluster(self, number: int, seed: int) -> str:
        """Return the name of a cluster."""
        forms: list[str] = self._raw["cluster"]
        return forms[number % len(forms)].format(place=self.place(number, seed + 1))

    def texts(self) -> Mapping[str, Any]:
        """Return the sentences in this region's language."""
        return cast("Mapping[str, Any]", _content()["texts"][self.language])


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads((files("allrise.data.demo") / "words.toml").read_text(encoding="utf-8"))


@cache
def locales(country: str) -> tuple[Locale, ...]:
    """Return the regions of one country."""
    raw = _content()[country]
    found: list[Locale] = []
    for region in raw["regions"]:
        own = {**raw, **region}
        found.append(Locale(country, region["name"], own["language"], raw["kind"], tuple(region["box"]), own))
    return tuple(found)


def filled(sentence: str, texts: Mapping[str, Any], rng: np.random.Generator) -> str:
    """Return a sentence with its gaps for a subject and a group of pupils filled."""
    return sentence.format(
        subject=str(rng.choice(texts["subjects"])),
        group=str(rng.choice(texts["groups"])),
    )
