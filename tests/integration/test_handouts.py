"""One command makes every format of a real pack, and all of them say the same.

The pack is French, as it costs no more than an English one: numbers, colons and quotation marks are set with spaces that
every format must keep, and no sentence of the kit may be left in English.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import zipfile

import openpyxl
import pikepdf
import pytest
from docx import Document
from pptx import Presentation

from allrise.content.blocks import Figure, Hidden, Table
from allrise.content.html import cell_text, page_rows, told_in_words, too_long_for_paper
from allrise.content.numbers import Numbers, rounded
from allrise.data.store import open_store
from allrise.packs.extract import read_blocks
from allrise.packs.handouts.flow import sheets_last
from allrise.packs.tables import tables_of

FILES = ["index.html", "pack.pdf", "slides.pptx", "slides.html", "handout.docx", "tables.xlsx", "pack.zip"]
FRENCH = Numbers("fr-CA")
CHAPTERS = ["01_overview", "02_outcomes", "09_discussion_guide"]

pytestmark = pytest.mark.slow


def allrise(*arguments):
    command = [sys.executable, "-m", "allrise", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("packs")
    chosen = [a for c in CHAPTERS for a in ("--chapter", c)]
    result = allrise(
        "packs", "build", "demo", "--cluster", "C006", "--language", "fr-CA", "--out", out, "--format", "all", *chosen
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return out / "C006"


@pytest.fixture(scope="module")
def blocks(folder):
    return [b for c in CHAPTERS for b in read_blocks(folder / "chapters" / f"{c}.ipynb")[0]]


def squeezed(text):
    """Without spaces and breaks, which every format sets in its own way."""
    return re.sub(r"[\s\u00ad\u200b\u200e\u200f-]+", "", text)


def word_text(folder):
    document = Document(folder / "handout.docx")
    return squeezed("".join(t.text or "" for t in document.element.body.iter() if t.tag.endswith("}t")))


def test_every_format_is_there_and_in_the_manifest(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(FILES) <= {o["file"] for o in manifest["outputs"]}
    assert manifest["failed_formats"] == {}
    assert all((folder / f).stat().st_size > 5000 for f in FILES)


def test_figures_have_the_same_numbers_titles_and_readings_in_word_as_in_the_blocks(folder, blocks):
    said = word_text(folder)
    figures = [b for b in blocks if isinstance(b, Figure)]
    assert len(figures) > 8
    for figure in figures:
        assert squeezed(f"Figure {figure.number}  {figure.title}") in said
        for text in (figure.subtitle, *figure.readings, *figure.notes, figure.look, *figure.discuss):
            assert squeezed(text) in said


def on_paper(block):
    """Whether people carry this table: other charts' numbers, and long tables, are on the page and in the workbook."""
    if isinstance(block, Figure):
        return block.headline or (block.folded and not told_in_words(block))
    return isinstance(block, Table) and not too_long_for_paper(block)


def test_tables_have_the_same_cells_and_symbols_in_word_as_in_the_page(folder, blocks):
    expected = [
        [[c["text"] for c in row] for row in page_rows(table, numbers=FRENCH)]
        for table in tables_of(b for b in blocks if on_paper(b))
        if table.rows
    ]
    assert len(expected) > 5
    found = []
    for table in Document(folder / "handout.docx").tables:
        rows = [[c.paragraphs[0].runs[0].text for c in row.cells if c.paragraphs[0].runs] for row in table.rows]
        found.append(rows[1:])
    for rows in expected:
        assert rows in found


def test_the_workbook_holds_every_number_of_every_table(folder, blocks):
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    tables = list(tables_of(blocks))
    assert len(book.sheetnames) == len(tables) + 1
    for sheet, table in zip((book[n] for n in book.sheetnames[1:]), tables, strict=True):
        top = next(r for r in range(1, 12) if sheet.cell(r, len(table.columns)).font.b and r > 2)
        for i, row in enumerate(table.rows):
            for j, (value, column) in enumerate(zip(row, table.columns, strict=True)):
                cell = sheet.cell(top + 2 + i, j + 1).value
                if isinstance(value, Hidden):
                    assert cell == f"[{value.status}]"
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    decimals = 0 if column.key == "time_period" else column.decimals
                    decimals = (0 if isinstance(value, int) else 2) if decimals is None else decimals
                    assert cell == float(rounded(value, decimals))
                else:
                    assert (cell or "") == cell_text(value, column, FRENCH)


def test_headline_charts_stand_on_slides_with_their_numbers(folder, blocks):
    slides = [
        squeezed("".join(s.text_frame.text for s in slide.shapes if s.has_text_frame))
        for slide in Presentation(folder / "slides.pptx").slides
    ]
    page = squeezed((folder / "slides.html").read_text("utf-8"))
    for figure in [b for b in blocks if isinstance(b, Figure) and b.headline]:
        place = next(i for i, s in enumerate(slides) if squeezed(f"{figure.title}Figure {figure.number}") in s)
        assert squeezed(figure.predict) in slides[place - 1]
        assert f"Figure{figure.number}" in page


def test_the_pdf_says_what_the_blocks_say(folder, blocks):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: the words of the PDF cannot be read back")
    text = subprocess.run(["pdftotext", "-layout", folder / "pack.pdf", "-"], capture_output=True, check=True).stdout
    raw = subprocess.run(["pdftotext", "-raw", folder / "pack.pdf", "-"], capture_output=True, check=True).stdout
    said = squeezed(text.decode()) + squeezed(raw.decode())
    for figure in [b for b in blocks if isinstance(b, Figure)]:
        assert f"Figure{figure.number}" in said
        assert squeezed(figure.title) in said
        assert all(squeezed(r) in said for r in figure.readings[:1])
        assert all(squeezed(d) in said for d in figure.discuss)
        for row in page_rows(figure.table, numbers=FRENCH) if figure.headline else ():  # other tables are not on paper
            assert all(squeezed(c["interval"]) in said for c in row)
    assert "[c]" in said


def test_prediction_and_chart_are_on_different_pages_of_the_pdf(folder, blocks):
    predictions = [b for b in blocks if isinstance(b, Figure) and b.headline and b.predict]
    with pikepdf.open(folder / "pack.pdf") as pdf, pdf.open_outline() as outline:
        flat = list(outline.root)
        for item in flat:
            flat += list(item.children)
        pages = {p.objgen: n for n, p in enumerate(pdf.pages)}
        found = {item.title: pages[item.destination[0].objgen] for item in flat if item.destination is not None}
    asked = next(n for title, n in found.items() if title in {"Avant de tourner la page", "Vos prédictions"})
    for figure in predictions:
        shown = next(n for title, n in found.items() if figure.title in title)
        assert shown > asked


def test_the_zip_is_a_whole_pack_that_verifies(folder, tmp_path):
    with zipfile.ZipFile(folder / "pack.zip") as archive:
        archive.extractall(tmp_path)
    result = allrise("packs", "verify", tmp_path)
    assert result.returncode == 0, result.stdout
    assert "C006/handout.docx" in archive.namelist()


def test_sheets_to_write_on_come_last_and_nothing_is_lost(blocks):
    assert sorted(map(id, sheets_last(tuple(blocks)))) == sorted(map(id, blocks))


def test_nothing_but_what_the_data_say_is_in_english(folder, blocks):
    """Names, labels, sources and caveats are the data's; whatever else a reader sees was written in French."""
    store = open_store("demo")
    texts = {"schools.csv", store.title, *(s.title for s in store.sources), *(c.text for c in store.caveats)}
    for table, column in (("measures", "label"), ("measures", "source"), ("schools", "name")):
        texts |= {str(t) for t in store.table(table, [column])[column].dropna()}
    names = re.compile("|".join(re.escape(t) for t in sorted(texts, key=len, reverse=True)))
    page = re.sub(
        r"<(script|style|svg)\b.*?</\1>|<html lang[^>]*>",
        "",
        (folder / "index.html").read_text("utf-8"),
        flags=re.DOTALL,
    )
    said = [html.unescape(t) for t in re.findall(r">([^<>]+)<", page)]
    said += [html.unescape(t) for t in re.findall(r'(?:aria-label|alt|placeholder|title)="([^"]*)"', page)]
    said += [p.text for p in Document(folder / "handout.docx").paragraphs]
    for slide in Presentation(folder / "slides.pptx").slides:
        said += [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        said.append(slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "")
    book = openpyxl.load_workbook(folder / "tables.xlsx")
    said += [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    said += [*book.sheetnames, *(figure.alt for figure in blocks if isinstance(figure, Figure))]
    assert len(said) > 1500
    english = re.compile(
        r"\b(the|of|and|with|from|which|their|this|that|is|pupils|people|each|between|years?|schools?)\b", re.IGNORECASE
    )
    assert {t for t in said if english.search(names.sub("", t))} == set()
