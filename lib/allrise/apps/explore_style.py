"""The kit's look inside JupyterLab, Notebook and Voila: scoped to our own output, so that the page around stays itself."""

from __future__ import annotations

import functools
from importlib import resources

from allrise.content.html import block_css
from allrise.figures.theme import css_variables, figure_css, font_faces_css


@functools.cache
def page_style() -> str:
    """Return one ``<style>`` for everything of ours on the page: tokens, blocks, charts and controls."""
    ours = resources.files("allrise.apps").joinpath("explore.css").read_text("utf-8")
    variables = css_variables(selector=".allrise")
    return f"<style>{variables}{figure_css()}{block_css()}{ours}</style>"


@functools.cache
def font_style() -> str:
    """Return the font as a ``<style>``; large, so it stands in a notebook once: in what :func:`allrise.load` shows."""
    return f"<style>{font_faces_css()}</style>"
