"""Facilitators' own sessions: one TOML file, checked as a whole, with every fault named by line and field.

Wording is either one text (in the session's first language) or a table of languages, ``{en = "...", fr = "..."}``.
A framework id brings the framework's own wording in every language that the kit has. The file's format is described
in ``docs/sessions.md``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from allrise.data.tables import COUNTRIES, ROLES
from allrise.errors import UnreadableInput
from allrise.room.definition import ClusterChoice, QuestionDefinition, SessionDefinition
from allrise.room.keys import is_name
from allrise.room.plain_text import cleaned
from allrise.room.session_questions import QuestionReader

#: Name by which the framework's own session is asked for.
GLOBAL_DIALOGUE = "global-dialogue"

LONGEST_FILE = 500_000
MOST_QUESTIONS = 100

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?", re.ASCII)

_SESSION_KEYS = ("title", "languages", "countries", "roles", "cluster", "question")
_CLUSTER_KEYS = ("id", "name", "country")


class SessionFileError(UnreadableInput):
    """A session file with faults; the message has one line a fault."""


def read_session(path: str | Path) -> SessionDefinition:
    """Read a session from a TOML file, or the framework's own by the name ``global-dialogue``.

    Raises
    ------
    SessionFileError
        When the file cannot be read or breaks a rule; every fault is named by line and field, with what to do.
    """
    if str(path) == GLOBAL_DIALOGUE:
        return global_dialogue()
    place = Path(path)
    try:
        raw = place.read_bytes()
        if len(raw) > LONGEST_FILE:
            raise SessionFileError(
                f"{place}: the file has {len(raw):,} bytes.", "A session file is a few pages of text."
            )
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SessionFileError(
            f"{place}: cannot be read ({error.strerror or error}).",
            f"Give the path of a TOML file, or {GLOBAL_DIALOGUE} for the framework's own session.",
        ) from error
    except UnicodeDecodeError as error:
        raise SessionFileError(f"{place}: is not UTF-8 text.", "Save it as UTF-8 in a text editor.") from error
    return parse_session(text, str(place))


def global_dialogue() -> SessionDefinition:
    """Return the framework's own session: parts 1 to 3 with every question, in English and French."""
    text = (files("allrise.room") / "sessions" / "global_dialogue.toml").read_text(encoding="utf-8")
    return parse_session(text, "global_dialogue.toml")


def parse_session(text: str, place: str) -> SessionDefinition:
    """Return the session that a TOML text describes; see :func:`read_session`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SessionFileError(f"{place}: {error}.", "Mend the TOML at that place.") from error
    reader = _SessionReader(text, content)
    definition = reader.session()
    if reader.faults:
        number = len(reader.faults)
        lines = "\n".join(f"{place}, {fault}" for fault in reader.faults)
        raise SessionFileError(lines, f"Mend {'this' if number == 1 else f'these {number} places'} and try again.")
    return definition


class _SessionReader(QuestionReader):
    """Reads the whole file."""

    def session(self) -> SessionDefinition:
        c = self.content
        self.known_keys(c, _SESSION_KEYS, ())
        self.languages = self.read_languages(c.get("languages", ["en"]))
        questions = c.get("question")
        found: list[QuestionDefinition] = []
        if not isinstance(questions, list) or not questions:
            self.fault(("question",), "there is no question.", "Add at least one [[question]].")
        elif len(questions) > MOST_QUESTIONS:
            self.fault(("question",), f"there are {len(questions)} questions.", f"Ask at most {MOST_QUESTIONS}.")
        else:
            for number, raw in enumerate(questions, 1):
                question = self.question(raw, number)
                if question is None:
                    continue
                if question.name.casefold() in {q.name.casefold() for q in found}:
                    where = ("question", number, "name")
                    self.fault(where, f"{question.name!r} is the name of an earlier question.", "Choose another.")
                found.append(question)
        return SessionDefinition(
            title=self.texts(c.get("title"), ("title",), 200, needed=True),
            languages=self.languages,
            questions=tuple(found),
            countries=self.choices(c.get("countries", list(COUNTRIES)), COUNTRIES, ("countries",)),
            roles=self.choices(c.get("roles", list(ROLES)), tuple(ROLES), ("roles",)),
            clusters=self.clusters(c.get("cluster", [])),
        )

    def read_languages(self, value: Any) -> tuple[str, ...]:
        if (
            isinstance(value, list)
            and 0 < len(value) <= 10
            and all(isinstance(v, str) and _LANGUAGE.fullmatch(v) for v in value)
        ):
            return tuple(dict.fromkeys(value))
        self.fault(("languages",), "is not a list of languages.", 'Write for example ["en", "fr"].')
        return ("en",)

    def clusters(self, value: Any) -> tuple[ClusterChoice, ...]:
        found: list[ClusterChoice] = []
        if not isinstance(value, list):
            self.fault(("cluster",), "is not a list of tables.", "Write [[cluster]] for each.")
            return ()
        for number, raw in enumerate(value, 1):
            where = ("cluster", number)
            if not isinstance(raw, dict):
                self.fault(where, "is not a table.", "Write [[cluster]].")
                continue
            self.known_keys(raw, _CLUSTER_KEYS, where)
            cluster_id, name, country = (raw.get(key) for key in _CLUSTER_KEYS)
            if not is_name(cluster_id):
                self.fault((*where, "id"), "is missing or not an id.", "Use letters, digits, dots and dashes.")
            elif cluster_id in {c.cluster_id for c in found}:
                self.fault((*where, "id"), f"{cluster_id!r} is the id of an earlier cluster.", "Choose another.")
            elif not isinstance(name, str) or not name.strip() or len(name) > 120:
                self.fault((*where, "name"), "is missing or longer than 120 characters.", "Write the cluster's name.")
            elif country not in COUNTRIES:
                self.fault((*where, "country"), f"{country!r} is not known.", f"Use {', '.join(COUNTRIES)}.")
            else:
                found.append(ClusterChoice(cluster_id, cleaned(name, 120, lines=False), country))
        return tuple(found)


def retitled(definition: SessionDefinition, title: str = "", language: str = "") -> SessionDefinition:
    """Return a session with another title, or another of its languages first.

    Raises
    ------
    SessionFileError
        When the session does not have the language, or the title is too long.
    """
    if language:
        if language not in definition.languages:
            raise SessionFileError(
                f"The session has no language {language!r}.", f"It has {', '.join(definition.languages)}."
            )
        others = tuple(other for other in definition.languages if other != language)
        definition = replace(definition, languages=(language, *others))
    if title.strip():
        text = cleaned(title, 200, "The title", lines=False)
        definition = replace(definition, title=dict.fromkeys(definition.languages, text))
    return definition
