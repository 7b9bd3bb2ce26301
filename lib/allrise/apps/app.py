"""What every participant's app has: the visit, the room, the cluster one looks at, and pictures of its evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import ipywidgets as w
from markupsafe import escape

from allrise.apps.gallery import Source, clusters, picture
from allrise.apps.questions import QuestionPanel, Room, join_panel
from allrise.apps.shown import COMING, column, markup, paragraphs, say
from allrise.apps.visit import Visit
from allrise.apps.widgets import Form
from allrise.errors import AllriseError
from allrise.framework import load

#: Said in place of a picture that the cluster has no data for.
NO_DATA = "This cluster's data have nothing for this picture."


class App:
    """Base of the participants' apps.

    Parameters
    ----------
    visit
        Who looks at what; read from the page by default.
    """

    def __init__(self, visit: Visit | None = None) -> None:
        self.visit = visit or Visit.of()
        self.framework = load("en")
        self.room = Room(self.visit)
        self.who = join_panel(self.room)
        self._when_chosen: list[Callable[[], None]] = []
        options = clusters(self.visit.source)
        ids = [i for _, i in options]
        chosen = self.visit.cluster_id if self.visit.cluster_id in ids else ids[0]
        self.cluster = w.Dropdown(description="Cluster", options=options, value=chosen)
        self.cluster.observe(lambda _change: self._chosen(), "value")

    def start(self) -> None:
        """Begin to follow the room; does nothing without a session or outside a page's kernel."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self.room.live.start()

    def ask(self, name: str, **options: Any) -> QuestionPanel:
        """Return a question of the session; see :class:`~allrise.apps.questions.QuestionPanel`."""
        return QuestionPanel(self.room, name, **options)

    def reveal(self, name: str, label: str, lead: str = "") -> w.VBox:
        """Return a picture that is drawn when it is asked for, and follows the chosen cluster from then on."""
        shown = markup("")
        button = w.Button(description=label, button_style="primary")
        head = markup(paragraphs(lead))
        state = {"open": False}

        def draw() -> None:
            if state["open"]:
                say(shown, COMING)
                say(shown, self.drawn(name))

        def press(_button: Any = None) -> None:
            state["open"] = not state["open"]
            button.description = "Put it away" if state["open"] else label
            button.button_style = "" if state["open"] else "primary"
            if state["open"]:
                draw()
            else:
                say(shown, "")

        button.on_click(press)
        self._when_chosen.append(draw)
        return column(*([head] if lead else []), button, shown)

    def drawn(self, name: str) -> str:
        """Return a picture of the chosen cluster, or a sentence that there is none."""
        return drawn(self.visit.source, str(self.cluster.value), name)

    def when_chosen(self, then: Callable[[], None]) -> None:
        """Call ``then`` whenever another cluster is chosen."""
        self._when_chosen.append(then)

    def _chosen(self) -> None:
        for then in self._when_chosen:
            then()


def drawn(source: Source, cluster_id: str, name: str) -> str:
    """Return a picture, or one sentence in its place; never an error."""
    try:
        return picture(source, cluster_id, name) or paragraphs(NO_DATA)
    except AllriseError as error:
        return paragraphs(str(error))


def sliders(legend: str, items: list[dict[str, Any]]) -> Form:
    """Return a form of sliders: ``name``, ``label``, ``low``, ``high``, ``start``, ``unit``."""
    return Form(kind="range", legend=legend, items=items, values={i["name"]: i["start"] for i in items})


def listed(title: str, entries: list[tuple[str, str]]) -> str:
    """Return terms with what they mean, escaped."""
    rows = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in entries)
    return f"<h3>{escape(title)}</h3><dl>{rows}</dl>"
