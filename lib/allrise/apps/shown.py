"""Small pieces of a page as widgets. Text is escaped here; only fragments that our own code drew pass as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets as w
from markupsafe import Markup, escape


def markup(html: str, *classes: str) -> w.HTML:
    """Return a widget for HTML that the kit drew itself (figures, blocks, results); never for text of people."""
    widget = w.HTML(html)
    for name in classes:
        widget.add_class(name)
    return widget


def say(widget: w.HTML, html: str) -> None:
    """Set a widget's HTML if it differs: only news travels to the browser."""
    if widget.value != html:
        widget.value = html


def paragraphs(*texts: str, kind: str = "") -> str:
    """Return texts as escaped paragraphs."""
    name = f' class="{escape(kind)}"' if kind else ""
    return "".join(f"<p{name}>{escape(t)}</p>" for t in texts if t)


#: Stands where a picture comes that may take seconds the first time anybody asks for it.
COMING = '<p class="ar-coming" role="status">Drawing it.</p>'


def asked(question_id: str, text: str, *more: str) -> str:
    """Return a question of the dialogue, with its id where it has one, and what helps to answer it, escaped."""
    kick = f'<p class="ar-kick">{escape(question_id)}</p>' if question_id else ""
    return f'{kick}<p class="ar-asks">{escape(text)}</p>{paragraphs(*more, kind="hint")}'


def results(html: str, title: str = "") -> str:
    """Return the room's results fragment in its frame."""
    head = f"<h3>{escape(title)}</h3>" if title else ""
    return f'<div class="ar-results">{head}{Markup(html)}</div>' if html else ""  # noqa: S704 - the room drew it


def column(*children: w.Widget, classes: Iterable[str] = ()) -> w.VBox:
    """Return widgets one below the other."""
    box = w.VBox(list(children))
    for name in classes:
        box.add_class(name)
    return box


def side(controls: w.DOMWidget, shown: w.Widget) -> w.Box:
    """Return controls beside what they change; on narrow screens above it."""
    controls.add_class("ar-controls")
    box = w.Box([controls, shown])
    box.add_class("ar-side")
    return box


def two(left: w.Widget, right: w.Widget) -> w.Box:
    """Return two widgets side by side; on narrow screens one below the other."""
    box = w.Box([left, right])
    box.add_class("ar-two")
    return box


def press(label: str, action: Any, *, main: bool = False, tooltip: str = "") -> w.Button:
    """Return a button that calls ``action()``."""
    button = w.Button(description=label, button_style="primary" if main else "", tooltip=tooltip)
    button.on_click(lambda _button: action())
    return button
