"""The pack page and the index page, made with Jinja2 from blocks and records."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from allrise.content.html import anchor, block_css, fragment
from allrise.content.language import catalogue
from allrise.data.profiles import profiles
from allrise.figures import theme
from allrise.packs.contents import PackContents, Section, contents_of
from allrise.packs.folders import SYSTEM_FOLDER
from allrise.packs.model import ExecutedPack, PackRecord
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
    contents = contents_of(pack)
    language, cover = contents.language, contents.cover
    html = (
        _environment(language)
        .get_template("pack.html.j2")
        .render(
            language=language,
            pack=pack,
            title=cover.cluster,
            cover=Markup(fragment(cover, language=language)),  # noqa: S704  escaped in the fragment
            mark=rising_lines(),
            sections=_sections(contents),
            predictions=contents.predictions,
            styles=_styles("pack.css"),
            script=Markup(_file("pack.js")),  # noqa: S704  our own file
        )
    )
    return {"index.html": html.encode()}


def render_index(records: Sequence[PackRecord]) -> bytes:
    """Return the page that lists every pack, with a search that needs no network."""
    names = {p.country: p.name("en") for p in profiles()}
    countries = {c: names.get(c, c) for c in {r.subject.country for r in records}}
    whole = [r for r in records if r.folder == SYSTEM_FOLDER]
    ordered = sorted(
        (r for r in records if r.folder != SYSTEM_FOLDER),
        key=lambda r: (countries[r.subject.country], r.subject.name.casefold(), r.folder),
    )
    html = (
        _environment("en")
        .get_template("index.html.j2")
        .render(
            language="en",
            whole=whole,
            records=ordered,
            countries=countries,
            mark=rising_lines(),
            styles=_styles("pack.css", "index.css"),
            script=Markup(_file("index.js")),  # noqa: S704  our own file
        )
    )
    return html.encode()


def _sections(contents: PackContents) -> list[_Section]:
    language = contents.language
    sections: list[_Section] = []
    for section in contents.sections:
        prefix = f"c{section.name[:2]}-"
        body = [fragment(b, language=language, prefix=prefix) for b in (section.opening, *section.blocks)]
        sections.append(
            _Section(
                name=section.name,
                anchor=anchor(section.name),
                number=section.opening.number,
                title=section.opening.title,
                status=section.status,
                body=Markup("\n").join(Markup(b) for b in body),  # noqa: S704  fragments are escaped
                failure=_failure(section),
            )
        )
    return sections


def _failure(chapter: Section) -> dict[str, str] | None:
    if chapter.status == "ok":
        return None
    error = chapter.error
    return {
        "status": chapter.status,
        "cell": "" if error is None or error.cell is None else str(error.cell),
        "kind": "" if error is None else error.kind,
        "message": "" if error is None else error.message,
    }


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
