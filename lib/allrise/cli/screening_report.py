"""The report of ``allrise data check``: one self-contained page that a school's office can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from allrise import __version__
from allrise.data.screening import RULES, Group, InputFile, Rule, Screening, Severity
from allrise.figures.theme import css_variables, font_faces_css

#: Lines about one rule in one file that are shown at once, and with those behind "show more"; rows named in a line.
_OPEN = 8
_SHOWN = 60
_ROWS = 12
_STEPS = 5
_SEVERITIES: tuple[tuple[Severity, str, str], ...] = (
    ("error", "Must be mended", "must be mended"),
    ("warning", "Worth a look", "worth a look"),
    ("note", "Good to know", "good to know"),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """Findings that say the same of the same value: one line of a table."""

    column: str | None
    value: str | None
    read_as: str | None
    what: str
    rows: tuple[int, ...]

    @property
    def places(self) -> str:
        """Return the first lines of the file, and how many more there are."""
        listed = ", ".join(f"{row:,}" for row in self.rows[:_ROWS])
        more = len(self.rows) - _ROWS
        return f"{listed} and {more:,} more" if more > 0 else listed


@dataclass(frozen=True, slots=True)
class _Matter:
    """All findings of one rule in one file."""

    anchor: str
    rule: Rule
    count: int
    listed: int
    lines: tuple[_Line, ...]
    mends: tuple[str, ...]

    @property
    def open(self) -> tuple[_Line, ...]:
        return self.lines[:_OPEN]

    @property
    def folded(self) -> tuple[_Line, ...]:
        return self.lines[_OPEN:_SHOWN]

    @property
    def unshown(self) -> int:
        return self.count - sum(max(1, len(x.rows)) for x in self.lines[:_SHOWN])

    @property
    def column(self) -> str | None:
        """Return the column when all findings are in one."""
        columns = {x.column for x in self.lines}
        return next(iter(columns)) if len(columns) == 1 else None

    def has(self, part: str) -> bool:
        """Whether any line has a column, value or reading, so that the table needs that column."""
        return any(getattr(x, part) is not None for x in self.lines[:_SHOWN])

    @property
    def has_places(self) -> bool:
        """Whether the findings are about lines or cells, not the file as a whole."""
        return self.has("value") or any(x.rows for x in self.lines)


@dataclass(frozen=True, slots=True)
class _File:
    """One file: what is to be mended in it, worst first."""

    anchor: str
    name: str
    rows: int | None
    counts: dict[str, int]
    matters: tuple[_Matter, ...]


def as_html(screening: Screening, folder: str) -> str:
    """Return the report as a page without anything outside it.

    Parameters
    ----------
    screening
        What was found.
    folder
        The folder as the person wrote it.
    """
    files = _files(screening)
    errors = [(f, m) for f in files for m in f.matters if m.rule.severity == "error"]
    environment = Environment(
        loader=PackageLoader("allrise.cli", "."),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _with_code
    return environment.get_template("screening_report.html.j2").render(
        css=css_variables() + font_faces_css(),
        version=__version__,
        folder=folder,
        title=screening.descriptor.title,
        screening=screening,
        counts={severity: screening.count(severity) for severity, _, _ in _SEVERITIES},
        severities=_SEVERITIES,
        present=[s for s in _SEVERITIES if screening.count(s[0])],
        verdict=_verdict(screening),
        files=files,
        clean=_clean(screening.inputs, files),
        first=errors[:_STEPS],
        more_errors=max(0, len(errors) - _STEPS),
    )


def _verdict(screening: Screening) -> tuple[str, str]:
    errors, warnings = screening.count("error"), screening.count("warning")
    if errors:
        kinds = len({g.rule for g in screening.groups if g.severity == "error"})
        what = "one thing must be mended" if errors == 1 else f"{errors:,} things must be mended"
        more = f", of {kinds} kinds" if kinds > 1 else ", all of one kind" if errors > 1 else ""
        return f"Not ready yet: {what}{more}.", "Mend what is listed first, save the files, and check the folder again."
    if warnings:
        what = "one thing is" if warnings == 1 else f"{warnings:,} things are"
        return (
            f"Ready to use; {what} worth a look.",
            "Where something was read in another way than it is written, see that it is what you meant.",
        )
    return "Ready to use: nothing is wrong.", "Every table was read as it is written."


def _files(screening: Screening) -> list[_File]:
    rows = {i.file: i.rows for i in screening.inputs}
    by_file: dict[str, list[Group]] = {}
    for group in screening.groups:
        by_file.setdefault(group.file, []).append(group)
    made: list[_File] = []
    for number, (name, groups) in enumerate(by_file.items(), start=1):
        by_rule: dict[str, list[Group]] = {}
        for group in groups:
            by_rule.setdefault(group.rule, []).append(group)
        matters = tuple(_matter(f"f{number}-{rule}", RULES[rule], same) for rule, same in by_rule.items())
        counts = {s: sum(m.count for m in matters if m.rule.severity == s) for s, _, _ in _SEVERITIES}
        made.append(_File(f"f{number}", name or "The folder as a whole", rows.get(name), counts, matters))
    return made


def _matter(anchor: str, rule: Rule, groups: Sequence[Group]) -> _Matter:
    findings = sorted((f for g in groups for f in g.findings), key=lambda f: f.row or 0)
    alike: dict[tuple[str | None, str | None, str | None, str], list[int]] = {}
    for f in findings:
        alike.setdefault((f.column, f.value, f.read_as, f.what), []).extend([] if f.row is None else [f.row])
    own = dict.fromkeys(f.mend for f in findings if f.mend != rule.mend)
    return _Matter(
        anchor,
        rule,
        sum(g.count for g in groups),
        len(findings),
        tuple(_Line(*same, tuple(rows)) for same, rows in alike.items()),
        tuple(own)[:_OPEN],
    )


def _with_code(words: str) -> Markup:
    """Return words with `marked` names as code."""
    parts = words.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


def _clean(inputs: Sequence[InputFile], files: Sequence[_File]) -> list[InputFile]:
    named = {f.name.split(" [")[0] for f in files}
    return [i for i in inputs if i.file not in named]
