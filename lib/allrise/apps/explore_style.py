"""The kit's look inside JupyterLab, Notebook and Voila: scoped to our own output, so that the page around stays itself."""

from __future__ import annotations

import functools
from importlib import resources

from allrise.content.html import block_css
from allrise.figures.theme import css_variables, figure_css, font_faces_css


@functools.cache
def page_style() -> str:
    """Return one ``<style>`` for everything of ours on the page: tokens, tables, blocks, charts and controls."""
    return f"<style>{_variables()}{figure_css()}{block_css()}{_file('tables.css')}{_file('explore.css')}</style>"


@functools.cache
def table_style() -> str:
    """Return the smaller ``<style>`` of what is only a table."""
    return f"<style>{_variables()}{_file('tables.css')}</style>"


@functools.cache
def font_style() -> str:
    """Return the font as a ``<style>``; large, so it stands in a notebook once: in what :func:`allrise.load` shows."""
    return f"<style>{font_faces_css()}</style>"


def _variables() -> str:
    return css_variables(selector=".allrise")


def _file(name: str) -> str:
    return resources.files("allrise.apps").joinpath(name).read_text("utf-8")
