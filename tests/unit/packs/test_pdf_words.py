"""What must not be in a public pack is found in its PDF too: on pages, in drawings, in alternative texts."""

from __future__ import annotations

import zlib

import handout_samples as samples
import pytest

from allrise.content.blocks import Text
from allrise.packs.disclosure import WouldGiveAway, check_clean
from allrise.packs.formats import FORMATS, writer
from allrise.packs.pdf_words import words_of

NAME = "École du Lac Tranquille"


@pytest.fixture(scope="module")
def pdf():
    long = "A sentence that fills its line and goes on and on until the name of a school comes: " + NAME + ", there."
    return writer("pdf")(samples.pack(more=(Text((long, "Of 1,234 pupils 56% (48% to 64%) in 2018/19.")),)))[
        FORMATS["pdf"].file
    ]


def test_the_words_of_a_pdf_are_read_from_its_pages_and_from_the_letters_of_its_drawings(pdf):
    said = [" ".join(t.split()) for t in words_of(pdf)]
    assert any(NAME in t for t in said)
    assert any("Of 1,234 pupils 56% (48% to 64%) in 2018/19." in t for t in said)
    assert "WIDE" in " ".join(said).split()  # set letter by letter
    assert "NARROW" not in " ".join(said)  # of the drawing for small screens, which is not on the page


def test_a_public_pack_whose_pdf_names_a_school_is_refused(pdf, tmp_path):
    (tmp_path / "pack.pdf").write_bytes(pdf)
    check_clean(tmp_path, ["École du Lac Agité"])
    with pytest.raises(WouldGiveAway, match=r"pack\.pdf would hold 'École du Lac Tranquille'"):
        check_clean(tmp_path, [NAME])


def test_a_pdf_in_which_no_word_can_be_read_is_refused_and_not_taken_for_a_clean_one(tmp_path):
    page = zlib.compress(b"q 1 0 0 1 0 0 cm 0 0 m 5 5 l S Q")
    body = b"1 0 obj\n<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (len(page), page)
    (tmp_path / "pack.pdf").write_bytes(b"%PDF-1.7\n" + body)
    with pytest.raises(WouldGiveAway, match="cannot be searched"):
        check_clean(tmp_path, [NAME])
