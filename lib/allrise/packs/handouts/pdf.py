"""``pack.pdf``: the pack on paper, A4 or Letter, tagged so that a screen reader can follow it (PDF/UA-1).

The document is ``pack.typ``; this module gives it the blocks as JSON. A string in JSON is never read as markup by
Typst, so texts of data cannot mean anything in the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from allrise.content.blocks import (
    Block,
    CaptureSheet,
    Figure,
    FigureReference,
    Heading,
    Notice,
    Protocol,
    Question,
    Table,
    Text,
)
from allrise.content.html import page_columns, page_rows
from allrise.content.numbers import Numbers
from allrise.figures.theme import tokens
from allrise.framework import base_language
from allrise.packs.contents import PackContents, Section, contents_of
from allrise.packs.handouts.column_widths import column_widths
from allrise.packs.handouts.drawings import wide_drawing
from allrise.packs.handouts.flow import clings, left_out, on_paper, sheets_last, stands_in, starts_page
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.mark import mark_drawing
from allrise.packs.handouts.paper import is_letter
from allrise.packs.handouts.typesetting import font_families, typeset_pdf
from allrise.packs.handouts.words import (
    block_words,
    figure_label,
    handout_words,
    page_words,
    plain_words,
    symbols_line,
    table_label,
)
from allrise.packs.model import ExecutedPack

_STANDARDS = ("ua-1",)


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the pack as ``{"pack.pdf": ...}``."""
    document = _Document(contents_of(pack), pack)
    content = document.values()
    files = {**document.files, "pack.json": json.dumps(content, ensure_ascii=False).encode()}
    source = resources.files("allrise.packs.handouts").joinpath("pack.typ").read_text("utf-8")
    return {"pack.pdf": typeset_pdf(source, files, standards=_STANDARDS, made=_when(pack))}


@dataclass(slots=True)
class _Document:
    """Turns blocks into the values that ``pack.typ`` reads, and collects the drawings."""

    contents: PackContents
    pack: ExecutedPack
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def values(self) -> dict[str, Any]:
        language = self.contents.language
        look = tokens("print")
        self.files["mark.svg"] = mark_drawing("print").svg
        return _cleaned(
            {
                "language": base_language(language),
                "paper": "us-letter" if is_letter(self.pack) else "a4",
                "fonts": font_families(),
                "colour": dict(look.colour),
                "size": dict(look.paper),
                "words": {
                    **plain_words(page_words(language)),
                    **plain_words(block_words(language)),
                    **plain_words(handout_words(language)),
                },
                "cover": self._cover(),
                "predictions": [
                    {"label": figure_label(f.number, language), "text": f.predict} for f in self.contents.predictions
                ],
                "sections": [self._section(s) for s in self.contents.sections],
                "behind": [self._behind(f) for f in self.contents.figures() if f.headline],
                "longer": left_out(self.contents),
                "notes": {
                    "caveats": self.pack.caveats,
                    "warnings": self.pack.warnings,
                    "inputs": [
                        f.file + ("" if f.rows is None else f", {page_words(language)('rows')} {f.rows}")
                        for f in self.pack.inputs
                    ],
                },
                "made": self._made(),
            }
        )

    def _cover(self) -> dict[str, Any]:
        cover = self.contents.cover
        return {
            "kicker": " · ".join(p for p in (cover.cluster_word, cover.place) if p),
            "cluster": cover.cluster,
            "question": cover.question,
            "purpose": cover.purpose,
            "facts": [*cover.facts, (block_words(self.contents.language)("period"), cover.period)],
            "audience": cover.audience,
            "synthetic": cover.synthetic,
            "strength": cover.strength,
        }

    def _section(self, section: Section) -> dict[str, Any]:
        words = page_words(self.contents.language)
        failure = ""
        if section.status != "ok":
            failure = f"{words('failed')} ({words(f'status_{section.status}')}). {words('failed_plain')}"
        return {
            "number": section.opening.number,
            "title": section.opening.title,
            "question": section.opening.question,
            "blocks": self._blocks(sheets_last(on_paper(section.blocks))),
            "failure": failure,
        }

    def _blocks(self, blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
        level = 1
        shown: list[dict[str, Any]] = []
        above = ""
        for i, block in enumerate(blocks):
            if isinstance(block, Heading):
                # Levels never skip one: a screen reader's list of headings would look broken.
                level = min(max(block.level, 2), level + 1)
            values = self._block(block, level)
            values["fresh"] = starts_page(blocks, i)
            values["clings"] = clings(blocks, i)
            if isinstance(block, Table) and block.title == above and not block.number:
                values["title"] = ""  # the heading right above says it
            if isinstance(block, CaptureSheet):
                values["lead"] = _taken_from_end(shown)
            if not isinstance(block, Text):
                above = block.text if isinstance(block, Heading) else ""
            shown.append(values)
        return shown

    def _block(self, block: Block, level: int) -> dict[str, Any]:
        values: dict[str, Any] = {"kind": block.kind, "level": level + 1}
        match block:
            case Heading():
                values |= {"level": level, "text": block.text, "id": block.framework_id}
            case Text():
                values |= {"role": block.role, "paragraphs": block.paragraphs}
            case Notice():
                values |= {"about": block.about, "title": block.title, "paragraphs": block.paragraphs}
            case Table():
                values |= {**self._table(block), "label": table_label(block.number, self.contents.language)}
            case Figure():
                values |= self._figure(block)
            case FigureReference():
                values |= {"text": block.text}
            case Question():
                values |= {
                    "id": block.framework_id,
                    "text": block.text,
                    "evidence": block.evidence,
                    "prompts": block.prompts,
                }
            case Protocol():
                values |= {
                    "title": block.title,
                    "minutes": str(block.minutes),
                    "steps": [
                        {"time": f"{s.start}–{s.start + s.minutes}", "title": s.title, "text": s.text}
                        for s in block.steps
                    ],
                    "roles": block.roles,
                }
            case CaptureSheet():
                values |= {"title": block.title, "intro": block.intro, "columns": block.columns, "rows": block.rows}
            case _:
                values |= {"kind": "text", "role": "note", "paragraphs": (block.plain(),)}
        return values

    def _figure(self, figure: Figure) -> dict[str, Any]:
        language = self.contents.language
        name = ""
        if not figure.folded:  # its words or its table stand in place of its chart
            name = f"figure-{len(self.files)}.svg"
            self.files[name] = wide_drawing(figure, "print").svg
        words = block_words(language)
        return {
            "file": name,
            "ratio": figure.height / figure.width,
            "label": figure_label(figure.number, language),
            "ids": figure.framework_ids,
            "title": figure.title,
            "subtitle": figure.subtitle,
            "alt": figure.alt or figure.title,
            "readings": " ".join(figure.readings),
            "look": figure.look,
            "explanations": [(words(e.about), e.text) for e in figure.explanations],
            "discuss": figure.discuss,
            "notes": figure.notes,
            "headline": figure.headline,
            "folded": figure.folded,
            "table": self._behind(figure) if stands_in(figure) else None,
        }

    def _behind(self, figure: Figure) -> dict[str, Any]:
        label = figure_label(figure.number, self.contents.language)
        return {**self._table(figure.table), "label": label, "title": figure.title, "subtitle": figure.subtitle}

    def _table(self, table: Table) -> dict[str, Any]:
        numbers = Numbers(self.contents.language)
        columns, rows = page_columns(table, numbers=numbers), page_rows(table, numbers=numbers)
        numeric = [
            c.decimals is not None or (bool(rows) and all(r[i]["number"] or r[i]["symbol"] for r in rows))
            for i, c in enumerate(columns)
        ]
        return {
            "title": table.title,
            "columns": [
                {"label": c.label, "unit": c.unit, "number": n, **column_widths(c, rows, i)._asdict()}
                for i, (c, n) in enumerate(zip(columns, numeric, strict=True))
            ],
            "rows": [[{"text": c["text"], "interval": c["interval"]} for c in row] for row in rows],
            "notes": [n for n in (symbols_line(table, self.contents.language), *table.notes) if n],
        }

    def _made(self) -> str:
        words = page_words(self.contents.language)
        version = self.pack.versions.get("allrise", "")
        when = f" {words('made_on')} {self.pack.generated[:10]}" if self.pack.generated else ""
        return f"{words('statement')} {words('made_with')} allrise {version}{when}."


def _taken_from_end(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lead: list[dict[str, Any]] = []
    while shown and shown[-1]["kind"] in {"heading", "text"}:
        lead.insert(0, shown.pop())
        if lead[0]["kind"] == "heading":
            break
    if lead and lead[0]["kind"] != "heading":
        shown += lead
        return []
    return lead


def _when(pack: ExecutedPack) -> datetime:
    try:
        return datetime.fromisoformat(pack.generated)
    except ValueError:
        return datetime.now(UTC)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {k: _cleaned(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(v) for v in value]
    return value
