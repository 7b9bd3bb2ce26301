"""Small controls that apps and notebooks share: pick a cluster, a measure, a year; show a figure that follows them.

Every control is an ipywidget with its label above it, as wide as its column, and large enough for a finger. The look
comes from ``explore.css`` and holds in JupyterLab, Notebook and Voila.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import ipywidgets as widgets
import pandas as pd

from allrise.apps.explore_style import font_style, page_style
from allrise.chapters.measures import Measure
from allrise.errors import AllriseError

#: Longer lists are searched by typing.
MOST_IN_A_LIST = 400

#: Media type under which Jupyter shows a widget.
VIEW = "application/vnd.jupyter.widget-view+json"

Options = Sequence[tuple[str, Any]]


def choice(label: str, options: Options, value: Any = None) -> widgets.Dropdown:
    """Return a list to choose one thing from.

    Parameters
    ----------
    label
        What is chosen, in words; screen readers read it with the control.
    options
        ``(words, value)``.
    value
        Chosen at first; the first option when ``None``.
    """
    picker = widgets.Dropdown(options=list(options), description=label)
    if value is not None:
        picker.value = value
    return _control(picker)


def choices(label: str, options: Options, value: Iterable[Any]) -> widgets.SelectMultiple:
    """Return a list to choose several things from, all of them in view."""
    picker = widgets.SelectMultiple(
        options=list(options), value=tuple(value), description=label, rows=min(len(options) + 1, 9)
    )
    return _control(picker)


def words(label: str, value: str = "", hint: str = "", *, lines: int = 1) -> widgets.Text | widgets.Textarea:
    """Return a field to write in."""
    if lines == 1:
        return _control(widgets.Text(value=value, description=label, placeholder=hint, continuous_update=False))
    return _control(
        widgets.Textarea(value=value, description=label, placeholder=hint, rows=lines, continuous_update=False)
    )


def measure_picker(measures: Sequence[Measure], value: Measure | None = None) -> widgets.Dropdown:
    """Return a list of measures; its value is a ``measure_id``."""
    return choice("Measure", [(m.label, m.measure_id) for m in measures], None if value is None else value.measure_id)


def year_picker(years: Sequence[int], written: Callable[[int], str] = str) -> widgets.Dropdown:
    """Return a list of school years, latest first; its value is a start year."""
    return choice("Up to school year", [(written(y), y) for y in sorted(years, reverse=True)])


class ClusterPicker:
    """A list of clusters; with very many, a field in which one types a part of the name.

    Parameters
    ----------
    clusters
        The table ``clusters``: ``cluster_id``, ``name``.
    cluster_id
        Chosen at first; the first of the table when blank.

    Attributes
    ----------
    widget
        To be shown.
    """

    def __init__(self, clusters: pd.DataFrame, cluster_id: str = "") -> None:
        self._ids: dict[str, str] = {}
        for i, name in zip(clusters["cluster_id"], clusters["name"], strict=True):
            # two clusters may bear one name
            self._ids[f"{name} ({i})" if name in self._ids else str(name)] = str(i)
        first = cluster_id or next(iter(self._ids.values()))
        self._chosen = first
        label = "Cluster"
        if len(self._ids) <= MOST_IN_A_LIST:
            self.widget = choice(label, list(self._ids.items()), first)
        else:
            named = next(n for n, i in self._ids.items() if i == first)
            self.widget = _control(
                widgets.Combobox(
                    options=list(self._ids),
                    value=named,
                    description=f"{label} (type a part of its name)",
                    continuous_update=False,
                )
            )

    @property
    def cluster_id(self) -> str:
        """The cluster that is chosen; the last good one while a name is half typed."""
        value = self.widget.value
        if isinstance(self.widget, widgets.Combobox):
            value = self._ids.get(str(value), self._chosen)
        self._chosen = str(value)
        return self._chosen

    def on_change(self, act: Callable[[str], None]) -> None:
        """Call ``act`` with the cluster's id whenever another one is chosen."""
        before = [self.cluster_id]

        def changed(_change: object) -> None:
            if self.cluster_id != before[0]:
                before[0] = self.cluster_id
                act(before[0])

        self.widget.observe(changed, names="value")


class FigureArea:
    """Where a figure, table or text stands and is replaced; says in words what it does.

    Attributes
    ----------
    widget
        To be shown.
    """

    def __init__(self) -> None:
        self._shown = widgets.HTML()
        self._status = widgets.HTML()
        self._status.add_class("ar-status")
        self.widget = widgets.VBox([self._shown, self._status])
        self.widget.add_class("ar-area")

    @property
    def html(self) -> str:
        """What stands there now."""
        return str(self._shown.value)

    @property
    def said(self) -> str:
        """What the line beneath says now."""
        return str(self._status.value)

    def show(self, fragment: str, said: str = "") -> None:
        """Replace what stands there.

        Parameters
        ----------
        fragment
            Markup of our own making: everything from data is escaped in it.
        said
            A line for the eye and for screen readers, plain text.
        """
        self._shown.value = fragment
        self.say(said)

    def say(self, sentence: str) -> None:
        """Say one line; screen readers read it when it changes."""
        self._status.value = f"<p role='status'>{html.escape(sentence)}</p>" if sentence else ""

    @contextlib.contextmanager
    def working(self, sentence: str = "Drawing …") -> Generator[None]:
        """Show that something comes; a user's mistake becomes a sentence in place of the figure."""
        self._shown.add_class("ar-busy")
        self.say(sentence)
        try:
            yield
        except AllriseError as error:
            self.show(said_html(error.what, error.mend, failed=True))
        finally:
            self._shown.remove_class("ar-busy")
            if sentence in self.said:
                self.say("")


def said_html(what: str, more: str = "", *, failed: bool = False) -> str:
    """Return a sentence that stands out, and a second one beneath it."""
    second = f"<br>{html.escape(more)}" if more else ""
    return f"<p class='ar-said{' ar-failed' if failed else ''}' role='status'>{html.escape(what)}{second}</p>"


def wide(picker: Any) -> Any:
    """Return a control that takes a whole row among :func:`controls`."""
    picker.add_class("ar-wide")
    return picker


def controls(*pickers: widgets.Widget) -> widgets.Box:
    """Return controls side by side where there is room, else one under the other."""
    box = widgets.Box(list(pickers))
    box.add_class("ar-controls")
    return box


class Panel:
    """Controls and what they change, on the kit's paper; shows itself in JupyterLab, Notebook and Voila.

    Parameters
    ----------
    parts
        Widgets from top to bottom.
    still
        Returns what a reader sees where nothing runs: in a saved notebook, on paper.
    """

    def __init__(self, parts: Sequence[widgets.Widget], still: Callable[[], str] | None = None) -> None:
        style = widgets.HTML(font_style() + page_style())
        style.add_class("ar-style")
        self.widget = widgets.VBox([style, *parts])
        self.widget.add_class("allrise").add_class("ar-panel")
        self._still = still

    def bundle(self) -> dict[str, Any]:
        """Return the panel for Jupyter: the live widget, and a still picture for where nothing runs."""
        fragment = self._still() if self._still else ""
        hint = "<p class='ar-note'>Run this cell to bring it to life: click into it and press Shift and Enter.</p>"
        return {
            "text/plain": "Controls: run this cell to use them.",
            "text/html": f"{page_style()}<div class='allrise ar-paper'>{fragment}{hint}</div>",
            VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id},
        }

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self.bundle()


def _control(picker: Any) -> Any:
    picker.style.description_width = "auto"
    picker.layout.width = "100%"
    picker.add_class("ar-control")
    return picker
