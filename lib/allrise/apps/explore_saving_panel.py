"""The panel that saves a figure for a cluster's pack, and what it says afterwards."""

from __future__ import annotations

import html

import ipywidgets as widgets

from allrise.apps.explore_saving import Saved, save
from allrise.apps.pickers import FigureArea, Panel, controls, said_html, words
from allrise.content.blocks import Figure
from allrise.content.html import fragment


def saving(figure: Figure, cluster_id: str) -> Panel:
    """Return a panel that shows a figure and saves it for a cluster's pack when one presses the button."""
    area = FigureArea()
    note = words("What you want to say about it", lines=3)
    button = widgets.Button(description="Save for the pack")
    shown = widgets.HTML(fragment(figure))

    def press(_button: object) -> None:
        with area.working("Saving …"):
            area.show(saved_html(save(figure, cluster_id, str(note.value))), "Saved.")

    button.on_click(press)
    return Panel([shown, controls(note), button, area.widget], lambda: fragment(figure))


def saved_html(saved: Saved) -> str:
    """Return where a figure was saved and what takes it into a pack."""
    return (
        said_html(f"Saved in {saved.files[0].parent} as {', '.join(p.suffix[1:].upper() for p in saved.files)}.")
        + "<p>To make a pack with it, close JupyterLab or open a terminal, and type:</p>"
        + f"<p><code>{html.escape(saved.command())}</code></p>"
    )
