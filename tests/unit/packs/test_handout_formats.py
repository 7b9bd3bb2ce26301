"""Hand-outs say what the blocks say, literally, in every format, and can be read by everyone."""

from __future__ import annotations

import io
import itertools
import re
import tomllib
import uuid
import zipfile
from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree as ET

import handout_samples as samples
import openpyxl
import pikepdf
import pytest
from docx import Document
from pptx import Presentation

from allrise.content.blocks import Table, Text
from allrise.figures.measuring import text_width
from allrise.packs.contents import contents_of
from allrise.packs.formats import FORMATS, check_formats, write_all, writer
from allrise.packs.handouts.deck import deck_of
from allrise.packs.handouts.drawings import Drawing, wide_drawing
from allrise.packs.handouts.literal import printable
from allrise.packs.handouts.outlines import outlined
from allrise.packs.handouts.zipped import zip_folder

SVG_LINE = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="80"><text {}>{}</text></svg>'
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def made(name, pack):
    return writer(name)(pack)[FORMATS[name].file]


def docx_text(content):
    document = Document(io.BytesIO(content))
    return "\n".join(
        "".join(t.text or "" for t in p.iter(f"{{{WORD}}}t")) for p in document.element.iter(f"{{{WORD}}}p")
    )


def pptx_text(content):
    said = []
    for slide in Presentation(io.BytesIO(content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                said.append(shape.text_frame.text)
            if shape.has_table:
                said += [c.text for r in shape.table.rows for c in r.cells]
        said.append(slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "")
    return "\n".join(said)


def xlsx_cells(content):
    return [c for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet.iter_rows() for c in row]


def test_words_of_hand_outs_have_the_same_keys_in_every_language():
    folder = files("allrise.packs.handouts")
    english, french = (tomllib.loads(folder.joinpath(f"handouts.{x}.toml").read_text("utf-8")) for x in ("en", "fr"))
    assert english.keys() == french.keys()
    assert not [k for k in english if english[k] == french[k] and k not in {"notes", "notes_heading"}]


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_text_of_data_is_never_taken_for_a_command(text):
    pack = samples.pack(words=text, cluster=text, more=(Text((text,)),))
    shown = printable(text)
    assert shown in docx_text(made("docx", pack))
    assert shown in pptx_text(made("pptx", pack))
    cells = xlsx_cells(made("xlsx", pack))
    assert any(shown == c.value for c in cells)
    assert not [c for c in cells if c.data_type == "f"]
    html = made("slides", pack).decode()
    assert "<script>alert" not in html
    pdf = pikepdf.open(io.BytesIO(made("pdf", pack)))
    assert any(shown in alt for alt in alts_of(pdf))


def test_a_sheet_holds_numbers_as_the_pack_rounds_them_and_symbols_as_text():
    cells = xlsx_cells(made("xlsx", samples.pack()))
    values = [c.value for c in cells]
    assert 56 in values  # 56.5 in the table: the pack's text says 56, where Excel's own rounding would say 57
    assert all(isinstance(c.value, int) for c in cells if c.value == 56)
    assert "[c]" in values
    assert "[c] hidden to protect people" in values
    assert "percent" in values


def test_every_sheet_is_listed_and_linked_on_the_first():
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", samples.pack())))
    first = book[book.sheetnames[0]]
    links = {c.hyperlink.location.split("!")[0].strip("'") for r in first.iter_rows() for c in r if c.hyperlink}
    assert links == set(book.sheetnames[1:])
    assert all(book[s].freeze_panes for s in book.sheetnames[1:])


def elements(node, depth=0):
    kids = node.get("/K")
    kids = [] if kids is None else list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    for kid in kids:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid, depth + 1)


def alts_of(pdf):
    return [str(e.Alt) for e in elements(pdf.Root.StructTreeRoot) if "/Alt" in e]


def test_the_pdf_is_tagged_titled_and_says_its_language():
    pdf = pikepdf.open(io.BytesIO(made("pdf", samples.pack(language="fr"))))
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "fr"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert "Test Trust" in str(pdf.docinfo["/Title"])
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
    kinds = [str(e.S) for e in elements(pdf.Root.StructTreeRoot)]
    assert {"/H1", "/H2", "/Figure", "/Table", "/TH", "/TD", "/L", "/LI", "/P", "/TOC"} <= set(kinds)
    levels = [int(k[2]) for k in kinds if re.fullmatch(r"/H[1-6]", k)]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_every_chart_of_the_pdf_has_its_description_and_every_chapter_a_bookmark():
    pack = samples.pack()
    pdf = pikepdf.open(io.BytesIO(made("pdf", pack)))
    figures = list(contents_of(pack).figures())
    assert {f.alt for f in figures} <= set(alts_of(pdf))
    with pdf.open_outline() as outline:
        titles = [i.title for i in outline.root]
    assert {"Who we are", "Outcomes", "The guide"} <= set(titles)


def boxes(content):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [float(x) for x in pdf.pages[0].MediaBox][2:]


@pytest.mark.parametrize(
    ("country", "paper", "size"),
    [("GB-ENG", "", (595, 842)), ("CA-ON", "", (612, 792)), ("US", "a4", (595, 842)), ("NZ", "letter", (612, 792))],
)
def test_paper_is_the_one_of_the_country_unless_another_is_asked_for(country, paper, size):
    assert boxes(made("pdf", samples.pack(country=country, paper=paper))) == pytest.approx(size, abs=1)


def test_every_font_is_in_the_pdf():
    pdf = pikepdf.open(io.BytesIO(made("pdf", samples.pack(words="مدرسة 学校"))))
    descriptors = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
    assert descriptors
    assert all("/FontFile2" in d or "/FontFile3" in d for d in descriptors)


def test_a_chart_is_asked_about_on_the_slide_before_it():
    slides = deck_of(contents_of(samples.pack()))
    charts = [i for i, s in enumerate(slides) if s.kind == "chart" and s.figure.headline]
    assert charts
    assert all(slides[i - 1].kind == "predict" and slides[i - 1].label == slides[i].label for i in charts)


def test_every_slide_has_one_title_and_every_picture_a_description():
    deck = Presentation(io.BytesIO(made("pptx", samples.pack())))
    for slide in deck.slides:
        assert slide.shapes.title.text
        assert slide.shapes[0].shape_id == slide.shapes.title.shape_id  # the title is read first
        for shape in slide.shapes:
            if shape.shape_type is not None and shape.shape_type.name == "PICTURE":
                properties = shape._element.xpath(".//p:cNvPr")[0]
                assert properties.get("descr") or properties.xpath(".//*[local-name()='decorative']")
    assert any(s.has_notes_slide and "57%" in s.notes_slide.notes_text_frame.text for s in deck.slides)


def test_no_shape_leaves_its_slide():
    deck = Presentation(io.BytesIO(made("pptx", samples.pack(words=samples.HOSTILE[6]))))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width + 9525
            assert shape.top + shape.height <= deck.slide_height + 9525


def test_the_deck_has_its_colours_and_fonts_in_its_theme():
    with zipfile.ZipFile(io.BytesIO(made("pptx", samples.pack()))) as archive:
        theme = archive.read("ppt/theme/theme1.xml").decode()
    assert 'typeface="Atkinson Hyperlegible"' in theme
    assert "004a63" in theme


def test_the_word_document_has_real_headings_table_headers_and_descriptions():
    document = Document(io.BytesIO(made("docx", samples.pack(country="NZ"))))
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert ("Heading 1", "1  Who we are") in headings
    levels = [int(name[-1]) for name, _ in headings]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    pictures = document.element.xpath(".//wp:docPr")
    assert all(p.get("descr") or p.xpath(".//*[local-name()='decorative']") for p in pictures)
    assert len([p for p in pictures if p.get("descr")]) == 2
    assert document.element.xpath(".//w:tblHeader")
    assert document.core_properties.language == "en-NZ"
    assert document.styles.element.xpath(".//w:lang/@w:val")[0] == "en-NZ"


def test_only_the_wide_drawing_goes_on_paper_in_the_colours_of_paper():
    drawing = wide_drawing(samples.figure(), "print").svg.decode()
    assert "WIDE" in drawing
    assert "NARROW" not in drawing
    assert "#000000" in drawing
    assert "#1c2126" not in drawing


def test_a_chapter_that_failed_is_named_in_every_format_for_reading():
    pack = samples.pack()
    assert "could not be finished" in docx_text(made("docx", pack))


def test_words_around_blocks_follow_the_language():
    pack = samples.pack(language="fr")
    assert "Les chiffres derrière les graphiques" in docx_text(made("docx", pack))
    assert "Notre question" in pptx_text(made("pptx", pack))
    assert '<html lang="fr">' in made("slides", pack).decode()
    assert "Sommaire" in openpyxl.load_workbook(io.BytesIO(made("xlsx", pack))).sheetnames


def test_one_format_that_fails_costs_no_other(monkeypatch):
    import allrise.packs.handouts.pdf as pdf

    def broken(_pack):
        raise RuntimeError("out of ink")

    monkeypatch.setattr(pdf, "write", broken)
    written = write_all(samples.pack(), ("html", "pdf", "xlsx"))
    assert set(written.files) == {"index.html", "tables.xlsx"}
    assert written.failed == {"pdf": "RuntimeError: out of ink"}


def test_slides_for_the_projector_come_with_those_for_powerpoint():
    assert check_formats(["pptx"]) == ("html", "pptx", "slides")
    assert check_formats(["all"]) == tuple(FORMATS)


def test_a_zip_of_the_same_files_is_the_same_zip(tmp_path):
    (tmp_path / "C1" / "tables").mkdir(parents=True)
    (tmp_path / "C1" / "index.html").write_text("<p>")
    (tmp_path / "C1" / "tables" / "a.csv").write_text("a\n1\n")
    contents = []
    for _ in range(2):
        zip_folder(tmp_path / "C1", tmp_path / "C1" / "pack.zip", {"manifest.json": b"{}"})
        contents.append((tmp_path / "C1" / "pack.zip").read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(io.BytesIO(contents[0])) as archive:
        assert archive.namelist() == ["C1/index.html", "C1/manifest.json", "C1/tables/a.csv"]


def test_a_chart_printed_in_grey_keeps_its_lines_apart_from_the_paper_and_from_each_other():
    from PIL import Image

    from allrise.figures.theme import tokens
    from allrise.packs.handouts.typesetting import typeset_drawings

    look = tokens("light")
    pair = [look.colour["accent"], look.colour["reference"]]
    lines = "".join(
        f'<path d="M 0 {20 + 40 * i} L 100 {20 + 40 * i}" stroke="{c}" stroke-width="20"/>' for i, c in enumerate(pair)
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80" viewBox="0 0 100 80"><g class="wide">{lines}</g></svg>'
    figure = replace(samples.figure(), svg=svg, width=100, height=80)
    drawing = wide_drawing(figure, "print")
    png = typeset_drawings({"a": drawing}, {"a": 100})["a"]
    picture = Image.open(io.BytesIO(png))
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    grey = paper.convert("L")
    shades = [(grey.getpixel((50, 20 + 40 * i)) / 255) ** 2.2 for i in range(2)]
    contrasts = [(1.05) / (s + 0.05) for s in shades]
    assert min(contrasts) > 3  # WCAG 1.4.11 against paper
    assert max(contrasts) / min(contrasts) > 1.4  # and told apart; a marker and a dash are the second cue


def vectors_of(content, folder):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(n).decode() for n in archive.namelist() if n.startswith(folder) and n.endswith(".svg")]


@pytest.mark.parametrize(("name", "folder"), [("pptx", "ppt/media/"), ("docx", "word/media/")])
def test_charts_in_office_files_are_vector_with_a_picture_behind_them_and_need_no_font(name, folder):
    content = made(name, samples.pack())
    vectors = vectors_of(content, folder)
    assert len(vectors) > 1
    for vector in vectors:
        assert "<text" not in vector
        assert "<image" not in vector
        named = set(re.findall(r'<path id="([^"]+)"', vector))
        assert set(re.findall(r'href="#([^"]+)"', vector)) == named
    assert any(f"r0-{ord('W'):x}" in v for v in vectors)  # the first letter of the sample's drawing
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "image/svg+xml" in archive.read("[Content_Types].xml").decode()
        pages = [archive.read(n).decode() for n in archive.namelist() if re.search(r"slides/slide\d+|word/document", n)]
        shown = [b for page in pages for b in re.findall(r"<a:blip .*?</a:blip>", page)]
        links = [archive.read(n).decode() for n in archive.namelist() if n.endswith(".rels")]
    assert len(shown) >= len(vectors)
    for blip in shown:
        pixels, vector = re.findall(r'r:embed="(\w+)"', blip)
        assert any(re.search(rf'Id="{pixels}"[^>]*\.png|\.png[^>]*Id="{pixels}"', x) for x in links)
        assert any(re.search(rf'Id="{vector}"[^>]*\.svg|\.svg[^>]*Id="{vector}"', x) for x in links)


def test_letters_stand_in_the_outlines_where_the_text_stood():
    svg = SVG_LINE.format('x="100" y="50" text-anchor="end" font-size="10" font-weight="700" fill="#123456"', "Été")
    root = ET.fromstring(outlined(Drawing(svg.encode(), 200, 80)))
    uses = [e for e in root.iter() if e.tag.endswith("}use")]
    at = [float(re.match(r"translate\(([\d.]+) 50.00\)", u.get("transform"))[1]) for u in uses]
    assert at == sorted(at)
    assert at[0] == pytest.approx(100 - text_width("Été", 10, 700), abs=0.05)
    assert at[2] == pytest.approx(100 - text_width("é", 10, 700), abs=0.05)
    assert next(e for e in root.iter() if e.get("fill") == "#123456") is not None


@pytest.mark.parametrize("said", ["مدرسة النور", "学校", "e\u0301cole"])
def test_a_text_that_cannot_be_set_letter_by_letter_leaves_the_chart_to_its_picture(said):
    svg = SVG_LINE.format('x="10" y="50"', said)
    assert outlined(Drawing(svg.encode(), 200, 80)) is None


def test_a_halo_lies_under_its_letters():
    svg = SVG_LINE.format('x="10" y="50" fill="#111111" stroke="#ffffff" stroke-width="3" paint-order="stroke"', "A")
    drawn = outlined(Drawing(svg.encode(), 200, 80)).decode()
    assert drawn.count("<use") == 2
    assert drawn.index('stroke="#ffffff"') < drawn.rindex("<use")


def test_the_word_document_brings_its_font_along():
    from allrise.figures.theme import font_files
    from allrise.packs.handouts.docx_fonts import masked

    with zipfile.ZipFile(io.BytesIO(made("docx", samples.pack()))) as archive:
        table = ET.fromstring(archive.read("word/fontTable.xml"))
        links = archive.read("word/_rels/fontTable.xml.rels").decode()
        found = {}
        for kind in ("embedRegular", "embedBold"):
            (element,) = table.iter(f"{{{WORD}}}{kind}")
            key, relation = (v for _, v in sorted(element.items(), key=lambda i: "fontKey" not in i[0]))
            file = re.search(rf'Id="{relation}"[^>]*Target="([^"]+)"|Target="([^"]+)"[^>]*Id="{relation}"', links)
            found[kind] = masked(archive.read(f"word/{file[1] or file[2]}"), uuid.UUID(key.strip("{}")))
        assert b"<w:embedTrueTypeFonts" in archive.read("word/settings.xml")
    ours = {f.weight: f.path.read_bytes() for f in font_files() if f.style == "normal"}
    assert found == {"embedRegular": ours[400], "embedBold": ours[700]}


def test_a_headline_chart_and_all_that_is_said_about_it_are_one_chain_on_its_page_in_word():
    pack = samples.pack()
    figure = next(f for f in contents_of(pack).figures() if f.headline)
    document = Document(io.BytesIO(made("docx", pack)))
    kept = {s.name for s in document.styles if s.type == 1 and s.paragraph_format.keep_with_next}
    body = [(p, "".join(t.text or "" for t in p.iter(f"{{{WORD}}}t"))) for p in document.element.iter(f"{{{WORD}}}p")]
    first = next(i for i, (_, said) in enumerate(body) if said.endswith(figure.title) and "Figure" in said)
    last = next(i for i, (_, said) in enumerate(body) if i > first and said == " ".join(figure.notes))
    names = {s.style_id: s.name for s in document.styles}
    for p, said in body[first:last]:
        style = p.find(f"./{{{WORD}}}pPr/{{{WORD}}}pStyle").get(f"{{{WORD}}}val")
        assert p.find(f"./{{{WORD}}}pPr/{{{WORD}}}keepNext") is not None or names[style] in kept, said


def test_a_chart_without_an_svg_has_all_the_pixels_that_print_needs():
    from PIL import Image

    from allrise.packs.handouts.outlines import vectors_and_pixels

    drawings = {
        name: Drawing(SVG_LINE.format('x="10" y="50"', said).encode(), 200, 80)
        for name, said in {"letters": "Été", "joined": "مدرسة"}.items()
    }
    vectors, pixels = vectors_and_pixels(drawings, dict.fromkeys(drawings, 2.0), behind=150)
    assert (vectors["letters"] is None, vectors["joined"] is None) == (False, True)
    wide = {name: Image.open(io.BytesIO(png)).width for name, png in pixels.items()}
    assert wide == {"letters": 300, "joined": 600}


def test_an_interval_is_not_broken_over_two_lines_of_a_narrow_column():
    from allrise.content.blocks import TableColumn
    from allrise.packs.handouts.column_widths import column_widths

    cell = {"text": "4.2", "interval": "4.0 to 4.5", "number": True, "symbol": ""}
    wide = column_widths(TableColumn("mean", "Mean"), [[cell]], 0)
    assert wide.least >= 0.58 * len("(4.0 to 4.5)")


def test_what_a_room_carried_is_no_promise_of_last_time():
    pack = samples.pack()
    promises = next(b for c in pack.chapters for b in c.blocks if isinstance(b, Table) and b.name == "commitments")
    slides = deck_of(contents_of(samples.pack(more=(replace(promises, title="Carried by the room"),))))
    assert promises.title in {s.title for s in slides}
    assert "Carried by the room" not in {s.title for s in slides}


def test_a_chart_that_has_its_page_to_itself_is_drawn_large_on_paper():
    alone, follower = samples.figure("1.2", headline=False, name="alone"), samples.figure("1.3", name="next")
    pdf = pikepdf.open(io.BytesIO(made("pdf", samples.pack(more=(alone, follower)))))
    wide = {}
    for element in elements(pdf.Root.StructTreeRoot):
        if str(element.S) == "/Figure" and "/Alt" in element:
            left, _, right, _ = (float(x) for a in element.A if "/BBox" in a for x in a.BBox)
            wide[str(element.Alt)] = right - left
    beside = next(f for f in contents_of(samples.pack()).figures() if f.number == "2.1")
    assert wide[beside.alt] == pytest.approx(323, abs=1)  # 114 mm, with other things on its page
    assert wide[alone.alt] > 363  # at least 128 mm; how much more is what its page has left


def test_lines_around_a_table_of_the_workbook_are_broken_at_its_width():
    """One that ran on would be printed too, and shrink the sheet to its length."""
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", samples.pack(words="A very long title " * 12))))
    for sheet in book.worksheets[1:]:
        merged = {str(r).split(":")[0]: r for r in sheet.merged_cells.ranges}
        long = [c for row in sheet.iter_rows() for c in row if isinstance(c.value, str) and len(c.value) > 84]
        assert all(c.alignment.wrap_text for c in long)
        assert "A2" in merged
        assert sheet.row_dimensions[2].height > 40 or len(sheet["A2"].value) < 84
        assert sheet.page_setup.paperSize == 9


def test_the_workbook_is_printed_on_the_paper_of_its_country():
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx", samples.pack(country="CA-ON"))))
    assert {s.page_setup.paperSize for s in book} == {1}
