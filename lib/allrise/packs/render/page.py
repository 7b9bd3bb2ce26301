"""The pack page and the index page, made with Jinja2 from blocks and records."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allrise.chapters.texts import texts
from allrise.content.blocks import Cover, Figure, Opening
from allrise.content.html import anchor, block_css, fragment
from allrise.content.language import catalogue
from allrise.data.profiles import profiles
from allrise.figures import theme
from allrise.packs.model import ExecutedChapter, ExecutedPack, PackRecord
from allrise.packs.render.mark import rising_lines


@dataclass(frozen=True, slots=True)
class _Section:
    """A chapter as the page shows it."""

    name: str
    anchor: str
    number: str
    title: str
    status: str
    body: Markup
    failure: dict[str, str] | None


def render_pack(pack: ExecutedPack) -> Mapping[str, bytes]:
    """Return the page of a pack as ``{"index.html": ...}``: one file that needs no other and no network."""
    language = str(pack.parameters.get("language") or "en")
    cover, sections, predictions = _sections(pack, language)
    html = (
        _environment(language)
        .get_template("pack.html.j2")
        .render(
            language=language,
            pack=pack,
            title=cover.cluster,
            cover=Markup(fragment(cover, language=language)),  # noqa: S704  escaped in the fragment
            mark=rising_lines(),
            sections=sections,
            predictions=predictions,
            styles=_styles("pack.css"),
            script=Markup(_file("pack.js")),  # noqa: S704  our own file
        )
    )
    return {"index.html": html.encode()}


def render_index(records: Sequence[PackRecord]) -> bytes:
    """Return the page that lists every pack, with a search that needs no network."""
    names = {p.country: p.name("en") for p in profiles()}
    countries = {c: names.get(c, c) for c in {r.subject.country for r in records}}
    ordered = sorted(records, key=lambda r: (countries[r.subject.country], r.subject.name.casefold(), r.folder))
    html = (
        _environment("en")
        .get_template("index.html.j2")
        .render(
            language="en",
            records=ordered,
            countries=countries,
            mark=rising_lines(),
            styles=_styles("pack.css", "index.css"),
            script=Markup(_file("index.js")),  # noqa: S704  our own file
        )
    )
    return html.encode()


def _sections(pack: ExecutedPack, language: str) -> tuple[Cover, list[_Section], list[Figure]]:
    cover = _plain_cover(pack)
    sections: list[_Section] = []
    predictions: list[Figure] = []
    for chapter in pack.chapters:
        prefix = f"c{chapter.name[:2]}-"
        body: list[str] = []
        opening: Opening | None = None
        for block in chapter.blocks:
            if isinstance(block, Cover):
                cover = block
                continue
            if isinstance(block, Opening):
                opening = block
            if isinstance(block, Figure) and block.headline and block.predict:
                predictions.append(block)
            body.append(fragment(block, language=language, prefix=prefix))
        if opening is None:
            opening = _fallback_opening(chapter, language)
            body.insert(0, fragment(opening, language=language, prefix=prefix))
        sections.append(
            _Section(
                name=chapter.name,
                anchor=anchor(chapter.name),
                number=opening.number,
                title=opening.title,
                status=chapter.status,
                body=Markup("\n").join(Markup(b) for b in body),  # noqa: S704  fragments are escaped
                failure=_failure(chapter),
            )
        )
    return cover, sections, predictions


def _failure(chapter: ExecutedChapter) -> dict[str, str] | None:
    if chapter.status == "ok":
        return None
    error = chapter.error
    return {
        "status": chapter.status,
        "cell": "" if error is None or error.cell is None else str(error.cell),
        "kind": "" if error is None else error.kind,
        "message": "" if error is None else error.message,
    }


def _fallback_opening(chapter: ExecutedChapter, language: str) -> Opening:
    text: dict[str, Any] = texts(language).get(chapter.name, {})
    number, _, name = chapter.name.partition("_")
    title = text.get("title") or name.replace("_", " ").capitalize() or chapter.name
    return Opening(chapter.name, number.lstrip("0") or number, title, text.get("question", ""))


def _plain_cover(pack: ExecutedPack) -> Cover:
    """Return a cover for a pack whose overview did not run."""
    return Cover(
        cluster_id=pack.subject.cluster_id,
        cluster=pack.subject.name,
        cluster_word=pack.subject.kind or "",
        place=pack.subject.region or pack.subject.country,
        question="",
        purpose="",
        period=pack.period,
        audience=texts("en")["audience"][pack.audience],
        synthetic=False,
        facts=(),
        strength="",
    )


@functools.cache
def _environment(language: str) -> Environment:
    env = Environment(
        loader=PackageLoader("allrise.packs.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: dict[str, Any] = {"w": catalogue("allrise.packs.render", "page", language).messages}
    env.globals.update(words)
    return env


@functools.cache
def _file(name: str) -> str:
    return resources.files("allrise.packs.render").joinpath("templates", name).read_text("utf-8")


@functools.cache
def _styles(*names: str) -> Markup:
    parts = [theme.font_faces_css(), theme.css_variables("light"), theme.figure_css(), block_css()]
    parts += [_file(n) for n in names]
    parts.append(f"@media print {{ {theme.css_variables('print')} }}")
    return Markup("\n".join(parts))  # noqa: S704  our own files
