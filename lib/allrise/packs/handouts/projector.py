"""``slides.html``: the deck for a projector, one offline file that needs only a browser and a keyboard."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allrise.content.html import safe_drawing
from allrise.figures.theme import css_variables, figure_css, font_faces_css
from allrise.packs.contents import contents_of
from allrise.packs.handouts.deck import deck_of
from allrise.packs.handouts.words import handout_words
from allrise.packs.model import ExecutedPack
from allrise.packs.render.mark import rising_lines


def write(pack: ExecutedPack) -> dict[str, bytes]:
    """Return the slides as ``{"slides.html": ...}``."""
    contents = contents_of(pack)
    environment = Environment(
        loader=PackageLoader("allrise.packs.handouts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawing: dict[str, Any] = {"drawing": safe_drawing}
    environment.filters.update(drawing)
    html = environment.get_template("slides.html.j2").render(
        language=contents.language,
        title=f"{contents.cover.cluster} · {handout_words(contents.language)('slides_title')}",
        cluster=contents.cover.cluster,
        slides=deck_of(contents),
        w=handout_words(contents.language).messages,
        mark=rising_lines(width=960, height=300),
        styles=_styles(),
        script=Markup(_file("slides.js")),  # noqa: S704  our own file
    )
    return {"slides.html": html.encode("utf-8", "replace")}


@functools.cache
def _file(name: str) -> str:
    return resources.files("allrise.packs.handouts").joinpath("templates", name).read_text("utf-8")


@functools.cache
def _styles() -> Markup:
    parts = [font_faces_css(), css_variables("projector"), figure_css(), _file("slides.css")]
    return Markup("\n".join(parts))  # noqa: S704  our own files
