"""Panels of the guided notebook: choose a cluster, look, ask, plot, save; every step follows the one before.

``data.choose()`` gives a :class:`Chosen`; its ``look()``, ``ask()``, ``plot()`` and ``save()`` are panels that follow the
cluster chosen in the first. They are plain ipywidgets and work in JupyterLab, Notebook and Voila.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pandas as pd

from allrise.apps.explore_asking import QUESTIONS, ask
from allrise.apps.explore_cluster import ClusterData
from allrise.apps.explore_plot import KINDS, draw, groups_of
from allrise.apps.explore_saving import save
from allrise.apps.explore_saving_panel import saved_html
from allrise.apps.pickers import (
    ClusterPicker,
    FigureArea,
    Panel,
    choice,
    choices,
    controls,
    measure_picker,
    wide,
    words,
    year_picker,
)
from allrise.content.blocks import Figure
from allrise.content.html import fragment
from allrise.data.tables import TABLES

#: Rows of a table that are shown at once.
SHOWN_ROWS = 12


class Chosen:
    """The cluster that was chosen, and the panels that follow it.

    Parameters
    ----------
    clusters
        The table of clusters to choose from; the first is chosen at the start.
    cluster_of
        Opens one by its id.

    Attributes
    ----------
    cluster
        Its data, to go on with in code.
    figure
        The figure that was asked for or drawn last.
    """

    def __init__(self, clusters: pd.DataFrame, cluster_of: Callable[[str], ClusterData]) -> None:
        self._cluster_of = cluster_of
        self.cluster = cluster_of(str(clusters["cluster_id"].iloc[0]))
        self.figure: Figure | None = None
        self._followers: list[Callable[[], None]] = []
        self._figure_followers: list[Callable[[], None]] = []
        picker = ClusterPicker(clusters, self.cluster.cluster_id)
        self._area = FigureArea()
        self._area.show(self._about())
        picker.on_change(self._take)
        self._panel = Panel([controls(picker.widget), self._area.widget], self._about)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self._panel.bundle()

    @property
    def widget(self) -> widgets.Widget:
        """The panel itself, to be put beside others."""
        return self._panel.widget

    def look(self) -> Panel:
        """Return a panel that shows a table of the cluster, a few rows at a time, with what its columns mean."""
        area = FigureArea()

        def options() -> list[tuple[str, str]]:
            return [(TABLES[n].label if n in TABLES else n.replace("_", " "), n) for n in self._tables()]

        names = [n for _, n in options()]
        table = choice("Table", options(), "outcomes" if "outcomes" in names else None)

        def redraw(_change: object = None) -> None:
            with area.working("Reading …"):
                area.show(rows_html(self.cluster.readable(str(table.value)), str(table.value)))

        def follow() -> None:
            was = table.value
            table.unobserve(redraw, names="value")
            table.options = options()
            table.value = was if was in [n for _, n in options()] else table.options[0][1]
            table.observe(redraw, names="value")
            redraw()

        redraw()
        table.observe(redraw, names="value")
        self._followers.append(follow)
        return Panel([controls(table), area.widget], lambda: area.html)

    def ask(self) -> Panel:
        """Return a panel that answers a question with a figure."""
        area = FigureArea()
        asked = wide(choice("Question", [(q.words, q.key) for q in QUESTIONS.values()]))
        measure, year = self._measure(), self._year()

        def redraw(_change: object = None) -> None:
            of_measure = QUESTIONS[asked.value].of_measure
            measure.disabled = not of_measure
            with area.working():
                chosen = self.cluster.measure(measure.value) if of_measure else None
                answer = ask(
                    self.cluster.store, self.cluster.slice, asked.value, measure=chosen, time_period=year.value
                )
                area.show(answer.html())
                self._drawn(answer.figure)

        self._wire(redraw, [asked, measure, year], measure, year)
        return Panel([controls(asked, measure, year), area.widget], lambda: area.html)

    def plot(self) -> Panel:
        """Return a panel in which one composes a chart of one's own: which measure, which groups, which kind."""
        area = FigureArea()
        measure, year = self._measure(), self._year()
        kind = choice("Chart", list(KINDS.items()))
        groups = choices("Groups of pupils (several: hold Ctrl)", [("All pupils", "all")], ("all",))
        title = wide(words("Title", hint="Say what you see; without one it gets a plain title"))

        def redraw(_change: object = None) -> None:
            with area.working():
                figure = draw(
                    self.cluster,
                    str(kind.value),
                    str(measure.value),
                    tuple(groups.value),
                    year.value,
                    title=str(title.value),
                )
                area.show(f"<div class='ar-own'>{fragment(figure)}</div>")
                self._drawn(figure)

        def fit(_change: object = None) -> None:
            there = groups_of(self.cluster, str(measure.value))
            kept = [g for g in groups.value if g in [v for _, v in there]]
            groups.options = there
            groups.value = tuple(kept or [v for _, v in there[:1]])

        fit()
        measure.observe(fit, names="value")  # before the drawing is wired: the groups fit the measure by then
        self._wire(redraw, [measure, year, kind, groups, title], measure, year, before=fit)
        return Panel([controls(title, kind, measure, year, groups), area.widget], lambda: area.html)

    def save(self) -> Panel:
        """Return a panel that saves the figure drawn last, with a few words, for the cluster's pack."""
        area = FigureArea()
        note = words(
            "What you want to say about it", hint="What surprised you? What would you ask the others?", lines=3
        )
        button = widgets.Button(description="Save for the pack")

        def about() -> None:
            button.disabled = self.figure is None
            title = (
                "Draw a figure in step 3 or 4 first." if self.figure is None else f"To be saved: {self.figure.title}"
            )
            area.show(f"<p class='ar-lead'>{html.escape(title)}</p>")

        def press(_button: object) -> None:
            figure = self.figure
            if figure is None:
                return
            with area.working("Saving …"):
                saved = save(figure, self.cluster.cluster_id, str(note.value))
                area.show(saved_html(saved), "Saved.")

        about()
        button.on_click(press)
        self._figure_followers.append(about)
        return Panel([area.widget, controls(note), button], lambda: "<p>Saves the figure drawn last.</p>")

    def _take(self, cluster_id: str) -> None:
        with self._area.working("Reading …"):
            self.cluster = self._cluster_of(cluster_id)
            self._area.show(self._about())
            for follow in self._followers:
                follow()

    def _about(self) -> str:
        c = self.cluster.slice.cluster
        asks = f"<p><b>It asks:</b> {html.escape(c.enquiry_question)}</p>" if c.enquiry_question else ""
        names = "".join(f"<li>{html.escape(str(n))}</li>" for n in self.cluster.members["name"])
        return (
            f"<h3 class='ar-data-title'>{html.escape(c.name)}</h3>{asks}"
            f"<p>{len(self.cluster.members)} schools:</p><ul>{names}</ul>"
        )

    def _tables(self) -> list[str]:
        order = [*TABLES, *self.cluster.slice.tables]
        return [n for n in dict.fromkeys(order) if self.cluster.slice.has(n)]

    def _measure(self) -> widgets.Dropdown:
        return measure_picker(self.cluster.chapter.measures, self.cluster.measure())

    def _year(self) -> widgets.Dropdown:
        return year_picker(self.cluster.years, self.cluster.chapter.profile.school_year)

    def _wire(
        self,
        redraw: Callable[..., None],
        inputs: list[widgets.Widget],
        measure: widgets.Dropdown,
        year: widgets.Dropdown,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Redraw when a control changes, and once when another cluster is chosen."""

        def follow() -> None:
            for picker in inputs:
                picker.unobserve(redraw, names="value")
            for picker, fresh in ((measure, self._measure()), (year, self._year())):
                was = picker.value
                picker.options = fresh.options
                picker.value = was if was in [v for _, v in fresh.options] else fresh.value
            if before is not None:
                before()
            for picker in inputs:
                picker.observe(redraw, names="value")
            redraw()

        redraw()
        for picker in inputs:
            picker.observe(redraw, names="value")
        self._followers.append(follow)

    def _drawn(self, figure: Figure | None) -> None:
        self.figure = figure
        for follow in self._figure_followers:
            follow()


def rows_html(frame: pd.DataFrame, name: str) -> str:
    """Return the first rows of a table, with labels and units above the columns and what they mean beneath."""
    labels, units = frame.attrs.get("labels", {}), frame.attrs.get("units", {})
    numbers = {str(c) for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c]) and c != "time_period"}
    head = "".join(
        f"<th scope='col'{_kind(str(c), numbers)}>{html.escape(labels.get(c, str(c)))}"
        f"{f' <span class=ar-unit>{html.escape(units[c])}</span>' if c in units else ''}</th>"
        for c in frame.columns
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{_kind(str(c), numbers)}>{_cell(v)}</td>" for c, v in zip(frame.columns, row, strict=True))
        + "</tr>"
        for row in frame.head(SHOWN_ROWS).itertuples(index=False)
    )
    more = "" if len(frame) <= SHOWN_ROWS else f" The first {SHOWN_ROWS} are shown."
    meanings = "".join(
        f"<div><dt>{html.escape(labels[c])}</dt><dd>{html.escape(d)}</dd></div>"
        for c, d in frame.attrs.get("descriptions", {}).items()
        if c in labels
    )
    about = html.escape(str(frame.attrs.get("description", name.replace("_", " "))))
    return (
        f"<p>{about} {len(frame):,} rows.{more}</p>"
        f"<div class='ar-scroll' tabindex='0' role='group' aria-label='{html.escape(name)}'><table class='ar-grid'>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<details class='ar-numbers'><summary>What the columns mean</summary><dl class='ar-meanings'>{meanings}</dl></details>"
    )


def _kind(column: str, numbers: set[str]) -> str:
    if column in numbers:
        return " class='ar-n'"
    return " class='ar-years'" if column == "time_period" or column.endswith("_on") else ""


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return html.escape(str(value))
