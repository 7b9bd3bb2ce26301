"""Blocks survive the way through a notebook, and nothing in them becomes markup."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allrise.content.blocks import (
    MIME,
    Block,
    CaptureSheet,
    Cover,
    Explanation,
    Figure,
    FigureReference,
    Heading,
    Hidden,
    Notice,
    Opening,
    Protocol,
    Question,
    Step,
    Table,
    TableColumn,
    Text,
    from_json,
)
from allrise.content.html import UnsafeDrawing, fragment, unbroken
from allrise.content.language import catalogue

text = st.text(max_size=30)
cells = st.one_of(
    text,
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6),
    st.none(),
    st.booleans(),
    st.builds(Hidden, st.sampled_from("cuxz")),
)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    columns = tuple(
        TableColumn(f"k{i}", draw(text), draw(text), draw(st.one_of(st.none(), st.integers(0, 3))))
        for i in range(width)
    )
    rows = draw(st.lists(st.tuples(*[cells] * width), max_size=4))
    return Table(draw(text), draw(text), columns, tuple(rows), (draw(text),))


def figure(**changes):
    base = {
        "name": "level", "title": "T", "subtitle": "S", "svg": "<svg></svg>", "width": 510.0, "height": 200.0, "alt": "A",
        "readings": ("R",), "notes": ("N",), "table": Table("t", "T", (TableColumn("v", "V"),), ((1,),)), "number": "2.1",
    }  # fmt: skip
    return Figure(**(base | changes))


@st.composite
def blocks(draw):
    return draw(
        st.one_of(
            tables(),
            st.builds(Heading, text, st.sampled_from([2, 3]), text),
            st.builds(Text, st.tuples(text, text), st.sampled_from(["intro", "reading", "margin"])),
            st.builds(Notice, st.sampled_from(["no_data", "caution", "strength"]), text, st.tuples(text)),
            st.builds(Opening, text, text, text, text, st.tuples(text)),
            st.builds(Question, text, text, st.tuples(text), st.tuples(text)),
            st.builds(CaptureSheet, text, text, st.tuples(st.tuples(text, text)), st.integers(0, 5)),
            st.builds(FigureReference, text, text, text),
            st.builds(Protocol, text, st.integers(20, 90), st.tuples(st.builds(Step, st.integers(0, 5), st.integers(1, 9), text, text)), st.tuples(st.tuples(text, text))),
            st.builds(Cover, text, text, text, text, text, text, text, text, st.booleans(), st.tuples(st.tuples(text, text)), text),
            st.builds(lambda t, e: figure(table=t, explanations=(Explanation("chance", e),), predict=e, headline=True), tables(), text),
        )
    )  # fmt: skip


@given(blocks())
def test_a_block_is_the_same_after_json(block):
    assert from_json(json.loads(json.dumps(block.to_json()))) == block


@settings(deadline=None)  # the first of a language compiles its templates
@given(blocks(), st.sampled_from(["en", "fr"]))
def test_every_block_draws_itself_in_every_language(block, language):
    html = fragment(block, language=language)
    assert html.strip().startswith("<")


@given(
    st.sampled_from(sorted(Block.kinds)),
    st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'\" onload=alert(1)"]),
)
def test_text_never_becomes_markup(kind, nasty):
    samples = {
        "table": Table(nasty, nasty, (TableColumn(nasty, nasty, nasty),), ((nasty,),), (nasty,)),
        "figure": figure(
            title=nasty, alt=nasty, readings=(nasty,), notes=(nasty,), predict=nasty, headline=True, number=nasty
        ),
        "heading": Heading(nasty),
        "text": Text((nasty,)),
        "notice": Notice("caution", nasty, (nasty,)),
        "opening": Opening(nasty, nasty, nasty, nasty),
        "cover": Cover(nasty, nasty, nasty, nasty, nasty, nasty, nasty, nasty, False, ((nasty, nasty),), nasty),
        "question": Question(nasty, nasty, (nasty,), (nasty,)),
        "protocol": Protocol(nasty, 60, (Step(0, 5, nasty, nasty),), ((nasty, nasty),)),
        "capture_sheet": CaptureSheet(nasty, nasty, ((nasty, nasty),), 2),
        "figure_reference": FigureReference(nasty, nasty, nasty),
    }
    html = fragment(samples[kind])
    assert "<script" not in html
    assert "<img" not in html
    assert "' onload" not in html


def test_a_notebook_shows_a_block_as_text_html_and_itself():
    bundle = figure()._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html", MIME}
    assert from_json(bundle[MIME]) == figure()


def test_numpy_numbers_become_plain_ones_and_nan_is_refused():
    table = Table("t", "t", (TableColumn("v", "v"),), ((np.float64(1.5),), (np.int64(3),)))
    assert table.to_json()["rows"] == [[1.5], [3]]
    with pytest.raises(ValueError, match="a missing number is None or Hidden"):
        Table("t", "t", (TableColumn("v", "v"),), ((math.nan,),)).to_json()


def test_an_unknown_block_says_what_is_known():
    with pytest.raises(ValueError, match=r"unknown kind of block: 'gif'; known: .*figure"):
        from_json({"kind": "gif"})
    with pytest.raises(ValueError, match="a heading block cannot be read"):
        from_json({"kind": "heading"})


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>x</script></svg>",
        "<svg onload='x'></svg>",
        "<svg><a href='javascript:x'/></svg>",
        "<svg><image href='http://example.org/x.png'/></svg>",
        "<svg><use href='http://example.org/#a'/></svg>",
        "<svg><foreignObject/></svg>",
        "<svg><path d='>' onload='x'/></svg>",
        "<svg><path d='M0 0' onload='x'</svg>",
        "<svg><!-- a --><path/></svg>",
    ],
)
def test_a_drawing_that_could_run_or_fetch_is_refused(svg):
    with pytest.raises(UnsafeDrawing, match="level"):
        fragment(figure(svg=svg))


def test_what_people_wrote_may_stand_in_a_drawing_as_text():
    svg = "<svg><text>img src=x onerror=alert(1) &lt;script&gt; javascript:x</text></svg>"
    assert svg in fragment(figure(svg=svg))


def test_limits_stand_in_their_values_cell():
    columns = (
        TableColumn("s", "School"),
        TableColumn("v", "Share", "%", 1),
        TableColumn("lo", "Lower", interval_of="v"),
        TableColumn("hi", "Upper", interval_of="v"),
    )
    html = fragment(Table("t", "T", columns, (("A", 61.24, 52.0, 70.06), ("B", Hidden("c"), None, None))))
    assert "61.2" in html
    assert "52.0 to 70.1" in html
    assert "Lower" not in html
    assert "[c] hidden to protect people" in html


@pytest.mark.parametrize(("package", "name"), [("allrise.content", "words"), ("allrise.packs.render", "page")])
def test_languages_have_the_same_words(package, name):
    english, french = (catalogue(package, name, language).messages for language in ("en", "fr"))
    assert set(english) == set(french)
    same = [k for k in english if english[k] == french[k]]
    assert len(same) <= 3, same


def test_no_line_ends_inside_a_school_year_and_its_text_stays_as_it_is():
    html = fragment(Text(("From 2014-15 to 2018-2019, not 020-18-19.",)))
    assert html.count('<span class="ar-whole">') == 2
    assert '<span class="ar-whole">2014-15</span> to <span class="ar-whole">2018-2019</span>, not 020-18-19.' in html
    drawn = unbroken('<figure aria-label="2018-19"><svg><text>2018-19</text></svg></figure>')
    assert "ar-whole" not in drawn
