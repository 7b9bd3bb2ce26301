"""Any measure, group, cluster and year with its interval, and the numbers to take home."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.app import NO_DATA, App
from allrise.apps.gallery import PICTURES, Source, blocks_of, kept
from allrise.apps.shown import COMING, column, markup, paragraphs, say, side
from allrise.content.blocks import Block, Figure, Hidden, Table
from allrise.content.html import fragment
from allrise.errors import AllriseError

if TYPE_CHECKING:
    from allrise.chapters.chapter import Chapter

#: What can be drawn of any measure and group; the others are pictures of the whole cluster.
OF_MEASURE = (("Over the years", "years"), ("School by school, in one year", "schools"))


class EvidenceView(App):
    """Choose, see, download."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        others = [
            (label, name)
            for name, (_, label, _) in PICTURES.items()
            if name not in ("level", "schools", "weakest", "stepping")
        ]
        self.what = w.Dropdown(description="Show", options=[*OF_MEASURE, *others], value="years")
        self.measure = w.Dropdown(description="Measure")
        self.group = w.Dropdown(description="Pupils")
        self.year = w.Dropdown(description="Year")
        self.shown = markup("")
        self.download = markup("", "download")
        self._busy = False
        self._offer()
        for picker in (self.what, self.measure, self.group, self.year):
            picker.observe(lambda _change: self._draw(), "value")
        self.when_chosen(self._offer)
        self._draw()
        controls = column(self.cluster, self.what, self.measure, self.group, self.year, self.download)
        self.whole = side(controls, self.shown)

    def _offer(self) -> None:
        """Offer what the chosen cluster has; what was chosen stays where it can."""
        choices = offered(self.visit.source, str(self.cluster.value))
        self._busy = True
        for picker, name in ((self.measure, "measures"), (self.group, "groups"), (self.year, "years")):
            was, options = picker.value, [(str(label), str(value)) for label, value in choices[name]]
            picker.options = options
            values = [v for _, v in options]
            picker.value = was if was in values else (values[-1 if name == "years" else 0] if values else None)
        self._busy = False
        self._draw()

    def _draw(self) -> None:
        if self._busy:
            return
        what = str(self.what.value)
        own = what in ("years", "schools")
        for picker in (self.measure, self.group):
            picker.disabled = not own
        self.year.disabled = what != "schools"
        say(self.shown, COMING)
        try:
            found = looked_up(
                self.visit.source,
                str(self.cluster.value),
                what,
                str(self.measure.value or ""),
                str(self.group.value or ""),
                str(self.year.value or ""),
            )
        except AllriseError as error:
            found = {"html": paragraphs(str(error)), "csv": ""}
        say(self.shown, found["html"] or paragraphs(NO_DATA))
        link = ""
        if found["csv"]:
            data = base64.b64encode(found["csv"].encode("utf-8-sig")).decode("ascii")
            name = escape(f"{self.cluster.value}-{what}.csv")
            link = f'<a download="{name}" href="data:text/csv;base64,{data}">Download these numbers (CSV)</a>'
        say(self.download, link)


def offered(source: Source, cluster_id: str) -> dict[str, Any]:
    """Return labels and values of the measures, groups and years that a cluster has."""

    def make() -> dict[str, Any]:
        found: dict[str, Any] = {"measures": [], "groups": [], "years": []}

        def read(chapter: Chapter) -> None:
            words = chapter.words("groups")
            found["measures"] = [[m.label, m.measure_id] for m in chapter.measures]
            shown = chapter.outcomes[chapter.outcomes["value"].notna()] if len(chapter.outcomes) else chapter.outcomes
            groups = [g for g in words if g in set(shown["pupil_group"])] if len(shown) else []
            found["groups"] = [[words[g], g] for g in groups]
            years = sorted({int(y) for y in shown["time_period"]}) if len(shown) else []
            found["years"] = [[chapter.profile.school_year(y), str(y)] for y in years]

        blocks_of("02_outcomes", source, cluster_id, read)
        return found

    return kept(source, f"offered {cluster_id}", make)


def looked_up(source: Source, cluster_id: str, what: str, measure: str, group: str, year: str) -> dict[str, str]:
    """Return a picture as HTML and its numbers as CSV; kept for the next who asks the same."""
    own = what in ("years", "schools")
    key = f"view {cluster_id} {what}" + (f" {measure} {group} {year if what == 'schools' else ''}" if own else "")

    def make() -> dict[str, str]:
        if own:
            blocks = blocks_of("02_outcomes", source, cluster_id, lambda c: _of_measure(c, what, measure, group, year))
        else:
            chapter, _, show = PICTURES[what]
            blocks = blocks_of(chapter, source, cluster_id, show)
        return {"html": "".join(fragment(b, prefix=f"{cluster_id}-{what}-") for b in blocks), "csv": as_csv(blocks)}

    return kept(source, key, make)


def _of_measure(chapter: Chapter, what: str, measure_id: str, group: str, year: str) -> None:
    from allrise.evidence import outcomes as evidence
    from allrise.evidence.selection import rows_of
    from allrise.figures.outcomes_levels import school_levels
    from allrise.figures.outcomes_trend import cluster_trend

    measure = next((m for m in chapter.measures if m.measure_id == measure_id), None)
    if measure is None:
        return
    period = int(year) if what == "schools" and year else None
    given: dict[str, Any] = {
        "measure_id": measure.measure_id,
        "pupil_group": group,
        "unit": measure.unit,
        "system": chapter.system("outcomes"),
    }
    if what == "schools":
        if period is None:
            return
        table = evidence.school_levels(chapter.outcomes, chapter.members, time_period=period, **given)
    else:
        table = evidence.cluster_trend(chapter.outcomes, **given)
    if table.empty or not bool(table["value"].notna().any()):
        return
    subject = chapter.subject(measure, period=period, rows=rows_of(chapter.outcomes, measure.measure_id, group, period))
    subject = replace(subject, group="" if group == "all" else chapter.words("groups").get(group, group))
    figure = school_levels(table, subject) if what == "schools" else cluster_trend(table, subject)
    chapter.show(replace(figure, number="A"))


def as_csv(blocks: list[Block]) -> str:
    """Return the numbers behind figures and tables as CSV that no spreadsheet takes for formulas; hidden cells in brackets."""
    out = io.StringIO()
    writer = csv.writer(out)
    for block in blocks:
        table = block.table if isinstance(block, Figure) else block if isinstance(block, Table) else None
        if table is None:
            continue
        writer.writerow([_safe(c.key) for c in table.columns])
        writer.writerows([[_safe(f"[{v.status}]" if isinstance(v, Hidden) else v) for v in row] for row in table.rows])
    return out.getvalue()


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
