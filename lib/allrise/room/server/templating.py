"""The environment of the templates: filters, names, and the words that the scripts say."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2

from allrise.room import keys
from allrise.room.server.wording import LANGUAGES, Wording, wording

#: Texts that the phone's script says.
SCRIPT_WORDS: Mapping[str, tuple[str, ...]] = {
    "status": (
        "saved", "saved_some", "sending", "kept", "kept_stop", "restored", "offline", "online", "new_question", "now_closed",
        "now_open", "now_locked", "timer", "timer_over",
    ),
    "answer": ("moved",),
    "page": ("pause", "resume", "paused"),
}  # fmt: skip


def build_templates() -> jinja2.Environment:
    """Return the templates' environment: everything is escaped, and a name that is missing is an error."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("allrise.room.server"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {"percent": percent, "named": named, "segment": segment_name, "pairs": pairs}
    env.filters.update(filters)
    names: dict[str, Any] = {"shown_code": keys.shown_code}
    env.globals.update(names)
    return env


def percent(share: float | None) -> str:
    """Return a share as whole percents, a dash when it is missing."""
    return "–" if share is None else f"{100 * share:.0f}"


def named(value: str, t: Wording, part: str) -> tuple[str, str]:
    """Return a choice and its name in the page's language."""
    return value, t(f"{part}.{value}") if t.has(f"{part}.{value}") else value


def pairs(items: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Return a quadrant's items two by two."""
    return list(zip(items[::2], items[1::2], strict=True))


def segment_name(segment: str, t: Wording) -> str:
    """Return a country's or a role's name, else the segment as it is."""
    return next((t(f"{part}.{segment}") for part in ("country", "role") if t.has(f"{part}.{segment}")), segment)


def visible(text: str) -> str:
    """Return what someone typed without controls and direction marks, to show it again; joiners of scripts and emoji stay."""
    return "".join(c for c in text if c in "\n\u200c\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


@lru_cache(maxsize=8)
def script_words(language: str) -> Mapping[str, str]:
    """Return what the phone's script says in a language."""
    t = wording(language)
    return {key: t(f"{part}.{key}") for part, keys_ in SCRIPT_WORDS.items() for key in keys_}


@lru_cache(maxsize=1)
def language_names() -> Mapping[str, str]:
    """Return each language's own name for itself."""
    return {code: wording(code)("language.name") for code in LANGUAGES}


def clock_time(ms: int) -> str:
    """Return a time of day as people read it, in this machine's time zone: ``10:42``."""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%H:%M")
