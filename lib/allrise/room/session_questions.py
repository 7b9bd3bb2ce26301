"""The questions of a session file, each checked by its kind."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from allrise.framework import CONTRAST_IDS
from allrise.room.definition import ITEM_KINDS, KINDS, ItemDefinition, Kind, QuestionDefinition, SeedDefinition
from allrise.room.file_reader import FileReader, Place
from allrise.room.keys import is_name

MOST_ITEMS = {"rating": 60, "contrast": 30, "quadrant": 20, "choice": 40, "rank": 12}

_ID_OR_RANGE = re.compile(r"[A-Z]\d{1,2}(-[A-Z]\d{1,2})?", re.ASCII)
_ITEM_KEYS = ("name", "framework", "label", "detail", "left", "right")
_EVERY = ("name", "kind", "framework", "part", "prompt", "help")
_BY_KIND: dict[str, tuple[str, ...]] = {
    "rating": ("items", "low", "high"),
    "contrast": ("items",),
    "quadrant": ("items",),
    "choice": ("items", "several"),
    "rank": ("items",),
    "text": ("tags", "moderated", "longest", "most"),
    "statements": ("tags", "moderated", "longest", "most", "seeds"),
}


class QuestionReader(FileReader):
    """Reads questions and their items."""

    def question(self, raw: Any, number: int) -> QuestionDefinition | None:
        where: Place = ("question", number)
        if not isinstance(raw, dict):
            self.fault(where, "is not a table.", "Write [[question]].")
            return None
        kind = raw.get("kind")
        if kind not in KINDS:
            close = get_close_matches(str(kind), KINDS, n=1)
            mend = f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(KINDS)}."
            self.fault(
                (*where, "kind"), "is missing." if kind is None else f"{kind!r} is not a kind of question.", mend
            )
            return None
        self.known_keys(raw, (*_EVERY, *_BY_KIND[kind]), where)
        framework_id = self.framework_id(raw["framework"], (*where, "framework")) if "framework" in raw else ""
        name = raw.get("name", framework_id)
        if not is_name(name):
            self.fault(
                (*where, "name"), "is missing or not a name.", "Use letters, digits, dots and dashes, at most 39."
            )
            name = f"question-{number}"
        prompt = self.texts(raw.get("prompt"), (*where, "prompt"), 600, needed=not framework_id)
        if framework_id:
            prompt = {**self.of_framework(framework_id, "statement"), **prompt}
        return QuestionDefinition(
            name=name,
            kind=kind,
            prompt=prompt,
            items=self.items(raw, kind, where),
            framework_id=framework_id,
            help=self.texts(raw.get("help"), (*where, "help"), 1200),
            part=self.texts(raw.get("part"), (*where, "part"), 120),
            seeds=self.seeds(raw.get("seeds", []), (*where, "seeds")),
            settings=self.settings(raw, where),
        )

    def settings(self, raw: dict[str, Any], where: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in ("low", "high"):
            if key in raw:
                found[key] = self.texts(raw[key], (*where, key), 60)
        if "several" in raw and raw["several"] is not False:
            found["several"] = 0 if raw["several"] is True else self.whole(raw["several"], 2, 40, (*where, "several"))
        if "tags" in raw:
            found["tags"] = self.ids(raw["tags"], (*where, "tags"))
        if "moderated" in raw:
            if not isinstance(raw["moderated"], bool):
                self.fault((*where, "moderated"), "is not true or false.", "Write true or false.")
            found["moderated"] = raw["moderated"] is not False
        for key, most in (("longest", 5000), ("most", 100)):
            if key in raw:
                found[key] = self.whole(raw[key], 1 if key == "most" else 20, most, (*where, key))
        return found

    def seeds(self, value: Any, where: Place) -> tuple[SeedDefinition, ...]:
        if not isinstance(value, list):
            self.fault(where, "is not a list.", 'Write a list of texts, or of ids such as ["S1-S7"].')
            return ()
        found: list[SeedDefinition] = []
        for one in value:
            if isinstance(one, str) and _ID_OR_RANGE.fullmatch(one):
                found += [SeedDefinition(self.of_framework(i, "statement"), i) for i in self.ids([one], where)]
            else:
                texts = self.texts(one, where, 280, needed=True)
                found += [SeedDefinition(texts)] if texts else []
        return tuple(found)

    def items(self, raw: dict[str, Any], kind: Kind, where: Place) -> tuple[ItemDefinition, ...]:
        if kind not in ITEM_KINDS:
            return ()
        where = (*where, "items")
        given = raw.get("items")
        if not isinstance(given, list) or not given:
            self.fault(
                where,
                "is missing or not a list.",
                'Write a list, for example ["F1-F8"] or [{name = "a", label = "..."}].',
            )
            return ()
        found: list[ItemDefinition] = []
        for number, one in enumerate(given, 1):
            if isinstance(one, str):
                found += [self.framework_item(each, kind) for each in self.ids([one], where)]
            elif isinstance(one, dict):
                found += [item] if (item := self.item(one, kind, number, where)) else []
            else:
                self.fault(
                    where, f"item {number} is not an id or a table.", 'Write "F1" or {name = "a", label = "..."}.'
                )
        names = [item.name for item in found]
        for name in sorted({n for n in names if names.count(n) > 1}):
            self.fault(where, f"{name!r} stands there more than once.", "Give each item a name of its own.")
        if kind in ("choice", "rank") and len(found) < 2:
            self.fault(where, "there is less than a choice of two.", "Add an option.")
        if len(found) > MOST_ITEMS[kind]:
            self.fault(where, f"there are {len(found)} items.", f"A {kind} takes at most {MOST_ITEMS[kind]}.")
        if kind == "contrast":
            for item in found:
                if not item.left_pole or not item.right_pole:
                    self.fault(where, f"{item.name} has not two poles.", "Give left and right, or an id T1 to T9.")
        if kind == "quadrant":
            return tuple(_dimension(item, d) for item in found for d in ("ease", "place"))
        return tuple(found)

    def framework_item(self, framework_id: str, kind: Kind) -> ItemDefinition:
        label, detail = self.of_framework(framework_id, "label"), self.of_framework(framework_id, "statement")
        if kind == "contrast" and framework_id in CONTRAST_IDS:
            return ItemDefinition(
                framework_id, label, detail, framework_id,
                left_pole=self.of_framework(framework_id, "transformational"),
                right_pole=self.of_framework(framework_id, "transactional"),
            )  # fmt: skip
        return ItemDefinition(framework_id, label, detail, framework_id)

    def item(self, raw: dict[str, Any], kind: Kind, number: int, where: Place) -> ItemDefinition | None:
        self.known_keys(raw, _ITEM_KEYS, where)
        framework_id = self.framework_id(raw["framework"], where) if "framework" in raw else ""
        name = raw.get("name", framework_id)
        if not is_name(name):
            self.fault(where, f"item {number} has no name, or not one.", "Use letters, digits, dots and dashes.")
            return None
        base = self.framework_item(framework_id, kind) if framework_id else None
        label = self.texts(raw.get("label"), where, 200, needed=base is None and kind != "contrast")
        return ItemDefinition(
            name,
            {**(base.label if base else {}), **label},
            {**(base.detail if base else {}), **self.texts(raw.get("detail"), where, 400)},
            framework_id,
            left_pole={**(base.left_pole if base else {}), **self.texts(raw.get("left"), where, 200)},
            right_pole={**(base.right_pole if base else {}), **self.texts(raw.get("right"), where, 200)},
        )


def _dimension(item: ItemDefinition, dimension: str) -> ItemDefinition:
    return ItemDefinition(f"{item.name}/{dimension}", item.label, item.detail, item.framework_id, dimension)
