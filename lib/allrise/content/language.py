"""Sentences in languages: templates in TOML files beside the code that says them.

A catalogue is a file ``NAME.LANGUAGE.toml``. English is the source; a sentence that another language does not
have yet is said in English. A message is a text with ``{places}``, or a table of plural forms::

    schools = { none = "no schools", one = "one school", other = "{n} schools" }

``none`` is used for 0; the others are CLDR's plural categories (English ``one`` and ``other``), chosen by Babel.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError

from allrise.framework import base_language

SOURCE = "en"

_FORMS = frozenset({"none", "zero", "one", "two", "few", "many", "other"})

Message = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one file in one language, with English behind them.

    Parameters
    ----------
    name, language
        As in the file's name.
    messages
        Key (dotted) to a text or its plural forms.
    """

    name: str
    language: str
    messages: Mapping[str, Message]

    def __call__(self, key: str, /, n: Any = None, **values: str) -> str:
        """Say a message.

        Parameters
        ----------
        key
            Dotted key, ``cluster_trend.title``.
        n
            The count that chooses the plural form; also stands for ``{n}``.
        **values
            Texts for the places; numbers are formatted before, by ``content.numbers``.

        Raises
        ------
        KeyError
            When the message or one of its places is missing.
        """
        message = self.messages[key]
        if isinstance(message, Mapping):
            if n is None:
                msg = f"{self.name}: {key} has plural forms and needs n"
                raise KeyError(msg)
            message = message[_form(message, n, self.language)]
        return message.format(**({} if n is None else {"n": n}), **values)

    def __contains__(self, key: object) -> bool:
        return key in self.messages

    def several(self, key: str, **values: str) -> tuple[str, ...]:
        """Say ``key.1``, ``key.2``... as far as they go."""
        said: list[str] = []
        while f"{key}.{len(said) + 1}" in self.messages:
            said.append(self(f"{key}.{len(said) + 1}", n=None, **values))
        return tuple(said)


@lru_cache(maxsize=64)
def catalogue(package: str, name: str, language: str = SOURCE) -> Catalogue:
    """Return the messages ``NAME.LANGUAGE.toml`` of a package, English where the language has none.

    Parameters
    ----------
    package
        Dotted name of the package in which the file lies.
    name
        Name of the file without language and ending.
    language
        ``en``, ``fr``, ``fr-CA``...
    """
    base = base_language(language)
    messages = dict(_read(package, f"{name}.{SOURCE}.toml"))
    if base != SOURCE:
        try:
            messages |= _read(package, f"{name}.{base}.toml")
        except FileNotFoundError:
            base = SOURCE
    return Catalogue(name, base, messages)


def _read(package: str, name: str) -> dict[str, Message]:
    return _flat(tomllib.loads(files(package).joinpath(name).read_text("utf-8")))


def _flat(source: Mapping[str, Any], prefix: str = "") -> dict[str, Message]:
    flat: dict[str, Message] = {}
    for key, value in source.items():
        if isinstance(value, Mapping) and not (value and set(value) <= _FORMS):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _form(forms: Mapping[str, str], n: int | Decimal, language: str) -> str:
    if n == 0 and "none" in forms:
        return "none"
    form = locale_of(language).plural_form(n)
    return form if form in forms else "other"


@lru_cache(maxsize=16)
def locale_of(language: str) -> Locale:
    """Return Babel's locale of a language, ``fr-CA`` or ``fr``; that of English where Babel knows none."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE)
