"""What must be true of every figure, as one check that tests of each figure use on any table."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from allrise.content.blocks import Figure, from_json
from allrise.content.html import fragment
from allrise.content.numbers import Numbers, decimals_for, rounded
from allrise.content.wording import judging_words
from allrise.figures.measuring import text_width
from allrise.figures.sheet import CAP_HEIGHT

SVG = "{http://www.w3.org/2000/svg}"
#: Levels of intervals and shares that sentences may name without a table holding them.
CONSTANTS = {"95", "99.8", "100", "0", "1", "5"}
_NUMBER = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?")


def check(figure: Figure, *, names: Iterable[str], year_form: str = "2018/19", allowed: Iterable[str] = ()) -> None:
    """Check one figure.

    ``names`` are the texts of people in it (schools, clusters, measures, periods); ``allowed`` are numbers that a sentence
    may say without the table, such as the number of steps on a ladder.
    """
    names = sorted({n for n in names if n}, key=len, reverse=True)
    check_drawing(figure)
    check_text(figure, names)
    check_numbers(figure, names, year_form=year_form, allowed=allowed)
    assert from_json(figure.to_json()) == figure
    assert "<svg" in fragment(figure)


def check_drawing(figure: Figure) -> None:
    """The drawing is well-formed, inert, labelled, and shares no id with another drawing."""
    root = ET.fromstring(figure.svg)
    assert root.tag == f"{SVG}svg"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 3
    assert root.get("aria-labelledby") == f"{ids[0]}-title {ids[0]}-desc"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert title.text == figure.title
    assert desc.text == figure.alt
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {"svg", "title", "desc", "g", "path", "text"}
    assert not [k for e in root.iter() for k in e.attrib if k.startswith("on") or k.endswith("href")]
    assert "url(" not in figure.svg
    assert "nan" not in figure.svg.split("</desc>")[1].replace("nance", "")
    groups = [g.get("class") for g in root.findall(f"{SVG}g")]
    assert groups == ["wide", "narrow"]
    for group, width in zip(root.findall(f"{SVG}g"), (figure.width, 264.0), strict=True):
        check_texts(group, width)


def check_texts(group: ET.Element, width: float) -> None:
    """Every text is large enough, inside the drawing, and touches no other."""
    boxes: list[tuple[float, float, float, float, str]] = []
    for text in group.iter(f"{SVG}text"):
        size, x, y = (float(text.get(k, "nan")) for k in ("font-size", "x", "y"))
        assert size >= 9
        wide = text_width(text.text or "", size, int(text.get("font-weight", "400")))
        left = x - {"middle": wide / 2, "end": wide}.get(text.get("text-anchor", "start"), 0.0)
        assert left >= -0.6, text.text
        assert left + wide <= width + 0.6, text.text
        boxes.append((left, y - CAP_HEIGHT * size, left + wide, y, text.text or ""))
    for a, b in itertools.combinations(boxes, 2):
        touching = min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5
        assert not touching, f"{a[4]!r} touches {b[4]!r}"


def all_text(figure: Figure) -> list[str]:
    return [
        figure.title,
        figure.subtitle,
        figure.alt,
        *figure.readings,
        *figure.notes,
        figure.predict,
        figure.look,
        *figure.discuss,
        *(e.text for e in figure.explanations),
        *(c.label for c in figure.table.columns),
    ]


def check_text(figure: Figure, names: list[str]) -> None:
    """Whole sentences that describe and do not judge."""
    assert figure.title
    assert figure.subtitle
    assert len(figure.alt) > 30
    assert figure.readings
    assert figure.notes
    assert figure.discuss
    for text in all_text(figure):
        assert judging_words(text, names=names) == [], text
        assert not re.search(
            r"[{}]|  |\bnan\b|\bNone\b(?! (?:lies|has|is))|<NA>| [.,;:]|\.\.|\b1 (schools|pupils|people|years)\b", text
        ), text
        assert text == text.strip()
    for said in (figure.alt, *figure.readings, *figure.notes):
        assert said[-1] in ".?", said
    if figure.headline and len(figure.table.rows) and any("could" in e.text for e in figure.explanations):
        assert len(figure.explanations) >= 2


def check_numbers(figure: Figure, names: list[str], *, year_form: str = "2018/19", allowed: Iterable[str] = ()) -> None:
    """Every number of readings, alt text and explanations is in the table, as the table rounds it, or counts its rows."""
    known = {_plain(n) for n in numbers_of(figure, year_form=year_form)} | set(allowed)
    for said in (figure.alt, *figure.readings, *(e.text for e in figure.explanations)):
        text = said
        for name in names:
            text = text.replace(name, " ")
            text = text.replace(name[:1].upper() + name[1:], " ")
        for found in _NUMBER.findall(re.sub(r"\b[A-Z]\d+(\.\d+)?\b", " ", text)):
            assert _plain(found) in known, f"{found} of {said!r} is not in the table"


def numbers_of(figure: Figure, *, year_form: str = "2018/19") -> set[str]:
    """Return every number that the table holds, as it is shown, and counts of its rows."""
    numbers = Numbers(year_form=year_form)
    found = CONSTANTS | {str(i) for i in range(len(figure.table.rows) + 1)}
    years = [int(str(r["time_period"])) for r in figure.table.records() if r.get("time_period") is not None]
    for year in range(min(years, default=0), max(years, default=-1) + 1):  # a year without a value is named as missing
        found |= set(numbers.year(year).split("/"))
    for record in figure.table.records():
        for column in figure.table.columns:
            value = record[column.key]
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if column.key == "time_period":
                continue
            decimals = column.decimals if column.decimals is not None else decimals_for(column.unit)
            found.add(rounded(float(value), decimals))
    return found


def _plain(number: str) -> str:
    return number.replace(",", "").replace("−", "-").lstrip("+")
