"""The rules as values, and the page that documents them; the words stand in ``rules.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Rule:
    """One screening rule: its kebab-case id, how bad a breach is, and what people need to know about it."""

    id: str
    severity: Severity
    title: str
    meaning: str
    why: str
    mend: str
    excel: str
    example: str


def _load() -> dict[str, Rule]:
    raw = tomllib.loads(files(__package__ or "").joinpath("rules.toml").read_text(encoding="utf-8"))
    return {name: Rule(id=name, **words) for name, words in raw.items()}


#: Every rule by id, in the order in which a folder is read.
RULES: dict[str, Rule] = _load()


def rules_page() -> str:
    """Return docs/screening-rules.md: a section a rule."""
    lines = [
        "# Screening rules",
        "",
        "`allrise data check DATA` reads a data folder and says what is wrong, where, and how to mend it.",
        "",
        "- **error**: the data cannot be used so; the command ends with 1.",
        "- **warning**: read, or mended where only one reading is possible; look once.",
        "- **note**: good to know.",
        "",
        "Nothing is mended in your files. Nothing is left out or changed without a finding that says so. Of one kind of",
        "finding in one column the first 500 are listed and all are counted.",
        "",
        "| rule | severity | what is found |",
        "|---|---|---|",
    ]
    lines += [f"| [{r.id}](#{r.id}) | {r.severity} | {r.title} |" for r in RULES.values()]
    for r in RULES.values():
        before, _, after = r.example.partition(" -> ")
        lines += [
            "",
            f"## {r.id}",
            "",
            f"**{r.title}** ({r.severity}). {r.meaning}",
            "",
            f"Why it matters: {r.why}",
            "",
            f"How to mend it: {r.mend}",
            "",
            f"In Excel: {r.excel}",
            "",
            f"Example: `{before.replace('`', '')}` becomes `{after.replace('`', '')}`.",
        ]
    return "\n".join(lines) + "\n"
