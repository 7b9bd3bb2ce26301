"""Read one language file of the framework, and refuse one that is incomplete."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from allrise.errors import InvalidData, UnknownName, UnreadableInput
from allrise.framework import ids
from allrise.framework.entries import Contrast, Entry, Factor, Framework, Perspective, Question, SurveyItem

T = TypeVar("T")

#: Sections of a language file and the ids that each must hold, in order.
SECTIONS: dict[str, tuple[str, ...]] = {
    "drivers": ids.DRIVER_IDS,
    "claims": ids.CLAIM_IDS,
    "factors": ids.FACTOR_IDS,
    "stages": ids.STAGE_IDS,
    "marks": ids.MARK_IDS,
    "accountability": ids.ACCOUNTABILITY_IDS,
    "barriers": ids.BARRIER_IDS,
    "skills": ids.SKILL_IDS,
    "contrasts": ids.CONTRAST_IDS,
    "concepts": ids.CONCEPT_IDS,
    "questions": ids.QUESTION_IDS,
    "closing": ids.CLOSING_IDS,
}


@cache
def load(language: str = "en") -> Framework:
    """Return the framework in one language.

    Parameters
    ----------
    language
        ``en`` or ``fr`` (Canadian French). A regional tag such as ``fr-CA`` takes its language.

    Raises
    ------
    UnknownName
        When the kit has no such language.
    InvalidData
        When the language file misses an id, has one too many, or leaves a text empty.
    """
    short = ids.base_language(language)
    if short not in ids.LANGUAGES:
        raise UnknownName(f"The framework has no language {language!r}.", f"Use one of {', '.join(ids.LANGUAGES)}.")
    text = (files("allrise.framework") / f"{short}.toml").read_text(encoding="utf-8")
    return parse(text, short)


@cache
def said_in(language: str) -> Mapping[str, str]:
    """Return what the framework's texts are in a language, by each of its texts in any other.

    A record of a room holds the framework's wording in the language in which it was asked; a pack says it in its own.
    """
    target = tuple(_texts(load(language)))
    found: dict[str, str] = {}
    for other in ids.LANGUAGES:
        found.update(zip(_texts(load(other)), target, strict=True))
    return found | {text: text for text in target}


def _texts(framework: Framework) -> Iterator[str]:
    for entry in framework.entries:
        yield from (entry.label, entry.statement)
    for contrast in framework.contrasts:
        yield from (contrast.transformational, contrast.transactional)
    yield from (item.wording for item in framework.items)


def parse(text: str, language: str) -> Framework:
    """Return the framework written in ``text``, a TOML language file; see `load` for what it raises."""
    place = f"framework/{language}.toml"
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableInput(f"{place}: {error}", "Mend the TOML.") from error
    reader = _Reader(place, content)
    return Framework(
        language=language,  # pyright: ignore[reportArgumentType]  # checked by load
        language_name=reader.text(content, "language_name", "language_name"),
        headings={name: reader.text(reader.table(content, "headings"), name, "headings") for name in SECTIONS},
        scale=reader.texts(content, "scale", "scale", 5, 5),
        drivers=reader.section("drivers", reader.entry),
        claims=reader.section("claims", reader.entry),
        factors=reader.section("factors", reader.factor),
        stages=reader.section("stages", reader.entry),
        marks=reader.section("marks", reader.entry),
        accountability=reader.section("accountability", reader.entry),
        barriers=reader.section("barriers", reader.entry),
        skills=reader.section("skills", reader.entry),
        contrasts=reader.section("contrasts", reader.contrast),
        concepts=reader.section("concepts", reader.entry),
        questions=reader.section("questions", reader.question),
        closing=reader.section("closing", reader.entry),
        items=reader.items(),
    )


class _Reader:
    """Takes typed values out of a language file, naming the place of every fault."""

    def __init__(self, place: str, content: Mapping[str, Any]) -> None:
        self._place = place
        self._content = content

    def fault(self, what: str, mend: str) -> InvalidData:
        return InvalidData(f"{self._place}: {what}", mend)

    def table(self, parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = parent.get(key)
        if not isinstance(value, dict):
            raise self.fault(f"[{key}] is missing.", f"Add the table [{key}].")
        return value

    def text(self, parent: Mapping[str, Any], key: str, where: str) -> str:
        value = parent.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f"{where} has no {key}.", f"Write a text for {key} of {where}.")
        return value

    def texts(self, parent: Mapping[str, Any], key: str, where: str, least: int, most: int) -> tuple[str, ...]:
        value = parent.get(key)
        if (
            not isinstance(value, list)
            or not least <= len(value) <= most
            or not all(isinstance(v, str) and v.strip() for v in value)
        ):
            how_many = f"{least}" if least == most else f"{least} to {most}"
            raise self.fault(f"{where} needs {how_many} texts in {key}.", f"Write them as a list in {key}.")
        return tuple(value)

    def section(self, name: str, make: Callable[[str, Mapping[str, Any]], T]) -> tuple[T, ...]:
        table = self.table(self._content, name)
        self.same_ids(name, tuple(table), SECTIONS[name])
        return tuple(make(key, self.table(table, key)) for key in SECTIONS[name])

    def same_ids(self, section: str, found: Sequence[str], expected: Sequence[str]) -> None:
        missing = [key for key in expected if key not in found]
        extra = [key for key in found if key not in expected]
        if missing:
            raise self.fault(f"[{section}] is missing {', '.join(missing)}.", "Every language holds every id.")
        if extra:
            raise self.fault(f"[{section}] has unknown ids: {', '.join(extra)}.", "Take them out, or correct them.")

    def basic(self, key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": key,
            "label": self.text(raw, "label", key),
            "statement": self.text(raw, "statement", key),
            "prompts": self.texts(raw, "prompts", key, 2, 4),
        }

    def entry(self, key: str, raw: Mapping[str, Any]) -> Entry:
        return Entry(**self.basic(key, raw))

    def factor(self, key: str, raw: Mapping[str, Any]) -> Factor:
        return Factor(
            **self.basic(key, raw),
            evidence=self.texts(raw, "evidence", key, 2, 6),
            predict=self.text(raw, "predict", key),
        )

    def contrast(self, key: str, raw: Mapping[str, Any]) -> Contrast:
        return Contrast(
            **self.basic(key, raw),
            transformational=self.text(raw, "transformational", key),
            transactional=self.text(raw, "transactional", key),
        )

    def question(self, key: str, raw: Mapping[str, Any]) -> Question:
        sources = self.texts(raw, "evidence_from", key, 1, 20)
        known = {framework_id for section in SECTIONS.values() for framework_id in section}
        unknown = [s for s in sources if s not in known]
        if unknown:
            raise self.fault(f"{key} takes evidence from {', '.join(unknown)}, which is no id.", "Correct the ids.")
        return Question(**self.basic(key, raw), evidence_from=sources)  # pyright: ignore[reportArgumentType]

    def items(self) -> tuple[SurveyItem, ...]:
        table = self.table(self._content, "items")
        self.same_ids("items", tuple(table), ids.SCALE_IDS)
        return tuple(item for scale in ids.SCALE_IDS for item in self._items_of(scale, table[scale]))

    def _items_of(self, scale: ids.ScaleId, raw: Any) -> list[SurveyItem]:
        if not isinstance(raw, list) or not raw or not all(isinstance(one, dict) for one in raw):
            raise self.fault(f"[items] {scale} is not a list of items.", "Write [[items.F1]] tables.")
        items: list[SurveyItem] = []
        for number, one in enumerate(raw, start=1):
            perspective: Perspective = one.get("perspective", "cluster")
            suffix = str(number) if perspective == "cluster" else perspective
            item_id = f"{scale}_{suffix}"
            items.append(
                SurveyItem(
                    id=item_id,
                    framework_id=scale,
                    wording=self.text(one, "wording", item_id),
                    reversed=bool(one.get("reversed", False)),
                    perspective=perspective,
                )
            )
        return items
